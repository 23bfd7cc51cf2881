/* SPDX-License-Identifier: BSD-2-Clause */
/* What the table of connections and listeners says to those who open; the packets of an active
 * open are in tests/transcript. */
#include <errno.h>

#include "base/limits.h"
#include "room_tcp.h"
#include "tcp_harness.h"

static struct sl_route route_from(const struct story *story, uint16_t local_port)
{
	struct sl_segment segment = story_segment(story, SL_TCP_ACK, 0, 0);
	struct sl_route route;

	sl_route_reverse(&route, &segment);
	route.local_port = local_port;
	return route;
}

START_TEST(the_peer_is_asked_once)
{
	struct story story;
	struct sl_tcp_conn conn, other;
	struct sl_route route;

	story_begin(&story, (struct story_options){ 0 });
	route = route_from(&story, 50000);
	ck_assert_int_eq(sl_tcp_connect(story.tcp, &route, 0, &conn, story.now_ns), 0);
	ck_assert_int_eq(sl_tcp_connect(story.tcp, &route, 0, &other, story.now_ns), -EADDRINUSE);
	story_expect(&story, SL_TCP_SYN, 0, 0);
	story_expect_silence(&story);
	story_end(&story);
}
END_TEST

START_TEST(what_was_given_up_can_be_asked_again)
{
	struct story story;
	struct sl_route route;

	story_begin(&story, (struct story_options){ 0 });
	route = route_from(&story, 50000);
	for (int i = 0; i < 20; i++) { /* more than there are control blocks */
		ck_assert_int_eq(sl_tcp_connect(story.tcp, &route, 0, &story.conn, story.now_ns),
				 0);
		story_expect(&story, SL_TCP_SYN, 0, 0);
		sl_tcp_abort(story.tcp, story.conn, story.now_ns);
		story_expect_silence(&story);
		ck_assert_uint_eq(story_events(&story), SL_TCP_GONE);
	}
	story_end(&story);
}
END_TEST

START_TEST(control_blocks_run_out)
{
	struct story story;
	struct sl_tcp_conn conn;
	struct sl_route route;

	story_begin(&story, (struct story_options){ .conns_max = 2 });
	for (uint16_t port = 1; port <= 2; port++) {
		route = route_from(&story, port);
		ck_assert_int_eq(sl_tcp_connect(story.tcp, &route, 0, &conn, story.now_ns), 0);
	}
	route = route_from(&story, 3);
	ck_assert_int_eq(sl_tcp_connect(story.tcp, &route, 0, &conn, story.now_ns), -ENFILE);
	story_end(&story);
}
END_TEST

START_TEST(listeners_come_and_go)
{
	const struct sl_listener other = { .port = 80, .any = true };
	struct story story;
	int idx, last = 0;

	story_begin(&story, (struct story_options){ 0 });
	idx = sl_tcp_listen(story.tcp, &other);
	ck_assert_int_eq(idx, 2); /* the story has two */
	sl_tcp_unlisten(story.tcp, (uint32_t)idx);
	ck_assert_int_eq(sl_tcp_listen(story.tcp, &other), idx);
	while (last >= 0 && last < SL_LISTENERS_MAX)
		last = sl_tcp_listen(story.tcp, &other);
	ck_assert_int_eq(last, -ENOSPC);
	story_end(&story);
}
END_TEST

START_TEST(a_listener_that_went_gets_no_syn)
{
	struct story story;
	struct story_packet *packet;

	story_begin(&story, (struct story_options){ 0 });
	sl_tcp_unlisten(story.tcp, 0);
	story_syn(&story);
	packet = left(&story);
	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->segment.flags, SL_TCP_RST | SL_TCP_ACK);
	story_end(&story);
}
END_TEST

Suite *suite_tcp_connect(void)
{
	Suite *suite = suite_create("connect");
	TCase *tcase = tcase_create("connect");

	tcase_add_test(tcase, the_peer_is_asked_once);
	tcase_add_test(tcase, what_was_given_up_can_be_asked_again);
	tcase_add_test(tcase, control_blocks_run_out);
	tcase_add_test(tcase, listeners_come_and_go);
	tcase_add_test(tcase, a_listener_that_went_gets_no_syn);
	suite_add_tcase(suite, tcase);
	return suite;
}
