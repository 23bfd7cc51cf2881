/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a second? An answer may be that old, whatever the file system says by now. With inotify it
 * could be fresh, at the price of a watch a directory, of events that get lost, and of nothing at
 * all on a network file system; a second is what players of live streams sleep between two looks
 * at a playlist anyway. Who has reason to believe that a file has grown since may ask anew.
 *
 * That a name does not exist is not remembered: a live stream's next segment is often asked for a
 * moment too early, and then by those who have read in the playlist that it is there.
 */
#include "content/content.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mutant.h"
#include "content/mime.h"
#include "content/table.h"
#include "store/store.h"

#define FRESH_NS SL_NS_PER_S

_Static_assert(sizeof(struct sl_waiter) + sizeof(struct sl_link) == SL_CONTENT_WAITER_BYTES,
	       "a waiter and its link");

int sl_content_init(struct sl_content **content_out, const struct sl_content_config *config,
		    struct sl_disk *disk)
{
	struct sl_content *content = sl_alloc(1, sizeof(*content));

	BUG_ON(config->object_cnt == 0 || config->object_cnt > 65536);
	BUG_ON(config->waiter_cnt == 0);
	if (!content)
		return -ENOMEM;
	content->disk = disk;
	content->stores = config->stores;
	content->has_root = config->has_root;
	content->answers = SL_LIST_EMPTY;
	content->waiter_cnt = config->waiter_cnt;
	content->waiters = sl_alloc(config->waiter_cnt, sizeof(*content->waiters));
	content->waiter_links = sl_alloc(config->waiter_cnt, sizeof(*content->waiter_links));
	if (sl_table_init(content, config->object_cnt) < 0 || !content->waiters ||
	    !content->waiter_links) {
		sl_content_fini(content);
		return -ENOMEM;
	}
	*content_out = content;
	return 0;
}

void sl_content_fini(struct sl_content *content)
{
	if (!content)
		return;
	sl_table_fini(content);
	sl_free(content->waiter_links);
	sl_free(content->waiters);
	sl_free(content);
}

/* ---- looking up -------------------------------------------------------------------------------
 */

static int join(struct sl_content *content, uint32_t idx, uint32_t waiter)
{
	content->waiters[waiter] = (struct sl_waiter){
		.state = SL_WAITER_WAITING,
		.entry_idx = idx,
	};
	sl_list_append(&content->entries[idx].waiters, content->waiter_links, waiter);
	return -EINPROGRESS;
}

static void give_name(struct sl_content *content, uint32_t idx, uint32_t place_idx,
		      const char *path, uint64_t hash)
{
	content->entries[idx].hash = hash;
	content->entries[idx].place_idx = place_idx;
	memcpy(sl_table_path(content, idx), path, strlen(path) + 1);
	sl_table_name(content, idx);
}

/* found_idx is an object of that name, too old to be believed, or SL_ENTRY_NONE. */
static int look_up(struct sl_content *content, const char *path, uint64_t hash, uint32_t found_idx,
		   uint32_t waiter)
{
	uint32_t idx = sl_table_take(content);
	struct sl_entry *entry;

	if (idx == SL_ENTRY_NONE)
		return -EMFILE;
	/* Was it idle, it may have been evicted just now, to become idx. */
	if (found_idx == idx)
		found_idx = SL_ENTRY_NONE;
	if (found_idx != SL_ENTRY_NONE) {
		sl_table_hold(content, found_idx);
		sl_table_unname(content, found_idx);
	}
	give_name(content, idx, SL_PLACE_ROOT, path, hash);
	entry = &content->entries[idx];
	entry->state = SL_ENTRY_OPENING;
	entry->previous_idx = found_idx;
	entry->waiters = SL_LIST_EMPTY;
	content->counters.misses++;
	sl_disk_open_file(content->disk, sl_table_path(content, idx), idx);
	return join(content, idx, waiter);
}

static int64_t floor_s(int64_t ns)
{
	int64_t s = ns / (int64_t)SL_NS_PER_S;

	return ns % (int64_t)SL_NS_PER_S < 0 ? s - 1 : s;
}

_Static_assert((int)SL_OBJECT_ETAG_BYTES >= (int)SL_STORE_ETAG_BYTES, "a store's tag fits");

/* The entry is OPEN, with the object that was found. */
static int adopt_stored(struct sl_content *content, uint32_t idx,
			const struct sl_store_found *found, const char *path)
{
	struct sl_entry *entry = &content->entries[idx];
	struct sl_object object = {
		.version = ++content->version_cnt,
		.size_bytes = found->layout.size_bytes,
		.mtime_s = floor_s(found->mtime_ns),
		.mime = sl_mime_type(path),
	};
	int error =
	    sl_disk_open_object(content->disk, &found->layout, &object.file, &object.align_bytes);

	if (error < 0)
		return error;
	sl_store_etag(found->object, object.etag);
	entry->state = SL_ENTRY_OPEN;
	entry->object = object;
	content->counters.objects_cnt++;
	return 0;
}

static int hit(struct sl_content *content, uint32_t idx, uint64_t now_ns, uint32_t *object_idx)
{
	content->counters.hits++;
	sl_table_hold(content, idx);
	content->entries[idx].used_ns = now_ns;
	*object_idx = idx;
	return 0;
}

/* The catalogue is in memory and does not change: nobody waits, and a name that it does not have
 * costs nothing. */
static int get_from_store(struct sl_content *content, uint32_t place_idx, const char *path,
			  uint64_t now_ns, uint32_t *object_idx)
{
	uint64_t hash = sl_table_hash(content, place_idx, path);
	uint32_t idx = sl_table_find(content, place_idx, path, hash);
	struct sl_store_found found;
	int error;

	if (idx != SL_ENTRY_NONE)
		return hit(content, idx, now_ns, object_idx);
	content->counters.misses++;
	error = sl_stores_find(content->stores, place_idx, path, &found);
	if (error < 0)
		return error;
	idx = sl_table_take(content);
	if (idx == SL_ENTRY_NONE)
		return -EMFILE;
	error = adopt_stored(content, idx, &found, path);
	if (error < 0) {
		sl_pool_give(&content->free_entries, idx);
		return error;
	}
	give_name(content, idx, place_idx, path, hash);
	content->entries[idx].used_ns = now_ns;
	content->entries[idx].refs_cnt = 1;
	*object_idx = idx;
	return 0;
}

static int get_from_root(struct sl_content *content, const char *path, uint32_t waiter, bool anew,
			 uint64_t now_ns, uint32_t *object_idx)
{
	uint64_t hash = sl_table_hash(content, SL_PLACE_ROOT, path);
	uint32_t idx = sl_table_find(content, SL_PLACE_ROOT, path, hash);
	struct sl_entry *entry;

	if (idx == SL_ENTRY_NONE)
		return look_up(content, path, hash, SL_ENTRY_NONE, waiter);
	entry = &content->entries[idx];
	if (entry->state == SL_ENTRY_OPENING) {
		content->counters.opens_shared++;
		return join(content, idx, waiter);
	}
	if (now_ns - entry->checked_ns >= (anew ? 1 : FRESH_NS))
		return look_up(content, path, hash, idx, waiter);
	return hit(content, idx, now_ns, object_idx);
}

int sl_content_get(struct sl_content *content, uint32_t place_idx, const char *path,
		   uint32_t waiter, bool anew, uint64_t now_ns, uint32_t *object_idx)
{
	BUG_ON(waiter >= content->waiter_cnt);
	BUG_ON(content->waiters[waiter].state != SL_WAITER_NONE);
	BUG_ON(strlen(path) >= SL_PATH_MAX_BYTES);

	sl_table_trim(content, now_ns);
	if (place_idx != SL_PLACE_ROOT)
		return get_from_store(content, place_idx, path, now_ns, object_idx);
	if (!content->has_root)
		return -ENOENT;
	return get_from_root(content, path, waiter, anew, now_ns, object_idx);
}

void sl_content_hold(struct sl_content *content, uint32_t object_idx)
{
	BUG_ON(object_idx >= content->object_cnt);
	BUG_ON(content->entries[object_idx].refs_cnt == 0);
	sl_table_hold(content, object_idx);
}

void sl_content_put(struct sl_content *content, uint32_t object_idx)
{
	BUG_ON(object_idx >= content->object_cnt);
	sl_table_drop(content, object_idx);
}

bool sl_content_is_news(const struct sl_content *content, uint32_t object_idx, uint64_t now_ns)
{
	const struct sl_entry *entry = &content->entries[object_idx];

	return entry->place_idx != SL_PLACE_ROOT || entry->checked_ns == now_ns;
}

const struct sl_object *sl_content_object(const struct sl_content *content, uint32_t object_idx)
{
	BUG_ON_HOT(object_idx >= content->object_cnt);
	BUG_ON_HOT(content->entries[object_idx].refs_cnt == 0);
	return &content->entries[object_idx].object;
}

/* ---- what the disk says -----------------------------------------------------------------------
 */

/* The inode number of some file systems fills 64 bits; 32 of them keep the tag within its bounds,
 * and the other two parts tell files apart well enough. */
static void write_etag(char etag[SL_OBJECT_ETAG_BYTES], const struct sl_disk_info *info)
{
	snprintf(etag, SL_OBJECT_ETAG_BYTES, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx32 "\"",
		 (uint64_t)info->mtime_ns, info->size_bytes,
		 (uint32_t)(info->ino ^ info->ino >> 32));
}

_Static_assert(SL_OBJECT_ETAG_BYTES >= 1 + 16 + 1 + 16 + 1 + 8 + 1 + 1, "the longest tag fits");

static bool same_file(const struct sl_disk_info *one, const struct sl_disk_info *other)
{
	return one->dev == other->dev && one->ino == other->ino &&
	       one->size_bytes == other->size_bytes && one->mtime_ns == other->mtime_ns;
}

/* Everybody who waits at entry opening_idx gets the answer: error, or object idx with a reference.
 */
static void settle(struct sl_content *content, uint32_t opening_idx, int error, uint32_t idx)
{
	struct sl_list *list = &content->entries[opening_idx].waiters;

	while (list->first_idx != SL_LIST_NONE) {
		uint32_t waiter = list->first_idx;

		sl_list_remove(list, content->waiter_links, waiter);
		content->waiters[waiter] = (struct sl_waiter){
			.state = SL_WAITER_ANSWERED,
			.entry_idx = idx,
			.error = error,
		};
		if (error == 0)
			sl_table_hold(content, idx);
		sl_list_append(&content->answers, content->waiter_links, waiter);
	}
}

/* It is the file that is open already: the look-up's own is closed, the object has its name again.
 */
static void confirm(struct sl_content *content, uint32_t idx, struct sl_disk_file file,
		    uint64_t now_ns)
{
	uint32_t previous_idx = content->entries[idx].previous_idx;
	struct sl_entry *previous = &content->entries[previous_idx];

	sl_disk_close_file(content->disk, file);
	sl_table_unname(content, idx);
	sl_table_name(content, previous_idx);
	previous->checked_ns = previous->used_ns = now_ns;
	settle(content, idx, 0, previous_idx);
	sl_table_give(content, idx);
	sl_table_drop(content, previous_idx);
}

static void adopt(struct sl_content *content, uint32_t idx, const struct sl_disk_event *event,
		  uint64_t now_ns)
{
	struct sl_entry *entry = &content->entries[idx];

	entry->state = SL_ENTRY_OPEN;
	entry->checked_ns = entry->used_ns = now_ns;
	entry->info = event->info;
	entry->object = (struct sl_object){
		.file = event->file,
		.version = SL_MUTANT(SHARED_VERSION) ? idx + 1 : ++content->version_cnt,
		.size_bytes = event->info.size_bytes,
		.mtime_s = floor_s(event->info.mtime_ns),
		.align_bytes = event->info.align_bytes,
		.mime = sl_mime_type(sl_table_path(content, idx)),
	};
	write_etag(entry->object.etag, &event->info);
	content->counters.objects_cnt++;

	/* A reference of our own, so that the entry is in no list meanwhile, and in the idle one
	 * after, if all who waited have left. */
	entry->refs_cnt = 1;
	settle(content, idx, 0, idx);
	sl_table_drop(content, idx);
}

void sl_content_opened(struct sl_content *content, const struct sl_disk_event *event,
		       uint64_t now_ns)
{
	uint32_t idx = (uint32_t)event->cookie, previous_idx;

	BUG_ON(event->kind != SL_DISK_OPENED);
	BUG_ON(event->cookie >= content->object_cnt);
	BUG_ON(content->entries[idx].state != SL_ENTRY_OPENING);

	previous_idx = content->entries[idx].previous_idx;
	if (previous_idx != SL_ENTRY_NONE && event->error == 0 &&
	    same_file(&content->entries[previous_idx].info, &event->info)) {
		confirm(content, idx, event->file, now_ns);
		return;
	}
	if (previous_idx != SL_ENTRY_NONE)
		sl_table_drop(content, previous_idx);
	if (event->error == 0) {
		adopt(content, idx, event, now_ns);
		return;
	}
	settle(content, idx, event->error, SL_ENTRY_NONE);
	sl_table_give(content, idx);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

bool sl_content_answer(struct sl_content *content, uint32_t *waiter, int *error,
		       uint32_t *object_idx)
{
	struct sl_waiter *answered;

	if (content->answers.first_idx == SL_LIST_NONE)
		return false;
	*waiter = content->answers.first_idx;
	answered = &content->waiters[*waiter];
	*error = answered->error;
	*object_idx = answered->entry_idx;
	answered->state = SL_WAITER_NONE;
	sl_list_remove(&content->answers, content->waiter_links, *waiter);
	return true;
}

void sl_content_forget(struct sl_content *content, uint32_t waiter)
{
	struct sl_waiter *forgotten = &content->waiters[waiter];

	BUG_ON(waiter >= content->waiter_cnt);
	if (forgotten->state == SL_WAITER_WAITING)
		sl_list_remove(&content->entries[forgotten->entry_idx].waiters,
			       content->waiter_links, waiter);
	if (forgotten->state == SL_WAITER_ANSWERED) {
		sl_list_remove(&content->answers, content->waiter_links, waiter);
		if (forgotten->error == 0)
			sl_content_put(content, forgotten->entry_idx);
	}
	forgotten->state = SL_WAITER_NONE;
}

const struct sl_content_counters *sl_content_counters(const struct sl_content *content)
{
	return &content->counters;
}
