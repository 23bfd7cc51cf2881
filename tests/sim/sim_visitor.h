/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Visitor: what a client does with its connection, as planned: connects, asks, reads at its own
 * pace, checks what comes, leaves; or pauses, vanishes, resets, misbehaves. It is a checker, too:
 * an honest visitor gets all it asked for, in time, and is not reset without cause.
 */
#ifndef SL_TESTS_SIM_VISITOR_H
#define SL_TESTS_SIM_VISITOR_H

#include "sim_answer.h"

enum { SL_SIM_PIPELINE_MAX = 16 };

struct sl_sim_visitor {
	const struct sl_sim_visit *visit;
	const struct sl_sim_plan *plan;
	uint32_t place;
	uint64_t dice;
	enum { SL_SIM_AWAY, SL_SIM_THERE, SL_SIM_LEAVING, SL_SIM_GONE } phase;
	struct sl_sim_question asked[SL_SIM_PIPELINE_MAX]; /* a ring; answer is for the first */
	uint32_t asked_first, asked_cnt;
	uint32_t sent_cnt, got_cnt; /* requests, answers */
	uint32_t came_cnt;          /* times it was here */
	struct sl_sim_answer answer;
	uint64_t think_until_ns, read_ns, pause_until_ns, progress_ns;
	uint64_t read_bytes, renege_at_bytes; /* read: of all answers */
	bool paused, dry;                     /* dry: there is no more to read now */
};

void sl_sim_visitor_init(struct sl_sim_visitor *visitor, const struct sl_sim_plan *plan,
			 uint32_t place);

/* Does what is to be done now; returns when to come again. */
uint64_t sl_sim_visitor_attend(struct sl_sim_visitor *visitor, struct sl_sim_world *world);

#endif
