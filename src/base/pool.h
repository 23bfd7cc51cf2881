/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pool: a LIFO free list of indices [0, total_cnt). It owns no objects, only says which index is
 * free; the objects lie in an array of its user. LIFO because the one freed last is the one still
 * in cache.
 */
#ifndef SL_BASE_POOL_H
#define SL_BASE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bug.h"

struct sl_pool {
	uint32_t *free_idx; /* stack; [0, free_cnt) are free */
	uint32_t free_cnt;
	uint32_t total_cnt;
	uint32_t low_cnt;    /* least free_cnt ever seen: total_cnt - low_cnt is the high-water mark
			      * of use */
	uint64_t *taken_map; /* a bit an index, for catching a second give; NULL without SL_DEBUG */
};

/* 0 is taken first. Errors: -ENOMEM. Setup only. */
int sl_pool_init(struct sl_pool *pool, uint32_t total_cnt);
void sl_pool_fini(struct sl_pool *pool);

/* False if none is free; then *idx is left alone. */
static inline bool sl_pool_take(struct sl_pool *pool, uint32_t *idx)
{
	if (pool->free_cnt == 0)
		return false;
	*idx = pool->free_idx[--pool->free_cnt];
	if (pool->free_cnt < pool->low_cnt)
		pool->low_cnt = pool->free_cnt;
#ifdef SL_DEBUG
	pool->taken_map[*idx / 64] |= UINT64_C(1) << (*idx % 64);
#endif
	return true;
}

/* idx was taken and is given back once. A give to a full pool is a BUG; with SL_DEBUG any second
 * give is, and so is an index that is none of the pool's. */
static inline void sl_pool_give(struct sl_pool *pool, uint32_t idx)
{
	BUG_ON(pool->free_cnt == pool->total_cnt);
	BUG_ON_HOT(idx >= pool->total_cnt);
#ifdef SL_DEBUG
	BUG_ON(!(pool->taken_map[idx / 64] >> (idx % 64) & 1));
	pool->taken_map[idx / 64] &= ~(UINT64_C(1) << (idx % 64));
#endif
	pool->free_idx[pool->free_cnt++] = idx;
}

static inline uint32_t sl_pool_used(const struct sl_pool *pool)
{
	return pool->total_cnt - pool->free_cnt;
}

static inline uint32_t sl_pool_used_high(const struct sl_pool *pool)
{
	return pool->total_cnt - pool->low_cnt;
}

#endif
