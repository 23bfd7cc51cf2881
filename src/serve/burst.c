/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/burst.h"

#include "base/bug.h"
#include "base/minmax.h"
#include "base/mutant.h"

static bool room_for(struct sl_worker *worker, uint32_t frame_cnt)
{
	uint32_t wanted_cnt = frame_cnt + SL_CONTROL_FRAMES;

	return sl_nic_free_frames(worker->nic) >= wanted_cnt &&
	       sl_nic_tx_room(worker->nic) >= wanted_cnt;
}

/* Frames of one packet. */
static uint32_t frames_of(uint32_t payload_bytes)
{
	if (likely(payload_bytes <= SL_FRAME_PAYLOAD_BYTES))
		return 1;
	return (payload_bytes + SL_FRAME_PAYLOAD_BYTES - 1) / SL_FRAME_PAYLOAD_BYTES;
}

uint32_t sl_burst_max(const struct sl_worker *worker, struct sl_tcp_conn conn)
{
	uint32_t packet_bytes = sl_tcp_payload_max(worker->tcp, conn);
	uint32_t each_cnt = frames_of(packet_bytes);

	return (SL_BURST_FRAMES - SL_PACKET_FRAMES_MAX + each_cnt) / each_cnt * packet_bytes;
}

static void add_packet(struct sl_burst *burst, struct sl_worker *worker, uint32_t payload_bytes)
{
	while (payload_bytes > 0) {
		struct sl_frame *frame = &burst->frames[burst->frame_cnt];
		struct sl_span *span = &burst->spans[burst->frame_cnt];
		bool taken = sl_nic_take(worker->nic, frame);

		BUG_ON(!taken);
		*span = (struct sl_span){
			.data = sl_nic_payload(worker->nic, *frame),
			.len_bytes = min_u32(payload_bytes, SL_FRAME_PAYLOAD_BYTES),
		};
		payload_bytes -= span->len_bytes;
		burst->frame_cnt++;
	}
}

bool sl_burst_open(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   uint64_t start_seq, uint32_t len_bytes)
{
	uint32_t packet_bytes = sl_tcp_payload_max(worker->tcp, conn);
	uint32_t first_max = sl_tcp_first_payload_max(worker->tcp, conn, start_seq, len_bytes);
	uint32_t first_bytes = min_u32(len_bytes, first_max), left_bytes = len_bytes - first_bytes;
	uint32_t more_cnt = (left_bytes + packet_bytes - 1) / packet_bytes;
	uint32_t frames_max = frames_of(first_bytes) + more_cnt * frames_of(packet_bytes);

	BUG_ON(len_bytes == 0);
	BUG_ON(frames_max > SL_BURST_FRAMES);
	if (!room_for(worker, frames_max))
		return false;
	burst->start_seq = start_seq;
	burst->first_bytes = first_bytes;
	burst->packet_bytes = packet_bytes;
	burst->len_bytes = len_bytes;
	burst->frame_cnt = 0;
	add_packet(burst, worker, first_bytes);
	for (; left_bytes > packet_bytes; left_bytes -= packet_bytes)
		add_packet(burst, worker, packet_bytes);
	add_packet(burst, worker, left_bytes);
	sl_pump_note_use(worker);
	burst->cursor =
	    (struct sl_span_cursor){ .spans = burst->spans, .span_cnt = burst->frame_cnt };
	return true;
}

void sl_burst_put(struct sl_burst *burst, const uint8_t *data, uint32_t len_bytes)
{
	sl_span_put(&burst->cursor, data, len_bytes);
}

static void give(struct sl_worker *worker, const struct sl_frame *frames, uint32_t frame_cnt)
{
	for (uint32_t i = 0; i < frame_cnt; i++)
		sl_nic_give(worker->nic, frames[i]);
}

/* Of a packet's payload; every part but the last has an even length. */
static uint64_t sum_of(const struct sl_span *spans, uint32_t cnt)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < cnt; i++)
		sum += spans[i].sum;
	return sum;
}

/* The packet that begins with frame first_idx. */
static void send_one(const struct sl_burst *burst, struct sl_worker *worker,
		     struct sl_tcp_conn conn, uint32_t first_idx, uint64_t seq,
		     uint32_t payload_bytes, bool push)
{
	const struct sl_frame *frames = &burst->frames[first_idx];
	const struct sl_span *spans = &burst->spans[first_idx];
	uint32_t frame_cnt = frames_of(payload_bytes), header_bytes;
	struct sl_tcp_payload payload = { .data = spans->data, .len_bytes = payload_bytes };

	/* What was acked while the disk was busy need not leave. */
	if (!sl_tcp_wanted(worker->tcp, conn, seq, payload_bytes)) {
		if (SL_MUTANT(FRAME_LEAK))
			return;
		give(worker, frames, frame_cnt);
		return;
	}
	payload.sum = sum_of(spans, frame_cnt);
	header_bytes = sl_tcp_segment(worker->tcp, conn, &payload, seq, push, worker->now_ns);
	BUG_ON(header_bytes == 0);
	sl_nic_tx_long(worker->nic, frames, frame_cnt, header_bytes, payload_bytes);
	worker->stats->tx_packets++;
	worker->stats->tx_bytes += header_bytes + payload_bytes;
}

void sl_burst_send(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   bool push)
{
	uint32_t payload_bytes = burst->first_bytes, left_bytes = burst->len_bytes;
	uint64_t seq = burst->start_seq;
	uint32_t first_idx = 0;

	BUG_ON(!sl_span_full(&burst->cursor));
	while (left_bytes > 0) {
		payload_bytes = min_u32(payload_bytes, left_bytes);
		left_bytes -= payload_bytes;
		send_one(burst, worker, conn, first_idx, seq, payload_bytes,
			 push && left_bytes == 0);
		first_idx += frames_of(payload_bytes);
		seq += payload_bytes;
		payload_bytes = burst->packet_bytes;
	}
	BUG_ON(first_idx != burst->frame_cnt);
	burst->frame_cnt = 0;
}

void sl_burst_drop(struct sl_burst *burst, struct sl_worker *worker)
{
	give(worker, burst->frames, burst->frame_cnt);
	burst->frame_cnt = 0;
}
