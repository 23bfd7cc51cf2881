/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AF_XDP socket: making it, mapping its rings, binding it to a queue. Setup only; what runs per
 * packet is ring.h and nic_xdp.c. The rings are mapped from the offsets the socket itself tells, so
 * that a later process can do the same with a socket it was handed.
 *
 * Order: open (socket, UMEM, rings), fill the fill ring, bind: some drivers take their first
 * buffers while binding.
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
	bool long_packets;   /* packets may have several frames */
	bool budget_granted; /* one call sends all there is: Linux 6.17 and later */
	struct sl_producer fill, tx;
	struct sl_consumer rx, completion;
};

/* Does the kernel take packets of several frames (Linux 6.6)? Opens a socket for the question. True
 * if it may not open one: whoever goes on learns why. */
bool sl_xsk_takes_long_packets(void);

/* Registers frame_cnt chunks from umem (aligned to a page) and maps the rings; busy polling is
 * switched on if it is wished for and to be had. Errors, each with its line in the log, nothing is
 * left behind: -ENOMEM (not enough memory, or RLIMIT_MEMLOCK), -EPERM (needs CAP_NET_RAW), -errno
 * of socket, setsockopt, mmap. */
int sl_xsk_open(struct sl_xsk *xsk, const struct sl_nic_config *config, void *umem);

/* Errors as sl_nic_open has them. The caller closes xsk then. Sleeps while the queue is busy. */
int sl_xsk_bind(struct sl_xsk *xsk, const struct sl_nic_config *config, int ifindex);

void sl_xsk_close(struct sl_xsk *xsk);

#endif
