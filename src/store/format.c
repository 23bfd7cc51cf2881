/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/format.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "store/catalogue.h"
#include "store/foreign.h"

/* The catalogue by default: a 256th of the smallest device, and as many objects as most stores will
 * ever have. Opening a store reads it whole. */
enum {
	CATALOGUE_SHARE = 256,
	CATALOGUE_MIN_BYTES = 64 * 1024,
	CATALOGUE_MAX_BYTES = 64 * 1024 * 1024,
};

static int refuse_foreign(const char *path)
{
	char what[SL_FOREIGN_BYTES];
	int error = sl_foreign_find(path, what);

	if (error < 0) {
		sl_error("%s cannot be looked at: %s", path, strerror(-error));
		return error;
	}
	if (error == 0)
		return 0;
	sl_error("%s has something on it: %s. --force makes a store of it, and all that is there "
		 "is lost",
		 path, what);
	return -EEXIST;
}

int sl_format_refuse(const char *path)
{
	struct sluice_store_super super;
	struct sl_volume *volume;
	uint32_t good;
	int error = sl_volume_open(&volume, path, SL_VOLUME_READ);

	if (error < 0)
		return 0; /* sl_format_make will say why */
	error = sl_super_read(volume, &super, &good);
	sl_volume_close(volume);
	if (error != 0 && error != -EPROTO && error != -ENOSPC)
		return refuse_foreign(path);
	sl_error("%s has a store on it: --force makes a new one, and all that is in the old one is "
		 "lost",
		 path);
	return -EEXIST;
}

/* ---- making one -------------------------------------------------------------------------------
 */

struct making {
	const struct sl_format *format;
	struct sl_volume *volumes[SLUICE_STORE_DEVICES_MAX];
	struct sluice_store_super supers[SLUICE_STORE_DEVICES_MAX];
};

static int complain(const char *path, const char *what, int error)
{
	sl_error("%s cannot be %s: %s", path, what,
		 error == -EBUSY         ? "it is in use"
		 : error == -ENOTBLK     ? "it is neither a block device nor a regular file"
		 : error == -EMEDIUMTYPE ? "its blocks are longer than 4096 bytes"
					 : strerror(-error));
	return error;
}

static int open_volume(struct making *making, uint32_t idx)
{
	const char *path = making->format->paths[idx];
	int error = sl_volume_open(&making->volumes[idx], path, SL_VOLUME_FORMAT);

	if (error == 0)
		error = sl_volume_lock(making->volumes[idx], SL_VOLUME_WRITER, SL_VOLUME_EXCLUSIVE,
				       false);
	if (error == 0)
		error = sl_volume_lock(making->volumes[idx], SL_VOLUME_PLACES, SL_VOLUME_EXCLUSIVE,
				       false);
	if (error == -EAGAIN)
		error = -EBUSY;
	return error < 0 ? complain(path, "opened", error) : 0;
}

static uint64_t catalogue_bytes(const struct making *making)
{
	uint64_t bytes = making->format->catalogue_bytes;

	if (bytes == 0) {
		bytes = CATALOGUE_MAX_BYTES;
		for (uint32_t idx = 0; idx < making->format->path_cnt; idx++) {
			uint64_t share_bytes =
			    sl_volume_bytes(making->volumes[idx]) / CATALOGUE_SHARE;

			if (share_bytes < bytes)
				bytes = share_bytes;
		}
		if (bytes < CATALOGUE_MIN_BYTES)
			bytes = CATALOGUE_MIN_BYTES;
	}
	return sl_round_up(bytes, SLUICE_STORE_PAGE_BYTES);
}

static int plan(struct making *making)
{
	struct sluice_store_super all = {
		.created_s = sl_clock_wall_s(),
		.device_cnt = making->format->path_cnt,
		.replica_cnt = making->format->replica_cnt,
		.catalogue_bytes = catalogue_bytes(making),
	};

	sl_random_fill(all.store_id, sizeof(all.store_id));
	sl_random_fill(&all.seed, sizeof(all.seed));
	for (uint32_t idx = 0; idx < all.device_cnt; idx++) {
		struct sluice_store_super *super = &making->supers[idx];

		*super = all;
		super->device_idx = idx;
		super->device_bytes = sl_volume_bytes(making->volumes[idx]);
		super->align_bytes = sl_volume_align_bytes(making->volumes[idx]);
		if (!sl_super_plan(super)) {
			sl_error("%s is too small: %llu bytes, of which the catalogue wants two "
				 "times %llu",
				 making->format->paths[idx],
				 (unsigned long long)super->device_bytes,
				 (unsigned long long)super->catalogue_bytes);
			return -ENOSPC;
		}
		sl_super_seal(super);
	}
	return 0;
}

/* What was there, ours or others', is no more. */
static int erase(struct making *making, uint32_t idx)
{
	struct sl_volume *volume = making->volumes[idx];
	uint64_t last_off_bytes = sl_volume_bytes(volume) - SLUICE_STORE_PAGE_BYTES;
	struct sl_pages zeros;
	int error = sl_foreign_wipe(sl_volume_path(volume));

	if (error < 0)
		return error;
	if (sl_pages_init(&zeros, SLUICE_STORE_PAGE_BYTES) < 0)
		return -ENOMEM;
	error = sl_volume_write(volume, 0, zeros.at, zeros.len_bytes);
	if (error == 0)
		error = sl_volume_write(volume, last_off_bytes, zeros.at, zeros.len_bytes);
	if (error == 0)
		error = sl_volume_flush(volume);
	sl_pages_fini(&zeros);
	return error;
}

/* An old catalogue's batches have another seed, so they need not be erased. */
static int write_catalogue(struct making *making)
{
	struct sl_catalogue catalogue = {
		.device_cnt = making->format->path_cnt,
		.replica_cnt = making->format->replica_cnt,
		.seed = making->supers[0].seed,
		.catalogue_bytes = making->supers[0].catalogue_bytes,
		.next_seq = 1,
	};
	int error;

	for (uint32_t idx = 0; idx < catalogue.device_cnt; idx++) {
		catalogue.volumes[idx] = making->volumes[idx];
		catalogue.supers[idx] = &making->supers[idx];
	}
	error = sl_catalogue_write(&catalogue, "", 0, true);
	sl_catalogue_fini(&catalogue);
	return error;
}

static int write_supers(struct making *making)
{
	for (uint32_t idx = 0; idx < making->format->path_cnt; idx++) {
		struct sl_volume *volume = making->volumes[idx];
		int error = 0;

		for (uint32_t copy_idx = 0; copy_idx < SLUICE_STORE_COPIES && error == 0;
		     copy_idx++)
			error = sl_super_write(volume, &making->supers[idx], copy_idx);
		if (error == 0)
			error = sl_volume_flush(volume);
		if (error < 0)
			return complain(sl_volume_path(volume), "written", error);
	}
	return 0;
}

int sl_format_make(const struct sl_format *format)
{
	struct making making = { .format = format };
	int error = 0;

	for (uint32_t idx = 0; idx < format->path_cnt && error == 0; idx++)
		error = open_volume(&making, idx);
	if (error == 0)
		error = plan(&making);
	for (uint32_t idx = 0; idx < format->path_cnt && error == 0; idx++) {
		error = erase(&making, idx);
		if (error < 0)
			complain(format->paths[idx], "written", error);
	}
	if (error == 0)
		error = write_catalogue(&making);
	if (error == 0)
		error = write_supers(&making);
	for (uint32_t idx = 0; idx < format->path_cnt; idx++)
		sl_volume_close(making.volumes[idx]);
	return error;
}
