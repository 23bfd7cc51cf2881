/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <signal.h>

#include "base/bug.h"
#include "room_base.h"

static int asked_cnt;

static int ask(int answer)
{
	asked_cnt++;
	return answer;
}

START_TEST(a_broken_invariant_aborts)
{
	BUG_ON(ask(1));
}
END_TEST

START_TEST(a_kept_one_does_not)
{
	BUG_ON(ask(0));
	ck_assert_int_eq(asked_cnt, 1);
}
END_TEST

START_TEST(hot_ones_are_asked_in_debug_builds_only)
{
	BUG_ON_HOT(ask(0));
#ifdef SL_DEBUG
	ck_assert_int_eq(asked_cnt, 1);
#else
	ck_assert_int_eq(asked_cnt, 0);
#endif
}
END_TEST

Suite *suite_bug(void)
{
	Suite *suite = suite_create("bug");
	TCase *tcase = tcase_create("BUG_ON");

	tcase_add_test_raise_signal(tcase, a_broken_invariant_aborts, SIGABRT);
	tcase_add_test(tcase, a_kept_one_does_not);
	tcase_add_test(tcase, hot_ones_are_asked_in_debug_builds_only);
	suite_add_tcase(suite, tcase);
	return suite;
}
