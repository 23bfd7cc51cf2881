/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_clock.h"

#include "base/bug.h"

static uint64_t clock_now_ns = SL_SIM_START_NS;
static uint64_t watched_ns;

void sl_sim_clock_set(uint64_t now_ns)
{
	BUG_ON(now_ns < clock_now_ns && now_ns != SL_SIM_START_NS);
	clock_now_ns = now_ns;
}

uint64_t sl_clock_now_ns(void)
{
	return clock_now_ns;
}

uint64_t sl_clock_stopwatch_ns(void)
{
	return watched_ns += SL_SIM_LOOK_NS;
}

uint64_t sl_sim_clock_watched_ns(void)
{
	return watched_ns;
}

int64_t sl_clock_wall_s(void)
{
	return SL_SIM_START_WALL_S + (int64_t)((clock_now_ns - SL_SIM_START_NS) / SL_NS_PER_S);
}
