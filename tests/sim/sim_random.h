/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chance with a seed: the same seed gives the same run. base/random.h's sl_random_fill draws from
 * here, too.
 */
#ifndef SL_TESTS_SIM_RANDOM_H
#define SL_TESTS_SIM_RANDOM_H

#include <stdint.h>

#include "base/random.h"

/* 0 to begin with. */
void sl_sim_random_seed(uint64_t seed);

uint64_t sl_sim_random_next(void);

/* In [0, bound_cnt); bound_cnt is not 0. */
uint64_t sl_sim_random_below(uint64_t bound_cnt);

/* The mixing step itself: a hash of 64 bits, for content that is a function of its place. */
uint64_t sl_sim_random_mix(uint64_t value);

/* The same with a state of one's own: what others draw does not change it. */
uint64_t sl_sim_dice(uint64_t *dice);
uint64_t sl_sim_dice_below(uint64_t *dice, uint64_t bound_cnt);

#endif
