/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

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

START_TEST(an_ack_frees_and_opens)
{
	uint64_t start_seq = sl_tcp_acked_seq(story.tcp, story.conn);

	ck_assert_uint_eq(story_window(&story), 10 * MSS);
	story_send(&story, 10 * MSS);
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 10 * MSS);

	story_pass(&story, 20 * MS);
	story_ack(&story, 1 + 2 * MSS);
	ck_assert_uint_eq(story_events(&story), SL_TCP_ACKED | SL_TCP_CAN_SEND);
	ck_assert_uint_eq(sl_tcp_acked_seq(story.tcp, story.conn), start_seq + 2 * MSS);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 12 * MSS); /* slow start */
	ck_assert_uint_eq(story_window(&story), 4 * MSS);
}
END_TEST

START_TEST(several_acks_in_a_turn_are_one_event)
{
	struct sl_tcp_conn conn;
	uint32_t events;

	story_send(&story, 4 * MSS);
	for (uint32_t i = 1; i <= 4; i++) {
		struct sl_segment ack = story_segment(&story, SL_TCP_ACK, 1, 1 + i * MSS);

		sl_tcp_input(story.tcp, &ack, story.now_ns, &story.verdict);
	}
	ck_assert(sl_tcp_ready(story.tcp, &conn, &events));
	ck_assert_uint_eq(events, SL_TCP_ACKED | SL_TCP_CAN_SEND);
	ck_assert(!sl_tcp_ready(story.tcp, &conn, &events));
}
END_TEST

START_TEST(an_ack_may_end_within_a_segment)
{
	story_send(&story, 2 * MSS);
	story_ack(&story, 1 + 100);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 2 * MSS - 100);
	story_ack(&story, 1 + 2 * MSS);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

START_TEST(old_acks_change_nothing)
{
	story_send(&story, 4 * MSS);
	story_ack(&story, 1 + 3 * MSS);
	story_events(&story);
	story.window = 10; /* the window of the past */
	story_ack(&story, 1 + 2 * MSS);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_ACKED, 0);
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, 65535);
}
END_TEST

START_TEST(even_with_newer_payload)
{
	story_data(&story, 1, 1, 10);
	story_send(&story, 4 * MSS);
	story_ack(&story, 1 + 3 * MSS);
	story.window = 10;
	story_data(&story, 12, 1 + 2 * MSS, 10); /* a window counts only if the ACK does */
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, 65535);
}
END_TEST

START_TEST(of_two_windows_the_later_counts)
{
	story_data(&story, 1, 1, 100); /* seq 1 */
	story.window = 5000;
	story_ack(&story, 1); /* seq 101 */
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, 5000);
	story.window = 9000;
	story_data(&story, 51, 1, 100); /* began before: WL1 (RFC 9293, 3.10.7.4) */
	ck_assert_uint_eq(story.got_bytes, 150);
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, 5000);
}
END_TEST

/* What the peer sends again, because it was lost, has its old number, and a window as of now, which
 * lies where its ACK says: that of before would lie too far. */
START_TEST(a_window_is_as_late_as_its_ack)
{
	story.window = 5 * MSS;
	story_data(&story, 101, 1, 100);
	story_send(&story, 4 * MSS);
	story.window = MSS;
	story_data(&story, 1, 1 + 4 * MSS, 100); /* fills the gap */
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, MSS);
	ck_assert_uint_eq(story_window(&story), MSS);
	story.window = 3 * MSS;
	story_data(&story, 51, 1 + 4 * MSS, 200); /* of these two it cannot be told */
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, MSS);
	story_ack(&story, 1 + 4 * MSS);
	ck_assert_uint_eq(story_info(&story).peer_window_bytes, 3 * MSS);
}
END_TEST

START_TEST(the_peers_window_is_a_limit)
{
	story.window = 4000;
	story_ack(&story, 1);
	ck_assert_uint_eq(story_window(&story), 4000);
	story_send(&story, 4000);
	ck_assert_uint_eq(story_window(&story), 0);
	story.window = 3000; /* it reads slowly */
	story_ack(&story, 1 + 2000);
	ck_assert_uint_eq(story_window(&story), 1000);
}
END_TEST

START_TEST(a_window_taken_back_takes_nothing_back)
{
	story_send(&story, 8 * MSS);
	story.window = 2 * MSS;
	story_ack(&story, 1 + MSS); /* its right edge moved left: SHOULD NOT, but some do */
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 7 * MSS);
	story.window = 65535;
	story_ack(&story, 1 + 8 * MSS);
	ck_assert_uint_gt(story_window(&story), 0);
}
END_TEST

START_TEST(round_trips_are_measured_to_the_nanosecond)
{
	story.tcp->conns[story.conn.idx].rtt.srtt_ns = 0;
	story_send(&story, MSS);
	story_pass(&story, 12345678);
	story_ack(&story, 1 + MSS);
	ck_assert_uint_eq(story_info(&story).srtt_ns, 12345678);
}
END_TEST

START_TEST(what_was_sent_twice_is_measured_by_its_timestamp)
{
	story_send(&story, MSS);
	story_pass(&story, 1100 * MS); /* the timeout, of 200 ms, strikes */
	story_discard(&story);
	story.tcp->conns[story.conn.idx].rtt.srtt_ns = 0;
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_pass(&story, 30 * MS);
	story_discard(&story); /* and learns the timestamp of what was sent again */
	story_ack(&story, 1 + MSS);
	ck_assert_uint_ge(story_info(&story).srtt_ns, 30 * MS);
	ck_assert_uint_le(story_info(&story).srtt_ns, 32 * MS);
}
END_TEST

START_TEST(without_timestamps_not_at_all)
{
	teardown();
	story_open(&story, (struct story_options){ .no_timestamps = true });
	story_send(&story, 1460);
	story_pass(&story, 1100 * MS);
	story.tcp->conns[story.conn.idx].rtt.srtt_ns = 0;
	ck_assert_uint_eq(story_send_again(&story), 1460);
	story_pass(&story, 30 * MS);
	story_ack(&story, 1 + 1460);
	ck_assert_uint_eq(story_info(&story).srtt_ns, 0); /* Karn */
}
END_TEST

START_TEST(nor_is_what_an_ack_covers_together_with_it)
{
	teardown();
	story_open(&story, (struct story_options){ .no_timestamps = true, .no_sack = true });
	story_send(&story, 2 * 1460);
	story_pass(&story, 1100 * MS);
	story.tcp->conns[story.conn.idx].rtt.srtt_ns = 0;
	ck_assert_uint_eq(story_send_again(&story), 1460);
	story_pass(&story, 30 * MS);
	story_ack(&story, 1 + 2 * 1460); /* the second one had waited there for a second */
	ck_assert_uint_eq(story_info(&story).srtt_ns, 0);
}
END_TEST

START_TEST(an_application_that_holds_back_does_not_open_the_window)
{
	for (uint32_t i = 0; i < 50; i++) {
		story_send(&story, 100);
		story_pass(&story, 20 * MS);
		story_ack(&story, 1 + (i + 1) * 100);
	}
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 10 * MSS);
}
END_TEST

/* All of it in the middle of which both number spaces wrap. */
START_TEST(numbers_wrap_in_mid_stream)
{
	uint32_t sent_bytes = 0, got_bytes = 0;

	teardown();
	story_open(&story, (struct story_options){ .has_isn = true,
						   .isn = 0xfffff000U + (uint32_t)_i,
						   .peer_isn = 0xffffffc0 });
	ck_assert_uint_eq(story.server_isn, 0xfffff000U + (uint32_t)_i);
	while (sent_bytes < 100000) {
		sent_bytes += story_send_most(&story, 5000);
		story_pass(&story, 10 * MS);
		story_data(&story, 1 + got_bytes, 1 + sent_bytes, 33);
		got_bytes += 33;
		story_discard(&story);
	}
	ck_assert_uint_eq(story.got_bytes, got_bytes);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
	ck_assert_uint_eq(story_info(&story).resent_bytes, 0);
}
END_TEST

Suite *suite_tcp_ack(void)
{
	Suite *suite = suite_create("ack");
	TCase *tcase = tcase_create("ack");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_ack_frees_and_opens);
	tcase_add_test(tcase, several_acks_in_a_turn_are_one_event);
	tcase_add_test(tcase, an_ack_may_end_within_a_segment);
	tcase_add_test(tcase, old_acks_change_nothing);
	tcase_add_test(tcase, even_with_newer_payload);
	tcase_add_test(tcase, of_two_windows_the_later_counts);
	tcase_add_test(tcase, a_window_is_as_late_as_its_ack);
	tcase_add_test(tcase, the_peers_window_is_a_limit);
	tcase_add_test(tcase, a_window_taken_back_takes_nothing_back);
	tcase_add_test(tcase, round_trips_are_measured_to_the_nanosecond);
	tcase_add_test(tcase, what_was_sent_twice_is_measured_by_its_timestamp);
	tcase_add_test(tcase, without_timestamps_not_at_all);
	tcase_add_test(tcase, nor_is_what_an_ack_covers_together_with_it);
	tcase_add_test(tcase, an_application_that_holds_back_does_not_open_the_window);
	tcase_add_loop_test(tcase, numbers_wrap_in_mid_stream, 0, 3);
	suite_add_tcase(suite, tcase);
	return suite;
}
