/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/change.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/log.h"
#include "store/record.h"
#include "store/space.h"
#include "store/state.h"

enum { BLOCK_BYTES = SLUICE_STORE_BLOCK_BYTES };

/* Written at once: long enough for a drive's full rate. */
enum { CHUNK_BYTES = 64 * BLOCK_BYTES };

/* Records grow by doubling from here. */
enum { PAYLOAD_FIRST_BYTES = 64 * 1024 };

struct sl_change {
	struct sl_store *store;
	struct sl_space space;
	bool with_dead; /* space that was given up is not used */
	uint8_t *payload;
	uint64_t payload_bytes, payload_max_bytes;
	struct sl_pages chunk, sums;
	XXH3_state_t *hash;
};

int sl_change_begin(struct sl_change **change_out, struct sl_store *store)
{
	struct sl_change *change = sl_alloc(1, sizeof(*change));
	int error;

	BUG_ON(store->mode != SL_STORE_WRITE);
	if (!change)
		return -ENOMEM;
	change->store = store;
	change->hash = XXH3_createState();
	error = change->hash ? 0 : -ENOMEM;
	if (error == 0)
		error = sl_pages_init(&change->chunk, CHUNK_BYTES);
	if (error == 0)
		error = sl_pages_init(&change->sums, SLUICE_STORE_EXTENT_MAX_BYTES / BLOCK_BYTES *
							 sizeof(uint64_t));
	/* The lock is held for a moment only: who opens the store later sees no dead object. */
	if (error == 0)
		error = sl_store_lock_places(store, SL_VOLUME_EXCLUSIVE, false);
	change->with_dead = error == -EAGAIN;
	if (error == 0 || error == -EAGAIN)
		error = sl_space_init(&change->space, store, change->with_dead);
	sl_store_lock_places(store, SL_VOLUME_UNLOCKED, false);
	if (error < 0) {
		sl_change_end(change);
		return error;
	}
	*change_out = change;
	return 0;
}

void sl_change_end(struct sl_change *change)
{
	if (!change)
		return;
	XXH3_freeState(change->hash);
	sl_pages_fini(&change->sums);
	sl_pages_fini(&change->chunk);
	sl_space_fini(&change->space);
	sl_free(change->payload);
	sl_free(change);
}

/* ---- records ----------------------------------------------------------------------------------
 */

/* Room for more at the end of the payload. */
static int reserve(struct sl_change *change, uint64_t more_bytes)
{
	uint64_t max_bytes = change->payload_max_bytes;
	uint8_t *payload;

	if (max_bytes == 0)
		max_bytes = PAYLOAD_FIRST_BYTES;
	while (max_bytes - change->payload_bytes < more_bytes)
		max_bytes *= 2;
	if (max_bytes == change->payload_max_bytes)
		return 0;
	payload = sl_alloc(1, max_bytes);
	if (!payload)
		return -ENOMEM;
	if (change->payload)
		memcpy(payload, change->payload, change->payload_bytes);
	sl_free(change->payload);
	change->payload = payload;
	change->payload_max_bytes = max_bytes;
	return 0;
}

/* Makes a record of what lies behind payload_bytes already: its extents. It becomes part of the
 * payload when payload_bytes moves past it. */
static int add_record(struct sl_change *change, const struct sluice_store_record *head,
		      const char *name)
{
	struct sluice_store_record *record;
	uint32_t name_bytes = (uint32_t)strlen(name);
	uint32_t record_bytes = sl_store_record_bytes(name_bytes, head->extent_cnt);
	uint64_t extents_end_bytes =
	    sizeof(*head) + head->extent_cnt * sizeof(struct sluice_store_extent);

	if (reserve(change, record_bytes) < 0)
		return -ENOMEM;
	record = (void *)(change->payload + change->payload_bytes);
	*record = *head;
	record->record_bytes = record_bytes;
	record->name_bytes = (uint16_t)name_bytes;
	memset((uint8_t *)record + extents_end_bytes, 0, record_bytes - extents_end_bytes);
	memcpy((uint8_t *)record + extents_end_bytes, name, name_bytes);
	change->payload_bytes += record_bytes;
	return 0;
}

int sl_change_remove(struct sl_change *change, const char *name)
{
	const struct sluice_store_record head = { .kind = SLUICE_STORE_REMOVE };

	if (!sl_store_find(change->store, name))
		return -ENOENT;
	return add_record(change, &head, name);
}

/* ---- data -------------------------------------------------------------------------------------
 */

static struct sluice_store_extent *extent_at(const struct sl_change *change, uint32_t idx)
{
	return (struct sluice_store_extent *)(change->payload + change->payload_bytes +
					      sizeof(struct sluice_store_record)) +
	       idx;
}

/* Takes space for all of it, behind the payload. Returns how many extents that are, or -ENOSPC,
 * -ENOMEM. */
static int plan(struct sl_change *change, uint64_t size_bytes)
{
	int cnt = 0;

	while (size_bytes > 0) {
		int error =
		    reserve(change, sizeof(struct sluice_store_record) +
					((uint64_t)cnt + 1) * sizeof(struct sluice_store_extent));

		if (error < 0)
			return error;
		error = sl_space_take(&change->space, size_bytes,
				      cnt > 0 ? extent_at(change, (uint32_t)cnt - 1) : NULL,
				      extent_at(change, (uint32_t)cnt));
		if (error < 0)
			return error;
		size_bytes -= extent_at(change, (uint32_t)cnt)->data_bytes;
		cnt++;
	}
	return cnt;
}

static int read_source(int fd, uint64_t off_bytes, uint8_t *memory, uint64_t len_bytes)
{
	while (len_bytes > 0) {
		ssize_t done_bytes = pread(fd, memory, len_bytes, (off_t)off_bytes);

		if (done_bytes < 0 && errno == EINTR)
			continue;
		if (done_bytes < 0)
			return -errno;
		if (done_bytes == 0)
			return -ENODATA;
		memory += done_bytes;
		off_bytes += (uint64_t)done_bytes;
		len_bytes -= (uint64_t)done_bytes;
	}
	return 0;
}

/* off_bytes from the places on. */
static int write_places(const struct sl_change *change, const struct sluice_store_extent *extent,
			uint64_t off_bytes, const uint8_t *memory, uint64_t len_bytes)
{
	for (uint32_t i = 0; i < change->store->replica_cnt; i++) {
		const struct sluice_store_place *place = &extent->places[i];
		struct sl_volume *volume = change->store->volumes[place->device_idx];
		int error = sl_volume_write(volume, place->off_bytes + off_bytes, memory,
					    sl_round_up(len_bytes, SLUICE_STORE_PAGE_BYTES));

		if (error < 0) {
			sl_error("%s cannot be written: %s", sl_volume_path(volume),
				 strerror(-error));
			return error;
		}
	}
	return 0;
}

static void sum_blocks(const struct sl_change *change, uint64_t off_bytes, uint64_t len_bytes)
{
	uint64_t *sums = (uint64_t *)change->sums.at + off_bytes / BLOCK_BYTES;

	for (uint64_t at_bytes = 0; at_bytes < len_bytes; at_bytes += BLOCK_BYTES) {
		uint64_t left_bytes = len_bytes - at_bytes;

		*sums++ = sl_store_block_sum(change->chunk.at + at_bytes, left_bytes < BLOCK_BYTES
									      ? (uint32_t)left_bytes
									      : BLOCK_BYTES);
	}
}

static int write_sums(struct sl_change *change, struct sluice_store_extent *extent)
{
	uint64_t sums_bytes = sl_store_sum_cnt(extent) * sizeof(uint64_t);
	uint64_t page_end_bytes = sl_round_up(sums_bytes, SLUICE_STORE_PAGE_BYTES);

	memset(change->sums.at + sums_bytes, 0, page_end_bytes - sums_bytes);
	extent->sums_checksum = XXH3_64bits(change->sums.at, sums_bytes);
	return write_places(change, extent, sl_store_sums_off_bytes(extent), change->sums.at,
			    sums_bytes);
}

struct source {
	const char *name;
	int fd;
	uint64_t off_bytes; /* of the next byte */
	sl_change_progress *progress;
	void *arg;
};

static int write_extent(struct sl_change *change, struct sluice_store_extent *extent,
			struct source *source)
{
	for (uint64_t off_bytes = 0; off_bytes < extent->data_bytes; off_bytes += CHUNK_BYTES) {
		uint64_t len_bytes = extent->data_bytes - off_bytes;
		int error;

		if (len_bytes > CHUNK_BYTES)
			len_bytes = CHUNK_BYTES;
		error = read_source(source->fd, source->off_bytes, change->chunk.at, len_bytes);
		if (error < 0) {
			sl_error("%s cannot be read: %s", source->name,
				 error == -ENODATA ? "it has become shorter" : strerror(-error));
			return error;
		}
		XXH3_128bits_update(change->hash, change->chunk.at, len_bytes);
		sum_blocks(change, off_bytes, len_bytes);
		memset(change->chunk.at + len_bytes, 0,
		       sl_round_up(len_bytes, SLUICE_STORE_PAGE_BYTES) - len_bytes);
		error = write_places(change, extent, off_bytes, change->chunk.at, len_bytes);
		if (error < 0)
			return error;
		source->off_bytes += len_bytes;
		if (source->progress)
			source->progress(source->arg, len_bytes);
	}
	return write_sums(change, extent);
}

static int complain_full(const struct sl_change *change, const char *name, uint64_t size_bytes)
{
	sl_error("%s: no room for %llu bytes%s", name, (unsigned long long)size_bytes,
		 change->with_dead
		     ? "; what removed objects had is free when nobody else has the store open"
		     : "");
	return -ENOSPC;
}

int sl_change_put(struct sl_change *change, const char *name, int fd, uint64_t size_bytes,
		  int64_t mtime_ns, bool replace, sl_change_progress *progress, void *arg)
{
	struct sluice_store_record head = {
		.kind = SLUICE_STORE_PUT,
		.size_bytes = size_bytes,
		.mtime_ns = mtime_ns,
	};
	struct source source = { .name = name, .fd = fd, .progress = progress, .arg = arg };
	XXH128_canonical_t hash;
	int cnt;

	if (!sl_store_record_is_name(name, strlen(name))) {
		sl_error("'%s' cannot be the name of an object: at most %u bytes, without empty "
			 "parts, . and ..",
			 name, SLUICE_STORE_NAME_MAX_BYTES);
		return -EINVAL;
	}
	if (!replace && sl_store_find(change->store, name)) {
		sl_error("%s is there already: --replace puts another one in its place", name);
		return -EEXIST;
	}
	cnt = plan(change, size_bytes);
	if (cnt == -ENOSPC)
		return complain_full(change, name, size_bytes);
	if (cnt < 0)
		return cnt;
	head.extent_cnt = (uint32_t)cnt;
	XXH3_128bits_reset(change->hash);
	for (uint32_t i = 0; i < head.extent_cnt; i++) {
		int error = write_extent(change, extent_at(change, i), &source);

		if (error < 0)
			return error;
	}
	XXH128_canonicalFromHash(&hash, XXH3_128bits_digest(change->hash));
	memcpy(head.hash, &hash, sizeof(head.hash));
	return add_record(change, &head, name);
}

/* ---- the commit -------------------------------------------------------------------------------
 */

/* Which of the store's objects the change has a word on. NULL: no memory. */
static bool *mark_changed(const struct sl_change *change)
{
	const struct sl_store *store = change->store;
	const uint8_t *at = change->payload, *end = at + change->payload_bytes;
	bool *changed = sl_alloc(store->object_cnt, sizeof(*changed));

	while (changed && at < end) {
		const struct sluice_store_record *record = (const void *)at;
		const struct sl_store_object *object =
		    sl_store_find(store, sl_store_record_name(record));

		if (object)
			changed[object - store->objects] = true;
		at += record->record_bytes;
	}
	return changed;
}

/* All that there is, as one payload: objects as they are, then the change. Those that it takes away
 * are left out, or a full catalogue could not even be made emptier. */
static int rewrite(struct sl_change *change)
{
	struct sl_store *store = change->store;
	uint64_t all_bytes = change->payload_bytes, at_bytes = 0;
	bool *changed = mark_changed(change);
	uint8_t *all;
	int error;

	for (uint32_t i = 0; i < store->object_cnt; i++)
		all_bytes += sl_store_record_of(&store->objects[i])->record_bytes;
	all = sl_alloc(1, all_bytes);
	if (!changed || !all) {
		sl_free(all);
		sl_free(changed);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < store->object_cnt; i++) {
		const struct sluice_store_record *record = sl_store_record_of(&store->objects[i]);

		if (changed[i])
			continue;
		memcpy(all + at_bytes, record, record->record_bytes);
		at_bytes += record->record_bytes;
	}
	memcpy(all + at_bytes, change->payload, change->payload_bytes);
	error = sl_catalogue_write(&store->catalogue, all, at_bytes + change->payload_bytes, true);
	sl_free(all);
	sl_free(changed);
	return error;
}

/* The catalogue is full: what it says of objects that are no more is left out. Somebody who reads
 * one of them is protected by just that. */
static int rewrite_alone(struct sl_change *change)
{
	int error = sl_store_lock_places(change->store, SL_VOLUME_EXCLUSIVE, false);

	if (error == -EAGAIN) {
		sl_error("the catalogue must be written anew, which cannot be while a server or "
			 "somebody else has the store open");
		return -EBUSY;
	}
	if (error == 0)
		error = rewrite(change);
	sl_store_lock_places(change->store, SL_VOLUME_UNLOCKED, false);
	if (error == -EFBIG)
		sl_error("the catalogue is full with %u objects: format with a larger --catalogue",
			 change->store->object_cnt);
	return error;
}

static int flush_data(struct sl_change *change)
{
	for (uint32_t idx = 0; idx < change->store->device_cnt; idx++) {
		struct sl_volume *volume = change->store->volumes[idx];
		int error = sl_volume_flush(volume);

		if (error < 0) {
			sl_error("%s cannot be flushed: %s", sl_volume_path(volume),
				 strerror(-error));
			return error;
		}
	}
	return 0;
}

int sl_change_commit(struct sl_change *change)
{
	int error;

	if (change->payload_bytes == 0)
		return 0;
	error = flush_data(change);
	if (error < 0)
		return error;
	error = sl_catalogue_write(&change->store->catalogue, change->payload,
				   change->payload_bytes, false);
	if (error == -EFBIG)
		error = rewrite_alone(change);
	if (error < 0 && error != -EFBIG && error != -EBUSY && error != -ENOMEM)
		sl_error("it is not known whether the change counts: sluice store ls tells");
	if (error < 0)
		return error;
	change->payload_bytes = 0;
	return sl_objects_make(change->store);
}
