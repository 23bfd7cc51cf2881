/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking for memory before it is needed. With thousands of connections nearly everything about one
 * of them has left the caches when its turn comes; a miss costs 100 ns, a dozen at once hardly
 * more. So what is known to come up soon is asked for while something else is done. Only hints.
 */
#ifndef SL_BASE_PREFETCH_H
#define SL_BASE_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

static inline void sl_prefetch(const void *memory)
{
	__builtin_prefetch(memory);
}

/* All lines of [memory, memory + len_bytes). */
static inline void sl_prefetch_lines(const void *memory, size_t len_bytes)
{
	const char *first = memory;
	uintptr_t skew_bytes = (uintptr_t)memory % SL_CACHE_LINE_BYTES;

	for (size_t off = 0; off < len_bytes + skew_bytes; off += SL_CACHE_LINE_BYTES)
		__builtin_prefetch(first - skew_bytes + off);
}

#endif
