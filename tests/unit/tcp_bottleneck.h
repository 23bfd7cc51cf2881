/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bottleneck: flows of congestion control alone, without the rest of TCP, share one queue. What
 * is sent is delivered in order or dropped; every drop is found when three later packets have
 * arrived, so all that happens is the algorithm's doing.
 *
 *   flow ──pace──┐        ┌──── buffer_bytes ────┐
 *   flow ──pace──┼─ loss ─┤ queue                ├─ rate ─► delay, ACKs back to each flow
 *   flow ──pace──┘        └──────────────────────┘
 */
#ifndef SL_TESTS_UNIT_TCP_BOTTLENECK_H
#define SL_TESTS_UNIT_TCP_BOTTLENECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "tcp/cc.h"

enum { BOTTLENECK_FLOWS_MAX = 8, BOTTLENECK_MSS = 1448 };

struct bottleneck_flow {
	enum sl_congestion congestion;
	uint64_t rtt_ns;   /* without the queue */
	uint64_t start_ns; /* before it sends nothing */
	uint64_t stop_ns;  /* and from then on; 0: never */

	/* Read by tests, reset by bottleneck_measure. */
	uint64_t delivered_bytes, lost_bytes, timeouts;
	struct sl_cc cc;
	struct bottleneck_sender *sender;
};

struct bottleneck {
	uint64_t rate; /* bytes a second; may be changed while it runs */
	uint32_t buffer_bytes;
	uint32_t mark_bytes; /* a queue longer than this is marked; 0: no ECN */
	uint32_t loss_per_million;
	uint32_t ack_every; /* packets an ACK stands for; 0: 2 */
	uint32_t flow_cnt;
	struct bottleneck_flow flows[BOTTLENECK_FLOWS_MAX];

	uint64_t now_ns;
	uint64_t busy_until_ns; /* when what is queued will have left */
	uint64_t random;
	/* Since bottleneck_measure. */
	uint64_t measured_ns, queued_ns_sum, packets, drops;
};

/* Flows and path are filled in; the rest is 0. */
void bottleneck_begin(struct bottleneck *bottleneck, uint64_t seed);
void bottleneck_run(struct bottleneck *bottleneck, uint64_t for_ns);
void bottleneck_end(struct bottleneck *bottleneck);

/* Counters begin anew. */
void bottleneck_measure(struct bottleneck *bottleneck);
/* Of the rate, what arrived since then. */
double bottleneck_share(const struct bottleneck *bottleneck, uint32_t flow_idx);
/* Mean delay in the queue, of what went through. */
double bottleneck_queue_ms(const struct bottleneck *bottleneck);

#endif
