/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read: what a disk buffer that is out is for. One slot for each buffer, under the buffer's index,
 * so that the disk's cookie is all it takes to go on.
 *
 *     taken ──► at the disk ──► back ──► (waits for frames) ──► sealed ──► given back
 *
 * A read holds a reference of its own to its object: the file stays open until the read is back,
 * whatever becomes of the connection (then the read is orphaned, and only given back).
 */
#ifndef SL_SERVE_READ_H
#define SL_SERVE_READ_H

#include "disk/disk.h"
#include "serve/fifo.h"
#include "serve/session.h"

enum sl_read_kind {
	SL_READ_FRESH, /* new bytes: the records of range were cut for it */
	SL_READ_AGAIN, /* the lost range, with the whole records that cover it */
};

struct sl_read {
	struct sl_tcp_conn conn;
	uint8_t kind;
	bool orphaned;
	bool back;
	uint32_t object_idx;
	uint32_t span_bytes;         /* asked for; a multiple of the object's alignment */
	uint32_t done_bytes;         /* got */
	uint64_t span_off_bytes;     /* of the file: where the buffer starts */
	struct sl_fifo_link waiting; /* in worker->wait_frames */
	uint32_t record_idx;         /* FRESH: of the log, the one that holds range.start_seq */
	struct sl_tcp_range range;
};

/* Takes a buffer for the file bytes [off_bytes, off_bytes + len_bytes) of object and its slot,
 * widened to the object's alignment; the caller sets kind and range and calls start. False: no
 * buffer is free. The widened span fits a buffer if len_bytes ≤ sl_read_max. */
bool sl_read_take(struct sl_worker *worker, struct sl_tcp_conn conn, uint32_t object_idx,
		  uint64_t off_bytes, uint32_t len_bytes, uint32_t *read_idx);
void sl_read_start(struct sl_worker *worker, uint32_t read_idx);

/* Most bytes from off_bytes on that one buffer can hold. */
uint32_t sl_read_max(const struct sl_worker *worker, uint32_t object_idx, uint64_t off_bytes);

/* Where the file's [off_bytes, off_bytes + len_bytes) lie in the buffer; NULL if the read did not
 * get them (the file has shrunk). */
const uint8_t *sl_read_bytes(struct sl_worker *worker, uint32_t read_idx, uint64_t off_bytes,
			     uint32_t len_bytes);

/* Buffer and reference go back. */
void sl_read_give(struct sl_worker *worker, uint32_t read_idx);

#endif
