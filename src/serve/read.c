/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/read.h"

#include "base/bug.h"
#include "serve/interest.h"
#include "serve/state.h"

struct sl_read_source sl_read_find(const struct sl_worker *worker, uint32_t object_idx,
				   uint64_t off_bytes, uint32_t least_bytes)
{
	struct sl_read_source source = {
		.block_idx = sl_block_find(worker, object_idx, off_bytes, least_bytes),
	};

	if (source.block_idx != SL_NONE) {
		source.max_bytes = sl_block_left(worker, source.block_idx, off_bytes);
		return source;
	}
	source.lane_idx = sl_disk_lane(
	    worker->disk, sl_content_object(worker->content, object_idx)->file, off_bytes);
	source.wide = sl_interest_wide(worker, object_idx) && sl_blocks_room(worker);
	source.max_bytes = sl_block_max(worker, object_idx, off_bytes, source.wide);
	if (source.max_bytes < least_bytes) {
		source.wide = false;
		source.max_bytes = sl_block_max(worker, object_idx, off_bytes, false);
	}
	return source;
}

bool sl_read_may_begin(const struct sl_worker *worker, const struct sl_read_source *source)
{
	return worker->read_pool.free_cnt > 0 &&
	       (source->block_idx != SL_NONE || sl_blocks_free(worker) > 0);
}

static struct sl_fifo *queue_of(struct sl_worker *worker, const struct sl_read *read)
{
	struct sl_block *block = &worker->blocks.blocks[read->block_idx];

	return block->state == SL_BLOCK_AT_DISK ? &block->readers : &worker->wait_frames;
}

uint32_t sl_read_begin(struct sl_worker *worker, struct sl_tcp_conn conn,
		       const struct sl_read_order *order, const struct sl_read_source *source)
{
	uint32_t block_idx = source->block_idx, read_idx;
	struct sl_read *read;
	bool taken = sl_pool_take(&worker->read_pool, &read_idx);

	BUG_ON(!taken);
	if (block_idx == SL_NONE) {
		block_idx = sl_block_read(worker, order->object_idx, order->off_bytes,
					  order->len_bytes, source->wide);
	} else {
		worker->stats->shared_reads++;
		worker->stats->shared_bytes += order->len_bytes;
		sl_interest_earn(worker, order->object_idx, order->len_bytes);
	}
	sl_block_join(worker, block_idx, order->off_bytes, order->len_bytes);
	read = &worker->reads[read_idx];
	*read = (struct sl_read){
		.conn = conn,
		.block_idx = block_idx,
		.kind = (uint8_t)order->kind,
		.record_idx = order->record_idx,
		.range = order->range,
		.begun_ns = worker->now_ns,
	};
	sl_fifo_push(queue_of(worker, read), read_idx);
	return read_idx;
}

const uint8_t *sl_read_bytes(struct sl_worker *worker, uint32_t read_idx, uint64_t off_bytes,
			     uint32_t len_bytes)
{
	return sl_block_bytes(worker, worker->reads[read_idx].block_idx, off_bytes, len_bytes);
}

void sl_read_give(struct sl_worker *worker, uint32_t read_idx)
{
	const struct sl_read *read = &worker->reads[read_idx];

	sl_fifo_remove(queue_of(worker, read), read_idx);
	sl_block_leave(worker, read->block_idx);
	sl_pool_give(&worker->read_pool, read_idx);
}
