/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/seq.h"
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448, BASE = 1176, LEAST = 500, HALF = (BASE + MSS) / 2 };

static struct story story;
static uint32_t acked; /* relative: what the peer has, without a gap */

static void begin(struct story_options options)
{
	options.shift = 4;
	story_open(&story, options);
	story_discard(&story);
	acked = 1;
}

static void setup(void)
{
	begin((struct story_options){ 0 });
}

static void teardown(void)
{
	story_end(&story);
}

static const struct sl_tcp_counters *counters(void)
{
	return sl_tcp_counters(story.tcp);
}

static uint32_t payload_max(void)
{
	return sl_tcp_payload_max(story.tcp, story.conn);
}

static enum sl_tcp_pmtu_state state(void)
{
	return story.tcp->conns[story.conn.idx].pmtu.state;
}

/* Until the next retransmission timeout, and what it wants is sent again. */
static void time_out(void)
{
	uint64_t rtos = counters()->rtos;

	while (counters()->rtos == rtos)
		story_pass(&story, 10 * MS);
	story_send_again(&story);
}

/* Full segments vanish, twice; shorter ones arrive. */
static void fall_into_black_hole(void)
{
	story_send(&story, 10 * MSS);
	time_out();
	ck_assert_uint_eq(payload_max(), MSS);
	time_out();
	story_discard(&story);
	story_pass(&story, 20 * MS);
}

/* The peer has everything up to end; a round trip passes. */
static void arrive(uint32_t end)
{
	story_pass(&story, 20 * MS);
	acked = end;
	story_ack(&story, acked);
}

/* Everything that is to be sent again is, and arrives, until nothing is left. */
static void calm(void)
{
	uint32_t end = sl_seq_wire(story.tcp->conns[story.conn.idx].snd_nxt) - story.server_isn;

	while (acked < end) {
		story_send_again(&story);
		story_discard(&story);
		arrive(acked + 2 * BASE < end ? acked + 2 * BASE : end);
	}
}

/* A flight of so many bytes; the length of its first segment. */
static uint32_t fly(uint32_t len_bytes)
{
	struct story_packet *packet;
	uint32_t first_bytes;

	ck_assert_uint_eq(story_send_most(&story, len_bytes), len_bytes);
	packet = left(&story);
	ck_assert_ptr_nonnull(packet);
	first_bytes = packet->segment.payload_bytes;
	while ((packet = left(&story)))
		ck_assert_uint_le(packet->segment.payload_bytes, payload_max());
	return first_bytes;
}

/* In the state in which searching begins: base size, a window of some segments. */
static void begin_search(void)
{
	fall_into_black_hole();
	calm();
	while (story_info(&story).cwnd_bytes < 20 * BASE) {
		uint32_t window_bytes;

		sl_tcp_app_limited(story.tcp, story.conn); /* no probe yet */
		window_bytes = story_send_most(&story, UINT32_MAX);
		story_discard(&story);
		arrive(acked + window_bytes);
		ck_assert_uint_lt(acked, 500 * BASE);
	}
	ck_assert_int_eq(state(), SL_TCP_PMTU_SEARCHING);
	ck_assert_uint_eq(counters()->mtu_probes, 0);
	story.tcp->conns[story.conn.idx].rate.app_limited_bytes = 0;
}

/* ---- Black holes ---- */

START_TEST(two_timeouts_of_full_segments_make_them_shorter)
{
	fall_into_black_hole();
	ck_assert_uint_eq(payload_max(), BASE);
	ck_assert_uint_eq(counters()->black_holes, 1);
	ck_assert_int_eq(state(), SL_TCP_PMTU_BASE);
}
END_TEST

START_TEST(what_is_sent_after_it_is_short)
{
	struct story_packet *packet;

	story_send(&story, 10 * MSS);
	time_out();
	story_discard(&story);
	time_out();
	packet = left(&story);
	ck_assert_uint_eq(packet->seq, 1);
	ck_assert_uint_eq(packet->segment.payload_bytes, BASE);
	story_expect_silence(&story);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, BASE); /* that was a timeout */
}
END_TEST

START_TEST(what_is_short_anyway_says_nothing)
{
	story_send(&story, BASE);
	time_out();
	time_out();
	ck_assert_uint_eq(payload_max(), MSS);
	ck_assert_uint_eq(counters()->black_holes, 0);
}
END_TEST

START_TEST(something_that_arrives_between_two_timeouts_is_no_black_hole)
{
	story_send(&story, 10 * MSS);
	time_out();
	story_pass(&story, 20 * MS);
	story_ack(&story, 1 + MSS);
	story_send_again(&story);
	story_discard(&story);
	time_out();
	ck_assert_uint_eq(payload_max(), MSS);
}
END_TEST

START_TEST(four_timeouts_go_down_to_the_least)
{
	fall_into_black_hole();
	time_out();
	ck_assert_uint_eq(payload_max(), BASE);
	time_out();
	ck_assert_uint_eq(payload_max(), LEAST);
	for (int i = 0; i < 4; i++)
		time_out();
	ck_assert_uint_eq(payload_max(), LEAST);
	ck_assert_uint_eq(counters()->black_holes, 2);
}
END_TEST

START_TEST(ipv6_has_a_least_mtu)
{
	story_end(&story);
	begin((struct story_options){ .ipv6 = true });
	story_send(&story, 5 * 1428);
	for (int i = 0; i < 6; i++)
		time_out();
	ck_assert_uint_eq(payload_max(), 1280 - 40 - 20 - 12);
	ck_assert_uint_eq(counters()->black_holes, 1);
}
END_TEST

START_TEST(a_peer_with_a_small_mss_is_left_alone)
{
	story_end(&story);
	begin((struct story_options){ .mss = 400 });
	story_send(&story, 10 * 388);
	for (int i = 0; i < 6; i++)
		time_out();
	ck_assert_uint_eq(payload_max(), 388);
	ck_assert_uint_eq(counters()->black_holes, 0);
}
END_TEST

/* ---- The search ---- */

START_TEST(the_first_probe_is_as_long_as_can_be)
{
	begin_search();
	ck_assert_uint_eq(fly(10 * BASE), MSS);
	ck_assert_uint_eq(counters()->mtu_probes, 1);
	ck_assert_uint_eq(fly(5 * BASE), BASE); /* one at a time */
	arrive(acked + 10 * BASE);
	ck_assert_uint_eq(payload_max(), MSS);
	ck_assert_int_eq(state(), SL_TCP_PMTU_COMPLETE);
	arrive(acked + 5 * BASE);
	ck_assert_uint_eq(fly(10 * MSS), MSS);
	ck_assert_uint_eq(counters()->mtu_probes, 1);
}
END_TEST

START_TEST(a_probe_that_is_sacked_has_arrived)
{
	begin_search();
	ck_assert_uint_eq(fly(4 * BASE), MSS);
	story_pass(&story, 20 * MS);
	story_sack(&story, acked, acked + 1, acked + MSS); /* all but a byte of it: not yet */
	ck_assert_uint_eq(payload_max(), BASE);
	arrive(acked + 4 * BASE);
	ck_assert_uint_eq(payload_max(), MSS);
}
END_TEST

/* Sends a flight whose probe is lost and arrives when it is sent again, in other segments. */
static void lose_probe(uint32_t probe_bytes)
{
	ck_assert_uint_eq(fly(6 * BASE), probe_bytes);
	story_pass(&story, 20 * MS);
	story_sack(&story, acked, acked + probe_bytes, acked + 6 * BASE);
	ck_assert_uint_eq(story_send_again(&story), probe_bytes);
	ck_assert_uint_eq(left(&story)->segment.payload_bytes, BASE);
	ck_assert_uint_eq(left(&story)->segment.payload_bytes, probe_bytes - BASE);
	arrive(acked + 6 * BASE);
}

START_TEST(a_lost_probe_is_no_sign_of_congestion)
{
	uint64_t recoveries;
	uint32_t cwnd_bytes;

	begin_search();
	recoveries = counters()->recoveries;
	cwnd_bytes = story_info(&story).cwnd_bytes;
	lose_probe(MSS);
	ck_assert_uint_eq(counters()->recoveries, recoveries);
	ck_assert_uint_ge(story_info(&story).cwnd_bytes, cwnd_bytes);
	ck_assert_uint_eq(counters()->mtu_probes_lost, 1);
	ck_assert_uint_eq(payload_max(), BASE);
	ck_assert_int_eq(state(), SL_TCP_PMTU_SEARCHING);
}
END_TEST

START_TEST(three_lost_probes_are_an_answer)
{
	begin_search();
	for (int i = 0; i < 3; i++)
		lose_probe(MSS);
	ck_assert_uint_eq(fly(6 * BASE), HALF);
}
END_TEST

START_TEST(a_probe_lost_with_others_says_nothing)
{
	uint64_t recoveries;

	begin_search();
	recoveries = counters()->recoveries;
	ck_assert_uint_eq(fly(10 * BASE), MSS);
	story_pass(&story, 20 * MS);
	story_sack(&story, acked, acked + MSS + BASE, acked + 10 * BASE);
	ck_assert_uint_eq(counters()->recoveries, recoveries + 1);
	ck_assert_uint_eq(counters()->mtu_probes_lost, 0);
	calm();
	lose_probe(MSS);
	lose_probe(MSS);
	lose_probe(MSS);
	ck_assert_uint_eq(fly(6 * BASE), HALF);
}
END_TEST

/* A path of that MTU, which says nothing. */
START_TEST(the_search_ends_close_to_what_the_path_carries)
{
	uint32_t carries = 1400 - 40 - 12;

	begin_search();
	while (state() == SL_TCP_PMTU_SEARCHING) {
		uint32_t probe_bytes = fly(10 * BASE);

		ck_assert_uint_gt(probe_bytes, payload_max());
		story_pass(&story, 20 * MS);
		if (probe_bytes > carries)
			story_sack(&story, acked, acked + probe_bytes, acked + 10 * BASE);
		story_send_again(&story);
		story_discard(&story);
		arrive(acked + 10 * BASE);
		ck_assert_uint_lt(counters()->mtu_probes, 20);
	}
	ck_assert_uint_le(payload_max(), carries);
	ck_assert_uint_gt(payload_max(), carries - SL_TCP_PROBE_STEP_BYTES);
}
END_TEST

static void say_too_big(uint32_t mtu_bytes)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_ACK, 0, 0);
	struct sl_icmp_error error = {
		.kind = SL_ICMP_TOO_BIG,
		.local = segment.dst,
		.peer = segment.src,
		.local_port = segment.dst_port,
		.peer_port = segment.src_port,
		.seq = story.server_isn + acked,
		.mtu_bytes = mtu_bytes,
	};

	ck_assert(sl_tcp_icmp(story.tcp, &error, story.now_ns));
}

START_TEST(a_router_shortens_the_search)
{
	uint64_t recoveries;

	begin_search();
	recoveries = counters()->recoveries;
	ck_assert_uint_eq(fly(4 * BASE), MSS);
	say_too_big(1400);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	arrive(acked + 4 * BASE);
	ck_assert_uint_eq(payload_max(), BASE);
	ck_assert_uint_eq(counters()->recoveries, recoveries);
	story_discard(&story);
	ck_assert_uint_eq(fly(4 * BASE), 1348);
	arrive(acked + 4 * BASE);
	ck_assert_uint_eq(payload_max(), 1348);
	ck_assert_int_eq(state(), SL_TCP_PMTU_COMPLETE);
}
END_TEST

START_TEST(a_router_that_knows_no_better_ends_it)
{
	begin_search();
	ck_assert_uint_eq(fly(4 * BASE), MSS);
	say_too_big(1228);
	ck_assert_uint_eq(payload_max(), BASE);
	ck_assert_int_eq(state(), SL_TCP_PMTU_COMPLETE);
}
END_TEST

START_TEST(ten_minutes_later_it_is_tried_again)
{
	story_send(&story, 2 * MSS);
	say_too_big(1400);
	calm();
	story_pass(&story, 590 * S);
	for (int i = 0; i < 6; i++) {
		ck_assert_uint_eq(fly(10 * 1348), 1348);
		arrive(acked + 10 * 1348);
	}
	story_pass(&story, 20 * S);
	ck_assert_uint_eq(fly(10 * 1348), MSS);
	arrive(acked + 10 * 1348);
	ck_assert_uint_eq(payload_max(), MSS);
	story_pass(&story, 700 * S);
	ck_assert_uint_eq(fly(10 * MSS), MSS);
	ck_assert_uint_eq(counters()->mtu_probes, 1);
}
END_TEST

START_TEST(the_end_of_a_stream_is_no_place_for_probes)
{
	begin_search();
	sl_tcp_app_limited(story.tcp, story.conn);
	ck_assert_uint_eq(fly(10 * BASE), BASE);
}
END_TEST

START_TEST(a_short_flight_is_no_place_for_probes)
{
	begin_search();
	ck_assert_uint_eq(fly(MSS - 1), BASE);
}
END_TEST

START_TEST(without_sack_there_is_no_search)
{
	story_end(&story);
	begin((struct story_options){ .no_sack = true });
	fall_into_black_hole();
	calm();
	ck_assert_int_eq(state(), SL_TCP_PMTU_BASE);
	ck_assert_uint_eq(fly(4 * BASE), BASE);
}
END_TEST

Suite *suite_tcp_plpmtud(void)
{
	Suite *suite = suite_create("plpmtud");
	TCase *holes = tcase_create("black holes"), *search = tcase_create("search");

	tcase_add_checked_fixture(holes, setup, teardown);
	tcase_add_test(holes, two_timeouts_of_full_segments_make_them_shorter);
	tcase_add_test(holes, what_is_sent_after_it_is_short);
	tcase_add_test(holes, what_is_short_anyway_says_nothing);
	tcase_add_test(holes, something_that_arrives_between_two_timeouts_is_no_black_hole);
	tcase_add_test(holes, four_timeouts_go_down_to_the_least);
	tcase_add_test(holes, ipv6_has_a_least_mtu);
	tcase_add_test(holes, a_peer_with_a_small_mss_is_left_alone);
	suite_add_tcase(suite, holes);
	tcase_add_checked_fixture(search, setup, teardown);
	tcase_add_test(search, the_first_probe_is_as_long_as_can_be);
	tcase_add_test(search, a_probe_that_is_sacked_has_arrived);
	tcase_add_test(search, a_lost_probe_is_no_sign_of_congestion);
	tcase_add_test(search, three_lost_probes_are_an_answer);
	tcase_add_test(search, a_probe_lost_with_others_says_nothing);
	tcase_add_test(search, the_search_ends_close_to_what_the_path_carries);
	tcase_add_test(search, a_router_shortens_the_search);
	tcase_add_test(search, a_router_that_knows_no_better_ends_it);
	tcase_add_test(search, ten_minutes_later_it_is_tried_again);
	tcase_add_test(search, the_end_of_a_stream_is_no_place_for_probes);
	tcase_add_test(search, a_short_flight_is_no_place_for_probes);
	tcase_add_test(search, without_sack_there_is_no_search);
	suite_add_tcase(suite, search);
	return suite;
}
