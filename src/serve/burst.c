/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/burst.h"

#include "base/bug.h"
#include "base/checksum.h"
#include "base/minmax.h"
#include "base/mutant.h"

static bool room_for(struct sl_worker *worker, uint32_t frame_cnt)
{
	uint32_t wanted_cnt = frame_cnt + SL_CONTROL_FRAMES;

	return sl_nic_free_frames(worker->nic) >= wanted_cnt &&
	       sl_nic_tx_room(worker->nic) >= wanted_cnt;
}

static void note_use(struct sl_worker *worker)
{
	uint64_t used_cnt = worker->stats->frames_total - sl_nic_free_frames(worker->nic);

	if (used_cnt > worker->stats->frames_used_high)
		worker->stats->frames_used_high = used_cnt;
}

uint32_t sl_burst_max(const struct sl_worker *worker, struct sl_tcp_conn conn)
{
	return SL_BURST_FRAMES * sl_tcp_payload_max(worker->tcp, conn);
}

bool sl_burst_open(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   uint64_t start_seq, uint32_t len_bytes)
{
	uint32_t payload_max = sl_tcp_payload_max(worker->tcp, conn);
	uint32_t first_max = sl_tcp_first_payload_max(worker->tcp, conn, start_seq, len_bytes);
	uint32_t first_bytes = min_u32(len_bytes, first_max), left_bytes = len_bytes - first_bytes;
	uint32_t frame_cnt = 1 + (left_bytes + payload_max - 1) / payload_max;

	BUG_ON(len_bytes == 0);
	BUG_ON(frame_cnt > SL_BURST_FRAMES);
	if (!room_for(worker, frame_cnt))
		return false;
	for (uint32_t i = 0; i < frame_cnt; i++) {
		bool taken = sl_nic_take(worker->nic, &burst->frames[i]);

		BUG_ON(!taken);
		burst->spans[i] = (struct sl_span){
			.data = sl_nic_payload(worker->nic, burst->frames[i]),
			.len_bytes = payload_max,
		};
	}
	burst->spans[0].len_bytes = first_bytes;
	if (frame_cnt > 1)
		burst->spans[frame_cnt - 1].len_bytes = left_bytes - (frame_cnt - 2) * payload_max;
	note_use(worker);
	burst->frame_cnt = frame_cnt;
	burst->start_seq = start_seq;
	burst->cursor = (struct sl_span_cursor){ .spans = burst->spans, .span_cnt = frame_cnt };
	return true;
}

void sl_burst_put(struct sl_burst *burst, const uint8_t *data, uint32_t len_bytes)
{
	sl_span_put(&burst->cursor, data, len_bytes);
}

static void send_one(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		     uint32_t i, uint64_t seq, bool push)
{
	const struct sl_span *span = &burst->spans[i];
	struct sl_tcp_payload payload = { .data = span->data, .len_bytes = span->len_bytes };
	uint32_t header_bytes;

	/* What was acked while the disk was busy need not leave. */
	if (!sl_tcp_wanted(worker->tcp, conn, seq, span->len_bytes)) {
		if (SL_MUTANT(FRAME_LEAK))
			return;
		sl_nic_give(worker->nic, burst->frames[i]);
		return;
	}
	payload.sum = sl_checksum_add(0, span->data, span->len_bytes);
	header_bytes = sl_tcp_segment(worker->tcp, conn, &payload, seq, push, worker->now_ns);
	BUG_ON(header_bytes == 0);
	sl_nic_tx(worker->nic, burst->frames[i], header_bytes, span->len_bytes);
	worker->stats->tx_packets++;
	worker->stats->tx_bytes += header_bytes + span->len_bytes;
}

void sl_burst_send(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   bool push)
{
	uint64_t seq = burst->start_seq;

	BUG_ON(!sl_span_full(&burst->cursor));
	for (uint32_t i = 0; i < burst->frame_cnt; i++) {
		send_one(burst, worker, conn, i, seq, push && i + 1 == burst->frame_cnt);
		seq += burst->spans[i].len_bytes;
	}
	burst->frame_cnt = 0;
}

void sl_burst_drop(struct sl_burst *burst, struct sl_worker *worker)
{
	for (uint32_t i = 0; i < burst->frame_cnt; i++)
		sl_nic_give(worker->nic, burst->frames[i]);
	burst->frame_cnt = 0;
}
