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

struct sl_pool {
	uint32_t *free_idx; /* stack; [0, free_cnt) are free */
	uint32_t free_cnt;
	uint32_t total_cnt;
	uint32_t low_cnt; /* least free_cnt ever seen: total_cnt - low_cnt is the high-water mark of
			     use */
};

/* Errors: -ENOMEM. Setup only. */
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
	return true;
}

/* idx was taken and is given back once; with SL_DEBUG a second time is a BUG (checked by count
 * only). */
void sl_pool_give(struct sl_pool *pool, uint32_t idx);

static inline uint32_t sl_pool_used(const struct sl_pool *pool)
{
	return pool->total_cnt - pool->free_cnt;
}

#endif
