/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lost bytes, made again. Nothing of a file is kept for this: the record log says which records the
 * lost range lies in, the file is read again, and each record is sealed whole under its old number.
 * That is safe only if the plaintext is the same, for one nonce must never seal two texts; so the
 * tag must come out as it did the first time. If it does not, the file has changed, nothing of it
 * leaves, and the connection is reset.
 *
 * Every tag of a read is compared before the first of its packets is sent.
 */
#include <string.h>

#include "base/bug.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "serve/burst.h"
#include "serve/pump.h"
#include "serve/state.h"
#include "tls/seal.h"

static uint64_t end_seq(const struct sl_record *record)
{
	return record->start_seq + record->wire_bytes;
}

/* Puts back what of range lies at or behind from_seq. */
static void put_back(struct sl_worker *worker, struct sl_tcp_conn conn, struct sl_tcp_range range,
		     uint64_t from_seq)
{
	range.start_seq = max_u64(range.start_seq, from_seq);
	if (range.start_seq < range.end_seq)
		sl_tcp_lost_cancel(worker->tcp, conn, &range);
}

static enum sl_pump_step resend_memory(struct sl_worker *worker, struct sl_tcp_conn conn,
				       const struct sl_record *record, struct sl_tcp_range range)
{
	uint64_t end = min_u64(range.end_seq, end_seq(record));
	uint32_t len_bytes = (uint32_t)(end - range.start_seq);
	struct sl_burst burst;

	if (!sl_burst_open(&burst, worker, conn, range.start_seq, len_bytes)) {
		put_back(worker, conn, range, range.start_seq);
		return SL_PUMP_WAIT;
	}
	put_back(worker, conn, range, end);
	sl_burst_put(&burst,
		     sl_chunk_of(worker, record->source_idx) + record->off_bytes +
			 (range.start_seq - record->start_seq),
		     len_bytes);
	sl_burst_send(&burst, worker, conn, true);
	return SL_PUMP_MORE;
}

/* What has to be read: of plain HTTP only the lost bytes, of TLS the whole records around them;
 * and where from. */
struct span {
	uint64_t off_bytes, end_seq;
	uint32_t len_bytes;
	struct sl_read_source source;
};

static struct span plain_span(const struct sl_worker *worker, const struct sl_record *record,
			      const struct sl_tcp_range *range)
{
	uint64_t end = min_u64(end_seq(record), range->end_seq);
	struct span span = { .off_bytes = record->off_bytes + range->start_seq - record->start_seq,
			     .len_bytes = (uint32_t)(end - range->start_seq) };

	span.source = sl_read_find(worker, record->source_idx, span.off_bytes, 1);
	span.len_bytes = min_u32(span.len_bytes, span.source.max_bytes);
	span.end_seq = range->start_seq + span.len_bytes;
	return span;
}

/* From first on through consecutive records of the range, as many as one block holds. */
static struct span sealed_span(struct sl_worker *worker, const struct sl_record *first,
			       const struct sl_tcp_range *range)
{
	struct span span = { .off_bytes = first->off_bytes, .len_bytes = first->plain_bytes };
	const struct sl_record *last = first, *next;

	span.source = sl_read_find(worker, first->source_idx, first->off_bytes, first->plain_bytes);
	while ((next = sl_record_next(&worker->records, last)) &&
	       next->start_seq < range->end_seq && next->kind == first->kind &&
	       next->source_idx == first->source_idx &&
	       next->off_bytes == first->off_bytes + span.len_bytes &&
	       span.len_bytes + next->plain_bytes <= span.source.max_bytes) {
		span.len_bytes += next->plain_bytes;
		last = next;
	}
	span.end_seq = min_u64(end_seq(last), range->end_seq);
	return span;
}

static enum sl_pump_step reread(struct sl_worker *worker, struct sl_tcp_conn conn,
				const struct sl_record *first, struct sl_tcp_range range)
{
	struct span span = first->kind == SL_RECORD_FILE ? plain_span(worker, first, &range)
							 : sealed_span(worker, first, &range);
	const struct sl_read_order order = {
		.kind = SL_READ_AGAIN,
		.object_idx = first->source_idx,
		.off_bytes = span.off_bytes,
		.len_bytes = span.len_bytes,
		.range = { range.start_seq, span.end_seq },
	};
	enum sl_pump_step admitted = sl_pump_admit(worker, &span.source);

	if (admitted != SL_PUMP_MORE) {
		put_back(worker, conn, range, range.start_seq);
		return admitted;
	}
	put_back(worker, conn, range, span.end_seq);
	if (span.source.block_idx == SL_NONE)
		worker->stats->reread_bytes += span.len_bytes;
	sl_session_of(worker, conn)->again_idx = sl_read_begin(worker, conn, &order, &span.source);
	return SL_PUMP_MORE;
}

enum sl_pump_step sl_again_start(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	const struct sl_record *record;
	struct sl_tcp_range range;

	if (session->again_idx != SL_NONE)
		return SL_PUMP_IDLE;
	if (!sl_tcp_lost(worker->tcp, conn, sl_burst_max(worker, conn), &range))
		return SL_PUMP_IDLE;
	record = sl_record_find(&worker->records, &session->log, range.start_seq);
	BUG_ON(!record);
	if (record->kind == SL_RECORD_MEMORY)
		return resend_memory(worker, conn, record, range);
	return reread(worker, conn, record, range);
}

/* The record as it goes on the wire, in worker->scratch; false if its tag is not the one it had. */
static bool seal_again(struct sl_worker *worker, struct sl_session *session,
		       const struct sl_record *record, const uint8_t *plain)
{
	uint8_t tag[SL_RECORD_TAG_BYTES];

	BUG_ON(!record->has_tag);
	sl_seal_record(worker->aead, sl_table_of(worker, session), &session->server,
		       record->record_no, SL_TLS_APPLICATION_DATA, plain, record->plain_bytes,
		       worker->scratch, tag);
	worker->stats->records_sealed++;
	if (SL_MUTANT(TAG_CHECK))
		return true;
	return memcmp(tag, record->tag, sizeof(tag)) == 0;
}

/* Puts the record's share of [start, end) into the burst; false: the file is not what it was. */
static bool put_again(struct sl_worker *worker, uint32_t read_idx, const struct sl_record *record,
		      uint64_t start, uint64_t end, struct sl_burst *burst)
{
	struct sl_session *session = sl_session_of(worker, worker->reads[read_idx].conn);
	uint64_t from = max_u64(start, record->start_seq) - record->start_seq;
	uint32_t len_bytes = (uint32_t)(min_u64(end, end_seq(record)) - record->start_seq - from);
	const uint8_t *plain;

	if (record->kind == SL_RECORD_FILE)
		plain =
		    sl_read_bytes(worker, read_idx,
				  record->off_bytes + from - SL_MUTANT(RESEND_BYTES), len_bytes);
	else
		plain = sl_read_bytes(worker, read_idx, record->off_bytes, record->plain_bytes);
	if (!plain) {
		worker->stats->short_reads++;
		return false;
	}
	if (record->kind == SL_RECORD_FILE) {
		sl_burst_put(burst, plain, len_bytes);
		return true;
	}
	if (!seal_again(worker, session, record, plain)) {
		worker->stats->tag_mismatches++;
		return false;
	}
	sl_burst_put(burst, worker->scratch + from, len_bytes);
	return true;
}

bool sl_again_send(struct sl_worker *worker, uint32_t read_idx)
{
	struct sl_read *read = &worker->reads[read_idx];
	struct sl_tcp_conn conn = read->conn;
	struct sl_session *session = sl_session_of(worker, conn);
	uint64_t start = max_u64(read->range.start_seq, sl_tcp_acked_seq(worker->tcp, conn));
	uint64_t end = read->range.end_seq;
	const struct sl_record *record;
	struct sl_burst burst;

	if (start >= end)
		return true; /* it was only late */
	/* Segments may have become shorter meanwhile; the rest is read again. */
	if (end - start > sl_burst_max(worker, conn)) {
		end = start + sl_burst_max(worker, conn);
		put_back(worker, conn, read->range, end);
		read->range.end_seq = end;
	}
	if (!sl_burst_open(&burst, worker, conn, start, (uint32_t)(end - start)))
		return false;
	for (record = sl_record_find(&worker->records, &session->log, start);
	     record && record->start_seq < end; record = sl_record_next(&worker->records, record)) {
		if (!put_again(worker, read_idx, record, start, end, &burst)) {
			sl_burst_drop(&burst, worker);
			sl_pump_abort(worker, conn);
			return true;
		}
	}
	sl_burst_send(&burst, worker, conn, true);
	return true;
}
