/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "sim_random.h"

/* The first numbers of SplitMix64 from the seed 1234567, as its reference implementation gives
 * them (Vigna, https://prng.di.unimi.it/splitmix64.c). */
static const uint64_t known[] = {
	UINT64_C(6457827717110365317),  UINT64_C(3203168211198807973),
	UINT64_C(9817491932198370423),  UINT64_C(4593380528125082431),
	UINT64_C(16408922859458223821),
};

START_TEST(known_answers)
{
	sl_sim_random_seed(1234567);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_uint_eq(sl_sim_random_next(), known[i]);
}
END_TEST

START_TEST(same_seed_same_bytes)
{
	uint8_t one[33], again[33], other[33];

	sl_sim_random_seed(7);
	sl_random_fill(one, sizeof(one));
	sl_sim_random_seed(7);
	sl_random_fill(again, sizeof(again));
	sl_random_fill(other, sizeof(other));
	ck_assert_mem_eq(one, again, sizeof(one));
	ck_assert_mem_ne(one, other, sizeof(one));
}
END_TEST

START_TEST(fills_no_more_than_asked_for)
{
	uint8_t bytes[16];

	for (size_t len = 0; len < sizeof(bytes); len++) {
		memset(bytes, 0xee, sizeof(bytes));
		sl_random_fill(bytes, len);
		ck_assert_uint_eq(bytes[len], 0xee);
	}
}
END_TEST

START_TEST(below_its_bound)
{
	uint32_t cnts[3] = { 0 };

	sl_sim_random_seed(1);
	for (int i = 0; i < 300; i++) {
		uint64_t value = sl_sim_random_below(3);

		ck_assert_uint_lt(value, 3);
		cnts[value]++;
	}
	for (int i = 0; i < 3; i++)
		ck_assert_uint_gt(cnts[i], 60);
}
END_TEST

Suite *sim_random_suite(void);
Suite *sim_random_suite(void)
{
	Suite *suite = suite_create("sim_random");
	TCase *tcase = tcase_create("sim_random");

	tcase_add_test(tcase, known_answers);
	tcase_add_test(tcase, same_seed_same_bytes);
	tcase_add_test(tcase, fills_no_more_than_asked_for);
	tcase_add_test(tcase, below_its_bound);
	suite_add_tcase(suite, tcase);
	return suite;
}
