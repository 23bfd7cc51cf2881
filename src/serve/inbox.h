/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inbox: what a client has sent and nobody has dealt with yet. One of a pool, held only while
 * something is in it, so that an idle connection costs none. There are small ones, enough for what
 * nearly everybody sends, and a few large ones: what outgrows a small one moves to a large one.
 *
 *     ├── plain ────────────────┼── wire ──────────────────┼── room ──────────┤
 *       requests not answered     records not opened         = window offered
 *
 * Plain HTTP has no wire part: bytes are plain as they come.
 */
#ifndef SL_SERVE_INBOX_H
#define SL_SERVE_INBOX_H

#include "serve/session.h"

/* Appends to the wire part (TLS) or the plain part; returns how much was taken: less than len_bytes
 * if the inbox is full, or if none is free that is large enough; 0 if none is free at all. */
uint32_t sl_inbox_put(struct sl_worker *worker, struct sl_session *session, const uint8_t *data,
		      uint32_t len_bytes);

/* Start of the plain part; the wire part is plain_bytes further. The session holds an inbox. Good
 * until the next put. */
uint8_t *sl_inbox_of(struct sl_worker *worker, const struct sl_session *session);
uint32_t sl_inbox_room(const struct sl_session *session);

/* The first len_bytes of the plain part are done with. */
void sl_inbox_consume(struct sl_worker *worker, struct sl_session *session, uint32_t len_bytes);

/* The first record_bytes of the wire part are done with; plain_bytes of them, at plain, become
 * plain. */
void sl_inbox_opened(struct sl_worker *worker, struct sl_session *session, uint32_t record_bytes,
		     const uint8_t *plain, uint32_t plain_bytes);

/* Everything is done with. */
void sl_inbox_clear(struct sl_worker *worker, struct sl_session *session);

#endif
