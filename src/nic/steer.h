/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: loads bpf/steer.bpf.c, attaches it to an interface and says which queue's packets go to
 * which socket. Main thread, setup only. The bpf_link is owned by this process: when it dies, by
 * any signal, steering ends.
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
	bool dispatcher; /* share the interface with other XDP programs through libxdp's dispatcher
			  */
	bool generic;    /* do not try native mode */
};

/* Spreads wildcard listeners over the addresses iface has now: [0, cnt) of out are filled and cnt
 * returned. Errors, each with its line in the log: -EADDRNOTAVAIL (a listener names no address of
 * the interface, or the interface has none of that family), -E2BIG (more than max_cnt). System
 * calls: getifaddrs. */
int sl_steer_expand(const char *iface, const struct sl_listener *in, uint32_t in_cnt,
		    struct sl_listener *out, uint32_t max_cnt);

/* Loads and attaches; no packet is taken until a socket is added. Errors, each with its line in the
 * log: -ENODEV, -EPERM (needs CAP_NET_ADMIN and CAP_BPF), -EBUSY (another program is attached: the
 * line names it, its id and how to look at it), -errno of bpf(2). On error nothing stays attached.
 */
int sl_steer_open(struct sl_steer **steer, const struct sl_steer_config *config);
void sl_steer_close(struct sl_steer *steer);

/* Packets of queue go to the AF_XDP socket xsk from now on. Errors: -errno of bpf(2). */
int sl_steer_add_socket(struct sl_steer *steer, uint32_t queue, int xsk);

enum sl_steer_mode sl_steer_mode(const struct sl_steer *steer);
uint32_t sl_steer_program_id(const struct sl_steer *steer);

/* RX queues of iface, from ethtool's channels (1 if the driver has none to tell), or -errno. */
int sl_steer_queues(const char *iface);

#endif
