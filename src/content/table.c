/* SPDX-License-Identifier: BSD-2-Clause */
#include "content/table.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"

/* How long an object stays open that nobody uses. Opening again costs some tens of microseconds; a
 * live stream's old segments, deleted but open, cost the operator's disk space. */
#define IDLE_MAX_NS (10 * SL_NS_PER_S)

/* At most this many a look-up, so that none is slow; two, so that a backlog shrinks. */
enum { TRIMS_MAX = 2 };

int sl_table_init(struct sl_content *content, uint32_t object_cnt)
{
	content->object_cnt = object_cnt;
	for (content->bucket_cnt = 1; content->bucket_cnt < 2 * object_cnt;)
		content->bucket_cnt *= 2;
	content->entries = sl_alloc(object_cnt, sizeof(*content->entries));
	content->entry_links = sl_alloc(object_cnt, sizeof(*content->entry_links));
	content->paths = sl_alloc(object_cnt, SL_PATH_MAX_BYTES);
	content->buckets = sl_alloc(content->bucket_cnt, sizeof(*content->buckets));
	if (!content->entries || !content->entry_links || !content->paths || !content->buckets)
		return -ENOMEM;
	for (uint32_t i = 0; i < content->bucket_cnt; i++)
		content->buckets[i] = SL_ENTRY_NONE;
	content->idle = SL_LIST_EMPTY;
	sl_random_fill(&content->key, sizeof(content->key));
	return sl_pool_init(&content->free_entries, object_cnt);
}

void sl_table_fini(struct sl_content *content)
{
	sl_pool_fini(&content->free_entries);
	sl_free(content->buckets);
	sl_free(content->paths);
	sl_free(content->entry_links);
	sl_free(content->entries);
}

char *sl_table_path(const struct sl_content *content, uint32_t idx)
{
	return content->paths + (size_t)idx * SL_PATH_MAX_BYTES;
}

/* ---- names ------------------------------------------------------------------------------------
 */

uint64_t sl_table_hash(const struct sl_content *content, uint32_t place_idx, const char *path)
{
	return sl_hash(&content->key, path, strlen(path)) + place_idx;
}

static uint32_t *bucket(const struct sl_content *content, uint64_t hash)
{
	return &content->buckets[hash & (content->bucket_cnt - 1)];
}

static bool is_named(const struct sl_content *content, uint32_t idx, uint32_t place_idx,
		     const char *path, uint64_t hash)
{
	const struct sl_entry *entry = &content->entries[idx];

	return entry->hash == hash && entry->place_idx == place_idx &&
	       strcmp(sl_table_path(content, idx), path) == 0;
}

uint32_t sl_table_find(const struct sl_content *content, uint32_t place_idx, const char *path,
		       uint64_t hash)
{
	uint32_t idx = *bucket(content, hash);

	while (idx != SL_ENTRY_NONE && !is_named(content, idx, place_idx, path, hash))
		idx = content->entries[idx].next_idx;
	return idx;
}

void sl_table_name(struct sl_content *content, uint32_t idx)
{
	struct sl_entry *entry = &content->entries[idx];
	uint32_t *head = bucket(content, entry->hash);

	BUG_ON(entry->named);
	entry->next_idx = *head;
	entry->named = true;
	*head = idx;
}

void sl_table_unname(struct sl_content *content, uint32_t idx)
{
	struct sl_entry *entry = &content->entries[idx];
	uint32_t *link = bucket(content, entry->hash);

	BUG_ON(!entry->named);
	while (*link != idx)
		link = &content->entries[*link].next_idx;
	*link = entry->next_idx;
	entry->named = false;
}

/* ---- entries ----------------------------------------------------------------------------------
 */

void sl_table_give(struct sl_content *content, uint32_t idx)
{
	struct sl_entry *entry = &content->entries[idx];

	BUG_ON(entry->state == SL_ENTRY_FREE);
	BUG_ON(entry->refs_cnt > 0);
	if (entry->named)
		sl_table_unname(content, idx);
	if (entry->state == SL_ENTRY_OPEN) {
		sl_disk_close_file(content->disk, entry->object.file);
		content->counters.objects_cnt--;
	}
	entry->state = SL_ENTRY_FREE;
	sl_pool_give(&content->free_entries, idx);
}

static void evict_idle(struct sl_content *content)
{
	uint32_t idx = content->idle.first_idx;

	sl_list_remove(&content->idle, content->entry_links, idx);
	sl_table_give(content, idx);
}

uint32_t sl_table_take(struct sl_content *content)
{
	uint32_t idx;

	if (content->free_entries.free_cnt == 0 && content->idle.first_idx != SL_LIST_NONE) {
		evict_idle(content);
		content->counters.evictions++;
	}
	return sl_pool_take(&content->free_entries, &idx) ? idx : SL_ENTRY_NONE;
}

void sl_table_hold(struct sl_content *content, uint32_t idx)
{
	struct sl_entry *entry = &content->entries[idx];

	BUG_ON(entry->state != SL_ENTRY_OPEN);
	if (entry->refs_cnt++ == 0)
		sl_list_remove(&content->idle, content->entry_links, idx);
}

void sl_table_drop(struct sl_content *content, uint32_t idx)
{
	struct sl_entry *entry = &content->entries[idx];

	BUG_ON(entry->state != SL_ENTRY_OPEN);
	BUG_ON(entry->refs_cnt == 0);
	if (--entry->refs_cnt > 0)
		return;
	if (entry->named)
		sl_list_append(&content->idle, content->entry_links, idx);
	else
		sl_table_give(content, idx);
}

void sl_table_trim(struct sl_content *content, uint64_t now_ns)
{
	for (int i = 0; i < TRIMS_MAX; i++) {
		uint32_t idx = content->idle.first_idx;

		if (idx == SL_LIST_NONE || now_ns - content->entries[idx].used_ns < IDLE_MAX_NS)
			return;
		evict_idle(content);
	}
}
