/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/seq.h"
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;

static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 40 });
	story_discard(&story);
}

static void teardown(void)
{
	story_end(&story);
}

static uint32_t at(uint32_t segment)
{
	return 1 + segment * MSS;
}

/* Ten segments out, the first of them lost. */
static void lose_first(void)
{
	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_sack(&story, at(0), at(1), at(4));
}

START_TEST(a_segment_is_whole)
{
	const struct story_packet *packet;

	story_data(&story, 1, 1, 7);
	story_send(&story, 1000);
	packet = story_expect(&story, SL_TCP_ACK, 1, 8);
	ck_assert_uint_eq(packet->segment.payload_bytes, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(packet->segment.payload[i], story_byte(1 + i));
	ck_assert_uint_eq(packet->segment.dst_port, story.peer_port);
	ck_assert_uint_eq(packet->segment.window, 32768 - 7);
	ck_assert_uint_eq(packet->segment.ts_echo, story_segment(&story, 0, 0, 0).ts_value);
	ck_assert_uint_eq(packet->segment.link[0], 2);
	ck_assert_uint_eq(packet->segment.link[5], 0xc1);
	ck_assert(!packet->segment.sack_permitted && !packet->segment.has_mss);
}
END_TEST

START_TEST(push_is_what_the_caller_says)
{
	uint8_t frame[SL_FRAME_HEADROOM_BYTES + 10] = { 0 };
	uint64_t seq = sl_tcp_stream_seq(story.tcp, story.conn);
	struct sl_tcp_payload zeroes = { .data = frame + SL_FRAME_HEADROOM_BYTES, .len_bytes = 10 };
	struct sl_segment segment;
	uint32_t header_bytes;

	sl_tcp_reserve(story.tcp, story.conn, 10);
	header_bytes = sl_tcp_segment(story.tcp, story.conn, &zeroes, seq, true, story.now_ns);
	ck_assert_int_eq(sl_segment_parse(frame + SL_FRAME_HEADROOM_BYTES - header_bytes,
					  header_bytes + 10, &segment),
			 SL_WIRE_OK);
	ck_assert_uint_eq(segment.flags, SL_TCP_ACK | SL_TCP_PSH);
}
END_TEST

START_TEST(reserved_bytes_count_until_they_are_acked)
{
	uint32_t out_bytes, max_bytes;

	sl_tcp_reserve(story.tcp, story.conn, 4 * MSS);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 4 * MSS);
	ck_assert_uint_eq(story_window(&story), 6 * MSS);
	story_make(&story, at(0), MSS);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 3 * MSS);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, MSS);
	sl_tcp_flight(story.tcp, story.conn, &out_bytes, &max_bytes);
	ck_assert_uint_eq(out_bytes, 4 * MSS);
	ck_assert_uint_eq(max_bytes, 10 * MSS);
	ck_assert_uint_eq(story_window(&story), 6 * MSS);
	story_make(&story, at(1), MSS);
	story_make(&story, at(2), 100); /* cut as it pleases */
	story_make(&story, at(2) + 100, MSS);
	story_make(&story, at(3) + 100, MSS - 100);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
	ck_assert_uint_eq(story_window(&story), 6 * MSS);
}
END_TEST

START_TEST(crumbs_are_reported_as_they_are)
{
	story_send(&story, 10 * MSS - 3);
	ck_assert_uint_eq(story_window(&story), 3);
	story_send(&story, 3);
	ck_assert_uint_eq(story_window(&story), 0);
}
END_TEST

START_TEST(lost_ranges_go_before_new_bytes)
{
	story_send(&story, 10 * MSS);
	story_pass(&story, 600 * MS); /* timeout: cwnd is one segment, ten are lost */
	story_ack(&story, at(0));
	ck_assert_uint_eq(story_window(&story), 0);
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 15 * MSS;
	ck_assert_uint_eq(story_window(&story), 5 * MSS);
	story_discard(&story);
}
END_TEST

START_TEST(a_lost_range_is_given_out_once)
{
	struct sl_tcp_range range;

	lose_first();
	ck_assert(sl_tcp_lost(story.tcp, story.conn, 1000, &range));
	ck_assert_uint_eq(sl_seq_wire(range.start_seq) - story.server_isn, 1);
	ck_assert_uint_eq(range.end_seq - range.start_seq, 1000);
	ck_assert(sl_tcp_lost(story.tcp, story.conn, 1000, &range));
	ck_assert_uint_eq(sl_seq_wire(range.start_seq) - story.server_isn, 1001);
	ck_assert_uint_eq(range.end_seq - range.start_seq, 448);
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, 1000, &range));
	ck_assert_uint_eq(story_info(&story).being_made_bytes, MSS);
	story_make(&story, 1, 200); /* other pieces than the first time, and than given out */
	story_make(&story, 201, 1248);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
	ck_assert_uint_eq(story_info(&story).resent_bytes, MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->resent_segments, 2);
}
END_TEST

START_TEST(a_lost_range_keeps_within_the_peers_window)
{
	struct sl_tcp_range range;

	lose_first();
	story.window = 500; /* taken back */
	story_ack(&story, at(0));
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	ck_assert_uint_eq(range.end_seq - range.start_seq, 500);
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	story.window = 300; /* and more of it */
	story_ack(&story, at(0));
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	story.window = 65535;
	story_ack(&story, at(0));
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	ck_assert_uint_eq(range.end_seq - range.start_seq, MSS - 500);
}
END_TEST

START_TEST(a_range_acked_while_being_made_leaks_nothing)
{
	struct sl_tcp_range range;

	lose_first();
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	ck_assert(sl_tcp_wanted(story.tcp, story.conn, range.start_seq, MSS));
	story_ack(&story, at(4)); /* it was not lost after all */
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
	ck_assert(!sl_tcp_wanted(story.tcp, story.conn, range.start_seq, MSS));
	story_make(&story, at(0), MSS); /* harmless */
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 6 * MSS);
	story_ack(&story, at(10));
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

START_TEST(part_of_it_acked_the_rest_still_counts)
{
	struct sl_tcp_range range;

	lose_first();
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	story_ack(&story, 1 + 1000);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 448);
	story_make(&story, at(0), MSS);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
}
END_TEST

START_TEST(a_cancelled_range_comes_again)
{
	struct sl_tcp_range range, again;

	lose_first();
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	sl_tcp_lost_cancel(story.tcp, story.conn, &range);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &again));
	ck_assert_uint_eq(again.start_seq, range.start_seq);
	ck_assert_uint_eq(again.end_seq, range.end_seq);
}
END_TEST

START_TEST(after_a_long_pause_the_window_is_the_initial_one)
{
	uint32_t acked_bytes = 0;

	for (int i = 0; i < 4; i++) {
		acked_bytes += story_send_most(&story, 40000);
		story_pass(&story, 40 * MS);
		story_ack(&story, 1 + acked_bytes);
		story_discard(&story);
	}
	uint32_t cwnd_bytes = story_info(&story).cwnd_bytes;

	ck_assert_uint_gt(cwnd_bytes, 20 * MSS);
	story_pass(&story, 150 * MS);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, cwnd_bytes);
	story_pass(&story, 500 * MS); /* longer than the timeout */
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 10 * MSS);
	ck_assert_uint_eq(story_window(&story), 10 * MSS);
	story_send(&story, 10 * MSS);
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 10 * MSS);
	ck_assert_uint_ge(story_info(&story).ssthresh_bytes, cwnd_bytes / 4 * 3); /* RFC 2861 */
	story_discard(&story);
}
END_TEST

START_TEST(the_pace_is_the_window_over_the_round_trip)
{
	ck_assert_uint_eq(sl_tcp_rate(story.tcp, story.conn), 2 * 10 * MSS * 25); /* 40 ms */
	story.tcp->conns[story.conn.idx].cc.ssthresh_bytes = 10 * MSS;
	ck_assert_uint_eq(sl_tcp_rate(story.tcp, story.conn), 12 * MSS * 25);
}
END_TEST

/* Thousands in flight, two segments an ACK. The RTT is 128 ms, a 128th of it 1 ms. */
START_TEST(with_much_in_flight_times_are_coarse)
{
	struct sl_tcb *tcb;
	uint64_t min_ns;

	story_end(&story);
	story_open(&story, (struct story_options){ .rtt_ms = 128, .window = 65535, .shift = 8 });
	story_discard(&story);
	tcb = &story.tcp->conns[story.conn.idx];
	tcb->cc.cwnd_bytes = 10000 * MSS;
	for (uint32_t i = 0; i < 2560; i++) { /* 20 of them a millisecond */
		story_send(&story, 2 * MSS);
		story_discard(&story);
		story_pass(&story, 50 * SL_NS_PER_US);
	}
	ck_assert_uint_ge(tcb->sent.range_cnt, SL_TCP_SENT_MAX / 4);
	ck_assert_uint_le(tcb->sent.range_cnt, SL_TCP_SENT_MAX / 4 + 128);
	min_ns = tcb->rtt.min_ns;
	for (uint32_t i = 1; i <= 2560; i++) { /* each after 128 ms */
		story_ack(&story, at(2 * i));
		story_pass(&story, 50 * SL_NS_PER_US);
		ck_assert_uint_le(tcb->rtt.min_ns, min_ns + 1);
		ck_assert_uint_ge(tcb->rtt.min_ns, 126 * MS);
	}
	ck_assert_uint_lt(tcb->rtt.srtt_ns, 130 * MS);
}
END_TEST

START_TEST(more_than_the_window_is_a_bug)
{
	sl_tcp_reserve(story.tcp, story.conn, 10 * MSS + 1);
}
END_TEST

START_TEST(bytes_nobody_reserved_are_a_bug)
{
	story_make(&story, 1, 10);
}
END_TEST

START_TEST(new_bytes_out_of_order_are_a_bug)
{
	sl_tcp_reserve(story.tcp, story.conn, 2 * MSS);
	story_make(&story, at(1), MSS);
}
END_TEST

Suite *suite_tcp_output(void)
{
	Suite *suite = suite_create("output");
	TCase *tcase = tcase_create("output");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_segment_is_whole);
	tcase_add_test(tcase, push_is_what_the_caller_says);
	tcase_add_test(tcase, reserved_bytes_count_until_they_are_acked);
	tcase_add_test(tcase, crumbs_are_reported_as_they_are);
	tcase_add_test(tcase, lost_ranges_go_before_new_bytes);
	tcase_add_test(tcase, a_lost_range_is_given_out_once);
	tcase_add_test(tcase, a_lost_range_keeps_within_the_peers_window);
	tcase_add_test(tcase, a_range_acked_while_being_made_leaks_nothing);
	tcase_add_test(tcase, part_of_it_acked_the_rest_still_counts);
	tcase_add_test(tcase, a_cancelled_range_comes_again);
	tcase_add_test(tcase, after_a_long_pause_the_window_is_the_initial_one);
	tcase_add_test(tcase, the_pace_is_the_window_over_the_round_trip);
	tcase_add_test(tcase, with_much_in_flight_times_are_coarse);
	tcase_add_test_raise_signal(tcase, more_than_the_window_is_a_bug, 6);
	tcase_add_test_raise_signal(tcase, bytes_nobody_reserved_are_a_bug, 6);
	tcase_add_test_raise_signal(tcase, new_bytes_out_of_order_are_a_bug, 6);
	suite_add_tcase(suite, tcase);
	return suite;
}
