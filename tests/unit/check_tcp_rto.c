/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448, SHORT = 1000 };

static struct story story;

/* On a path of 40 ms the timeout is 240. */
static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 40 });
}

static void teardown(void)
{
	story_end(&story);
}

/* The layer above does not answer the probe for a lost tail (check_tcp_tlp.c), so it ends so. */
static void time_out(void)
{
	uint32_t rto_cnt = story_info(&story).rto_cnt;

	while (story_info(&story).rto_cnt == rto_cnt)
		story_pass(&story, 10 * MS);
}

static uint32_t at(uint32_t segment)
{
	return 1 + segment * MSS;
}

START_TEST(a_lost_tail_is_sent_again_after_the_timeout)
{
	story_send(&story, 3 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(1));    /* the last two are lost, nothing tells */
	story_pass(&story, 85 * MS); /* time for a probe, and the timer starts anew */
	story_pass(&story, 235 * MS);
	ck_assert_uint_eq(story_send_again(&story), 0);
	story_events(&story);
	story_pass(&story, 10 * MS);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 1);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, MSS);
	story_expect_silence(&story); /* a timer sends nothing */
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(1));
	story_pass(&story, 40 * MS);
	story_ack(&story, at(2));
	ck_assert_uint_eq(story_send_again(&story), MSS); /* slow start */
	story_pass(&story, 40 * MS);
	story_ack(&story, at(3));
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
	ck_assert_uint_eq(story_info(&story).resent_bytes, 2 * MSS);
	story_pass(&story, 200 * S);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 1);
	ck_assert(!story.gone); /* idle is not dead */
}
END_TEST

START_TEST(it_backs_off_and_gives_up_after_two_minutes)
{
	uint64_t start_ns = story.now_ns, last_ns = start_ns, wait_ns = 0;
	uint32_t cnt = 0;

	story_send(&story, SHORT); /* a full segment would become shorter: plpmtud.c */
	story_discard(&story);
	while (!story.gone && story.now_ns < start_ns + 1000 * S) {
		story_pass(&story, 10 * MS);
		if (story_events(&story) & SL_TCP_CAN_SEND) {
			if (story_info(&story).rto_cnt == 0)
				continue; /* the probe */
			ck_assert_uint_eq(story_send_again(&story), SHORT);
			if (story.now_ns - last_ns < 59 * S) /* each wait twice the one before */
				ck_assert_uint_ge(story.now_ns - last_ns + 20 * MS * cnt,
						  2 * wait_ns);
			wait_ns = cnt ? story.now_ns - last_ns : 0; /* the first after a probe */
			last_ns = story.now_ns;
			cnt++;
		}
	}
	story_discard(&story);
	ck_assert(story.gone);
	ck_assert_uint_ge(story.now_ns - start_ns, 120 * S);
	ck_assert_uint_le(story.now_ns - start_ns, 200 * S);
	ck_assert_uint_ge(cnt, 8);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->timed_out, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->open_cnt, 0);
}
END_TEST

START_TEST(ssthresh_falls_once_for_one_flight)
{
	story_send(&story, 10 * MSS);
	time_out();
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, 7 * MSS);
	story_send_again(&story);
	time_out(); /* again, of the same */
	ck_assert_uint_eq(story_info(&story).rto_cnt, 2);
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, 7 * MSS);
	story_discard(&story);
}
END_TEST

START_TEST(an_answer_ends_the_backoff)
{
	story_send(&story, 2 * MSS);
	time_out();
	story_send_again(&story);
	time_out();
	ck_assert_uint_ge(story_info(&story).rto_ns, 900 * MS);
	story_send_again(&story);
	story_ack(&story, at(1));
	ck_assert_uint_lt(story_info(&story).rto_ns, 500 * MS);
}
END_TEST

START_TEST(a_peer_that_drops_what_it_had_sacked_gets_it_again)
{
	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_sack(&story, at(0), at(5), at(10));
	while (story_send_again(&story)) /* 0 to 4 */
		;
	story_discard(&story);
	story_pass(&story, 40 * MS);
	/* It acknowledges up to where its SACKed data begin, and not that: it has reneged. */
	story_ack(&story, at(5));
	ck_assert_uint_eq(story_send_again(&story), 0);
	story_pass(&story, 300 * MS);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 1);
	ck_assert_uint_eq(story.tcp->conns[story.conn.idx].sent.bytes[SL_TCP_SACKED], 0);
	ck_assert_uint_ge(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(5));
}
END_TEST

START_TEST(our_own_slow_disk_is_no_congestion)
{
	struct sl_tcp_range range;

	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_sack(&story, at(0), at(1), at(10));
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	story_pass(&story, 5 * S); /* the disk takes its time: nothing flies */
	ck_assert_uint_eq(story_info(&story).rto_cnt, 0);
	story_make(&story, 1, MSS);
	story_pass(&story, 200 * MS); /* now it does, and has as long as any */
	ck_assert_uint_eq(story_info(&story).rto_cnt, 0);
	story_pass(&story, 200 * MS);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 1);
}
END_TEST

START_TEST(a_timeout_while_bytes_are_being_made_keeps_count)
{
	struct sl_tcp_range range;

	story_send(&story, 9 * MSS);
	sl_tcp_reserve(story.tcp, story.conn, MSS); /* new bytes being made */
	story_discard(&story);
	time_out();
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, MSS);
	ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range)); /* one segment beyond those */
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	story_make(&story, at(9), MSS);
	story_make(&story, at(0), MSS);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 2 * MSS);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 0);
	story_ack(&story, at(10));
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

START_TEST(recently_sent_bytes_are_not_lost_with_the_old_ones)
{
	story_send(&story, 5 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_sack(&story, at(0), at(1), at(5)); /* one RACK sample; 0 is lost */
	story_send_again(&story);
	story_pass(&story, 230 * MS);
	story_send_most(&story, MSS); /* fresh, when the timer of 0 goes off */
	story_pass(&story, 20 * MS);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 1);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS); /* one beyond it */
}
END_TEST

/* ---- Zero window (RFC 9293, 3.8.6.1) ----------------------------------------------------------
 */

START_TEST(a_closed_window_is_probed_with_what_the_peer_has)
{
	story_send(&story, MSS);
	story_discard(&story);
	story.window = 0;
	story_ack(&story, at(1));
	ck_assert_uint_eq(story_window(&story), 0);
	story_pass(&story, 300 * MS);
	story_expect(&story, SL_TCP_ACK, at(1) - 1, 1);
	story_expect_silence(&story);
	story.window = 5000;
	story_ack(&story, at(1));
	ck_assert_uint_ne(story_events(&story) & SL_TCP_CAN_SEND, 0);
	ck_assert_uint_eq(story_window(&story), 5000);
	story_pass(&story, 100 * S);
	story_expect_silence(&story);
}
END_TEST

START_TEST(probes_back_off_and_a_peer_that_answers_lives)
{
	uint32_t probe_cnt = 0;

	story.window = 0;
	story_ack(&story, 1);
	for (int i = 0; i < 600; i++) {
		story_pass(&story, 1 * S);
		if (left(&story)) {
			probe_cnt++;
			story_ack(&story, 1);
		}
	}
	ck_assert(!story.gone);
	ck_assert_uint_ge(probe_cnt, 10);
	ck_assert_uint_le(probe_cnt, 20); /* a minute apart at last */
	ck_assert_uint_eq(story_info(&story).rto_cnt, 0);
}
END_TEST

START_TEST(a_closed_window_without_answer_is_given_up)
{
	story.window = 0;
	story_ack(&story, 1);
	story_pass(&story, 300 * S);
	story_discard(&story);
	ck_assert(story.gone);
}
END_TEST

START_TEST(a_window_shut_over_bytes_in_flight_is_probed_too)
{
	story_send(&story, 2 * MSS);
	story_discard(&story);
	story.window = 0;
	story_ack(&story, at(1)); /* the second one did not fit any more */
	story_pass(&story, 300 * MS);
	story_expect(&story, SL_TCP_ACK, at(1) - 1, 1);
	ck_assert_uint_eq(story_send_again(&story), 0);
	story.window = 65535;
	story_ack(&story, at(1));
	story_pass(&story, 300 * MS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
}
END_TEST

Suite *suite_tcp_rto(void)
{
	Suite *suite = suite_create("rto");
	TCase *tcase = tcase_create("rto");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_lost_tail_is_sent_again_after_the_timeout);
	tcase_add_test(tcase, it_backs_off_and_gives_up_after_two_minutes);
	tcase_add_test(tcase, ssthresh_falls_once_for_one_flight);
	tcase_add_test(tcase, an_answer_ends_the_backoff);
	tcase_add_test(tcase, a_peer_that_drops_what_it_had_sacked_gets_it_again);
	tcase_add_test(tcase, our_own_slow_disk_is_no_congestion);
	tcase_add_test(tcase, a_timeout_while_bytes_are_being_made_keeps_count);
	tcase_add_test(tcase, recently_sent_bytes_are_not_lost_with_the_old_ones);
	tcase_add_test(tcase, a_closed_window_is_probed_with_what_the_peer_has);
	tcase_add_test(tcase, probes_back_off_and_a_peer_that_answers_lives);
	tcase_add_test(tcase, a_closed_window_without_answer_is_given_up);
	tcase_add_test(tcase, a_window_shut_over_bytes_in_flight_is_probed_too);
	suite_add_tcase(suite, tcase);
	return suite;
}
