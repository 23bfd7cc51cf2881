/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;
static struct sl_tcp_conn conn;

static void setup(void)
{
	story_begin(&story, (struct story_options){ 0 });
	story_connect(&story);
}

static void teardown(void)
{
	story_end(&story);
}

START_TEST(a_segment_is_expected_by_the_connection_that_will_take_it)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_ACK, 1, 1);
	uint64_t hash = sl_tcp_expect_hash(story.tcp, &segment);

	sl_tcp_expect_link(story.tcp, hash);
	ck_assert(sl_tcp_expect_input(story.tcp, hash, &conn));
	ck_assert_uint_eq(conn.idx, story.conn.idx);
	sl_tcp_expect_ack(story.tcp, conn); /* nothing is in flight: nothing to ask for */
	sl_tcp_expect_send(story.tcp, conn);
}
END_TEST

START_TEST(a_strangers_segment_by_none)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_ACK, 1, 1);
	uint64_t hash;

	segment.src_port++;
	hash = sl_tcp_expect_hash(story.tcp, &segment);
	sl_tcp_expect_link(story.tcp, hash);
	ck_assert(!sl_tcp_expect_input(story.tcp, hash, &conn));
}
END_TEST

START_TEST(the_ready_list_is_seen_ahead)
{
	uint32_t first_idx = story.conn.idx;

	story.peer_port++;
	story_connect(&story);
	ck_assert(!sl_tcp_ready_next(story.tcp, 0, &conn));
	sl_tcp_event(story.tcp, &story.tcp->conns[first_idx], SL_TCP_ACKED);
	sl_tcp_event(story.tcp, &story.tcp->conns[story.conn.idx], SL_TCP_ACKED);
	ck_assert(sl_tcp_ready_next(story.tcp, 0, &conn));
	ck_assert_uint_eq(conn.idx, first_idx);
	ck_assert(sl_tcp_ready_next(story.tcp, 1, &conn));
	ck_assert_uint_eq(conn.idx, story.conn.idx);
	ck_assert(!sl_tcp_ready_next(story.tcp, 2, &conn));
}
END_TEST

Suite *suite_tcp_expect(void)
{
	Suite *suite = suite_create("expect");
	TCase *tcase = tcase_create("expect");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_segment_is_expected_by_the_connection_that_will_take_it);
	tcase_add_test(tcase, a_strangers_segment_by_none);
	tcase_add_test(tcase, the_ready_list_is_seen_ahead);
	suite_add_tcase(suite, tcase);
	return suite;
}
