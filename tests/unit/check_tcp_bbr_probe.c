/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections are those of draft-ietf-ccwg-bbr. */
#include "bbr_story.h"
#include "room_tcp.h"

static struct bbr_story story;
static struct sl_cc *cc = &story.cc;
static struct sl_bbr *bbr = &story.cc.bbr;

static uint64_t paced_percent(void)
{
	return cc->pacing_rate * 100 / BBR_RATE;
}

static void until(enum sl_bbr_state state)
{
	for (int i = 0; bbr->state != state; i++) {
		ck_assert_int_lt(i, 100);
		bbr_ack(&story, .after_ms = 500, .flight = 40 * BBR_MSS);
	}
}

/* 5.3.3.9 */
START_TEST(once_around)
{
	bbr_cruise(&story);
	ck_assert_uint_eq(paced_percent(), 99);
	ck_assert_uint_ge(bbr->bw_probe_wait_ms, 2000);
	ck_assert_uint_lt(bbr->bw_probe_wait_ms, 3000);
	bbr_ack(&story, .after_ms = 1000, .same_round = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
	bbr_ack(&story, .after_ms = 2000, .same_round = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_REFILL);
	ck_assert_uint_eq(paced_percent(), 99);
	bbr_ack(&story, .same_round = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_REFILL);
	bbr_ack(&story, 0); /* a round later */
	ck_assert_uint_eq(bbr->state, SL_BBR_UP);
	ck_assert_uint_eq(paced_percent(), 123);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(bbr->state, SL_BBR_UP);
		bbr_ack(&story, .flight = BBR_BDP * 5 / 4);
	}
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN); /* it brought nothing more */
	ck_assert_uint_eq(paced_percent(), 89);
	bbr_ack(&story, .flight = BBR_BDP + 1);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	bbr_ack(&story, .flight = BBR_BDP);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
}
END_TEST

START_TEST(up_goes_on_while_it_brings_more)
{
	uint64_t rate = BBR_RATE;

	bbr_up(&story);
	for (int i = 0; i < 10; i++) {
		rate = rate * 126 / 100;
		bbr_ack(&story, .rate = rate);
		ck_assert_uint_eq(bbr->state, SL_BBR_UP);
	}
	ck_assert_uint_eq(sl_bbr_max_bw(cc) / 10, rate / 10);
}
END_TEST

START_TEST(an_old_rate_is_forgotten_after_two_cycles)
{
	bbr_cruise(&story);
	for (int i = 0; i < 2; i++) {
		while (bbr->state != SL_BBR_UP)
			bbr_ack(&story, .rate = BBR_RATE / 2, .after_ms = 500, .flight = 1000);
		while (bbr->state != SL_BBR_CRUISE)
			bbr_ack(&story, .rate = BBR_RATE / 2, .flight = 1000);
		bbr_ack(&story, .rate = BBR_RATE / 2, .flight = 1000);
	}
	ck_assert_uint_eq(sl_bbr_max_bw(cc), BBR_RATE / 2);
}
END_TEST

/* 5.3.3.8: T_reno */
START_TEST(a_small_flow_probes_as_often_as_reno)
{
	uint32_t rounds = 0;

	bbr_cruise(&story);
	while (bbr->state != SL_BBR_UP)
		bbr_ack(&story, .after_ms = 500);
	while (bbr->state != SL_BBR_CRUISE)
		bbr_ack(&story, .after_ms = 1);
	while (bbr->state == SL_BBR_CRUISE) {
		bbr_ack(&story, .after_ms = 1);
		rounds++;
	}
	ck_assert_uint_ge(rounds, 60);
	ck_assert_uint_le(rounds, 63);
}
END_TEST

START_TEST(waits_differ)
{
	uint32_t waits_ms[8];

	for (uint32_t i = 0; i < 8; i++) {
		bbr_begin(&story);
		story.now_ns += i; /* nanoseconds apart */
		sl_bbr_start_down(cc, story.now_ns);
		waits_ms[i] = bbr->bw_probe_wait_ms;
		ck_assert_uint_ge(waits_ms[i], 2000);
		ck_assert_uint_lt(waits_ms[i], 3000);
		for (uint32_t j = 0; j < i; j++)
			ck_assert_uint_ne(waits_ms[i], waits_ms[j]);
	}
}
END_TEST

START_TEST(how_much_lost_is_too_much)
{
	static const struct {
		bool queue;
		uint32_t lost, in_flight;
		bool too_high;
	} table[] = {
		{ true, 2000, 100000, false },    { true, 2001, 100000, true },
		{ false, 7000, 100000, false },   { false, 7001, 100000, true },
		{ false, 1600, 10000, false },    { true, 0, 10000, false },
		{ false, 61000, 1000000, false }, { false, 61001, 1000000, true },
	};

	bbr_cruise(&story);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bbr->round_rtt_us = table[i].queue ? 112000 : 111000;
		ck_assert_msg(sl_bbr_is_inflight_too_high(cc, table[i].lost, table[i].in_flight) ==
				  table[i].too_high,
			      "row %zu", i);
	}
}
END_TEST

/* 5.5.10.2: of 150 segments in flight the last one is lost, and three before it:
 * (3 + x) / (149 + x) = 2 %, so even x = 0 is too much. */
START_TEST(losses_say_where_the_queue_ends)
{
	bbr_up(&story);
	bbr_ack(&story, .flight = 150 * BBR_MSS, .rtt_ms = 150);
	bbr_lose(&story, 150 * BBR_MSS, 3 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_UP); /* just 2 % */
	bbr_lose(&story, 150 * BBR_MSS, 4 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 149 * BBR_MSS);
	ck_assert(bbr->prev_probe_too_high);
	/* Once a probe. */
	bbr_lose(&story, 120 * BBR_MSS, 20 * BBR_MSS);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 149 * BBR_MSS);
}
END_TEST

/* A burst of 20 of which nothing arrived, 100 before it that all did: (0 + x) / (100 + x) = 2 %. */
START_TEST(within_a_burst_they_say_where_too)
{
	bbr_up(&story);
	bbr_ack(&story, .rtt_ms = 150, .flight = 120 * BBR_MSS);
	sl_cc_ops(cc)->held_lost(cc, &(struct sl_cc_loss){ .now_ns = story.now_ns,
							   .lost_bytes = 20 * BBR_MSS,
							   .lost_since_bytes = 20 * BBR_MSS,
							   .tx_in_flight_bytes = 120 * BBR_MSS,
							   .range_bytes = 20 * BBR_MSS });
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 100000 + 2000 * 100 / 98);
}
END_TEST

START_TEST(never_below_seven_tenths_of_the_pipe)
{
	bbr_up(&story);
	bbr_ack(&story, .rtt_ms = 150);
	bbr_lose(&story, 20 * BBR_MSS, 10 * BBR_MSS);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 70 * BBR_MSS);
}
END_TEST

START_TEST(what_an_application_limited_is_no_limit)
{
	bbr_up(&story);
	sl_bbr_handle_inflight_too_high(cc, 50 * BBR_MSS, true, story.now_ns);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, SL_BBR_NO_BYTES);
}
END_TEST

static void set_longterm(uint32_t bytes)
{
	bbr_cruise(&story);
	bbr->inflight_longterm_bytes = bytes;
	bbr_ack(&story, 0);
}

/* 5.6.4.7 */
START_TEST(cruising_leaves_headroom)
{
	set_longterm(160 * BBR_MSS);
	ck_assert_uint_eq(sl_bbr_inflight_with_headroom_bytes(cc), 136 * BBR_MSS);
	ck_assert_uint_eq(cc->cwnd_bytes, 136 * BBR_MSS);
	bbr->inflight_longterm_bytes = 4 * BBR_MSS;
	ck_assert_uint_eq(sl_bbr_inflight_with_headroom_bytes(cc), 4 * BBR_MSS);
	/* And DOWN lasts until it is there. */
	set_longterm(110 * BBR_MSS);
	bbr->state = SL_BBR_DOWN;
	bbr_ack(&story, .flight = 94 * BBR_MSS, .sent_at = BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	bbr_ack(&story, .flight = 93 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_CRUISE);
}
END_TEST

START_TEST(what_went_well_is_allowed)
{
	set_longterm(120 * BBR_MSS);
	bbr_ack(&story, .sent_at = 130 * BBR_MSS, .lost = 20 * BBR_MSS);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 120 * BBR_MSS);
	bbr_ack(&story, .sent_at = 130 * BBR_MSS, .lost = BBR_MSS);
	ck_assert_uint_eq(bbr->inflight_longterm_bytes, 130 * BBR_MSS);
}
END_TEST

/* 5.3.3.6: one segment in the first round trip, then two, then four. */
START_TEST(up_raises_the_limit_slowly_then_fast)
{
	static const uint32_t more[] = { 1, 2, 4, 8 };
	uint32_t longterm_bytes;

	bbr_up(&story);
	bbr->inflight_longterm_bytes = 120 * BBR_MSS;
	bbr_ack(&story, .flight = 119 * BBR_MSS, .newly = 1);
	ck_assert_uint_eq(cc->cwnd_bytes, 120 * BBR_MSS);
	bbr->bw_probe_up_rounds = 0;
	bbr->bw_probe_up_acked_bytes = 0;
	bbr->probe_up_acked_per_inc_bytes = 120 * BBR_MSS;
	bbr->bw_probe_up_rounds = 1;
	for (int i = 0; i < 4; i++) {
		longterm_bytes = bbr->inflight_longterm_bytes;
		bbr_ack(&story, .flight = longterm_bytes - BBR_MSS, .newly = BBR_MSS, .sent_at = 1,
			.same_round = true);
		bbr_ack(&story, .flight = longterm_bytes - BBR_MSS,
			.newly = longterm_bytes - BBR_MSS, .sent_at = 1);
		ck_assert_uint_eq(bbr->inflight_longterm_bytes, longterm_bytes + more[i] * BBR_MSS);
		ck_assert_uint_eq(bbr->state, SL_BBR_UP); /* it is the limit, not the path */
	}
	longterm_bytes = bbr->inflight_longterm_bytes;
	for (int i = 0; i < 3; i++) /* the window is not in use */
		bbr_ack(&story, .flight = 50 * BBR_MSS, .newly = BBR_MSS, .sent_at = 1);
	ck_assert_uint_ne(bbr->state, SL_BBR_UP);
}
END_TEST

/* 5.3.3.7: careful after a probe that went too high, then at once further. */
START_TEST(after_a_probe_that_failed)
{
	bbr_up(&story);
	bbr_ack(&story, .rtt_ms = 150, .flight = 150 * BBR_MSS);
	bbr_lose(&story, 150 * BBR_MSS, 4 * BBR_MSS);
	sl_cc_ops(cc)->recovered(cc, story.now_ns);
	until(SL_BBR_UP);
	bbr_ack(&story, .flight = 148 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_UP);
	bbr_ack(&story, .flight = 149 * BBR_MSS, .same_round = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	ck_assert(bbr->prev_probe_precautionary);
	bbr_ack(&story, .flight = 149 * BBR_MSS, .same_round = true);
	ck_assert_uint_eq(bbr->state, SL_BBR_DOWN);
	bbr_ack(&story, .flight = 149 * BBR_MSS); /* a round later nothing was lost */
	ck_assert_uint_eq(bbr->state, SL_BBR_REFILL);
	bbr_ack(&story, .flight = 149 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_UP);
	bbr_ack(&story, .flight = 149 * BBR_MSS);
	ck_assert_uint_eq(bbr->state, SL_BBR_UP); /* it may stay there now */
}
END_TEST

START_TEST(refill_forgets_the_short_term)
{
	bbr_cruise(&story);
	bbr->bw_shortterm = BBR_RATE / 2;
	bbr->inflight_shortterm_bytes = BBR_BDP / 2;
	bbr_ack(&story, .after_ms = 3000);
	ck_assert_uint_eq(bbr->state, SL_BBR_REFILL);
	ck_assert_uint_eq(bbr->bw_shortterm, SL_BBR_NO_RATE);
	ck_assert_uint_eq(bbr->inflight_shortterm_bytes, SL_BBR_NO_BYTES);
}
END_TEST

Suite *suite_tcp_bbr_probe(void)
{
	Suite *suite = suite_create("bbr_probe");
	TCase *tcase = tcase_create("bbr_probe");

	tcase_add_test(tcase, once_around);
	tcase_add_test(tcase, up_goes_on_while_it_brings_more);
	tcase_add_test(tcase, an_old_rate_is_forgotten_after_two_cycles);
	tcase_add_test(tcase, a_small_flow_probes_as_often_as_reno);
	tcase_add_test(tcase, waits_differ);
	tcase_add_test(tcase, how_much_lost_is_too_much);
	tcase_add_test(tcase, losses_say_where_the_queue_ends);
	tcase_add_test(tcase, within_a_burst_they_say_where_too);
	tcase_add_test(tcase, never_below_seven_tenths_of_the_pipe);
	tcase_add_test(tcase, what_an_application_limited_is_no_limit);
	tcase_add_test(tcase, cruising_leaves_headroom);
	tcase_add_test(tcase, what_went_well_is_allowed);
	tcase_add_test(tcase, up_raises_the_limit_slowly_then_fast);
	tcase_add_test(tcase, after_a_probe_that_failed);
	tcase_add_test(tcase, refill_forgets_the_short_term);
	suite_add_tcase(suite, tcase);
	return suite;
}
