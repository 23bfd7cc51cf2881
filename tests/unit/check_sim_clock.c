/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <signal.h>
#include <unistd.h>

#include "sim_clock.h"

START_TEST(stands_still_until_it_is_set)
{
	ck_assert_uint_eq(sl_clock_now_ns(), SL_SIM_START_NS);
	ck_assert_int_eq(sl_clock_wall_s(), SL_SIM_START_WALL_S);
	usleep(1000);
	ck_assert_uint_eq(sl_clock_now_ns(), SL_SIM_START_NS);

	sl_sim_clock_set(SL_SIM_START_NS + 2 * SL_NS_PER_S - 1);
	ck_assert_uint_eq(sl_clock_now_ns(), SL_SIM_START_NS + 2 * SL_NS_PER_S - 1);
	ck_assert_int_eq(sl_clock_wall_s(), SL_SIM_START_WALL_S + 1);
	sl_sim_clock_set(SL_SIM_START_NS + 2 * SL_NS_PER_S);
	ck_assert_int_eq(sl_clock_wall_s(), SL_SIM_START_WALL_S + 2);

	/* The next simulation in the same process. */
	sl_sim_clock_set(SL_SIM_START_NS);
	ck_assert_uint_eq(sl_clock_now_ns(), SL_SIM_START_NS);
}
END_TEST

START_TEST(going_back_is_a_bug)
{
	sl_sim_clock_set(SL_SIM_START_NS + 10);
	sl_sim_clock_set(SL_SIM_START_NS + 9);
}
END_TEST

Suite *sim_clock_suite(void);
Suite *sim_clock_suite(void)
{
	Suite *suite = suite_create("sim_clock");
	TCase *tcase = tcase_create("sim_clock");

	tcase_add_test(tcase, stands_still_until_it_is_set);
	tcase_add_test_raise_signal(tcase, going_back_is_a_bug, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}
