/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "base/wheel.h"
#include "room_base.h"

#define TICK_NS (UINT64_C(1) << SL_WHEEL_TICK_SHIFT)

enum { TIMER_CNT = 200 };

/* A start that is no round number in any digit. */
static const uint64_t start_ns = UINT64_C(0x1f7b6edead4321);

static struct sl_wheel wheel;

static void setup(void)
{
	ck_assert_int_eq(sl_wheel_init(&wheel, TIMER_CNT, start_ns), 0);
}

static void teardown(void)
{
	sl_wheel_fini(&wheel);
}

static void assert_fires(uint32_t expected_idx, uint64_t now_ns)
{
	uint32_t idx = UINT32_MAX;

	ck_assert(sl_wheel_expire(&wheel, now_ns, &idx));
	ck_assert_uint_eq(idx, expected_idx);
}

static void assert_quiet(uint64_t now_ns)
{
	uint32_t idx;

	ck_assert(!sl_wheel_expire(&wheel, now_ns, &idx));
}

START_TEST(nothing_armed_nothing_fires)
{
	ck_assert_uint_eq(sl_wheel_next_ns(&wheel), SL_WHEEL_NEVER);
	assert_quiet(start_ns);
	assert_quiet(start_ns + (UINT64_C(1) << 60));
}
END_TEST

/* In ticks from now: within each level, on both sides of each border, beyond the wheel. */
static const uint64_t distances_ticks[] = {
	1,
	2,
	63,
	64,
	65,
	4095,
	4096,
	4097,
	262143,
	262144,
	16777215,
	16777216,
	16777217,
	1056964608,
	1073741823,
	1073741824,
	1073741825,
	UINT64_C(5000000000),
	UINT64_C(100000000000),
};

START_TEST(a_timer_is_never_early_and_at_most_a_tick_late)
{
	for (uint64_t within_ns = 0; within_ns < TICK_NS; within_ns += TICK_NS / 3) {
		uint64_t at_ns = wheel.now_ns + distances_ticks[_i] * TICK_NS + within_ns;

		sl_wheel_arm(&wheel, 7, at_ns);
		ck_assert_uint_le(sl_wheel_next_ns(&wheel), at_ns + TICK_NS);
		assert_quiet(at_ns - 1);
		assert_fires(7, at_ns + TICK_NS);
		assert_quiet(at_ns + TICK_NS);
	}
}
END_TEST

START_TEST(sleeping_until_next_is_enough)
{
	uint64_t at_ns = start_ns + distances_ticks[_i] * TICK_NS + 1, now_ns = start_ns;
	uint32_t idx, wakes_cnt = 0;

	sl_wheel_arm(&wheel, 7, at_ns);
	do {
		uint64_t next_ns = sl_wheel_next_ns(&wheel);

		ck_assert_uint_gt(next_ns, now_ns); /* or the loop would spin */
		now_ns = next_ns;
		wakes_cnt++;
	} while (!sl_wheel_expire(&wheel, now_ns, &idx));
	ck_assert_uint_ge(now_ns, at_ns);
	ck_assert_uint_lt(now_ns, at_ns + TICK_NS);
	/* One for each level and each turn of the top level. */
	ck_assert_uint_le(wakes_cnt, SL_WHEEL_LEVELS + 1 + distances_ticks[_i] / 1000000000);
}
END_TEST

START_TEST(the_past_fires_at_once)
{
	assert_quiet(start_ns);
	sl_wheel_arm(&wheel, 1, start_ns);
	sl_wheel_arm(&wheel, 2, start_ns - 1); /* in this tick, but passed */
	sl_wheel_arm(&wheel, 3, 0);
	ck_assert_uint_le(sl_wheel_next_ns(&wheel), start_ns);
	assert_fires(1, start_ns);
	assert_fires(2, start_ns);
	assert_fires(3, start_ns);
	sl_wheel_arm(&wheel, 1, start_ns); /* in between */
	assert_fires(1, start_ns);
	assert_quiet(start_ns);
}
END_TEST

START_TEST(the_past_armed_while_others_are_due_is_found)
{
	uint64_t now_ns = start_ns + 1000 * TICK_NS;

	sl_wheel_arm(&wheel, 1, start_ns + 10 * TICK_NS);
	sl_wheel_arm(&wheel, 2, start_ns + 20 * TICK_NS);
	assert_fires(1, now_ns);
	sl_wheel_arm(&wheel, 1, start_ns + 15 * TICK_NS);
	sl_wheel_arm(&wheel, 3, now_ns);
	assert_fires(1, now_ns);
	assert_fires(2, now_ns);
	assert_fires(3, now_ns);
	assert_quiet(now_ns);
}
END_TEST

START_TEST(a_long_sleep_fires_in_order)
{
	static const uint32_t ticks[] = { 70, 5000000, 3, 300000, 64, 128, 5000, 4096, 80 };
	static const uint32_t order[] = { 2, 4, 0, 8, 5, 7, 6, 3, 1 };
	uint64_t now_ns = start_ns + 6000000 * TICK_NS;

	for (uint32_t i = 0; i < 9; i++)
		sl_wheel_arm(&wheel, i, start_ns + ticks[i] * TICK_NS);
	for (uint32_t i = 0; i < 9; i++)
		assert_fires(order[i], now_ns);
	assert_quiet(now_ns);
}
END_TEST

START_TEST(moving_and_cancelling)
{
	sl_wheel_arm(&wheel, 1, start_ns + 10 * TICK_NS);
	sl_wheel_arm(&wheel, 2, start_ns + 10 * TICK_NS);
	sl_wheel_arm(&wheel, 3, start_ns + 10 * TICK_NS);
	sl_wheel_arm(&wheel, 1, start_ns + 500 * TICK_NS); /* later */
	sl_wheel_arm(&wheel, 2, SL_WHEEL_NEVER);
	sl_wheel_arm(&wheel, 2, SL_WHEEL_NEVER); /* again */
	assert_fires(3, start_ns + 11 * TICK_NS);
	assert_quiet(start_ns + 400 * TICK_NS);
	sl_wheel_arm(&wheel, 1, start_ns + 402 * TICK_NS); /* earlier */
	assert_fires(1, start_ns + 403 * TICK_NS);
	assert_quiet(start_ns + 10000 * TICK_NS);
	ck_assert_uint_eq(sl_wheel_next_ns(&wheel), SL_WHEEL_NEVER);
}
END_TEST

START_TEST(a_deadline_at_the_end_of_time_waits)
{
	sl_wheel_arm(&wheel, 1, SL_WHEEL_NEVER - 1);
	assert_quiet(start_ns + (UINT64_C(1) << 62));
	ck_assert_uint_gt(sl_wheel_next_ns(&wheel), start_ns + (UINT64_C(1) << 62));
}
END_TEST

#ifdef SL_DEBUG
START_TEST(time_does_not_go_back)
{
	assert_quiet(start_ns + 1);
	assert_quiet(start_ns);
}
END_TEST

START_TEST(an_unknown_timer_is_a_bug)
{
	sl_wheel_arm(&wheel, TIMER_CNT, start_ns);
}
END_TEST
#endif

/* ---- against a naive model: an array of deadlines ---- */

static uint64_t model_ns[TIMER_CNT];

/* All sizes alike: a number of random length. */
static uint64_t random_ns(uint32_t bits_max)
{
	uint64_t value = (uint64_t)random() << 31 ^ (uint64_t)random();

	return value & ((UINT64_C(1) << ((uint32_t)random() % bits_max)) - 1);
}

static void arm_random(uint64_t now_ns)
{
	uint32_t idx = (uint32_t)random() % TIMER_CNT;
	uint64_t at_ns;

	switch (random() % 8) {
	case 0:
		at_ns = SL_WHEEL_NEVER;
		break;
	case 1:
		at_ns = now_ns - random_ns(30);
		break;
	default:
		at_ns = now_ns + random_ns(50);
	}
	sl_wheel_arm(&wheel, idx, at_ns);
	model_ns[idx] = at_ns;
}

static uint64_t model_first_ns(void)
{
	uint64_t first_ns = SL_WHEEL_NEVER;

	for (uint32_t i = 0; i < TIMER_CNT; i++) {
		if (model_ns[i] < first_ns)
			first_ns = model_ns[i];
	}
	return first_ns;
}

static uint32_t expire_all(uint64_t now_ns)
{
	uint32_t idx, fired_cnt = 0;

	while (sl_wheel_expire(&wheel, now_ns, &idx)) {
		ck_assert_uint_le(model_ns[idx],
				  now_ns); /* not early; not one that was cancelled */
		model_ns[idx] = SL_WHEEL_NEVER;
		fired_cnt++;
		if (random() % 4 == 0)
			arm_random(now_ns);
	}
	/* Whatever is left is not a tick over. */
	if (model_first_ns() != SL_WHEEL_NEVER)
		ck_assert_uint_gt(model_first_ns() + TICK_NS, now_ns);
	return fired_cnt;
}

START_TEST(it_agrees_with_a_naive_model)
{
	uint64_t now_ns = start_ns, fired_cnt = 0;

	srandom((unsigned int)_i);
	for (uint32_t i = 0; i < TIMER_CNT; i++)
		model_ns[i] = SL_WHEEL_NEVER;
	for (int turn = 0; turn < 20000; turn++) {
		uint64_t next_ns;

		for (long i = random() % 6; i > 0; i--)
			arm_random(now_ns);
		next_ns = sl_wheel_next_ns(&wheel);
		if (model_first_ns() == SL_WHEEL_NEVER)
			ck_assert_uint_eq(next_ns, SL_WHEEL_NEVER);
		else if (next_ns > now_ns)
			ck_assert_uint_lt(next_ns, model_first_ns() + TICK_NS);
		/* Mostly as a worker sleeps, sometimes far too long. */
		if (next_ns != SL_WHEEL_NEVER && next_ns > now_ns && random() % 4)
			now_ns = next_ns;
		else
			now_ns += random_ns(random() % 100 ? 24 : 48);
		fired_cnt += expire_all(now_ns);
	}
	ck_assert_uint_gt(fired_cnt, 10000); /* or this tested nothing */
}
END_TEST

Suite *suite_wheel(void)
{
	const int distances_cnt = sizeof(distances_ticks) / sizeof(distances_ticks[0]);
	Suite *suite = suite_create("wheel");
	TCase *tcase = tcase_create("wheel");

	tcase_set_timeout(tcase, 60); /* for the sanitizers on a busy machine */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_armed_nothing_fires);
	tcase_add_loop_test(tcase, a_timer_is_never_early_and_at_most_a_tick_late, 0,
			    distances_cnt);
	tcase_add_loop_test(tcase, sleeping_until_next_is_enough, 0, distances_cnt);
	tcase_add_test(tcase, the_past_fires_at_once);
	tcase_add_test(tcase, the_past_armed_while_others_are_due_is_found);
	tcase_add_test(tcase, a_long_sleep_fires_in_order);
	tcase_add_test(tcase, moving_and_cancelling);
	tcase_add_test(tcase, a_deadline_at_the_end_of_time_waits);
#ifdef SL_DEBUG
	tcase_add_test_raise_signal(tcase, time_does_not_go_back, SIGABRT);
	tcase_add_test_raise_signal(tcase, an_unknown_timer_is_a_bug, SIGABRT);
#endif
	tcase_add_loop_test(tcase, it_agrees_with_a_naive_model, 1, 9);
	suite_add_tcase(suite, tcase);
	return suite;
}
