/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
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

/* The kernel gives less than 32 MiB at once (random(4)); a longer one is filled all the same. */
START_TEST(a_long_one_is_filled_to_its_end_and_not_beyond)
{
	const size_t len_bytes = (33 << 20) + 5;
	const unsigned char zero[64] = { 0 };
	unsigned char *out = calloc(len_bytes + 1, 1);

	ck_assert_ptr_nonnull(out);
	sl_random_fill(out, len_bytes);
	for (size_t off = 0; off < len_bytes - sizeof(zero); off += 4096)
		ck_assert_mem_ne(out + off, zero, sizeof(zero));
	ck_assert_mem_ne(out + len_bytes - sizeof(zero), zero, sizeof(zero));
	ck_assert_uint_eq(out[len_bytes], 0);
	free(out);
}
END_TEST

Suite *suite_random(void)
{
	Suite *suite = suite_create("random");
	TCase *tcase = tcase_create("random");

	tcase_set_timeout(tcase, 60); /* for the sanitizers on a busy machine */
	tcase_add_test(tcase, two_fills_differ);
	tcase_add_test(tcase, a_long_one_is_filled_to_its_end_and_not_beyond);
	suite_add_tcase(suite, tcase);
	return suite;
}
