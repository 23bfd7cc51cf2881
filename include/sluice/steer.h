/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Steering: what bpf/steer.bpf.c and its loader agree on. Compiled for both.
 */
#ifndef SLUICE_STEER_H
#define SLUICE_STEER_H

#include <linux/types.h>

#define STEER_QUEUES_MAX    64
#define STEER_LISTENERS_MAX 64

/* IPv6 extension headers before TCP that anybody has a use for are two or three; so many are
 * stepped over, in the kernel and again in user space. */
#define STEER_IPV6_EXTENSIONS_MAX 8

/* Key of the listeners map. An IPv4 address is kept as ::ffff:a.b.c.d. The loader spreads wildcards
 * over the interface's own addresses, so packets that are merely forwarded through this machine are
 * never taken. */
struct steer_listener {
	__u8 address[16]; /* network order */
	__be16 port;
	__u16 reserved; /* 0 */
};

#endif
