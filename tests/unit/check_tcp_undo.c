/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;
static struct sl_tcb *tcb;
static uint32_t first_ts; /* of what was sent first */

/* A path of 40 ms; segments 0 to 9 left, and their ACKs are due. */
static void open_with(struct story_options options)
{
	options.rtt_ms = 40;
	options.mss = MSS + (options.no_timestamps ? 0 : 12);
	story_open(&story, options);
	tcb = &story.tcp->conns[story.conn.idx];
	story_pass(&story, 1 * MS);
	story_send(&story, 10 * MSS);
	story_discard(&story);
	first_ts = story.last_ts;
	story_pass(&story, 40 * MS);
}

static void setup(void)
{
	open_with((struct story_options){ 0 });
}

static void teardown(void)
{
	story_end(&story);
}

static uint32_t at(uint32_t segment)
{
	return 1 + segment * MSS;
}

static uint32_t lost(void)
{
	return tcb->sent.bytes[SL_TCP_LOST];
}

static uint64_t undone_recoveries(void)
{
	return sl_tcp_counters(story.tcp)->undone_recoveries;
}

static uint64_t undone_timeouts(void)
{
	return sl_tcp_counters(story.tcp)->undone_timeouts;
}

static uint32_t send_again(void)
{
	uint32_t bytes = story_send_again(&story);

	story_discard(&story);
	return bytes;
}

static void time_out(void)
{
	uint32_t rto_cnt = story_info(&story).rto_cnt;

	while (story_info(&story).rto_cnt == rto_cnt)
		story_pass(&story, 10 * MS);
}

/* The ACK of something that was sent first. */
static void old_ack(uint32_t ack)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_ACK, 1, ack);

	segment.ts_echo = first_ts;
	story_input(&story, &segment);
}

static void came_twice(uint32_t ack, uint32_t segment)
{
	story_sack(&story, ack, at(segment), at(segment + 1));
}

START_TEST(an_echo_of_the_first_sending_ends_a_recovery)
{
	teardown();
	open_with((struct story_options){ .congestion = (enum sl_congestion)_i });
	story_sack(&story, at(0), at(1), at(4));
	ck_assert_uint_eq(lost(), MSS);
	story_pass(&story, 2 * MS);
	ck_assert_uint_eq(send_again(), MSS);
	old_ack(at(4)); /* 0 was late */
	ck_assert_uint_eq(undone_recoveries(), 1);
	ck_assert_uint_eq(tcb->recovery, SL_TCP_OPEN);
	ck_assert_uint_ge(story_info(&story).cwnd_bytes, 10 * MSS);
	ck_assert(tcb->reordering_seen);
	came_twice(at(5), 0); /* nor does it matter any more */
	ck_assert_uint_eq(undone_recoveries(), 1);
}
END_TEST

START_TEST(an_echo_of_the_second_does_not)
{
	story_sack(&story, at(0), at(1), at(4));
	story_pass(&story, 2 * MS);
	ck_assert_uint_eq(send_again(), MSS);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(10));
	ck_assert_uint_eq(undone_recoveries(), 0);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 7 * MSS);
}
END_TEST

START_TEST(others_that_were_sent_again_may_still_be_missing)
{
	story_sack(&story, at(0), at(2), at(5)); /* 0 and 1 */
	tcb->cc.cwnd_bytes = 20 * MSS;
	story_pass(&story, 2 * MS);
	ck_assert_uint_eq(send_again(), 2 * MSS);
	old_ack(at(1)); /* 0 was late: what of 1? */
	ck_assert_uint_eq(undone_recoveries(), 0);
	old_ack(at(5)); /* late, too */
	ck_assert_uint_eq(undone_recoveries(), 1);
}
END_TEST

START_TEST(what_arrives_before_it_was_made_again_was_late)
{
	struct sl_tcp_range range;

	story_sack(&story, at(0), at(1), at(4));
	if (_i) /* the disk is slow */
		ck_assert(sl_tcp_lost(story.tcp, story.conn, MSS, &range));
	story_ack(&story, at(4));
	ck_assert_uint_eq(undone_recoveries(), 1);
	ck_assert_uint_ge(story_info(&story).cwnd_bytes, 10 * MSS);
}
END_TEST

START_TEST(when_all_came_twice_nothing_had_been_lost)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true });
	story_sack(&story, at(0), at(2), at(5));
	tcb->cc.cwnd_bytes = 20 * MSS;
	ck_assert_uint_eq(send_again(), 2 * MSS);
	story_ack(&story, at(10)); /* the recovery is over */
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 7 * MSS);
	story_pass(&story, 40 * MS);
	came_twice(at(10), 0);
	ck_assert_uint_eq(undone_recoveries(), 0); /* one did */
	came_twice(at(10), 1);
	ck_assert_uint_eq(undone_recoveries(), 1);
	ck_assert_uint_ge(story_info(&story).cwnd_bytes, 10 * MSS);
}
END_TEST

START_TEST(a_report_of_before_says_nothing)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true });
	tcb->resent_bytes = 10 * MSS;
	story_ack(&story, at(2));
	story_sack(&story, at(2), at(3), at(6));
	ck_assert_uint_eq(send_again(), MSS);
	came_twice(at(2), 0); /* sent again long ago */
	ck_assert_uint_eq(undone_recoveries(), 0);
	came_twice(at(6), 2);
	ck_assert_uint_eq(undone_recoveries(), 1);
}
END_TEST

START_TEST(nor_does_that_of_a_tails_probe)
{
	story_sack(&story, at(0), at(1), at(10));
	story_pass(&story, 2 * MS);
	ck_assert_uint_eq(send_again(), MSS); /* and it was lost */
	story_pass(&story, 40 * MS);
	story_ack(&story, at(10));
	story_send(&story, 2 * MSS);
	story_pass(&story, 90 * MS);
	sl_tcp_app_limited(story.tcp, story.conn);
	story_pass(&story, 1);
	ck_assert_uint_eq(send_again(), MSS);
	came_twice(at(12), 11);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->dsacks_in, 1);
	ck_assert_uint_eq(undone_recoveries(), 0);
}
END_TEST

START_TEST(a_timeout_that_came_too_early_is_undone)
{
	teardown();
	open_with((struct story_options){ .congestion = (enum sl_congestion)_i });
	time_out();
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, MSS);
	ck_assert_uint_eq(lost(), 10 * MSS);
	ck_assert_uint_eq(send_again(), MSS);
	story_pass(&story, 10 * MS);
	old_ack(at(2));
	ck_assert_uint_eq(undone_timeouts(), 1);
	ck_assert_uint_eq(lost(), 0);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 8 * MSS);
	ck_assert_uint_ge(story_info(&story).cwnd_bytes, 10 * MSS);
	ck_assert_uint_gt(story_info(&story).ssthresh_bytes, 9 * MSS);
	old_ack(at(10));
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
	ck_assert_uint_eq(story_info(&story).resent_bytes, MSS);
}
END_TEST

START_TEST(one_in_earnest_is_not)
{
	time_out();
	send_again();
	story_pass(&story, 40 * MS);
	story_ack(&story, at(1));
	ck_assert_uint_eq(undone_timeouts(), 0);
	ck_assert_uint_eq(send_again(), 2 * MSS); /* slow start */
	story_pass(&story, 40 * MS);
	story_ack(&story, at(3));
	ck_assert_uint_eq(undone_timeouts(), 0);
}
END_TEST

START_TEST(what_is_lost_among_the_late_is_found_again)
{
	time_out();
	send_again();
	old_ack(at(1));
	ck_assert_uint_eq(undone_timeouts(), 1);
	story_sack(&story, at(1), at(2), at(6)); /* 1 is missing */
	ck_assert_uint_eq(lost(), MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(send_again(), MSS);
}
END_TEST

/* ---- F-RTO ------------------------------------------------------------------------------------
 */

/* No timestamps; the timeout's first segment is acknowledged. Without SACK in a second round. */
static void first_ack_after_timeout(bool no_sack)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true, .no_sack = no_sack });
	time_out();
	ck_assert_uint_eq(send_again(), MSS);
	story_pass(&story, 10 * MS);
	story_events(&story);
	story_ack(&story, at(1));
	ck_assert_uint_eq(story_events(&story) & SL_TCP_CAN_SEND, SL_TCP_CAN_SEND);
}

START_TEST(new_data_find_out)
{
	first_ack_after_timeout(_i);
	ck_assert_uint_eq(send_again(), 0);
	ck_assert_uint_eq(story_send_most(&story, 10 * MSS), 2 * MSS);
	story_discard(&story);
	story_ack(&story, at(2));
	ck_assert_uint_eq(undone_timeouts(), 1);
	ck_assert_uint_eq(lost(), 0);
	ck_assert_uint_ge(story_info(&story).cwnd_bytes, 10 * MSS);
	story_ack(&story, at(12));
	ck_assert_uint_eq(story_info(&story).resent_bytes, MSS);
}
END_TEST

START_TEST(and_may_find_that_it_is_true)
{
	first_ack_after_timeout(_i);
	ck_assert_uint_eq(story_send_most(&story, 10 * MSS), 2 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	if (_i)
		story_ack(&story, at(1));
	else
		story_sack(&story, at(1), at(10), at(11));
	ck_assert_uint_eq(undone_timeouts(), 0);
	tcb->cc.cwnd_bytes = 20 * MSS;
	ck_assert_uint_ge(send_again(), 8 * MSS);
	/* One late ACK proves nothing once all was sent again. */
	story_ack(&story, at(5));
	ck_assert_uint_eq(undone_timeouts(), 0);
}
END_TEST

START_TEST(without_new_data_nobody_asks)
{
	first_ack_after_timeout(false);
	if (_i)
		sl_tcp_close(story.tcp, story.conn, story.now_ns);
	else
		sl_tcp_app_limited(story.tcp, story.conn);
	story_pass(&story, 1);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
	ck_assert_uint_eq(send_again(), 2 * MSS);
	story_ack(&story, at(3));
	ck_assert_uint_eq(undone_timeouts(), 0);
}
END_TEST

/* RFC 5682, 2.1, step 1: which of the copies is acknowledged? */
START_TEST(nor_after_a_second_timeout)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true });
	time_out();
	send_again();
	time_out();
	send_again();
	story_ack(&story, at(1));
	ck_assert_uint_gt(send_again(), MSS); /* two, if smaller ones: it may be a black hole */
}
END_TEST

START_TEST(nor_where_the_window_is_used_up)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true, .window = 10 * MSS });
	time_out();
	send_again();
	story.window = 9 * MSS;
	story_ack(&story, at(1));
	ck_assert_uint_eq(send_again(), 2 * MSS);
}
END_TEST

START_TEST(a_first_ack_that_tells_nothing_new_ends_the_question)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true });
	time_out();
	send_again();
	story_sack(&story, at(0), at(5), at(6));
	tcb->cc.cwnd_bytes = 20 * MSS;
	ck_assert_uint_gt(send_again(), 0);
	story_ack(&story, at(6));
	ck_assert_uint_eq(undone_timeouts(), 0);
}
END_TEST

Suite *suite_tcp_undo(void)
{
	Suite *suite = suite_create("undo");
	TCase *tcase = tcase_create("undo");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, an_echo_of_the_first_sending_ends_a_recovery, 0, 3);
	tcase_add_test(tcase, an_echo_of_the_second_does_not);
	tcase_add_test(tcase, others_that_were_sent_again_may_still_be_missing);
	tcase_add_loop_test(tcase, what_arrives_before_it_was_made_again_was_late, 0, 2);
	tcase_add_test(tcase, when_all_came_twice_nothing_had_been_lost);
	tcase_add_test(tcase, a_report_of_before_says_nothing);
	tcase_add_test(tcase, nor_does_that_of_a_tails_probe);
	tcase_add_loop_test(tcase, a_timeout_that_came_too_early_is_undone, 0, 3);
	tcase_add_test(tcase, one_in_earnest_is_not);
	tcase_add_test(tcase, what_is_lost_among_the_late_is_found_again);
	tcase_add_loop_test(tcase, new_data_find_out, 0, 2);
	tcase_add_loop_test(tcase, and_may_find_that_it_is_true, 0, 2);
	tcase_add_loop_test(tcase, without_new_data_nobody_asks, 0, 2);
	tcase_add_test(tcase, nor_after_a_second_timeout);
	tcase_add_test(tcase, nor_where_the_window_is_used_up);
	tcase_add_test(tcase, a_first_ack_that_tells_nothing_new_ends_the_question);
	suite_add_tcase(suite, tcase);
	return suite;
}
