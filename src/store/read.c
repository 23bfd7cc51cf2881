/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/read.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "store/state.h"

enum { BLOCK_BYTES = SLUICE_STORE_BLOCK_BYTES };

/* One request to the device: long enough for its full rate, and whole blocks. */
enum { CHUNK_BYTES = 64 * BLOCK_BYTES };

static uint32_t min_bytes(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* What of the extent's data a chunk at off_bytes has. */
static uint32_t chunk_bytes(const struct sluice_store_extent *extent, uint64_t off_bytes,
			    uint32_t most_bytes)
{
	return min_bytes(most_bytes, extent->data_bytes - off_bytes);
}

static int read_place(const struct sl_store *store, const struct sluice_store_place *place,
		      uint64_t off_bytes, void *memory, uint32_t len_bytes)
{
	struct sl_volume *volume = store->volumes[place->device_idx];

	if (!volume)
		return -ENODEV;
	return sl_volume_read(volume, place->off_bytes + off_bytes, memory,
			      sl_round_up(len_bytes, SLUICE_STORE_PAGE_BYTES));
}

static bool is_right(const uint8_t *block, uint32_t len_bytes, uint64_t sum)
{
	return sl_store_block_sum(block, min_bytes(len_bytes, BLOCK_BYTES)) == sum;
}

/* ---- an object's bytes ------------------------------------------------------------------------
 */

struct reading {
	const struct sl_store *store;
	const struct sluice_store_extent *extent;
	uint64_t *sums;
	struct sl_pages chunk;
	XXH3_state_t *hash;
};

/* A block from wherever it is right, into memory. */
static int read_block(const struct reading *reading, uint64_t off_bytes, uint8_t *memory)
{
	uint32_t len_bytes = chunk_bytes(reading->extent, off_bytes, BLOCK_BYTES);
	int error = -ENODEV;

	for (uint32_t i = 0; i < reading->store->replica_cnt; i++) {
		int place_error = read_place(reading->store, &reading->extent->places[i], off_bytes,
					     memory, len_bytes);

		if (place_error == 0 &&
		    is_right(memory, len_bytes, reading->sums[off_bytes / BLOCK_BYTES]))
			return 0;
		if (place_error != -ENODEV)
			error = -EBADMSG;
	}
	return error;
}

static int read_chunk(const struct reading *reading, uint64_t off_bytes, uint32_t len_bytes)
{
	bool read = read_place(reading->store, &reading->extent->places[0], off_bytes,
			       reading->chunk.at, len_bytes) == 0;

	for (uint32_t at_bytes = 0; at_bytes < len_bytes; at_bytes += BLOCK_BYTES) {
		uint8_t *block = reading->chunk.at + at_bytes;
		int error;

		if (read && is_right(block, len_bytes - at_bytes,
				     reading->sums[(off_bytes + at_bytes) / BLOCK_BYTES]))
			continue;
		error = read_block(reading, off_bytes + at_bytes, block);
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_extent(struct reading *reading, sl_store_take *take, void *arg)
{
	uint64_t off_bytes = 0;
	int error = sl_store_sums(reading->store, reading->extent, reading->sums);

	while (error == 0 && off_bytes < reading->extent->data_bytes) {
		uint32_t len_bytes = chunk_bytes(reading->extent, off_bytes, CHUNK_BYTES);

		error = read_chunk(reading, off_bytes, len_bytes);
		if (error < 0)
			break;
		XXH3_128bits_update(reading->hash, reading->chunk.at, len_bytes);
		error = take(arg, reading->chunk.at, len_bytes);
		off_bytes += len_bytes;
	}
	return error;
}

static uint32_t sums_max(const struct sl_store_object *object)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < object->extent_cnt; i++) {
		uint32_t cnt = sl_store_sum_cnt(&object->extents[i]);

		if (cnt > max)
			max = cnt;
	}
	return max;
}

/* As much as the object can use. */
static int init_chunk(struct sl_pages *chunk, const struct sl_store_object *object)
{
	return sl_pages_init(chunk,
			     min_bytes(CHUNK_BYTES, (uint64_t)sums_max(object) * BLOCK_BYTES));
}

static int compare_hash(const struct reading *reading, const struct sl_store_object *object)
{
	XXH128_canonical_t hash;

	XXH128_canonicalFromHash(&hash, XXH3_128bits_digest(reading->hash));
	return memcmp(&hash, object->hash, SLUICE_STORE_HASH_BYTES) == 0 ? 0 : -EBADMSG;
}

int sl_store_read(const struct sl_store *store, const struct sl_store_object *object,
		  sl_store_take *take, void *arg)
{
	struct reading reading = {
		.store = store,
		.sums = sl_alloc(sums_max(object), sizeof(*reading.sums)),
		.hash = XXH3_createState(),
	};
	int error = init_chunk(&reading.chunk, object);

	if (!reading.sums || !reading.hash || error < 0) {
		error = -ENOMEM;
		goto fini;
	}
	XXH3_128bits_reset(reading.hash);
	for (uint32_t i = 0; i < object->extent_cnt && error == 0; i++) {
		reading.extent = &object->extents[i];
		error = read_extent(&reading, take, arg);
	}
	if (error == 0)
		error = compare_hash(&reading, object);
fini:
	sl_pages_fini(&reading.chunk);
	XXH3_freeState(reading.hash);
	sl_free(reading.sums);
	return error;
}

int sl_store_read_nowhere(void *arg, const void *data, uint32_t len_bytes)
{
	(void)arg;
	(void)data;
	(void)len_bytes;
	return 0;
}

/* ---- every place ------------------------------------------------------------------------------
 */

struct verifying {
	const struct sl_store *store;
	const struct sluice_store_extent *extent;
	const struct sluice_store_place *place;
	uint64_t *sums;
	bool know_sums; /* somewhere they are right */
	struct sl_pages chunk;
	struct sl_store_damage damage; /* the run that grows; len_bytes 0: none */
	sl_store_report *report;
	void *arg;
	bool reported;
};

static void end_run(struct verifying *verifying)
{
	if (verifying->damage.len_bytes == 0)
		return;
	verifying->report(verifying->arg, &verifying->damage, 0);
	verifying->reported = true;
	verifying->damage.len_bytes = 0;
}

/* off_bytes from the place on. */
static void add_damage(struct verifying *verifying, uint64_t off_bytes, uint64_t len_bytes,
		       int error)
{
	struct sl_store_damage *damage = &verifying->damage;
	struct sl_volume *volume = verifying->store->volumes[verifying->place->device_idx];

	off_bytes += verifying->place->off_bytes;
	if (damage->len_bytes > 0 && damage->error == error &&
	    damage->off_bytes + damage->len_bytes == off_bytes) {
		damage->len_bytes += len_bytes;
		return;
	}
	end_run(verifying);
	damage->path = volume ? sl_volume_path(volume) : NULL;
	damage->device_idx = verifying->place->device_idx;
	damage->off_bytes = off_bytes;
	damage->len_bytes = len_bytes;
	damage->error = error;
}

static void verify_block(struct verifying *verifying, uint64_t off_bytes, const uint8_t *block,
			 int error)
{
	uint32_t len_bytes = chunk_bytes(verifying->extent, off_bytes, BLOCK_BYTES);

	if (error == 0 && verifying->know_sums &&
	    !is_right(block, len_bytes, verifying->sums[off_bytes / BLOCK_BYTES]))
		error = -EBADMSG;
	if (error < 0)
		add_damage(verifying, off_bytes, len_bytes, error);
}

static void verify_chunk(struct verifying *verifying, uint64_t off_bytes, uint32_t len_bytes)
{
	int error = read_place(verifying->store, verifying->place, off_bytes, verifying->chunk.at,
			       len_bytes);

	for (uint32_t at_bytes = 0; at_bytes < len_bytes; at_bytes += BLOCK_BYTES) {
		uint8_t *block = verifying->chunk.at + at_bytes;
		int block_error = error;

		if (error < 0) /* which of them? */
			block_error =
			    read_place(verifying->store, verifying->place, off_bytes + at_bytes,
				       block, min_bytes(len_bytes - at_bytes, BLOCK_BYTES));
		verify_block(verifying, off_bytes + at_bytes, block, block_error);
	}
}

static int verify_sums(struct verifying *verifying)
{
	const struct sluice_store_extent *extent = verifying->extent;
	uint64_t sums_bytes = sl_store_sum_cnt(extent) * sizeof(uint64_t);
	struct sl_pages pages;
	int error;

	if (sl_pages_init(&pages, sums_bytes) < 0)
		return -ENOMEM;
	error = read_place(verifying->store, verifying->place, sl_store_sums_off_bytes(extent),
			   pages.at, (uint32_t)sums_bytes);
	if (error == 0 && XXH3_64bits(pages.at, sums_bytes) != extent->sums_checksum)
		error = -EBADMSG;
	if (error < 0)
		add_damage(verifying, sl_store_sums_off_bytes(extent), pages.len_bytes, error);
	sl_pages_fini(&pages);
	return 0;
}

static int verify_place(struct verifying *verifying)
{
	const struct sluice_store_extent *extent = verifying->extent;
	int error;

	if (!verifying->store->volumes[verifying->place->device_idx]) {
		add_damage(verifying, 0, sl_store_extent_bytes(extent), -ENODEV);
		end_run(verifying);
		return 0;
	}
	for (uint64_t off_bytes = 0; off_bytes < extent->data_bytes; off_bytes += CHUNK_BYTES) {
		uint32_t len_bytes = chunk_bytes(extent, off_bytes, CHUNK_BYTES);

		verify_chunk(verifying, off_bytes, len_bytes);
		verifying->report(verifying->arg, NULL, len_bytes);
	}
	error = verify_sums(verifying);
	end_run(verifying);
	return error;
}

static int verify_extent(struct verifying *verifying)
{
	int error = sl_store_sums(verifying->store, verifying->extent, verifying->sums);

	verifying->know_sums = error == 0;
	if (error == -ENOMEM)
		return error;
	for (uint32_t i = 0; i < verifying->store->replica_cnt; i++) {
		verifying->place = &verifying->extent->places[i];
		error = verify_place(verifying);
		if (error < 0)
			return error;
	}
	return 0;
}

int sl_store_verify(const struct sl_store *store, const struct sl_store_object *object,
		    sl_store_report *report, void *arg)
{
	struct verifying verifying = {
		.store = store,
		.sums = sl_alloc(sums_max(object), sizeof(*verifying.sums)),
		.damage = { .object = object },
		.report = report,
		.arg = arg,
	};
	int error = init_chunk(&verifying.chunk, object);

	if (!verifying.sums || error < 0)
		error = -ENOMEM;
	for (uint32_t i = 0; i < object->extent_cnt && error == 0; i++) {
		verifying.extent = &object->extents[i];
		error = verify_extent(&verifying);
	}
	sl_pages_fini(&verifying.chunk);
	sl_free(verifying.sums);
	return error < 0 ? error : verifying.reported ? -EBADMSG : 0;
}
