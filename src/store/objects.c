/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "store/read.h"
#include "store/record.h"
#include "store/state.h"

/* A record and when it was written. */
struct said {
	const struct sluice_store_record *record;
	uint32_t order;
};

static int by_name_and_order(const void *one, const void *other)
{
	const struct said *a = one, *b = other;
	int difference = strcmp(sl_store_record_name(a->record), sl_store_record_name(b->record));

	return difference ? difference : (a->order > b->order) - (a->order < b->order);
}

static uint32_t count(const struct sl_catalogue *catalogue)
{
	uint32_t cnt = 0;

	for (const struct sl_batch *batch = catalogue->first; batch; batch = batch->next)
		cnt += batch->record_cnt;
	return cnt;
}

static void collect(const struct sl_catalogue *catalogue, struct said *all)
{
	uint32_t order = 0;

	for (const struct sl_batch *batch = catalogue->first; batch; batch = batch->next) {
		const struct sluice_store_record *record = (const void *)batch->payload;

		for (uint32_t i = 0; i < batch->record_cnt; i++) {
			all[order] = (struct said){ record, order };
			order++;
			record = sl_store_record_next(record);
		}
	}
}

static struct sl_store_object object_of(const struct sluice_store_record *record)
{
	return (struct sl_store_object){
		.name = sl_store_record_name(record),
		.size_bytes = record->size_bytes,
		.mtime_ns = record->mtime_ns,
		.hash = record->hash,
		.extents = sl_store_record_extents(record),
		.extent_cnt = record->extent_cnt,
	};
}

/* The last word on each name counts. */
static void settle(struct sl_store *store, const struct said *all, uint32_t cnt)
{
	store->object_cnt = store->dead_cnt = 0;
	for (uint32_t i = 0; i < cnt; i++) {
		const struct sluice_store_record *record = all[i].record;
		bool last = i + 1 == cnt || strcmp(sl_store_record_name(record),
						   sl_store_record_name(all[i + 1].record)) != 0;

		if (record->kind != SLUICE_STORE_PUT)
			continue;
		if (last)
			store->objects[store->object_cnt++] = object_of(record);
		else
			store->dead[store->dead_cnt++] = record;
	}
}

int sl_objects_make(struct sl_store *store)
{
	uint32_t cnt = count(&store->catalogue);
	struct said *all = sl_alloc(cnt, sizeof(*all));
	struct sl_store_object *objects = sl_alloc(cnt, sizeof(*objects));
	const struct sluice_store_record **dead = sl_alloc(cnt, sizeof(*dead));

	if (!all || !objects || !dead) {
		sl_free(dead);
		sl_free(objects);
		sl_free(all);
		return -ENOMEM;
	}
	sl_objects_fini(store);
	store->objects = objects;
	store->dead = dead;
	collect(&store->catalogue, all);
	qsort(all, cnt, sizeof(*all), by_name_and_order);
	settle(store, all, cnt);
	sl_free(all);
	return 0;
}

void sl_objects_fini(struct sl_store *store)
{
	sl_free(store->dead);
	sl_free(store->objects);
	store->dead = NULL;
	store->objects = NULL;
	store->object_cnt = store->dead_cnt = 0;
}

/* ---- after damage -----------------------------------------------------------------------------
 */

static bool is_in(const struct sl_batch *batch, const struct sl_store_object *object)
{
	const uint8_t *name = (const uint8_t *)object->name;

	return name >= batch->payload && name < batch->payload + batch->head.payload_bytes;
}

static bool is_before_hole(const struct sl_store *store, const struct sl_store_object *object)
{
	const struct sl_batch *batch = store->catalogue.first;

	while (batch && batch->head.batch_seq < store->catalogue.after_hole_seq) {
		if (is_in(batch, object))
			return true;
		batch = batch->next;
	}
	return false;
}

int sl_objects_sift(struct sl_store *store)
{
	uint32_t kept_cnt = 0;

	for (uint32_t i = 0; i < store->object_cnt; i++) {
		struct sl_store_object *object = &store->objects[i];
		int error = is_before_hole(store, object)
				? sl_store_read(store, object, sl_store_read_nowhere, NULL)
				: 0;

		if (error == -ENOMEM)
			return error;
		if (error < 0)
			sl_warning("lost: %s, %llu bytes: they are not as they were written",
				   object->name, (unsigned long long)object->size_bytes);
		else
			store->objects[kept_cnt++] = *object;
	}
	store->object_cnt = kept_cnt;
	return 0;
}

/* ---- for others -------------------------------------------------------------------------------
 */

uint32_t sl_store_object_cnt(const struct sl_store *store)
{
	return store->object_cnt;
}

const struct sl_store_object *sl_store_object(const struct sl_store *store, uint32_t idx)
{
	return &store->objects[idx];
}

static int by_name(const void *name, const void *object)
{
	return strcmp(name, ((const struct sl_store_object *)object)->name);
}

const struct sl_store_object *sl_store_find(const struct sl_store *store, const char *name)
{
	if (store->object_cnt == 0)
		return NULL;
	return bsearch(name, store->objects, store->object_cnt, sizeof(*store->objects), by_name);
}

void sl_store_etag(const struct sl_store_object *object, char etag[SL_STORE_ETAG_BYTES])
{
	char *at = etag;

	*at++ = '"';
	for (uint32_t i = 0; i < SLUICE_STORE_HASH_BYTES; i++)
		at += snprintf(at, 3, "%02x", object->hash[i]);
	*at++ = '"';
	*at = '\0';
}
