/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/inbox.h"

#include <string.h>

#include "base/bug.h"
#include "base/minmax.h"
#include "serve/state.h"

/* Of session->inbox_idx: the rest is an index among the large ones. */
#define LARGE (UINT32_C(1) << 31)

static bool is_large(uint32_t inbox_idx)
{
	return inbox_idx & LARGE;
}

static uint8_t *memory_of(struct sl_worker *worker, uint32_t inbox_idx)
{
	BUG_ON(inbox_idx == SL_NONE);
	if (is_large(inbox_idx))
		return worker->inboxes_large + (size_t)(inbox_idx & ~LARGE) * SL_INBOX_BYTES;
	return worker->inboxes + (size_t)inbox_idx * SL_INBOX_SMALL_BYTES;
}

uint8_t *sl_inbox_of(struct sl_worker *worker, const struct sl_session *session)
{
	return memory_of(worker, session->inbox_idx);
}

uint32_t sl_inbox_room(const struct sl_session *session)
{
	return SL_INBOX_BYTES - session->plain_bytes - session->wire_bytes;
}

static bool take(struct sl_worker *worker, uint32_t bytes, uint32_t *inbox_idx)
{
	if (bytes <= SL_INBOX_SMALL_BYTES && sl_pool_take(&worker->inbox_pool, inbox_idx))
		return true;
	if (!sl_pool_take(&worker->inbox_large_pool, inbox_idx))
		return false;
	*inbox_idx |= LARGE;
	return true;
}

static void give(struct sl_worker *worker, uint32_t inbox_idx)
{
	if (is_large(inbox_idx))
		sl_pool_give(&worker->inbox_large_pool, inbox_idx & ~LARGE);
	else
		sl_pool_give(&worker->inbox_pool, inbox_idx);
}

/* Of held_bytes + more_bytes, how many the session's inbox can hold, after it has moved if need be
 * and a larger one is free. */
static uint32_t make_room(struct sl_worker *worker, struct sl_session *session, uint32_t held_bytes,
			  uint32_t more_bytes)
{
	uint32_t wanted_bytes = held_bytes + more_bytes, large_idx;

	if (session->inbox_idx == SL_NONE && !take(worker, wanted_bytes, &session->inbox_idx) &&
	    !sl_pool_take(&worker->inbox_pool, &session->inbox_idx))
		return 0;
	if (is_large(session->inbox_idx) || wanted_bytes <= SL_INBOX_SMALL_BYTES)
		return wanted_bytes;
	if (held_bytes == 0 || !take(worker, wanted_bytes, &large_idx))
		return SL_INBOX_SMALL_BYTES;
	memcpy(memory_of(worker, large_idx), sl_inbox_of(worker, session), held_bytes);
	give(worker, session->inbox_idx);
	session->inbox_idx = large_idx;
	return wanted_bytes;
}

uint32_t sl_inbox_put(struct sl_worker *worker, struct sl_session *session, const uint8_t *data,
		      uint32_t len_bytes)
{
	uint32_t held_bytes = session->plain_bytes + session->wire_bytes, room_bytes;

	len_bytes = min_u32(len_bytes, sl_inbox_room(session));
	room_bytes = make_room(worker, session, held_bytes, len_bytes);
	if (room_bytes < held_bytes + len_bytes) {
		worker->stats->rx_inbox_full++;
		len_bytes = room_bytes - min_u32(room_bytes, held_bytes);
	}
	if (len_bytes == 0)
		return 0;
	memcpy(sl_inbox_of(worker, session) + held_bytes, data, len_bytes);
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
	give(worker, session->inbox_idx);
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
