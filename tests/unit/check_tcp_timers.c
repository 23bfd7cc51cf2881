/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;
static struct sl_tcb *tcb;

static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 40 });
	story_discard(&story);
	tcb = &story.tcp->conns[story.conn.idx];
}

static void teardown(void)
{
	story_end(&story);
}

START_TEST(an_idle_connection_has_no_deadline)
{
	story_pass(&story, 2 * S); /* what was armed for the handshake runs out */
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), UINT64_MAX);
	story_pass(&story, 24 * 3600 * S);
	ck_assert(!story.gone);
}
END_TEST

START_TEST(the_earliest_deadline_counts)
{
	story_pass(&story, 2 * S);
	tcb->state = SL_TCP_FIN_WAIT_2;
	sl_tcp_timer_set(story.tcp, tcb, SL_TCP_TIMER_STATE, story.now_ns + 5 * S);
	ck_assert_uint_le(sl_tcp_next_ns(story.tcp), story.now_ns + 5 * S);
	story_data(&story, 1, 1, 10); /* a delayed ACK is due earlier */
	ck_assert_uint_le(sl_tcp_next_ns(story.tcp), story.now_ns + 41 * MS);
	story_pass(&story, 41 * MS);
	story_expect(&story, SL_TCP_ACK, 1, 11);
	ck_assert_uint_gt(sl_tcp_next_ns(story.tcp), story.now_ns + 1 * MS);
	story_pass(&story, 5 * S);
	ck_assert(story.gone); /* the other one was not forgotten */
}
END_TEST

START_TEST(a_deadline_that_moves_later_does_not_strike_early)
{
	for (uint32_t i = 0; i < 100; i++) {
		story_send(&story, 100);
		story_pass(&story, 40 * MS);
		story_ack(&story, 1 + (i + 1) * 100); /* each ACK restarts the resend timer */
	}
	ck_assert_uint_eq(story_info(&story).rto_cnt, 0);
	story_discard(&story);
}
END_TEST

START_TEST(a_cancelled_deadline_does_not_strike)
{
	tcb->state = SL_TCP_FIN_WAIT_2;
	sl_tcp_timer_set(story.tcp, tcb, SL_TCP_TIMER_STATE, story.now_ns + 1 * S);
	sl_tcp_timer_set(story.tcp, tcb, SL_TCP_TIMER_STATE, SL_WHEEL_NEVER);
	story_pass(&story, 2 * S);
	ck_assert(!story.gone);
}
END_TEST

START_TEST(several_may_strike_at_once)
{
	story_data(&story, 1, 1, 10);
	tcb->state = SL_TCP_FIN_WAIT_2;
	sl_tcp_timer_set(story.tcp, tcb, SL_TCP_TIMER_STATE, story.now_ns + 1 * S);
	story.now_ns += 10 * S; /* the loop was late */
	sl_tcp_tick(story.tcp, story.now_ns);
	story_events(&story);
	ck_assert(story.gone);
	story_expect_silence(&story); /* no ACK of a connection that is over */
}
END_TEST

Suite *suite_tcp_timers(void)
{
	Suite *suite = suite_create("timers");
	TCase *tcase = tcase_create("timers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_idle_connection_has_no_deadline);
	tcase_add_test(tcase, the_earliest_deadline_counts);
	tcase_add_test(tcase, a_deadline_that_moves_later_does_not_strike_early);
	tcase_add_test(tcase, a_cancelled_deadline_does_not_strike);
	tcase_add_test(tcase, several_may_strike_at_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
