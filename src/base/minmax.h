/* SPDX-License-Identifier: BSD-2-Clause */
/* The lesser and the greater of two, by type: a macro would evaluate its arguments twice or hide a
 * conversion. */
#ifndef SL_BASE_MINMAX_H
#define SL_BASE_MINMAX_H

#include <stdint.h>

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
