/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/intake.h"

#include <string.h>

#include "base/bug.h"
#include "serve/handshakes.h"
#include "serve/inbox.h"
#include "serve/pump.h"
#include "serve/state.h"
#include "tls/control.h"
#include "tls/open.h"

/* So many records in a row may bring no data (empty ones, KeyUpdates, warnings): more is a flood,
 * and each costs us as much as one that brings a request. OpenSSL allows as many. */
enum { NOISE_MAX = 32 };

static uint8_t *wire_of(struct sl_worker *worker, const struct sl_session *session)
{
	return sl_inbox_of(worker, session) + session->plain_bytes;
}

/* Behind all that is queued; false if there is no memory for it. */
static bool queue_alert(struct sl_worker *worker, struct sl_session *session, enum sl_alert alert)
{
	uint32_t chunk_idx;
	uint8_t *data = sl_outbox_chunk(worker, &chunk_idx);

	if (!data)
		return false;
	sl_control_encode_alert(alert, data);
	sl_outbox_add_chunk(worker, session, chunk_idx, SL_ALERT_BYTES, SL_TLS_ALERT);
	return true;
}

/* A fatal alert, then the end. */
static void fail(struct sl_worker *worker, struct sl_tcp_conn conn, enum sl_alert alert)
{
	struct sl_session *session = sl_session_of(worker, conn);

	session->phase = SL_SESSION_CLOSING;
	queue_alert(worker, session, alert); /* without it, the FIN says nearly as much */
}

/* Once, and the connection goes on; who insists is up to no good. False when the connection ends
 * with it. */
static bool refuse_renegotiation(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->renegotiation_refused ||
	    !queue_alert(worker, session, SL_ALERT_NO_RENEGOTIATION)) {
		fail(worker, conn, SL_ALERT_UNEXPECTED_MESSAGE);
		return false;
	}
	session->renegotiation_refused = true;
	return true;
}

/* What OpenSSL wants sent; false if there is no memory for it. */
static bool queue_output(struct sl_worker *worker, struct sl_session *session,
			 struct sl_handshake *handshake)
{
	uint32_t chunk_idx, len_bytes;
	uint8_t *data;

	for (;;) {
		data = sl_outbox_chunk(worker, &chunk_idx);
		if (!data)
			return false;
		len_bytes = sl_handshake_output(handshake, data, SL_CHUNK_PLAIN_BYTES);
		if (len_bytes == 0) {
			sl_outbox_give_chunk(worker, chunk_idx);
			return true;
		}
		sl_outbox_add_chunk(worker, session, chunk_idx, len_bytes, 0);
	}
}

static void derive(struct sl_worker *worker, struct sl_tls_keys *keys, void *table)
{
	uint64_t record_no = keys->record_no;

	sl_tls_keys_derive(keys, worker->aead, table);
	keys->record_no = record_no;
}

/* The handshake is done: from here on both directions are ours. */
static void take_over(struct sl_worker *worker, struct sl_session *session,
		      const struct sl_handshake *handshake)
{
	sl_handshake_secrets(handshake, &session->client, &session->server);
	session->record_max_bytes = (uint16_t)sl_handshake_record_max(handshake);
	sl_handshakes_leave(worker, session);
	BUG_ON(!sl_pool_take(&worker->table_pool, &session->table_idx)); /* one a connection */
	derive(worker, &session->client, worker->open_table);
	explicit_bzero(worker->open_table, worker->table_bytes);
	derive(worker, &session->server, sl_table_of(worker, session));
	session->has_keys = true;
	session->phase = SL_SESSION_OPEN;
	session->active_ns = worker->now_ns;
	worker->stats->handshakes_done++;
}

static void step_handshake(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct sl_handshake *handshake = sl_handshakes_begin(worker, session);
	enum sl_handshake_verdict verdict;
	uint32_t used_bytes;

	if (!handshake)
		goto refuse;
	verdict = sl_handshake_step(handshake, wire_of(worker, session), session->wire_bytes,
				    &used_bytes);
	if (!queue_output(worker, session, handshake))
		goto refuse;
	if (used_bytes > 0)
		sl_inbox_opened(worker, session, used_bytes, NULL, 0);
	if (verdict == SL_HANDSHAKE_DONE) {
		take_over(worker, session, handshake);
	} else if (verdict == SL_HANDSHAKE_FAILED) {
		worker->stats->handshakes_failed++;
		sl_handshakes_leave(worker, session);
		session->phase = SL_SESSION_CLOSING;
	}
	return;
refuse:
	worker->stats->handshakes_refused++;
	sl_pump_abort(worker, conn);
}

/* A record that is not application data. False when the connection ends with it. */
static bool take_control(struct sl_worker *worker, struct sl_tcp_conn conn,
			 const struct sl_opened *opened)
{
	struct sl_session *session = sl_session_of(worker, conn);
	enum sl_alert alert = SL_ALERT_UNEXPECTED_MESSAGE;
	enum sl_control_verdict verdict = SL_CONTROL_REFUSED;

	if (opened->type == SL_TLS_HANDSHAKE)
		verdict = sl_control_handshake(opened->plain, opened->plain_bytes, &session->client,
					       worker->aead, worker->open_table, &alert);
	else if (opened->type == SL_TLS_ALERT)
		verdict =
		    sl_control_alert(&session->client, opened->plain, opened->plain_bytes, &alert);

	switch (verdict) {
	case SL_CONTROL_KEY_UPDATE_ASKED:
		session->rekey_asked = true;
		return true;
	case SL_CONTROL_CLOSED:
		session->peer_closed = true; /* what was asked for is still answered */
		return true;
	case SL_CONTROL_RENEGOTIATION:
		return refuse_renegotiation(worker, conn);
	case SL_CONTROL_KEY_UPDATE:
	case SL_CONTROL_IGNORE:
		return true;
	case SL_CONTROL_ABORTED:
		sl_pump_abort(worker, conn);
		return false;
	case SL_CONTROL_REFUSED:
		break;
	}
	fail(worker, conn, alert);
	return false;
}

static enum sl_alert alert_for(enum sl_open_verdict verdict)
{
	switch (verdict) {
	case SL_OPEN_OVERFLOW:
		return SL_ALERT_RECORD_OVERFLOW;
	case SL_OPEN_BAD_MAC:
		return SL_ALERT_BAD_RECORD_MAC;
	default:
		return SL_ALERT_UNEXPECTED_MESSAGE;
	}
}

/* Opens one record with open_table; false when there is none, or the connection ends with it. */
static bool open_one(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct sl_tls_keys *keys = &session->client;
	struct sl_opened opened;
	enum sl_open_verdict verdict =
	    sl_open_record(worker->aead, worker->open_table, keys, wire_of(worker, session),
			   session->wire_bytes, &opened);

	switch (verdict) {
	case SL_OPEN_MORE:
		return false;
	case SL_OPEN_OK:
		break;
	default:
		fail(worker, conn, alert_for(verdict));
		return false;
	}
	if (opened.type == SL_TLS_APPLICATION_DATA && opened.plain_bytes > 0) {
		session->noise_cnt = 0;
	} else if (++session->noise_cnt > NOISE_MAX) {
		fail(worker, conn, SL_ALERT_UNEXPECTED_MESSAGE);
		return false;
	}
	if (opened.type == SL_TLS_APPLICATION_DATA) {
		sl_inbox_opened(worker, session, opened.wire_bytes, opened.plain,
				opened.plain_bytes);
		return true;
	}
	if (!take_control(worker, conn, &opened))
		return false;
	sl_inbox_opened(worker, session, opened.wire_bytes, NULL, 0);
	return true;
}

void sl_intake(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->phase == SL_SESSION_HANDSHAKE && session->wire_bytes > 0)
		step_handshake(worker, conn);
	if (session->phase != SL_SESSION_OPEN || session->wire_bytes == 0)
		return;
	sl_tls_keys_expand(&session->client, worker->aead, worker->open_table);
	while (session->phase == SL_SESSION_OPEN && session->wire_bytes > 0)
		if (!open_one(worker, conn))
			break;
	explicit_bzero(worker->open_table, worker->table_bytes);
}
