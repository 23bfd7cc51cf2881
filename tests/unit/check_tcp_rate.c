/* SPDX-License-Identifier: BSD-2-Clause */
/* Known answers by hand, after draft-ietf-ccwg-bbr, 4.1. */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;

static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 10 });
	story_pass(&story, 1 * MS);
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 40 * MSS;
}

static void teardown(void)
{
	story_end(&story);
}

static uint32_t at(uint32_t segment)
{
	return 1 + segment * MSS;
}

static uint64_t rate(void)
{
	return story_info(&story).delivery_rate;
}

START_TEST(a_flight_arrives_in_the_time_its_acks_take)
{
	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 10 * MS);
	story_ack(&story, at(2));
	ck_assert_uint_eq(rate(), 2 * MSS * 100); /* two in 10 ms */
	story_pass(&story, 5 * MS);
	story_ack(&story, at(10));
	ck_assert_uint_eq(rate(), 10 * MSS * UINT64_C(1000) / 15); /* ten in 15 ms */
}
END_TEST

/* ACKs held up on the way come all at once: the path is no faster than we fed it. */
START_TEST(compressed_acks_do_not_make_it_faster)
{
	for (uint32_t i = 0; i < 20; i++) {
		story_send(&story, MSS);
		story_discard(&story);
		story_pass(&story, 1 * MS);
	}
	story_ack(&story, at(1)); /* 20 ms */
	for (uint32_t i = 2; i <= 20; i++)
		story_ack(&story, at(i));
	ck_assert_uint_le(rate(), MSS * 1000);
	ck_assert_uint_ge(rate(), MSS * 900);
}
END_TEST

START_TEST(less_than_the_least_round_trip_is_no_sample)
{
	uint64_t before;

	story_send(&story, 2 * MSS);
	story_pass(&story, 10 * MS);
	story_ack(&story, at(1));
	before = rate();
	story_pass(&story, 1 * MS);
	story_send(&story, MSS); /* P.delivered is of 1 ms ago */
	story_pass(&story, 1 * MS);
	story_sack(&story, at(1), at(2), at(3));
	ck_assert_uint_eq(rate(), before);
}
END_TEST

START_TEST(the_applications_rate_is_marked_until_it_has_arrived)
{
	story_send(&story, 2 * MSS);
	sl_tcp_app_limited(story.tcp, story.conn);
	story_pass(&story, 1 * MS);
	story_send(&story, 2 * MSS); /* still within the silence */
	story_pass(&story, 9 * MS);
	story_ack(&story, at(2));
	ck_assert(!story_info(&story).delivery_app_limited); /* it left before */
	story_send(&story, 6 * MSS);
	story_pass(&story, 1 * MS);
	story_ack(&story, at(4));
	ck_assert(story_info(&story).delivery_app_limited);
	story_send(&story, 2 * MSS);
	story_pass(&story, 10 * MS);
	story_ack(&story, at(12));
	ck_assert(!story_info(&story).delivery_app_limited);
}
END_TEST

START_TEST(a_full_window_is_not_the_applications_fault)
{
	story_send(&story, 40 * MSS);
	sl_tcp_app_limited(story.tcp, story.conn);
	ck_assert_uint_eq(story.tcp->conns[story.conn.idx].rate.app_limited_bytes, 0);
}
END_TEST

START_TEST(losses_are_counted_since_a_segment_left)
{
	const struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];
	struct sl_tcp_sent_mark mark;

	story_send(&story, 10 * MSS);
	story_discard(&story);
	sl_tcp_rate_mark(story.tcp, &story.tcp->conns[story.conn.idx], MSS, &mark);
	story_pass(&story, 10 * MS);
	ck_assert_uint_eq(sl_tcp_rate_lost_since(tcb, &mark), 0);
	story_sack(&story, at(0), at(2), at(10));
	ck_assert_uint_eq(story_info(&story).lost_bytes, 2 * MSS);
	ck_assert_uint_eq(sl_tcp_rate_lost_since(tcb, &mark), 2 * MSS);
	ck_assert_uint_eq(mark.flight_bytes, 11 * MSS);
}
END_TEST

Suite *suite_tcp_rate(void)
{
	Suite *suite = suite_create("rate");
	TCase *tcase = tcase_create("rate");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_flight_arrives_in_the_time_its_acks_take);
	tcase_add_test(tcase, compressed_acks_do_not_make_it_faster);
	tcase_add_test(tcase, less_than_the_least_round_trip_is_no_sample);
	tcase_add_test(tcase, the_applications_rate_is_marked_until_it_has_arrived);
	tcase_add_test(tcase, a_full_window_is_not_the_applications_fault);
	tcase_add_test(tcase, losses_are_counted_since_a_segment_left);
	suite_add_tcase(suite, tcase);
	return suite;
}
