/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <signal.h>

#include "base/pool.h"
#include "room_base.h"

enum { TOTAL_CNT = 130 }; /* more than two words of the map of taken ones */

static struct sl_pool pool;

static void setup(void)
{
	ck_assert_int_eq(sl_pool_init(&pool, TOTAL_CNT), 0);
}

static void teardown(void)
{
	sl_pool_fini(&pool);
}

static uint32_t take(void)
{
	uint32_t idx;

	ck_assert(sl_pool_take(&pool, &idx));
	return idx;
}

START_TEST(every_index_is_given_out_once)
{
	bool seen[TOTAL_CNT] = { false };
	uint32_t idx;

	for (uint32_t i = 0; i < TOTAL_CNT; i++) {
		ck_assert_uint_eq(sl_pool_used(&pool), i);
		idx = take();
		ck_assert_uint_lt(idx, TOTAL_CNT);
		ck_assert(!seen[idx]);
		seen[idx] = true;
	}
	idx = 4711;
	ck_assert(!sl_pool_take(&pool, &idx));
	ck_assert_uint_eq(idx, 4711);
}
END_TEST

START_TEST(the_one_freed_last_is_taken_first)
{
	uint32_t first = take(), second = take(), third = take();

	ck_assert_uint_eq(first, 0);
	sl_pool_give(&pool, first);
	sl_pool_give(&pool, third);
	sl_pool_give(&pool, second);
	ck_assert_uint_eq(take(), second);
	ck_assert_uint_eq(take(), third);
	ck_assert_uint_eq(take(), first);
}
END_TEST

START_TEST(the_high_water_mark_stays)
{
	uint32_t first = take(), second = take();

	sl_pool_give(&pool, first);
	sl_pool_give(&pool, second);
	take();
	ck_assert_uint_eq(sl_pool_used(&pool), 1);
	ck_assert_uint_eq(pool.total_cnt - pool.low_cnt, 2);
}
END_TEST

START_TEST(a_full_pool_takes_nothing_back)
{
	sl_pool_give(&pool, take());
	sl_pool_give(&pool, 0);
}
END_TEST

START_TEST(an_empty_pool_is_one_too)
{
	struct sl_pool none;
	uint32_t idx;

	ck_assert_int_eq(sl_pool_init(&none, 0), 0);
	ck_assert(!sl_pool_take(&none, &idx));
	sl_pool_fini(&none);
}
END_TEST

#ifdef SL_DEBUG
START_TEST(a_second_give_is_a_bug)
{
	uint32_t first = take();

	take();
	sl_pool_give(&pool, first);
	sl_pool_give(&pool, first);
}
END_TEST

START_TEST(so_is_an_index_of_somebody_else)
{
	take();
	sl_pool_give(&pool, TOTAL_CNT);
}
END_TEST
#endif

Suite *suite_pool(void)
{
	Suite *suite = suite_create("pool");
	TCase *tcase = tcase_create("pool");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_index_is_given_out_once);
	tcase_add_test(tcase, the_one_freed_last_is_taken_first);
	tcase_add_test(tcase, the_high_water_mark_stays);
	tcase_add_test_raise_signal(tcase, a_full_pool_takes_nothing_back, SIGABRT);
	tcase_add_test(tcase, an_empty_pool_is_one_too);
#ifdef SL_DEBUG
	tcase_add_test_raise_signal(tcase, a_second_give_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tcase, so_is_an_index_of_somebody_else, SIGABRT);
#endif
	suite_add_tcase(suite, tcase);
	return suite;
}
