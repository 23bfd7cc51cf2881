/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "base/random.h"
#include "room_base.h"

START_TEST(two_fills_differ)
{
	unsigned char first[32], second[32];

	sl_random_fill(first, sizeof(first));
	sl_random_fill(second, sizeof(second));
	ck_assert_mem_ne(first, second, sizeof(first));
}
END_TEST

/* Over 256 bytes getrandom may return fewer than asked. A byte that is zero in eight fills was not
 * written: by chance that happens once in 2^64. */
START_TEST(a_long_one_is_filled_to_its_end_and_not_beyond)
{
	static unsigned char out[100001], any[100000];

	for (int i = 0; i < 8; i++) {
		memset(out, 0, sizeof(out));
		sl_random_fill(out, sizeof(any));
		ck_assert_uint_eq(out[sizeof(any)], 0);
		for (size_t j = 0; j < sizeof(any); j++)
			any[j] |= out[j];
	}
	for (size_t j = 0; j < sizeof(any); j++)
		ck_assert_msg(any[j] != 0, "byte %zu", j);
}
END_TEST

Suite *suite_random(void)
{
	Suite *suite = suite_create("random");
	TCase *tcase = tcase_create("random");

	tcase_add_test(tcase, two_fills_differ);
	tcase_add_test(tcase, a_long_one_is_filled_to_its_end_and_not_beyond);
	suite_add_tcase(suite, tcase);
	return suite;
}
