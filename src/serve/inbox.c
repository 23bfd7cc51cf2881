/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/inbox.h"

#include <string.h>

#include "base/bug.h"
#include "serve/state.h"

uint8_t *sl_inbox_of(struct sl_worker *worker, const struct sl_session *session)
{
	BUG_ON(session->inbox_idx == SL_NONE);
	return worker->inboxes + (size_t)session->inbox_idx * SL_INBOX_BYTES;
}

uint32_t sl_inbox_room(const struct sl_session *session)
{
	return SL_INBOX_BYTES - session->plain_bytes - session->wire_bytes;
}

uint32_t sl_inbox_put(struct sl_worker *worker, struct sl_session *session, const uint8_t *data,
		      uint32_t len_bytes)
{
	uint32_t room_bytes = sl_inbox_room(session);

	if (session->inbox_idx == SL_NONE &&
	    !sl_pool_take(&worker->inbox_pool, &session->inbox_idx)) {
		worker->stats->rx_inbox_full++;
		return 0;
	}
	if (len_bytes > room_bytes)
		len_bytes = room_bytes;
	memcpy(sl_inbox_of(worker, session) + SL_INBOX_BYTES - room_bytes, data, len_bytes);
	if (session->tls)
		session->wire_bytes += len_bytes;
	else
		session->plain_bytes += len_bytes;
	return len_bytes;
}

static void release_if_empty(struct sl_worker *worker, struct sl_session *session)
{
	if (session->inbox_idx == SL_NONE || session->plain_bytes + session->wire_bytes > 0)
		return;
	sl_pool_give(&worker->inbox_pool, session->inbox_idx);
	session->inbox_idx = SL_NONE;
}

void sl_inbox_consume(struct sl_worker *worker, struct sl_session *session, uint32_t len_bytes)
{
	uint8_t *data;

	BUG_ON(len_bytes > session->plain_bytes);
	if (len_bytes == 0)
		return;
	data = sl_inbox_of(worker, session);
	memmove(data, data + len_bytes, session->plain_bytes + session->wire_bytes - len_bytes);
	session->plain_bytes -= len_bytes;
	release_if_empty(worker, session);
}

void sl_inbox_opened(struct sl_worker *worker, struct sl_session *session, uint32_t record_bytes,
		     const uint8_t *plain, uint32_t plain_bytes)
{
	uint8_t *wire = sl_inbox_of(worker, session) + session->plain_bytes;

	BUG_ON(record_bytes > session->wire_bytes);
	BUG_ON(plain_bytes > record_bytes);
	if (plain_bytes > 0)
		memmove(wire, plain, plain_bytes);
	memmove(wire + plain_bytes, wire + record_bytes, session->wire_bytes - record_bytes);
	session->plain_bytes += plain_bytes;
	session->wire_bytes -= record_bytes;
	release_if_empty(worker, session);
}

void sl_inbox_clear(struct sl_worker *worker, struct sl_session *session)
{
	session->plain_bytes = 0;
	session->wire_bytes = 0;
	release_if_empty(worker, session);
}
