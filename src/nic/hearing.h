/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hearing: does the kernel still get what the steering program passes? Some drivers lose such
 * packets once a queue is bound with zero-copy, and then a machine that serves cannot be reached
 * any more. So before sockets are bound, and after, somebody is asked by ARP who is known to be
 * there: the gateway, or whom the kernel has heard of. Main thread, setup only.
 */
#ifndef SL_NIC_HEARING_H
#define SL_NIC_HEARING_H

#include <stdint.h>

enum sl_hearing {
	SL_HEARING_UNKNOWN, /* there is nobody to ask (IPv6 only, a new network), or no carrier */
	SL_HEARING_YES,
	SL_HEARING_NO, /* no answer within the time */
};

/* Asks every 200 ms for as long as timeout_ns, and returns with the first answer. A driver may have
 * to bring its link up again first: that is waited for, too, within the same time. System calls:
 * socket (needs CAP_NET_RAW, else SL_HEARING_UNKNOWN), ioctl, poll; reads /proc/net. */
enum sl_hearing sl_nic_hearing(const char *iface, uint64_t timeout_ns);

#endif
