/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_tcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/seq.h"
#include "sim_link.h"
#include "sim_random.h"

#define DELAYED_ACK_NS (20 * SL_NS_PER_MS)
#define RESEND_NS      (300 * SL_NS_PER_MS)
#define RESEND_MAX_NS  (20 * SL_NS_PER_S)

enum { SEGMENT_MAX_BYTES = 1400, MILLION = 1000000, RESEND_SEGMENTS = 16 };

/* ---- bytes ---- */

static void bytes_add(struct sl_sim_tcp_bytes *bytes, const void *data, size_t len_bytes)
{
	if (bytes->read_bytes > 0 && bytes->read_bytes == bytes->len_bytes)
		bytes->read_bytes = bytes->len_bytes = 0;
	if (bytes->read_bytes > 0 && bytes->len_bytes + len_bytes > bytes->max_bytes) {
		memmove(bytes->data, bytes->data + bytes->read_bytes,
			bytes->len_bytes - bytes->read_bytes);
		bytes->len_bytes -= bytes->read_bytes;
		bytes->read_bytes = 0;
	}
	if (bytes->len_bytes + len_bytes > bytes->max_bytes) {
		bytes->max_bytes = 2 * (bytes->len_bytes + len_bytes);
		bytes->data = realloc(bytes->data, bytes->max_bytes);
		BUG_ON(!bytes->data);
	}
	memcpy(bytes->data + bytes->len_bytes, data, len_bytes);
	bytes->len_bytes += len_bytes;
}

static size_t bytes_left(const struct sl_sim_tcp_bytes *bytes)
{
	return bytes->len_bytes - bytes->read_bytes;
}

/* ---- sending ---- */

static uint32_t window_now(const struct sl_sim_tcp *tcp)
{
	size_t unread_bytes = bytes_left(&tcp->in);

	return unread_bytes >= tcp->config.window_bytes
		   ? 0
		   : tcp->config.window_bytes - (uint32_t)unread_bytes;
}

uint32_t sl_sim_tcp_ts_value(const struct sl_sim_tcp *tcp)
{
	return (uint32_t)(sl_clock_now_ns() / SL_NS_PER_MS) + tcp->config.ts_base;
}

static void add_sack(struct sl_header *header, const struct sl_sim_tcp_range *range)
{
	header->sack[header->sack_cnt++] = (struct sl_sack_block){
		.start_seq = sl_seq_wire(range->start_seq),
		.end_seq = sl_seq_wire(range->end_seq),
	};
}

static void fill_sack(const struct sl_sim_tcp *tcp, struct sl_header *header)
{
	uint32_t most_cnt = header->timestamps ? 3 : 4;

	if (tcp->duplicate.end_seq > 0) /* comes first: RFC 2883, section 4 */
		add_sack(header, &tcp->duplicate);
	for (uint32_t i = 0; i < tcp->range_cnt && header->sack_cnt < most_cnt; i++)
		add_sack(header, &tcp->ranges[i]);
}

static void offer(struct sl_sim_tcp *tcp, uint32_t window_bytes)
{
	if (tcp->rcv_nxt_seq + window_bytes > tcp->edge_seq)
		tcp->edge_seq = tcp->rcv_nxt_seq + window_bytes;
}

static void transmit(struct sl_sim_tcp *tcp, uint8_t flags, uint64_t seq, const uint8_t *data,
		     uint32_t len_bytes)
{
	uint8_t packet[SL_FRAME_HEADROOM_BYTES + SEGMENT_MAX_BYTES];
	uint8_t *payload = packet + SL_FRAME_HEADROOM_BYTES;
	bool syn = flags & SL_TCP_SYN;
	uint32_t window_bytes = window_now(tcp);
	uint32_t scale =
	    tcp->config.window_scale > 0 && !syn ? (uint32_t)tcp->config.window_scale : 0;
	uint32_t field = window_bytes >> scale, header_bytes;
	struct sl_header header = {
		.seq = sl_seq_wire(seq),
		.ack = flags & SL_TCP_ACK ? sl_seq_wire(tcp->rcv_nxt_seq) : 0,
		.flags = flags,
		.mss = syn ? tcp->config.mss : 0,
		.window_scale = syn ? tcp->config.window_scale : -1,
		.sack_permitted = syn && tcp->config.sack,
		.timestamps = syn ? tcp->config.timestamps : tcp->use_timestamps,
		.ts_value = sl_sim_tcp_ts_value(tcp),
		.ts_echo = tcp->ts_recent,
	};

	if (field > 65535)
		field = 65535;
	header.window = (uint16_t)field;
	if (tcp->use_sack && !syn)
		fill_sack(tcp, &header);
	if (len_bytes > 0)
		memcpy(payload, data, len_bytes);
	header_bytes = sl_header_write(&tcp->route, &header, payload, len_bytes);
	sl_sim_link_put(tcp->to_peer, payload - header_bytes, header_bytes + len_bytes);
	if (flags & SL_TCP_ACK) {
		offer(tcp, field << scale);
		tcp->duplicate.end_seq = 0;
		tcp->unacked_segments = 0;
		tcp->ack_at_ns = UINT64_MAX;
		tcp->acks_out++;
	}
}

static void ack_now(struct sl_sim_tcp *tcp)
{
	transmit(tcp, SL_TCP_ACK, tcp->snd_nxt_seq, NULL, 0);
}

static void arm_resend(struct sl_sim_tcp *tcp)
{
	bool waits = tcp->snd_una_seq != tcp->snd_nxt_seq ||
		     (bytes_left(&tcp->out) > 0 && tcp->peer_window_bytes == 0);

	tcp->resend_at_ns = waits ? sl_clock_now_ns() + tcp->resend_after_ns : UINT64_MAX;
}

static void transmit_data(struct sl_sim_tcp *tcp, uint64_t start_seq, uint64_t end_seq)
{
	transmit(tcp, SL_TCP_ACK | SL_TCP_PSH, start_seq,
		 tcp->out.data + tcp->out.read_bytes + (start_seq - tcp->snd_una_seq),
		 (uint32_t)(end_seq - start_seq));
}

/* What was held back goes after what came behind it. */
static void transmit_late(struct sl_sim_tcp *tcp)
{
	if (tcp->late.end_seq > tcp->snd_una_seq && tcp->late.start_seq >= tcp->snd_una_seq)
		transmit_data(tcp, tcp->late.start_seq, tcp->late.end_seq);
	tcp->late.end_seq = 0;
}

/* Legal, but not what one expects: twice, late, or beginning with bytes that were sent before. */
static void transmit_untidy(struct sl_sim_tcp *tcp, uint64_t start_seq, uint64_t end_seq)
{
	uint64_t back_bytes;

	switch (sl_sim_dice_below(&tcp->config.dice, 3)) {
	case 0:
		transmit_data(tcp, start_seq, end_seq);
		transmit_data(tcp, start_seq, end_seq);
		break;
	case 1:
		if (tcp->late.end_seq == 0) {
			tcp->late = (struct sl_sim_tcp_range){ start_seq, end_seq };
			return;
		}
		transmit_data(tcp, start_seq, end_seq);
		break;
	default:
		back_bytes = sl_sim_dice_below(&tcp->config.dice, 40);
		if (back_bytes > start_seq - tcp->snd_una_seq)
			back_bytes = start_seq - tcp->snd_una_seq;
		transmit_data(tcp, start_seq - back_bytes, end_seq);
	}
	transmit_late(tcp);
}

static uint32_t segment_max(const struct sl_sim_tcp *tcp)
{
	uint32_t most_bytes = SEGMENT_MAX_BYTES - 40; /* of which untidiness may take some */

	if (most_bytes > tcp->peer_mss - 12U - 40U)
		most_bytes = tcp->peer_mss - 12U - 40U;
	if (tcp->config.segment_bytes > 0 && most_bytes > tcp->config.segment_bytes)
		most_bytes = tcp->config.segment_bytes;
	return most_bytes;
}

static bool may_send(const struct sl_sim_tcp *tcp)
{
	return tcp->state == SL_SIM_TCP_OPEN || tcp->state == SL_SIM_TCP_PEER_CLOSED;
}

static void push_data(struct sl_sim_tcp *tcp)
{
	uint64_t end_seq = tcp->snd_una_seq + bytes_left(&tcp->out);
	uint64_t limit_seq = tcp->snd_una_seq + tcp->peer_window_bytes;

	if (end_seq > limit_seq)
		end_seq = limit_seq;
	while (!tcp->fin_sent && tcp->snd_nxt_seq < end_seq) {
		uint64_t start_seq = tcp->snd_nxt_seq;

		tcp->snd_nxt_seq += segment_max(tcp);
		if (tcp->snd_nxt_seq > end_seq)
			tcp->snd_nxt_seq = end_seq;
		if (tcp->config.untidy_ppm > 0 &&
		    sl_sim_dice_below(&tcp->config.dice, MILLION) < tcp->config.untidy_ppm)
			transmit_untidy(tcp, start_seq, tcp->snd_nxt_seq);
		else
			transmit_data(tcp, start_seq, tcp->snd_nxt_seq);
	}
	transmit_late(tcp);
}

/* Sends what the peer's window allows. */
static void push_out(struct sl_sim_tcp *tcp)
{
	if (!may_send(tcp))
		return;
	push_data(tcp);
	if (tcp->closing && !tcp->fin_sent &&
	    tcp->snd_nxt_seq == tcp->snd_una_seq + bytes_left(&tcp->out)) {
		transmit(tcp, SL_TCP_FIN | SL_TCP_ACK, tcp->snd_nxt_seq, NULL, 0);
		tcp->snd_nxt_seq++;
		tcp->fin_sent = true;
	}
	if (tcp->resend_at_ns == UINT64_MAX)
		arm_resend(tcp);
}

void sl_sim_tcp_open(struct sl_sim_tcp *tcp, struct sl_sim_link *to_peer,
		     const struct sl_sim_tcp_config *config)
{
	static const uint8_t link[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	*tcp = (struct sl_sim_tcp){
		.config = *config,
		.to_peer = to_peer,
		.snd_una_seq = SL_SEQ_EPOCH + config->isn,
		.peer_mss = 536,
		.ack_at_ns = UINT64_MAX,
		.resend_after_ns = RESEND_NS,
	};
	memcpy(tcp->route.link, link, sizeof(link));
	tcp->route.link[12] = config->ipv6 ? 0x86 : 0x08;
	tcp->route.link[13] = config->ipv6 ? 0xdd : 0x00;
	tcp->route.link_bytes = sizeof(link);
	tcp->route.ipv6 = config->ipv6;
	tcp->route.local = config->local;
	tcp->route.peer = config->peer;
	tcp->route.local_port = config->local_port;
	tcp->route.peer_port = config->peer_port;
	tcp->ahead = malloc(config->window_bytes);
	BUG_ON(!tcp->ahead);
	transmit(tcp, SL_TCP_SYN, tcp->snd_una_seq, NULL, 0);
	tcp->snd_nxt_seq = tcp->snd_una_seq + 1;
	arm_resend(tcp);
}

void sl_sim_tcp_free(struct sl_sim_tcp *tcp)
{
	free(tcp->ahead);
	free(tcp->in.data);
	free(tcp->out.data);
	memset(tcp, 0, sizeof(*tcp));
}

/* ---- receiving ---- */

static void while_syn_sent(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	if (!(segment->flags & SL_TCP_ACK))
		return;
	if (segment->ack != sl_seq_wire(tcp->snd_nxt_seq)) {
		/* Of a connection before this one: RFC 9293, 3.10.7.3. */
		transmit(tcp, SL_TCP_RST, SL_SEQ_EPOCH + segment->ack, NULL, 0);
		return;
	}
	if (!(segment->flags & SL_TCP_SYN))
		return;
	tcp->snd_una_seq = tcp->snd_nxt_seq;
	tcp->irs_seq = SL_SEQ_EPOCH + segment->seq;
	tcp->rcv_nxt_seq = tcp->irs_seq + 1;
	if (segment->has_mss)
		tcp->peer_mss = segment->mss;
	tcp->peer_scale = segment->has_window_scale ? segment->window_scale : 0;
	if (!segment->has_window_scale)
		tcp->config.window_scale = -1;
	tcp->use_sack = tcp->config.sack && segment->sack_permitted;
	tcp->use_timestamps = tcp->config.timestamps && segment->has_timestamps;
	tcp->ts_recent = segment->has_timestamps ? segment->ts_value : 0;
	tcp->peer_window_bytes = segment->window;
	tcp->state = SL_SIM_TCP_OPEN;
	arm_resend(tcp);
	ack_now(tcp);
	push_out(tcp);
}

static void on_ack(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	uint64_t ack_seq = sl_seq_extend(segment->ack, tcp->snd_una_seq);
	uint64_t data_bytes;

	if (ack_seq > tcp->snd_nxt_seq || ack_seq < tcp->snd_una_seq)
		return;
	tcp->peer_window_bytes = (uint32_t)segment->window << tcp->peer_scale;
	if (ack_seq == tcp->snd_una_seq)
		return;
	data_bytes = ack_seq - tcp->snd_una_seq;
	if (data_bytes > bytes_left(&tcp->out))
		data_bytes = bytes_left(&tcp->out); /* the FIN */
	tcp->out.read_bytes += data_bytes;
	tcp->snd_una_seq = ack_seq;
	tcp->fin_acked = tcp->fin_sent && ack_seq == tcp->snd_nxt_seq;
	tcp->resend_after_ns = RESEND_NS;
	arm_resend(tcp);
}

/* Merges [start, end) into the ranges; it becomes the first of them (RFC 2018, 4). */
static void add_range(struct sl_sim_tcp *tcp, uint64_t start_seq, uint64_t end_seq)
{
	uint32_t kept_cnt = 0;

	for (uint32_t i = 0; i < tcp->range_cnt; i++) {
		struct sl_sim_tcp_range range = tcp->ranges[i];

		if (range.end_seq < start_seq || range.start_seq > end_seq) {
			tcp->ranges[kept_cnt++] = range;
			continue;
		}
		if (range.start_seq < start_seq)
			start_seq = range.start_seq;
		if (range.end_seq > end_seq)
			end_seq = range.end_seq;
	}
	/* Too many gaps to keep account of: the oldest range is forgotten, which is to renege. */
	if (kept_cnt == SL_SIM_TCP_RANGES_MAX) {
		kept_cnt--;
		tcp->reneged = true;
	}
	memmove(&tcp->ranges[1], &tcp->ranges[0], kept_cnt * sizeof(tcp->ranges[0]));
	tcp->ranges[0] = (struct sl_sim_tcp_range){ start_seq, end_seq };
	tcp->range_cnt = kept_cnt + 1;
}

static void copy_ahead(struct sl_sim_tcp *tcp, uint64_t seq, const uint8_t *data,
		       uint32_t len_bytes)
{
	uint32_t at = (uint32_t)(seq % tcp->config.window_bytes);
	uint32_t part_bytes = tcp->config.window_bytes - at;

	if (part_bytes > len_bytes)
		part_bytes = len_bytes;
	memcpy(tcp->ahead + at, data, part_bytes);
	memcpy(tcp->ahead, data + part_bytes, len_bytes - part_bytes);
}

/* Moves what has become in order from the ring to the readable bytes. */
static void advance(struct sl_sim_tcp *tcp)
{
	for (uint32_t i = 0; i < tcp->range_cnt; i++) {
		struct sl_sim_tcp_range range = tcp->ranges[i];

		if (range.start_seq > tcp->rcv_nxt_seq)
			continue;
		while (tcp->rcv_nxt_seq < range.end_seq) {
			uint64_t at = tcp->rcv_nxt_seq % tcp->config.window_bytes;
			uint64_t part = tcp->config.window_bytes - at;

			if (part > range.end_seq - tcp->rcv_nxt_seq)
				part = range.end_seq - tcp->rcv_nxt_seq;
			bytes_add(&tcp->in, tcp->ahead + at, part);
			tcp->rcv_nxt_seq += part;
		}
		memmove(&tcp->ranges[i], &tcp->ranges[i + 1],
			(tcp->range_cnt - i - 1) * sizeof(range));
		tcp->range_cnt--;
		i = UINT32_MAX; /* again from the first */
	}
}

/* Everything of [start_seq, end_seq) that lies in one range or before rcv_nxt is there already. */
static bool is_duplicate(const struct sl_sim_tcp *tcp, uint64_t start_seq, uint64_t end_seq)
{
	if (end_seq <= tcp->rcv_nxt_seq)
		return true;
	for (uint32_t i = 0; i < tcp->range_cnt; i++)
		if (start_seq >= tcp->ranges[i].start_seq && end_seq <= tcp->ranges[i].end_seq)
			return true;
	return false;
}

static void take_payload(struct sl_sim_tcp *tcp, const struct sl_segment *segment,
			 uint64_t start_seq, uint64_t end_seq)
{
	const uint8_t *data = segment->payload;
	uint64_t limit_seq = tcp->rcv_nxt_seq + window_now(tcp);

	if (start_seq < tcp->rcv_nxt_seq) {
		data += tcp->rcv_nxt_seq - start_seq;
		start_seq = tcp->rcv_nxt_seq;
	}
	if (end_seq > limit_seq)
		end_seq = limit_seq;
	if (end_seq <= start_seq)
		return;
	tcp->unacked_segments++;
	if (start_seq == tcp->rcv_nxt_seq && tcp->range_cnt == 0) {
		bytes_add(&tcp->in, data, end_seq - start_seq);
		tcp->rcv_nxt_seq = end_seq;
		return;
	}
	copy_ahead(tcp, start_seq, data, (uint32_t)(end_seq - start_seq));
	add_range(tcp, start_seq, end_seq);
	advance(tcp);
}

static void answer(struct sl_sim_tcp *tcp, bool at_once)
{
	uint32_t every = tcp->config.ack_every ? tcp->config.ack_every : 2;
	uint64_t delay_ns =
	    tcp->config.delayed_ack_ns ? tcp->config.delayed_ack_ns : DELAYED_ACK_NS;

	if (at_once || tcp->range_cnt > 0 || tcp->unacked_segments >= every)
		ack_now(tcp);
	else if (tcp->unacked_segments > 0 && tcp->ack_at_ns == UINT64_MAX)
		tcp->ack_at_ns = sl_clock_now_ns() + delay_ns;
}

static void on_payload(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	uint64_t start_seq = sl_seq_extend(segment->seq, tcp->rcv_nxt_seq);
	uint64_t end_seq = start_seq + segment->payload_bytes;
	bool in_order = start_seq == tcp->rcv_nxt_seq && tcp->range_cnt == 0;
	bool fin = segment->flags & SL_TCP_FIN;

	if (fin)
		tcp->fin_seq = end_seq;
	if (segment->payload_bytes > 0 && is_duplicate(tcp, start_seq, end_seq)) {
		tcp->duplicate_bytes_in += segment->payload_bytes;
		if (tcp->config.dsack)
			tcp->duplicate = (struct sl_sim_tcp_range){ start_seq, end_seq };
	} else {
		take_payload(tcp, segment, start_seq, end_seq);
	}
	if (tcp->fin_seq && tcp->fin_seq == tcp->rcv_nxt_seq) {
		tcp->rcv_nxt_seq++;
		tcp->state = SL_SIM_TCP_PEER_CLOSED;
	}
	answer(tcp, fin || !in_order);
}

/* RFC 5961, section 3. */
static void on_reset(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	uint64_t seq = sl_seq_extend(segment->seq, tcp->rcv_nxt_seq);
	bool exact = seq == tcp->rcv_nxt_seq;

	if (tcp->state == SL_SIM_TCP_SYN_SENT)
		exact =
		    (segment->flags & SL_TCP_ACK) && segment->ack == sl_seq_wire(tcp->snd_nxt_seq);
	if (exact)
		tcp->state = SL_SIM_TCP_RESET;
	else if (tcp->state != SL_SIM_TCP_SYN_SENT && seq > tcp->rcv_nxt_seq &&
		 seq <= tcp->edge_seq)
		ack_now(tcp);
}

void sl_sim_tcp_input(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	tcp->segments_in++;
	if (tcp->state == SL_SIM_TCP_RESET)
		return;
	if (segment->flags & SL_TCP_RST) {
		on_reset(tcp, segment);
		return;
	}
	if (tcp->state == SL_SIM_TCP_SYN_SENT) {
		while_syn_sent(tcp, segment);
		return;
	}
	if (segment->flags & SL_TCP_SYN) { /* our ACK of it was lost */
		ack_now(tcp);
		return;
	}
	if (segment->has_timestamps && (int32_t)(segment->ts_value - tcp->ts_recent) >= 0 &&
	    sl_seq_extend(segment->seq, tcp->rcv_nxt_seq) <= tcp->rcv_nxt_seq)
		tcp->ts_recent = segment->ts_value;
	if (segment->flags & SL_TCP_ACK)
		on_ack(tcp, segment);
	if (segment->payload_bytes > 0 || (segment->flags & SL_TCP_FIN))
		on_payload(tcp, segment);
	else if (sl_seq_extend(segment->seq, tcp->rcv_nxt_seq) != tcp->rcv_nxt_seq)
		ack_now(tcp); /* a probe */
	push_out(tcp);
}

/* All that is in flight, but no more than a few segments. */
static void resend_data(struct sl_sim_tcp *tcp, uint64_t end_seq)
{
	uint64_t seq = tcp->snd_una_seq;

	for (int i = 0; i < RESEND_SEGMENTS && seq < end_seq; i++) {
		uint64_t part_bytes = end_seq - seq;

		if (part_bytes > segment_max(tcp))
			part_bytes = segment_max(tcp);
		transmit_data(tcp, seq, seq + part_bytes);
		seq += part_bytes;
	}
}

/* Also probes a closed window: then nothing is in flight, and one byte goes beyond it. */
static void resend(struct sl_sim_tcp *tcp)
{
	uint64_t end_seq = tcp->snd_una_seq + bytes_left(&tcp->out);

	if (tcp->snd_nxt_seq == tcp->snd_una_seq && end_seq > tcp->snd_nxt_seq)
		tcp->snd_nxt_seq++;
	if (end_seq > tcp->snd_nxt_seq)
		end_seq = tcp->snd_nxt_seq;
	if (tcp->state == SL_SIM_TCP_SYN_SENT)
		transmit(tcp, SL_TCP_SYN, tcp->snd_una_seq, NULL, 0);
	else if (end_seq > tcp->snd_una_seq)
		resend_data(tcp, end_seq);
	else
		transmit(tcp, SL_TCP_FIN | SL_TCP_ACK, tcp->snd_una_seq, NULL, 0);
	tcp->resend_after_ns *= 2;
	if (tcp->resend_after_ns > RESEND_MAX_NS)
		tcp->resend_after_ns = RESEND_MAX_NS;
	arm_resend(tcp);
}

void sl_sim_tcp_tick(struct sl_sim_tcp *tcp)
{
	uint64_t now_ns = sl_clock_now_ns();

	if (tcp->state == SL_SIM_TCP_RESET)
		return;
	if (tcp->ack_at_ns <= now_ns && tcp->state != SL_SIM_TCP_SYN_SENT)
		ack_now(tcp);
	if (tcp->resend_at_ns <= now_ns)
		resend(tcp);
}

uint64_t sl_sim_tcp_next_ns(const struct sl_sim_tcp *tcp)
{
	if (tcp->state == SL_SIM_TCP_RESET)
		return UINT64_MAX;
	return tcp->ack_at_ns < tcp->resend_at_ns ? tcp->ack_at_ns : tcp->resend_at_ns;
}

/* ---- for the application ---- */

void sl_sim_tcp_send(struct sl_sim_tcp *tcp, const void *data, size_t len_bytes)
{
	bytes_add(&tcp->out, data, len_bytes);
	push_out(tcp);
}

size_t sl_sim_tcp_readable(const struct sl_sim_tcp *tcp)
{
	return bytes_left(&tcp->in);
}

/* What has opened since the last ACK is worth telling if it is half of the buffer or two segments
 * (RFC 9293, 3.8.6.2.2); who has plenty left need not be told. */
static bool worth_telling(const struct sl_sim_tcp *tcp)
{
	uint64_t told_bytes =
	    tcp->edge_seq > tcp->rcv_nxt_seq ? tcp->edge_seq - tcp->rcv_nxt_seq : 0;
	uint64_t step_bytes = tcp->config.window_bytes / 2;

	if (step_bytes > 2 * SEGMENT_MAX_BYTES)
		step_bytes = 2 * SEGMENT_MAX_BYTES;
	return told_bytes < tcp->config.window_bytes / 4 &&
	       window_now(tcp) >= told_bytes + step_bytes;
}

size_t sl_sim_tcp_read(struct sl_sim_tcp *tcp, uint8_t *out, size_t max_bytes)
{
	size_t len_bytes = bytes_left(&tcp->in);

	if (len_bytes > max_bytes)
		len_bytes = max_bytes;
	if (len_bytes == 0)
		return 0;
	memcpy(out, tcp->in.data + tcp->in.read_bytes, len_bytes);
	tcp->in.read_bytes += len_bytes;
	if (tcp->state == SL_SIM_TCP_OPEN && worth_telling(tcp))
		ack_now(tcp);
	return len_bytes;
}

void sl_sim_tcp_close(struct sl_sim_tcp *tcp)
{
	tcp->closing = true;
	push_out(tcp);
}

void sl_sim_tcp_reset(struct sl_sim_tcp *tcp)
{
	transmit(tcp, SL_TCP_RST | SL_TCP_ACK, tcp->snd_nxt_seq, NULL, 0);
	tcp->state = SL_SIM_TCP_RESET;
}

void sl_sim_tcp_renege(struct sl_sim_tcp *tcp)
{
	tcp->range_cnt = 0;
	tcp->reneged = true;
}

bool sl_sim_tcp_has(const struct sl_sim_tcp *tcp, uint64_t start_seq, uint64_t end_seq)
{
	return start_seq >= end_seq || is_duplicate(tcp, start_seq, end_seq);
}

bool sl_sim_tcp_over(const struct sl_sim_tcp *tcp)
{
	return tcp->state == SL_SIM_TCP_RESET ||
	       (tcp->state == SL_SIM_TCP_PEER_CLOSED && tcp->fin_acked);
}
