/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;
static struct sl_tcb *tcb;

/* On a path of 40 ms a tail is probed after 82, a single segment after 240: with the timeout. */
static void open_with(struct story_options options)
{
	options.rtt_ms = 40;
	story_open(&story, options);
	tcb = &story.tcp->conns[story.conn.idx];
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

static uint64_t probes(void)
{
	return sl_tcp_counters(story.tcp)->tlp_probes;
}

/* Segments [0, cnt) left, and it is time for a probe. The layer above has nothing else. */
static void probe_again(uint32_t cnt)
{
	story_send(&story, cnt * MSS);
	story_discard(&story);
	story_pass(&story, cnt == 1 ? 241 * MS : 83 * MS);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_CAN_SEND, SL_TCP_CAN_SEND);
	ck_assert_uint_eq(story_send_again(&story), 0);
	sl_tcp_app_limited(story.tcp, story.conn);
	story_pass(&story, 1);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
}

static void probe_with_new(void)
{
	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 83 * MS);
	story_send(&story, MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
}

START_TEST(new_data_go_one_segment_beyond_the_window)
{
	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 81 * MS);
	ck_assert_uint_eq(story_window(&story), 0);
	story_pass(&story, 2 * MS);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_CAN_SEND, SL_TCP_CAN_SEND);
	ck_assert_uint_eq(story_window(&story), MSS);
	ck_assert(sl_tcp_probes(story.tcp, story.conn));
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 11 * MSS); /* for the moment */
	story_send(&story, MSS);
	ck_assert_uint_eq(probes(), 1);
	ck_assert(!sl_tcp_probes(story.tcp, story.conn));
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 11 * MSS); /* as long as it is out */
	story_pass(&story, 200 * MS);                               /* once */
	ck_assert_uint_eq(story_window(&story), 0);
}
END_TEST

START_TEST(what_answers_the_probe_starts_a_recovery)
{
	probe_with_new();
	story_sack(&story, at(0), at(10), at(11));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->rtos, 0);
	ck_assert_uint_eq(lost(), 10 * MSS);
}
END_TEST

START_TEST(without_new_data_the_last_segment_goes_again)
{
	probe_again(3);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(2));
	ck_assert_uint_eq(probes(), 1);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 3 * MSS);
	ck_assert_uint_eq(story_info(&story).lost_bytes, 0); /* nobody holds it lost */
	story_pass(&story, 40 * MS);
	story_sack(&story, at(0), at(2), at(3)); /* 0 and 1 were lost */
	ck_assert_uint_eq(lost(), 2 * MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->rtos, 0);
}
END_TEST

START_TEST(a_stream_that_has_ended_says_so)
{
	story_send(&story, 2 * MSS + 100);
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_discard(&story);
	story_pass(&story, 83 * MS);
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
	ck_assert_uint_eq(story_send_again(&story), MSS); /* bytes, not what once was a segment */
	ck_assert_uint_eq(left(&story)->segment.flags, SL_TCP_FIN | SL_TCP_ACK);
}
END_TEST

START_TEST(the_layer_above_may_learn_late_that_it_was_the_last)
{
	story_send(&story, 2 * MSS);
	story_discard(&story);
	story_pass(&story, 83 * MS);
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_discard(&story);
	story_pass(&story, 1);
	ck_assert_uint_eq(story_send_again(&story), MSS);
}
END_TEST

START_TEST(a_window_that_is_used_up_leaves_the_last_segment)
{
	teardown();
	open_with((struct story_options){ .window = 3 * MSS });
	story_send(&story, 3 * MSS);
	story_discard(&story);
	story_pass(&story, 83 * MS);
	ck_assert_uint_eq(story_window(&story), 0);
	ck_assert_uint_eq(story_send_again(&story), MSS);
}
END_TEST

START_TEST(a_single_segment_waits_for_a_delayed_ack)
{
	story_send(&story, MSS);
	story_discard(&story);
	story_pass(&story, 238 * MS);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_CAN_SEND, 0);
	story_pass(&story, 3 * MS); /* 40 + 200, when the timeout would have been */
	ck_assert_uint_eq(story_events(&story), SL_TCP_CAN_SEND);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 0);
	story_pass(&story, 241 * MS); /* which comes all the same if nobody answers */
	ck_assert_uint_eq(story_info(&story).rto_cnt, 1);
}
END_TEST

START_TEST(an_answer_or_new_data_start_the_time_anew)
{
	story_send(&story, 4 * MSS);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(2));
	story_pass(&story, 50 * MS);
	story_send(&story, MSS);
	story_pass(&story, 80 * MS);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_CAN_SEND, SL_TCP_CAN_SEND); /* the ACK's */
	ck_assert_uint_eq(tcb->tlp.state, SL_TCP_PROBE_NONE);
	story_pass(&story, 3 * MS);
	ck_assert_uint_eq(tcb->tlp.state, SL_TCP_PROBE_NEW);
	story_discard(&story);
}
END_TEST

START_TEST(a_probe_that_repaired_the_loss_reduces_once)
{
	probe_again(10);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(10));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->tlp_recoveries, 0); /* not known yet */
	story_send(&story, MSS);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(11));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->tlp_recoveries, 1);
	ck_assert_uint_lt(story_info(&story).ssthresh_bytes, 20 * MSS);
	ck_assert_uint_le(story_info(&story).cwnd_bytes, story_info(&story).ssthresh_bytes);
	story_send(&story, MSS);
	story_ack(&story, at(12));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->tlp_recoveries, 1);
	story_discard(&story);
}
END_TEST

/* RFC 8985, 7.4.2: the last segment came twice, so it had not been lost. */
START_TEST(a_probe_that_came_twice_does_not)
{
	probe_again(10);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_pass(&story, 40 * MS);
	if (_i == 0) {
		story_ack(&story, at(10));
		story_sack(&story, at(10), at(9), at(10));
	} else if (_i == 1) {
		story_sack(&story, at(10), at(9), at(10));
	} else { /* a peer without D-SACK */
		story_ack(&story, at(10));
		story_ack(&story, at(10));
	}
	story_send(&story, MSS);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(11));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->tlp_recoveries, 0);
	ck_assert_uint_gt(story_info(&story).ssthresh_bytes, 10 * MSS);
	/* And it is no sign of reordering. */
	ck_assert_uint_eq(tcb->rack.wnd_more_cnt, 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->dsacks_in, _i < 2);
	story_discard(&story);
}
END_TEST

START_TEST(what_arrived_while_it_was_made_is_no_probe)
{
	tcb->tlp.is_retrans = true; /* the one before was */
	probe_again(10);
	story_ack(&story, at(10));
	ck_assert_uint_eq(story_send_again(&story), 0);
	ck_assert_uint_eq(probes(), 0);
	story_send(&story, MSS);
	story_ack(&story, at(11));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->tlp_recoveries, 0);
	story_discard(&story);
}
END_TEST

START_TEST(a_second_probe_needs_a_sample_since_the_first)
{
	teardown();
	open_with((struct story_options){ .no_timestamps = true });
	story_send(&story, 2 * 1460);
	story_discard(&story);
	story_pass(&story, 83 * MS);
	sl_tcp_app_limited(story.tcp, story.conn);
	story_pass(&story, 1);
	ck_assert_uint_eq(story_send_again(&story), 1460);
	/* Which of the two was it? No sample. */
	story_pass(&story, 40 * MS);
	story_sack(&story, 1 + 2 * 1460, 1 + 1460, 1 + 2 * 1460);
	ck_assert_uint_eq(tcb->tlp.state, SL_TCP_PROBE_NONE);
	ck_assert(tcb->tlp.unsampled);
	story_send(&story, 2 * 1460);
	story_discard(&story);
	story_pass(&story, 200 * MS);
	ck_assert_uint_eq(tcb->tlp.state, SL_TCP_PROBE_NONE);
	story_ack(&story, 1 + 4 * 1460);
	ck_assert(!tcb->tlp.unsampled);
}
END_TEST

/* None without SACK, once RACK has something to go by, or within a recovery. */
START_TEST(where_others_watch_there_is_none)
{
	if (_i == 0) {
		teardown();
		open_with((struct story_options){ .no_sack = true });
	}
	story_send(&story, 5 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	if (_i == 1) {
		story_sack(&story, at(0), at(1), at(2));
		ck_assert_uint_eq(tcb->timers_ns[SL_TCP_TIMER_PROBE], SL_WHEEL_NEVER);
	}
	if (_i == 2)
		story_sack(&story, at(0), at(1), at(4));
	story_send_again(&story);
	story_discard(&story);
	story_pass(&story, 150 * MS);
	ck_assert_uint_eq(tcb->tlp.state, SL_TCP_PROBE_NONE);
	ck_assert_uint_eq(story_info(&story).rto_cnt, 0);
}
END_TEST

Suite *suite_tcp_tlp(void)
{
	Suite *suite = suite_create("tlp");
	TCase *tcase = tcase_create("tlp");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, new_data_go_one_segment_beyond_the_window);
	tcase_add_test(tcase, what_answers_the_probe_starts_a_recovery);
	tcase_add_test(tcase, without_new_data_the_last_segment_goes_again);
	tcase_add_test(tcase, a_stream_that_has_ended_says_so);
	tcase_add_test(tcase, the_layer_above_may_learn_late_that_it_was_the_last);
	tcase_add_test(tcase, a_window_that_is_used_up_leaves_the_last_segment);
	tcase_add_test(tcase, a_single_segment_waits_for_a_delayed_ack);
	tcase_add_test(tcase, an_answer_or_new_data_start_the_time_anew);
	tcase_add_test(tcase, a_probe_that_repaired_the_loss_reduces_once);
	tcase_add_loop_test(tcase, a_probe_that_came_twice_does_not, 0, 3);
	tcase_add_test(tcase, what_arrived_while_it_was_made_is_no_probe);
	tcase_add_test(tcase, a_second_probe_needs_a_sample_since_the_first);
	tcase_add_loop_test(tcase, where_others_watch_there_is_none, 0, 3);
	suite_add_tcase(suite, tcase);
	return suite;
}
