/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/outbox.h"

#include <string.h>

#include "base/bug.h"
#include "serve/interest.h"
#include "serve/state.h"

bool sl_outbox_is_short(const struct sl_worker *worker)
{
	return worker->chunk_pool.free_cnt == 0 || worker->node_pool.free_cnt < 2;
}

uint8_t *sl_outbox_chunk(struct sl_worker *worker, uint32_t *chunk_idx)
{
	/* The node that will name the chunk is promised now, so that adding cannot fail. */
	if (worker->node_pool.free_cnt == 0)
		return NULL;
	if (!sl_pool_take(&worker->chunk_pool, chunk_idx))
		return NULL;
	return sl_chunk_of(worker, *chunk_idx) + SL_CHUNK_PLAIN_OFF;
}

void sl_outbox_give_chunk(struct sl_worker *worker, uint32_t chunk_idx)
{
	sl_pool_give(&worker->chunk_pool, chunk_idx);
}

static bool append(struct sl_worker *worker, struct sl_session *session,
		   const struct sl_piece *piece)
{
	uint32_t idx;

	if (!sl_pool_take(&worker->node_pool, &idx))
		return false;
	worker->nodes[idx] = (struct sl_outbox_node){ .piece = *piece, .next_idx = SL_NONE };
	if (session->out_head_idx == SL_NONE)
		session->out_head_idx = idx;
	else
		worker->nodes[session->out_tail_idx].next_idx = idx;
	session->out_tail_idx = idx;
	return true;
}

void sl_outbox_add_chunk(struct sl_worker *worker, struct sl_session *session, uint32_t chunk_idx,
			 uint32_t len_bytes, uint8_t record_type)
{
	bool added;

	BUG_ON(len_bytes == 0);
	BUG_ON(len_bytes > SL_CHUNK_PLAIN_BYTES);
	added = append(worker, session,
		       &(struct sl_piece){ .kind = SL_PIECE_MEMORY,
					   .record_type = record_type,
					   .idx = chunk_idx,
					   .off_bytes = SL_CHUNK_PLAIN_OFF,
					   .len_bytes = len_bytes });
	BUG_ON(!added);
}

bool sl_outbox_add_file(struct sl_worker *worker, struct sl_session *session, uint32_t object_idx,
			uint64_t off_bytes, uint64_t len_bytes)
{
	BUG_ON(len_bytes == 0);
	if (!append(worker, session,
		    &(struct sl_piece){ .kind = SL_PIECE_FILE,
					.idx = object_idx,
					.off_bytes = off_bytes,
					.len_bytes = len_bytes }))
		return false;
	sl_interest_begin(worker, (struct sl_tcp_conn){ (uint32_t)(session - worker->sessions) },
			  object_idx);
	return true;
}

void sl_outbox_add_chunk_first(struct sl_worker *worker, struct sl_session *session,
			       uint32_t chunk_idx, uint32_t len_bytes, uint8_t record_type)
{
	uint32_t head_idx = session->out_head_idx, tail_idx = session->out_tail_idx;

	BUG_ON(head_idx != SL_NONE && worker->nodes[head_idx].begun);
	session->out_head_idx = SL_NONE;
	sl_outbox_add_chunk(worker, session, chunk_idx, len_bytes, record_type);
	if (head_idx == SL_NONE)
		return;
	worker->nodes[session->out_head_idx].next_idx = head_idx;
	session->out_tail_idx = tail_idx;
}

struct sl_outbox_node *sl_outbox_front(struct sl_worker *worker, struct sl_session *session)
{
	return session->out_head_idx == SL_NONE ? NULL : &worker->nodes[session->out_head_idx];
}

bool sl_outbox_split(struct sl_worker *worker, struct sl_session *session, uint32_t max_bytes)
{
	struct sl_outbox_node *front = sl_outbox_front(worker, session);
	struct sl_piece rest = front->piece;
	uint32_t chunk_idx, idx;
	uint8_t *data = sl_outbox_chunk(worker, &chunk_idx);
	bool taken;

	BUG_ON(front->begun || rest.kind != SL_PIECE_MEMORY || rest.len_bytes <= max_bytes);
	if (!data)
		return false;
	rest.len_bytes -= max_bytes;
	memcpy(data, sl_chunk_of(worker, rest.idx) + rest.off_bytes + max_bytes, rest.len_bytes);
	rest.idx = chunk_idx;
	rest.off_bytes = SL_CHUNK_PLAIN_OFF;
	taken = sl_pool_take(&worker->node_pool, &idx); /* promised */
	BUG_ON(!taken);
	worker->nodes[idx] = (struct sl_outbox_node){ .piece = rest, .next_idx = front->next_idx };
	front->piece.len_bytes = max_bytes;
	if (front->next_idx == SL_NONE)
		session->out_tail_idx = idx;
	front->next_idx = idx;
	return true;
}

void sl_outbox_pop(struct sl_worker *worker, struct sl_session *session)
{
	uint32_t idx = session->out_head_idx;

	BUG_ON(idx == SL_NONE);
	session->out_head_idx = worker->nodes[idx].next_idx;
	sl_pool_give(&worker->node_pool, idx);
}

void sl_outbox_pop_file(struct sl_worker *worker, struct sl_session *session)
{
	uint32_t object_idx = sl_outbox_front(worker, session)->piece.idx;

	sl_interest_end(worker, object_idx);
	sl_content_put(worker->content, object_idx);
	sl_outbox_pop(worker, session);
}

void sl_outbox_clear(struct sl_worker *worker, struct sl_session *session)
{
	const struct sl_outbox_node *node;

	while ((node = sl_outbox_front(worker, session))) {
		const struct sl_piece *piece = &node->piece;

		if (piece->kind == SL_PIECE_FILE) {
			sl_outbox_pop_file(worker, session);
			continue;
		}
		sl_outbox_give_chunk(worker, piece->idx);
		sl_outbox_pop(worker, session);
	}
}
