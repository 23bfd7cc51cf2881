/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer: from the request at the front of the inbox to pieces in the outbox. A request whose file
 * has to be looked up stays in the inbox until the look-up is answered, then is read once more:
 * nothing of it is kept elsewhere.
 */
#ifndef SL_SERVE_ANSWER_H
#define SL_SERVE_ANSWER_H

#include "serve/session.h"

/* Answers one request if there is a whole one (or an error for what never will be one). True: it
 * did something, and may be called again when the outbox is empty; false: more bytes, a look-up or
 * memory for an answer are awaited. */
bool sl_answer_next(struct sl_worker *worker, struct sl_tcp_conn conn);

/* True if a request, whole or not, is there whose answer would find no memory: its session waits
 * for its turn at the pump. */
bool sl_answer_waits(const struct sl_worker *worker, const struct sl_session *session);

/* The look-up for the request at the front ended; takes over the reference to the object. If memory
 * for the answer is short by now the request stays where it is, to be looked up once more. */
void sl_answer_found(struct sl_worker *worker, struct sl_tcp_conn conn, int error,
		     uint32_t object_idx);

#endif
