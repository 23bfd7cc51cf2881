/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/session.h"

#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "serve/answer.h"
#include "serve/handshakes.h"
#include "serve/inbox.h"
#include "serve/intake.h"
#include "serve/pump.h"
#include "serve/state.h"
#include "tls/control.h"
#include "tls/seal.h"

/* Part of a request is there, and nothing to do but wait for the rest. */
static bool awaits_header(const struct sl_session *session)
{
	return session->phase == SL_SESSION_OPEN && session->inbox_idx != SL_NONE &&
	       session->out_head_idx == SL_NONE && !session->waits_content;
}

/* Who holds memory that many share has less time than who holds none. */
static uint64_t patience_ns(const struct sl_worker *worker, const struct sl_session *session)
{
	if (session->phase == SL_SESSION_HANDSHAKE || awaits_header(session))
		return worker->config->header_timeout_ns;
	return worker->config->idle_timeout_ns;
}

static void arm(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	const struct sl_session *session = sl_session_of(worker, conn);

	sl_wheel_arm(&worker->timers, conn.idx, session->active_ns + patience_ns(worker, session));
}

void sl_session_open(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t listener_idx = sl_tcp_listener(worker->tcp, conn);

	if (session->phase != SL_SESSION_FREE)
		return;
	*session = (struct sl_session){
		.tls = worker->config->listeners[listener_idx].tls,
		.inbox_idx = SL_NONE,
		.out_head_idx = SL_NONE,
		.out_tail_idx = SL_NONE,
		.fresh_idx = SL_NONE,
		.again_idx = SL_NONE,
		.place_idx = SL_NONE,
		.active_ns = worker->now_ns,
	};
	sl_record_log_init(&session->log);
	session->phase = session->tls ? SL_SESSION_HANDSHAKE : SL_SESSION_OPEN;
	arm(worker, conn);
}

static uint32_t take_greeting(struct sl_worker *worker, struct sl_tcp_conn conn,
			      const uint8_t *data, uint32_t len_bytes)
{
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t took_bytes;

	if (!sl_handshakes_open(worker, session)) {
		worker->stats->rx_inbox_full++;
		return 0;
	}
	took_bytes = sl_inbox_put(worker, session, data, len_bytes);
	if (took_bytes > 0)
		sl_handshakes_wait(worker, conn);
	return took_bytes;
}

static uint32_t take_request(struct sl_worker *worker, struct sl_tcp_conn conn, const uint8_t *data,
			     uint32_t len_bytes)
{
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t took_bytes;

	/* Its time runs from the first byte, however the others dribble in. */
	if (session->inbox_idx == SL_NONE)
		session->active_ns = worker->now_ns;
	took_bytes = sl_inbox_put(worker, session, data, len_bytes);
	if (took_bytes > 0 && !session->has_work) {
		session->has_work = true;
		sl_fifo_push(&worker->work, conn.idx);
	}
	return took_bytes;
}

uint32_t sl_session_input(struct sl_worker *worker, struct sl_tcp_conn conn, const uint8_t *data,
			  uint32_t len_bytes, uint32_t *window_bytes)
{
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t took_bytes = len_bytes;

	sl_session_open(worker, conn);
	if (session->phase == SL_SESSION_HANDSHAKE)
		took_bytes = take_greeting(worker, conn, data, len_bytes);
	else if (session->phase == SL_SESSION_OPEN)
		took_bytes = take_request(worker, conn, data, len_bytes);
	*window_bytes = sl_inbox_room(session);
	return took_bytes;
}

void sl_session_continue(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	while (session->phase == SL_SESSION_OPEN && session->out_head_idx == SL_NONE)
		if (!sl_answer_next(worker, conn))
			break;
	if (session->phase == SL_SESSION_OPEN && session->peer_closed &&
	    session->out_head_idx == SL_NONE && !session->waits_content &&
	    !sl_answer_waits(worker, session))
		sl_session_close(worker, conn);
	if (awaits_header(session))
		arm(worker, conn);
}

void sl_session_run(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->tls)
		sl_intake(worker, conn);
	sl_session_continue(worker, conn);
	if (session->phase >= SL_SESSION_CLOSING)
		sl_inbox_clear(worker, session);
	sl_pump_run(worker, conn);
	if (session->phase != SL_SESSION_ABORTED)
		sl_tcp_set_window(worker->tcp, conn, sl_inbox_room(session));
}

void sl_session_found(struct sl_worker *worker, struct sl_tcp_conn conn, int error,
		      uint32_t object_idx)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->phase == SL_SESSION_OPEN) {
		sl_answer_found(worker, conn, error, object_idx);
		sl_session_run(worker, conn);
		return;
	}
	/* It has come to an end meanwhile (a bad record behind the request): the request is gone.
	 */
	session->waits_content = false;
	if (error == 0)
		sl_content_put(worker->content, object_idx);
}

void sl_session_close(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t chunk_idx;
	uint8_t *data;

	if (session->phase >= SL_SESSION_CLOSING)
		return;
	sl_handshakes_leave(worker, session);
	session->phase = SL_SESSION_CLOSING;
	if (!session->has_keys)
		return;
	data = sl_outbox_chunk(worker, &chunk_idx);
	if (!data)
		return; /* the FIN says nearly as much */
	sl_control_encode_alert(SL_ALERT_CLOSE_NOTIFY, data);
	sl_outbox_add_chunk(worker, session, chunk_idx, SL_ALERT_BYTES, SL_TLS_ALERT);
}

void sl_session_peer_closed(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	/* Half-closed clients (shutdown after the request) still get their answer. */
	session->peer_closed = true;
	if (session->phase == SL_SESSION_HANDSHAKE)
		sl_session_close(worker, conn);
	sl_session_run(worker, conn);
}

void sl_session_acked(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->phase != SL_SESSION_HANDSHAKE)
		session->active_ns = worker->now_ns;
	sl_pump_acked(worker, conn);
	if (worker->draining)
		sl_session_drain(worker, conn); /* perhaps that was all */
}

static bool is_idle(const struct sl_session *session)
{
	return session->phase == SL_SESSION_OPEN && session->out_head_idx == SL_NONE &&
	       session->log.head_idx == SL_RECORD_NONE && session->fresh_idx == SL_NONE &&
	       !session->waits_content;
}

void sl_session_timer(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->phase == SL_SESSION_FREE || session->phase == SL_SESSION_ABORTED)
		return;
	if (worker->now_ns < session->active_ns + patience_ns(worker, session)) {
		arm(worker, conn);
		return;
	}
	worker->stats->connections_timed_out++;
	if (!is_idle(session)) {
		sl_pump_abort(worker, conn);
		return;
	}
	session->active_ns = worker->now_ns; /* and as long again to take the goodbye */
	sl_session_close(worker, conn);
	sl_session_run(worker, conn);
	arm(worker, conn);
}

void sl_session_drain(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (!is_idle(session) || session->inbox_idx != SL_NONE)
		return;
	sl_session_close(worker, conn);
	sl_session_run(worker, conn);
}

static void give_keys(struct sl_worker *worker, struct sl_session *session)
{
	if (!session->has_keys)
		return;
	explicit_bzero(sl_table_of(worker, session), worker->table_bytes);
	sl_pool_give(&worker->table_pool, session->table_idx);
	explicit_bzero(&session->client, sizeof(session->client));
	explicit_bzero(&session->server, sizeof(session->server));
}

void sl_session_gone(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->phase == SL_SESSION_FREE)
		return;
	if (session->waits_content)
		sl_content_forget(worker->content, conn.idx);
	if (session->has_work)
		sl_fifo_remove(&worker->work, conn.idx);
	sl_handshakes_leave(worker, session);
	sl_pump_gone(worker, conn);
	sl_outbox_clear(worker, session);
	sl_inbox_clear(worker, session);
	give_keys(worker, session);
	sl_wheel_arm(&worker->timers, conn.idx, SL_WHEEL_NEVER);
	session->phase = SL_SESSION_FREE;
}
