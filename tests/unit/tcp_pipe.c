/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/seq.h"
#include "tcp/stack.h"

enum {
	PACKETS_MAX = 8192,
	HOLES_MAX = 2048,
	READS_MAX = 256,
	READ_MAX_BYTES = 20000,
	SHIFT = 4,
	WIRE_MAX_BYTES = 1500,
	HEADER_BYTES = 66, /* of a data packet, link layer included */
};

struct packet { /* on its way */
	bool to_server;
	uint32_t too_big_bytes; /* an ICMP error about seq, with this MTU */
	uint32_t seq, ack;      /* relative */
	uint8_t flags;
	uint16_t window;
	uint32_t ts_value, ts_echo;
	uint8_t sack_cnt;
	struct sl_sack_block sack[4]; /* relative */
	uint32_t payload_bytes;
	uint8_t payload[WIRE_MAX_BYTES];
};

struct arrival {
	uint64_t at_ns;
	uint32_t packet_idx;
};

struct run {
	uint32_t start, end;
};

struct read { /* of the disk */
	bool again;
	uint64_t at_ns;
	struct run run; /* relative */
};

static struct {
	struct pipe_options is;
	struct pipe_result *result;
	struct story story;
	uint64_t random;
	struct packet packets[PACKETS_MAX];
	struct sl_pool free_packets;
	struct arrival arrivals[PACKETS_MAX]; /* a heap, the earliest first */
	uint32_t arrival_cnt;
	uint64_t last_ns[2];   /* arrival of the latest packet that kept its place, by direction */
	uint64_t link_free_ns; /* the bottleneck has sent all it holds */
	uint64_t start_ns;

	/* The layer above. */
	struct read reads[READS_MAX];
	uint32_t read_cnt;
	uint32_t reserved; /* relative */
	bool closed;

	/* The receiver. */
	uint32_t rcv_nxt, rcv_edge;
	struct run held[HOLES_MAX]; /* beyond a gap, in order */
	uint32_t held_cnt;
	uint32_t latest;  /* where the latest segment began */
	struct run twice; /* to be reported by the next ACK; end 0: nothing */
	uint32_t ts_recent;
	uint32_t owed;
	uint64_t ack_ns; /* of a delayed ACK */
	bool got_fin, sent_fin;
	uint32_t fin_seq; /* of theirs, once seen */
	uint64_t fin_ns;
} pipe;

/* xorshift64* */
static uint32_t below(uint32_t limit)
{
	pipe.random ^= pipe.random >> 12;
	pipe.random ^= pipe.random << 25;
	pipe.random ^= pipe.random >> 27;
	return (uint32_t)((pipe.random * UINT64_C(2685821657736338717) >> 32) % limit);
}

static bool chance(uint32_t permille)
{
	return below(1000) < permille;
}

/* ---- The path ---------------------------------------------------------------------------------
 */

static void push(struct arrival arrival)
{
	uint32_t at = pipe.arrival_cnt++;

	while (at > 0 && arrival.at_ns < pipe.arrivals[(at - 1) / 2].at_ns) {
		pipe.arrivals[at] = pipe.arrivals[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	pipe.arrivals[at] = arrival;
}

static struct arrival pop(void)
{
	struct arrival first = pipe.arrivals[0], last = pipe.arrivals[--pipe.arrival_cnt];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < pipe.arrival_cnt) {
		if (child + 1 < pipe.arrival_cnt &&
		    pipe.arrivals[child + 1].at_ns < pipe.arrivals[child].at_ns)
			child++;
		if (last.at_ns <= pipe.arrivals[child].at_ns)
			break;
		pipe.arrivals[at] = pipe.arrivals[child];
		at = child;
	}
	pipe.arrivals[at] = last;
	return first;
}

/* When the bottleneck has sent it; 0: its queue is full. */
static uint64_t pass_bottleneck(uint32_t payload_bytes)
{
	uint64_t byte_ns = 8000 / pipe.is.rate_mbit_s, queue_ns = 2 * pipe.is.delay_ms * MS;

	if (queue_ns < 10 * WIRE_MAX_BYTES * byte_ns)
		queue_ns = 10 * WIRE_MAX_BYTES * byte_ns;
	if (pipe.link_free_ns < pipe.story.now_ns)
		pipe.link_free_ns = pipe.story.now_ns;
	if (pipe.link_free_ns - pipe.story.now_ns > queue_ns)
		return 0;
	pipe.link_free_ns += (payload_bytes + HEADER_BYTES) * byte_ns;
	return pipe.link_free_ns;
}

static bool in_spike(uint64_t at_ns)
{
	uint64_t spike_ns = pipe.start_ns + pipe.is.spike_at_ms * MS;

	return at_ns >= spike_ns && at_ns < spike_ns + pipe.is.spike_ms * MS;
}

static void carry_one(const struct packet *packet)
{
	uint32_t idx;
	uint64_t at_ns = pipe.story.now_ns;
	uint64_t *last_ns = &pipe.last_ns[packet->to_server];

	if (!packet->to_server && pipe.is.rate_mbit_s) {
		at_ns = pass_bottleneck(packet->payload_bytes);
		if (at_ns == 0) {
			pipe.result->overflows++;
			return;
		}
	}
	at_ns += pipe.is.delay_ms * MS + below(1000) * SL_NS_PER_US;
	if (!packet->to_server && in_spike(at_ns))
		at_ns = pipe.start_ns + (pipe.is.spike_at_ms + pipe.is.spike_ms) * MS;
	if (chance(packet->to_server && pipe.is.acks_safe ? 0 : pipe.is.reorder_permille))
		at_ns += below(pipe.is.reorder_ms * 1000 + 1) * SL_NS_PER_US;
	else if (at_ns <= *last_ns)
		at_ns = ++*last_ns; /* a queue: jitter alone does not reorder */
	else
		*last_ns = at_ns;
	if (!sl_pool_take(&pipe.free_packets, &idx))
		ck_abort_msg("more packets on their way than any window allows");
	pipe.packets[idx] = *packet;
	push((struct arrival){ at_ns, idx });
}

static void carry(const struct packet *packet)
{
	bool safe = packet->to_server && pipe.is.acks_safe;

	if (!safe && chance(pipe.is.loss_permille)) {
		pipe.result->drops++;
		return;
	}
	carry_one(packet);
	if (!safe && chance(pipe.is.duplicate_permille))
		carry_one(packet);
}

static void say_too_big(uint32_t seq, uint32_t mtu_bytes)
{
	carry(&(struct packet){ .to_server = true, .too_big_bytes = mtu_bytes, .seq = seq });
}

static bool is_too_big(const struct story_packet *packet)
{
	uint32_t ip_bytes = packet->segment.payload_bytes +
			    (uint32_t)(packet->segment.payload - packet->bytes) -
			    packet->segment.link_bytes;
	bool wide = pipe.is.wide_ms && pipe.story.now_ns / MS / pipe.is.wide_ms % 2;

	return pipe.is.mtu_bytes && !wide && ip_bytes > pipe.is.mtu_bytes;
}

/* What the path does not carry stays where it is. */
static bool fits(const struct story_packet *packet)
{
	if (chance(pipe.is.forged_permille)) /* a guess; some are good ones */
		say_too_big(packet->seq - 50000 + below(60000), below(1600));
	if (!is_too_big(packet))
		return true;
	pipe.result->too_big++;
	if (pipe.is.router_speaks)
		say_too_big(packet->seq, pipe.is.mtu_bytes);
	return false;
}

static void carry_from_server(void)
{
	const struct story_packet *from;

	while ((from = left(&pipe.story))) {
		if (!fits(from))
			continue;

		struct packet packet = {
			.seq = from->seq,
			.ack = from->ack,
			.flags = from->segment.flags,
			.ts_value = from->segment.ts_value,
			.payload_bytes = from->segment.payload_bytes,
		};

		if (packet.payload_bytes)
			memcpy(packet.payload, from->segment.payload, packet.payload_bytes);
		carry(&packet);
	}
}

/* ---- The receiver -----------------------------------------------------------------------------
 */

static bool has(uint32_t start, uint32_t end)
{
	if (end <= pipe.rcv_nxt)
		return true;
	for (uint32_t i = 0; i < pipe.held_cnt; i++)
		if (pipe.held[i].start <= start && end <= pipe.held[i].end)
			return true;
	return false;
}

static void hold(uint32_t start, uint32_t end)
{
	uint32_t at = 0, last;

	while (at < pipe.held_cnt && pipe.held[at].end < start)
		at++;
	last = at;
	while (last < pipe.held_cnt && pipe.held[last].start <= end) {
		if (pipe.held[last].start < start)
			start = pipe.held[last].start;
		if (pipe.held[last].end > end)
			end = pipe.held[last].end;
		last++;
	}
	MUST(pipe.held_cnt + 1 < HOLES_MAX);
	memmove(&pipe.held[at + 1], &pipe.held[last],
		(pipe.held_cnt - last) * sizeof(pipe.held[0]));
	pipe.held_cnt = pipe.held_cnt - (last - at) + 1;
	pipe.held[at] = (struct run){ start, end };
	if (pipe.held[0].start <= pipe.rcv_nxt) {
		if (pipe.held[0].end > pipe.rcv_nxt)
			pipe.rcv_nxt = pipe.held[0].end;
		pipe.held_cnt--;
		memmove(&pipe.held[0], &pipe.held[1], pipe.held_cnt * sizeof(pipe.held[0]));
	}
}

/* What came twice, then the block with the latest segment (RFC 2883; RFC 2018, section 4). */
static void add_blocks(struct packet *ack)
{
	uint32_t latest = UINT32_MAX;

	if (pipe.twice.end)
		ack->sack[ack->sack_cnt++] =
		    (struct sl_sack_block){ pipe.twice.start, pipe.twice.end };
	pipe.twice.end = 0;
	for (uint32_t i = 0; i < pipe.held_cnt; i++)
		if (pipe.held[i].start <= pipe.latest && pipe.latest < pipe.held[i].end)
			latest = i;
	if (latest != UINT32_MAX)
		ack->sack[ack->sack_cnt++] =
		    (struct sl_sack_block){ pipe.held[latest].start, pipe.held[latest].end };
	for (uint32_t i = pipe.held_cnt; i-- > 0 && ack->sack_cnt < 3;)
		if (i != latest)
			ack->sack[ack->sack_cnt++] =
			    (struct sl_sack_block){ pipe.held[i].start, pipe.held[i].end };
}

static void receiver_acks(uint8_t flags)
{
	struct packet ack = {
		.to_server = true,
		.seq = 1 + (pipe.sent_fin && !(flags & SL_TCP_FIN)),
		.ack = pipe.rcv_nxt + pipe.got_fin,
		.flags = SL_TCP_ACK | flags,
		.ts_value = (uint32_t)(pipe.story.now_ns / MS) + pipe.story.ts_ms_off,
		.ts_echo = pipe.ts_recent,
	};
	uint32_t window_bytes = pipe.is.window_bytes;

	if (chance(pipe.is.renege_permille))
		pipe.held_cnt = 0;
	if (!pipe.is.no_sack)
		add_blocks(&ack);
	ack.window = (uint16_t)(window_bytes >> SHIFT);
	if (pipe.rcv_nxt + window_bytes > pipe.rcv_edge)
		pipe.rcv_edge = pipe.rcv_nxt + window_bytes;
	pipe.owed = 0;
	pipe.ack_ns = UINT64_MAX;
	carry(&ack);
}

static void receiver_gets(const struct packet *packet)
{
	uint32_t end = packet->seq + packet->payload_bytes;

	if (packet->flags & SL_TCP_RST)
		ck_abort_msg("the server reset the connection");
	for (uint32_t i = 0; i < packet->payload_bytes; i++)
		MUST(packet->payload[i] == story_byte(packet->seq + i));
	MUST(end <= pipe.rcv_edge); /* never beyond what was offered */
	if (packet->seq <= pipe.rcv_nxt)
		pipe.ts_recent = packet->ts_value;
	if (packet->payload_bytes == 0 && !(packet->flags & SL_TCP_FIN)) {
		if (packet->seq != pipe.rcv_nxt + pipe.got_fin)
			receiver_acks(0);
		return;
	}

	if (!pipe.is.no_dsack && packet->payload_bytes && has(packet->seq, end))
		pipe.twice = (struct run){ packet->seq, end };

	bool in_order = packet->seq == pipe.rcv_nxt && pipe.held_cnt == 0;

	pipe.latest = packet->seq;
	if (end > pipe.rcv_nxt)
		hold(packet->seq, end);
	if (packet->flags & SL_TCP_FIN)
		pipe.fin_seq = end;
	if (pipe.fin_seq == pipe.rcv_nxt && !pipe.got_fin) {
		MUST(pipe.rcv_nxt == 1 + pipe.is.file_bytes); /* not before everything */
		pipe.got_fin = true;
	}
	if (!in_order || ++pipe.owed == 2 || pipe.got_fin)
		receiver_acks(0);
	else
		pipe.ack_ns = pipe.story.now_ns + 40 * MS;
}

static void receiver_turn(void)
{
	if (pipe.ack_ns <= pipe.story.now_ns)
		receiver_acks(0);
	if (!pipe.got_fin || pipe.story.now_ns < pipe.fin_ns)
		return;
	pipe.sent_fin = true;
	receiver_acks(SL_TCP_FIN);
	pipe.fin_ns = pipe.story.now_ns + 1 * S; /* until the server is gone */
}

/* ---- The layer above --------------------------------------------------------------------------
 */

static void start_read(bool again, uint32_t start, uint32_t end)
{
	uint64_t at_ns = pipe.story.now_ns + below(pipe.is.disk_ms * 1000 + 1) * SL_NS_PER_US;

	MUST(pipe.read_cnt < READS_MAX);
	/* New bytes are sent in order, so reads of them come back in order. */
	for (uint32_t i = 0; i < pipe.read_cnt; i++)
		if (!again && !pipe.reads[i].again && pipe.reads[i].at_ns > at_ns)
			at_ns = pipe.reads[i].at_ns;
	pipe.reads[pipe.read_cnt++] = (struct read){ again, at_ns, { start, end } };
}

static void ask_for_lost(void)
{
	struct story *story = &pipe.story;
	struct sl_tcp_range range;

	while (pipe.read_cnt < READS_MAX &&
	       sl_tcp_lost(story->tcp, story->conn, 1 + below(READ_MAX_BYTES), &range)) {
		if (chance(pipe.is.cancel_permille)) {
			sl_tcp_lost_cancel(story->tcp, story->conn, &range);
			break;
		}
		start_read(true, sl_seq_wire(range.start_seq) - story->server_isn,
			   sl_seq_wire(range.end_seq) - story->server_isn);
	}
}

static void ask_for_new(void)
{
	struct story *story = &pipe.story;
	uint32_t left_bytes = 1 + pipe.is.file_bytes - pipe.reserved, bytes;

	while (left_bytes && pipe.read_cnt < READS_MAX && (bytes = story_window(story))) {
		if (bytes > left_bytes)
			bytes = left_bytes;
		if (bytes > READ_MAX_BYTES)
			bytes = 1 + below(READ_MAX_BYTES);
		sl_tcp_reserve(story->tcp, story->conn, bytes);
		start_read(false, pipe.reserved, pipe.reserved + bytes);
		pipe.reserved += bytes;
		left_bytes -= bytes;
	}
	if (left_bytes == 0 && !pipe.closed) {
		pipe.closed = true;
		sl_tcp_close(story->tcp, story->conn, story->now_ns);
	}
}

static void send_read(const struct read *read)
{
	struct story *story = &pipe.story;

	for (uint32_t at = read->run.start; at < read->run.end;) {
		uint64_t stream_seq = sl_tcp_stream_seq(story->tcp, story->conn);
		uint64_t seq = sl_seq_extend(story->server_isn + at, stream_seq);
		uint32_t len_bytes = read->run.end - at;
		uint32_t most_bytes =
		    sl_tcp_first_payload_max(story->tcp, story->conn, seq, len_bytes);

		if (len_bytes > most_bytes)
			len_bytes = most_bytes;
		story_make(story, at, len_bytes);
		carry_from_server();
		at += len_bytes;
	}
}

static void finish_reads(void)
{
	for (uint32_t i = 0; i < pipe.read_cnt && !pipe.story.gone;) {
		struct read read = pipe.reads[i];

		if (read.at_ns > pipe.story.now_ns) {
			i++;
			continue;
		}
		pipe.read_cnt--;
		memmove(&pipe.reads[i], &pipe.reads[i + 1],
			(pipe.read_cnt - i) * sizeof(pipe.reads[0]));
		send_read(&read);
	}
}

/* ---- Steps ------------------------------------------------------------------------------------
 */

static void server_gets(const struct packet *packet)
{
	struct sl_segment segment =
	    story_segment(&pipe.story, packet->flags, packet->seq, packet->ack);

	segment.window = packet->window;
	segment.ts_value = packet->ts_value;
	segment.ts_echo = packet->ts_echo;
	segment.sack_cnt = packet->sack_cnt;
	for (uint32_t i = 0; i < packet->sack_cnt; i++) {
		segment.sack[i].start_seq = pipe.story.server_isn + packet->sack[i].start_seq;
		segment.sack[i].end_seq = pipe.story.server_isn + packet->sack[i].end_seq;
	}
	story_input(&pipe.story, &segment);
}

static void server_hears(const struct packet *packet)
{
	struct sl_segment segment = story_segment(&pipe.story, SL_TCP_ACK, 0, 0);

	sl_tcp_icmp(pipe.story.tcp,
		    &(struct sl_icmp_error){ .kind = SL_ICMP_TOO_BIG,
					     .local = segment.dst,
					     .peer = segment.src,
					     .local_port = segment.dst_port,
					     .peer_port = segment.src_port,
					     .seq = pipe.story.server_isn + packet->seq,
					     .mtu_bytes = packet->too_big_bytes },
		    pipe.story.now_ns);
}

static void deliver(void)
{
	while (pipe.arrival_cnt && pipe.arrivals[0].at_ns <= pipe.story.now_ns) {
		uint32_t idx = pop().packet_idx;
		const struct packet *packet = &pipe.packets[idx];

		if (packet->too_big_bytes)
			server_hears(packet);
		else if (packet->to_server)
			server_gets(packet);
		else
			receiver_gets(packet);
		sl_pool_give(&pipe.free_packets, idx);
	}
}

static uint64_t next_ns(void)
{
	uint64_t at_ns = sl_tcp_next_ns(pipe.story.tcp);

	if (pipe.arrival_cnt && pipe.arrivals[0].at_ns < at_ns)
		at_ns = pipe.arrivals[0].at_ns;
	for (uint32_t i = 0; i < pipe.read_cnt; i++)
		if (pipe.reads[i].at_ns < at_ns)
			at_ns = pipe.reads[i].at_ns;
	if (pipe.ack_ns < at_ns)
		at_ns = pipe.ack_ns;
	if (pipe.got_fin && pipe.fin_ns < at_ns)
		at_ns = pipe.fin_ns;
	return at_ns;
}

static void check_invariants(void)
{
	const struct sl_tcp *tcp = pipe.story.tcp;
	const struct sl_tcb *tcb = &tcp->conns[pipe.story.conn.idx];
	struct sl_tcp_info info;

	if (pipe.story.gone)
		return;
	sl_tcp_sent_check(&tcp->store, &tcb->sent, tcb->snd_una, tcb->snd_nxt);
	info = story_info(&pipe.story);
	MUST(info.in_flight_bytes + info.being_made_bytes <= tcb->snd_res - tcb->snd_una);
	MUST(info.cwnd_bytes >= info.mss_bytes);
	MUST(tcb->snd_una <= tcb->snd_nxt);
	MUST(tcb->snd_nxt <= tcb->snd_res);
}

static void step(void)
{
	struct story *story = &pipe.story;
	uint64_t at_ns = next_ns();

	MUST(at_ns != UINT64_MAX); /* nobody would ever move again */
	story->now_ns = at_ns > story->now_ns ? at_ns : story->now_ns + SL_NS_PER_US;
	deliver();
	sl_tcp_tick(story->tcp, story->now_ns);
	story_events(story);
	check_invariants();
	finish_reads();
	if (!story->gone) {
		ask_for_lost();
		ask_for_new();
	}
	carry_from_server();
	receiver_turn();
	check_invariants();
	pipe.result->steps++;
}

void pipe_run(const struct pipe_options *options, uint64_t seed, struct pipe_result *result)
{
	memset(&pipe, 0, sizeof(pipe));
	*result = (struct pipe_result){ 0 };
	pipe.is = *options;
	pipe.result = result;
	pipe.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	MUST(sl_pool_init(&pipe.free_packets, PACKETS_MAX) == 0);
	story_open(&pipe.story, (struct story_options){
				    .no_sack = options->no_sack,
				    .no_timestamps = options->no_timestamps,
				    .window = (uint16_t)(options->window_bytes >> SHIFT),
				    .shift = SHIFT,
				    .rtt_ms = 2 * options->delay_ms,
				    .paced = options->paced || options->rate_mbit_s != 0,
				    .congestion = options->congestion,
				    .has_isn = true,
				    /* The numbers wrap on the way, each seed elsewhere. */
				    .isn = 0U - 1 - below(options->file_bytes),
				});
	story_discard(&pipe.story);
	pipe.ts_recent = pipe.story.last_ts;
	pipe.rcv_nxt = 1;
	pipe.rcv_edge = 1 + options->window_bytes;
	pipe.reserved = 1;
	pipe.ack_ns = UINT64_MAX;
	pipe.start_ns = pipe.story.now_ns;
	ask_for_new();
	while (!pipe.story.gone) {
		step();
		if (!pipe.story.gone)
			result->info = story_info(&pipe.story);
		MUST(result->steps < 2000000);
	}
	MUST(pipe.rcv_nxt == 1 + options->file_bytes);
	MUST(pipe.got_fin);
	result->took_ns = pipe.story.now_ns - pipe.start_ns;
	result->counters = *sl_tcp_counters(pipe.story.tcp);
	MUST(result->counters.timed_out == 0);
	MUST(sl_pool_used(&pipe.story.tcp->store.pool) == 0);
	MUST(sl_pool_used(&pipe.story.tcp->pool) == 0);
	sl_pool_fini(&pipe.free_packets);
	story_end(&pipe.story);
}
