/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;

/* No SACK; ten segments in flight. */
static void setup(void)
{
	story_open(&story, (struct story_options){ .no_sack = true });
	story_pass(&story, 1 * MS);
	story_send(&story, 10 * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
}

static void teardown(void)
{
	story_end(&story);
}

static uint32_t at(uint32_t segment)
{
	return 1 + segment * MSS;
}

static void duplicates(uint32_t cnt, uint32_t segment)
{
	while (cnt--)
		story_ack(&story, at(segment));
}

START_TEST(the_third_duplicate_tells)
{
	duplicates(2, 0);
	ck_assert_uint_eq(story_send_again(&story), 0);
	duplicates(1, 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(0));
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, 7 * MSS);
}
END_TEST

START_TEST(each_duplicate_lets_one_new_segment_go)
{
	ck_assert_uint_eq(story_window(&story), 0);
	duplicates(1, 0);
	ck_assert_uint_eq(story_window(&story), MSS); /* limited transmit, RFC 3042 */
	duplicates(1, 0);
	ck_assert_uint_eq(story_window(&story), 2 * MSS);
}
END_TEST

START_TEST(a_partial_ack_names_the_next_one)
{
	duplicates(5, 0); /* 0 and 3 are lost */
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(3));
	/* 4 to 9 are out; of five duplicates two were of 1 and 2. */
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, (6 - 3) * MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->seq, at(3));
	story_pass(&story, 40 * MS);
	story_ack(&story, at(10));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 7 * MSS);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

START_TEST(duplicates_of_an_old_flight_start_nothing)
{
	duplicates(3, 0);
	story_send_again(&story);
	story_pass(&story, 300 * MS); /* lost again: timeout */
	story_send_again(&story);
	story_ack(&story, at(1));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	duplicates(5, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
}
END_TEST

START_TEST(a_timeout_forgets_the_duplicates)
{
	duplicates(2, 0);
	story_pass(&story, 1 * S);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, MSS);
}
END_TEST

/* What RFC 5681, section 2, does not count. */
START_TEST(not_everything_that_repeats_is_a_duplicate)
{
	for (int i = 0; i < 5; i++) {
		if (_i == 0)
			story_data(&story, 1 + (uint32_t)i * 10, 1, 10); /* payload */
		else if (_i == 1)
			story.window--; /* a window update */
		story_ack(&story, at(0));
		if (_i == 0)
			break;
	}
	ck_assert_uint_eq(story.tcp->conns[story.conn.idx].dup_ack_cnt, _i == 0 ? 1 : 0);
}
END_TEST

START_TEST(more_duplicates_than_segments_do_not_underflow)
{
	duplicates(100, 0);
	ck_assert_uint_le(story_info(&story).in_flight_bytes, 10 * MSS);
	story_send_again(&story);
	duplicates(100, 0);
	ck_assert_uint_le(story_info(&story).in_flight_bytes, 10 * MSS);
	story_ack(&story, at(10));
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

Suite *suite_tcp_newreno(void)
{
	Suite *suite = suite_create("newreno");
	TCase *tcase = tcase_create("newreno");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_third_duplicate_tells);
	tcase_add_test(tcase, each_duplicate_lets_one_new_segment_go);
	tcase_add_test(tcase, a_partial_ack_names_the_next_one);
	tcase_add_test(tcase, duplicates_of_an_old_flight_start_nothing);
	tcase_add_test(tcase, a_timeout_forgets_the_duplicates);
	tcase_add_loop_test(tcase, not_everything_that_repeats_is_a_duplicate, 0, 2);
	tcase_add_test(tcase, more_duplicates_than_segments_do_not_underflow);
	suite_add_tcase(suite, tcase);
	return suite;
}
