/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/pump.h"

#include "base/bug.h"
#include "base/mutant.h"
#include "serve/ahead.h"
#include "serve/answer.h"
#include "serve/burst.h"
#include "serve/handshakes.h"
#include "serve/state.h"
#include "tls/control.h"
#include "tls/seal.h"

static void give_read(struct sl_worker *worker, uint32_t *read_idx)
{
	if (*read_idx == SL_NONE)
		return;
	sl_read_give(worker, *read_idx);
	*read_idx = SL_NONE;
}

void sl_pump_abort(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	give_read(worker, &session->fresh_idx);
	give_read(worker, &session->again_idx);
	sl_handshakes_leave(worker, session);
	session->phase = SL_SESSION_ABORTED;
	sl_tcp_abort(worker->tcp, conn, worker->now_ns);
}

/* Seals a memory piece where it lies; from then on it is bytes for the wire like any other. */
static void seal_piece(struct sl_worker *worker, struct sl_session *session, struct sl_piece *piece)
{
	struct sl_tls_keys *keys = &session->server;
	uint32_t start_off = SL_CHUNK_PLAIN_OFF - sl_seal_front_bytes(keys);
	uint8_t *chunk = sl_chunk_of(worker, piece->idx);
	uint8_t tag[SL_RECORD_TAG_BYTES];

	BUG_ON(piece->off_bytes != SL_CHUNK_PLAIN_OFF);
	BUG_ON(start_off + sl_seal_wire_bytes(keys, (uint32_t)piece->len_bytes) > SL_CHUNK_BYTES);
	sl_seal_record(worker->aead, sl_table_of(worker, session), keys, keys->record_no++,
		       (enum sl_content_type)piece->record_type, chunk + SL_CHUNK_PLAIN_OFF,
		       (uint32_t)piece->len_bytes, chunk + start_off, tag);
	worker->stats->records_sealed++;
	piece->record_type = 0;
	piece->off_bytes = start_off;
	piece->len_bytes = sl_seal_wire_bytes(keys, (uint32_t)piece->len_bytes);
}

/* Sends as much of a memory piece as the window allows; its chunk is kept until the last byte is
 * acked. */
static enum sl_pump_step send_memory(struct sl_worker *worker, struct sl_tcp_conn conn,
				     struct sl_outbox_node *node, uint32_t window_bytes)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct sl_piece *piece = &node->piece;
	uint64_t seq = sl_tcp_stream_seq(worker->tcp, conn);
	struct sl_record *record;
	struct sl_burst burst;
	uint32_t len_bytes;

	if (piece->record_type != 0) {
		if (piece->len_bytes > session->record_max_bytes &&
		    !sl_outbox_split(worker, session, session->record_max_bytes))
			return SL_PUMP_WAIT;
		seal_piece(worker, session, piece);
	}
	node->begun = true;
	len_bytes = piece->len_bytes < window_bytes ? (uint32_t)piece->len_bytes : window_bytes;
	if (!sl_burst_open(&burst, worker, conn, seq, len_bytes))
		return SL_PUMP_WAIT;
	record =
	    sl_record_append(&worker->records, &session->log, SL_RECORD_MEMORY, seq, len_bytes);
	if (!record) {
		sl_burst_drop(&burst, worker);
		return SL_PUMP_WAIT;
	}
	record->source_idx = piece->idx;
	record->off_bytes = piece->off_bytes;
	sl_burst_put(&burst, sl_chunk_of(worker, piece->idx) + piece->off_bytes, len_bytes);
	piece->off_bytes += len_bytes;
	piece->len_bytes -= len_bytes;
	if (piece->len_bytes == 0) {
		record->last_of_source = true;
		sl_outbox_pop(worker, session);
	}
	sl_tcp_reserve(worker->tcp, conn, len_bytes);
	sl_burst_send(&burst, worker, conn, session->out_head_idx == SL_NONE);
	return SL_PUMP_MORE;
}

/*
 * The peer asked for new keys, or these have sealed all they may (RFC 8446, 5.5). Records in flight
 * keep the keys they were sealed with, so the change waits until there are none: it happens once in
 * 2^24 records or on a tester's whim, and a round trip of silence is cheaper than keeping two sets
 * of keys for every connection.
 */
static enum sl_pump_step rekey(struct sl_worker *worker, struct sl_session *session)
{
	uint32_t chunk_idx;
	uint8_t *data;

	if (session->log.head_idx != SL_RECORD_NONE)
		return SL_PUMP_IDLE;
	data = sl_outbox_chunk(worker, &chunk_idx);
	if (!data)
		return SL_PUMP_WAIT;
	sl_control_encode_key_update(data);
	sl_outbox_add_chunk_first(worker, session, chunk_idx, SL_KEY_UPDATE_BYTES,
				  SL_TLS_HANDSHAKE);
	seal_piece(worker, session, &sl_outbox_front(worker, session)->piece);
	sl_tls_keys_update(&session->server, worker->aead, sl_table_of(worker, session));
	session->rekey_asked = false;
	return SL_PUMP_MORE;
}

static enum sl_pump_step send_fresh(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct sl_outbox_node *node = sl_outbox_front(worker, session);
	uint32_t window_bytes;

	/* What is read now comes before whatever is cut next. */
	if (session->fresh_idx != SL_NONE)
		return SL_PUMP_IDLE;
	if (session->has_keys && session->server.format == SL_TLS13 &&
	    sl_tls_keys_worn(&session->server))
		session->rekey_asked = true;
	if (session->rekey_asked && !(node && node->begun))
		return rekey(worker, session);
	if (!node) {
		if (session->phase == SL_SESSION_CLOSING && !session->finished) {
			session->finished = true;
			sl_tcp_close(worker->tcp, conn, worker->now_ns);
		}
		sl_tcp_app_limited(worker->tcp, conn);
		return SL_PUMP_IDLE;
	}
	window_bytes = sl_tcp_window(worker->tcp, conn);
	if (window_bytes == 0)
		return SL_PUMP_IDLE;
	if (node->piece.kind == SL_PIECE_MEMORY)
		return send_memory(worker, conn, node, window_bytes);
	return sl_fresh_cut(worker, conn, &node->piece, window_bytes);
}

enum sl_pump_step sl_pump_admit(struct sl_worker *worker, const struct sl_read_source *source)
{
	if (!sl_read_may_begin(worker, source))
		return SL_PUMP_WAIT;
	if (source->block_idx != SL_NONE || !sl_disk_lane_full(worker->disk, source->lane_idx))
		return SL_PUMP_MORE;
	worker->full_lane_idx = source->lane_idx;
	return SL_PUMP_LANE;
}

static struct sl_fifo *line_of(struct sl_worker *worker, uint32_t lane_idx)
{
	return lane_idx == SL_NO_LANE ? &worker->wait_buffer : &worker->wait_lanes[lane_idx];
}

static void leave_line(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (!session->waits_pump)
		return;
	sl_fifo_remove(line_of(worker, session->lane_idx), conn.idx);
	worker->wait_lanes_cnt -= session->lane_idx != SL_NO_LANE;
	session->waits_pump = false;
}

/* In the line for lane_idx, or that for buffers and frames (SL_NO_LANE); in one only. */
static void wait_turn(struct sl_worker *worker, struct sl_tcp_conn conn, uint32_t lane_idx)
{
	struct sl_session *session = sl_session_of(worker, conn);

	if (session->waits_pump && session->lane_idx == lane_idx)
		return;
	worker->stats->pump_waits += !session->waits_pump;
	leave_line(worker, conn);
	session->waits_pump = true;
	session->lane_idx = (uint8_t)lane_idx;
	worker->wait_lanes_cnt += lane_idx != SL_NO_LANE;
	sl_fifo_push(line_of(worker, lane_idx), conn.idx);
}

void sl_pump_run(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	enum sl_pump_step again, fresh;

	do {
		if (session->phase == SL_SESSION_ABORTED)
			return;
		again = sl_again_start(worker, conn);
		fresh = send_fresh(worker, conn);
		/* Requests wait in the inbox while an answer is on its way out of the outbox. */
		if (session->out_head_idx == SL_NONE && session->phase == SL_SESSION_OPEN) {
			sl_session_continue(worker, conn);
			if (session->out_head_idx != SL_NONE)
				fresh = SL_PUMP_MORE;
		}
		if (again == SL_PUMP_WAIT || fresh == SL_PUMP_WAIT ||
		    sl_answer_waits(worker, session)) {
			wait_turn(worker, conn, SL_NO_LANE);
			return;
		}
		if (again == SL_PUMP_LANE || fresh == SL_PUMP_LANE) {
			wait_turn(worker, conn, worker->full_lane_idx);
			return;
		}
	} while (again == SL_PUMP_MORE || (fresh == SL_PUMP_MORE && session->fresh_idx == SL_NONE));
}

/* Seals and sends what a read brought; false: frames are short. */
static bool read_send(struct sl_worker *worker, uint32_t read_idx)
{
	return worker->reads[read_idx].kind == SL_READ_FRESH ? sl_fresh_send(worker, read_idx)
							     : sl_again_send(worker, read_idx);
}

/* The block goes back first: it is the hottest one, and the connection may want it for its next
 * read. */
static void read_finish(struct sl_worker *worker, uint32_t read_idx)
{
	struct sl_tcp_conn conn = worker->reads[read_idx].conn;
	struct sl_session *session = sl_session_of(worker, conn);

	give_read(worker,
		  session->fresh_idx == read_idx ? &session->fresh_idx : &session->again_idx);
	sl_pump_run(worker, conn);
}

/* Of many who have had the same block the next are asked for. */
static void expect_reads(struct sl_worker *worker)
{
	uint32_t second_idx = worker->reads[worker->wait_frames.head_idx].waiting.next_idx;
	uint32_t third_idx;

	if (second_idx == SL_NONE)
		return;
	sl_ahead_send(worker, second_idx);
	third_idx = worker->reads[second_idx].waiting.next_idx;
	if (third_idx != SL_NONE)
		sl_ahead_read(worker, third_idx);
}

static void wake_reads(struct sl_worker *worker)
{
	uint32_t read_idx;

	while ((read_idx = worker->wait_frames.head_idx) != SL_NONE) {
		expect_reads(worker);
		if (!read_send(worker, read_idx))
			return;
		if (worker->wait_frames.head_idx == read_idx) /* and not reset instead */
			read_finish(worker, read_idx);
	}
}

void sl_pump_read_back(struct sl_worker *worker, const struct sl_disk_event *event)
{
	uint32_t block_idx = (uint32_t)event->cookie, read_idx;
	struct sl_block *block = &worker->blocks.blocks[block_idx];

	if (!sl_block_back(worker, block_idx, event))
		return;
	/* Those who came earlier and lack frames go first. */
	while ((read_idx = sl_fifo_pop(&block->readers)) != SL_NONE)
		sl_fifo_push(&worker->wait_frames, read_idx);
	wake_reads(worker);
}

/* The session of the first was asked for when it was the second. */
static void expect_waiting(struct sl_worker *worker, const struct sl_fifo *line)
{
	struct sl_tcp_conn first = { line->head_idx }, second;

	if (first.idx == SL_NONE)
		return;
	sl_ahead_cut(worker, first);
	second.idx = sl_session_of(worker, first)->waiting.next_idx;
	if (second.idx != SL_NONE)
		sl_ahead_conn(worker, second);
}

static bool may_wake(const struct sl_worker *worker)
{
	return sl_blocks_free(worker) > 0 &&
	       sl_nic_free_frames(worker->nic) >= SL_BURST_FRAMES + SL_CONTROL_FRAMES;
}

/* The first of the line goes on. False: it waits again for what all need. */
static bool wake_first(struct sl_worker *worker, struct sl_fifo *line)
{
	struct sl_tcp_conn conn = { line->head_idx };
	const struct sl_session *session = sl_session_of(worker, conn);

	leave_line(worker, conn);
	expect_waiting(worker, line);
	sl_pump_run(worker, conn);
	return !session->waits_pump || session->lane_idx != SL_NO_LANE;
}

/* Lanes come first: each has only its share to give. */
void sl_pump_wake(struct sl_worker *worker)
{
	wake_reads(worker);
	for (uint32_t i = 0; worker->wait_lanes_cnt > 0 && i < SL_DISK_LANES_MAX; i++) {
		struct sl_fifo *line = &worker->wait_lanes[i];

		while (line->head_idx != SL_NONE && !sl_disk_lane_full(worker->disk, i) &&
		       may_wake(worker))
			if (!wake_first(worker, line))
				return;
	}
	while (worker->wait_buffer.head_idx != SL_NONE && may_wake(worker))
		if (!wake_first(worker, &worker->wait_buffer))
			return; /* something else is short: next turn */
}

static void keep_most(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

void sl_pump_note_use(struct sl_worker *worker)
{
	struct sluice_worker_stats *stats = worker->stats;
	uint64_t frames_cnt = stats->frames_total - sl_nic_free_frames(worker->nic);
	uint64_t buffers_cnt = stats->buffers_total - sl_blocks_free(worker);

	keep_most(&stats->frames_used_high, frames_cnt);
	keep_most(&stats->buffers_used_high, buffers_cnt);
	keep_most(&stats->pipeline_used_high_bytes, frames_cnt * worker->chunk_bytes +
							buffers_cnt * SL_BUFFER_BYTES +
							sl_nic_staged_bytes(worker->nic));
}

static void drop_records(struct sl_worker *worker, struct sl_session *session, uint64_t acked_seq)
{
	struct sl_record gone;

	while (sl_record_drop(&worker->records, &session->log, acked_seq, &gone)) {
		if (gone.kind != SL_RECORD_MEMORY)
			sl_content_put(worker->content, gone.source_idx);
		else if (gone.last_of_source && !SL_MUTANT(CHUNK_LEAK))
			sl_outbox_give_chunk(worker, gone.source_idx);
	}
}

void sl_pump_acked(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	drop_records(worker, sl_session_of(worker, conn), sl_tcp_acked_seq(worker->tcp, conn));
}

void sl_pump_gone(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);

	give_read(worker, &session->fresh_idx);
	give_read(worker, &session->again_idx);
	leave_line(worker, conn);
	drop_records(worker, session, UINT64_MAX);
}
