/* SPDX-License-Identifier: BSD-2-Clause */
#include "durations.h"

/* Below 128 ns a bucket is a nanosecond; from there on each power of two has its 64 steps. */
static uint32_t bucket_of(uint64_t ns)
{
	uint32_t power, idx;

	if (ns < 2 * SL_DURATIONS_STEPS)
		return (uint32_t)ns;
	power = 63U - (uint32_t)__builtin_clzll(ns) - 6; /* ns >> power is in [64, 128) */
	idx = power * SL_DURATIONS_STEPS + (uint32_t)(ns >> power);
	return idx < SL_DURATIONS_POWERS * SL_DURATIONS_STEPS
		   ? idx
		   : SL_DURATIONS_POWERS * SL_DURATIONS_STEPS - 1;
}

/* The longest that bucket idx holds. */
static uint64_t longest_ns(uint32_t idx)
{
	uint32_t power = idx / SL_DURATIONS_STEPS;

	if (power < 2)
		return idx;
	power--;
	return ((uint64_t)(idx - power * SL_DURATIONS_STEPS + 1) << power) - 1;
}

void sl_durations_add(struct sl_durations *durations, uint64_t ns)
{
	durations->cnt++;
	durations->sum_ns += ns;
	if (ns > durations->max_ns)
		durations->max_ns = ns;
	durations->buckets[bucket_of(ns)]++;
}

uint64_t sl_durations_mean_ns(const struct sl_durations *durations)
{
	return durations->cnt > 0 ? durations->sum_ns / durations->cnt : 0;
}

uint64_t sl_durations_percentile_ns(const struct sl_durations *durations, uint32_t percent)
{
	uint64_t seen_cnt = 0;

	for (uint32_t idx = 0; idx < SL_DURATIONS_POWERS * SL_DURATIONS_STEPS; idx++) {
		seen_cnt += durations->buckets[idx];
		if (seen_cnt > 0 && seen_cnt * 100 >= durations->cnt * percent)
			return longest_ns(idx) < durations->max_ns ? longest_ns(idx)
								   : durations->max_ns;
	}
	return 0;
}
