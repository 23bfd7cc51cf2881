/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TIME-WAIT: what must be remembered of a connection that we closed first (RFC 9293, 3.6.1), which
 * is little, so it gets a small entry of its own and the control block is free again. All wait
 * equally long, so a queue in order of expiry serves as the timer. When no entry is free, the
 * oldest makes room.
 */
#ifndef SL_TCP_TIME_WAIT_H
#define SL_TCP_TIME_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "wire/segment.h"

struct sl_tcp;
struct sl_tcb;

struct sl_tcp_time_wait {
	struct sl_route route;
	uint32_t snd_nxt, rcv_nxt; /* wire numbers, both FINs behind */
	uint32_t ts_recent, ts_offset;
	uint16_t window;
	bool timestamps;
	uint64_t until_ns;
	uint32_t next_idx, prev_idx; /* in the queue */
};

struct sl_tcp_time_waits {
	struct sl_tcp_time_wait *entries;
	struct sl_pool pool;
	uint32_t oldest_idx, newest_idx;
};

/* Errors: -ENOMEM. Setup only. */
int sl_tcp_time_waits_init(struct sl_tcp_time_waits *waits, uint32_t entries_max);
void sl_tcp_time_waits_fini(struct sl_tcp_time_waits *waits);

/* Takes over the four-tuple of a connection that has just left the table. */
void sl_tcp_time_wait_enter(struct sl_tcp *tcp, const struct sl_tcb *tcb);

/* A segment for entry idx. Returns true if it is a SYN that may open the connection anew (RFC 9293,
 * 3.6.1, RFC 6191): then the entry is gone, and *isn_floor is the least initial sequence number
 * that the old connection's cannot be mistaken for. */
bool sl_tcp_time_wait_input(struct sl_tcp *tcp, uint32_t idx, const struct sl_segment *segment,
			    uint32_t *isn_floor);

void sl_tcp_time_wait_tick(struct sl_tcp *tcp);
uint64_t sl_tcp_time_wait_next_ns(const struct sl_tcp *tcp);

#endif
