/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448, MSS_1400 = 1348 }; /* of a path with that MTU */

static struct story story;

static void setup(void)
{
	story_open(&story, (struct story_options){ 0 });
	story_discard(&story);
}

static void teardown(void)
{
	story_end(&story);
}

/* An error about what the server sent at a relative sequence number. */
static bool hear(enum sl_icmp_kind kind, uint32_t seq, uint32_t mtu_bytes)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_ACK, 0, 0);
	struct sl_icmp_error error = {
		.kind = kind,
		.ipv6 = segment.ipv6,
		.local = segment.dst,
		.peer = segment.src,
		.local_port = segment.dst_port,
		.peer_port = segment.src_port,
		.seq = story.server_isn + seq,
		.mtu_bytes = mtu_bytes,
	};

	return sl_tcp_icmp(story.tcp, &error, story.now_ns);
}

static const struct sl_tcp_counters *counters(void)
{
	return sl_tcp_counters(story.tcp);
}

START_TEST(too_big_makes_segments_shorter_and_sends_them_again_at_once)
{
	uint32_t cwnd_bytes;

	story_send(&story, 4 * MSS);
	story_discard(&story);
	cwnd_bytes = story_info(&story).cwnd_bytes;
	story_pass(&story, 5 * MS);
	ck_assert(hear(SL_ICMP_TOO_BIG, 1, 1400));
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), MSS_1400);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
	story_pass(&story, 0);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);

	/* It is no sign of congestion. */
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, cwnd_bytes);
	ck_assert_uint_eq(counters()->recoveries, 0);
	ck_assert_uint_eq(counters()->too_big_in, 1);

	ck_assert_uint_eq(story_send_again(&story), 4 * MSS);
	for (uint32_t seq = 1; seq < 4 * MSS; seq += MSS_1400) {
		struct story_packet *packet = left(&story);

		ck_assert_uint_eq(packet->seq, seq);
		ck_assert_uint_le(packet->segment.payload_bytes, MSS_1400);
	}
	/* The router says it of each of the segments it did not send on. */
	hear(SL_ICMP_TOO_BIG, 1 + MSS, 1400);
	ck_assert_uint_eq(counters()->too_big_in, 1);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 4 * MSS);

	story_pass(&story, 20 * MS);
	story_ack(&story, 1 + 4 * MSS);
	ck_assert_uint_eq(counters()->recoveries, 0);
	ck_assert_uint_eq(counters()->rtos, 0);
}
END_TEST

START_TEST(what_is_short_enough_stays_in_flight)
{
	story_send(&story, MSS);
	story_pass(&story, 1 * MS);
	story_send(&story, 500);
	story_pass(&story, 1 * MS);
	story_send(&story, MSS_1400);
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 500 + MSS_1400);
	ck_assert_uint_eq(story_send_again(&story), MSS);
}
END_TEST

static const struct {
	const char *what;
	bool ipv6;
	uint32_t mtu_bytes, payload_max;
} claims[] = {
	{ "a tunnel", false, 1480, 1428 },
	{ "one byte less", false, 1499, 1447 },
	{ "what we send", false, 1500, 1448 },
	{ "more than we send", false, 9000, 1448 },
	{ "as much as a number holds", false, 65535, 1448 },
	{ "no MTU (before RFC 1191)", false, 0, 500 },
	{ "the least there can be (RFC 791)", false, 68, 500 },
	{ "less than we believe", false, 551, 500 },
	{ "as little as we believe", false, 552, 500 },
	{ "a bit more", false, 553, 501 },
	{ "a tunnel", true, 1480, 1408 },
	{ "IPv6's least", true, 1280, 1208 },
	{ "less than IPv6 allows (RFC 8201, 4)", true, 1279, 1428 },
	{ "nothing", true, 0, 1428 },
	{ "a jumbogram", true, UINT32_MAX, 1428 },
};

START_TEST(only_a_plausible_mtu_is_believed)
{
	story_end(&story);
	story_open(&story, (struct story_options){ .ipv6 = claims[_i].ipv6 });
	story_send(&story, 1000);
	hear(SL_ICMP_TOO_BIG, 1, claims[_i].mtu_bytes);
	ck_assert_msg(sl_tcp_payload_max(story.tcp, story.conn) == claims[_i].payload_max, "%s: %u",
		      claims[_i].what, sl_tcp_payload_max(story.tcp, story.conn));
}
END_TEST

START_TEST(without_timestamps_there_is_more_room)
{
	story_end(&story);
	story_open(&story, (struct story_options){ .no_timestamps = true });
	story_send(&story, 1000);
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), 1360);
}
END_TEST

/* RFC 5927, 4.1. 3 * MSS were sent, the first of them is acknowledged. */
static const struct {
	const char *what;
	uint32_t seq;
	bool believed;
} quotes[] = {
	{ "what was acknowledged", 1 + MSS - 1, false },
	{ "the first in flight", 1 + MSS, true },
	{ "one within", 1 + MSS + 77, true },
	{ "the last byte in flight", 3 * MSS, true },
	{ "what was never sent", 1 + 3 * MSS, false },
	{ "the SYN", 0, false },
	{ "far ahead", 0x40000000, false },
	{ "far behind", 0xc0000000, false },
};

START_TEST(only_what_is_in_flight_can_be_too_big)
{
	story_send(&story, 3 * MSS);
	story_pass(&story, 20 * MS);
	story_ack(&story, 1 + MSS);
	ck_assert(hear(SL_ICMP_TOO_BIG, quotes[_i].seq, 1400));
	ck_assert_msg(sl_tcp_payload_max(story.tcp, story.conn) ==
			  (quotes[_i].believed ? MSS_1400 : MSS),
		      "%s", quotes[_i].what);
	ck_assert_uint_eq(counters()->icmp_in, 1);
	ck_assert_uint_eq(counters()->icmp_refused, !quotes[_i].believed);
}
END_TEST

START_TEST(with_nothing_in_flight_nothing_is_believed)
{
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), MSS);
	ck_assert_uint_eq(counters()->icmp_refused, 1);
}
END_TEST

/* RFC 5927, 5.2. */
START_TEST(an_open_connection_survives_what_a_router_says)
{
	static const enum sl_icmp_kind kinds[] = { SL_ICMP_UNREACHABLE, SL_ICMP_TIME_EXCEEDED,
						   SL_ICMP_PARAMETER_PROBLEM };

	story_send(&story, 3 * MSS);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert(hear(kinds[i], 1, 0));
	story_pass(&story, 20 * MS);
	ck_assert(!story.gone);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), MSS);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 3 * MSS);
	story_ack(&story, 1 + 3 * MSS);
	ck_assert_uint_eq(counters()->open_cnt, 1);
}
END_TEST

START_TEST(a_handshake_ends_if_its_syn_ack_cannot_arrive)
{
	story_end(&story);
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	left(&story);
	ck_assert_uint_eq(counters()->syn_received_cnt, 1);
	ck_assert(hear(SL_ICMP_UNREACHABLE, 1, 0)); /* that is not its number */
	ck_assert(hear(SL_ICMP_UNREACHABLE, (uint32_t)-1, 0));
	ck_assert(hear(SL_ICMP_TOO_BIG, 0, 1400));
	ck_assert_uint_eq(counters()->syn_received_cnt, 1);
	ck_assert(hear(SL_ICMP_UNREACHABLE, 0, 0));
	ck_assert_uint_eq(counters()->syn_received_cnt, 0);
	ck_assert(!hear(SL_ICMP_UNREACHABLE, 0, 0));
}
END_TEST

START_TEST(a_stranger_has_no_connection)
{
	story.peer_port++;
	ck_assert(!hear(SL_ICMP_TOO_BIG, 1, 1400));
	story.peer_port--;
	ck_assert_uint_eq(counters()->icmp_in, 0);
}
END_TEST

START_TEST(a_connection_in_time_wait_is_known)
{
	struct sl_segment fin = story_segment(&story, SL_TCP_ACK | SL_TCP_FIN, 1, 2);

	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_expect(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 1);
	story_input(&story, &fin);
	story_discard(&story);
	ck_assert_uint_eq(counters()->time_wait_cnt, 1);
	ck_assert(hear(SL_ICMP_TOO_BIG, 1, 1400));
}
END_TEST

START_TEST(a_fin_rides_again_on_what_is_cut_anew)
{
	sl_tcp_reserve(story.tcp, story.conn, MSS);
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_make(&story, 1, MSS);
	story_expect(&story, SL_TCP_ACK | SL_TCP_FIN, 1, 1);
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_expect(&story, SL_TCP_ACK | SL_TCP_FIN, 1 + MSS_1400, 1);
	story_pass(&story, 20 * MS);
	story_ack(&story, 1 + MSS + 1);
	ck_assert_int_eq(story_info(&story).state, SL_TCP_FIN_WAIT_2);
}
END_TEST

/* A lone FIN in flight can be quoted; nothing of it can become shorter. */
START_TEST(a_fin_in_flight_can_be_quoted)
{
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_expect(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 1);
	hear(SL_ICMP_UNREACHABLE, 1, 0);
	ck_assert_uint_eq(counters()->icmp_refused, 0);
	hear(SL_ICMP_UNREACHABLE, 2, 0);
	ck_assert_uint_eq(counters()->icmp_refused, 1);
}
END_TEST

START_TEST(in_a_recovery_it_is_no_second_reduction)
{
	uint32_t ssthresh_bytes;

	story_send(&story, 10 * MSS);
	story_pass(&story, 20 * MS);
	story_sack(&story, 1, 1 + MSS, 1 + 5 * MSS);
	ck_assert_uint_eq(counters()->recoveries, 1);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ssthresh_bytes = story_info(&story).ssthresh_bytes;
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, ssthresh_bytes);
	ck_assert_uint_eq(counters()->recoveries, 1);
	ck_assert_uint_gt(story_send_again(&story), 0);
}
END_TEST

START_TEST(without_sack_all_of_the_flight_is_cut_anew)
{
	story_end(&story);
	story_open(&story, (struct story_options){ .no_sack = true });
	story_send(&story, 5 * MSS);
	story_pass(&story, 20 * MS);
	story_ack(&story, 1);
	story_ack(&story, 1);
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
	ck_assert_uint_eq(story_send_again(&story), 5 * MSS);
	ck_assert_uint_eq(counters()->recoveries, 0);
}
END_TEST

/* Between reserving and sending lies a disk: what comes back is cut as is right then. */
START_TEST(what_was_reserved_before_is_cut_as_is_right_then)
{
	story_send(&story, MSS);
	sl_tcp_reserve(story.tcp, story.conn, 3 * MSS);
	hear(SL_ICMP_TOO_BIG, 1, 1400);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), MSS_1400);
	for (uint32_t off = 0; off < 3 * MSS; off += MSS_1400)
		story_make(&story, 1 + MSS + off,
			   3 * MSS - off < MSS_1400 ? 3 * MSS - off : MSS_1400);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 3 * MSS);
}
END_TEST

Suite *suite_tcp_icmp(void)
{
	Suite *suite = suite_create("icmp");
	TCase *tcase = tcase_create("icmp");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, too_big_makes_segments_shorter_and_sends_them_again_at_once);
	tcase_add_test(tcase, what_is_short_enough_stays_in_flight);
	tcase_add_loop_test(tcase, only_a_plausible_mtu_is_believed, 0,
			    sizeof(claims) / sizeof(claims[0]));
	tcase_add_test(tcase, without_timestamps_there_is_more_room);
	tcase_add_loop_test(tcase, only_what_is_in_flight_can_be_too_big, 0,
			    sizeof(quotes) / sizeof(quotes[0]));
	tcase_add_test(tcase, with_nothing_in_flight_nothing_is_believed);
	tcase_add_test(tcase, an_open_connection_survives_what_a_router_says);
	tcase_add_test(tcase, a_handshake_ends_if_its_syn_ack_cannot_arrive);
	tcase_add_test(tcase, a_stranger_has_no_connection);
	tcase_add_test(tcase, a_connection_in_time_wait_is_known);
	tcase_add_test(tcase, a_fin_rides_again_on_what_is_cut_anew);
	tcase_add_test(tcase, a_fin_in_flight_can_be_quoted);
	tcase_add_test(tcase, in_a_recovery_it_is_no_second_reduction);
	tcase_add_test(tcase, without_sack_all_of_the_flight_is_cut_anew);
	tcase_add_test(tcase, what_was_reserved_before_is_cut_as_is_right_then);
	suite_add_tcase(suite, tcase);
	return suite;
}
