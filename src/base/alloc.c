/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/limits.h"

enum { ALIGN_BYTES = SL_CACHE_LINE_BYTES }; /* and the widest vector */

static _Thread_local bool sealed;

/* The process's, not the thread's: the main thread opens workers and may free what they leave. */
static _Atomic uint64_t handed_out_bytes;

void *sl_alloc(size_t cnt, size_t each_bytes)
{
	size_t bytes;
	void *memory;

	BUG_ON(sealed);
	if (__builtin_mul_overflow(cnt, each_bytes, &bytes))
		return NULL;
	if (posix_memalign(&memory, ALIGN_BYTES, bytes ? bytes : 1) != 0)
		return NULL;
	/* Writing zeroes also makes the pages exist now and not at the first packet. */
	memset(memory, 0, bytes);
	atomic_fetch_add_explicit(&handed_out_bytes, malloc_usable_size(memory),
				  memory_order_relaxed);
	return memory;
}

void sl_free(void *memory)
{
	if (!memory)
		return;
	BUG_ON(sealed);
	atomic_fetch_sub_explicit(&handed_out_bytes, malloc_usable_size(memory),
				  memory_order_relaxed);
	free(memory);
}

void sl_alloc_seal(void)
{
	sealed = true;
}

void sl_alloc_unseal(void)
{
	sealed = false;
}

uint64_t sl_alloc_bytes(void)
{
	return atomic_load_explicit(&handed_out_bytes, memory_order_relaxed);
}
