/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;

/* A path of 40 ms; ten segments left 1 ms apart, numbered 0 to 9. */
static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 40 });
	for (int i = 0; i < 10; i++) {
		story_send(&story, MSS);
		story_pass(&story, 1 * MS);
	}
	story_discard(&story);
	story_pass(&story, 30 * MS); /* the ACK of segment 0 is due now */
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
	return story.tcp->conns[story.conn.idx].sent.bytes[SL_TCP_LOST];
}

static void arrived(uint32_t segment, uint32_t ack_segment)
{
	story_pass(&story, 1 * MS);
	story_sack(&story, at(ack_segment), at(segment), at(segment + 1));
}

START_TEST(the_third_segment_beyond_a_gap_tells)
{
	arrived(1, 0);
	arrived(2, 0);
	ck_assert_uint_eq(lost(), 0);
	ck_assert_uint_eq(story_send_again(&story), 0);
	arrived(3, 0);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_CAN_SEND, SL_TCP_CAN_SEND);
	ck_assert_uint_eq(lost(), MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(0));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->rtos, 0);
}
END_TEST

START_TEST(with_fewer_behind_it_time_tells)
{
	arrived(1, 0);
	arrived(2, 0); /* segment 2 took 40 ms; so 0 is lost 40 + 10 ms after it left */
	ck_assert_uint_eq(lost(), 0);
	story_pass(&story, 7 * MS);
	ck_assert_uint_eq(lost(), 0);
	story_pass(&story, 2 * MS);
	ck_assert_uint_eq(lost(), MSS);
	ck_assert_uint_ne(story_events(&story) & SL_TCP_CAN_SEND, 0);
	ck_assert_uint_eq(story_send_again(&story), MSS);
}
END_TEST

START_TEST(reordering_within_the_window_sends_nothing_again)
{
	arrived(1, 0);
	arrived(2, 0);
	story_pass(&story, 3 * MS);
	story_ack(&story, at(3)); /* segment 0 was merely late */
	story_pass(&story, 20 * MS);
	ck_assert_uint_eq(lost(), 0);
	ck_assert_uint_eq(story_send_again(&story), 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 0);
}
END_TEST

START_TEST(once_reordering_was_seen_three_do_not_tell)
{
	arrived(1, 0);
	story_ack(&story, at(2)); /* 0 arrived after 1 */
	for (uint32_t i = 3; i < 6; i++)
		arrived(i, 2);
	ck_assert_uint_eq(lost(), 0); /* segment 2 gets a quarter of the round trip more */
	story_pass(&story, 11 * MS);
	ck_assert_uint_eq(lost(), MSS);
}
END_TEST

START_TEST(several_losses_are_one_recovery)
{
	arrived(3, 0);
	arrived(4, 0);
	arrived(5, 0); /* 0, 1 and 2 are missing */
	ck_assert_uint_eq(lost(), 3 * MSS);
	arrived(9, 0); /* and 6, 7, 8 */
	ck_assert_uint_eq(lost(), 6 * MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
}
END_TEST

START_TEST(what_was_sent_again_can_be_lost_again)
{
	arrived(1, 0);
	arrived(2, 0);
	arrived(3, 0);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	for (uint32_t i = 4; i < 10; i++)
		arrived(i, 0);
	ck_assert_uint_eq(lost(), 0); /* all of these left before it did */
	ck_assert_uint_ge(story_window(&story), MSS);
	story_send(&story, MSS);
	story_discard(&story);
	story_pass(&story, 39 * MS);
	ck_assert_uint_eq(lost(), 0);
	arrived(10, 0); /* this one left after it, and was 40 ms on the way */
	ck_assert_uint_eq(lost(), MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(0));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->rtos, 0);
}
END_TEST

START_TEST(a_sample_of_the_first_sending_is_not_taken_for_the_second)
{
	arrived(1, 0);
	arrived(2, 0);
	arrived(3, 0);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	/* 1 ms later the first one arrives after all: its echo is older than the second. */
	story_pass(&story, 1 * MS);
	story_ack(&story, at(4));
	ck_assert_uint_ge(story.tcp->conns[story.conn.idx].rack.rtt_us, 39 * MS / SL_NS_PER_US);
	ck_assert_uint_eq(lost(), 0); /* or everything in flight would look old */
}
END_TEST

START_TEST(however_late_it_comes)
{
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];
	struct sl_segment ack;
	uint32_t first_ts = story.last_ts;
	uint64_t again_ns;

	arrived(1, 0);
	arrived(2, 0);
	arrived(3, 0);
	again_ns = story.now_ns;
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_pass(&story, 50 * MS); /* more than any round trip so far */
	ack = story_segment(&story, SL_TCP_ACK, 1, at(1));
	ack.ts_echo = first_ts; /* and yet it answers the first one */
	story_input(&story, &ack);
	ck_assert_uint_lt(tcb->rack.sent_ns, again_ns);
}
END_TEST

START_TEST(the_window_is_a_quarter_of_the_least_round_trip)
{
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];

	tcb->reordering_seen = true;
	tcb->rtt.min_ns = 40 * MS;
	tcb->rtt.srtt_ns = 50 * MS;
	ck_assert_uint_eq(sl_tcp_rack_window_ns(tcb), 10 * MS);
	tcb->rtt.srtt_ns = 5 * MS; /* but not more than the smoothed one */
	ck_assert_uint_eq(sl_tcp_rack_window_ns(tcb), 5 * MS);
	tcb->reordering_seen = false;
	ck_assert_uint_eq(sl_tcp_rack_window_ns(tcb), 5 * MS);
	tcb->recovery = SL_TCP_RECOVERY_FAST;
	ck_assert_uint_eq(sl_tcp_rack_window_ns(tcb), 0);
	tcb->recovery = SL_TCP_OPEN;
}
END_TEST

static uint32_t quarters(void)
{
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];

	tcb->reordering_seen = true; /* or the window is 0 where three tell */
	return (uint32_t)(sl_tcp_rack_window_ns(tcb) / (tcb->rtt.min_ns / 4));
}

/* Segment 0 is late, was sent again in vain, and the peer says so. */
static void in_vain(uint32_t segment)
{
	struct sl_segment ack;

	for (uint32_t i = 1; i < 4; i++)
		arrived(segment + i, segment);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_discard(&story);
	ack = story_segment(&story, SL_TCP_ACK, 1, at(segment + 4));
	ack.sack_cnt = 1;
	ack.sack[0] = (struct sl_sack_block){ story.server_isn + at(segment),
					      story.server_isn + at(segment + 1) };
	story_input(&story, &ack);
}

START_TEST(what_came_twice_makes_the_window_longer)
{
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];

	in_vain(0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->dsacks_in, 1);
	ck_assert_uint_eq(quarters(), 2);
	tcb->reordering_seen = false;
	in_vain(4); /* the same round trip */
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->dsacks_in, 2);
	ck_assert_uint_eq(quarters(), 2);
	story_ack(&story, at(10));
	for (int i = 0; i < 10; i++)
		sl_tcp_rack_dsack(tcb); /* later, and nothing is in flight: each is a round trip */
	tcb->rtt.srtt_ns = 2 * tcb->rtt.min_ns;
	ck_assert_uint_eq(quarters(), 8); /* but not more than the smoothed one */
}
END_TEST

START_TEST(sixteen_recoveries_later_it_is_forgotten)
{
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];

	sl_tcp_rack_dsack(tcb);
	for (int i = 0; i < 15; i++)
		sl_tcp_rack_recovered(tcb);
	ck_assert_uint_eq(quarters(), 2);
	sl_tcp_rack_recovered(tcb);
	ck_assert_uint_eq(quarters(), 1);
	sl_tcp_rack_recovered(tcb);
	ck_assert_uint_eq(quarters(), 1);
}
END_TEST

Suite *suite_tcp_rack(void)
{
	Suite *suite = suite_create("rack");
	TCase *tcase = tcase_create("rack");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_third_segment_beyond_a_gap_tells);
	tcase_add_test(tcase, with_fewer_behind_it_time_tells);
	tcase_add_test(tcase, reordering_within_the_window_sends_nothing_again);
	tcase_add_test(tcase, once_reordering_was_seen_three_do_not_tell);
	tcase_add_test(tcase, several_losses_are_one_recovery);
	tcase_add_test(tcase, what_was_sent_again_can_be_lost_again);
	tcase_add_test(tcase, a_sample_of_the_first_sending_is_not_taken_for_the_second);
	tcase_add_test(tcase, however_late_it_comes);
	tcase_add_test(tcase, the_window_is_a_quarter_of_the_least_round_trip);
	tcase_add_test(tcase, what_came_twice_makes_the_window_longer);
	tcase_add_test(tcase, sixteen_recoveries_later_it_is_forgotten);
	suite_add_tcase(suite, tcase);
	return suite;
}
