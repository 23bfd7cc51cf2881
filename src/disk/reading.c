/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading: buffers, who owns them, and reads that end where they should.
 *
 * A direct read may end early for two reasons that look alike: the file ends, or the kernel merely
 * stopped (a part of the request failed after others were done). If what was read reaches the size
 * that the file had when it was opened, it is the end. Otherwise the rest is read, from the
 * last aligned place on; that the second attempt gets no further than the first says that the file
 * has been cut.
 */
#include "config.h" /* _GNU_SOURCE: statx */

#include <errno.h>

#include "base/bug.h"
#include "base/limits.h"
#include "disk/uring.h"

bool sl_disk_take(struct sl_disk *disk, struct sl_disk_buffer *buffer)
{
	if (!sl_pool_take(&disk->buffer_pool, &buffer->idx))
		return false;
	BUG_ON(disk->readings[buffer->idx].owner != SL_DISK_OWNER_FREE);
	disk->readings[buffer->idx].owner = SL_DISK_OWNER_PUMP;
	return true;
}

void sl_disk_give(struct sl_disk *disk, struct sl_disk_buffer buffer)
{
	BUG_ON(buffer.idx >= disk->buffer_cnt);
	BUG_ON(disk->readings[buffer.idx].owner != SL_DISK_OWNER_PUMP);
	disk->readings[buffer.idx].owner = SL_DISK_OWNER_FREE;
	sl_pool_give(&disk->buffer_pool, buffer.idx);
}

uint8_t *sl_disk_memory(struct sl_disk *disk, struct sl_disk_buffer buffer)
{
	BUG_ON_HOT(buffer.idx >= disk->buffer_cnt);
	return disk->memory + (size_t)buffer.idx * SL_BUFFER_BYTES;
}

uint32_t sl_disk_free_buffers(const struct sl_disk *disk)
{
	return disk->buffer_pool.free_cnt;
}

uint32_t sl_disk_lane(const struct sl_disk *disk, struct sl_disk_file file, uint64_t off_bytes)
{
	const struct sl_disk_slot *slot = &disk->files[file.idx];
	uint32_t device_idx;

	BUG_ON(!slot->open);
	if (!slot->is_object)
		return 0;
	sl_disk_object_choose(disk, &slot->layout, off_bytes, &device_idx);
	return 1 + device_idx;
}

bool sl_disk_lane_full(const struct sl_disk *disk, uint32_t lane_idx)
{
	return disk->lane_cnts[lane_idx] >= disk->lane_max;
}

void sl_disk_read(struct sl_disk *disk, struct sl_disk_file file, struct sl_disk_buffer buffer,
		  uint64_t off_bytes, uint32_t len_bytes, uint64_t cookie)
{
	struct sl_disk_reading *reading;
	struct sl_disk_slot *slot;

	BUG_ON(file.idx >= disk->file_cnt);
	BUG_ON(buffer.idx >= disk->buffer_cnt);
	slot = &disk->files[file.idx];
	reading = &disk->readings[buffer.idx];
	BUG_ON(!slot->open);
	BUG_ON(reading->owner != SL_DISK_OWNER_PUMP);
	BUG_ON(len_bytes == 0 || len_bytes > SL_BUFFER_BYTES);
	BUG_ON((off_bytes | len_bytes) & (slot->align_bytes - 1));

	*reading = (struct sl_disk_reading){
		.owner = SL_DISK_OWNER_DISK,
		.file_idx = file.idx,
		.len_bytes = len_bytes,
		.off_bytes = off_bytes,
		.cookie = cookie,
	};
	if (slot->is_object) {
		reading->replica_idx =
		    sl_disk_object_choose(disk, &slot->layout, off_bytes, &reading->device_idx);
		reading->lane_idx = 1 + reading->device_idx;
	}
	disk->lane_cnts[reading->lane_idx]++;
	slot->reads_cnt++;
	disk->counters.reads++;
	disk->counters.in_flight_cnt++;
	sl_disk_start(disk, SL_DISK_OP_READING, buffer.idx);
}

void sl_disk_reading_prepare(struct sl_disk *disk, uint32_t buffer_idx, struct io_uring_sqe *sqe)
{
	struct sl_disk_reading *reading = &disk->readings[buffer_idx];
	uint8_t *memory = sl_disk_memory(disk, (struct sl_disk_buffer){ buffer_idx });

	if (disk->files[reading->file_idx].is_object) {
		sl_disk_object_prepare(disk, buffer_idx, sqe);
		return;
	}
	io_uring_prep_read_fixed(sqe, (int)reading->file_idx, memory + reading->done_bytes,
				 reading->len_bytes - reading->done_bytes,
				 reading->off_bytes + reading->done_bytes, 0);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

/* True if the read must go on; then it starts at done_bytes. */
static bool advance(struct sl_disk *disk, struct sl_disk_reading *reading, uint32_t got_bytes)
{
	const struct sl_disk_slot *slot = &disk->files[reading->file_idx];
	uint32_t end_bytes = reading->done_bytes + got_bytes;
	bool further = end_bytes > reading->best_bytes;

	if (further)
		reading->best_bytes = end_bytes;
	if (end_bytes == reading->len_bytes || reading->off_bytes + end_bytes >= slot->size_bytes)
		return false;
	if (!further)
		return false;
	disk->counters.short_reads++;
	reading->done_bytes = end_bytes & ~(slot->align_bytes - 1);
	return true;
}

static bool may_retry(struct sl_disk_reading *reading, int result)
{
	return (result == -EAGAIN || result == -EINTR) &&
	       reading->retry_cnt++ < SL_DISK_RETRIES_MAX;
}

/* True if the reading goes on; else *result is bytes of the file or -errno. */
static bool goes_on(struct sl_disk *disk, struct sl_disk_reading *reading, int *result)
{
	if (may_retry(reading, *result))
		return true;
	if (*result < 0)
		return false;
	BUG_ON(*result > (int)(reading->len_bytes - reading->done_bytes));
	if (advance(disk, reading, (uint32_t)*result))
		return true;
	*result = (int)reading->best_bytes;
	return false;
}

bool sl_disk_reading_complete(struct sl_disk *disk, uint32_t buffer_idx, int result,
			      struct sl_disk_event *event)
{
	struct sl_disk_reading *reading = &disk->readings[buffer_idx];
	struct sl_disk_slot *slot = &disk->files[reading->file_idx];

	BUG_ON(reading->owner != SL_DISK_OWNER_DISK);
	if (slot->is_object ? sl_disk_object_advance(disk, buffer_idx, &result)
			    : goes_on(disk, reading, &result)) {
		sl_disk_start(disk, SL_DISK_OP_READING, buffer_idx);
		return false;
	}

	*event = (struct sl_disk_event){
		.kind = SL_DISK_READ,
		.error = result < 0 ? result : 0,
		.cookie = reading->cookie,
		.buffer = { buffer_idx },
		.done_bytes = result < 0 ? 0 : (uint32_t)result,
	};
	if (result < 0)
		disk->counters.read_errors++;
	disk->counters.read_bytes += event->done_bytes;
	disk->counters.in_flight_cnt--;
	disk->lane_cnts[reading->lane_idx]--;
	slot->reads_cnt--;
	reading->owner = SL_DISK_OWNER_PUMP;
	return true;
}
