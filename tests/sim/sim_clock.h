/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated clock: base/clock.h's two functions, standing still until told to move. */
#ifndef SL_TESTS_SIM_CLOCK_H
#define SL_TESTS_SIM_CLOCK_H

#include <stdint.h>

#include "base/clock.h"

/* Where the clock starts, and the wall clock with it. */
/* What lies between two looks at the stopwatch took so long: a step of a handshake. */
#define SL_SIM_LOOK_NS (60 * SL_NS_PER_US)

#define SL_SIM_START_NS     SL_NS_PER_S
#define SL_SIM_START_WALL_S INT64_C(1767225600) /* 2026-01-01 00:00:00 UTC */

/* It is now_ns; never earlier than it was, but for SL_SIM_START_NS: a new simulation begins. */
void sl_sim_clock_set(uint64_t now_ns);

/* Since the simulation began: each look at the stopwatch took SL_SIM_LOOK_NS. */
uint64_t sl_sim_clock_watched_ns(void);

#endif
