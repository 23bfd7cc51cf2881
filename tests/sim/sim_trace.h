/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trace: a hash over everything that happened, in order, each with its virtual time: packets that
 * reached the worker and left it, what the disk answered, what clients made of it. Two runs of one
 * seed have the same; where they differ, something that is not of the seed got in.
 */
#ifndef SL_TESTS_SIM_TRACE_H
#define SL_TESTS_SIM_TRACE_H

#include <stdint.h>

enum sl_sim_trace_kind {
	SL_SIM_TRACE_IN,   /* a packet for the worker; number: 0 */
	SL_SIM_TRACE_OUT,  /* a packet from it */
	SL_SIM_TRACE_DISK, /* an event of the disk; number: its kind, error and length */
	SL_SIM_TRACE_NOTE, /* of a client; number: which, and what happened */
};

void sl_sim_trace_start(void);
void sl_sim_trace(enum sl_sim_trace_kind kind, uint64_t number, const void *data,
		  uint32_t len_bytes);

uint64_t sl_sim_trace_hash(void);
/* How many entries there are. */
uint64_t sl_sim_trace_cnt(void);

#endif
