/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_trace.h"

#include <string.h>

#include "base/clock.h"
#include "sim_random.h"

static uint64_t hash, entry_cnt;

static void add(uint64_t word)
{
	hash = sl_sim_random_mix(hash + UINT64_C(0x9e3779b97f4a7c15) + word);
}

void sl_sim_trace_start(void)
{
	hash = 0;
	entry_cnt = 0;
}

void sl_sim_trace(enum sl_sim_trace_kind kind, uint64_t number, const void *data,
		  uint32_t len_bytes)
{
	const uint8_t *bytes = data;

	entry_cnt++;
	add((uint64_t)kind << 32 | len_bytes);
	add(number);
	add(sl_clock_now_ns());
	while (len_bytes > 0) {
		uint32_t part_bytes = len_bytes < 8 ? len_bytes : 8;
		uint64_t word = 0;

		memcpy(&word, bytes, part_bytes);
		add(word);
		bytes += part_bytes;
		len_bytes -= part_bytes;
	}
}

uint64_t sl_sim_trace_hash(void)
{
	return hash;
}

uint64_t sl_sim_trace_cnt(void)
{
	return entry_cnt;
}
