/* SPDX-License-Identifier: BSD-2-Clause */
/* The linker sends every call of malloc and its kin in what is linked statically here: none may
 * come from the worker's turn. */
#include <stddef.h>
#include <stdlib.h>

#include "base/bug.h"
#include "sim_judge.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t cnt, size_t each_bytes);
void *__real_realloc(void *memory, size_t bytes);
int __real_posix_memalign(void **memory, size_t align_bytes, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t cnt, size_t each_bytes);
void *__wrap_realloc(void *memory, size_t bytes);
int __wrap_posix_memalign(void **memory, size_t align_bytes, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
	BUG_ON(sl_sim_in_turn);
	return __real_malloc(bytes);
}

void *__wrap_calloc(size_t cnt, size_t each_bytes)
{
	BUG_ON(sl_sim_in_turn);
	return __real_calloc(cnt, each_bytes);
}

void *__wrap_realloc(void *memory, size_t bytes)
{
	BUG_ON(sl_sim_in_turn);
	return __real_realloc(memory, bytes);
}

int __wrap_posix_memalign(void **memory, size_t align_bytes, size_t bytes)
{
	BUG_ON(sl_sim_in_turn);
	return __real_posix_memalign(memory, align_bytes, bytes);
}
