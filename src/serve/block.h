/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block: what a disk buffer holds, for as many connections as want it. One for each buffer, under
 * its index, so that the disk's cookie is all it takes to go on.
 *
 *       ┌──────────────── nobody will want it ───────────────┐
 *       ▼                                                    │
 *     FREE ──read──► AT_DISK ──back──► HELD ──last one gone──┴──► KEPT
 *     (LIFO)           │ ▲              │ ▲                        │ │
 *       ▲              └─┘ joined       └─┘ joined ◄──wanted again─┘ │
 *       └────────────────────────── longest kept, and no other is free
 *
 * Whoever wants bytes that are here, or on their way here, has them without a read of its own. What
 * bytes are the same is said by the object's version, which names one opening of one file for ever:
 * what a name leads to may change, what it led to does not.
 *
 * A block that is KEPT is a free buffer like the others, only the last to be taken, so this is no
 * cache: it has no memory of its own. It needs no reference to its object either: once that is
 * closed, nobody asks for its version again.
 */
#ifndef SL_SERVE_BLOCK_H
#define SL_SERVE_BLOCK_H

#include "disk/disk.h"
#include "serve/fifo.h"
#include "serve/session.h"

enum sl_block_state {
	SL_BLOCK_FREE,
	SL_BLOCK_AT_DISK, /* with a reference to its object */
	SL_BLOCK_HELD,
	SL_BLOCK_KEPT,
};

struct sl_block {
	uint64_t version; /* 0: not to be found */
	uint64_t span_off_bytes, want_off_bytes, want_end_bytes;
	uint32_t span_bytes; /* asked for; a multiple of the object's alignment */
	uint32_t done_bytes; /* got */
	uint32_t object_idx;
	uint32_t reader_cnt;
	uint32_t next_idx;        /* of the same bucket, if it has a version */
	struct sl_fifo_link link; /* KEPT: in blocks->kept */
	uint64_t kept_ns;         /* KEPT: since when */
	struct sl_fifo readers;   /* AT_DISK: reads that wait for it */
	uint8_t state;            /* enum sl_block_state */
	bool wide, retried;
};

struct sl_blocks {
	struct sl_block *blocks; /* one a disk buffer */
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t kept_cnt;
	struct sl_fifo kept;       /* the longest first */
	uint64_t crowded_until_ns; /* none more is kept, but instead of another */
};

struct sl_read;

/* reads: element 0 of those that may wait for a block. Errors: -ENOMEM. Setup only. */
int sl_blocks_init(struct sl_blocks *blocks, uint32_t buffer_cnt, struct sl_read *reads);
void sl_blocks_fini(struct sl_blocks *blocks);

/* Buffers that may be taken. */
uint32_t sl_blocks_free(const struct sl_worker *worker);

/* Whether a block that is read now might be kept: there is a free buffer, or one whose bytes nobody
 * has wanted for a while. */
bool sl_blocks_room(const struct sl_worker *worker);

/* The block that has or will have [off_bytes, off_bytes + len_bytes) of the object, or SL_NONE. */
uint32_t sl_block_find(const struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes,
		       uint32_t len_bytes);

/* How many bytes it has, or will have, from off_bytes on. */
uint32_t sl_block_left(const struct sl_worker *worker, uint32_t block_idx, uint64_t off_bytes);

/* Most bytes from off_bytes on that a block of its own could hold; wide: with what lies around them
 * up to the next multiples of SL_BUFFER_BYTES, so that blocks of several connections coincide. */
uint32_t sl_block_max(const struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes,
		      bool wide);

/* Takes a buffer, of which there is one, and starts to read [off_bytes, off_bytes + len_bytes) into
 * it, len_bytes in [1, sl_block_max]. Its first reader joins next. */
uint32_t sl_block_read(struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes,
		       uint32_t len_bytes, bool wide);

/* One more reader, which wants [off_bytes, off_bytes + len_bytes), and one less. */
void sl_block_join(struct sl_worker *worker, uint32_t block_idx, uint64_t off_bytes,
		   uint32_t len_bytes);
void sl_block_leave(struct sl_worker *worker, uint32_t block_idx);

/* The disk is done with it: AT_DISK → HELD, and the readers are the caller's to go on with. False:
 * it failed for many, or for bytes that nobody needs, and is tried once more. */
bool sl_block_back(struct sl_worker *worker, uint32_t block_idx, const struct sl_disk_event *event);

/* Where the file's [off_bytes, off_bytes + len_bytes) lie in the block, HELD; NULL if the read did
 * not get them (the file has shrunk). */
const uint8_t *sl_block_bytes(struct sl_worker *worker, uint32_t block_idx, uint64_t off_bytes,
			      uint32_t len_bytes);

/* Every buffer is in one state, and so are all that are connected with it: a BUG if not. For the
 * simulation. */
void sl_blocks_check(const struct sl_worker *worker);

#endif
