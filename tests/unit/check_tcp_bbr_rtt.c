/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections are those of draft-ietf-ccwg-bbr. */
#include "bbr_story.h"
#include "room_tcp.h"

static struct bbr_story story;
static struct sl_cc *cc = &story.cc;
static struct sl_bbr *bbr = &story.cc.bbr;

/* Time passes in ACKs of one segment, none of which ends a round. */
static void pass(uint32_t for_ms, uint32_t rtt_ms)
{
	for (; for_ms; for_ms -= 100)
		bbr_ack(&story, .rtt_ms = rtt_ms, .same_round = true);
}

START_TEST(the_least_counts)
{
	bbr_begin(&story);
	bbr_ack(&story, .rtt_ms = UINT32_MAX);
	ck_assert_uint_eq(bbr->min_rtt_us, SL_BBR_NO_RTT);
	bbr_ack(&story, .rtt_ms = 100);
	ck_assert_uint_eq(bbr->min_rtt_us, 100000);
	bbr_ack(&story, .rtt_ms = 120);
	ck_assert_uint_eq(bbr->min_rtt_us, 100000);
	bbr_ack(&story, .rtt_ms = 80);
	ck_assert_uint_eq(bbr->min_rtt_us, 80000);
}
END_TEST

/* 5.5.8.2 */
START_TEST(for_ten_seconds)
{
	bbr_cruise(&story);
	bbr_ack(&story, .rtt_ms = 90, .same_round = true);
	pass(9900, 120);
	ck_assert_uint_eq(bbr->min_rtt_us, 90000);
	pass(400, 120);
	ck_assert_uint_eq(bbr->min_rtt_us, 120000);
}
END_TEST

/* 5.3.4.3 */
START_TEST(half_the_pipe_for_200_ms_and_a_round_trip)
{
	uint32_t cwnd_bytes;

	bbr_cruise(&story);
	bbr_ack(&story, .rtt_ms = 99, .same_round = true);
	cwnd_bytes = cc->cwnd_bytes;
	pass(5000, 120);
	ck_assert_uint_ne(bbr->state, SL_BBR_PROBE_RTT);
	pass(100, 120);
	ck_assert_uint_eq(bbr->state, SL_BBR_PROBE_RTT);
	ck_assert_uint_eq(cc->cwnd_bytes, 49500); /* 1 MB/s * 99 ms / 2 */
	ck_assert_uint_eq(cc->pacing_rate, BBR_RATE / 100 * 99);
	pass(1000, 120); /* not until the flight is there */
	ck_assert_uint_eq(bbr->probe_rtt_done_ns, 0);
	bbr_ack(&story, .flight = 49500, .same_round = true);
	ck_assert_uint_ne(bbr->probe_rtt_done_ns, 0);
	bbr_ack(&story, .flight = 49500, .after_ms = 250, .same_round = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_PROBE_RTT); /* and for a round trip */
	bbr_ack(&story, .flight = 49500, .after_ms = 1);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
	ck_assert_uint_ge(cc->cwnd_bytes, cwnd_bytes - 3 * BBR_MSS);
	pass(2000, 120);
	ck_assert_uint_ne(bbr->state, SL_BBR_PROBE_RTT); /* five seconds of peace */
}
END_TEST

START_TEST(a_round_trip_alone_is_not_enough)
{
	bbr_cruise(&story);
	pass(5100, 120);
	bbr_ack(&story, .flight = 1000, .same_round = true);
	bbr_ack(&story, .flight = 1000, .after_ms = 50);
	bbr_ack(&story, .flight = 1000, .after_ms = 50);
	ck_assert_uint_eq(bbr->state, SL_BBR_PROBE_RTT);
	bbr_ack(&story, .flight = 1000, .after_ms = 101);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
}
END_TEST

START_TEST(its_low_rates_do_not_count)
{
	bbr_cruise(&story);
	pass(5100, 120);
	ck_assert_uint_eq(bbr->state, SL_BBR_PROBE_RTT);
	sl_bbr_advance_max_bw(cc);
	bbr_ack(&story, .rate = BBR_RATE / 2, .flight = 1000);
	ck_assert_uint_eq(bbr->max_bw[1], 0);
	bbr_lose_one(&story);
	bbr_ack(&story, .rate = BBR_RATE / 2, .flight = 1000);
	ck_assert_uint_eq(bbr->bw_shortterm, SL_BBR_NO_RATE);
}
END_TEST

START_TEST(never_less_than_four_segments)
{
	bbr_cruise(&story);
	bbr_ack(&story, .rtt_ms = 1, .same_round = true);
	ck_assert_uint_eq(sl_bbr_probe_rtt_cwnd_bytes(cc), 4 * BBR_MSS);
}
END_TEST

START_TEST(back_to_startup_if_the_pipe_was_never_full)
{
	bbr_begin(&story);
	for (int i = 0; i < 52; i++)
		bbr_ack(&story, .rtt_ms = 100 + (uint32_t)i, .app_limited = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_PROBE_RTT);
	bbr_ack(&story, .flight = 1000);
	bbr_ack(&story, .flight = 1000, .after_ms = 300);
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
}
END_TEST

/* 5.4 */
START_TEST(silence_is_as_good)
{
	bbr_cruise(&story);
	story.now_ns += 20 * SL_NS_PER_S;
	sl_cc_ops(cc)->restarted(cc, 20 * SL_NS_PER_S, story.now_ns);
	ck_assert_uint_eq(cc->pacing_rate, BBR_RATE / 100 * 99);
	bbr_ack(&story, .rtt_ms = 110);
	ck_assert_uint_ne(bbr->state, SL_BBR_PROBE_RTT);
	ck_assert_uint_eq(bbr->min_rtt_us, 110000);
	ck_assert(!bbr->idle_restart);
}
END_TEST

START_TEST(silence_ends_it)
{
	bbr_cruise(&story);
	pass(5100, 120);
	bbr_ack(&story, .flight = 1000, .same_round = true);
	story.now_ns += SL_NS_PER_S;
	sl_cc_ops(cc)->restarted(cc, SL_NS_PER_S, story.now_ns);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
	ck_assert_uint_ge(cc->cwnd_bytes, 200 * BBR_MSS);
}
END_TEST

Suite *suite_tcp_bbr_rtt(void)
{
	Suite *suite = suite_create("bbr_rtt");
	TCase *tcase = tcase_create("bbr_rtt");

	tcase_add_test(tcase, the_least_counts);
	tcase_add_test(tcase, for_ten_seconds);
	tcase_add_test(tcase, half_the_pipe_for_200_ms_and_a_round_trip);
	tcase_add_test(tcase, a_round_trip_alone_is_not_enough);
	tcase_add_test(tcase, its_low_rates_do_not_count);
	tcase_add_test(tcase, never_less_than_four_segments);
	tcase_add_test(tcase, back_to_startup_if_the_pipe_was_never_full);
	tcase_add_test(tcase, silence_is_as_good);
	tcase_add_test(tcase, silence_ends_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
