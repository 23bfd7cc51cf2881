/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

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

START_TEST(nothing_due_nothing_written)
{
	uint8_t frame[SL_FRAME_HEADROOM_BYTES];

	ck_assert(!sl_tcp_control_due(story.tcp));
	ck_assert_uint_eq(sl_tcp_control(story.tcp, frame + SL_FRAME_HEADROOM_BYTES, story.now_ns),
			  0);
}
END_TEST

START_TEST(connections_take_turns_in_the_order_they_asked)
{
	uint16_t first_port = story.peer_port;

	story.peer_port++;
	story_connect(&story);
	story_data(&story, 1, 1, 10);
	story_data(&story, 11, 1, 10);
	story.peer_port = first_port;
	story_data(&story, 1, 1, 10);
	story_data(&story, 11, 1, 10);
	ck_assert_uint_eq(left(&story)->segment.dst_port, first_port + 1);
	ck_assert_uint_eq(left(&story)->segment.dst_port, first_port);
	story_expect_silence(&story);
}
END_TEST

START_TEST(a_fin_says_what_an_ack_would_have_said)
{
	story_data(&story, 1, 1, 10);
	story_data(&story, 11, 1, 10);
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_expect(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 21);
	story_expect_silence(&story);
}
END_TEST

START_TEST(an_ack_lies_within_the_window_a_peer_took_back)
{
	story_send(&story, 4000);
	story_discard(&story);
	story.window = 1000;
	story_ack(&story, 1);
	story_data(&story, 1, 1, 10);
	story_data(&story, 11, 1, 10);
	story_expect(&story, SL_TCP_ACK, 1 + 1000, 21);
}
END_TEST

START_TEST(nothing_is_due_twice)
{
	sl_tcp_due(story.tcp, &story.tcp->conns[story.conn.idx], SL_TCP_DUE_ACK);
	sl_tcp_due(story.tcp, &story.tcp->conns[story.conn.idx], SL_TCP_DUE_ACK);
	ck_assert_ptr_nonnull(left(&story));
	story_expect_silence(&story);
	sl_tcp_due_clear(story.tcp, &story.tcp->conns[story.conn.idx], SL_TCP_DUE_ACK);
	story_expect_silence(&story);
}
END_TEST

START_TEST(any_of_several_may_be_withdrawn)
{
	struct sl_tcb *tcbs[3];
	uint16_t port = story.peer_port;

	for (int i = 0; i < 3; i++) {
		story.peer_port++;
		story_connect(&story);
		tcbs[i] = &story.tcp->conns[story.conn.idx];
	}
	for (int i = 0; i < 3; i++)
		sl_tcp_due(story.tcp, tcbs[i], SL_TCP_DUE_ACK);
	sl_tcp_due_clear(story.tcp, tcbs[_i], SL_TCP_DUE_ACK);
	for (int i = 0; i < 3; i++)
		if (i != _i)
			ck_assert_uint_eq(left(&story)->segment.dst_port, port + 1 + i);
	story_expect_silence(&story);
}
END_TEST

Suite *suite_tcp_control(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_due_nothing_written);
	tcase_add_test(tcase, connections_take_turns_in_the_order_they_asked);
	tcase_add_test(tcase, a_fin_says_what_an_ack_would_have_said);
	tcase_add_test(tcase, an_ack_lies_within_the_window_a_peer_took_back);
	tcase_add_test(tcase, nothing_is_due_twice);
	tcase_add_loop_test(tcase, any_of_several_may_be_withdrawn, 0, 3);
	suite_add_tcase(suite, tcase);
	return suite;
}
