/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacker: packets of somebody who sees nothing and guesses. Those that would take too many
 * guesses are given a hint: numbers within the window, but never those that would have to work,
 * which RFC 5961 leaves one in 2^32.
 */
#ifndef SL_TESTS_SIM_ATTACKER_H
#define SL_TESTS_SIM_ATTACKER_H

#include "sim_plan.h"

struct sl_sim_attacker {
	struct sl_sim_attack attack;
	uint64_t dice;
	uint32_t sent_cnt;
};

void sl_sim_attacker_init(struct sl_sim_attacker *attacker, const struct sl_sim_attack *attack);

/* Sends one packet, if its time has come; returns when to come again. victim_cnt: places that may
 * be those of clients. */
uint64_t sl_sim_attacker_attend(struct sl_sim_attacker *attacker, struct sl_sim_world *world,
				uint32_t victim_cnt);

#endif
