/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <time.h>

#include "base/clock.h"
#include "room_base.h"

START_TEST(it_goes_forward_in_nanoseconds)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	uint64_t before_ns = sl_clock_now_ns(), after_ns;

	ck_assert_uint_gt(before_ns, 0);
	nanosleep(&pause, NULL);
	after_ns = sl_clock_now_ns();
	ck_assert_uint_ge(after_ns - before_ns, 2 * SL_NS_PER_MS);
	ck_assert_uint_lt(after_ns - before_ns, 60 * SL_NS_PER_S); /* not in some smaller unit */
}
END_TEST

START_TEST(the_wall_agrees_with_the_system)
{
	int64_t before_s = time(NULL), wall_s = sl_clock_wall_s();

	/* time() may lag by a tick of the kernel. */
	ck_assert_int_ge(wall_s, before_s);
	ck_assert_int_le(wall_s, time(NULL) + 1);
}
END_TEST

Suite *suite_clock(void)
{
	Suite *suite = suite_create("clock");
	TCase *tcase = tcase_create("clock");

	tcase_add_test(tcase, it_goes_forward_in_nanoseconds);
	tcase_add_test(tcase, the_wall_agrees_with_the_system);
	suite_add_tcase(suite, tcase);
	return suite;
}
