/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;

static void teardown(void)
{
	story_end(&story);
}

START_TEST(who_and_how)
{
	struct sl_tcp_info info;

	story_open(&story, (struct story_options){ .rtt_ms = 40, .shift = 7 });
	story_send(&story, 5000);
	info = story_info(&story);
	ck_assert_int_eq(info.state, SL_TCP_ESTABLISHED);
	ck_assert_uint_eq(info.peer_port, story.peer_port);
	ck_assert(sl_address_is_ipv4(&info.peer));
	ck_assert_uint_eq(info.peer.bytes[15], 1);
	ck_assert_uint_eq(info.local_port, story.tcp->listeners[0].port);
	ck_assert_mem_eq(&info.local, &story.tcp->conns[story.conn.idx].route.local,
			 sizeof(info.local));
	ck_assert_uint_eq(info.mss_bytes, 1448);
	ck_assert_uint_eq(info.pmtu_bytes, 1500);
	ck_assert_uint_eq(info.ssthresh_bytes, UINT32_MAX);
	ck_assert_uint_eq(info.in_flight_bytes, 5000);
	ck_assert_uint_eq(info.srtt_ns, 40 * MS);
	ck_assert_uint_eq(info.rto_ns, 240 * MS);
	ck_assert(info.sack);
	ck_assert(info.timestamps);
	ck_assert(info.window_scale);
	ck_assert_uint_eq(info.peer_scale, 7);
	ck_assert(!info.ecn);
	story_discard(&story);
}
END_TEST

START_TEST(nobody)
{
	story_begin(&story, (struct story_options){ 0 });
	ck_assert_int_eq(sl_tcp_state(story.tcp, (struct sl_tcp_conn){ 3 }), SL_TCP_CLOSED);
	story_connect(&story);
	ck_assert_int_eq(sl_tcp_state(story.tcp, story.conn), SL_TCP_ESTABLISHED);
}
END_TEST

/* 8000 bytes: the first 2000 arrive, the next 1000 do not, the rest is SACKed; then they go again.
 */
START_TEST(where_the_bytes_are)
{
	struct sl_tcp_info info;

	story_open(&story, (struct story_options){ .rtt_ms = 10 });
	story_send(&story, 8000);
	story_pass(&story, 10 * MS);
	story_sack(&story, 2001, 3001, 8001);
	info = story_info(&story);
	ck_assert_uint_eq(info.sent_bytes, 8000);
	ck_assert_uint_eq(info.acked_bytes, 2000);
	ck_assert_uint_eq(info.unacked_bytes, 6000);
	ck_assert_uint_eq(info.sacked_bytes, 5000);
	ck_assert_uint_eq(info.in_flight_bytes + info.missing_bytes, 1000);

	story_pass(&story, 10 * MS);
	info = story_info(&story);
	ck_assert_uint_eq(info.missing_bytes, 1000);
	ck_assert_uint_eq(info.lost_bytes, 1000);
	ck_assert_uint_lt(info.ssthresh_bytes, 14480);
	ck_assert(info.recovering);
	ck_assert_uint_eq(info.resent_cnt, 0);
	ck_assert_uint_eq(info.quiet_ns, 20 * MS);

	ck_assert_uint_eq(story_send_again(&story), 1000);
	info = story_info(&story);
	ck_assert_uint_eq(info.missing_bytes, 0);
	ck_assert_uint_eq(info.in_flight_bytes, 1000);
	ck_assert_uint_eq(info.resent_bytes, 1000);
	ck_assert_uint_eq(info.resent_cnt, 1);
	ck_assert_uint_eq(info.sent_bytes, 9000);
	ck_assert_uint_eq(info.acked_bytes, 2000);
	ck_assert_uint_eq(info.quiet_ns, 0);

	story_ack(&story, 8001);
	info = story_info(&story);
	ck_assert_uint_eq(info.acked_bytes, 8000);
	ck_assert_uint_eq(info.unacked_bytes, 0);
	ck_assert(!info.recovering);
	story_discard(&story);
}
END_TEST

Suite *suite_tcp_info(void)
{
	Suite *suite = suite_create("tcp_info");
	TCase *tcase = tcase_create("tcp_info");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, who_and_how);
	tcase_add_test(tcase, nobody);
	tcase_add_test(tcase, where_the_bytes_are);
	suite_add_tcase(suite, tcase);
	return suite;
}
