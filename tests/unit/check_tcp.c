/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;

static void teardown(void)
{
	story_end(&story);
}

START_TEST(a_connection_is_small)
{
	story_begin(&story, (struct story_options){ 0 });
	printf(
	    "tcp: control block %zu bytes, timer %zu, link %zu, TIME-WAIT entry %zu, range %zu\n",
	    sizeof(struct sl_tcb), sizeof(struct sl_wheel_timer), sizeof(struct sl_tcp_link),
	    sizeof(struct sl_tcp_time_wait), sizeof(struct sl_tcp_sent_range));
	ck_assert_uint_le(sizeof(struct sl_tcb), SL_TCP_CONN_BYTES);
	ck_assert_uint_le(sizeof(struct sl_tcp_time_wait), 112);
}
END_TEST

START_TEST(the_stream_begins_after_the_syn)
{
	story_open(&story, (struct story_options){ .has_isn = true, .isn = 0xffffffff });
	ck_assert_uint_eq((uint32_t)sl_tcp_stream_seq(story.tcp, story.conn), 0);
	ck_assert_uint_eq(sl_tcp_acked_seq(story.tcp, story.conn),
			  sl_tcp_stream_seq(story.tcp, story.conn));
	story_send(&story, 100);
	ck_assert_uint_eq((uint32_t)sl_tcp_stream_seq(story.tcp, story.conn), 100);
	story_discard(&story);
}
END_TEST

START_TEST(many_connections_stay_apart)
{
	enum { CNT = 64 };
	struct sl_tcp_conn conns[CNT];
	uint32_t isns[CNT];

	story_begin(&story, (struct story_options){ .conns_max = CNT });
	for (uint16_t i = 0; i < CNT; i++) {
		story.peer_port = 1000 + i;
		story_connect(&story);
		conns[i] = story.conn;
		isns[i] = story.server_isn;
		ck_assert_uint_eq(sl_tcp_counters(story.tcp)->open_cnt, i + 1U);
	}
	for (uint16_t i = CNT; i-- > 0;) {
		story.peer_port = 1000 + i;
		story.server_isn = isns[i];
		story_data(&story, 1, 1, 10 + i);
		ck_assert(story.verdict.has_conn);
		ck_assert_uint_eq(story.verdict.conn.idx, conns[i].idx);
		ck_assert_uint_eq(story.verdict.payload_bytes, 10 + i);
		story.conn = conns[i];
		ck_assert_uint_eq(story_info(&story).peer_port, 1000 + i);
	}
}
END_TEST

Suite *suite_tcp(void)
{
	Suite *suite = suite_create("tcp");
	TCase *tcase = tcase_create("tcp");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_connection_is_small);
	tcase_add_test(tcase, the_stream_begins_after_the_syn);
	tcase_add_test(tcase, many_connections_stay_apart);
	suite_add_tcase(suite, tcase);
	return suite;
}
