/* SPDX-License-Identifier: BSD-2-Clause */
/* SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014):
 * a counter that goes in steps of the golden ratio, and a mixing step. */
#include "sim_random.h"

#include <string.h>

#include "base/bug.h"

static uint64_t state;

void sl_sim_random_seed(uint64_t seed)
{
	state = seed;
}

uint64_t sl_sim_random_mix(uint64_t value)
{
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

uint64_t sl_sim_dice(uint64_t *dice)
{
	*dice += UINT64_C(0x9e3779b97f4a7c15);
	return sl_sim_random_mix(*dice);
}

uint64_t sl_sim_random_next(void)
{
	return sl_sim_dice(&state);
}

/* The bias of the remainder is of no account at the bounds that occur here. */
uint64_t sl_sim_dice_below(uint64_t *dice, uint64_t bound_cnt)
{
	BUG_ON(bound_cnt == 0);
	return sl_sim_dice(dice) % bound_cnt;
}

uint64_t sl_sim_random_below(uint64_t bound_cnt)
{
	return sl_sim_dice_below(&state, bound_cnt);
}

void sl_random_fill(void *out, size_t len_bytes)
{
	uint8_t *bytes = out;

	while (len_bytes > 0) {
		uint64_t word = sl_sim_random_next();
		size_t part_bytes = len_bytes < sizeof(word) ? len_bytes : sizeof(word);

		memcpy(bytes, &word, part_bytes);
		bytes += part_bytes;
		len_bytes -= part_bytes;
	}
}
