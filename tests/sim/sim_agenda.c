/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_agenda.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

#define NOWHERE UINT32_MAX

void sl_sim_agenda_open(struct sl_sim_agenda *agenda, uint32_t max_cnt)
{
	agenda->at_ns = malloc(max_cnt * sizeof(*agenda->at_ns));
	agenda->heap_idx = malloc(max_cnt * sizeof(*agenda->heap_idx));
	agenda->place_of = malloc(max_cnt * sizeof(*agenda->place_of));
	BUG_ON(!agenda->at_ns || !agenda->heap_idx || !agenda->place_of);
	memset(agenda->at_ns, 0xff, max_cnt * sizeof(*agenda->at_ns));
	memset(agenda->place_of, 0xff, max_cnt * sizeof(*agenda->place_of));
	agenda->heap_cnt = 0;
	agenda->max_cnt = max_cnt;
}

void sl_sim_agenda_close(struct sl_sim_agenda *agenda)
{
	free(agenda->at_ns);
	free(agenda->heap_idx);
	free(agenda->place_of);
}

static bool before(const struct sl_sim_agenda *agenda, uint32_t a_idx, uint32_t b_idx)
{
	uint64_t a_ns = agenda->at_ns[a_idx], b_ns = agenda->at_ns[b_idx];

	return a_ns != b_ns ? a_ns < b_ns : a_idx < b_idx;
}

static void put(struct sl_sim_agenda *agenda, uint32_t place, uint32_t idx)
{
	agenda->heap_idx[place] = idx;
	agenda->place_of[idx] = place;
}

static void rise(struct sl_sim_agenda *agenda, uint32_t place, uint32_t idx)
{
	while (place > 0 && before(agenda, idx, agenda->heap_idx[(place - 1) / 2])) {
		put(agenda, place, agenda->heap_idx[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(agenda, place, idx);
}

static void sink(struct sl_sim_agenda *agenda, uint32_t place, uint32_t idx)
{
	uint32_t child;

	while ((child = 2 * place + 1) < agenda->heap_cnt) {
		if (child + 1 < agenda->heap_cnt &&
		    before(agenda, agenda->heap_idx[child + 1], agenda->heap_idx[child]))
			child++;
		if (!before(agenda, agenda->heap_idx[child], idx))
			break;
		put(agenda, place, agenda->heap_idx[child]);
		place = child;
	}
	put(agenda, place, idx);
}

static void remove_at(struct sl_sim_agenda *agenda, uint32_t place)
{
	uint32_t last_idx = agenda->heap_idx[--agenda->heap_cnt];

	agenda->place_of[agenda->heap_idx[place]] = NOWHERE;
	if (place == agenda->heap_cnt)
		return;
	sink(agenda, place, last_idx);
	rise(agenda, agenda->place_of[last_idx], last_idx);
}

void sl_sim_agenda_set(struct sl_sim_agenda *agenda, uint32_t idx, uint64_t at_ns)
{
	BUG_ON(idx >= agenda->max_cnt);
	if (agenda->at_ns[idx] == at_ns)
		return;
	if (agenda->place_of[idx] != NOWHERE)
		remove_at(agenda, agenda->place_of[idx]);
	agenda->at_ns[idx] = at_ns;
	if (at_ns != UINT64_MAX)
		rise(agenda, agenda->heap_cnt++, idx);
}

uint64_t sl_sim_agenda_next_ns(const struct sl_sim_agenda *agenda)
{
	return agenda->heap_cnt == 0 ? UINT64_MAX : agenda->at_ns[agenda->heap_idx[0]];
}

bool sl_sim_agenda_due(struct sl_sim_agenda *agenda, uint64_t now_ns, uint32_t *idx)
{
	if (sl_sim_agenda_next_ns(agenda) > now_ns)
		return false;
	*idx = agenda->heap_idx[0];
	sl_sim_agenda_set(agenda, *idx, UINT64_MAX);
	return true;
}
