/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_tcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/seq.h"
#include "sim_nic.h"

#define DELAYED_ACK_NS (20 * SL_NS_PER_MS)
#define RESEND_NS      (300 * SL_NS_PER_MS)

enum { SCALE_MAX = 14, SEGMENT_MAX_BYTES = 1400 };

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

static uint32_t now_ms(void)
{
	return (uint32_t)(sl_clock_now_ns() / SL_NS_PER_MS);
}

static void fill_sack(const struct sl_sim_tcp *tcp, struct sl_header *header)
{
	uint32_t most_cnt = header->timestamps ? 3 : 4;

	for (uint32_t i = 0; i < tcp->range_cnt && i < most_cnt; i++) {
		header->sack[i].start_seq = sl_seq_wire(tcp->ranges[i].start_seq);
		header->sack[i].end_seq = sl_seq_wire(tcp->ranges[i].end_seq);
		header->sack_cnt = (uint8_t)(i + 1);
	}
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
		.window = (uint16_t)(field > 65535 ? 65535 : field),
		.flags = flags,
		.mss = syn ? tcp->config.mss : 0,
		.window_scale = syn ? tcp->config.window_scale : -1,
		.sack_permitted = syn && tcp->config.sack,
		.timestamps = syn ? tcp->config.timestamps : tcp->use_timestamps,
		.ts_value = now_ms(),
		.ts_echo = tcp->ts_recent,
	};

	if (tcp->use_sack && !syn)
		fill_sack(tcp, &header);
	if (len_bytes > 0)
		memcpy(payload, data, len_bytes);
	header_bytes = sl_header_write(&tcp->route, &header, payload, len_bytes);
	sl_sim_nic_push(tcp->nic, payload - header_bytes, header_bytes + len_bytes);
	if (flags & SL_TCP_ACK) {
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
	tcp->resend_at_ns = tcp->snd_una_seq == tcp->snd_nxt_seq
				? UINT64_MAX
				: sl_clock_now_ns() + tcp->resend_after_ns;
}

/* Sends what the peer's window allows. */
static void push_out(struct sl_sim_tcp *tcp)
{
	while (tcp->state == SL_SIM_TCP_OPEN || tcp->state == SL_SIM_TCP_PEER_CLOSED) {
		uint64_t end_seq = tcp->snd_una_seq + bytes_left(&tcp->out);
		uint64_t limit_seq = tcp->snd_una_seq + tcp->peer_window_bytes;
		uint64_t left_bytes;
		uint32_t len_bytes = SEGMENT_MAX_BYTES;

		if (tcp->fin_sent || tcp->snd_nxt_seq >= end_seq)
			break;
		left_bytes = (limit_seq < end_seq ? limit_seq : end_seq) - tcp->snd_nxt_seq;
		if (limit_seq <= tcp->snd_nxt_seq)
			break;
		if (len_bytes > tcp->peer_mss - 12)
			len_bytes = tcp->peer_mss - 12;
		if (len_bytes > left_bytes)
			len_bytes = (uint32_t)left_bytes;
		transmit(tcp, SL_TCP_ACK | SL_TCP_PSH, tcp->snd_nxt_seq,
			 tcp->out.data + tcp->out.read_bytes +
			     (tcp->snd_nxt_seq - tcp->snd_una_seq),
			 len_bytes);
		tcp->snd_nxt_seq += len_bytes;
	}
	if (tcp->closing && !tcp->fin_sent && tcp->state != SL_SIM_TCP_SYN_SENT &&
	    tcp->snd_nxt_seq == tcp->snd_una_seq + bytes_left(&tcp->out)) {
		transmit(tcp, SL_TCP_FIN | SL_TCP_ACK, tcp->snd_nxt_seq, NULL, 0);
		tcp->snd_nxt_seq++;
		tcp->fin_sent = true;
	}
	if (tcp->resend_at_ns == UINT64_MAX)
		arm_resend(tcp);
}

void sl_sim_tcp_open(struct sl_sim_tcp *tcp, struct sl_nic *nic,
		     const struct sl_sim_tcp_config *config)
{
	static const uint8_t link[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	*tcp = (struct sl_sim_tcp){
		.config = *config,
		.nic = nic,
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

static void on_syn_ack(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	if ((segment->flags & (SL_TCP_SYN | SL_TCP_ACK)) != (SL_TCP_SYN | SL_TCP_ACK))
		return;
	if (segment->ack != sl_seq_wire(tcp->snd_nxt_seq))
		return;
	tcp->snd_una_seq = tcp->snd_nxt_seq;
	tcp->rcv_nxt_seq = SL_SEQ_EPOCH + segment->seq + 1;
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
	if (kept_cnt == SL_SIM_TCP_RANGES_MAX)
		kept_cnt--;
	memmove(&tcp->ranges[1], &tcp->ranges[0], kept_cnt * sizeof(tcp->ranges[0]));
	tcp->ranges[0] = (struct sl_sim_tcp_range){ start_seq, end_seq };
	tcp->range_cnt = kept_cnt + 1;
}

static void copy_ahead(struct sl_sim_tcp *tcp, uint64_t seq, const uint8_t *data,
		       uint32_t len_bytes)
{
	for (uint32_t i = 0; i < len_bytes; i++)
		tcp->ahead[(seq + i) % tcp->config.window_bytes] = data[i];
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

static void on_payload(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	uint64_t start_seq = sl_seq_extend(segment->seq, tcp->rcv_nxt_seq);
	uint64_t end_seq = start_seq + segment->payload_bytes;
	uint64_t limit_seq = tcp->rcv_nxt_seq + window_now(tcp);
	const uint8_t *data = segment->payload;
	bool in_order = start_seq <= tcp->rcv_nxt_seq;

	if (segment->flags & SL_TCP_FIN)
		tcp->fin_seq = end_seq;
	if (start_seq < tcp->rcv_nxt_seq) {
		uint64_t old = tcp->rcv_nxt_seq - start_seq;

		tcp->duplicate_bytes_in +=
		    old < segment->payload_bytes ? old : segment->payload_bytes;
		if (end_seq > tcp->rcv_nxt_seq)
			data += old;
		start_seq = tcp->rcv_nxt_seq;
	}
	BUG_ON(end_seq > limit_seq && segment->payload_bytes > 0 && start_seq < limit_seq &&
	       window_now(tcp) > 0 && end_seq - limit_seq > tcp->config.window_bytes);
	if (end_seq > limit_seq)
		end_seq = limit_seq;
	if (end_seq > start_seq) {
		copy_ahead(tcp, start_seq, data, (uint32_t)(end_seq - start_seq));
		add_range(tcp, start_seq, end_seq);
		advance(tcp);
		tcp->unacked_segments++;
	} else if (segment->payload_bytes > 0) {
		ack_now(tcp);
		return;
	}
	if (tcp->fin_seq && tcp->fin_seq == tcp->rcv_nxt_seq) {
		tcp->rcv_nxt_seq++;
		tcp->state = SL_SIM_TCP_PEER_CLOSED;
		ack_now(tcp);
	} else if (!in_order || tcp->range_cnt > 0 || tcp->unacked_segments >= 2 ||
		   (segment->flags & SL_TCP_FIN)) {
		ack_now(tcp);
	} else if (tcp->unacked_segments > 0 && tcp->ack_at_ns == UINT64_MAX) {
		tcp->ack_at_ns = sl_clock_now_ns() + DELAYED_ACK_NS;
	}
}

void sl_sim_tcp_input(struct sl_sim_tcp *tcp, const struct sl_segment *segment)
{
	tcp->segments_in++;
	if (tcp->state == SL_SIM_TCP_RESET)
		return;
	if (segment->flags & SL_TCP_RST) {
		if (tcp->state == SL_SIM_TCP_SYN_SENT ||
		    segment->seq == sl_seq_wire(tcp->rcv_nxt_seq))
			tcp->state = SL_SIM_TCP_RESET;
		return;
	}
	if (tcp->state == SL_SIM_TCP_SYN_SENT) {
		on_syn_ack(tcp, segment);
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

static void resend(struct sl_sim_tcp *tcp)
{
	size_t left_bytes = bytes_left(&tcp->out);
	uint64_t sent_bytes = tcp->snd_nxt_seq - tcp->snd_una_seq;
	uint32_t len_bytes = SEGMENT_MAX_BYTES;

	if (left_bytes > sent_bytes)
		left_bytes = sent_bytes;
	if (len_bytes > tcp->peer_mss - 12)
		len_bytes = tcp->peer_mss - 12;
	if (len_bytes > left_bytes)
		len_bytes = (uint32_t)left_bytes;
	if (tcp->state == SL_SIM_TCP_SYN_SENT)
		transmit(tcp, SL_TCP_SYN, tcp->snd_una_seq, NULL, 0);
	else if (len_bytes > 0)
		transmit(tcp, SL_TCP_ACK | SL_TCP_PSH, tcp->snd_una_seq,
			 tcp->out.data + tcp->out.read_bytes, len_bytes);
	else
		transmit(tcp, SL_TCP_FIN | SL_TCP_ACK, tcp->snd_una_seq, NULL, 0);
	tcp->resend_after_ns *= 2;
	arm_resend(tcp);
}

void sl_sim_tcp_tick(struct sl_sim_tcp *tcp)
{
	uint64_t now_ns = sl_clock_now_ns();

	if (tcp->state == SL_SIM_TCP_RESET)
		return;
	if (tcp->ack_at_ns <= now_ns)
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

size_t sl_sim_tcp_read(struct sl_sim_tcp *tcp, uint8_t *out, size_t max_bytes)
{
	size_t len_bytes = bytes_left(&tcp->in);
	uint32_t before_bytes = window_now(tcp);

	if (len_bytes > max_bytes)
		len_bytes = max_bytes;
	if (len_bytes == 0)
		return 0;
	memcpy(out, tcp->in.data + tcp->in.read_bytes, len_bytes);
	tcp->in.read_bytes += len_bytes;
	/* A window that was nearly shut and has opened by half is worth telling (RFC
	 * 9293, 3.8.6.2.2). */
	if (before_bytes < tcp->config.window_bytes / 4 &&
	    window_now(tcp) >= tcp->config.window_bytes / 2 && tcp->state == SL_SIM_TCP_OPEN)
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
