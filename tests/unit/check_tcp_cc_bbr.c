/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections are those of draft-ietf-ccwg-bbr. What flows make of a path is in
 * check_tcp_bottleneck.c. */
#include "bbr_story.h"
#include "room_tcp.h"
#include "tcp/limits.h"

static struct bbr_story story;
static struct sl_cc *cc = &story.cc;
static struct sl_bbr *bbr = &story.cc.bbr;
static const struct sl_cc_ops *ops = &sl_cc_bbr;

static void setup(void)
{
	bbr_begin(&story);
	ck_assert_ptr_eq(sl_cc_ops(cc), ops);
}

/* ---- Startup and Drain --------------------------------------------------------------- */

START_TEST(it_begins_with_the_initial_window)
{
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
	ck_assert_uint_eq(cc->cwnd_bytes, 10 * BBR_MSS);
	ck_assert_uint_eq(cc->pacing_rate, 0); /* pacing.c has one */
	/* 5.6.2: 2.77 windows a round trip, until there is a rate that asks for more. */
	bbr_ack(&story, .rate = UINT64_MAX);
	ck_assert_uint_eq(cc->pacing_rate, 277000);
	bbr_ack(&story, .rate = 50000);
	ck_assert_uint_eq(cc->pacing_rate, 277000);
	bbr_ack(&story, .rate = 200000);
	ck_assert_uint_eq(cc->pacing_rate, 554000 / 100 * 99);
}
END_TEST

START_TEST(startup_doubles)
{
	uint64_t rate = 100000;

	for (int i = 0; i < 5; i++) {
		uint32_t cwnd_bytes = cc->cwnd_bytes;

		bbr_ack(&story, .rate = rate, .newly = cwnd_bytes, .flight = cwnd_bytes);
		ck_assert_uint_eq(cc->cwnd_bytes, 2 * cwnd_bytes);
		ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
		rate *= 2;
	}
}
END_TEST

/* 5.6.4.6: up to twice the pipe, but not cut to it. */
START_TEST(its_window_is_two_pipes)
{
	cc->cwnd_bytes = 500 * BBR_MSS;
	bbr_ack(&story, .newly = 100 * BBR_MSS);
	ck_assert_uint_eq(cc->cwnd_bytes, 500 * BBR_MSS);
	bbr_cruise(&story);
	bbr_ack(&story, .newly = 250 * BBR_MSS);
	for (int i = 0; i < 14; i++)
		bbr_ack(&story, 0);
	ck_assert_uint_eq(cc->cwnd_bytes, 201 * BBR_MSS); /* and one segment of extra_acked */
}
END_TEST

START_TEST(a_full_pipe_is_drained)
{
	for (int i = 0; i < 3; i++)
		bbr_ack(&story, .flight = 2 * BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
	bbr_ack(&story, .flight = 2 * BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_DRAIN);
	ck_assert_uint_eq(cc->pacing_rate, BBR_RATE / 200 * 99);
	bbr_ack(&story, .flight = BBR_BDP + 1);
	ck_assert_uint_eq(bbr->state, SL_BBR_DRAIN);
	bbr_ack(&story, .flight = BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE); /* DOWN has nothing to do */
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, SL_BBR_NO_BYTES);
}
END_TEST

START_TEST(for_three_rounds_at_most)
{
	for (int i = 0; i < 7; i++)
		bbr_ack(&story, .flight = 2 * BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_DRAIN);
	bbr_ack(&story, .flight = 2 * BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
}
END_TEST

/* 5.3.1.3, and no growth. */
static void startup_with_losses(int losses, uint32_t lost, bool grows)
{
	setup();
	bbr_ack(&story, .flight = 2 * BBR_BDP);
	for (int i = 0; i < losses; i++)
		bbr_lose_one(&story);
	bbr_ack(&story, .rate = grows ? 2 * BBR_RATE : BBR_RATE, .rtt_ms = 120,
		.flight = 2 * BBR_BDP, .lost = lost);
}

START_TEST(losses_end_startup)
{
	startup_with_losses(6, 4001, false);
	ck_assert_uint_eq(bbr->state, SL_BBR_DRAIN);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, BBR_BDP);
	startup_with_losses(5, 4001, false);
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
	startup_with_losses(6, 4000, false); /* 2 % of what was in flight */
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
	startup_with_losses(6, 40000, true);
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
}
END_TEST

/* ---- Recovery ------------------------------------------------------------------------ */

START_TEST(a_recovery_gives_the_window_back)
{
	bbr_cruise(&story);
	ops->lost(cc, SL_CC_LOSS, BBR_BDP, story.now_ns);
	cc->cwnd_bytes = 10 * BBR_MSS;
	ops->recovered(cc, story.now_ns);
	ck_assert_uint_ge(cc->cwnd_bytes, 200 * BBR_MSS);
	ck_assert(!bbr->in_recovery);
}
END_TEST

START_TEST(a_timeout_does_so_too)
{
	bbr_cruise(&story);
	bbr_lose(&story, BBR_BDP, BBR_BDP);
	ops->timed_out(cc, BBR_BDP, story.now_ns);
	cc->cwnd_bytes = BBR_MSS; /* recovery.c */
	bbr_ack(&story, .flight = BBR_MSS);
	ck_assert_uint_eq(cc->cwnd_bytes, 4 * BBR_MSS);
	bbr_ack(&story, .flight = BBR_MSS, .newly = 4 * BBR_MSS);
	ck_assert_uint_eq(cc->cwnd_bytes, 8 * BBR_MSS);
	ops->recovered(cc, story.now_ns);
	ck_assert_uint_ge(cc->cwnd_bytes, 200 * BBR_MSS);
}
END_TEST

/* 5.5.10.3: cwnd is no measure of what was in flight before a timeout. */
START_TEST(a_timeout_with_a_queue_is_no_collapse)
{
	bbr_cruise(&story);
	bbr_lose(&story, BBR_BDP, BBR_BDP);
	ops->timed_out(cc, BBR_BDP, story.now_ns);
	cc->cwnd_bytes = BBR_MSS;
	bbr_ack(&story, .flight = BBR_MSS, .rtt_ms = 150);
	ck_assert_uint_ge(bbr->inflight_shortterm_bytes, 140 * BBR_MSS);
}
END_TEST

/* 5.5.11 */
START_TEST(a_loss_that_was_none_in_cruise)
{
	bbr_cruise(&story);
	bbr->inflight_longterm_bytes = 190 * BBR_MSS;
	bbr_lose_one(&story);
	bbr_ack(&story, .rtt_ms = 150, .rate = BBR_RATE / 2);
	ck_assert_uint_ne(bbr->bw_shortterm, SL_BBR_NO_RATE);
	bbr->inflight_longterm_bytes = 100 * BBR_MSS;
	ops->undo(cc, story.now_ns);
	ck_assert_uint_eq(bbr->bw_shortterm, SL_BBR_NO_RATE);
	ck_assert_uint_eq(bbr->inflight_shortterm_bytes, SL_BBR_NO_BYTES);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 190 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
}
END_TEST

START_TEST(a_loss_that_was_none_in_startup)
{
	startup_with_losses(6, 40000, false);
	ck_assert_uint_eq(bbr->state, SL_BBR_DRAIN);
	ops->undo(cc, story.now_ns);
	ck_assert_uint_eq(bbr->state, SL_BBR_STARTUP);
	ck_assert(!bbr->full_bw_reached);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, SL_BBR_NO_BYTES);
}
END_TEST

START_TEST(a_loss_that_was_none_in_up)
{
	bbr_up(&story);
	bbr_ack(&story, .rtt_ms = 150);
	bbr_lose(&story, 150 * BBR_MSS, 40 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	ops->undo(cc, story.now_ns);
	ck_assert_uint_eq(bbr->state, SL_BBR_REFILL);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, SL_BBR_NO_BYTES);
	ops->undo(cc, story.now_ns);
	ck_assert_uint_eq(bbr->state, SL_BBR_REFILL);
}
END_TEST

START_TEST(a_later_loss_of_the_recovery_saves_nothing)
{
	bbr_cruise(&story);
	bbr_lose_one(&story);
	bbr_ack(&story, .rtt_ms = 150, .rate = BBR_RATE / 2);
	bbr_lose_one(&story);
	ops->undo(cc, story.now_ns);
	ck_assert_uint_eq(bbr->bw_shortterm, SL_BBR_NO_RATE);
}
END_TEST

/* ---- Marks --------------------------------------------------------------------------- */

START_TEST(a_mark_ends_startup)
{
	bbr_ack(&story, .flight = 2 * BBR_BDP);
	ops->lost(cc, SL_CC_ECN, 2 * BBR_BDP, story.now_ns);
	bbr_ack(&story, .flight = 2 * BBR_BDP, .sent_at = BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_DRAIN);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, BBR_BDP);
}
END_TEST

START_TEST(a_mark_ends_a_probe)
{
	bbr_up(&story);
	ops->lost(cc, SL_CC_ECN, 130 * BBR_MSS, story.now_ns);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 130 * BBR_MSS);
}
END_TEST

START_TEST(a_mark_slows_cruising)
{
	bbr_cruise(&story);
	sl_bbr_reset_congestion(cc);
	ops->lost(cc, SL_CC_ECN, BBR_BDP, story.now_ns);
	bbr_ack(&story, .rate = BBR_RATE * 9 / 10);
	ck_assert_uint_eq(sl_bbr_bw(cc) / 1000, 909);
	bbr_ack(&story, .rate = BBR_RATE / 2); /* once */
	ck_assert_uint_eq(sl_bbr_bw(cc) / 1000, 909);
}
END_TEST

/* ---- The rest ------------------------------------------------------------------------ */

START_TEST(after_silence_it_paces_at_the_rate)
{
	bbr_up(&story);
	ops->restarted(cc, SL_NS_PER_S, story.now_ns + SL_NS_PER_S);
	ck_assert_uint_eq(cc->pacing_rate, BBR_RATE / 100 * 99);
	ck_assert_uint_ge(cc->cwnd_bytes, 200 * BBR_MSS); /* all of it */
}
END_TEST

START_TEST(a_segment_is_what_it_is_now)
{
	bbr_begin(&story);
	bbr_ack(&story, .rate = 1000, .newly = 1);
	cc->cwnd_bytes = 1000;
	cc->mss_bytes = 500;
	bbr_ack(&story, .rate = 1000, .newly = 1);
	ck_assert_uint_eq(cc->cwnd_bytes, 4 * 500);
}
END_TEST

START_TEST(rates_of_any_size)
{
	static const struct {
		uint64_t rate;
		uint32_t rtt_ms;
	} table[] = { { 1, 1 },
		      { 1, 60000 },
		      { UINT64_C(12500000000), 1 },
		      { UINT64_C(12500000000), 60000 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bbr_begin(&story);
		for (int ack = 0; ack < 100; ack++) {
			bbr_ack(&story, .rate = table[i].rate, .rtt_ms = table[i].rtt_ms,
				.newly = 1000 * BBR_MSS, .flight = 1);
			ck_assert_uint_ge(cc->cwnd_bytes, 4 * BBR_MSS);
			ck_assert_uint_le(cc->cwnd_bytes, SL_TCP_CWND_MAX_BYTES);
			ck_assert_uint_ge(cc->pacing_rate, BBR_MSS);
			ck_assert_uint_le(cc->pacing_rate, table[i].rate * 3 + 277000);
		}
	}
}
END_TEST

Suite *suite_tcp_cc_bbr(void)
{
	Suite *suite = suite_create("cc_bbr");
	TCase *tcase = tcase_create("cc_bbr");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, it_begins_with_the_initial_window);
	tcase_add_test(tcase, startup_doubles);
	tcase_add_test(tcase, its_window_is_two_pipes);
	tcase_add_test(tcase, a_full_pipe_is_drained);
	tcase_add_test(tcase, for_three_rounds_at_most);
	tcase_add_test(tcase, losses_end_startup);
	tcase_add_test(tcase, a_recovery_gives_the_window_back);
	tcase_add_test(tcase, a_timeout_does_so_too);
	tcase_add_test(tcase, a_timeout_with_a_queue_is_no_collapse);
	tcase_add_test(tcase, a_loss_that_was_none_in_cruise);
	tcase_add_test(tcase, a_loss_that_was_none_in_startup);
	tcase_add_test(tcase, a_loss_that_was_none_in_up);
	tcase_add_test(tcase, a_later_loss_of_the_recovery_saves_nothing);
	tcase_add_test(tcase, a_mark_ends_startup);
	tcase_add_test(tcase, a_mark_ends_a_probe);
	tcase_add_test(tcase, a_mark_slows_cruising);
	tcase_add_test(tcase, after_silence_it_paces_at_the_rate);
	tcase_add_test(tcase, a_segment_is_what_it_is_now);
	tcase_add_test(tcase, rates_of_any_size);
	suite_add_tcase(suite, tcase);
	return suite;
}
