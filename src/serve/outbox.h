/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Outbox: the pieces a session has yet to send, oldest first, and the chunks that hold those made
 * in memory. A chunk has room for a record's header and explicit nonce before its bytes and for
 * type and tag behind them, whatever of these a connection's records have, so that it is sealed in
 * place:
 *
 *   chunk │ 5 + 8 │ bytes, [1, SL_CHUNK_PLAIN_BYTES] │ 1 + 16 │
 */
#ifndef SL_SERVE_OUTBOX_H
#define SL_SERVE_OUTBOX_H

#include "serve/session.h"

enum {
	SL_CHUNK_PLAIN_OFF = SL_RECORD_HEADER_BYTES + SL_RECORD_EXPLICIT_BYTES,
	SL_CHUNK_PLAIN_BYTES = SL_CHUNK_BYTES - SL_CHUNK_PLAIN_OFF - 1 - SL_RECORD_TAG_BYTES,
};

struct sl_outbox_node {
	struct sl_piece piece;
	uint32_t next_idx;
	bool begun; /* part of it is on its way: nothing may come before it any more */
};

/* True if an answer, a head and a file, finds no place now: what is asked for has to wait. */
bool sl_outbox_is_short(const struct sl_worker *worker);

/* Memory for bytes to come: up to SL_CHUNK_PLAIN_BYTES at *data; then sl_outbox_add_chunk. NULL if
 * no chunk or no node is left: the caller aborts the connection. One at a time. */
uint8_t *sl_outbox_chunk(struct sl_worker *worker, uint32_t *chunk_idx);

/* record_type 0: bytes for the wire as they are; else a TLS content type: sealed when their turn
 * comes. */
void sl_outbox_add_chunk(struct sl_worker *worker, struct sl_session *session, uint32_t chunk_idx,
			 uint32_t len_bytes, uint8_t record_type);
/* The same, before all others: front is not begun. */
void sl_outbox_add_chunk_first(struct sl_worker *worker, struct sl_session *session,
			       uint32_t chunk_idx, uint32_t len_bytes, uint8_t record_type);
void sl_outbox_give_chunk(struct sl_worker *worker, uint32_t chunk_idx);

/* A range of an object; takes over the caller's reference. False if no node is left: the caller
 * still has the reference. */
bool sl_outbox_add_file(struct sl_worker *worker, struct sl_session *session, uint32_t object_idx,
			uint64_t off_bytes, uint64_t len_bytes);

/* The piece whose turn it is, or NULL. */
struct sl_outbox_node *sl_outbox_front(struct sl_worker *worker, struct sl_session *session);

/* The piece whose turn it is, from memory and not begun, keeps its first max_bytes; a new one
 * behind it, in a chunk of its own, gets the rest. False if there is no memory for it. */
bool sl_outbox_split(struct sl_worker *worker, struct sl_session *session, uint32_t max_bytes);

/* Takes it off; its chunk or reference is the caller's. */
void sl_outbox_pop(struct sl_worker *worker, struct sl_session *session);

/* The same of a file, with its reference: all of it has been cut. */
void sl_outbox_pop_file(struct sl_worker *worker, struct sl_session *session);

/* Drops all, with chunks and references. */
void sl_outbox_clear(struct sl_worker *worker, struct sl_session *session);

#endif
