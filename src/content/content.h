/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content: names to objects. An object is an open file with what HTTP wants to know of it; it stays
 * open while anybody refers to it, so a file replaced by rename is served to its end as it was. It
 * is a file below the root, or lies in a store, whose catalogue does not change.
 * Objects are cached by path for a second, then looked up again (and kept if they are the same
 * file, unchanged); several who want the same path at the same time share one open. An object that
 * nobody has asked for in ten seconds is closed at some later look-up, so that deleted files are
 * let go. One for each worker; owner core only.
 */
#ifndef SL_CONTENT_CONTENT_H
#define SL_CONTENT_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "content/stores.h"
#include "disk/disk.h"

enum { SL_OBJECT_ETAG_BYTES = 48 };

struct sl_content;

struct sl_object { /* read-only to others */
	struct sl_disk_file file;
	uint64_t version; /* of all objects there ever were, this one alone has it; not 0 */
	uint64_t size_bytes;
	int64_t mtime_s;
	uint32_t align_bytes;
	const char *mime;                /* static, by the name's suffix */
	char etag[SL_OBJECT_ETAG_BYTES]; /* quoted, strong: mtime in ns, size and (folded to 32
					    bits) inode in hex; of a store the hash */
};

/* For each that may wait. */
enum { SL_CONTENT_WAITER_BYTES = 16 };

struct sl_content_config {
	uint32_t object_cnt; /* open at once, [1, 65536]; the disk's file_cnt is at least as much */
	uint32_t waiter_cnt; /* how many may wait for an open: every connection */
	bool has_root;       /* the disk's; else all names of SL_PLACE_ROOT are -ENOENT */
	const struct sl_stores *stores; /* NULL: there are none; outlive the content */
};

/* Errors: -ENOMEM. Setup only. */
int sl_content_init(struct sl_content **content, const struct sl_content_config *config,
		    struct sl_disk *disk);

/* Files still open are closed with the disk. NULL is let be. */
void sl_content_fini(struct sl_content *content);

/* Looks up path in place, as sl_stores_place says it (relative, NUL-terminated, shorter than
 * SL_PATH_MAX_BYTES; copied). waiter in [0, waiter_cnt): one look-up each at a time. anew: what was
 * known before now_ns is not believed. 0: *object_idx, with a reference that the caller gives back
 * with sl_content_put. -EINPROGRESS: an answer comes from sl_content_answer. -EMFILE: every object
 * is in use. Of a store also what sl_stores_find and sl_disk_open_object say. */
int sl_content_get(struct sl_content *content, uint32_t place_idx, const char *path,
		   uint32_t waiter, bool anew, uint64_t now_ns, uint32_t *object_idx);

/* Whether the object was looked up just now, and not some time within the last second; what is in a
 * store never changes. */
bool sl_content_is_news(const struct sl_content *content, uint32_t object_idx, uint64_t now_ns);

/* The waiter is gone; no answer for it any more. Does nothing if it was not waiting. */
void sl_content_forget(struct sl_content *content, uint32_t waiter);

/* One more reference, one less. */
void sl_content_hold(struct sl_content *content, uint32_t object_idx);
void sl_content_put(struct sl_content *content, uint32_t object_idx);

const struct sl_object *sl_content_object(const struct sl_content *content, uint32_t object_idx);

/* event is SL_DISK_OPENED with a cookie that sl_content_get gave the disk. */
void sl_content_opened(struct sl_content *content, const struct sl_disk_event *event,
		       uint64_t now_ns);

/* The next answer: who waited, error (0 or what sl_disk_open_file says) and the object with a
 * reference. False when none is left. */
bool sl_content_answer(struct sl_content *content, uint32_t *waiter, int *error,
		       uint32_t *object_idx);

struct sl_content_counters {
	uint64_t hits;         /* answered at once */
	uint64_t misses;       /* opens started */
	uint64_t opens_shared; /* joined one */
	uint64_t evictions;    /* objects closed to make room */
	uint32_t objects_cnt;  /* open now */
};
const struct sl_content_counters *sl_content_counters(const struct sl_content *content);

#endif
