/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clock: a seam. The real one reads the kernel's clocks; the simulation's stands still until it is
 * told to move. The worker's loop is the only caller on the data path, once a turn; handshakes
 * have the stopwatch.
 */
#ifndef SL_BASE_CLOCK_H
#define SL_BASE_CLOCK_H

#include <stdint.h>

#define SL_NS_PER_US UINT64_C(1000)
#define SL_NS_PER_MS UINT64_C(1000000)
#define SL_NS_PER_S  UINT64_C(1000000000)

/* Monotonic nanoseconds, never 0. Any thread. */
uint64_t sl_clock_now_ns(void);

/* For how long a part of a turn took, by the difference of two; means nothing beside
 * sl_clock_now_ns. The simulation's says that everything takes the same time. */
uint64_t sl_clock_stopwatch_ns(void);

/* Seconds since 1970 in UTC, for Date and for cache validation. Any thread. */
int64_t sl_clock_wall_s(void);

#endif
