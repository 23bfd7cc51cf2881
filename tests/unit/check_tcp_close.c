/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448, FIN_ACK = SL_TCP_FIN | SL_TCP_ACK };

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

static void close_ours(void)
{
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
}

static void peer_fin(uint32_t seq, uint32_t ack)
{
	struct sl_segment fin = story_segment(&story, FIN_ACK, seq, ack);

	story_input(&story, &fin);
	story.peer_next = seq + 1;
}

static enum sl_tcp_state state(void)
{
	return story_info(&story).state;
}

START_TEST(we_close_first)
{
	close_ours();
	ck_assert_int_eq(state(), SL_TCP_FIN_WAIT_1);
	ck_assert_uint_eq(story_window(&story), 0);
	story_expect(&story, FIN_ACK, 1, 1);
	story_ack(&story, 2);
	ck_assert_int_eq(state(), SL_TCP_FIN_WAIT_2);
	story_pass(&story, 1 * S);
	peer_fin(1, 2);
	ck_assert_uint_eq(story_events(&story), SL_TCP_PEER_CLOSED | SL_TCP_GONE);
	story_expect(&story, SL_TCP_ACK, 2, 2);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->time_wait_cnt, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->open_cnt, 0);
}
END_TEST

START_TEST(they_close_first)
{
	peer_fin(1, 1);
	ck_assert_uint_eq(story_events(&story), SL_TCP_PEER_CLOSED);
	ck_assert_int_eq(state(), SL_TCP_CLOSE_WAIT);
	story_expect(&story, SL_TCP_ACK, 1, 2);
	story_send(&story, 1000); /* half closed: we may still answer */
	story_expect(&story, SL_TCP_ACK, 1, 2);
	close_ours();
	ck_assert_int_eq(state(), SL_TCP_LAST_ACK);
	story_expect(&story, FIN_ACK, 1001, 2);
	story_ack(&story, 1001);
	story_events(&story);
	ck_assert(!story.gone);
	story_ack(&story, 1002);
	ck_assert_uint_eq(story_events(&story), SL_TCP_GONE);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->time_wait_cnt, 0); /* theirs to wait */
	story_expect_silence(&story);
}
END_TEST

START_TEST(both_close_at_once)
{
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	peer_fin(1, 1); /* sent before it saw ours */
	ck_assert_int_eq(state(), SL_TCP_CLOSING);
	story_expect(&story, SL_TCP_ACK, 2, 2);
	story_ack(&story, 2);
	story_events(&story);
	ck_assert(story.gone);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->time_wait_cnt, 1);
}
END_TEST

START_TEST(their_fin_may_acknowledge_ours)
{
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	peer_fin(1, 2);
	story_events(&story);
	ck_assert(story.gone);
	story_expect(&story, SL_TCP_ACK, 2, 2);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->time_wait_cnt, 1);
}
END_TEST

START_TEST(a_fin_rides_on_the_last_byte)
{
	sl_tcp_reserve(story.tcp, story.conn, MSS + 100);
	close_ours();
	story_expect_silence(&story); /* what is reserved comes first */
	story_make(&story, 1, MSS);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_make(&story, 1 + MSS, 100);
	story_expect(&story, FIN_ACK, 1 + MSS, 1);
	story_expect_silence(&story);
	story_ack(&story, 1 + MSS + 101);
	ck_assert_int_eq(state(), SL_TCP_FIN_WAIT_2);
}
END_TEST

START_TEST(a_fin_waits_while_data_before_it_is_lost)
{
	story_send(&story, 5 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_sack(&story, 1, 1 + MSS, 1 + 5 * MSS);
	close_ours();
	story_expect_silence(&story);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_expect(&story, FIN_ACK, 1 + 5 * MSS, 1);
}
END_TEST

START_TEST(a_lost_fin_is_sent_again)
{
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	story_pass(&story, 250 * MS);
	story_expect(&story, FIN_ACK, 1, 1);
	story_pass(&story, 490 * MS);
	story_expect(&story, FIN_ACK, 1, 1);
	story_expect_silence(&story);
	story_ack(&story, 2);
	story_pass(&story, 10 * S);
	story_expect_silence(&story);
}
END_TEST

START_TEST(a_fin_lost_with_its_data_rides_again)
{
	sl_tcp_reserve(story.tcp, story.conn, 100);
	close_ours();
	story_make(&story, 1, 100);
	story_expect(&story, FIN_ACK, 1, 1);
	story_pass(&story, 250 * MS);
	story_expect_silence(&story); /* not without the data */
	ck_assert_uint_eq(story_send_again(&story), 100);
	story_expect(&story, FIN_ACK, 1, 1);
	story_ack(&story, 102);
	ck_assert_int_eq(state(), SL_TCP_FIN_WAIT_2);
}
END_TEST

START_TEST(a_fin_does_not_ride_while_something_before_it_is_missing)
{
	struct sl_tcp_range range;

	story_send(&story, 3 * MSS);
	close_ours();
	story_pass(&story, 600 * MS);
	story_discard(&story);
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 10 * MSS;
	ck_assert(sl_tcp_lost(story.tcp, story.conn, 3 * MSS, &range));
	story_make(&story, 1 + 2 * MSS, MSS); /* the last one is ready first */
	story_expect(&story, SL_TCP_ACK, 1 + 2 * MSS, 1);
	story_make(&story, 1, MSS);
	story_make(&story, 1 + MSS, MSS);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_expect(&story, SL_TCP_ACK, 1 + MSS, 1);
	story_expect(&story, FIN_ACK, 1 + 3 * MSS, 1);
}
END_TEST

START_TEST(a_fin_goes_into_a_closed_window)
{
	story.window = 0;
	story_ack(&story, 1);
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	story_ack(&story, 1); /* no room even for that */
	story_pass(&story, 300 * MS);
	story_expect(&story, FIN_ACK, 1, 1);
}
END_TEST

START_TEST(closing_twice_is_closing_once)
{
	close_ours();
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	story_expect_silence(&story);
}
END_TEST

START_TEST(a_peer_that_never_closes_is_let_go)
{
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	story_ack(&story, 2);
	story_pass(&story, 59 * S);
	ck_assert(!story.gone);
	story_pass(&story, 2 * S);
	ck_assert(story.gone);
	story_expect_silence(&story);
	peer_fin(1, 2); /* too late */
	story_expect(&story, SL_TCP_RST, 2, 0);
}
END_TEST

START_TEST(payload_still_comes_after_we_closed)
{
	close_ours();
	story_expect(&story, FIN_ACK, 1, 1);
	story_data(&story, 1, 2, 100);
	ck_assert_uint_eq(story.got_bytes, 100);
	ck_assert_int_eq(state(), SL_TCP_FIN_WAIT_2);
}
END_TEST

START_TEST(an_abort_is_a_reset_and_the_end)
{
	struct sl_tcp_range range;

	story_send(&story, 3 * MSS);
	sl_tcp_reserve(story.tcp, story.conn, MSS);
	story_discard(&story);
	sl_tcp_abort(story.tcp, story.conn, story.now_ns);
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	ck_assert(!sl_tcp_wanted(story.tcp, story.conn, 1, 1));
	sl_tcp_abort(story.tcp, story.conn, story.now_ns);
	close_ours();
	ck_assert_uint_eq(story_events(&story), SL_TCP_GONE);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), 1); /* until the reset has left */
	story_expect(&story, SL_TCP_RST | SL_TCP_ACK, 1 + 3 * MSS, 1);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), 0);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->store.pool), 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->reset_sent, 1);
	story_pass(&story, 300 * S);
	story_expect_silence(&story);
}
END_TEST

START_TEST(nothing_is_sent_once_it_is_over)
{
	uint8_t frame[2048];

	sl_tcp_reserve(story.tcp, story.conn, MSS);

	struct sl_segment rst = story_segment(&story, SL_TCP_RST, 1, 0);
	struct sl_tcp_verdict verdict;

	sl_tcp_input(story.tcp, &rst, story.now_ns, &verdict);
	ck_assert(!verdict.has_conn);
	/* A disk read comes back before the layer above has heard. */
	ck_assert_uint_eq(
	    sl_tcp_segment(story.tcp, story.conn,
			   &(struct sl_tcp_payload){ .data = frame + 128, .len_bytes = MSS },
			   sl_tcp_stream_seq(story.tcp, story.conn) - MSS, false, story.now_ns),
	    0);
}
END_TEST

START_TEST(a_reset_lets_go_of_everything)
{
	struct sl_segment rst = story_segment(&story, SL_TCP_RST, 1, 0);

	story_send(&story, 3 * MSS);
	story_discard(&story);
	story_input(&story, &rst);
	ck_assert_uint_eq(story_events(&story), SL_TCP_GONE);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), 0);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->store.pool), 0);
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), UINT64_MAX);
}
END_TEST

Suite *suite_tcp_close(void)
{
	Suite *suite = suite_create("close");
	TCase *tcase = tcase_create("close");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, we_close_first);
	tcase_add_test(tcase, they_close_first);
	tcase_add_test(tcase, both_close_at_once);
	tcase_add_test(tcase, their_fin_may_acknowledge_ours);
	tcase_add_test(tcase, a_fin_rides_on_the_last_byte);
	tcase_add_test(tcase, a_fin_waits_while_data_before_it_is_lost);
	tcase_add_test(tcase, a_lost_fin_is_sent_again);
	tcase_add_test(tcase, a_fin_lost_with_its_data_rides_again);
	tcase_add_test(tcase, a_fin_does_not_ride_while_something_before_it_is_missing);
	tcase_add_test(tcase, a_fin_goes_into_a_closed_window);
	tcase_add_test(tcase, closing_twice_is_closing_once);
	tcase_add_test(tcase, a_peer_that_never_closes_is_let_go);
	tcase_add_test(tcase, payload_still_comes_after_we_closed);
	tcase_add_test(tcase, an_abort_is_a_reset_and_the_end);
	tcase_add_test(tcase, nothing_is_sent_once_it_is_over);
	tcase_add_test(tcase, a_reset_lets_go_of_everything);
	suite_add_tcase(suite, tcase);
	return suite;
}
