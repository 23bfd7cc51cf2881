/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judge: a checker of the worker's own state, from outside of the rooms it looks into.
 *
 *  - after each turn: frames add up, and whoever was permitted new bytes in it had no more in
 *    flight and being made than its windows allow, and what it holds for delivered was delivered
 *    (unless the client lies); what left one connection back to back was no long burst;
 *  - when the clients are gone: everything that was taken has come back.
 */
#ifndef SL_TESTS_SIM_JUDGE_H
#define SL_TESTS_SIM_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

struct sl_sim_world;
struct sl_worker;

struct sl_sim_judge {
	uint64_t permissions; /* how many were looked at */
};

/* In a turn the worker allocates nothing: who does (sim_malloc.c) looks here. */
extern bool sl_sim_in_turn;

void sl_sim_judge_turn(struct sl_sim_judge *judge, struct sl_sim_world *world);
/* So much payload left for the client at that place in this turn. */
void sl_sim_judge_burst(struct sl_sim_world *world, uint32_t place, uint32_t bytes);
void sl_sim_judge_end(struct sl_worker *worker);

#endif
