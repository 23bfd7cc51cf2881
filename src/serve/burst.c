/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/burst.h"

#include <string.h>

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

/* ---- In frames ---------------------------------------------------------------------------------
 */

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

static void add_packets(struct sl_burst *burst, struct sl_worker *worker)
{
	uint32_t left_bytes = burst->len_bytes - burst->first_bytes;

	add_packet(burst, worker, burst->first_bytes);
	for (; left_bytes > burst->packet_bytes; left_bytes -= burst->packet_bytes)
		add_packet(burst, worker, burst->packet_bytes);
	add_packet(burst, worker, left_bytes);
	burst->cursor =
	    (struct sl_span_cursor){ .spans = burst->spans, .span_cnt = burst->frame_cnt };
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

static void send_frames(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
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

/* ---- In one piece ------------------------------------------------------------------------------
 */

/* Of the bytes of a burst from off_bytes on, those that one packet can have: whole segments, and
 * none that was acked meanwhile. A probe of the path's MTU has one of its own. 0: the next segment
 * need not leave. */
static uint32_t segments_bytes(const struct sl_burst *burst, const struct sl_worker *worker,
			       struct sl_tcp_conn conn, uint32_t off_bytes, uint32_t each_bytes)
{
	uint32_t most_bytes = off_bytes == 0 && burst->first_bytes != burst->packet_bytes
				  ? each_bytes
				  : SL_SEGMENTED_MAX_BYTES - SL_FRAME_HEADROOM_BYTES;
	uint32_t left_bytes = burst->len_bytes - off_bytes, bytes = 0;

	while (bytes < left_bytes) {
		uint32_t next_bytes = min_u32(each_bytes, left_bytes - bytes);

		if (bytes + next_bytes > most_bytes ||
		    !sl_tcp_wanted(worker->tcp, conn, burst->start_seq + off_bytes + bytes,
				   next_bytes))
			break;
		bytes += next_bytes;
	}
	return bytes;
}

static void send_segments(const struct sl_burst *burst, struct sl_worker *worker,
			  struct sl_tcp_conn conn, uint32_t off_bytes, uint32_t len_bytes,
			  uint32_t each_bytes, bool push)
{
	struct sl_tcp_payload payload = { .len_bytes = len_bytes, .segment_bytes = each_bytes };
	uint32_t segment_cnt = (len_bytes + each_bytes - 1) / each_bytes, header_bytes;
	struct sl_frame frame;
	bool taken = sl_nic_take(worker->nic, &frame);

	BUG_ON(!taken);
	payload.data = sl_nic_payload(worker->nic, frame);
	header_bytes = sl_tcp_segment(worker->tcp, conn, &payload, burst->start_seq + off_bytes,
				      push, worker->now_ns);
	BUG_ON(header_bytes == 0);
	sl_nic_tx_segmented(worker->nic, frame, header_bytes, burst->staged + off_bytes, len_bytes,
			    each_bytes + SL_MUTANT(LONG_SEGMENTS));
	worker->stats->tx_packets += segment_cnt;
	worker->stats->tx_bytes += segment_cnt * header_bytes + len_bytes;
}

static void send_staged(const struct sl_burst *burst, struct sl_worker *worker,
			struct sl_tcp_conn conn, bool push)
{
	uint32_t off_bytes = 0;

	BUG_ON(burst->put_bytes != burst->len_bytes);
	while (off_bytes < burst->len_bytes) {
		uint32_t each_bytes = off_bytes == 0 ? burst->first_bytes : burst->packet_bytes;
		uint32_t len_bytes = segments_bytes(burst, worker, conn, off_bytes, each_bytes);
		uint32_t end_bytes = off_bytes + (len_bytes ? len_bytes : each_bytes);

		if (len_bytes > 0)
			send_segments(burst, worker, conn, off_bytes, len_bytes, each_bytes,
				      push && end_bytes == burst->len_bytes);
		off_bytes = end_bytes;
	}
}

/* ---- Either ------------------------------------------------------------------------------------
 */

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
	burst->staged = NULL;
	burst->put_bytes = 0;
	burst->frame_cnt = 0;
	if (sl_nic_segments(worker->nic)) {
		burst->staged = sl_nic_stage(worker->nic, len_bytes);
		if (!burst->staged)
			return false;
	} else {
		add_packets(burst, worker);
	}
	sl_pump_note_use(worker);
	return true;
}

uint8_t *sl_burst_place(const struct sl_burst *burst, const struct sl_worker *worker)
{
	return burst->staged ? burst->staged + burst->put_bytes : worker->scratch;
}

void sl_burst_put(struct sl_burst *burst, const uint8_t *data, uint32_t len_bytes)
{
	uint8_t *place;

	if (!burst->staged) {
		sl_span_put(&burst->cursor, data, len_bytes);
		return;
	}
	place = burst->staged + burst->put_bytes;
	BUG_ON(burst->put_bytes + len_bytes > burst->len_bytes);
	if (data != place)
		memcpy(place, data, len_bytes);
	burst->put_bytes += len_bytes;
}

void sl_burst_send(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   bool push)
{
	if (burst->staged)
		send_staged(burst, worker, conn, push);
	else
		send_frames(burst, worker, conn, push);
}

void sl_burst_drop(struct sl_burst *burst, struct sl_worker *worker)
{
	if (burst->staged)
		sl_nic_unstage(worker->nic, burst->staged);
	give(worker, burst->frames, burst->frame_cnt);
	burst->frame_cnt = 0;
}
