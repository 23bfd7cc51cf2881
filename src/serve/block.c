/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why keep any? To join a read one must come while it is at the disk, 100 us; a thousand viewers of
 * a new segment are at the same place within a second or so, each as its window allows. So what is
 * wanted by several (serve/interest.h) stays where it is until the buffer is needed, and it is
 * needed last: a buffer from the disk's LIFO is hotter than any that is kept, and a stream that is
 * alone goes on taking the one that it has just given.
 *
 * When more is wanted by several than there are buffers, to keep what was wanted last would be to
 * keep nothing: each viewer passes all places of a segment, and none would still be there. So a
 * block that somebody has had within a second is not taken to keep another, but only by those who
 * find no free buffer; and for a second after that no more are kept than there are. What finds no
 * room is read as if nobody else wanted it. A part is shared then, and the rest is not.
 */
#include "serve/block.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "serve/interest.h"
#include "serve/state.h"

#define WANTED_NS SL_NS_PER_S

static uint64_t align_down(uint64_t value, uint32_t align)
{
	return value & ~(uint64_t)(align - 1);
}

static uint64_t align_up(uint64_t value, uint32_t align)
{
	return align_down(value + align - 1, align);
}

int sl_blocks_init(struct sl_blocks *blocks, uint32_t buffer_cnt, struct sl_read *reads)
{
	uint32_t bucket_cnt = 1;

	while (bucket_cnt < 2 * buffer_cnt)
		bucket_cnt *= 2;
	blocks->bucket_mask = bucket_cnt - 1;
	blocks->blocks = sl_alloc(buffer_cnt, sizeof(*blocks->blocks));
	blocks->buckets = sl_alloc(bucket_cnt, sizeof(*blocks->buckets));
	if (!blocks->blocks || !blocks->buckets)
		return -ENOMEM;
	for (uint32_t i = 0; i < bucket_cnt; i++)
		blocks->buckets[i] = SL_NONE;
	for (uint32_t i = 0; i < buffer_cnt; i++)
		sl_fifo_init(&blocks->blocks[i].readers, &reads[0].waiting, sizeof(*reads));
	sl_fifo_init(&blocks->kept, &blocks->blocks[0].link, sizeof(*blocks->blocks));
	return 0;
}

void sl_blocks_fini(struct sl_blocks *blocks)
{
	sl_free(blocks->buckets);
	sl_free(blocks->blocks);
}

uint32_t sl_blocks_free(const struct sl_worker *worker)
{
	return sl_disk_free_buffers(worker->disk) + worker->blocks.kept_cnt;
}

static bool oldest_is_stale(const struct sl_worker *worker)
{
	const struct sl_blocks *blocks = &worker->blocks;
	uint32_t idx = blocks->kept.head_idx;

	return idx != SL_NONE && worker->now_ns >= blocks->blocks[idx].kept_ns + WANTED_NS;
}

bool sl_blocks_room(const struct sl_worker *worker)
{
	return oldest_is_stale(worker) || (sl_disk_free_buffers(worker->disk) > 0 &&
					   worker->now_ns >= worker->blocks.crowded_until_ns);
}

/* ---- finding ------------------------------------------------------------------------- */

static uint64_t version_of(const struct sl_worker *worker, uint32_t object_idx)
{
	return sl_content_object(worker->content, object_idx)->version;
}

/* Versions and places are small numbers that strangers do not choose. */
static uint32_t *bucket(const struct sl_blocks *blocks, uint64_t version, uint64_t off_bytes)
{
	uint64_t hash = version * UINT64_C(0x9e3779b97f4a7c15) + off_bytes / SL_BUFFER_BYTES;

	return &blocks->buckets[(hash ^ hash >> 32) & blocks->bucket_mask];
}

static void show(struct sl_blocks *blocks, uint32_t idx, uint64_t version)
{
	struct sl_block *block = &blocks->blocks[idx];
	uint32_t *head = bucket(blocks, version, block->span_off_bytes);

	block->version = version;
	block->next_idx = *head;
	*head = idx;
}

static void hide(struct sl_blocks *blocks, uint32_t idx)
{
	struct sl_block *block = &blocks->blocks[idx];
	uint32_t *link;

	if (block->version == 0)
		return;
	link = bucket(blocks, block->version, block->span_off_bytes);
	while (*link != idx)
		link = &blocks->blocks[*link].next_idx;
	*link = block->next_idx;
	block->version = 0;
}

static uint64_t end_off(const struct sl_block *block)
{
	return block->span_off_bytes +
	       (block->state == SL_BLOCK_AT_DISK ? block->span_bytes : block->done_bytes);
}

uint32_t sl_block_left(const struct sl_worker *worker, uint32_t block_idx, uint64_t off_bytes)
{
	return (uint32_t)(end_off(&worker->blocks.blocks[block_idx]) - off_bytes);
}

/* What begins before the multiple of SL_BUFFER_BYTES before off_bytes is not found; only blocks
 * that are not wide can. */
uint32_t sl_block_find(const struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes,
		       uint32_t len_bytes)
{
	const struct sl_blocks *blocks = &worker->blocks;
	uint64_t version = version_of(worker, object_idx);
	uint32_t idx = *bucket(blocks, version, off_bytes);

	for (; idx != SL_NONE; idx = blocks->blocks[idx].next_idx) {
		const struct sl_block *block = &blocks->blocks[idx];

		if (block->version == version && off_bytes >= block->span_off_bytes &&
		    off_bytes + len_bytes <= end_off(block))
			break;
	}
	return idx;
}

/* ---- reading ------------------------------------------------------------------------- */

uint32_t sl_block_max(const struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes,
		      bool wide)
{
	uint32_t align = sl_content_object(worker->content, object_idx)->align_bytes;

	return SL_BUFFER_BYTES -
	       (uint32_t)(off_bytes - align_down(off_bytes, wide ? SL_BUFFER_BYTES : align));
}

/* One that nobody holds: of the disk's, or the one kept for longest. */
static uint32_t take(struct sl_worker *worker)
{
	struct sl_blocks *blocks = &worker->blocks;
	struct sl_disk_buffer buffer;

	if (sl_disk_take(worker->disk, &buffer))
		return buffer.idx;
	if (!oldest_is_stale(worker))
		blocks->crowded_until_ns = worker->now_ns + WANTED_NS;
	buffer.idx = sl_fifo_pop(&blocks->kept);
	BUG_ON(buffer.idx == SL_NONE);
	blocks->kept_cnt--;
	hide(blocks, buffer.idx);
	return buffer.idx;
}

static void start(struct sl_worker *worker, uint32_t block_idx)
{
	const struct sl_block *block = &worker->blocks.blocks[block_idx];
	const struct sl_object *object = sl_content_object(worker->content, block->object_idx);

	worker->stats->reads++;
	sl_disk_read(worker->disk, object->file, (struct sl_disk_buffer){ block_idx },
		     block->span_off_bytes, block->span_bytes, block_idx);
}

uint32_t sl_block_read(struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes,
		       uint32_t len_bytes, bool wide)
{
	const struct sl_object *object = sl_content_object(worker->content, object_idx);
	uint32_t idx = take(worker);
	struct sl_block *block = &worker->blocks.blocks[idx];
	uint64_t start_off = align_down(off_bytes, object->align_bytes);
	uint64_t stop_off = align_up(off_bytes + len_bytes, object->align_bytes);

	BUG_ON(len_bytes == 0);
	BUG_ON(off_bytes + len_bytes > object->size_bytes);
	if (wide) {
		uint64_t size_bytes = align_up(object->size_bytes, object->align_bytes);
		uint64_t asked_bytes = stop_off - start_off;

		start_off = align_down(off_bytes, SL_BUFFER_BYTES);
		stop_off = min_u64(start_off + SL_BUFFER_BYTES, size_bytes);
		sl_interest_spend(worker, object_idx, stop_off - start_off - asked_bytes);
	}
	BUG_ON(stop_off < off_bytes + len_bytes || stop_off - start_off > SL_BUFFER_BYTES);
	block->span_off_bytes = start_off;
	block->span_bytes = (uint32_t)(stop_off - start_off);
	block->want_off_bytes = UINT64_MAX;
	block->want_end_bytes = 0;
	block->object_idx = object_idx;
	block->reader_cnt = 0;
	block->state = SL_BLOCK_AT_DISK;
	block->wide = wide;
	block->retried = false;
	sl_content_hold(worker->content, object_idx);
	show(&worker->blocks, idx, version_of(worker, object_idx));
	sl_pump_note_use(worker);
	start(worker, idx);
	return idx;
}

/* Whether it is kept is asked by version: the object may be closed by now. What is not wide is too
 * little to fill a buffer with. */
static void release(struct sl_worker *worker, uint32_t block_idx)
{
	struct sl_block *block = &worker->blocks.blocks[block_idx];

	if (block->version != 0 && block->wide &&
	    sl_interest_shared(worker, block->object_idx, block->version)) {
		block->state = SL_BLOCK_KEPT;
		block->kept_ns = worker->now_ns;
		sl_fifo_push(&worker->blocks.kept, block_idx);
		worker->blocks.kept_cnt++;
		return;
	}
	hide(&worker->blocks, block_idx);
	block->state = SL_BLOCK_FREE;
	sl_disk_give(worker->disk, (struct sl_disk_buffer){ block_idx });
}

/* A reset for each of many because of one error would be worse than no sharing, and so would be one
 * for an error at bytes that are read only because others might want them. */
static bool try_again(struct sl_worker *worker, uint32_t block_idx)
{
	struct sl_block *block = &worker->blocks.blocks[block_idx];
	uint32_t align = sl_content_object(worker->content, block->object_idx)->align_bytes;
	uint64_t start_off = align_down(block->want_off_bytes, align);
	uint64_t stop_off = align_up(block->want_end_bytes, align);

	if (block->retried || block->reader_cnt == 0 ||
	    (block->reader_cnt == 1 && stop_off - start_off == block->span_bytes))
		return false;
	hide(&worker->blocks, block_idx);
	block->retried = true;
	block->span_off_bytes = start_off;
	block->span_bytes = (uint32_t)(stop_off - start_off);
	start(worker, block_idx);
	return true;
}

bool sl_block_back(struct sl_worker *worker, uint32_t block_idx, const struct sl_disk_event *event)
{
	struct sl_block *block = &worker->blocks.blocks[block_idx];
	const struct sl_object *object = sl_content_object(worker->content, block->object_idx);
	uint64_t left_bytes = object->size_bytes - block->span_off_bytes;

	BUG_ON(block->state != SL_BLOCK_AT_DISK);
	if (event->error) {
		worker->stats->read_errors++;
		if (try_again(worker, block_idx))
			return false;
	}
	block->done_bytes = event->error ? 0 : event->done_bytes;
	worker->stats->read_bytes += block->done_bytes;
	block->state = SL_BLOCK_HELD;
	/* Behind the size that it had the file may have grown; that is another version. */
	block->done_bytes = (uint32_t)min_u64(block->done_bytes, left_bytes);
	if (block->done_bytes < min_u64(block->span_bytes, left_bytes) && !SL_MUTANT(SHORT_READ))
		hide(&worker->blocks, block_idx);
	sl_content_put(worker->content, block->object_idx);
	if (block->reader_cnt == 0 && !SL_MUTANT(BUFFER_LEAK))
		release(worker, block_idx);
	return true;
}

/* ---- readers ------------------------------------------------------------------------- */

void sl_block_join(struct sl_worker *worker, uint32_t block_idx, uint64_t off_bytes,
		   uint32_t len_bytes)
{
	struct sl_block *block = &worker->blocks.blocks[block_idx];

	BUG_ON(block->state == SL_BLOCK_FREE);
	if (block->state == SL_BLOCK_KEPT) {
		sl_fifo_remove(&worker->blocks.kept, block_idx);
		worker->blocks.kept_cnt--;
		block->state = SL_BLOCK_HELD;
		sl_pump_note_use(worker);
	}
	block->want_off_bytes = min_u64(block->want_off_bytes, off_bytes);
	block->want_end_bytes = max_u64(block->want_end_bytes, off_bytes + len_bytes);
	block->reader_cnt++;
}

void sl_block_leave(struct sl_worker *worker, uint32_t block_idx)
{
	struct sl_block *block = &worker->blocks.blocks[block_idx];

	BUG_ON(block->reader_cnt == 0);
	block->reader_cnt--;
	if (block->state == SL_BLOCK_HELD && (block->reader_cnt == 0 || SL_MUTANT(BLOCK_TOO_SOON)))
		release(worker, block_idx);
}

const uint8_t *sl_block_bytes(struct sl_worker *worker, uint32_t block_idx, uint64_t off_bytes,
			      uint32_t len_bytes)
{
	const struct sl_block *block = &worker->blocks.blocks[block_idx];
	uint64_t start_bytes = off_bytes - block->span_off_bytes;

	BUG_ON(block->state != SL_BLOCK_HELD);
	BUG_ON(off_bytes < block->span_off_bytes);
	BUG_ON(start_bytes + len_bytes > block->span_bytes);
	if (start_bytes + len_bytes > block->done_bytes && !SL_MUTANT(SHORT_READ))
		return NULL;
	return sl_disk_memory(worker->disk, (struct sl_disk_buffer){ block_idx }) + start_bytes;
}

/* ---- checking ------------------------------------------------------------------------ */

static void check_block(const struct sl_worker *worker, uint32_t idx, uint32_t *state_cnt)
{
	const struct sl_block *block = &worker->blocks.blocks[idx];
	uint32_t found_idx = SL_NONE, waiting_cnt = 0;

	state_cnt[block->state]++;
	if (block->version != 0)
		found_idx = *bucket(&worker->blocks, block->version, block->span_off_bytes);
	while (found_idx != SL_NONE && found_idx != idx)
		found_idx = worker->blocks.blocks[found_idx].next_idx;
	BUG_ON(block->version != 0 && found_idx != idx);
	BUG_ON(block->state == SL_BLOCK_FREE && block->version != 0);
	BUG_ON(block->state == SL_BLOCK_KEPT && block->version == 0);
	BUG_ON(block->state == SL_BLOCK_HELD && block->reader_cnt == 0);
	BUG_ON(block->state != SL_BLOCK_HELD && block->state != SL_BLOCK_AT_DISK &&
	       block->reader_cnt > 0);
	for (uint32_t read_idx = block->readers.head_idx; read_idx != SL_NONE;
	     read_idx = worker->reads[read_idx].waiting.next_idx)
		waiting_cnt++;
	BUG_ON(waiting_cnt != (block->state == SL_BLOCK_AT_DISK ? block->reader_cnt : 0));
}

void sl_blocks_check(const struct sl_worker *worker)
{
	uint32_t total_cnt = (uint32_t)worker->stats->buffers_total;
	uint32_t state_cnt[SL_BLOCK_KEPT + 1] = { 0 }, held_cnt = 0, ready_cnt = 0;

	for (uint32_t idx = 0; idx < total_cnt; idx++) {
		check_block(worker, idx, state_cnt);
		if (worker->blocks.blocks[idx].state == SL_BLOCK_HELD)
			held_cnt += worker->blocks.blocks[idx].reader_cnt;
	}
	BUG_ON(state_cnt[SL_BLOCK_FREE] != sl_disk_free_buffers(worker->disk));
	BUG_ON(state_cnt[SL_BLOCK_KEPT] != worker->blocks.kept_cnt);
	for (uint32_t read_idx = worker->wait_frames.head_idx; read_idx != SL_NONE;
	     read_idx = worker->reads[read_idx].waiting.next_idx)
		ready_cnt++;
	BUG_ON(held_cnt != ready_cnt);
}
