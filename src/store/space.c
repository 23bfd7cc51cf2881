/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "store/record.h"
#include "store/state.h"

enum { BLOCK_BYTES = SLUICE_STORE_BLOCK_BYTES };

/* ---- what is free -----------------------------------------------------------------------------
 */

/* Space that is in use, device by device. */
struct used {
	struct sl_space_run *runs;
	uint32_t cnt;
};

static void use(struct used *used, uint32_t device_idx, uint64_t off_bytes, uint64_t len_bytes)
{
	struct used *of_device = &used[device_idx];

	if (of_device->runs)
		of_device->runs[of_device->cnt] = (struct sl_space_run){ off_bytes, len_bytes };
	of_device->cnt++;
}

static void use_extents(const struct sl_store *store, struct used *used,
			const struct sluice_store_extent *extents, uint32_t extent_cnt)
{
	for (uint32_t i = 0; i < extent_cnt; i++) {
		for (uint32_t replica_idx = 0; replica_idx < store->replica_cnt; replica_idx++) {
			const struct sluice_store_place *place = &extents[i].places[replica_idx];

			use(used, place->device_idx, place->off_bytes,
			    sl_store_extent_bytes(&extents[i]));
		}
	}
}

static void use_all(const struct sl_store *store, struct used *used, bool with_dead)
{
	for (uint32_t i = 0; i < SLUICE_STORE_DEVICES_MAX; i++)
		used[i].cnt = 0;
	for (uint32_t i = 0; i < store->object_cnt; i++)
		use_extents(store, used, store->objects[i].extents, store->objects[i].extent_cnt);
	for (uint32_t i = 0; with_dead && i < store->dead_cnt; i++)
		use_extents(store, used, sl_store_record_extents(store->dead[i]),
			    store->dead[i]->extent_cnt);
}

static int by_offset(const void *one, const void *other)
{
	const struct sl_space_run *a = one, *b = other;

	return (a->off_bytes > b->off_bytes) - (a->off_bytes < b->off_bytes);
}

static void add_run(struct sl_space_device *device, uint64_t off_bytes, uint64_t end_bytes)
{
	if (end_bytes <= off_bytes)
		return;
	device->runs[device->run_cnt++] = (struct sl_space_run){ off_bytes, end_bytes - off_bytes };
	device->free_bytes += end_bytes - off_bytes;
}

/* What lies between. Runs in use may overlap, in a store that somebody has made up. */
static int find_gaps(struct sl_space_device *device, const struct sluice_store_super *super,
		     struct used *used)
{
	uint64_t at_bytes = super->data_off_bytes;
	uint64_t align_bytes = super->align_bytes;

	device->align_bytes = super->align_bytes;
	device->runs = sl_alloc(used->cnt + 1, sizeof(*device->runs));
	if (!device->runs)
		return -ENOMEM;
	qsort(used->runs, used->cnt, sizeof(*used->runs), by_offset);
	for (uint32_t i = 0; i < used->cnt; i++) {
		uint64_t end_bytes =
		    sl_round_up(used->runs[i].off_bytes + used->runs[i].len_bytes, align_bytes);

		add_run(device, at_bytes, used->runs[i].off_bytes);
		if (end_bytes > at_bytes)
			at_bytes = end_bytes;
	}
	add_run(device, at_bytes, super->data_off_bytes + super->data_bytes);
	return 0;
}

int sl_space_init(struct sl_space *space, const struct sl_store *store, bool with_dead)
{
	struct used used[SLUICE_STORE_DEVICES_MAX] = { 0 };
	int error = 0;

	*space = (struct sl_space){
		.device_cnt = store->device_cnt,
		.replica_cnt = store->replica_cnt,
	};
	use_all(store, used, with_dead);
	for (uint32_t idx = 0; idx < store->device_cnt; idx++) {
		used[idx].runs = sl_alloc(used[idx].cnt, sizeof(*used[idx].runs));
		if (!used[idx].runs)
			error = -ENOMEM;
	}
	if (error == 0)
		use_all(store, used, with_dead);
	for (uint32_t idx = 0; idx < store->device_cnt && error == 0; idx++)
		error = find_gaps(&space->devices[idx], &store->supers[idx], &used[idx]);
	for (uint32_t idx = 0; idx < store->device_cnt; idx++)
		sl_free(used[idx].runs);
	return error;
}

void sl_space_fini(struct sl_space *space)
{
	for (uint32_t idx = 0; idx < space->device_cnt; idx++)
		sl_free(space->devices[idx].runs);
	*space = (struct sl_space){ 0 };
}

/* ---- places -----------------------------------------------------------------------------------
 */

static uint64_t need_bytes(const struct sl_space_device *device, uint64_t data_bytes)
{
	const struct sluice_store_extent extent = { .data_bytes = data_bytes };

	return sl_round_up(sl_store_extent_bytes(&extent), device->align_bytes);
}

/* The first run that is long enough, else the longest. NULL: nothing is free. */
static struct sl_space_run *find_run(const struct sl_space_device *device, uint64_t len_bytes)
{
	struct sl_space_run *longest = NULL;

	for (uint32_t i = 0; i < device->run_cnt; i++) {
		struct sl_space_run *run = &device->runs[i];

		if (run->len_bytes >= len_bytes)
			return run;
		if (run->len_bytes > 0 && (!longest || run->len_bytes > longest->len_bytes))
			longest = run;
	}
	return longest;
}

/* How much of want_bytes of data the device takes in one run: all, or whole blocks. */
static uint64_t fit(const struct sl_space_device *device, uint64_t want_bytes)
{
	const struct sl_space_run *run = find_run(device, need_bytes(device, want_bytes));
	uint64_t data_bytes;

	if (!run)
		return 0;
	if (run->len_bytes >= need_bytes(device, want_bytes))
		return want_bytes;
	data_bytes = run->len_bytes & ~(uint64_t)(BLOCK_BYTES - 1);
	while (data_bytes > 0 && need_bytes(device, data_bytes) > run->len_bytes)
		data_bytes -= BLOCK_BYTES;
	return data_bytes;
}

static bool same_devices(const struct sl_space *space, const struct sluice_store_extent *previous,
			 uint64_t want_bytes, uint32_t *device_idxs)
{
	for (uint32_t i = 0; i < space->replica_cnt; i++) {
		device_idxs[i] = previous->places[i].device_idx;
		if (fit(&space->devices[device_idxs[i]], want_bytes) < want_bytes)
			return false;
	}
	return true;
}

/* The replica_cnt devices that have the most room, of those that have any for this. */
static bool roomiest_devices(const struct sl_space *space, uint64_t want_bytes,
			     uint32_t *device_idxs)
{
	uint32_t chosen = 0;

	for (uint32_t i = 0; i < space->replica_cnt; i++) {
		uint32_t best_idx = UINT32_MAX;

		for (uint32_t idx = 0; idx < space->device_cnt; idx++) {
			const struct sl_space_device *device = &space->devices[idx];

			if (chosen & 1u << idx || fit(device, want_bytes) == 0)
				continue;
			if (best_idx == UINT32_MAX ||
			    device->free_bytes > space->devices[best_idx].free_bytes)
				best_idx = idx;
		}
		if (best_idx == UINT32_MAX)
			return false;
		chosen |= 1u << best_idx;
		device_idxs[i] = best_idx;
	}
	return true;
}

static uint64_t take_run(struct sl_space_device *device, uint64_t data_bytes)
{
	uint64_t len_bytes = need_bytes(device, data_bytes);
	struct sl_space_run *run = find_run(device, len_bytes);
	uint64_t off_bytes = run->off_bytes;

	BUG_ON(run->len_bytes < len_bytes);
	run->off_bytes += len_bytes;
	run->len_bytes -= len_bytes;
	device->free_bytes -= len_bytes;
	return off_bytes;
}

int sl_space_take(struct sl_space *space, uint64_t left_bytes,
		  const struct sluice_store_extent *previous, struct sluice_store_extent *extent)
{
	uint32_t device_idxs[SLUICE_STORE_REPLICAS_MAX];
	uint64_t data_bytes = left_bytes;

	BUG_ON(left_bytes == 0);
	if (data_bytes > SLUICE_STORE_EXTENT_MAX_BYTES)
		data_bytes = SLUICE_STORE_EXTENT_MAX_BYTES;
	if (!(previous && same_devices(space, previous, data_bytes, device_idxs)) &&
	    !roomiest_devices(space, data_bytes, device_idxs))
		return -ENOSPC;
	for (uint32_t i = 0; i < space->replica_cnt; i++) {
		uint64_t fit_bytes = fit(&space->devices[device_idxs[i]], data_bytes);

		if (fit_bytes < data_bytes)
			data_bytes = fit_bytes & ~(uint64_t)(BLOCK_BYTES - 1);
	}
	BUG_ON(data_bytes == 0);
	*extent = (struct sluice_store_extent){ .data_bytes = data_bytes };
	for (uint32_t i = 0; i < space->replica_cnt; i++)
		extent->places[i] = (struct sluice_store_place){
			.off_bytes = take_run(&space->devices[device_idxs[i]], data_bytes),
			.device_idx = device_idxs[i],
		};
	return 0;
}
