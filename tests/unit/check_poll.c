/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/poll.h"

#include <check.h>

#include "room_serve.h"

START_TEST(interrupt_sleeps_at_once)
{
	struct sl_poll poll = { .mode = SL_POLL_INTERRUPT };

	sl_poll_worked(&poll, 1000);
	ck_assert(sl_poll_sleeps(&poll, 1000));
	for (int i = 0; i < 20; i++)
		sl_poll_slept(&poll, 1000);
	ck_assert(sl_poll_sleeps(&poll, 1000));
}
END_TEST

START_TEST(busy_never_sleeps)
{
	struct sl_poll poll = { .mode = SL_POLL_BUSY };

	sl_poll_worked(&poll, 0);
	ck_assert(!sl_poll_sleeps(&poll, 3600 * SL_NS_PER_S));
}
END_TEST

/* Packets every 20 us: after some sleeps that were too short there are none any more. */
START_TEST(adaptive_looks_where_that_is_worth_it)
{
	struct sl_poll poll = { 0 };
	uint64_t now_ns = 0;
	int sleeps = 0;

	ck_assert_int_eq(poll.mode, SL_POLL_ADAPTIVE);
	ck_assert(sl_poll_sleeps(&poll, now_ns));
	for (int i = 0; i < 1000; i++) {
		sl_poll_worked(&poll, now_ns);
		if (poll.look_ns < 20 * SL_NS_PER_US) {
			now_ns += poll.look_ns;
			ck_assert(sl_poll_sleeps(&poll, now_ns));
			sl_poll_slept(&poll, 20 * SL_NS_PER_US - poll.look_ns);
			sleeps++;
		} else {
			ck_assert(!sl_poll_sleeps(&poll, now_ns + 19 * SL_NS_PER_US));
		}
		now_ns = (uint64_t)(i + 1) * 20 * SL_NS_PER_US;
	}
	ck_assert_int_le(sleeps, 4);
}
END_TEST

/* It looks for no longer than a sleep would have to be, and soon forgets. */
START_TEST(adaptive_sleeps_where_it_is_not)
{
	struct sl_poll poll = { 0 };
	uint64_t looked_ns = 0;

	for (int i = 0; i < 100; i++)
		sl_poll_slept(&poll, SL_NS_PER_US);
	ck_assert_uint_eq(poll.look_ns, SL_POLL_SHORT_NS);
	for (int i = 0; i < 1000; i++) {
		looked_ns += poll.look_ns;
		sl_poll_slept(&poll, 1 * SL_NS_PER_MS);
	}
	ck_assert_uint_le(looked_ns, 2 * SL_POLL_SHORT_NS);
	ck_assert_uint_eq(poll.look_ns, 0);
	ck_assert(sl_poll_sleeps(&poll, 0));
}
END_TEST

Suite *suite_poll(void)
{
	Suite *suite = suite_create("poll");
	TCase *tcase = tcase_create("modes");

	tcase_add_test(tcase, interrupt_sleeps_at_once);
	tcase_add_test(tcase, busy_never_sleeps);
	tcase_add_test(tcase, adaptive_looks_where_that_is_worth_it);
	tcase_add_test(tcase, adaptive_sleeps_where_it_is_not);
	suite_add_tcase(suite, tcase);
	return suite;
}
