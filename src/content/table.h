/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table: the room's entries, found by name. Nobody else includes this.
 *
 *        ┌──────────────────────────────── evicted ──────────────────────────────────┐
 *        ▼                                                                           │
 *      FREE ──asked for──► OPENING ──opened──► OPEN, in use ◄──put, asked for──► OPEN, idle
 *       ▲ ▲                 │                     │
 *       │ └─────failed──────┘                     │ replaced
 *       │                                         ▼
 *       └──────────last put──────────────── OPEN, without a name
 *
 * An entry has a name (is found) in all states but FREE, and but when its file was replaced or is
 * being looked up again: then the entry that is OPENING has the name, and remembers the other as
 * previous_idx.
 */
#ifndef SL_CONTENT_TABLE_H
#define SL_CONTENT_TABLE_H

#include "base/hash.h"
#include "base/pool.h"
#include "content/content.h"
#include "content/list.h"

#define SL_ENTRY_NONE UINT32_MAX

enum sl_entry_state {
	SL_ENTRY_FREE,
	SL_ENTRY_OPENING,
	SL_ENTRY_OPEN,
};

struct sl_entry {
	struct sl_object object;
	struct sl_disk_info info;
	enum sl_entry_state state;
	bool named;
	uint32_t refs_cnt;   /* OPEN; 0: idle */
	uint64_t checked_ns; /* OPEN: when the disk said so */
	uint64_t used_ns;    /* OPEN: when it was last asked for */
	uint64_t hash;
	uint32_t place_idx;     /* SL_PLACE_ROOT, or a store: never looked up again */
	uint32_t next_idx;      /* of the same bucket */
	uint32_t previous_idx;  /* OPENING: the object whose name is looked up again */
	struct sl_list waiters; /* OPENING */
};

enum sl_waiter_state {
	SL_WAITER_NONE,
	SL_WAITER_WAITING,  /* in its entry's list */
	SL_WAITER_ANSWERED, /* in answers */
};

struct sl_waiter {
	uint32_t entry_idx; /* ANSWERED without error: with a reference */
	int16_t error;
	uint8_t state; /* enum sl_waiter_state */
};

struct sl_content {
	struct sl_disk *disk;
	const struct sl_stores *stores;
	bool has_root;
	struct sl_hash_key key;
	uint32_t object_cnt, waiter_cnt;

	struct sl_entry *entries;
	char *paths; /* SL_PATH_MAX_BYTES an entry */
	uint32_t *buckets;
	uint32_t bucket_cnt; /* a power of two */
	struct sl_pool free_entries;
	struct sl_link *entry_links;
	struct sl_list idle; /* oldest first */

	struct sl_waiter *waiters;
	struct sl_link *waiter_links;
	struct sl_list answers;

	uint64_t version_cnt; /* objects there ever were */
	struct sl_content_counters counters;
};

/* Errors: -ENOMEM; sl_table_fini is due then, too. */
int sl_table_init(struct sl_content *content, uint32_t object_cnt);
void sl_table_fini(struct sl_content *content);

char *sl_table_path(const struct sl_content *content, uint32_t idx);
uint64_t sl_table_hash(const struct sl_content *content, uint32_t place_idx, const char *path);

/* The entry named path in place, or SL_ENTRY_NONE. */
uint32_t sl_table_find(const struct sl_content *content, uint32_t place_idx, const char *path,
		       uint64_t hash);

/* Gives or takes the name that is in the entry's path and hash. */
void sl_table_name(struct sl_content *content, uint32_t idx);
void sl_table_unname(struct sl_content *content, uint32_t idx);

/* A free entry, made free if need be: the object idle for longest goes. SL_ENTRY_NONE: all are in
 * use. */
uint32_t sl_table_take(struct sl_content *content);

/* Back to FREE, without its name; the file of an OPEN one is closed. In no list, no references. */
void sl_table_give(struct sl_content *content, uint32_t idx);

/* References of an OPEN entry; the idle list is kept. The last one of an entry without a name gives
 * it back. */
void sl_table_hold(struct sl_content *content, uint32_t idx);
void sl_table_drop(struct sl_content *content, uint32_t idx);

/* Gives back an object or two that nobody has asked for in a while: see IDLE_MAX_NS. */
void sl_table_trim(struct sl_content *content, uint64_t now_ns);

#endif
