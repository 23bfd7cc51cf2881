/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pipe: the server sends a file over a bad path to a receiver that keeps every byte it gets.
 * Loss, delay, reordering and duplication in both directions, and a disk that takes its time, from
 * a seed. Whatever must always hold is checked at every step.
 */
#ifndef SL_TESTS_UNIT_TCP_PIPE_H
#define SL_TESTS_UNIT_TCP_PIPE_H

#include "tcp_harness.h"

struct pipe_options {
	const char *name;
	uint32_t file_bytes;
	uint32_t loss_permille, reorder_permille, duplicate_permille;
	uint32_t delay_ms, reorder_ms; /* one way; how much later a reordered packet may come */
	uint32_t disk_ms;              /* longest read */
	uint32_t cancel_permille;      /* of lost ranges, put back instead of made */
	uint32_t renege_permille;      /* of ACKs: the receiver drops all it holds beyond a gap */
	uint32_t window_bytes;         /* the receiver's, or what it shrinks it to now and then */
	uint32_t mtu_bytes;            /* of the path; 0: what the server's interface has */
	uint32_t wide_ms;              /* the path is wider every other time so long; 0: never */
	bool router_speaks;            /* and says what was too big; else it is a black hole */
	uint32_t forged_permille;      /* of segments: somebody says they were too big */
	bool no_sack, no_timestamps, no_dsack, paced;
	bool acks_safe; /* what befalls packets befalls only those of the server */
	/* A bottleneck towards the receiver, with a queue of a round trip and at least ten packets;
	 * 0: none. Where there is one, sending is paced. */
	uint32_t rate_mbit_s;
	/* Once, at that time, everything on its way to the receiver is so much later. */
	uint32_t spike_at_ms, spike_ms;
	enum sl_congestion congestion;
};

struct pipe_result {
	uint64_t took_ns;
	uint32_t steps, drops, too_big, overflows;
	struct sl_tcp_info info; /* before the end */
	struct sl_tcp_counters counters;
};

/* Fails the test if a byte is wrong, an invariant broken, or no progress made for long. */
void pipe_run(const struct pipe_options *options, uint64_t seed, struct pipe_result *result);

#endif
