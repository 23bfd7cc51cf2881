/* SPDX-License-Identifier: BSD-2-Clause */
/* Interface: what nic and steering both have to know about one before they touch it. */
#ifndef SL_NIC_INTERFACE_H
#define SL_NIC_INTERFACE_H

#include <stdbool.h>

/* The interface's index, or -ENODEV with its line in the log. System calls: ioctl. */
int sl_nic_ifindex(const char *iface);

/* Is the interface set up to defer interrupts while somebody polls it? False if sysfs does not
 * tell. */
bool sl_nic_defers_interrupts(const char *iface);

/* The interface's MTU, or -EMSGSIZE with its line in the log if its packets cannot be sent: longer
 * than SL_MTU_MAX, or than SL_MTU_FRAME_MAX and the kernel is older than Linux 6.6; or the errors
 * of sl_nic_mtu. System calls: ioctl; socket, bind. */
int sl_nic_check_mtu(const char *iface);

#endif
