/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New bytes of a file: cut into records, read at once, sealed when the read is back.
 *
 * How much to read. A read has a price of its own (about 7 us for 16 KiB, 10 for 128 KiB), and so
 * has a record (header, tag). Answering every ACK's two segments with a read and a record of that
 * size would be the silly window syndrome over again. At high rates the pacer sees to it: it opens
 * once a millisecond. When ACKs, not the pacer, hold us back, a window that opens is left to grow
 * to a sixteenth of itself first, as long as something is in flight that will bring the next ACK.
 * A quarter would save more reads, but what waits is not in flight, and under loss it is the flight
 * that counts.
 *
 * A cut that is held back by the window ends where a packet ends: its last record is made to fit.
 *
 * A record is what leaves at once: the pacer's quantum, so a millisecond of the rate, or at low
 * rates a few segments, and a quarter of the window at most. Smaller ones would be of little use to
 * a slow client, whose packets come in a row anyway, and dear to us: each has a price in cipher,
 * log and cache misses. At the beginning it is two packets; a fast client has records of 16 KiB
 * with 0.13 % overhead.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "serve/burst.h"
#include "serve/outbox.h"
#include "serve/pump.h"
#include "serve/state.h"
#include "tls/seal.h"

enum { WINDOW_SHARE = 16, BLOCK_BYTES = 4096 };

/* What the connection's records are like now; plain bytes, and what a record adds to them. */
struct shape {
	uint32_t full_bytes, target_bytes, overhead_bytes;
};

/* The longest the peer takes, in whole blocks of the file if it takes one. */
static uint32_t record_full(const struct sl_session *session)
{
	uint32_t max_bytes = session->record_max_bytes;

	return max_bytes < BLOCK_BYTES ? max_bytes : max_bytes - max_bytes % BLOCK_BYTES;
}

static struct shape record_shape(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	const struct sl_session *session = sl_session_of(worker, conn);
	struct shape shape = { .full_bytes = SL_RECORD_PLAIN_MAX_BYTES };

	if (session->tls) {
		shape.full_bytes = record_full(session);
		shape.overhead_bytes = sl_seal_overhead_bytes(&session->server);
	}
	shape.target_bytes =
	    min_u32(sl_tcp_quantum(worker->tcp, conn) - shape.overhead_bytes, shape.full_bytes);
	return shape;
}

static bool fits(uint64_t left_bytes, uint32_t window_bytes, const struct shape *shape)
{
	uint64_t record_cnt = left_bytes / shape->target_bytes + 1;

	return left_bytes + shape->overhead_bytes * record_cnt <= window_bytes;
}

/* Of a window that is too small for what is left: a piece of a packet now would be a packet more
 * for the same bytes, and one more to lose. */
static uint32_t whole_packets(const struct sl_worker *worker, struct sl_tcp_conn conn,
			      uint32_t window_bytes)
{
	uint32_t packet_bytes = sl_tcp_payload_max(worker->tcp, conn);

	return window_bytes < packet_bytes ? window_bytes
					   : window_bytes - window_bytes % packet_bytes;
}

/* Is this window worth a read, or do we wait for more of it? */
static bool worth_it(const struct sl_worker *worker, struct sl_tcp_conn conn, uint64_t left_bytes,
		     uint32_t window_bytes, const struct shape *shape)
{
	uint32_t quantum_bytes = sl_tcp_quantum(worker->tcp, conn), out_bytes, max_bytes;
	uint32_t few_bytes = min_u32(2 * sl_tcp_payload_max(worker->tcp, conn), quantum_bytes / 2);

	if (window_bytes >= min_u32(quantum_bytes, SL_BUFFER_BYTES) ||
	    sl_tcp_probes(worker->tcp, conn))
		return true;
	sl_tcp_flight(worker->tcp, conn, &out_bytes, &max_bytes);
	if (out_bytes == 0)
		return true;
	if (fits(left_bytes, window_bytes, shape))
		return true;
	return window_bytes >=
	       min_u32(max_u32(max_bytes / WINDOW_SHARE, few_bytes), SL_BUFFER_BYTES);
}

/*
 * Plain bytes of the next record at file offset off_bytes, in room_bytes. Full-size records end
 * on multiples of their size in the file, so that after the first one they start on block
 * boundaries.
 */
static uint32_t next_record(uint64_t off_bytes, uint64_t left_bytes, uint32_t room_bytes,
			    const struct shape *shape)
{
	uint32_t plain_bytes = shape->target_bytes;

	if (plain_bytes == shape->full_bytes)
		plain_bytes -= (uint32_t)(off_bytes % shape->full_bytes);
	if (plain_bytes > left_bytes)
		plain_bytes = (uint32_t)left_bytes;
	return min_u32(plain_bytes, room_bytes);
}

struct cut {
	uint64_t start_seq;
	uint32_t plain_bytes, wire_bytes;
	uint32_t record_cnt;
	uint32_t first_idx; /* of the record log */
};

static bool append_record(struct sl_worker *worker, struct sl_session *session,
			  const struct sl_piece *piece, struct cut *cut, uint32_t plain_bytes)
{
	uint32_t wire_bytes =
	    session->tls ? sl_seal_wire_bytes(&session->server, plain_bytes) : plain_bytes;
	struct sl_record *record;

	if (session->tls && sl_tls_keys_spent(&session->server))
		return false;
	record = sl_record_append(&worker->records, &session->log,
				  session->tls ? SL_RECORD_FILE_SEALED : SL_RECORD_FILE,
				  cut->start_seq + cut->wire_bytes, wire_bytes);
	if (!record)
		return false;
	if (cut->record_cnt == 0)
		cut->first_idx = session->log.tail_idx;
	record->source_idx = piece->idx;
	record->off_bytes = piece->off_bytes + cut->plain_bytes;
	record->plain_bytes = plain_bytes;
	if (session->tls)
		record->record_no = session->server.record_no++ - SL_MUTANT(RECORD_NO);
	sl_content_hold(worker->content, piece->idx);
	cut->plain_bytes += plain_bytes;
	cut->wire_bytes += wire_bytes;
	cut->record_cnt++;
	return true;
}

/* Cuts records off the piece, as many as window and block hold. Plain HTTP has no records: one
 * entry. */
static void cut_records(struct sl_worker *worker, struct sl_session *session,
			const struct sl_piece *piece, uint32_t window_bytes, uint32_t buffer_bytes,
			const struct shape *shape, struct cut *cut)
{
	uint32_t overhead_bytes = shape->overhead_bytes;

	while (cut->plain_bytes < piece->len_bytes && cut->plain_bytes < buffer_bytes &&
	       window_bytes > cut->wire_bytes + overhead_bytes) {
		uint32_t room_bytes = min_u32(window_bytes - cut->wire_bytes - overhead_bytes,
					      buffer_bytes - cut->plain_bytes);
		uint64_t left_bytes = piece->len_bytes - cut->plain_bytes;
		uint32_t plain_bytes;

		if (session->tls)
			plain_bytes = next_record(piece->off_bytes + cut->plain_bytes, left_bytes,
						  room_bytes, shape);
		else
			plain_bytes = left_bytes < room_bytes ? (uint32_t)left_bytes : room_bytes;
		if (!append_record(worker, session, piece, cut, plain_bytes))
			return;
	}
}

/* The records are cut: their bytes are on their way, and the piece is shorter. */
static void begin_read(struct sl_worker *worker, struct sl_tcp_conn conn, struct sl_piece *piece,
		       const struct sl_read_source *source, const struct cut *cut)
{
	struct sl_session *session = sl_session_of(worker, conn);
	const struct sl_read_order order = {
		.kind = SL_READ_FRESH,
		.object_idx = piece->idx,
		.off_bytes = piece->off_bytes,
		.len_bytes = cut->plain_bytes,
		.record_idx = cut->first_idx,
		.range = { cut->start_seq, cut->start_seq + cut->wire_bytes },
	};

	sl_tcp_reserve(worker->tcp, conn, cut->wire_bytes);
	session->fresh_idx = sl_read_begin(worker, conn, &order, source);
	worker->stats->body_bytes += cut->plain_bytes;
	piece->off_bytes += cut->plain_bytes;
	piece->len_bytes -= cut->plain_bytes;
	if (piece->len_bytes == 0)
		sl_outbox_pop_file(worker, session);
}

enum sl_pump_step sl_fresh_cut(struct sl_worker *worker, struct sl_tcp_conn conn,
			       struct sl_piece *piece, uint32_t window_bytes)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct shape shape = record_shape(worker, conn);
	struct cut cut = { .start_seq = sl_tcp_stream_seq(worker->tcp, conn) };
	struct sl_read_source source;
	enum sl_pump_step admitted;

	if (session->tls && sl_tls_keys_spent(&session->server)) {
		/* It was worn long ago, but the response would not end: no padding, no short body.
		 */
		sl_pump_abort(worker, conn);
		return SL_PUMP_IDLE;
	}
	if (!worth_it(worker, conn, piece->len_bytes, window_bytes, &shape))
		return SL_PUMP_IDLE;
	if (window_bytes <= shape.overhead_bytes)
		return SL_PUMP_IDLE;
	if (!fits(piece->len_bytes, window_bytes, &shape))
		window_bytes = whole_packets(worker, conn, window_bytes);
	source = sl_read_find(worker, piece->idx, piece->off_bytes, 1);
	admitted = sl_pump_admit(worker, &source);
	if (admitted != SL_PUMP_MORE)
		return admitted;
	cut_records(worker, session, piece, min_u32(window_bytes, sl_burst_max(worker, conn)),
		    source.max_bytes, &shape, &cut);
	if (cut.record_cnt == 0)
		return SL_PUMP_WAIT; /* the record pool is spent */
	begin_read(worker, conn, piece, &source, &cut);
	return SL_PUMP_MORE;
}

/* ---- The read is back ---------------------------------------------------------------- */

/* Up to where one burst from start_seq on holds what was read: all of it, unless segments have
 * become shorter since it was cut. A sealed record goes whole. */
static uint64_t burst_end(struct sl_worker *worker, const struct sl_read *read,
			  const struct sl_record *record)
{
	uint64_t max_seq = read->range.start_seq + sl_burst_max(worker, read->conn), end_seq;

	if (read->range.end_seq <= max_seq)
		return read->range.end_seq;
	if (record->kind == SL_RECORD_FILE)
		return max_seq;
	for (end_seq = read->range.start_seq; record->start_seq + record->wire_bytes <= max_seq;
	     record = sl_record_next(&worker->records, record))
		end_seq = record->start_seq + record->wire_bytes;
	BUG_ON(end_seq == read->range.start_seq);
	return end_seq;
}

static void seal_fresh(struct sl_worker *worker, struct sl_session *session,
		       struct sl_record *record, const uint8_t *plain, struct sl_burst *burst)
{
	uint8_t *wire = sl_burst_place(burst, worker);

	BUG_ON(record->has_tag);
	sl_seal_record(worker->aead, sl_table_of(worker, session), &session->server,
		       record->record_no, SL_TLS_APPLICATION_DATA, plain, record->plain_bytes, wire,
		       record->tag);
	record->has_tag = true;
	sl_burst_put(burst, wire, record->wire_bytes);
	worker->stats->records_sealed++;
}

/* The record's share of [start_seq, end_seq) goes into the burst; false if the read did not get
 * it. */
static bool put_fresh(struct sl_worker *worker, uint32_t read_idx, struct sl_record *record,
		      uint64_t start_seq, uint64_t end_seq, struct sl_burst *burst)
{
	uint64_t from_bytes = max_u64(start_seq, record->start_seq) - record->start_seq;
	uint64_t upto_bytes = min_u64(end_seq - record->start_seq, record->wire_bytes);
	const uint8_t *plain;

	if (record->kind != SL_RECORD_FILE) {
		plain = sl_read_bytes(worker, read_idx, record->off_bytes, record->plain_bytes);
		if (plain)
			seal_fresh(worker, sl_session_of(worker, worker->reads[read_idx].conn),
				   record, plain, burst);
		return plain;
	}
	plain = sl_read_bytes(worker, read_idx, record->off_bytes + from_bytes,
			      (uint32_t)(upto_bytes - from_bytes));
	if (plain)
		sl_burst_put(burst, plain, (uint32_t)(upto_bytes - from_bytes));
	return plain;
}

/* What of the read lies before end_seq has gone: the rest starts there. */
static void advance(struct sl_worker *worker, struct sl_read *read, uint64_t end_seq)
{
	const struct sl_record *record = sl_record_at(&worker->records, read->record_idx);

	read->range.start_seq = end_seq;
	while (end_seq < read->range.end_seq && record->start_seq + record->wire_bytes <= end_seq) {
		read->record_idx = record->next_idx;
		record = sl_record_at(&worker->records, read->record_idx);
	}
}

/* One burst of what was read. False: frames are short. */
static bool send_burst(struct sl_worker *worker, uint32_t read_idx)
{
	struct sl_read *read = &worker->reads[read_idx];
	const struct sl_session *session = sl_session_of(worker, read->conn);
	struct sl_record *record = sl_record_at(&worker->records, read->record_idx);
	uint64_t start_seq = read->range.start_seq, end_seq = burst_end(worker, read, record);
	bool last = end_seq == read->range.end_seq;
	struct sl_burst burst;

	if (!sl_burst_open(&burst, worker, read->conn, start_seq, (uint32_t)(end_seq - start_seq)))
		return false;
	for (; record && record->start_seq < end_seq;
	     record = sl_record_next(&worker->records, record)) {
		if (!put_fresh(worker, read_idx, record, start_seq, end_seq, &burst)) {
			/* Fewer bytes than were promised: no padding, no short body. */
			worker->stats->short_reads++;
			sl_burst_drop(&burst, worker);
			sl_pump_abort(worker, read->conn);
			return true;
		}
	}
	sl_burst_send(&burst, worker, read->conn, last && session->out_head_idx == SL_NONE);
	advance(worker, read, end_seq);
	return true;
}

bool sl_fresh_send(struct sl_worker *worker, uint32_t read_idx)
{
	const struct sl_read *read = &worker->reads[read_idx];
	const struct sl_session *session = sl_session_of(worker, read->conn);

	while (session->fresh_idx == read_idx && read->range.start_seq < read->range.end_seq)
		if (!send_burst(worker, read_idx))
			return false;
	return true;
}
