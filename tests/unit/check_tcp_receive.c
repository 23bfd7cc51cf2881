/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;

static void setup(void)
{
	story_open(&story, (struct story_options){ .receive_window_bytes = 10000 });
	story_discard(&story);
}

static void teardown(void)
{
	story_end(&story);
}

static void accept(uint32_t took_bytes, uint32_t window_bytes)
{
	sl_tcp_accept(story.tcp, &story.verdict, took_bytes, window_bytes, story.now_ns);
}

START_TEST(payload_in_order_is_shown_where_it_lies)
{
	story.manual_accept = true;
	story_data(&story, 1, 1, 100);
	ck_assert(story.verdict.has_conn);
	ck_assert_uint_eq(story.verdict.conn.idx, story.conn.idx);
	ck_assert_uint_eq(story.verdict.payload_bytes, 100);
	ck_assert_uint_eq(story.verdict.payload[99], story_byte(100));
}
END_TEST

START_TEST(one_segment_is_acked_after_40_ms)
{
	story_data(&story, 1, 1, 100);
	story_expect_silence(&story);
	story_pass(&story, 39 * MS);
	story_expect_silence(&story);
	story_pass(&story, 2 * MS);
	story_expect(&story, SL_TCP_ACK, 1, 101);
	story_expect_silence(&story);
}
END_TEST

START_TEST(two_are_acked_at_once)
{
	story_data(&story, 1, 1, 100);
	story_data(&story, 101, 1, 100);
	story_expect(&story, SL_TCP_ACK, 1, 201);
	story_pass(&story, 100 * MS);
	story_expect_silence(&story);
}
END_TEST

START_TEST(a_response_carries_the_ack)
{
	story_data(&story, 1, 1, 100);
	story_send(&story, 500);
	story_expect(&story, SL_TCP_ACK, 1, 101);
	story_ack(&story, 501);
	story_pass(&story, 100 * MS);
	story_expect_silence(&story);
}
END_TEST

START_TEST(each_segment_out_of_order_is_answered_at_once)
{
	for (uint32_t i = 1; i <= 3; i++)
		story_data(&story, 1 + i * 100, 1, 100); /* the first one is lost */
	for (uint32_t i = 1; i <= 3; i++)
		story_expect(&story, SL_TCP_ACK, 1, 1);
	story_expect_silence(&story);
	ck_assert_uint_eq(story.got_bytes, 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->out_of_order_in, 3);
	story_data(&story, 1, 1, 100); /* and so is what fills the gap */
	story_expect(&story, SL_TCP_ACK, 1, 401);
}
END_TEST

START_TEST(what_was_seen_is_trimmed)
{
	story_data(&story, 1, 1, 100);
	story.manual_accept = true;
	story_data(&story, 51, 1, 100);
	ck_assert_uint_eq(story.verdict.payload_bytes, 50);
	ck_assert_uint_eq(story.verdict.payload[0], story_byte(101));
}
END_TEST

START_TEST(what_is_beyond_the_window_is_trimmed)
{
	struct sl_segment last = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 1);

	story.manual_accept = true;
	last.payload_bytes = 20000;
	story_input(&story, &last);
	ck_assert_uint_eq(story.verdict.payload_bytes, 10000);
	ck_assert(!story.verdict.fin); /* it is beyond, too */
}
END_TEST

START_TEST(numbers_wrap_in_mid_segment)
{
	teardown();
	story_open(&story, (struct story_options){ .peer_isn = 0xffffff00 });
	story_data(&story, 1, 1, 300); /* 255 bytes before, 45 behind */
	story.manual_accept = true;
	story_data(&story, 201, 1, 200); /* begins before, is new from the 100th byte on */
	ck_assert_uint_eq(story.verdict.payload_bytes, 100);
	ck_assert_uint_eq(story.verdict.payload[0], story_byte(301));
}
END_TEST

START_TEST(what_is_not_taken_is_as_if_lost)
{
	story.manual_accept = true;
	story_data(&story, 1, 1, 100);
	accept(0, 10000);
	story_pass(&story, 100 * MS);
	story_expect_silence(&story);
	story_data(&story, 1, 1, 100);
	accept(60, 10000);
	story_pass(&story, 100 * MS);
	story_expect(&story, SL_TCP_ACK, 1, 61);
	story_data(&story, 61, 1, 40);
	ck_assert_uint_eq(story.verdict.payload_bytes, 40);
}
END_TEST

START_TEST(the_right_edge_never_moves_back)
{
	static const struct {
		uint32_t room_bytes, window;
	} table[] = {
		{ 10000, 9900 }, /* it moves on by steps worth it, not by 100 */
		{ 0, 9900 },     /* a promise is a promise */
		{ 9950, 9900 },   { 20000, 20000 },
		{ 99999, 65535 }, /* never scaled, so this is all there is */
	};

	story.manual_accept = true;
	story_data(&story, 1, 1, 100);
	accept(100, table[_i].room_bytes);
	story_pass(&story, 100 * MS);
	ck_assert_uint_eq(left(&story)->segment.window, table[_i].window);
}
END_TEST

START_TEST(a_filled_window_closes_and_opens)
{
	story.manual_accept = true;
	story_data(&story, 1, 1, 5000);
	accept(5000, 5000);
	story_data(&story, 5001, 1, 5000);
	accept(5000, 0);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 10001)->segment.window, 0);

	story_data(&story, 10001, 1, 1); /* a probe with a byte */
	ck_assert_uint_eq(story.verdict.payload_bytes, 0);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 10001)->segment.window, 0);
	story.peer_next = 10001;

	sl_tcp_set_window(story.tcp, story.conn, 500); /* not worth a segment */
	story_expect_silence(&story);
	sl_tcp_set_window(story.tcp, story.conn, 4000);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 10001)->segment.window, 4000);
	sl_tcp_set_window(story.tcp, story.conn, 4000);
	story_expect_silence(&story);
}
END_TEST

START_TEST(an_ack_gets_through_a_closed_window)
{
	story.manual_accept = true;
	story_data(&story, 1, 1, 10000);
	accept(10000, 0);
	story_send(&story, 1000);
	story_discard(&story);
	story_ack(&story, 501);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 500);
	story.peer_next++; /* of a stack that counts the byte it probed with */
	story_ack(&story, 1001);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

START_TEST(while_the_peer_has_plenty_left_it_is_not_told_of_more)
{
	story.manual_accept = true;
	story_data(&story, 1, 1, 2000);
	accept(2000, 8000);
	story_pass(&story, 100 * MS);
	story_discard(&story);
	sl_tcp_set_window(story.tcp, story.conn, 10000);
	story_expect_silence(&story);
	story_send(&story, 10); /* the next segment says so */
	ck_assert_uint_eq(left(&story)->segment.window, 10000);
}
END_TEST

START_TEST(after_their_fin_there_is_no_payload)
{
	struct sl_segment fin = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 1);

	story_input(&story, &fin);
	ck_assert_uint_eq(story_events(&story), SL_TCP_PEER_CLOSED);
	story_discard(&story);
	story_data(&story, 2, 1, 100);
	ck_assert_uint_eq(story.got_bytes, 0);
}
END_TEST

START_TEST(a_fin_counts_when_all_before_it_is_taken)
{
	struct sl_segment last = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 1);

	story.manual_accept = true;
	last.payload = (const uint8_t *)"0123456789";
	last.payload_bytes = 10;
	story_input(&story, &last);
	ck_assert(story.verdict.fin);
	accept(4, 10000);
	ck_assert_uint_eq(story_events(&story), 0);
	story_input(&story, &last);
	ck_assert_uint_eq(story.verdict.payload_bytes, 6);
	accept(6, 10000);
	ck_assert_uint_eq(story_events(&story), SL_TCP_PEER_CLOSED);
	story_expect(&story, SL_TCP_ACK, 1, 12);
}
END_TEST

START_TEST(a_fin_out_of_order_waits)
{
	struct sl_segment fin = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, 101, 1);

	story_input(&story, &fin);
	ck_assert_uint_eq(story_events(&story), 0);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_data(&story, 1, 1, 100);
	ck_assert_uint_eq(story_events(&story), SL_TCP_PEER_CLOSED);
	story_expect(&story, SL_TCP_ACK, 1, 102);
}
END_TEST

START_TEST(taking_more_than_there_is_is_a_bug)
{
	story.manual_accept = true;
	story_data(&story, 1, 1, 100);
	accept(101, 0);
}
END_TEST

Suite *suite_tcp_receive(void)
{
	Suite *suite = suite_create("receive");
	TCase *tcase = tcase_create("receive");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, payload_in_order_is_shown_where_it_lies);
	tcase_add_test(tcase, one_segment_is_acked_after_40_ms);
	tcase_add_test(tcase, two_are_acked_at_once);
	tcase_add_test(tcase, a_response_carries_the_ack);
	tcase_add_test(tcase, each_segment_out_of_order_is_answered_at_once);
	tcase_add_test(tcase, what_was_seen_is_trimmed);
	tcase_add_test(tcase, what_is_beyond_the_window_is_trimmed);
	tcase_add_test(tcase, numbers_wrap_in_mid_segment);
	tcase_add_test(tcase, what_is_not_taken_is_as_if_lost);
	tcase_add_loop_test(tcase, the_right_edge_never_moves_back, 0, 5);
	tcase_add_test(tcase, a_filled_window_closes_and_opens);
	tcase_add_test(tcase, an_ack_gets_through_a_closed_window);
	tcase_add_test(tcase, while_the_peer_has_plenty_left_it_is_not_told_of_more);
	tcase_add_test(tcase, after_their_fin_there_is_no_payload);
	tcase_add_test(tcase, a_fin_counts_when_all_before_it_is_taken);
	tcase_add_test(tcase, a_fin_out_of_order_waits);
	tcase_add_test_raise_signal(tcase, taking_more_than_there_is_is_a_bug, 6);
	suite_add_tcase(suite, tcase);
	return suite;
}
