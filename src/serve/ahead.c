/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/ahead.h"

#include "base/prefetch.h"
#include "serve/state.h"

static void expect_record(const struct sl_worker *worker, uint32_t record_idx)
{
	if (record_idx != SL_RECORD_NONE)
		sl_prefetch(sl_record_at(&worker->records, record_idx));
}

void sl_ahead_session(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	sl_prefetch_lines(sl_session_of(worker, conn), sizeof(struct sl_session));
}

void sl_ahead_conn(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	sl_ahead_session(worker, conn);
	sl_tcp_expect(worker->tcp, conn);
}

void sl_ahead_cut(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	const struct sl_session *session = sl_session_of(worker, conn);

	if (session->out_head_idx != SL_NONE)
		sl_prefetch(&worker->nodes[session->out_head_idx]);
	expect_record(worker, session->log.tail_idx);
}

void sl_ahead_acked(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	sl_tcp_expect_ack(worker->tcp, conn);
	expect_record(worker, sl_session_of(worker, conn)->log.head_idx);
}

void sl_ahead_block(struct sl_worker *worker, uint32_t block_idx)
{
	uint32_t read_idx = worker->blocks.blocks[block_idx].readers.head_idx;

	if (read_idx != SL_NONE)
		sl_ahead_read(worker, read_idx);
}

void sl_ahead_block_send(struct sl_worker *worker, uint32_t block_idx)
{
	uint32_t read_idx = worker->blocks.blocks[block_idx].readers.head_idx;

	if (read_idx != SL_NONE)
		sl_ahead_send(worker, read_idx);
}

void sl_ahead_read(struct sl_worker *worker, uint32_t read_idx)
{
	const struct sl_read *read = &worker->reads[read_idx];

	sl_ahead_conn(worker, read->conn);
	if (read->kind == SL_READ_FRESH)
		expect_record(worker, read->record_idx);
}

void sl_ahead_send(struct sl_worker *worker, uint32_t read_idx)
{
	struct sl_tcp_conn conn = worker->reads[read_idx].conn;
	const struct sl_session *session = sl_session_of(worker, conn);

	sl_tcp_expect_send(worker->tcp, conn);
	sl_ahead_cut(worker, conn);
	if (session->has_keys)
		sl_prefetch_lines(sl_table_of(worker, session), worker->table_bytes);
}
