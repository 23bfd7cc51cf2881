/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "sim_agenda.h"
#include "sim_random.h"
#include "suites.h"

Suite *sim_agenda_suite(void);

enum { SLEEPERS = 100 };

static struct sl_sim_agenda agenda;

static void begin(void)
{
	sl_sim_agenda_open(&agenda, SLEEPERS);
}

static void end(void)
{
	sl_sim_agenda_close(&agenda);
}

START_TEST(nobody_is_due_at_first)
{
	uint32_t idx;

	ck_assert_uint_eq(sl_sim_agenda_next_ns(&agenda), UINT64_MAX);
	ck_assert(!sl_sim_agenda_due(&agenda, UINT64_MAX - 1, &idx));
}
END_TEST

START_TEST(the_earliest_comes_first_and_of_equals_the_lower_number)
{
	static const uint32_t order[] = { 9, 3, 5, 7 };
	uint32_t idx;

	sl_sim_agenda_set(&agenda, 7, 300);
	sl_sim_agenda_set(&agenda, 5, 200);
	sl_sim_agenda_set(&agenda, 3, 200);
	sl_sim_agenda_set(&agenda, 9, 100);
	ck_assert(!sl_sim_agenda_due(&agenda, 99, &idx));
	for (int i = 0; i < 4; i++) {
		ck_assert(sl_sim_agenda_due(&agenda, 300, &idx));
		ck_assert_uint_eq(idx, order[i]);
	}
	ck_assert(!sl_sim_agenda_due(&agenda, 300, &idx));
}
END_TEST

START_TEST(a_new_time_takes_the_place_of_the_old_one)
{
	uint32_t idx;

	sl_sim_agenda_set(&agenda, 1, 100);
	sl_sim_agenda_set(&agenda, 2, 200);
	sl_sim_agenda_set(&agenda, 1, 300);
	ck_assert(sl_sim_agenda_due(&agenda, 1000, &idx));
	ck_assert_uint_eq(idx, 2);
	sl_sim_agenda_set(&agenda, 1, UINT64_MAX);
	ck_assert_uint_eq(sl_sim_agenda_next_ns(&agenda), UINT64_MAX);
}
END_TEST

/* Times are set, changed and taken back at random; what comes out is in order all the same. */
START_TEST(stays_a_heap)
{
	uint64_t wanted_ns[SLEEPERS], least_ns;

	for (int i = 0; i < SLEEPERS; i++)
		wanted_ns[i] = UINT64_MAX;
	for (int i = 0; i < 10000; i++) {
		uint32_t who = (uint32_t)sl_sim_random_below(SLEEPERS);

		wanted_ns[who] =
		    sl_sim_random_below(4) == 0 ? UINT64_MAX : sl_sim_random_below(1000);
		sl_sim_agenda_set(&agenda, who, wanted_ns[who]);
		least_ns = UINT64_MAX;
		for (int j = 0; j < SLEEPERS; j++)
			least_ns = wanted_ns[j] < least_ns ? wanted_ns[j] : least_ns;
		ck_assert_uint_eq(sl_sim_agenda_next_ns(&agenda), least_ns);
	}
}
END_TEST

Suite *sim_agenda_suite(void)
{
	Suite *suite = suite_create("sim_agenda");
	TCase *tcase = tcase_create("agenda");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, nobody_is_due_at_first);
	tcase_add_test(tcase, the_earliest_comes_first_and_of_equals_the_lower_number);
	tcase_add_test(tcase, a_new_time_takes_the_place_of_the_old_one);
	tcase_add_test(tcase, stays_a_heap);
	suite_add_tcase(suite, tcase);
	return suite;
}
