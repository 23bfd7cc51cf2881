/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <time.h>

#include "base/bug.h"

uint64_t sl_clock_now_ns(void)
{
	struct timespec now;
	uint64_t now_ns;

	BUG_ON(clock_gettime(CLOCK_MONOTONIC, &now) < 0);
	now_ns = (uint64_t)now.tv_sec * SL_NS_PER_S + (uint64_t)now.tv_nsec;
	return now_ns ? now_ns : 1; /* 0 is everybody's "not yet" */
}

uint64_t sl_clock_stopwatch_ns(void)
{
	return sl_clock_now_ns();
}

int64_t sl_clock_wall_s(void)
{
	struct timespec now;

	BUG_ON(clock_gettime(CLOCK_REALTIME, &now) < 0);
	return now.tv_sec;
}
