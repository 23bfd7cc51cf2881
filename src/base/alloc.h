/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory once. Everything a worker needs is allocated here before its first packet; then the worker
 * seals its thread, and any later call on that thread is a BUG. There is no free on the data path,
 * so there is no fragmentation and no surprise; what is sized here is all there is.
 */
#ifndef SL_BASE_ALLOC_H
#define SL_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory, aligned to 64 bytes, so that no two pieces share a cache line; NULL if there is
 * none. The caller owns it; sl_free gives it back. cnt * each_bytes may overflow: then NULL. An
 * empty one is not NULL. Setup only. */
void *sl_alloc(size_t cnt, size_t each_bytes);

/* NULL is let be. Any thread; not on a sealed one. */
void sl_free(void *memory);

/* From now on sl_alloc and sl_free on this thread are a BUG. Unseal is for teardown. */
void sl_alloc_seal(void);
void sl_alloc_unseal(void);

/* Bytes handed out and not given back, by the whole process, as the allocator rounds them. What one
 * worker takes is the difference over its opening. Any thread. */
uint64_t sl_alloc_bytes(void);

#endif
