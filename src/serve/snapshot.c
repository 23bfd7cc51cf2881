/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/snapshot.h"

#include <unistd.h>

#include "base/bug.h"
#include "serve/state.h"

static void add_one(int fd)
{
	uint64_t one = 1;
	ssize_t put;

	if (fd < 0)
		return;
	put = write(fd, &one, sizeof(one));
	(void)put; /* it can only fail if the counter is full, and then its reader wakes anyway */
}

/* ---- Main thread --------------------------------------------------------------------- */

enum sl_snapshot_state sl_snapshot_state(const struct sl_worker *worker)
{
	return atomic_load_explicit(&worker->snapshot.state, memory_order_acquire);
}

bool sl_snapshot_ask(struct sl_worker *worker, uint32_t from_idx, int answer_fd)
{
	enum sl_snapshot_state ready = SL_SNAPSHOT_READY;
	struct sl_snapshot *snapshot = &worker->snapshot;

	BUG_ON(sl_snapshot_state(worker) == SL_SNAPSHOT_ASKED);
	if (sl_snapshot_state(worker) == SL_SNAPSHOT_ENDED)
		return false;
	snapshot->next_idx = from_idx;
	snapshot->answer_fd = answer_fd;
	if (!atomic_compare_exchange_strong_explicit(&snapshot->state, &ready, SL_SNAPSHOT_ASKED,
						     memory_order_release, memory_order_relaxed))
		return false;
	add_one(worker->wake_fd);
	return true;
}

const struct sl_snapshot *sl_snapshot_rows(const struct sl_worker *worker)
{
	BUG_ON(sl_snapshot_state(worker) != SL_SNAPSHOT_READY);
	return &worker->snapshot;
}

/* ---- Worker -------------------------------------------------------------------------- */

static enum sl_snapshot_doing doing(const struct sl_session *session)
{
	switch ((enum sl_session_phase)session->phase) {
	case SL_SESSION_FREE:
		return SL_DOING_OPENING;
	case SL_SESSION_HANDSHAKE:
		return SL_DOING_HANDSHAKE;
	case SL_SESSION_CLOSING:
	case SL_SESSION_ABORTED:
		return SL_DOING_CLOSING;
	case SL_SESSION_OPEN:
		break;
	}
	if (session->waits_content)
		return SL_DOING_LOOKUP;
	if (session->out_head_idx != SL_NONE || session->log.head_idx != SL_RECORD_NONE ||
	    session->fresh_idx != SL_NONE)
		return SL_DOING_RESPONSE;
	return session->inbox_idx != SL_NONE ? SL_DOING_REQUEST : SL_DOING_IDLE;
}

/* A head and a range of a file; rarely more. */
static uint64_t left_bytes(const struct sl_worker *worker, const struct sl_session *session)
{
	uint64_t bytes = 0;

	if (session->phase == SL_SESSION_FREE)
		return 0;
	for (uint32_t idx = session->out_head_idx; idx != SL_NONE;
	     idx = worker->nodes[idx].next_idx)
		bytes += worker->nodes[idx].piece.len_bytes;
	return bytes;
}

static void fill_row(const struct sl_worker *worker, uint32_t conn_idx, struct sl_snapshot_row *row)
{
	const struct sl_session *session = &worker->sessions[conn_idx];

	row->conn_idx = conn_idx;
	sl_tcp_info(worker->tcp, (struct sl_tcp_conn){ conn_idx }, &row->tcp);
	row->doing = doing(session);
	row->tls = worker->config->listeners[row->tcp.listener_idx].tls;
	row->left_bytes = left_bytes(worker, session);
}

void sl_snapshot_fill(struct sl_worker *worker)
{
	struct sl_snapshot *snapshot = &worker->snapshot;
	uint32_t conns_max = worker->config->conns_max;
	uint32_t idx = snapshot->next_idx;

	snapshot->row_cnt = 0;
	for (uint32_t looks = 0;
	     idx < conns_max && looks < SL_SNAPSHOT_LOOKS && snapshot->row_cnt < SL_SNAPSHOT_ROWS;
	     looks++, idx++) {
		if (sl_tcp_state(worker->tcp, (struct sl_tcp_conn){ idx }) != SL_TCP_CLOSED)
			fill_row(worker, idx, &snapshot->rows[snapshot->row_cnt++]);
	}
	snapshot->next_idx = idx < conns_max ? idx : SL_SNAPSHOT_END;
	atomic_store_explicit(&snapshot->state, SL_SNAPSHOT_READY, memory_order_release);
	add_one(snapshot->answer_fd);
}

void sl_snapshot_end(struct sl_worker *worker)
{
	struct sl_snapshot *snapshot = &worker->snapshot;

	if (atomic_exchange_explicit(&snapshot->state, SL_SNAPSHOT_ENDED, memory_order_acq_rel) ==
	    SL_SNAPSHOT_ASKED)
		add_one(snapshot->answer_fd);
}
