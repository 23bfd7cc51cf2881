/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/read.h"

#include "base/bug.h"
#include "base/mutant.h"
#include "serve/state.h"

static uint64_t align_down(uint64_t value, uint32_t align)
{
	return value & ~(uint64_t)(align - 1);
}

static uint64_t align_up(uint64_t value, uint32_t align)
{
	return align_down(value + align - 1, align);
}

uint32_t sl_read_max(const struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes)
{
	uint32_t align = sl_content_object(worker->content, object_idx)->align_bytes;

	return SL_BUFFER_BYTES - (uint32_t)(off_bytes - align_down(off_bytes, align));
}

bool sl_read_take(struct sl_worker *worker, struct sl_tcp_conn conn, uint32_t object_idx,
		  uint64_t off_bytes, uint32_t len_bytes, uint32_t *read_idx)
{
	uint32_t align = sl_content_object(worker->content, object_idx)->align_bytes;
	uint64_t start_off = align_down(off_bytes, align);
	uint64_t end_off = align_up(off_bytes + len_bytes, align);
	struct sl_disk_buffer buffer;

	BUG_ON(len_bytes == 0);
	BUG_ON(end_off - start_off > SL_BUFFER_BYTES);
	if (!sl_disk_take(worker->disk, &buffer))
		return false;
	sl_pump_note_use(worker);
	worker->reads[buffer.idx] = (struct sl_read){
		.conn = conn,
		.object_idx = object_idx,
		.span_off_bytes = start_off,
		.span_bytes = (uint32_t)(end_off - start_off),
	};
	sl_content_hold(worker->content, object_idx);
	*read_idx = buffer.idx;
	return true;
}

void sl_read_start(struct sl_worker *worker, uint32_t read_idx)
{
	const struct sl_read *read = &worker->reads[read_idx];
	const struct sl_object *object = sl_content_object(worker->content, read->object_idx);

	worker->stats->reads++;
	sl_disk_read(worker->disk, object->file, (struct sl_disk_buffer){ read_idx },
		     read->span_off_bytes, read->span_bytes, read_idx);
}

const uint8_t *sl_read_bytes(struct sl_worker *worker, uint32_t read_idx, uint64_t off_bytes,
			     uint32_t len_bytes)
{
	const struct sl_read *read = &worker->reads[read_idx];
	uint64_t start = off_bytes - read->span_off_bytes;

	BUG_ON(off_bytes < read->span_off_bytes);
	BUG_ON(start + len_bytes > read->span_bytes);
	if (start + len_bytes > read->done_bytes && !SL_MUTANT(SHORT_READ))
		return NULL;
	return sl_disk_memory(worker->disk, (struct sl_disk_buffer){ read_idx }) + start;
}

void sl_read_give(struct sl_worker *worker, uint32_t read_idx)
{
	sl_content_put(worker->content, worker->reads[read_idx].object_idx);
	sl_disk_give(worker->disk, (struct sl_disk_buffer){ read_idx });
}
