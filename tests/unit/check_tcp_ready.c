/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;
static struct sl_tcp_conn conn;
static uint32_t events;

static void setup(void)
{
	story_begin(&story, (struct story_options){ 0 });
}

static void teardown(void)
{
	story_end(&story);
}

static void peer_says(uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct sl_segment segment = story_segment(&story, flags, seq, ack);

	sl_tcp_input(story.tcp, &segment, story.now_ns, &story.verdict);
}

START_TEST(each_once_in_the_order_of_the_first_event)
{
	uint32_t first_idx;

	story_connect(&story);
	first_idx = story.conn.idx;
	story.peer_port++;
	story_connect(&story);
	sl_tcp_event(story.tcp, &story.tcp->conns[story.conn.idx], SL_TCP_ACKED);
	sl_tcp_event(story.tcp, &story.tcp->conns[first_idx], SL_TCP_CAN_SEND);
	sl_tcp_event(story.tcp, &story.tcp->conns[story.conn.idx], SL_TCP_CAN_SEND);

	ck_assert(sl_tcp_ready(story.tcp, &conn, &events));
	ck_assert_uint_eq(conn.idx, story.conn.idx);
	ck_assert_uint_eq(events, SL_TCP_ACKED | SL_TCP_CAN_SEND);
	ck_assert(sl_tcp_ready(story.tcp, &conn, &events));
	ck_assert_uint_eq(conn.idx, first_idx);
	ck_assert_uint_eq(events, SL_TCP_CAN_SEND);
	ck_assert(!sl_tcp_ready(story.tcp, &conn, &events));
}
END_TEST

START_TEST(opened_and_gone_may_come_together)
{
	story_syn(&story);
	story_discard(&story);
	peer_says(SL_TCP_ACK, 1, 1);
	peer_says(SL_TCP_RST, 1, 1);
	ck_assert(sl_tcp_ready(story.tcp, &conn, &events));
	ck_assert_uint_eq(events, SL_TCP_OPENED | SL_TCP_GONE); /* and nothing can be sent */
	ck_assert(!sl_tcp_ready(story.tcp, &conn, &events));
}
END_TEST

START_TEST(an_index_is_not_used_again_before_gone_was_heard)
{
	story_connect(&story);
	peer_says(SL_TCP_RST, 1, 1);
	peer_says(SL_TCP_SYN, 0, 0); /* the same peer, at once */
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), 2);
	ck_assert_uint_eq(story.tcp->conns[story.conn.idx].state, SL_TCP_CLOSED);
	ck_assert(sl_tcp_ready(story.tcp, &conn, &events));
	ck_assert_uint_eq(events, SL_TCP_GONE);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), 1);
}
END_TEST

Suite *suite_tcp_ready(void)
{
	Suite *suite = suite_create("ready");
	TCase *tcase = tcase_create("ready");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, each_once_in_the_order_of_the_first_event);
	tcase_add_test(tcase, opened_and_gone_may_come_together);
	tcase_add_test(tcase, an_index_is_not_used_again_before_gone_was_heard);
	suite_add_tcase(suite, tcase);
	return suite;
}
