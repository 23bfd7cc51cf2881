/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;
static struct sl_tcb *tcb;

/* A connection past slow start: 100 segments over 100 ms, so 1.2 segments a millisecond. */
static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 100, .paced = true, .shift = 7 });
	tcb = &story.tcp->conns[story.conn.idx];
	story_pass(&story, 1 * MS);
	tcb->cc.cwnd_bytes = 100 * MSS;
	tcb->cc.ssthresh_bytes = 100 * MSS;
	story_ack(&story, 1); /* the window is scaled from now on */
	ck_assert_uint_eq(story_info(&story).srtt_ns, 100 * MS);
}

static void teardown(void)
{
	story_end(&story);
}

START_TEST(the_rate_is_the_window_over_the_round_trip_and_a_fifth_more)
{
	ck_assert_uint_eq(story_info(&story).pacing_rate, 1200 * MSS);
	tcb->cc.ssthresh_bytes = 101 * MSS; /* slow start */
	ck_assert_uint_eq(story_info(&story).pacing_rate, 2000 * MSS);
	tcb->cc.pacing_rate = 12345;
	ck_assert_uint_eq(story_info(&story).pacing_rate, 12345);
}
END_TEST

static const struct {
	uint64_t rate; /* segments a second */
	uint32_t cwnd, quantum;
} quanta[] = {
	{ 1200, 100, 10 },   /* ten segments: a millisecond is one */
	{ 1200, 30, 7 },     /* a quarter of the window */
	{ 1200, 4, 2 },      /* what is worth an ACK */
	{ 50000, 5000, 50 }, /* a millisecond */
};

START_TEST(a_quantum_is_a_millisecond_or_a_few_segments)
{
	tcb->cc.pacing_rate = quanta[_i].rate * MSS;
	tcb->cc.cwnd_bytes = quanta[_i].cwnd * MSS;
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), quanta[_i].quantum * MSS);
}
END_TEST

START_TEST(a_quantum_goes_and_the_next_when_its_time_has_come)
{
	ck_assert_uint_eq(story_send_most(&story, 100 * MSS), 10 * MSS);
	ck_assert_uint_eq(story_window(&story), 0);
	tcb->pace_ns = story.now_ns; /* on time, not after silence */
	ck_assert_uint_eq(story_send_most(&story, 100 * MSS), 10 * MSS);
	story_events(&story);
	story_pass(&story, 8 * MS); /* ten segments take 8.3 ms */
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert_uint_eq(story_events(&story), 0);
	story_pass(&story, 1 * MS);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
	ck_assert_uint_eq(story_window(&story), 10 * MSS);
}
END_TEST

/* F-RTO that finds nothing new to send goes on resending: as soon as the pace allows. */
START_TEST(nobody_shortens_the_pace_nor_forgets_it)
{
	story_send_most(&story, 10 * MSS);
	tcb->pace_ns = story.now_ns;
	story_send_most(&story, 10 * MSS);
	story_events(&story);
	tcb->undo.frto = SL_TCP_FRTO_SECOND;
	sl_tcp_undo_no_new(story.tcp, tcb);
	story_pass(&story, 8 * MS);
	ck_assert_uint_eq(story_events(&story), 0);
	story_pass(&story, 1 * MS);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
}
END_TEST

/* However late the loop is, the rate is what it is. */
START_TEST(lateness_is_made_up_for)
{
	uint32_t sent_bytes = 0;

	for (int i = 0; i < 50; i++) {
		if (story_window(&story))
			sent_bytes += story_send_most(&story, 10 * MSS);
		story_discard(&story);
		story_pass(&story, 1 * MS);
	}
	ck_assert_uint_ge(sent_bytes, 60 * MSS); /* 50 ms at 1.2 a millisecond */
	ck_assert_uint_le(sent_bytes, 70 * MSS); /* and the one at the beginning */
	story_pass(&story, 30 * MS);             /* it is we who are late, by 25 ms */
	ck_assert_uint_eq(story_window(&story), 30 * MSS);
}
END_TEST

/* 1.2 segments a millisecond, a window of twelve: three at a time, if nobody has to wait. */
START_TEST(who_waited_for_us_gets_what_added_up)
{
	tcb->cc.pacing_rate = 1200 * MSS;
	tcb->cc.cwnd_bytes = 12 * MSS;
	tcb->pace_ns = story.now_ns;
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), 3 * MSS);
	story_pass(&story, 5 * MS);
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), 6 * MSS);
	story_pass(&story, 195 * MS);
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), 12 * MSS);
	tcb->cc.cwnd_bytes = 10000 * MSS; /* nor more than a read */
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), SL_TCP_WAITED_BYTES / MSS * MSS);
	tcb->cc.cwnd_bytes = 12 * MSS;
	/* But not who waited for an ACK until now, or had nothing to send. */
	tcb->rate.delivered_ns = story.now_ns;
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), 3 * MSS);
	tcb->rate.delivered_ns = 0;
	tcb->rate.app_limited_bytes = 1;
	ck_assert_uint_eq(sl_tcp_quantum(story.tcp, story.conn), 3 * MSS);
}
END_TEST

START_TEST(a_window_that_is_one_burst_goes_at_once)
{
	tcb->rtt.srtt_ns = MS / 2;
	ck_assert_uint_eq(story_send_most(&story, 60 * MSS), 60 * MSS);
	ck_assert_uint_eq(story_window(&story), 40 * MSS);
}
END_TEST

START_TEST(what_is_sent_again_is_paced_too)
{
	struct sl_tcp_range range;

	for (int i = 0; i < 10; i++) {
		story_send_most(&story, 10 * MSS);
		story_discard(&story);
		story_pass(&story, 9 * MS);
	}
	story_sack(&story, 1, 1 + 30 * MSS, 1 + 60 * MSS); /* thirty are lost */
	ck_assert(sl_tcp_lost(story.tcp, story.conn, UINT32_MAX, &range));
	ck_assert_uint_le(range.end_seq - range.start_seq, 10 * MSS);
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, UINT32_MAX, &range));
	story_events(&story);
	story_pass(&story, 20 * MS);
	ck_assert(story_events(&story) & SL_TCP_CAN_SEND);
	ck_assert(sl_tcp_lost(story.tcp, story.conn, UINT32_MAX, &range));
}
END_TEST

START_TEST(a_cap_from_above_is_kept)
{
	sl_tcp_set_rate_cap(story.tcp, story.conn, 100 * MSS);
	ck_assert_uint_eq(story_info(&story).pacing_rate, 100 * MSS);
	tcb->pace_ns = story.now_ns;
	story_send_most(&story, 10 * MSS);
	story_pass(&story, 99 * MS);
	ck_assert_uint_eq(story_window(&story), 0);
	story_pass(&story, 2 * MS);
	ck_assert_uint_gt(story_window(&story), 0);
	sl_tcp_set_rate_cap(story.tcp, story.conn, 0);
	ck_assert_uint_eq(story_info(&story).pacing_rate, 1200 * MSS);
}
END_TEST

Suite *suite_tcp_pacing(void)
{
	Suite *suite = suite_create("pacing");
	TCase *tcase = tcase_create("pacing");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_rate_is_the_window_over_the_round_trip_and_a_fifth_more);
	tcase_add_loop_test(tcase, a_quantum_is_a_millisecond_or_a_few_segments, 0,
			    sizeof(quanta) / sizeof(quanta[0]));
	tcase_add_test(tcase, a_quantum_goes_and_the_next_when_its_time_has_come);
	tcase_add_test(tcase, nobody_shortens_the_pace_nor_forgets_it);
	tcase_add_test(tcase, lateness_is_made_up_for);
	tcase_add_test(tcase, who_waited_for_us_gets_what_added_up);
	tcase_add_test(tcase, a_window_that_is_one_burst_goes_at_once);
	tcase_add_test(tcase, what_is_sent_again_is_paced_too);
	tcase_add_test(tcase, a_cap_from_above_is_kept);
	suite_add_tcase(suite, tcase);
	return suite;
}
