/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_harness.h"

#include <string.h>

#include "base/checksum.h"
#include "base/limits.h"
#include "base/seq.h"
#include "tcp/stack.h"

enum { SERVER_PORT = 443, FIRST_PEER_PORT = 40000 };

static const uint8_t peer_ipv4[4] = { 192, 0, 2, 1 }, server_ipv4[4] = { 198, 51, 100, 1 };
static const uint8_t peer_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const uint8_t server_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
static const uint8_t secret[] = "neither random nor secret: tests";

/* ---- Beginning and end ------------------------------------------------------------------------
 */

static void make_server(struct story *story)
{
	const struct sl_listener listeners[] = {
		{ .port = SERVER_PORT,
		  .any = true,
		  .congestion = story->is.congestion,
		  .mss_clamp = story->is.mss_clamp },
		{ .port = SERVER_PORT,
		  .any = true,
		  .ipv6 = true,
		  .congestion = story->is.congestion,
		  .mss_clamp = story->is.mss_clamp },
	};
	const struct sl_tcp_config config = {
		.conns_max = story->is.conns_max,
		.backlog_max = story->is.backlog_max,
		.mtu_bytes = STORY_MTU,
		.listeners = listeners,
		.listener_cnt = 2,
		.secret = secret,
		.receive_window_bytes = story->is.receive_window_bytes,
		.keepalive_ns = story->is.keepalive_ns,
		.stall_ns = story->is.stall_ns,
		.unpaced = !story->is.paced,
	};

	ck_assert_int_eq(sl_tcp_init(&story->tcp, &config, story->now_ns), 0);
}

/* The ISN is 4 us ticks plus a secret (RFC 6528), so there is a time at which it is what the story
 * wants. */
static void choose_time(struct story *story)
{
	struct sl_segment syn = story_segment(story, SL_TCP_SYN, 0, 0);
	struct sl_route route;

	sl_route_reverse(&route, &syn);
	story->now_ns += (uint64_t)(story->is.isn - sl_tcp_isn(story->tcp, &route)) * 4000;
}

void story_begin(struct story *story, struct story_options options)
{
	static const uint8_t link[14] = { 2, 0, 0, 0, 0, 0x51, 2, 0, 0, 0, 0, 0xc1 };

	memset(story, 0, sizeof(*story));
	story->is = options;
	if (!options.mss)
		story->is.mss = 1460;
	if (!options.window)
		story->is.window = 65535;
	if (!options.conns_max)
		story->is.conns_max = 8;
	if (!options.backlog_max)
		story->is.backlog_max = 4;
	if (!options.receive_window_bytes)
		story->is.receive_window_bytes = SL_INBOX_BYTES;
	story->window = story->is.window;
	memcpy(story->link, link, sizeof(link));
	story->link_bytes = sizeof(link);
	story->link[12] = story->is.ipv6 ? 0x86 : 0x08;
	story->link[13] = story->is.ipv6 ? 0xdd : 0x00;
	story->peer_port = FIRST_PEER_PORT;
	story->ts_ms_off = 1000;
	story->now_ns = 1000 * S;
	make_server(story);
	if (story->is.has_isn) {
		choose_time(story);
		sl_tcp_fini(story->tcp);
		make_server(story);
	}
}

void story_open(struct story *story, struct story_options options)
{
	story_begin(story, options);
	story_connect(story);
}

void story_end(struct story *story)
{
	sl_tcp_fini(story->tcp);
	story->tcp = NULL;
}

void story_connect(struct story *story)
{
	struct story_packet *packet;

	story_syn(story);
	packet = left(story);
	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->segment.flags & ~SL_TCP_ECE, SL_TCP_SYN | SL_TCP_ACK);
	story_pass(story, story->is.rtt_ms * MS);
	story_ack(story, 1);
	ck_assert_uint_eq(story_events(story) & SL_TCP_OPENED, SL_TCP_OPENED);
}

/* ---- Time -------------------------------------------------------------------------------------
 */

static void collect_events(struct story *story)
{
	struct sl_tcp_conn conn;
	uint32_t events;

	while (sl_tcp_ready(story->tcp, &conn, &events)) {
		MUST(events != 0);
		if (events & SL_TCP_OPENED)
			story->conn = conn;
		if (conn.idx != story->conn.idx)
			continue;
		if (events & SL_TCP_GONE)
			story->gone = true;
		story->events |= events;
	}
}

void story_pass(struct story *story, uint64_t for_ns)
{
	uint64_t until_ns = story->now_ns + for_ns;

	while (story->now_ns < until_ns) {
		uint64_t next_ns = sl_tcp_next_ns(story->tcp);

		if (next_ns <= story->now_ns)
			next_ns = story->now_ns + 1;
		story->now_ns = next_ns < until_ns ? next_ns : until_ns;
		sl_tcp_tick(story->tcp, story->now_ns);
		collect_events(story);
	}
}

uint32_t story_events(struct story *story)
{
	uint32_t events;

	collect_events(story);
	events = story->events;
	story->events = 0;
	return events;
}

/* ---- The peer speaks --------------------------------------------------------------------------
 */

struct sl_segment story_segment(const struct story *story, uint8_t flags, uint32_t seq,
				uint32_t ack)
{
	struct sl_segment segment = {
		.link = story->link,
		.link_bytes = (uint8_t)story->link_bytes,
		.ipv6 = story->is.ipv6,
		.src_port = story->peer_port,
		.dst_port = SERVER_PORT,
		.seq = story->is.peer_isn + seq,
		.ack = story->server_isn + ack,
		.window = story->window,
		.flags = flags,
		.has_timestamps = !story->is.no_timestamps,
	};

	segment.src =
	    story->is.ipv6 ? sl_address_from_ipv6(peer_ipv6) : sl_address_from_ipv4(peer_ipv4);
	segment.dst =
	    story->is.ipv6 ? sl_address_from_ipv6(server_ipv6) : sl_address_from_ipv4(server_ipv4);
	if (segment.has_timestamps) {
		segment.ts_value = (uint32_t)(story->now_ns / MS) + story->ts_ms_off;
		segment.ts_echo = story->last_ts;
	}
	if (flags & SL_TCP_SYN) {
		segment.has_mss = true;
		segment.mss = story->is.mss;
		segment.sack_permitted = !story->is.no_sack;
		segment.has_window_scale = !story->is.no_window_scale;
		segment.window_scale = story->is.shift;
		if (story->is.ecn)
			segment.flags |= SL_TCP_ECE | SL_TCP_CWR;
	}
	return segment;
}

static void take_payload(struct story *story)
{
	const struct sl_tcp_verdict *verdict = &story->verdict;

	if (story->got_bytes + verdict->payload_bytes <= STORY_GOT_BYTES)
		memcpy(story->got + story->got_bytes, verdict->payload, verdict->payload_bytes);
	story->got_bytes += verdict->payload_bytes;
}

void story_input(struct story *story, const struct sl_segment *segment)
{
	sl_tcp_input(story->tcp, segment, story->now_ns, &story->verdict);
	if (story->verdict.payload_bytes && !story->manual_accept) {
		do {
			take_payload(story);
		} while (sl_tcp_accept(story->tcp, &story->verdict, story->verdict.payload_bytes,
				       story->is.receive_window_bytes, story->now_ns));
	}
	collect_events(story);
}

void story_syn(struct story *story)
{
	struct sl_segment segment = story_segment(story, SL_TCP_SYN, 0, 0);

	segment.ack = 0;
	story->peer_next = 1;
	story_input(story, &segment);
}

void story_ack(struct story *story, uint32_t ack)
{
	struct sl_segment segment = story_segment(story, SL_TCP_ACK, story->peer_next, ack);

	story_input(story, &segment);
}

void story_sack(struct story *story, uint32_t ack, uint32_t start, uint32_t end)
{
	struct sl_segment segment = story_segment(story, SL_TCP_ACK, story->peer_next, ack);

	segment.sack_cnt = 1;
	segment.sack[0] =
	    (struct sl_sack_block){ story->server_isn + start, story->server_isn + end };
	story_input(story, &segment);
}

void story_data(struct story *story, uint32_t seq, uint32_t ack, uint32_t len_bytes)
{
	static uint8_t payload[65536];
	struct sl_segment segment = story_segment(story, SL_TCP_ACK | SL_TCP_PSH, seq, ack);

	for (uint32_t i = 0; i < len_bytes; i++)
		payload[i] = story_byte(seq + i);
	segment.payload = payload;
	segment.payload_bytes = len_bytes;
	if (seq + len_bytes > story->peer_next)
		story->peer_next = seq + len_bytes;
	story_input(story, &segment);
}

/* ---- The server speaks ------------------------------------------------------------------------
 */

/* Reads what stands before and in payload as the peer would. */
static void enqueue(struct story *story, const uint8_t *payload, uint32_t header_bytes,
		    uint32_t payload_bytes)
{
	uint32_t at = (story->queue_first + story->queue_cnt) % STORY_QUEUE_MAX;
	struct story_packet *packet = &story->queue[at];

	MUST(story->queue_cnt < STORY_QUEUE_MAX);
	memcpy(packet->bytes, payload - header_bytes, header_bytes + payload_bytes);
	MUST(sl_segment_parse(packet->bytes, header_bytes + payload_bytes, &packet->segment) ==
	     SL_WIRE_OK);
	MUST(packet->segment.payload_bytes == payload_bytes);
	if (packet->segment.flags & SL_TCP_SYN)
		story->server_isn = packet->segment.seq;
	if (packet->segment.has_timestamps)
		story->last_ts = packet->segment.ts_value;
	packet->seq = packet->segment.seq - story->server_isn;
	packet->ack = packet->segment.ack - story->is.peer_isn;
	story->queue_cnt++;
}

static void drain_control(struct story *story)
{
	uint8_t frame[STORY_PACKET_BYTES];
	uint32_t header_bytes;

	while (sl_tcp_control_due(story->tcp)) {
		header_bytes =
		    sl_tcp_control(story->tcp, frame + SL_FRAME_HEADROOM_BYTES, story->now_ns);
		MUST(header_bytes > 0);
		enqueue(story, frame + SL_FRAME_HEADROOM_BYTES, header_bytes, 0);
	}
}

struct story_packet *left(struct story *story)
{
	struct story_packet *packet;

	drain_control(story);
	if (story->queue_cnt == 0)
		return NULL;
	packet = &story->queue[story->queue_first];
	story->queue_first = (story->queue_first + 1) % STORY_QUEUE_MAX;
	story->queue_cnt--;
	return packet;
}

struct story_packet *story_expect(struct story *story, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct story_packet *packet = left(story);

	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->segment.flags, flags);
	ck_assert_uint_eq(packet->seq, seq);
	if (flags & SL_TCP_ACK)
		ck_assert_uint_eq(packet->ack, ack);
	return packet;
}

void story_expect_silence(struct story *story)
{
	ck_assert_ptr_null(left(story));
}

void story_discard(struct story *story)
{
	while (left(story))
		;
}

/* ---- The layer above --------------------------------------------------------------------------
 */

void story_make(struct story *story, uint32_t seq, uint32_t len_bytes)
{
	uint64_t stream_seq = sl_tcp_stream_seq(story->tcp, story->conn);
	uint8_t frame[STORY_PACKET_BYTES];
	struct sl_tcp_payload payload = { .data = frame + SL_FRAME_HEADROOM_BYTES,
					  .len_bytes = len_bytes };
	uint32_t header_bytes;

	for (uint32_t i = 0; i < len_bytes; i++)
		payload.data[i] = story_byte(seq + i);
	payload.sum = sl_checksum_add(0, payload.data, len_bytes);
	header_bytes = sl_tcp_segment(story->tcp, story->conn, &payload,
				      sl_seq_extend(story->server_isn + seq, stream_seq), false,
				      story->now_ns);
	MUST(header_bytes > 0);
	enqueue(story, frame + SL_FRAME_HEADROOM_BYTES, header_bytes, len_bytes);
}

static void make_all(struct story *story, uint32_t seq, uint32_t len_bytes)
{
	uint64_t stream_seq = sl_tcp_stream_seq(story->tcp, story->conn);
	uint32_t most_bytes = sl_tcp_first_payload_max(
	    story->tcp, story->conn, sl_seq_extend(story->server_isn + seq, stream_seq), len_bytes);

	while (len_bytes) {
		uint32_t part_bytes = len_bytes < most_bytes ? len_bytes : most_bytes;

		story_make(story, seq, part_bytes);
		seq += part_bytes;
		len_bytes -= part_bytes;
		most_bytes = sl_tcp_payload_max(story->tcp, story->conn);
	}
}

void story_send(struct story *story, uint32_t len_bytes)
{
	uint32_t seq = sl_seq_wire(sl_tcp_stream_seq(story->tcp, story->conn)) - story->server_isn;

	sl_tcp_reserve(story->tcp, story->conn, len_bytes);
	make_all(story, seq, len_bytes);
}

uint32_t story_send_most(struct story *story, uint32_t len_bytes)
{
	uint32_t window_bytes = story_window(story);

	if (window_bytes < len_bytes)
		len_bytes = window_bytes;
	if (len_bytes)
		story_send(story, len_bytes);
	return len_bytes;
}

uint32_t story_send_again(struct story *story)
{
	struct sl_tcp_range range;
	uint32_t sent_bytes = 0;

	while (sl_tcp_lost(story->tcp, story->conn, 65536, &range)) {
		uint32_t len_bytes = (uint32_t)(range.end_seq - range.start_seq);

		make_all(story, sl_seq_wire(range.start_seq) - story->server_isn, len_bytes);
		sent_bytes += len_bytes;
	}
	return sent_bytes;
}

struct sl_tcp_info story_info(const struct story *story)
{
	struct sl_tcp_info info;

	sl_tcp_info(story->tcp, story->conn, &info);
	return info;
}

uint32_t story_window(const struct story *story)
{
	return sl_tcp_window(story->tcp, story->conn);
}
