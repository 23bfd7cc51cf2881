/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pool.h"

#include <errno.h>

#include "base/alloc.h"

int sl_pool_init(struct sl_pool *pool, uint32_t total_cnt)
{
	*pool = (struct sl_pool){
		.free_idx = sl_alloc(total_cnt, sizeof(*pool->free_idx)),
		.free_cnt = total_cnt,
		.total_cnt = total_cnt,
		.low_cnt = total_cnt,
	};
#ifdef SL_DEBUG
	pool->taken_map = sl_alloc(total_cnt / 64 + 1, sizeof(*pool->taken_map));
	if (!pool->taken_map)
		goto fail;
#endif
	if (!pool->free_idx)
		goto fail;
	for (uint32_t i = 0; i < total_cnt; i++)
		pool->free_idx[i] = total_cnt - 1 - i;
	return 0;

fail:
	sl_pool_fini(pool);
	return -ENOMEM;
}

void sl_pool_fini(struct sl_pool *pool)
{
	sl_free(pool->taken_map);
	sl_free(pool->free_idx);
	*pool = (struct sl_pool){ 0 };
}
