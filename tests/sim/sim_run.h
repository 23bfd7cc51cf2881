/* SPDX-License-Identifier: BSD-2-Clause */
/* Run: one seed from beginning to end, in a process of its own: the first violation ends it. */
#ifndef SL_TESTS_SIM_RUN_H
#define SL_TESTS_SIM_RUN_H

#include "sim_plan.h"

struct sl_sim_result {
	uint64_t hash, entries, steps, virtual_ns, bytes, permissions;
	uint32_t answers, visits;
	char scenario[24];
};

/* scenario NULL: the seed chooses; otherwise one that exists. */
void sl_sim_run(uint64_t seed, const char *scenario, const struct sl_sim_certificate *certificate,
		struct sl_sim_result *result);

#endif
