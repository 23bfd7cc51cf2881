/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects: reads of what lies in extents on devices. A read is cut into pieces, one after the
 * other: where an extent ends, and at the most that a command may have. Seldom is there more than
 * one: extents are large, and buffers are no longer than most drives take.
 *
 * Which place? Of the replicas the one whose device has the fewest reads in flight, so a device
 * that is slow gets less to do and one that stalls soon nothing. A device that fails does so fast,
 * and would draw all reads; so its last error counts as so many in flight. When a piece fails, or a
 * block is not what its sum says, the rest is read in the next place, or there once more if it is
 * the only one. What was good before stays.
 */
#include "config.h" /* _GNU_SOURCE: statx */

#include <errno.h>
#include <xxhash.h>

#include "base/bug.h"
#include "base/limits.h"
#include "base/minmax.h"
#include "disk/nvme.h"
#include "disk/uring.h"

/* As many reads as a drive works on at the same time, about: another place is the better one until
 * it has that many. */
enum { FAILING_PENALTY_CNT = 32 };

/* Where off_bytes of the object is: the extent, and *extent_off_bytes in its data. Objects have few
 * extents, of up to 1 GiB. */
static const struct sluice_store_extent *locate(const struct sl_disk_layout *layout,
						uint64_t off_bytes, uint64_t *extent_off_bytes)
{
	const struct sluice_store_extent *extent = layout->extents;

	BUG_ON(off_bytes >= layout->size_bytes);
	for (; off_bytes >= extent->data_bytes; extent++)
		off_bytes -= extent->data_bytes;
	*extent_off_bytes = off_bytes;
	return extent;
}

static uint32_t device_of(const struct sl_disk_layout *layout,
			  const struct sluice_store_extent *extent, uint8_t replica_idx)
{
	return layout->first_device_idx + extent->places[replica_idx].device_idx;
}

static bool is_there(const struct sl_disk *disk, uint32_t device_idx)
{
	return device_idx < disk->device_cnt && disk->devices[device_idx].read_fd >= 0;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static bool has_place(const struct sl_disk *disk, const struct sl_disk_layout *layout,
		      const struct sluice_store_extent *extent)
{
	for (uint8_t i = 0; i < layout->replica_cnt; i++)
		if (is_there(disk, device_of(layout, extent, i)))
			return true;
	return false;
}

/* Direct reads want their blocks, verified ones those of the sums. All devices of the store, so
 * that a read may go to any. */
static uint32_t alignment(const struct sl_disk *disk, const struct sl_disk_layout *layout)
{
	uint32_t align_bytes = 1;

	if (layout->sums)
		return SLUICE_STORE_BLOCK_BYTES;
	for (uint32_t i = layout->first_device_idx; i < disk->device_cnt; i++)
		if (is_there(disk, i))
			align_bytes = max_u32(align_bytes, disk->devices[i].block_bytes);
	return align_bytes;
}

int sl_disk_open_object(struct sl_disk *disk, const struct sl_disk_layout *layout,
			struct sl_disk_file *file, uint32_t *align_bytes)
{
	disk->counters.opens++;
	for (uint32_t i = 0; i < layout->extent_cnt; i++) {
		if (!has_place(disk, layout, &layout->extents[i])) {
			disk->counters.open_errors++;
			return -ENODEV;
		}
	}
	if (!sl_pool_take(&disk->file_pool, &file->idx)) {
		disk->counters.open_errors++;
		return -EMFILE;
	}
	*align_bytes = alignment(disk, layout);
	disk->files[file->idx] = (struct sl_disk_slot){
		.open = true,
		.is_object = true,
		.align_bytes = *align_bytes,
		.size_bytes = layout->size_bytes,
		.layout = *layout,
	};
	return 0;
}

/* ---- pieces -----------------------------------------------------------------------------------
 */

static uint32_t burden(const struct sl_disk *disk, uint32_t device_idx)
{
	if (!is_there(disk, device_idx))
		return UINT32_MAX;
	return disk->lane_cnts[1 + device_idx] +
	       (disk->device_counters[device_idx].failing ? FAILING_PENALTY_CNT : 0);
}

uint8_t sl_disk_object_choose(const struct sl_disk *disk, const struct sl_disk_layout *layout,
			      uint64_t off_bytes, uint32_t *device_idx)
{
	uint64_t extent_off_bytes;
	const struct sluice_store_extent *extent = locate(layout, off_bytes, &extent_off_bytes);
	uint8_t best_idx = 0;

	for (uint8_t i = 1; i < layout->replica_cnt; i++)
		if (burden(disk, device_of(layout, extent, i)) <
		    burden(disk, device_of(layout, extent, best_idx)))
			best_idx = i;
	*device_idx = device_of(layout, extent, best_idx);
	return best_idx;
}

/* The place of this extent: what was chosen, unless its device is missing. */
static uint8_t place_of(const struct sl_disk *disk, const struct sl_disk_layout *layout,
			const struct sluice_store_extent *extent, uint8_t replica_idx)
{
	while (!is_there(disk, device_of(layout, extent, replica_idx)))
		replica_idx = (uint8_t)((replica_idx + 1) % layout->replica_cnt);
	return replica_idx;
}

void sl_disk_object_prepare(struct sl_disk *disk, uint32_t buffer_idx, struct io_uring_sqe *sqe)
{
	struct sl_disk_reading *reading = &disk->readings[buffer_idx];
	const struct sl_disk_layout *layout = &disk->files[reading->file_idx].layout;
	uint64_t extent_off_bytes, rest_bytes, off_bytes;
	const struct sluice_store_extent *extent =
	    locate(layout, reading->off_bytes + reading->done_bytes, &extent_off_bytes);
	uint8_t place_idx = place_of(disk, layout, extent, reading->replica_idx);
	uint32_t device_idx = device_of(layout, extent, place_idx);
	const struct sl_device *device = &disk->devices[device_idx];
	int file_idx = (int)(disk->file_cnt + device_idx);
	uint8_t *memory = sl_disk_memory(disk, (struct sl_disk_buffer){ buffer_idx });

	/* The last block may hold more than the extent: it is zero up to a page. */
	rest_bytes = extent->data_bytes - extent_off_bytes + device->block_bytes - 1;
	rest_bytes -= rest_bytes % device->block_bytes;
	reading->device_idx = device_idx;
	reading->piece_bytes = (uint32_t)min_u64(
	    min_u64(rest_bytes, reading->len_bytes - reading->done_bytes), device->max_bytes);
	off_bytes = extent->places[place_idx].off_bytes + extent_off_bytes;
	memory += reading->done_bytes;
	if (device->namespace_id != 0) {
		sl_nvme_prepare_read(sqe, device, file_idx, memory, off_bytes,
				     reading->piece_bytes);
	} else {
		io_uring_prep_read_fixed(sqe, file_idx, memory, reading->piece_bytes, off_bytes, 0);
		io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	}
	disk->device_counters[device_idx].reads++;
}

/* ---- sums -------------------------------------------------------------------------------------
 */

/* How many bytes from the start of the reading on are what their sums say. */
static uint32_t verified(struct sl_disk *disk, uint32_t buffer_idx, uint32_t got_bytes)
{
	const struct sl_disk_reading *reading = &disk->readings[buffer_idx];
	const struct sl_disk_layout *layout = &disk->files[reading->file_idx].layout;
	const uint8_t *memory = sl_disk_memory(disk, (struct sl_disk_buffer){ buffer_idx });
	const uint64_t *sum = layout->sums + reading->off_bytes / SLUICE_STORE_BLOCK_BYTES;
	uint32_t good_bytes = 0;

	while (good_bytes < got_bytes) {
		uint32_t block_bytes = min_u32(got_bytes - good_bytes, SLUICE_STORE_BLOCK_BYTES);

		if (XXH3_64bits(memory + good_bytes, block_bytes) != *sum++)
			return good_bytes;
		good_bytes += block_bytes;
	}
	return good_bytes;
}

/* ---- completions ------------------------------------------------------------------------------
 */

/* The device's answer: the block layer says how many bytes, a command 0 or its status. */
static int outcome(const struct sl_disk_reading *reading, const struct sl_device *device,
		   int result)
{
	if (result < 0)
		return result;
	if (device->namespace_id != 0)
		return result == 0 ? (int)reading->piece_bytes : -EIO;
	/* A device that ends before its extents do. */
	return result < (int)device->block_bytes ? -EIO : result;
}

static void blame(struct sl_disk *disk, uint32_t device_idx)
{
	disk->device_counters[device_idx].errors++;
	disk->device_counters[device_idx].failing = true;
}

/* From done_bytes on in another place; false: it was tried before. */
static bool try_again(struct sl_disk *disk, struct sl_disk_reading *reading, uint32_t done_bytes)
{
	const struct sl_disk_layout *layout = &disk->files[reading->file_idx].layout;

	if (reading->is_second_try)
		return false;
	reading->is_second_try = true;
	reading->done_bytes = done_bytes;
	reading->replica_idx = (uint8_t)((reading->replica_idx + 1) % layout->replica_cnt);
	return true;
}

/* All pieces are there. */
static bool conclude(struct sl_disk *disk, uint32_t buffer_idx, uint32_t got_bytes, int *result)
{
	struct sl_disk_reading *reading = &disk->readings[buffer_idx];
	const struct sl_disk_layout *layout = &disk->files[reading->file_idx].layout;
	uint64_t extent_off_bytes;
	uint32_t good_bytes = got_bytes, device_idx;
	const struct sluice_store_extent *extent;

	if (layout->sums)
		good_bytes = verified(disk, buffer_idx, got_bytes);
	*result = (int)got_bytes;
	if (good_bytes == got_bytes)
		return false;
	extent = locate(layout, reading->off_bytes + good_bytes, &extent_off_bytes);
	device_idx =
	    device_of(layout, extent, place_of(disk, layout, extent, reading->replica_idx));
	blame(disk, device_idx);
	disk->device_counters[device_idx].wrong_sums++;
	*result = -EBADMSG;
	return try_again(disk, reading, good_bytes);
}

bool sl_disk_object_advance(struct sl_disk *disk, uint32_t buffer_idx, int *result)
{
	struct sl_disk_reading *reading = &disk->readings[buffer_idx];
	const struct sl_disk_slot *slot = &disk->files[reading->file_idx];
	const struct sl_device *device = &disk->devices[reading->device_idx];
	struct sl_disk_device_counters *counters = &disk->device_counters[reading->device_idx];
	uint64_t left_bytes = slot->size_bytes - reading->off_bytes;
	int got = outcome(reading, device, *result);

	*result = got;
	if ((got == -EAGAIN || got == -EINTR) && reading->retry_cnt++ < SL_DISK_RETRIES_MAX)
		return true;
	if (got < 0) {
		blame(disk, reading->device_idx);
		*result = -EIO;
		return try_again(disk, reading, reading->done_bytes);
	}
	counters->failing = false;
	got -= got % (int)device->block_bytes;
	counters->read_bytes += (uint32_t)got;
	reading->done_bytes += (uint32_t)got;
	if (reading->done_bytes < min_u64(reading->len_bytes, left_bytes))
		return true;
	return conclude(disk, buffer_idx, (uint32_t)min_u64(reading->len_bytes, left_bytes),
			result);
}
