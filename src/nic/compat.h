/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernels know and Debian 12's headers (6.1) do not. Whether the kernel at hand takes it is
 * found out at run time.
 */
#ifndef SL_NIC_COMPAT_H
#define SL_NIC_COMPAT_H

#include <linux/if_xdp.h>

/* Linux 6.6: packets of several frames. A flag of bind(2), and the option of every descriptor of a
 * packet but the last. */
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#endif
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD (1 << 0)
#endif

/* Linux 6.17: how many packets one sendto(2) may send in copy mode, [32, size of the TX ring]. */
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

#endif
