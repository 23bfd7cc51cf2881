/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps are written as text: the ranges in order, each with its state and its length in hundreds of
 * bytes. "S10 A2 L1" is 1000 bytes in flight, 200 SACKed, 100 lost; M is being made.
 */
#include <stdio.h>
#include <string.h>

#include "base/wheel.h"
#include "room_tcp.h"
#include "tcp/sent.h"

enum { CONNS_MAX = 2, BASE = 5000000 };

static struct sl_tcp_sent_store store;
static struct sl_tcp_sent sent;
static const struct sl_tcp_sent_mark no_mark;
static struct sl_tcp_delivered delivered;
static struct sl_tcp_sent_lost lost;
static uint64_t una, nxt;

static void setup(void)
{
	ck_assert_int_eq(sl_tcp_sent_store_init(&store, CONNS_MAX), 0);
	sl_tcp_sent_init(&sent);
	delivered = (struct sl_tcp_delivered){ 0 };
	lost = (struct sl_tcp_sent_lost){ 0 };
	una = nxt = BASE;
}

static void teardown(void)
{
	sl_tcp_sent_clear(&store, &sent);
	ck_assert_uint_eq(sl_pool_used(&store.pool), 0);
	sl_tcp_sent_store_fini(&store);
}

static void append(uint32_t len_bytes, uint64_t now_ns)
{
	sl_tcp_sent_append(&store, &sent, nxt, len_bytes, now_ns, &no_mark);
	nxt += len_bytes;
}

static void ack(uint64_t off)
{
	una = BASE + off;
	delivered = (struct sl_tcp_delivered){ 0 };
	sl_tcp_sent_ack(&store, &sent, una, &delivered);
}

static void sack(uint64_t start, uint64_t end)
{
	delivered = (struct sl_tcp_delivered){ 0 };
	sl_tcp_sent_sack(&store, &sent, BASE + start, BASE + end, &delivered);
}

static void lose(uint64_t start, uint64_t end)
{
	sl_tcp_sent_lose(&store, &sent, BASE + start, BASE + end, &lost);
}

static void again(uint64_t start, uint64_t end, uint64_t now_ns)
{
	sl_tcp_sent_again(&store, &sent, BASE + start, BASE + end, now_ns, &no_mark);
}

static void take(uint32_t max_bytes, uint64_t start, uint64_t end)
{
	uint64_t start_seq, end_seq;

	ck_assert(sl_tcp_sent_take(&store, &sent, max_bytes, &start_seq, &end_seq));
	ck_assert_uint_eq(start_seq - BASE, start);
	ck_assert_uint_eq(end_seq - BASE, end);
}

static void expect(const char *wanted)
{
	char text[256] = "";

	sl_tcp_sent_check(&store, &sent, una, nxt);
	for (uint32_t idx = sent.first_idx; idx != SL_TCP_NONE; idx = store.ranges[idx].next_idx) {
		const struct sl_tcp_sent_range *range = &store.ranges[idx];
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%c%u", used ? " " : "",
			 "SALM"[range->state], range -> len_bytes / 100);
	}
	ck_assert_str_eq(text, wanted);
}

START_TEST(neighbours_sent_at_once_are_one_range)
{
	append(1000, 1);
	append(1000, 1);
	expect("S20");
	append(1000, 2);
	expect("S20 S10");
	ck_assert_uint_eq(sent.bytes[SL_TCP_SENT], 3000);
}
END_TEST

START_TEST(an_ack_may_end_in_the_middle_of_a_range)
{
	append(1000, 1);
	append(1000, 2);
	ack(300);
	expect("S7 S10");
	ck_assert_uint_eq(delivered.acked_bytes, 300);
	ck_assert_uint_eq(delivered.total_bytes, 300);
	ack(1500);
	expect("S5");
	ck_assert_uint_eq(delivered.once_oldest_ns, 1);
	ck_assert_uint_eq(delivered.once_latest_ns, 2);
	ck_assert_uint_eq(delivered.once_end_seq, BASE + 1500);
	ck_assert_uint_eq(delivered.high_seq, BASE + 1500);
	ack(2000);
	expect("");
}
END_TEST

START_TEST(sack_splits_at_its_edges)
{
	append(1000, 1);
	sack(300, 500);
	expect("S3 A2 S5");
	ck_assert_uint_eq(delivered.sacked_bytes, 200);
	sack(300, 500);
	expect("S3 A2 S5");
	ck_assert_uint_eq(delivered.total_bytes, 0);
	sack(400, 700);
	expect("S3 A4 S3");
	ck_assert_uint_eq(delivered.sacked_bytes, 200);
	sack(0, 1000);
	expect("A10");
	ck_assert_uint_eq(delivered.sacked_bytes, 600);
	ck_assert_uint_eq(delivered.once_low_seq, BASE);
}
END_TEST

START_TEST(sacked_bytes_are_delivered_once)
{
	append(1000, 1);
	sack(500, 1000);
	ack(800);
	expect("A2");
	ck_assert_uint_eq(delivered.acked_bytes, 800);
	ck_assert_uint_eq(delivered.total_bytes, 500);
}
END_TEST

START_TEST(lost_bytes_are_taken_oldest_first)
{
	append(1000, 1);
	append(1000, 2);
	lose(0, 400);
	lose(1000, 1500);
	expect("L4 S6 L5 S5");
	take(300, 0, 300);
	expect("M3 L1 S6 L5 S5");
	take(9999, 300, 400);
	expect("M4 S6 L5 S5");
	take(9999, 1000, 1500);
	expect("M4 S6 M5 S5");
	ck_assert(!sl_tcp_sent_take(&store, &sent, 1, &una, &una));
	una = BASE;
}
END_TEST

START_TEST(what_was_made_is_sent_again_in_other_pieces)
{
	append(1000, 1);
	lose(0, 1000);
	take(1000, 0, 1000);
	again(0, 300, 5);
	expect("S3 M7");
	again(300, 600, 5);
	expect("S6 M4");
	again(600, 1000, 6);
	expect("S6 S4");
	ck_assert_uint_eq(store.ranges[sent.first_idx].sent_cnt, 2);
}
END_TEST

START_TEST(what_is_acked_while_being_made_does_not_leak)
{
	append(1000, 1);
	lose(0, 1000);
	take(1000, 0, 1000);
	ack(600);
	expect("M4");
	again(0, 1000, 5); /* late: the first 600 are gone */
	expect("S4");
	ack(1000);
	again(0, 1000, 6);
	expect("");
}
END_TEST

START_TEST(what_is_sacked_while_being_made_stays_sacked)
{
	append(1000, 1);
	lose(0, 1000);
	take(1000, 0, 1000);
	sack(400, 1000);
	expect("M4 A6");
	ck_assert(!sl_tcp_sent_needed(&store, &sent, BASE + 400, BASE + 1000));
	ck_assert(sl_tcp_sent_needed(&store, &sent, BASE + 399, BASE + 1000));
	again(0, 1000, 5);
	expect("S4 A6");
}
END_TEST

START_TEST(a_cancelled_range_is_lost_again)
{
	append(1000, 1);
	lose(0, 1000);
	take(1000, 0, 1000);
	ack(300);
	sl_tcp_sent_untake(&store, &sent, BASE, BASE + 600);
	expect("L3 M4");
	take(9999, 300, 600);
	expect("M7");
}
END_TEST

START_TEST(reneging_loses_all_that_was_sacked)
{
	append(1000, 1);
	sack(200, 300);
	sack(500, 1000);
	sl_tcp_sent_renege(&store, &sent);
	expect("S2 L1 S2 L5");
}
END_TEST

START_TEST(the_older_are_lost_by_time_and_order)
{
	append(1000, 10);
	append(1000, 20);
	append(1000, 30);
	append(1000, 40);
	/* Something of 30 arrived that ended at 2500: what left before, 15 or more ago, is lost. */
	ck_assert_uint_eq(sl_tcp_sent_lose_older(&store, &sent, 30, BASE + 2500, 15, 32, &lost),
			  20 + 15);
	expect("L10 S10 S10 S10");
	ck_assert_uint_eq(sl_tcp_sent_lose_older(&store, &sent, 30, BASE + 2500, 15, 35, &lost),
			  SL_WHEEL_NEVER);
	expect("L20 S10 S10");
	/* Of one time, the lower number is the earlier one. */
	sl_tcp_sent_lose_older(&store, &sent, 30, BASE + 3001, 0, 35, &lost);
	expect("L30 S10");
}
END_TEST

START_TEST(what_was_sent_again_does_not_hide_the_older_behind_it)
{
	append(1000, 10);
	append(1000, 20);
	append(1000, 30);
	lose(0, 1000);
	take(1000, 0, 1000);
	again(0, 1000, 40);
	/* 30 arrived: 40 is younger and comes first. */
	sl_tcp_sent_lose_older(&store, &sent, 30, BASE + 3000, 5, 41, &lost);
	expect("S10 L10 S10");
}
END_TEST

START_TEST(sent_again_counts_apart)
{
	append(1000, 1);
	lose(0, 500);
	take(500, 0, 500);
	again(0, 500, 9);
	ack(1000);
	ck_assert(delivered.any_once);
	ck_assert(delivered.any_again);
	ck_assert_uint_eq(delivered.once_latest_ns, 1);
	ck_assert_uint_eq(delivered.once_low_seq, BASE + 500);
	ck_assert_uint_eq(delivered.again_latest_ns, 9);
	ck_assert_uint_eq(delivered.again_end_seq, BASE + 500);
}
END_TEST

/* ---- The store runs short ---------------------------------------------------------------------
 */

static uint32_t hoarded_idx[4096], hoarded_cnt;

/* Others hold all but what is kept. */
static void hoard(void)
{
	hoarded_cnt = 0;
	while (store.pool.free_cnt > store.kept_cnt)
		ck_assert(sl_pool_take(&store.pool, &hoarded_idx[hoarded_cnt++]));
}

static void unhoard(void)
{
	while (hoarded_cnt)
		sl_pool_give(&store.pool, hoarded_idx[--hoarded_cnt]);
}

START_TEST(short_of_ranges_times_blur)
{
	hoard();
	for (uint32_t i = 0; i < 10; i++)
		append(100, i);
	expect("S1 S1 S1 S7");
	ck_assert_uint_eq(store.ranges[sent.last_idx].sent_ns, 9);
	unhoard();
}
END_TEST

START_TEST(short_of_ranges_partial_sacks_are_ignored)
{
	hoard();
	for (uint32_t i = 0; i < 4; i++)
		append(100, i);
	sack(150, 300);
	expect("S1 S1 A1 S1");
	ck_assert_uint_eq(delivered.sacked_bytes, 100);
	unhoard();
}
END_TEST

START_TEST(short_of_ranges_everything_may_be_lost_but_nothing_stalls)
{
	uint64_t start_seq, end_seq;

	hoard();
	for (uint32_t i = 0; i < 4; i++)
		append(200, i);
	lose(0, 200);
	sack(200, 400);
	lose(400, 600);
	sack(600, 800);
	expect("L2 A2 L2 A2");
	append(200, 9); /* no room, and nothing can merge */
	expect("L8 S2");
	while (sl_tcp_sent_take(&store, &sent, 100, &start_seq, &end_seq))
		again(start_seq - BASE, end_seq - BASE, 10);
	ck_assert_uint_eq(sent.bytes[SL_TCP_SENT], 1000);
	sl_tcp_sent_check(&store, &sent, una, nxt);
	unhoard();
}
END_TEST

START_TEST(one_connection_gets_no_more_than_its_share)
{
	for (uint32_t i = 0; i < 2 * SL_TCP_SENT_MAX; i++)
		append(100, i);
	ck_assert_uint_eq(sent.range_cnt, SL_TCP_SENT_MAX);
	sack(100, 150);
	ck_assert_uint_eq(delivered.sacked_bytes, 0);
	sl_tcp_sent_check(&store, &sent, una, nxt);
}
END_TEST

/* Everything at once, without sense, many times: the map stays whole. */
START_TEST(any_order_of_verbs_keeps_the_map_whole)
{
	uint32_t random = 1 + (uint32_t)_i;
	uint64_t start_seq, end_seq;

	if (_i % 2)
		hoard();
	for (uint32_t step = 0; step < 3000; step++) {
		uint64_t a, b;

		random = random * 1664525 + 1013904223;
		if (nxt - una < 500 || (random >> 28) < 3)
			append(1 + (random >> 8) % 700, step / 4);
		a = una + (random >> 4) % (nxt - una);
		b = a + 1 + (random >> 9) % (nxt - a);
		switch ((random >> 20) % 7) {
		case 0:
			ack(a - BASE);
			break;
		case 1:
		case 2:
			sack(a - BASE, b - BASE);
			break;
		case 3:
			lose(a - BASE, b - BASE);
			break;
		case 4:
			sl_tcp_sent_take(&store, &sent, 1 + random % 500, &start_seq, &end_seq);
			break;
		case 5:
			again(a - BASE, b - BASE, step / 4);
			break;
		case 6:
			sl_tcp_sent_untake(&store, &sent, a, b);
			break;
		}
		sl_tcp_sent_check(&store, &sent, una, nxt);
	}
	unhoard();
}
END_TEST

START_TEST(what_is_not_lost_after_all_flies_as_it_did)
{
	append(1000, 1);
	append(1000, 2);
	append(1000, 3);
	lose(0, 2000);
	take(500, 0, 500);
	ck_assert(!sl_tcp_sent_any_again(&store, &sent));
	sl_tcp_sent_unlose(&store, &sent);
	expect("M5 S15 S10"); /* lost together, so at the later time */
	again(0, 500, 4);
	ck_assert(sl_tcp_sent_any_again(&store, &sent));
	ack(500);
	ck_assert(!delivered.any_held_lost);
	ck_assert(!sl_tcp_sent_any_again(&store, &sent));
}
END_TEST

START_TEST(what_was_held_lost_and_arrives_is_told)
{
	append(1000, 1);
	append(1000, 2);
	lose(0, 2000);
	take(500, 0, 500);
	ack(300); /* being made */
	ck_assert(delivered.any_held_lost);
	sack(1500, 2000); /* waits for that */
	ck_assert(delivered.any_held_lost);
}
END_TEST

Suite *suite_tcp_sent(void)
{
	Suite *suite = suite_create("sent");
	TCase *tcase = tcase_create("sent");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, neighbours_sent_at_once_are_one_range);
	tcase_add_test(tcase, an_ack_may_end_in_the_middle_of_a_range);
	tcase_add_test(tcase, sack_splits_at_its_edges);
	tcase_add_test(tcase, sacked_bytes_are_delivered_once);
	tcase_add_test(tcase, lost_bytes_are_taken_oldest_first);
	tcase_add_test(tcase, what_was_made_is_sent_again_in_other_pieces);
	tcase_add_test(tcase, what_is_acked_while_being_made_does_not_leak);
	tcase_add_test(tcase, what_is_sacked_while_being_made_stays_sacked);
	tcase_add_test(tcase, a_cancelled_range_is_lost_again);
	tcase_add_test(tcase, reneging_loses_all_that_was_sacked);
	tcase_add_test(tcase, the_older_are_lost_by_time_and_order);
	tcase_add_test(tcase, what_was_sent_again_does_not_hide_the_older_behind_it);
	tcase_add_test(tcase, sent_again_counts_apart);
	tcase_add_test(tcase, short_of_ranges_times_blur);
	tcase_add_test(tcase, short_of_ranges_partial_sacks_are_ignored);
	tcase_add_test(tcase, short_of_ranges_everything_may_be_lost_but_nothing_stalls);
	tcase_add_test(tcase, one_connection_gets_no_more_than_its_share);
	tcase_add_loop_test(tcase, any_order_of_verbs_keeps_the_map_whole, 0, 20);
	tcase_add_test(tcase, what_is_not_lost_after_all_flies_as_it_did);
	tcase_add_test(tcase, what_was_held_lost_and_arrives_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
