/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Durations: how long something took, many times over; mean and quantiles without keeping each one.
 * A quantile is at most 1/64 above what a sorted list would say.
 */
#ifndef SL_TESTS_DURATIONS_H
#define SL_TESTS_DURATIONS_H

#include <stdint.h>

enum {
	SL_DURATIONS_STEPS = 64,  /* in each power of two */
	SL_DURATIONS_POWERS = 40, /* up to 2^45 ns, ten hours */
};

struct sl_durations {
	uint64_t cnt, sum_ns, max_ns;
	uint32_t buckets[SL_DURATIONS_POWERS * SL_DURATIONS_STEPS];
};

void sl_durations_add(struct sl_durations *durations, uint64_t ns);

/* 0 if there were none. */
uint64_t sl_durations_mean_ns(const struct sl_durations *durations);

/* What percent of them, [1, 100], took no longer than this; 0 if there were none. */
uint64_t sl_durations_percentile_ns(const struct sl_durations *durations, uint32_t percent);

#endif
