/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/watchdog.h"

#include <check.h>

#include "room_serve.h"

static struct sl_watchdog watchdog;

static void init(void)
{
	watchdog = (struct sl_watchdog){ 0 };
}

static enum sl_watchdog_verdict stands_at(uint64_t ms)
{
	return sl_watchdog_look(&watchdog, false, true, ms * SL_NS_PER_MS);
}

static enum sl_watchdog_verdict moves_at(uint64_t ms)
{
	return sl_watchdog_look(&watchdog, true, true, ms * SL_NS_PER_MS);
}

static enum sl_watchdog_verdict empty_at(uint64_t ms)
{
	return sl_watchdog_look(&watchdog, true, false, ms * SL_NS_PER_MS);
}

START_TEST(a_story)
{
	ck_assert_int_eq(moves_at(1000), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(1001), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(5999), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(6000), SL_WATCHDOG_STUCK);
	/* Twice a second from then on. */
	ck_assert_int_eq(stands_at(6001), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(6499), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(6500), SL_WATCHDOG_KICK);
	ck_assert_int_eq(stands_at(6999), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(7300), SL_WATCHDOG_KICK);
	ck_assert_int_eq(moves_at(7301), SL_WATCHDOG_FREE);
	ck_assert_int_eq(moves_at(7302), SL_WATCHDOG_QUIET);
	/* And from the beginning. */
	ck_assert_int_eq(stands_at(12301), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(12302), SL_WATCHDOG_STUCK);
}
END_TEST

/* Nothing has moved yet since the machine was started; that is no reason to bark. */
START_TEST(the_first_look)
{
	ck_assert_int_eq(stands_at(100000), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(104999), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(105000), SL_WATCHDOG_STUCK);
}
END_TEST

/* A worker that had nothing to send slept, and nobody looked. */
START_TEST(silence)
{
	ck_assert_int_eq(stands_at(1000), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(empty_at(1001), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(100000), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(104999), SL_WATCHDOG_QUIET);
	ck_assert_int_eq(stands_at(105000), SL_WATCHDOG_STUCK);
	ck_assert_int_eq(empty_at(105001), SL_WATCHDOG_FREE);
	ck_assert_int_eq(stands_at(200000), SL_WATCHDOG_QUIET);
}
END_TEST

Suite *suite_watchdog(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *tcase = tcase_create("verdicts");

	tcase_add_checked_fixture(tcase, init, NULL);
	tcase_add_test(tcase, a_story);
	tcase_add_test(tcase, the_first_look);
	tcase_add_test(tcase, silence);
	suite_add_tcase(suite, tcase);
	return suite;
}
