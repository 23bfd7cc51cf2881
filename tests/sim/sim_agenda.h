/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Agenda: when each of many wants to be seen next. A heap whose members know their place, so that
 * thousands of sleepers cost nothing. Of equal times the lower number comes first, whatever came
 * before: the order is the seed's alone.
 */
#ifndef SL_TESTS_SIM_AGENDA_H
#define SL_TESTS_SIM_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

struct sl_sim_agenda {
	uint64_t *at_ns;               /* of each, UINT64_MAX: not in the heap */
	uint32_t *heap_idx, *place_of; /* who, by place; place, by who */
	uint32_t heap_cnt, max_cnt;
};

/* For idx in [0, max_cnt); none is in it. */
void sl_sim_agenda_open(struct sl_sim_agenda *agenda, uint32_t max_cnt);
void sl_sim_agenda_close(struct sl_sim_agenda *agenda);

/* UINT64_MAX: not any more. */
void sl_sim_agenda_set(struct sl_sim_agenda *agenda, uint32_t idx, uint64_t at_ns);

/* The earliest; UINT64_MAX if there is none. */
uint64_t sl_sim_agenda_next_ns(const struct sl_sim_agenda *agenda);

/* One that is due by now_ns, taken out; false if none is. */
bool sl_sim_agenda_due(struct sl_sim_agenda *agenda, uint64_t now_ns, uint32_t *idx);

#endif
