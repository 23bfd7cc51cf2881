/* SPDX-License-Identifier: BSD-2-Clause */
#include "content/stores.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/log.h"
#include "store/store.h"

#define NO_SUMS UINT64_MAX

struct catalogue {
	struct sl_store_choice choice;
	struct sl_store *store;
	uint32_t first_device_idx;
	uint64_t *sums;       /* of all objects, one after the other; NULL: not verified */
	uint64_t *first_sums; /* of each object, in sums, or NO_SUMS */
};

struct sl_stores {
	struct catalogue catalogues[SL_STORES_MAX];
	uint32_t cnt;
	struct sl_device devices[SL_DEVICES_MAX];
	uint32_t device_cnt;
};

static bool is_chosen(const struct sl_stores *stores, const char *host)
{
	for (uint32_t i = 0; i < stores->cnt; i++)
		if (strcasecmp(stores->catalogues[i].choice.host, host) == 0)
			return true;
	return false;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static int open_store(struct catalogue *catalogue, const struct sl_device *devices)
{
	const char *paths[SLUICE_STORE_DEVICES_MAX];

	for (uint32_t i = 0; i < catalogue->choice.device_cnt; i++)
		paths[i] = devices[i].block_path;
	return sl_store_open(&catalogue->store, paths, catalogue->choice.device_cnt, SL_STORE_READ);
}

/* Devices come in any order; an object's places count them as the store does. */
static int take_members(struct sl_stores *stores, struct catalogue *catalogue,
			struct sl_device devices[])
{
	uint32_t member_cnt = sl_store_device_cnt(catalogue->store);

	if (stores->device_cnt + member_cnt > SL_DEVICES_MAX) {
		sl_error("store \"%s\": all stores together may have %d devices", devices[0].path,
			 SL_DEVICES_MAX);
		return -E2BIG;
	}
	catalogue->first_device_idx = stores->device_cnt;
	for (uint32_t i = 0; i < member_cnt; i++) {
		struct sl_device *slot = &stores->devices[stores->device_cnt++];
		struct sl_store_member member;

		*slot = (struct sl_device){ .read_fd = -1, .block_fd = -1 };
		sl_store_member(catalogue->store, i, &member);
		for (uint32_t j = 0; member.path && j < catalogue->choice.device_cnt; j++) {
			if (strcmp(devices[j].block_path, member.path) != 0)
				continue;
			*slot = devices[j];
			devices[j] = (struct sl_device){ .read_fd = -1, .block_fd = -1 };
			break;
		}
		if (slot->read_fd < 0)
			sl_warning("store \"%s\": device %u of %u is missing; what only it has is "
				   "not served",
				   catalogue->choice.devices[0], i + 1, member_cnt);
	}
	return 0;
}

static int open_catalogue(struct sl_stores *stores, struct catalogue *catalogue)
{
	struct sl_device devices[SLUICE_STORE_DEVICES_MAX];
	uint32_t open_cnt = 0;
	int error = 0;

	while (error == 0 && open_cnt < catalogue->choice.device_cnt) {
		error = sl_device_open(&devices[open_cnt], catalogue->choice.devices[open_cnt]);
		open_cnt += error == 0;
	}
	if (error == 0)
		error = open_store(catalogue, devices);
	if (error == 0)
		error = take_members(stores, catalogue, devices);
	while (open_cnt-- > 0)
		sl_device_close(&devices[open_cnt]);
	return error;
}

static uint64_t sum_cnt(const struct sl_store_object *object)
{
	uint64_t cnt = 0;

	for (uint32_t i = 0; i < object->extent_cnt; i++)
		cnt += sl_store_sum_cnt(&object->extents[i]);
	return cnt;
}

static bool read_sums(const struct catalogue *catalogue, const struct sl_store_object *object,
		      uint64_t *sums)
{
	for (uint32_t i = 0; i < object->extent_cnt; i++) {
		int error = sl_store_sums(catalogue->store, &object->extents[i], sums);

		if (error < 0) {
			sl_warning("store \"%s\": %s is not served, its sums cannot be read: %s",
				   catalogue->choice.devices[0], object->name, strerror(-error));
			return false;
		}
		sums += sl_store_sum_cnt(&object->extents[i]);
	}
	return true;
}

/* Lost sums cost their object, not the store. */
static int load_sums(struct catalogue *catalogue)
{
	uint32_t object_cnt = sl_store_object_cnt(catalogue->store);
	uint64_t total_cnt = 0, next = 0;

	for (uint32_t i = 0; i < object_cnt; i++)
		total_cnt += sum_cnt(sl_store_object(catalogue->store, i));
	catalogue->sums = sl_alloc(total_cnt, sizeof(*catalogue->sums));
	catalogue->first_sums = sl_alloc(object_cnt, sizeof(*catalogue->first_sums));
	if (!catalogue->sums || !catalogue->first_sums) {
		sl_error("store \"%s\": no memory for %llu sums; leave --store-verify out",
			 catalogue->choice.devices[0], (unsigned long long)total_cnt);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < object_cnt; i++) {
		const struct sl_store_object *object = sl_store_object(catalogue->store, i);
		bool read = read_sums(catalogue, object, &catalogue->sums[next]);

		catalogue->first_sums[i] = read ? next : NO_SUMS;
		next += sum_cnt(object);
	}
	return 0;
}

static int add(struct sl_stores *stores, const char *text, bool verify)
{
	struct catalogue *catalogue = &stores->catalogues[stores->cnt];
	int error;

	if (!sl_store_choice_parse(text, &catalogue->choice)) {
		sl_error("store \"%s\": must be [HOST=]DEVICE[,DEVICE...], with %d devices at most",
			 text, SLUICE_STORE_DEVICES_MAX);
		return -EINVAL;
	}
	if (is_chosen(stores, catalogue->choice.host)) {
		sl_error("store \"%s\": another one is for the same host", text);
		return -EINVAL;
	}
	stores->cnt++;
	error = open_catalogue(stores, catalogue);
	if (error == 0 && verify)
		error = load_sums(catalogue);
	if (error < 0)
		return error;
	sl_info("store \"%s\": %u objects for %s%s", catalogue->choice.devices[0],
		sl_store_object_cnt(catalogue->store),
		catalogue->choice.host[0] ? catalogue->choice.host : "all other hosts",
		verify ? ", verified when they are read" : "");
	return 0;
}

int sl_stores_open(struct sl_stores **stores_out, const char *const *texts, uint32_t cnt,
		   bool verify)
{
	struct sl_stores *stores = sl_alloc(1, sizeof(*stores));
	int error = stores ? 0 : -ENOMEM;

	BUG_ON(cnt == 0 || cnt > SL_STORES_MAX);
	for (uint32_t i = 0; error == 0 && i < cnt; i++)
		error = add(stores, texts[i], verify);
	if (error < 0) {
		sl_stores_close(stores);
		return error;
	}
	*stores_out = stores;
	return 0;
}

void sl_stores_close(struct sl_stores *stores)
{
	if (!stores)
		return;
	for (uint32_t i = 0; i < stores->cnt; i++) {
		sl_store_close(stores->catalogues[i].store);
		sl_free(stores->catalogues[i].sums);
		sl_free(stores->catalogues[i].first_sums);
	}
	for (uint32_t i = 0; i < stores->device_cnt; i++)
		sl_device_close(&stores->devices[i]);
	sl_free(stores);
}

/* ---- looking up -------------------------------------------------------------------------------
 */

const struct sl_device *sl_stores_devices(const struct sl_stores *stores, uint32_t *device_cnt)
{
	*device_cnt = stores ? stores->device_cnt : 0;
	return stores ? stores->devices : NULL;
}

/* Without ":port" and the dot that ends an absolute name. */
static uint32_t bare_host(const char *host, uint32_t len_bytes)
{
	uint32_t end_bytes = len_bytes;

	while (end_bytes > 0 && host[end_bytes - 1] >= '0' && host[end_bytes - 1] <= '9')
		end_bytes--;
	len_bytes = end_bytes > 0 && host[end_bytes - 1] == ':' ? end_bytes - 1 : len_bytes;
	return len_bytes > 0 && host[len_bytes - 1] == '.' ? len_bytes - 1 : len_bytes;
}

uint32_t sl_stores_place(const struct sl_stores *stores, const char *host, uint32_t len_bytes)
{
	uint32_t place_idx = SL_PLACE_ROOT;

	if (!stores)
		return SL_PLACE_ROOT;
	len_bytes = bare_host(host, len_bytes);
	for (uint32_t i = 0; i < stores->cnt; i++) {
		const char *chosen = stores->catalogues[i].choice.host;

		if (chosen[0] == '\0')
			place_idx = i + 1;
		else if (strlen(chosen) == len_bytes && strncasecmp(chosen, host, len_bytes) == 0)
			return i + 1;
	}
	return place_idx;
}

/* The first object whose name is not before this one. */
static uint32_t lower_bound(const struct sl_store *store, const char *name)
{
	uint32_t low = 0, high = sl_store_object_cnt(store);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(sl_store_object(store, middle)->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Between "live" and "live/" may be names such as "live-2", so it is looked for by its own name. */
static bool is_directory(const struct sl_store *store, const char *name)
{
	char prefix[SLUICE_STORE_NAME_MAX_BYTES + 2];
	size_t len_bytes = strlen(name);
	uint32_t idx;

	if (len_bytes == 0 || len_bytes > SLUICE_STORE_NAME_MAX_BYTES)
		return false;
	memcpy(prefix, name, len_bytes);
	memcpy(prefix + len_bytes, "/", 2);
	idx = lower_bound(store, prefix);
	return idx < sl_store_object_cnt(store) &&
	       strncmp(sl_store_object(store, idx)->name, prefix, len_bytes + 1) == 0;
}

int sl_stores_find(const struct sl_stores *stores, uint32_t place_idx, const char *name,
		   struct sl_store_found *found)
{
	const struct catalogue *catalogue = &stores->catalogues[place_idx - 1];
	const struct sl_store_object *object;
	uint32_t idx;

	BUG_ON(place_idx == SL_PLACE_ROOT || place_idx > stores->cnt);
	idx = lower_bound(catalogue->store, name);
	object = idx < sl_store_object_cnt(catalogue->store)
		     ? sl_store_object(catalogue->store, idx)
		     : NULL;
	if (!object || strcmp(object->name, name) != 0)
		return is_directory(catalogue->store, name) ? -EISDIR : -ENOENT;
	*found = (struct sl_store_found){
		.layout = {
			.extents = object->extents,
			.extent_cnt = object->extent_cnt,
			.replica_cnt = sl_store_replica_cnt(catalogue->store),
			.first_device_idx = catalogue->first_device_idx,
			.size_bytes = object->size_bytes,
		},
		.mtime_ns = object->mtime_ns,
		.object = object,
	};
	if (!catalogue->first_sums)
		return 0;
	if (catalogue->first_sums[idx] == NO_SUMS)
		return -EIO;
	found->layout.sums = &catalogue->sums[catalogue->first_sums[idx]];
	return 0;
}
