/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "store/foreign.h"
#include "store/read.h"
#include "store/state.h"

/* ---- members ----------------------------------------------------------------------------------
 */

static int complain_open(const char *path, int error)
{
	switch (error) {
	case -ENOTBLK:
		sl_error("%s is neither a block device nor a regular file", path);
		break;
	case -EMEDIUMTYPE:
		sl_error("%s has blocks longer than %u bytes", path, SLUICE_STORE_PAGE_BYTES);
		break;
	default:
		sl_error("%s cannot be opened: %s", path, strerror(-error));
		break;
	}
	return error;
}

static int complain_super(const struct sl_volume *volume, const struct sluice_store_super *super,
			  int error)
{
	const char *path = sl_volume_path(volume);

	switch (error) {
	case -ENOENT:
		sl_error("%s has no store on it, or what says so is damaged twice: sluice store "
			 "format makes one",
			 path);
		return -EINVAL;
	case -EPROTO:
		sl_error("%s has a store of format %u, and this program knows %u", path,
			 super->version, SLUICE_STORE_VERSION);
		return -EINVAL;
	case -ENOSPC:
		sl_error("%s has %llu bytes, and had %llu when it became part of a store", path,
			 (unsigned long long)sl_volume_bytes(volume),
			 (unsigned long long)super->device_bytes);
		return -EINVAL;
	default:
		sl_error("%s cannot be read: %s", path, strerror(-error));
		return error;
	}
}

/* The superblock of another member, or of none so far, says what this one must say. */
static int fits(const struct sl_store *store, const struct sl_volume *volume,
		const struct sluice_store_super *super)
{
	const struct sluice_store_super *other = NULL;
	const char *path = sl_volume_path(volume);

	for (uint32_t idx = 0; idx < SLUICE_STORE_DEVICES_MAX; idx++) {
		if (store->volumes[idx])
			other = &store->supers[idx];
	}
	if (!other)
		return 0;
	if (memcmp(super->store_id, other->store_id, sizeof(super->store_id)) != 0 ||
	    super->seed != other->seed || super->device_cnt != other->device_cnt ||
	    super->replica_cnt != other->replica_cnt ||
	    super->catalogue_bytes != other->catalogue_bytes) {
		sl_error("%s belongs to another store than the device before it", path);
		return -EINVAL;
	}
	if (store->volumes[super->device_idx]) {
		sl_error("%s and %s are the same member of the store", path,
			 sl_volume_path(store->volumes[super->device_idx]));
		return -EINVAL;
	}
	return 0;
}

/* The first copy is where others write what they make of a device; the second may well outlive
 * that, and the data does not. */
static int refuse_overwritten(const char *path, uint32_t good)
{
	char what[SL_FOREIGN_BYTES];

	if (good & 1 || sl_foreign_find(path, what) != 1)
		return 0;
	sl_error("%s has something else on it than the store that it once had: %s", path, what);
	return -EINVAL;
}

static int add_member(struct sl_store *store, const char *path)
{
	bool write = store->mode == SL_STORE_WRITE;
	struct sluice_store_super super;
	struct sl_volume *volume;
	uint32_t good = 0;
	int error = sl_volume_open(&volume, path, write ? SL_VOLUME_WRITE : SL_VOLUME_READ);

	if (error < 0)
		return complain_open(path, error);
	error = sl_super_read(volume, &super, &good);
	error = error < 0 ? complain_super(volume, &super, error) : fits(store, volume, &super);
	if (error == 0)
		error = refuse_overwritten(path, good);
	if (error < 0) {
		sl_volume_close(volume);
		return error;
	}
	for (uint32_t copy_idx = 0; copy_idx < SLUICE_STORE_COPIES; copy_idx++) {
		if (good & 1u << copy_idx)
			continue;
		sl_warning("%s: copy %u of the superblock is damaged", path, copy_idx);
		store->damaged_cnt++;
	}
	store->good_supers[super.device_idx] = good;
	store->supers[super.device_idx] = super;
	store->volumes[super.device_idx] = volume;
	store->device_cnt = super.device_cnt;
	store->replica_cnt = super.replica_cnt;
	return 0;
}

static int open_members(struct sl_store *store, const char *const *paths, uint32_t path_cnt)
{
	for (uint32_t i = 0; i < path_cnt; i++) {
		int error = add_member(store, paths[i]);

		if (error < 0)
			return error;
	}
	for (uint32_t idx = 0; idx < store->device_cnt; idx++) {
		if (store->volumes[idx])
			continue;
		if (store->mode == SL_STORE_WRITE) {
			sl_error("device %u of %u of the store is missing, and nothing can be "
				 "changed without it",
				 idx + 1, store->device_cnt);
			return -ENODEV;
		}
		sl_warning("device %u of %u of the store is missing", idx + 1, store->device_cnt);
	}
	return 0;
}

/* ---- locks ------------------------------------------------------------------------------------
 */

static int lock_all(struct sl_store *store, enum sl_volume_lock lock, enum sl_volume_hold hold,
		    bool wait)
{
	for (uint32_t idx = 0; idx < store->device_cnt; idx++) {
		int error;

		if (!store->volumes[idx])
			continue;
		error = sl_volume_lock(store->volumes[idx], lock, hold, wait);
		if (error < 0)
			return error;
	}
	return 0;
}

int sl_store_lock_places(struct sl_store *store, enum sl_volume_hold hold, bool wait)
{
	int error = lock_all(store, SL_VOLUME_PLACES, hold, wait);

	if (error < 0)
		lock_all(store, SL_VOLUME_PLACES, SL_VOLUME_UNLOCKED, false);
	return error;
}

static int lock(struct sl_store *store)
{
	int error;

	if (store->mode == SL_STORE_READ) {
		/* Whoever has it exclusively has it for a moment. */
		error = sl_store_lock_places(store, SL_VOLUME_SHARED, true);
	} else {
		error = lock_all(store, SL_VOLUME_WRITER, SL_VOLUME_EXCLUSIVE, false);
		if (error == -EAGAIN) {
			sl_error("another process is changing the store");
			return -EBUSY;
		}
	}
	if (error < 0)
		sl_error("the store cannot be locked: %s", strerror(-error));
	return error;
}

/* ---- the catalogue ----------------------------------------------------------------------------
 */

/* Of the catalogue: how many copies are not like the others. */
static uint32_t count_damaged(const struct sl_store *store)
{
	uint32_t good = UINT32_MAX, cnt = 0;

	for (const struct sl_batch *batch = store->catalogue.first; batch; batch = batch->next)
		good &= batch->good;
	for (uint32_t idx = 0; idx < store->device_cnt; idx++) {
		for (uint32_t copy_idx = 0; copy_idx < SLUICE_STORE_COPIES; copy_idx++) {
			if (!store->volumes[idx] ||
			    good & 1u << (idx * SLUICE_STORE_COPIES + copy_idx))
				continue;
			sl_warning("%s: copy %u of the catalogue is not whole, others are used",
				   sl_volume_path(store->volumes[idx]), copy_idx);
			cnt++;
		}
	}
	return cnt;
}

static int load(struct sl_store *store)
{
	struct sl_catalogue *catalogue = &store->catalogue;
	int error;

	catalogue->device_cnt = store->device_cnt;
	catalogue->replica_cnt = store->replica_cnt;
	for (uint32_t idx = 0; idx < store->device_cnt; idx++) {
		if (!store->volumes[idx])
			continue;
		catalogue->volumes[idx] = store->volumes[idx];
		catalogue->supers[idx] = &store->supers[idx];
		catalogue->seed = store->supers[idx].seed;
		catalogue->catalogue_bytes = store->supers[idx].catalogue_bytes;
	}
	error = sl_catalogue_load(catalogue);
	if (error == -EBADMSG)
		sl_error("no copy of the catalogue has anything in it that verifies: all objects "
			 "are lost");
	if (error == 0)
		error = sl_objects_make(store);
	if (error == 0)
		store->damaged_cnt += count_damaged(store);
	return error;
}

static int face_hole(struct sl_store *store)
{
	const struct sl_catalogue *catalogue = &store->catalogue;

	sl_warning(
	    "the catalogue has a hole: at least %u changes before number %llu are damaged in "
	    "every copy, and what they added is lost",
	    catalogue->lost_cnt, (unsigned long long)catalogue->after_hole_seq);
	if (store->mode == SL_STORE_WRITE) {
		sl_error("such a store can only be read: export what is left, then format it");
		return -EBADMSG;
	}
	sl_warning("what was there before is read now and kept if it verifies; objects that the "
		   "lost changes removed may be back");
	return sl_objects_sift(store);
}

/* What is damaged in one copy and not in all is put right. */
static int repair(struct sl_store *store)
{
	for (uint32_t idx = 0; idx < store->device_cnt; idx++) {
		for (uint32_t copy_idx = 0; copy_idx < SLUICE_STORE_COPIES; copy_idx++) {
			int error;

			if (store->good_supers[idx] & 1u << copy_idx)
				continue;
			error = sl_super_write(store->volumes[idx], &store->supers[idx], copy_idx);
			if (error < 0) {
				sl_error("%s cannot be written: %s",
					 sl_volume_path(store->volumes[idx]), strerror(-error));
				return error;
			}
		}
	}
	return sl_catalogue_repair(&store->catalogue);
}

int sl_store_open(struct sl_store **store_out, const char *const *paths, uint32_t path_cnt,
		  enum sl_store_mode mode)
{
	struct sl_store *store = sl_alloc(1, sizeof(*store));
	int error;

	if (!store)
		return -ENOMEM;
	store->mode = mode;
	error = path_cnt == 0 ? -EINVAL : open_members(store, paths, path_cnt);
	if (error == 0)
		error = lock(store);
	if (error == 0)
		error = load(store);
	if (error == 0 && store->catalogue.after_hole_seq != 0)
		error = face_hole(store);
	if (error == 0 && mode == SL_STORE_WRITE)
		error = repair(store);
	if (error == -ENOMEM)
		sl_error("not enough memory for the store's catalogue");
	if (error < 0) {
		sl_store_close(store);
		return error;
	}
	*store_out = store;
	return 0;
}

void sl_store_close(struct sl_store *store)
{
	if (!store)
		return;
	sl_objects_fini(store);
	sl_catalogue_fini(&store->catalogue);
	for (uint32_t idx = 0; idx < SLUICE_STORE_DEVICES_MAX; idx++)
		sl_volume_close(store->volumes[idx]);
	sl_free(store);
}

uint32_t sl_store_damaged_copies(const struct sl_store *store)
{
	return store->damaged_cnt;
}

/* ---- for others -------------------------------------------------------------------------------
 */

uint32_t sl_store_device_cnt(const struct sl_store *store)
{
	return store->device_cnt;
}

uint32_t sl_store_replica_cnt(const struct sl_store *store)
{
	return store->replica_cnt;
}

static uint64_t used_bytes(const struct sl_store *store, uint32_t device_idx)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < store->object_cnt; i++) {
		const struct sl_store_object *object = &store->objects[i];

		for (uint32_t extent_idx = 0; extent_idx < object->extent_cnt; extent_idx++) {
			const struct sluice_store_extent *extent = &object->extents[extent_idx];

			for (uint32_t k = 0; k < store->replica_cnt; k++) {
				if (extent->places[k].device_idx == device_idx)
					bytes += sl_store_extent_bytes(extent);
			}
		}
	}
	return bytes;
}

void sl_store_member(const struct sl_store *store, uint32_t device_idx,
		     struct sl_store_member *member)
{
	const struct sl_volume *volume = store->volumes[device_idx];

	*member = (struct sl_store_member){ .fd = -1 };
	if (!volume)
		return;
	member->path = sl_volume_path(volume);
	member->fd = sl_volume_fd(volume);
	member->align_bytes = store->supers[device_idx].align_bytes;
	member->data_bytes = store->supers[device_idx].data_bytes;
	member->used_bytes = used_bytes(store, device_idx);
}
