/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AF_XDP socket: making it, mapping its rings, binding it to a queue. Setup only; what runs per
 * packet is ring.h and nic_xdp.c. The rings are mapped from the offsets the socket itself tells, so
 * that a later process can do the same with a socket it was handed.
 *
 * Order: make (the socket), open (UMEM, rings), fill the fill ring, bind: some drivers take their
 * first buffers while binding.
 */
#ifndef SL_NIC_XSK_H
#define SL_NIC_XSK_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/nic.h"
#include "nic/ring.h"

enum { SL_XSK_TX_BATCH = 32 }; /* the kernel's TX_BATCH_SIZE: packets a call sends in copy mode */

struct sl_xsk {
	int fd;
	bool zero_copy, busy_poll;
	bool registered;     /* the UMEM is */
	bool long_packets;   /* packets may have several frames */
	bool budget_granted; /* one call sends all there is: Linux 6.17 and later */
	struct sl_producer fill, tx;
	struct sl_consumer rx, completion;
};

/* Does the kernel take packets of several frames (Linux 6.6)? Opens a socket for the question. True
 * if it may not open one: whoever goes on learns why. */
bool sl_xsk_takes_long_packets(void);

/* A socket, and all about it that takes privileges: busy polling, if that is wished for and to be
 * had. It may be kept, and opened and bound when there are no privileges any
 * more. Errors, each with its line in the log: -EPERM (needs CAP_NET_RAW), -errno of socket. */
int sl_xsk_make(struct sl_xsk *xsk, const struct sl_nic_config *config);

/* Registers frame_cnt chunks from umem (aligned to a page), if sl_xsk_open is not to do it: with
 * CAP_IPC_LOCK their memory does not count as locked. No line in the log. Errors: -ENOBUFS
 * (RLIMIT_MEMLOCK), -errno of setsockopt; then open tries again. */
int sl_xsk_register(struct sl_xsk *xsk, const struct sl_nic_config *config, void *umem);

/* Registers them unless that is done, and maps the rings. Errors, each with
 * its line in the log, nothing is left behind, not even the socket: -ENOMEM (not enough memory, or
 * RLIMIT_MEMLOCK), -errno of setsockopt, mmap. */
int sl_xsk_open(struct sl_xsk *xsk, const struct sl_nic_config *config, void *umem);

/* Errors as sl_nic_open has them. The caller closes xsk then. Sleeps while the queue is busy. */
int sl_xsk_bind(struct sl_xsk *xsk, const struct sl_nic_config *config, int ifindex);

void sl_xsk_close(struct sl_xsk *xsk);

#endif
