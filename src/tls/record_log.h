/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Record log: what the outgoing stream consists of, from the oldest byte not acked to the newest
 * one reserved. It is what makes retransmission possible without send buffers: for any sequence
 * range it says which bytes of memory or of which file they were made from, under which record
 * number, and with which tag they must come out again.
 *
 *    snd_una                                                            snd_res
 *   ───┼────────┬──────────────┬──────────────┬──────────────┬────────────┼──►
 *      │ memory │ file, rec 7  │ file, rec 8  │ file, rec 9  │ memory     │
 *      head                                                   tail
 *
 * Memory entries hold bytes as they go on the wire (sealed already, if the connection is TLS). File
 * entries are made again from the file. Entries come from one pool a worker; a connection holds two
 * indices.
 */
#ifndef SL_TLS_RECORD_LOG_H
#define SL_TLS_RECORD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bug.h"
#include "base/limits.h"
#include "base/pool.h"

#define SL_RECORD_NONE UINT32_MAX

enum sl_record_kind {
	SL_RECORD_MEMORY,      /* wire bytes in a chunk */
	SL_RECORD_FILE,        /* file bytes as they are: plain HTTP */
	SL_RECORD_FILE_SEALED, /* file bytes in one TLS record */
};

struct sl_record {
	uint64_t start_seq;   /* extended */
	uint64_t off_bytes;   /* in the chunk or the file */
	uint64_t record_no;   /* FILE_SEALED */
	uint32_t wire_bytes;  /* of the stream, overhead included */
	uint32_t plain_bytes; /* of the file */
	uint32_t source_idx;  /* chunk, or content's object */
	uint32_t next_idx;    /* SL_RECORD_NONE: the newest */
	uint8_t kind;
	bool has_tag;        /* sealed once already: tag must come out again */
	bool last_of_source; /* MEMORY: the chunk is done with when this entry is */
	uint8_t reserved[5];
	uint8_t tag[SL_RECORD_TAG_BYTES];
};
_Static_assert(sizeof(struct sl_record) == 64, "one cache line");

struct sl_record_pool {
	struct sl_pool pool;
	struct sl_record *records;
};

struct sl_record_log {               /* one a connection */
	uint32_t head_idx, tail_idx; /* SL_RECORD_NONE: empty */
};

/* Errors: -ENOMEM. Setup only. */
int sl_record_pool_init(struct sl_record_pool *pool, uint32_t total_cnt);
void sl_record_pool_fini(struct sl_record_pool *pool);

void sl_record_log_init(struct sl_record_log *log);

/* Appends an entry, all fields but start_seq, wire_bytes and kind zero, or NULL if the pool is
 * spent. start_seq is where the newest one ends (or anything, if the log is empty). The pointer is
 * good until the entry is dropped. */
struct sl_record *sl_record_append(struct sl_record_pool *pool, struct sl_record_log *log,
				   enum sl_record_kind kind, uint64_t start_seq,
				   uint32_t wire_bytes);

/* Entry record_idx, which is in some log: tail_idx is the newest one's, good until it is dropped.
 */
static inline struct sl_record *sl_record_at(const struct sl_record_pool *pool, uint32_t record_idx)
{
	BUG_ON_HOT(record_idx >= pool->pool.total_cnt);
	return &pool->records[record_idx];
}

/* The entry that holds seq, or NULL (acked already, or not reserved yet). Searches from the oldest:
 * what is lost is near the head. */
struct sl_record *sl_record_find(struct sl_record_pool *pool, const struct sl_record_log *log,
				 uint64_t seq);
struct sl_record *sl_record_next(struct sl_record_pool *pool, const struct sl_record *record);

/* Takes off the oldest entry if it ends at or before acked_seq and copies it to *gone, so that the
 * caller can let go of its source. Call until false. */
bool sl_record_drop(struct sl_record_pool *pool, struct sl_record_log *log, uint64_t acked_seq,
		    struct sl_record *gone);

#endif
