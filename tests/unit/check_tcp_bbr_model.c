/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections are those of draft-ietf-ccwg-bbr. */
#include "bbr_story.h"
#include "room_tcp.h"
#include "tcp/limits.h"

static struct bbr_story story;
static struct sl_cc *cc = &story.cc;
static struct sl_bbr *bbr = &story.cc.bbr;

static void setup(void)
{
	bbr_begin(&story);
}

/* 5.5.1 */
START_TEST(a_round_ends_with_what_was_sent_in_it)
{
	bbr_ack(&story, 0);
	ck_assert(bbr->round_start);
	bbr_ack(&story, .same_round = true);
	ck_assert(!bbr->round_start);
	bbr_ack(&story, .rate = UINT64_MAX); /* nobody knows when it was sent */
	ck_assert(!bbr->round_start);
	bbr_ack(&story, 0);
	ck_assert(bbr->round_start);
}
END_TEST

/* 5.5.5 to 5.5.7 */
START_TEST(max_bw_is_of_two_cycles)
{
	bbr_ack(&story, .rate = 3000);
	bbr_ack(&story, .rate = 2000);
	ck_assert_uint_eq(sl_bbr_max_bw(cc), 3000);
	sl_bbr_advance_max_bw(cc);
	bbr_ack(&story, .rate = 1000);
	ck_assert_uint_eq(sl_bbr_max_bw(cc), 3000);
	sl_bbr_advance_max_bw(cc);
	ck_assert_uint_eq(sl_bbr_max_bw(cc), 1000);
	sl_bbr_advance_max_bw(cc); /* a cycle without a sample is none */
	ck_assert_uint_eq(sl_bbr_max_bw(cc), 1000);
}
END_TEST

START_TEST(an_application_that_sends_little_shows_no_less)
{
	bbr_ack(&story, .rate = 3000);
	sl_bbr_advance_max_bw(cc);
	bbr_ack(&story, .rate = 2000, .app_limited = true);
	ck_assert_uint_eq(bbr->max_bw[1], 0);
	bbr_ack(&story, .rate = 4000, .app_limited = true);
	ck_assert_uint_eq(bbr->max_bw[1], 4000);
}
END_TEST

/* 5.3.1.2 */
START_TEST(three_rounds_without_growth_are_a_full_pipe)
{
	static const struct {
		uint64_t rate;
		bool app_limited, same_round;
		uint32_t cnt;
	} table[] = {
		{ 1000, false, false, 0 }, { 1250, false, false, 0 }, /* a quarter more */
		{ 1500, false, false, 1 }, { 1500, true, false, 1 },  { 1500, false, true, 1 },
		{ 1560, false, false, 2 }, { 1570, false, false, 0 }, /* from 1250 */
		{ 1570, false, false, 1 }, { 1570, false, false, 2 }, { 1570, false, false, 3 },
	};
	size_t rows = sizeof(table) / sizeof(table[0]);

	for (size_t i = 0; i < rows; i++) {
		ck_assert(!bbr->full_bw_reached);
		bbr_ack(&story, .rate = table[i].rate, .app_limited = table[i].app_limited,
			.same_round = table[i].same_round);
		ck_assert_msg(bbr->full_bw_cnt == table[i].cnt, "row %zu", i);
	}
	ck_assert(bbr->full_bw_reached);
	ck_assert(bbr->full_bw_now);
}
END_TEST

START_TEST(what_a_full_pipe_holds)
{
	ck_assert_uint_eq(sl_bbr_bdp_bytes(cc, BBR_RATE, 100), 10 * BBR_MSS); /* no RTT yet */
	bbr_ack(&story, 0);
	ck_assert_uint_eq(sl_bbr_bdp_bytes(cc, BBR_RATE, 100), BBR_BDP);
	ck_assert_uint_eq(sl_bbr_bdp_bytes(cc, BBR_RATE, 225), BBR_BDP / 100 * 225);
	ck_assert_uint_eq(sl_bbr_bdp_bytes(cc, SL_BBR_RATE_MAX, 277), SL_TCP_CWND_MAX_BYTES);
}
END_TEST

START_TEST(at_least_three_quanta)
{
	cc->pacing_rate = 1000;
	ck_assert_uint_eq(sl_bbr_at_least_bytes(cc, 0), 6 * BBR_MSS);
	cc->pacing_rate = 10000000;
	ck_assert_uint_eq(sl_bbr_at_least_bytes(cc, 0), 30000);
	ck_assert_uint_eq(sl_bbr_at_least_bytes(cc, 40000), 40000);
	bbr->state = SL_BBR_UP;
	ck_assert_uint_eq(sl_bbr_at_least_bytes(cc, 40000), 42000);
	cc->mss_bytes = 500; /* a segment is what it is now */
	ck_assert_uint_eq(sl_bbr_at_least_bytes(cc, 40000), 41000);
}
END_TEST

/* 5.5.9: 50 segments at once, 20 ms after the former ACK, where 20 were to be expected. */
START_TEST(acks_in_bunches_hold_more)
{
	bbr_cruise(&story);
	for (int i = 0; i < 12; i++) /* what was seen before is forgotten after ten rounds */
		bbr_ack(&story, .newly = 90 * BBR_MSS);
	ck_assert_uint_eq(sl_bbr_extra_acked_bytes(cc), 90 * BBR_MSS);
	for (int i = 0; i < 10; i++)
		bbr_ack(&story, 0);
	ck_assert_uint_eq(sl_bbr_extra_acked_bytes(cc), BBR_MSS);
	bbr_ack(&story, .newly = 1);
	bbr_ack(&story, .newly = 30 * BBR_MSS, .after_ms = 20, .same_round = true);
	bbr_ack(&story, .newly = 50 * BBR_MSS, .after_ms = 20, .same_round = true);
	ck_assert_uint_eq(sl_bbr_extra_acked_bytes(cc), 60 * BBR_MSS);
}
END_TEST

START_TEST(no_bunch_is_larger_than_the_window)
{
	bbr_cruise(&story);
	cc->cwnd_bytes = 250 * BBR_MSS;
	bbr_ack(&story, .newly = 1000 * BBR_MSS);
	ck_assert_uint_eq(sl_bbr_extra_acked_bytes(cc), 250 * BBR_MSS);
}
END_TEST

/* A round with a loss in CRUISE; then bw_shortterm, in per mille of max_bw; 0: none. */
START_TEST(what_a_lossy_round_shows)
{
	static const struct {
		enum sl_bbr_state state;
		uint32_t rtt_ms, delivered_permille;
		bool app_limited, mark;
		uint32_t shortterm_permille;
	} table[] = {
		/* Without a queue, as long as what is sent arrives. */
		{ SL_BBR_CRUISE, 100, 990, false, false, 0 },
		{ SL_BBR_CRUISE, 111, 870, false, false, 0 },
		/* With one, and when the rate has fallen; 99 % are sent. */
		{ SL_BBR_CRUISE, 112, 970, false, false, 979 },
		{ SL_BBR_CRUISE, 100, 800, false, false, 808 },
		{ SL_BBR_CRUISE, 112, 300, false, false, 700 }, /* 5.5.10.3: by beta at most */
		/* An application that sends little proves nothing; a queue does. */
		{ SL_BBR_CRUISE, 100, 300, true, false, 0 },
		{ SL_BBR_CRUISE, 112, 300, true, false, 700 },
		/* A mark is proof enough. */
		{ SL_BBR_CRUISE, 100, 970, false, true, 979 },
		/* Nine tenths are sent: nine tenths are all that can arrive. */
		{ SL_BBR_DOWN, 120, 891, false, false, 1000 },
		{ SL_BBR_DOWN, 120, 800, false, false, 898 },
		{ SL_BBR_DOWN, 100, 800, false, false, 0 },
		/* Probing, losses are to be expected. */
		{ SL_BBR_REFILL, 120, 500, false, true, 0 },
		{ SL_BBR_UP, 120, 500, false, true, 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t permille;

		bbr_cruise(&story);
		bbr->state = table[i].state;
		if (table[i].state == SL_BBR_DOWN)
			cc->pacing_rate = BBR_RATE * 89 / 100;
		sl_bbr_reset_congestion(cc);
		bbr->round_rtt_us = table[i].rtt_ms * 1000;
		sl_bbr_note_loss(cc);
		bbr->is_mark_in_round = table[i].mark;
		sl_bbr_model_update(
		    cc,
		    &(struct sl_bbr_sample){
			.ack = &(struct sl_cc_ack){ .now_ns = story.now_ns,
						    .rate = { .prior_delivered_bytes =
								  bbr->delivered_bytes,
							      .delivered_bytes = 50 * BBR_MSS } },
			.delivery_rate = BBR_RATE / 1000 * table[i].delivered_permille,
			.app_limited = table[i].app_limited });
		permille = bbr->bw_shortterm == SL_BBR_NO_RATE
			       ? 0
			       : (uint32_t)(bbr->bw_shortterm / (BBR_RATE / 1000));
		ck_assert_msg(permille == table[i].shortterm_permille, "row %zu: %u", i, permille);
	}
}
END_TEST

START_TEST(a_loss_round_is_a_whole_round)
{
	bbr_cruise(&story);
	sl_bbr_reset_congestion(cc);
	bbr_lose_one(&story);
	bbr_ack(&story, .rate = 900000, .rtt_ms = 120, .same_round = true);
	bbr_ack(&story, .rate = 500000, .rtt_ms = 120, .same_round = true);
	ck_assert_uint_eq(bbr->bw_shortterm, SL_BBR_NO_RATE); /* wait until its end */
	bbr_ack(&story, .rate = 500000, .rtt_ms = 120);
	ck_assert_uint_eq(bbr->bw_shortterm / 1000, 909); /* its greatest, of 99 % */
	ck_assert_uint_eq(sl_bbr_bw(cc) / 1000, 909);
	ck_assert(!bbr->is_loss_in_round);
	bbr_ack(&story, .rate = 500000, .rtt_ms = 120); /* one without a loss */
	ck_assert_uint_eq(bbr->bw_shortterm / 1000, 909);
}
END_TEST

START_TEST(in_flight_comes_down_with_it)
{
	bbr_cruise(&story);
	ck_assert_uint_ge(cc->cwnd_bytes, 200 * BBR_MSS);
	cc->cwnd_bytes = 200 * BBR_MSS;
	bbr_lose_one(&story);
	bbr_ack(&story, .rtt_ms = 120, .rate = 500000);
	ck_assert_uint_eq(bbr->inflight_shortterm_bytes, 140 * BBR_MSS);
	ck_assert_uint_eq(cc->cwnd_bytes, 140 * BBR_MSS);
	bbr_lose_one(&story);
	bbr_ack(&story, .rtt_ms = 120, .rate = 1200000);
	ck_assert_uint_eq(bbr->inflight_shortterm_bytes, 120 * BBR_MSS);
}
END_TEST

Suite *suite_tcp_bbr_model(void)
{
	Suite *suite = suite_create("bbr_model");
	TCase *tcase = tcase_create("bbr_model");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_round_ends_with_what_was_sent_in_it);
	tcase_add_test(tcase, max_bw_is_of_two_cycles);
	tcase_add_test(tcase, an_application_that_sends_little_shows_no_less);
	tcase_add_test(tcase, three_rounds_without_growth_are_a_full_pipe);
	tcase_add_test(tcase, what_a_full_pipe_holds);
	tcase_add_test(tcase, at_least_three_quanta);
	tcase_add_test(tcase, acks_in_bunches_hold_more);
	tcase_add_test(tcase, no_bunch_is_larger_than_the_window);
	tcase_add_test(tcase, what_a_lossy_round_shows);
	tcase_add_test(tcase, a_loss_round_is_a_whole_round);
	tcase_add_test(tcase, in_flight_comes_down_with_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
