/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/number.h"

#include <check.h>

static const struct {
	const char *text;
	bool good;
	uint64_t number;
} whole[] = {
	/* 0 */ { "1", true, 1 },
	/* 1 */ { "64", true, 64 },
	/* 2 */ { "0064", true, 64 },
	/* 3: below and above the range of [1, 64] */ { "0", false, 0 },
	/* 4 */ { "65", false, 0 },
	/* 5 */ { "", false, 0 },
	/* 6 */ { "-1", false, 0 },
	/* 7 */ { "+1", false, 0 },
	/* 8 */ { " 1", false, 0 },
	/* 9 */ { "1 ", false, 0 },
	/* 10 */ { "0x10", false, 0 },
	/* 11 */ { "1.5", false, 0 },
	/* 12: 2^64 + 1 must not wrap to 1 */ { "18446744073709551617", false, 0 },
	/* 13 */ { "99999999999999999999999", false, 0 },
	/* 14 */ { "4K", false, 0 },
};

START_TEST(test_whole)
{
	uint64_t number = 4711;

	ck_assert(sl_number_parse(whole[_i].text, 1, 64, &number) == whole[_i].good);
	ck_assert_uint_eq(number, whole[_i].good ? whole[_i].number : 4711);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	uint64_t number;
} bytes[] = {
	/* 0 */ { "4096", true, 4096 },
	/* 1 */ { "4K", true, 4096 },
	/* 2 */ { "1M", true, 1048576 },
	/* 3: above the range of [4096, 1048576] */ { "2M", false, 0 },
	/* 4 */ { "4095", false, 0 },
	/* 5 */ { "K", false, 0 },
	/* 6 */ { "4k", false, 0 },
	/* 7 */ { "4KB", false, 0 },
	/* 8 */ { "4G", false, 0 },
	/* 9: 2^54 + 4 KiB must not wrap to 4 KiB */ { "18014398509481988K", false, 0 },
};

START_TEST(test_bytes)
{
	uint64_t number = 4711;

	ck_assert(sl_number_parse_bytes(bytes[_i].text, 4096, 1048576, &number) == bytes[_i].good);
	ck_assert_uint_eq(number, bytes[_i].good ? bytes[_i].number : 4711);
}
END_TEST

Suite *make_number_suite(void);

Suite *make_number_suite(void)
{
	Suite *suite = suite_create("number");
	TCase *tcase = tcase_create("number");

	tcase_add_loop_test(tcase, test_whole, 0, sizeof(whole) / sizeof(whole[0]));
	tcase_add_loop_test(tcase, test_bytes, 0, sizeof(bytes) / sizeof(bytes[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
