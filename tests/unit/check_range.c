/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>

#include "http/range.h"
#include "http_text.h"

Suite *range_suite(void);

#define BIG_BYTES INT64_C(0x7fffffffffffffff) /* the largest file there can be */

static const struct {
	const char *value;
	uint64_t size_bytes;
	enum sl_range_verdict verdict;
	uint64_t off_bytes, len_bytes;
} cases[] = {
	/* RFC 9110, 14.1.2, of 10000 bytes */
	/* 0 */ { "bytes=0-499", 10000, SL_RANGE_SATISFIED, 0, 500 },
	/* 1 */ { "bytes=500-999", 10000, SL_RANGE_SATISFIED, 500, 500 },
	/* 2 */ { "bytes=-500", 10000, SL_RANGE_SATISFIED, 9500, 500 },
	/* 3 */ { "bytes=9500-", 10000, SL_RANGE_SATISFIED, 9500, 500 },
	/* the edges */
	/* 4 */ { "bytes=0-0", 10, SL_RANGE_SATISFIED, 0, 1 },
	/* 5 */ { "bytes=9-9", 10, SL_RANGE_SATISFIED, 9, 1 },
	/* 6 */ { "bytes=9-10", 10, SL_RANGE_SATISFIED, 9, 1 },
	/* 7 */ { "bytes=0-", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 8 */ { "bytes=0-9", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 9 */ { "bytes=0-10", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 10 */ { "bytes=10-", 10, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 11 */ { "bytes=10-20", 10, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 12 */ { "bytes=-1", 10, SL_RANGE_SATISFIED, 9, 1 },
	/* 13 */ { "bytes=-10", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 14 */ { "bytes=-11", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 15 */ { "bytes=-0", 10, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 16 */ { "bytes=007-0008", 10, SL_RANGE_SATISFIED, 7, 2 },
	/* of nothing */
	/* 17 */ { "bytes=0-", 0, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 18 */ { "bytes=0-0", 0, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 19 */ { "bytes=-1", 0, SL_RANGE_IGNORED, 0, 0 },
	/* 20 */ { "bytes=-0", 0, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* more than 64 bits */
	/* 21 */ { "bytes=0-18446744073709551615", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 22 */ { "bytes=1-18446744073709551616", 10, SL_RANGE_SATISFIED, 1, 9 },
	/* 23 */ { "bytes=1-99999999999999999999999", 10, SL_RANGE_SATISFIED, 1, 9 },
	/* 24 */ { "bytes=-18446744073709551616", 10, SL_RANGE_SATISFIED, 0, 10 },
	/* 25 */ { "bytes=18446744073709551616-", 10, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 26: 2^64 + 5 is not 5 */
	{ "bytes=18446744073709551621-18446744073709551625", 10, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 27 */
	{ "bytes=18446744073709551615-", UINT64_MAX, SL_RANGE_UNSATISFIABLE, 0, 0 },
	/* 28 */
	{ "bytes=0-18446744073709551615", UINT64_MAX, SL_RANGE_SATISFIED, 0, UINT64_MAX },
	/* 29 */
	{ "bytes=9223372036854775806-", BIG_BYTES, SL_RANGE_SATISFIED, BIG_BYTES - 1, 1 },
	/* lists, spaces and case */
	/* 30 */ { "Bytes=0-1", 10, SL_RANGE_SATISFIED, 0, 2 },
	/* 31 */ { "bytes=0-1,", 10, SL_RANGE_SATISFIED, 0, 2 },
	/* 32 */ { "bytes=, ,\t0-1 ,", 10, SL_RANGE_SATISFIED, 0, 2 },
	/* 33: several */ { "bytes=0-1,3-4", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 34 */ { "bytes=0-0,-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 35 */ { "bytes=0-1,0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 36 */ { "bytes=20-,30-", 10, SL_RANGE_IGNORED, 0, 0 },
	/* what is no range of bytes */
	/* 37 */ { "", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 38 */ { "bytes", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 39 */ { "bytes=", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 40 */ { "bytes=,", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 41 */ { "bytes=-", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 42 */ { "bytes=1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 43 */ { "bytes=5-4", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 44 */ { "bytes=--1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 45 */ { "bytes=1--", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 46 */ { "bytes=1-2-3", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 47 */ { "bytes=1 -2", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 48 */ { "bytes=1- 2", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 49 */ { "bytes =0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 50 */ { "bytes:0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 51 */ { "0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 52 */ { "octets=0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 53 */ { "bytesx=0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 54 */ { "bytes=0x0-1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 55 */ { "bytes=+1-2", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 56 */ { "bytes=a-b", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 57 */ { "bytes=0-1;q=1", 10, SL_RANGE_IGNORED, 0, 0 },
	/* 58 */ { "bytes=-5x", 10, SL_RANGE_IGNORED, 0, 0 },
};

START_TEST(ranges)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t off_bytes = 0, len_bytes = 0;
		enum sl_range_verdict verdict = sl_range_parse(
		    http_text_slice(cases[i].value), cases[i].size_bytes, &off_bytes, &len_bytes);

		ck_assert_msg(verdict == cases[i].verdict, "row %zu: %d", i, verdict);
		ck_assert_msg(off_bytes == cases[i].off_bytes && len_bytes == cases[i].len_bytes,
			      "row %zu: %" PRIu64 "+%" PRIu64, i, off_bytes, len_bytes);
	}
}
END_TEST

/* All ranges of all sizes up to seven bytes, against counting. */
START_TEST(small_ranges_exhaustively)
{
	for (uint64_t size = 0; size < 7; size++) {
		for (uint64_t first = 0; first < 9; first++) {
			for (uint64_t last = 0; last < 9; last++) {
				uint64_t off_bytes = 0, len_bytes = 0, expected_cnt = 0;
				enum sl_range_verdict verdict;
				char value[32];

				snprintf(value, sizeof(value), "bytes=%" PRIu64 "-%" PRIu64, first,
					 last);
				verdict = sl_range_parse(http_text_slice(value), size, &off_bytes,
							 &len_bytes);
				for (uint64_t i = 0; i < size; i++)
					expected_cnt += i >= first && i <= last;
				if (last < first)
					ck_assert_int_eq(verdict, SL_RANGE_IGNORED);
				else if (!expected_cnt)
					ck_assert_int_eq(verdict, SL_RANGE_UNSATISFIABLE);
				else
					ck_assert(verdict == SL_RANGE_SATISFIED &&
						  off_bytes == first && len_bytes == expected_cnt);
			}
		}
	}
}
END_TEST

Suite *range_suite(void)
{
	Suite *suite = suite_create("range");
	TCase *tcase = tcase_create("range");

	tcase_add_test(tcase, ranges);
	tcase_add_test(tcase, small_ranges_exhaustively);
	suite_add_tcase(suite, tcase);
	return suite;
}
