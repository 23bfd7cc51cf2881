/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { SYN_ACK = SL_TCP_SYN | SL_TCP_ACK, HALF_OPEN = 2 }; /* half of a backlog of 4 */

static struct story story;

static void teardown(void)
{
	story_end(&story);
}

static const struct sl_tcp_counters *counters(void)
{
	return sl_tcp_counters(story.tcp);
}

/* SYNs from peers who never answer: one cookie after HALF_OPEN of them. */
static void flood(int syn_cnt)
{
	for (int i = 0; i < syn_cnt; i++) {
		story.peer_port++;
		story_syn(&story);
		story_discard(&story);
	}
	story.peer_port++;
}

static void begin(struct story_options options)
{
	story_begin(&story, options);
	flood(HALF_OPEN);
	ck_assert_uint_eq(counters()->cookies_sent, 0);
}

/* A SYN and its cookie. */
static const struct story_packet *ask(void)
{
	uint64_t sent_before = counters()->cookies_sent;
	const struct story_packet *packet;

	story_syn(&story);
	ck_assert_uint_eq(counters()->cookies_sent, sent_before + 1);
	packet = story_expect(&story, SYN_ACK, 0, 1);
	story_expect_silence(&story);
	return packet;
}

static bool opened(void)
{
	return story_events(&story) & SL_TCP_OPENED;
}

/* An ACK that is none of a cookie's. */
static void expect_refusal(const struct sl_segment *ack)
{
	uint64_t failed_before = counters()->cookies_failed;
	struct story_packet *packet;

	story_input(&story, ack);
	ck_assert(!opened());
	packet = left(&story);
	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->segment.flags, SL_TCP_RST);
	ck_assert_uint_eq(packet->segment.seq, ack->ack);
	ck_assert_uint_eq(counters()->cookies_failed, failed_before + 1);
	ck_assert_uint_eq(counters()->cookies_accepted, 0);
}

START_TEST(a_syn_leaves_nothing_behind)
{
	uint64_t next_ns;

	begin((struct story_options){ .conns_max = 8 });
	next_ns = sl_tcp_next_ns(story.tcp);
	flood(20000);
	ck_assert_uint_eq(counters()->cookies_sent, 20000);
	ck_assert_uint_eq(counters()->syn_received_cnt, HALF_OPEN);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), HALF_OPEN);
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), next_ns);
	for (int i = 0; i < 6; i++) { /* and whoever is honest gets in, to the last place */
		story.peer_port++;
		story_connect(&story);
	}
	ck_assert_uint_eq(counters()->cookies_accepted, 6);
	ck_assert_uint_eq(counters()->open_cnt, 6);
}
END_TEST

START_TEST(when_the_flood_is_over_there_are_none)
{
	begin((struct story_options){ 0 });
	ask();
	story_pass(&story, 70 * S); /* the half-open give up */
	story_discard(&story);
	story.peer_port++;
	story_connect(&story);
	ck_assert_uint_eq(counters()->cookies_sent, 1);
	ck_assert_uint_eq(counters()->cookies_accepted, 0);
}
END_TEST

/* Every combination of options in the SYN, over both families. */
START_TEST(options_survive_in_the_timestamp)
{
	struct story_options options = {
		.no_sack = _i & 1,
		.no_timestamps = _i & 2,
		.no_window_scale = _i & 4,
		.ipv6 = _i & 8,
		.shift = _i & 1 ? 14 : 7,
	};
	bool sack = !options.no_sack && !options.no_timestamps;
	bool scale = !options.no_window_scale && !options.no_timestamps;
	const struct story_packet *packet;
	struct sl_tcb *tcb;

	begin(options);
	packet = ask();
	ck_assert_uint_eq(packet->segment.has_timestamps, !options.no_timestamps);
	ck_assert_uint_eq(packet->segment.sack_permitted, sack);
	ck_assert_uint_eq(packet->segment.has_window_scale, scale);
	ck_assert_uint_eq(packet->segment.window_scale, 0);
	ck_assert_uint_eq(packet->segment.mss, options.ipv6 ? 1440 : 1460);
	ck_assert_uint_eq(packet->segment.window, 32768);
	story_pass(&story, 300 * MS);
	story_ack(&story, 1);
	ck_assert(opened());
	story_expect_silence(&story);
	ck_assert_uint_eq(counters()->opened, 1);

	tcb = &story.tcp->conns[story.conn.idx];
	ck_assert_uint_eq(tcb->state, SL_TCP_ESTABLISHED);
	ck_assert_uint_eq(tcb->sack, sack);
	ck_assert_uint_eq(tcb->timestamps, !options.no_timestamps);
	ck_assert_uint_eq(sl_tcp_listener(story.tcp, story.conn), options.ipv6 ? 1 : 0);
	ck_assert_uint_eq(story_info(&story).peer_window_bytes,
			  scale ? 65535 << options.shift : 65535);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn),
			  (options.ipv6 ? 1440 : 1460) - (options.no_timestamps ? 0 : 12));
	ck_assert_uint_eq(story_info(&story).srtt_ns, 0); /* not known */
}
END_TEST

START_TEST(so_does_ecn)
{
	struct sl_segment syn;
	bool timestamps = _i & 1, offered = _i & 2, agreed = timestamps && offered;

	begin((struct story_options){ .no_timestamps = !timestamps });
	syn = story_segment(&story, SL_TCP_SYN | (offered ? SL_TCP_ECE | SL_TCP_CWR : 0), 0, 0);
	story_input(&story, &syn);
	ck_assert_uint_eq(left(&story)->segment.flags, SYN_ACK | (agreed ? SL_TCP_ECE : 0));
	story_ack(&story, 1);
	ck_assert(opened());
	ck_assert_uint_eq(story.tcp->conns[story.conn.idx].ecn, agreed);
}
END_TEST

START_TEST(a_connection_is_like_any_other)
{
	begin((struct story_options){ 0 });
	story_connect(&story);
	story_send(&story, 1000);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_pass(&story, 20 * MS);
	story_ack(&story, 1001);
	ck_assert_uint_eq(story_info(&story).srtt_ns, 20 * MS);
	story_data(&story, 1, 1001, 100);
	ck_assert_uint_eq(story.got_bytes, 100);
	ck_assert_uint_eq(counters()->syn_received_cnt, HALF_OPEN);
	ck_assert_uint_eq(counters()->open_cnt, 1);
}
END_TEST

START_TEST(the_mss_becomes_the_next_smaller)
{
	static const struct {
		bool has_mss, ipv6;
		uint16_t mss, becomes;
	} table[] = {
		{ true, false, 1460, 1460 }, { true, false, 9000, 1460 },
		{ true, false, 1459, 1440 }, { true, false, 1380, 1360 },
		{ true, false, 537, 536 },   { true, false, 535, 88 },
		{ true, false, 1, 88 },      { false, false, 0, 536 },
		{ false, true, 0, 1220 },    { true, true, 1440, 1440 },
	};
	struct sl_segment syn;

	begin((struct story_options){ .ipv6 = table[_i].ipv6 });
	syn = story_segment(&story, SL_TCP_SYN, 0, 0);
	syn.has_mss = table[_i].has_mss;
	syn.mss = table[_i].mss;
	story_input(&story, &syn);
	story_expect(&story, SYN_ACK, 0, 1);
	story_ack(&story, 1);
	ck_assert(opened());
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), table[_i].becomes - 12);
}
END_TEST

/* The story begins at 1000 s, which lies 40 s into a period. */
START_TEST(it_is_good_for_one_to_two_periods)
{
	static const struct {
		uint32_t made_after_s, after_ms;
		bool good;
	} table[] = {
		{ 0, 23900, true },    { 0, 87900, true }, { 0, 88000, false },
		{ 0, 500000, false },  { 25, 127, true },  { 25, 126900, true },
		{ 25, 127000, false },
	};
	struct sl_segment ack;

	begin((struct story_options){ .no_timestamps = _i & 1 });
	story_pass(&story, table[_i].made_after_s * S);
	story_discard(&story);
	ask();
	ack = story_segment(&story, SL_TCP_ACK, 1, 1);
	story_pass(&story, table[_i].after_ms * MS);
	story_discard(&story);
	story.tcp->cookie_until_ns = UINT64_MAX; /* others still get cookies */
	if (table[_i].good) {
		story_input(&story, &ack);
		ck_assert(opened());
	} else {
		expect_refusal(&ack);
	}
}
END_TEST

START_TEST(nobody_guesses_one)
{
	struct sl_segment good, bad;

	begin((struct story_options){ 0 });
	ask();
	story.peer_next = 1;
	good = story_segment(&story, SL_TCP_ACK, 1, 1);
	for (uint32_t bit = 0; bit < 32; bit++) {
		bad = good;
		bad.ack ^= UINT32_C(1) << bit;
		expect_refusal(&bad);
	}
	bad = good;
	bad.seq++; /* of another SYN */
	expect_refusal(&bad);
	bad = good;
	bad.src_port++;
	expect_refusal(&bad);
	bad = good;
	bad.src.bytes[15]++;
	expect_refusal(&bad);
	bad = good;
	bad.dst.bytes[15]++;
	expect_refusal(&bad);
	bad = good;
	bad.has_timestamps = false;
	expect_refusal(&bad);
	bad = good;
	bad.ts_echo += 1000; /* of the future */
	expect_refusal(&bad);
	bad = good;
	bad.ts_echo -= 129000;
	expect_refusal(&bad);
	story_input(&story, &good);
	ck_assert(opened());
}
END_TEST

START_TEST(only_an_ack_brings_one_back)
{
	static const uint8_t flags[] = { 0, SL_TCP_RST, SL_TCP_RST | SL_TCP_ACK, SYN_ACK };
	struct sl_segment segment;

	begin((struct story_options){ 0 });
	ask();
	segment = story_segment(&story, flags[_i], 1, 1);
	story_input(&story, &segment);
	ck_assert(!opened());
	ck_assert_uint_eq(counters()->cookies_accepted, 0);
}
END_TEST

/* Somebody has a good one, but we have not sent any of late. */
START_TEST(none_is_believed_in_quiet_times)
{
	struct sl_segment ack;

	begin((struct story_options){ 0 });
	ask();
	ack = story_segment(&story, SL_TCP_ACK, 1, 1);
	story.tcp->cookie_until_ns = story.now_ns;
	story_input(&story, &ack);
	ck_assert(!opened());
	story_expect(&story, SL_TCP_RST, 1, 0);
	ck_assert_uint_eq(counters()->cookies_failed, 0);
	story.tcp->cookie_until_ns++;
	story_input(&story, &ack);
	ck_assert(opened());
}
END_TEST

START_TEST(without_a_free_place_the_peer_must_ask_again)
{
	struct sl_tcp_conn first;
	struct sl_segment ack;

	begin((struct story_options){ .conns_max = 3 });
	ask();
	ack = story_segment(&story, SL_TCP_ACK, 1, 1);
	story.peer_port++;
	story_connect(&story);
	first = story.conn;
	story_input(&story, &ack);
	story_expect_silence(&story);
	ck_assert(!opened());
	ck_assert_uint_eq(counters()->table_full, 1);
	ck_assert_uint_eq(counters()->cookies_accepted, 1);

	story.peer_port++;
	story_syn(&story); /* and nobody is invited */
	story_expect_silence(&story);
	ck_assert_uint_eq(counters()->table_full, 2);

	sl_tcp_abort(story.tcp, first, story.now_ns);
	story_discard(&story);
	story_events(&story);
	story_input(&story, &ack);
	ck_assert(opened());
}
END_TEST

/* RFC 7323, 5: the peer drops what is older than what it has seen. */
START_TEST(our_timestamps_never_go_back)
{
	uint32_t clock, synack_ts, before_ts = 0;

	begin((struct story_options){ .shift = 14 }); /* large in the low bits */
	story_pass(&story, _i * MS);
	story_discard(&story);
	before_ts = ask()->segment.ts_value;
	for (int i = 0; i < 70; i++) {
		story_pass(&story, 1 * MS);
		synack_ts = ask()->segment.ts_value;
		ck_assert_int_ge((int32_t)(synack_ts - before_ts), 0);
		before_ts = synack_ts;
	}
	story_ack(&story, 1);
	ck_assert(opened());
	clock = sl_tcp_ts_value(story.now_ns, story.tcp->conns[story.conn.idx].ts_offset);
	ck_assert_uint_lt(clock - synack_ts, 64);
	story_send(&story, 10);
	ck_assert_uint_eq(left(&story)->segment.ts_value, clock);
}
END_TEST

START_TEST(payload_and_fin_may_come_with_it)
{
	struct sl_segment last;

	begin((struct story_options){ 0 });
	ask();
	last = story_segment(&story, SL_TCP_ACK | SL_TCP_FIN, 1, 1);
	last.payload = (const uint8_t *)"0123456789";
	last.payload_bytes = 10;
	story_input(&story, &last);
	ck_assert_uint_eq(story_events(&story) & (SL_TCP_OPENED | SL_TCP_PEER_CLOSED),
			  SL_TCP_OPENED | SL_TCP_PEER_CLOSED);
	ck_assert_uint_eq(story.got_bytes, 10);
	story_expect(&story, SL_TCP_ACK, 1, 12);
}
END_TEST

/* A cookie knows of no numbers it must be above. */
START_TEST(who_reopens_gets_a_place_instead)
{
	story_begin(&story, (struct story_options){ 0 });
	story_connect(&story);
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_discard(&story);

	struct sl_segment fin = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 2);
	story_input(&story, &fin);
	story_discard(&story);
	story_events(&story);
	ck_assert_uint_eq(counters()->time_wait_cnt, 1);

	uint16_t port = story.peer_port;
	flood(HALF_OPEN);
	story_pass(&story, 1 * MS);
	story.peer_port = port;
	story_syn(&story);
	story_expect(&story, SYN_ACK, 0, 1);
	ck_assert_uint_eq(counters()->cookies_sent, 0);
	ck_assert_uint_eq(counters()->time_wait_cnt, 0);
	ck_assert_uint_eq(counters()->syn_received_cnt, HALF_OPEN + 1);
}
END_TEST

START_TEST(while_draining_they_are_refused)
{
	struct sl_segment ack;

	begin((struct story_options){ 0 });
	ask();
	sl_tcp_stop_listening(story.tcp);
	ack = story_segment(&story, SL_TCP_ACK, 1, 1);
	story_input(&story, &ack);
	story_expect(&story, SL_TCP_RST, 1, 0);
	ck_assert(!opened());
}
END_TEST

START_TEST(a_turn_sends_so_many_and_no_more)
{
	begin((struct story_options){ 0 });
	for (int i = 0; i < SL_TCP_REPLIES_MAX + 10; i++) {
		story.peer_port++;
		story_syn(&story);
	}
	ck_assert_uint_eq(counters()->cookies_sent, SL_TCP_REPLIES_MAX);
}
END_TEST

Suite *suite_tcp_cookie(void)
{
	Suite *suite = suite_create("cookie");
	TCase *tcase = tcase_create("cookie");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_syn_leaves_nothing_behind);
	tcase_add_test(tcase, when_the_flood_is_over_there_are_none);
	tcase_add_loop_test(tcase, options_survive_in_the_timestamp, 0, 16);
	tcase_add_loop_test(tcase, so_does_ecn, 0, 4);
	tcase_add_test(tcase, a_connection_is_like_any_other);
	tcase_add_loop_test(tcase, the_mss_becomes_the_next_smaller, 0, 10);
	tcase_add_loop_test(tcase, it_is_good_for_one_to_two_periods, 0, 7);
	tcase_add_test(tcase, nobody_guesses_one);
	tcase_add_loop_test(tcase, only_an_ack_brings_one_back, 0, 4);
	tcase_add_test(tcase, none_is_believed_in_quiet_times);
	tcase_add_test(tcase, without_a_free_place_the_peer_must_ask_again);
	tcase_add_loop_test(tcase, our_timestamps_never_go_back, 0, 64);
	tcase_add_test(tcase, payload_and_fin_may_come_with_it);
	tcase_add_test(tcase, who_reopens_gets_a_place_instead);
	tcase_add_test(tcase, while_draining_they_are_refused);
	tcase_add_test(tcase, a_turn_sends_so_many_and_no_more);
	suite_add_tcase(suite, tcase);
	return suite;
}
