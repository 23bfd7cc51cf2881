/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: loads bpf/steer.bpf.c, attaches it to an interface and says which queue's packets go to
 * which socket. Main thread, setup only.
 *
 * The program hangs on a bpf_link that this process owns: when the process dies, by any signal,
 * the interface is as it was. With libxdp's dispatcher that is not so: the dispatcher and the
 * program in it are pinned in /sys/fs/bpf and stay after a kill -9 (`xdp-loader status IFACE` shows
 * them, `xdp-loader unload IFACE -i ID` removes one). Then steering ends with the sockets: a queue
 * without one passes every packet to the kernel.
 */
#ifndef SL_NIC_STEER_H
#define SL_NIC_STEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

enum sl_steer_mode {
	SL_STEER_NATIVE,     /* in the driver */
	SL_STEER_GENERIC,    /* in the stack, after the skb is made; works everywhere, slower */
	SL_STEER_DISPATCHER, /* libxdp's dispatcher, native or generic as libxdp finds */
};

struct sl_steer;

struct sl_steer_config {
	const char *iface;
	const struct sl_listener *listeners; /* no wildcards: sl_steer_expand comes first */
	uint32_t listener_cnt;
	bool dispatcher; /* share the interface with other XDP programs through libxdp's dispatcher,
			    `--xdp-dispatcher` */
	bool generic;    /* do not try native mode */
};

/* Spreads wildcard listeners over the addresses that iface has now, or the bond or bridge it is a
 * member of: [0, cnt) of out are filled and cnt
 * returned. A listener that names its address comes before a wildcard with the same port; IPv6
 * link-local addresses are taken only by name. Errors, each with its line in the log: -ENODEV,
 * -EOPNOTSUPP (it is a bond),
 * -EADDRNOTAVAIL (a listener names no address of the interface, or the interface has none of that
 * family), -EADDRINUSE (one address and port, once with TLS and once without), -E2BIG (more than
 * max_cnt), -errno. System calls: getifaddrs. */
int sl_steer_expand(const char *iface, const struct sl_listener *in, uint32_t in_cnt,
		    struct sl_listener *out, uint32_t max_cnt);

/* Which of these listeners' addresses iface does not have now: a bit each. None if that cannot be
 * found out. Precondition: no wildcards, cnt ≤ 64. */
uint64_t sl_steer_missing(const char *iface, const struct sl_listener *listeners, uint32_t cnt);

/* Loads and attaches, native mode first, then generic; no packet is taken until a socket is added.
 * Errors, each with its line in the log: -ENODEV, -EMSGSIZE (the MTU is too large), -EPERM (needs
 * CAP_NET_ADMIN and CAP_BPF), -EBUSY (another program is attached: the line names it, its id and
 * how to look at it), -ENOSYS (the dispatcher needs a BPF file system and a kernel with extension
 * programs), -EINVAL (the driver receives on more queues with a program than without), -errno of
 * bpf(2). On error nothing stays attached. */
int sl_steer_open(struct sl_steer **steer, const struct sl_steer_config *config);

/* After the interface has gone and is back under its name: the program that is loaded is attached
 * to it in the same mode as before. The kernel has forgotten the sockets: add theirs. System calls:
 * bpf(2), which takes no privilege for a program that one has. Errors, each with its line in the
 * log: -EOPNOTSUPP (the dispatcher would have to be loaded anew), -ENODEV, -EBUSY, -errno of
 * bpf(2); then steering can only be closed. */
int sl_steer_reattach(struct sl_steer *steer, const char *iface);

/* Detaches. Sockets may be closed before or after. */
void sl_steer_close(struct sl_steer *steer);

/* Packets of queue go to the AF_XDP socket xsk from now on. Errors, each with its
 * line in the log: -EINVAL (queue is not in [0, STEER_QUEUES_MAX)), -errno of bpf(2). */
int sl_steer_add_socket(struct sl_steer *steer, uint32_t queue, int xsk);

enum sl_steer_mode sl_steer_mode(const struct sl_steer *steer);
uint32_t sl_steer_program_id(const struct sl_steer *steer);

/* RX queues of iface, from ethtool's channels (1 if the driver has none to tell), or -ENODEV,
 * -errno, with their line in the log. */
int sl_steer_queues(const char *iface);

#endif
