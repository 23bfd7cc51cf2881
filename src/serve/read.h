/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read: what one connection wants of a block. Several may want the same one; each makes its own
 * records of it.
 *
 *     begun ──► in its block's readers ──► in worker->wait_frames ──► sealed ──► given back
 *       └── the block is there already ──────────────▲
 *
 * A connection that goes, or is reset, leaves its block to the others.
 */
#ifndef SL_SERVE_READ_H
#define SL_SERVE_READ_H

#include "serve/block.h"
#include "serve/fifo.h"
#include "serve/session.h"

enum sl_read_kind {
	SL_READ_FRESH, /* new bytes: the records of range were cut for it */
	SL_READ_AGAIN, /* the lost range, with the whole records that cover it */
};

struct sl_read {
	struct sl_tcp_conn conn;
	uint32_t block_idx;
	struct sl_fifo_link waiting;
	uint32_t record_idx; /* FRESH: of the log, the one that holds range.start_seq */
	uint8_t kind;        /* enum sl_read_kind */
	struct sl_tcp_range range;
	uint64_t begun_ns;
};

/* What a read is about: bytes of the file, and of the stream they will be. */
struct sl_read_order {
	enum sl_read_kind kind;
	uint32_t object_idx, len_bytes, record_idx;
	uint64_t off_bytes;
	struct sl_tcp_range range;
};

/* Where bytes come from: a block that has them, or will, or one of its own. */
struct sl_read_source {
	uint32_t block_idx; /* SL_NONE: they have to be read, ... */
	bool wide;          /* ... and with them what lies around them */
	uint32_t max_bytes; /* so many from there on */
	uint32_t lane_idx;  /* of the disk: whose read that is, if there is no block */
};

/* The source of an object's bytes at off_bytes, least_bytes of them at least. */
struct sl_read_source sl_read_find(const struct sl_worker *worker, uint32_t object_idx,
				   uint64_t off_bytes, uint32_t least_bytes);

/* Whether sl_read_begin may be called: there is a read, and for a block of its own a buffer. */
bool sl_read_may_begin(const struct sl_worker *worker, const struct sl_read_source *source);

/* Begins a read of conn's, whose order the source can fill. Returns its index, for the session to
 * keep; it goes on by itself, not before the caller is done. */
uint32_t sl_read_begin(struct sl_worker *worker, struct sl_tcp_conn conn,
		       const struct sl_read_order *order, const struct sl_read_source *source);

/* As sl_block_bytes. */
const uint8_t *sl_read_bytes(struct sl_worker *worker, uint32_t read_idx, uint64_t off_bytes,
			     uint32_t len_bytes);

/* It is over, whatever it waited for. */
void sl_read_give(struct sl_worker *worker, uint32_t read_idx);

#endif
