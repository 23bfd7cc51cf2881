/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "http/date.h"
#include "http_text.h"

Suite *date_suite(void);

#define EXAMPLE_S INT64_C(784111777)  /* RFC 9110's: Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW_S     INT64_C(1735689600) /* Wed, 01 Jan 2025 00:00:00 GMT */

static bool parse(const char *text, int64_t now_s, int64_t *unix_s)
{
	struct sl_slice slice = http_text_slice(text);

	return sl_date_parse(slice.at, slice.len_bytes, now_s, unix_s);
}

START_TEST(written_and_read_back)
{
	static const struct {
		int64_t unix_s;
		const char *text;
	} rows[] = {
		/* 0 */ { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		/* 1 */ { EXAMPLE_S, "Sun, 06 Nov 1994 08:49:37 GMT" },
		/* 2: 2000 was a leap year */ { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		/* 3 */ { 951868800, "Wed, 01 Mar 2000 00:00:00 GMT" },
		/* 4 */ { 1709164800, "Thu, 29 Feb 2024 00:00:00 GMT" },
		/* 5 */ { INT64_C(2147483647), "Tue, 19 Jan 2038 03:14:07 GMT" },
		/* 6 */ { INT64_C(2147483648), "Tue, 19 Jan 2038 03:14:08 GMT" },
		/* 7: 2100 will be none */ { INT64_C(4107542399), "Sun, 28 Feb 2100 23:59:59 GMT" },
		/* 8 */ { INT64_C(4107542400), "Mon, 01 Mar 2100 00:00:00 GMT" },
		/* 9 */ { SL_DATE_MAX_S, "Fri, 31 Dec 9999 23:59:59 GMT" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[SL_DATE_BYTES + 1];
		int64_t unix_s;

		sl_date_format(rows[i].unix_s, out);
		ck_assert_msg(!strcmp(out, rows[i].text), "row %zu: %s", i, out);
		ck_assert_msg(parse(out, NOW_S, &unix_s), "row %zu", i);
		ck_assert_msg(unix_s == rows[i].unix_s, "row %zu: %" PRId64, i, unix_s);
	}
}
END_TEST

/* The C library's calendar, eleven days and a bit at a time, to the end of 9999. */
START_TEST(agrees_with_gmtime)
{
	for (int64_t unix_s = 0; unix_s <= SL_DATE_MAX_S; unix_s += 86400 * 11 + 12347) {
		char ours[SL_DATE_BYTES + 1], theirs[64];
		time_t when = (time_t)unix_s;
		struct tm tm;
		int64_t parsed_s;

		sl_date_format(unix_s, ours);
		gmtime_r(&when, &tm);
		strftime(theirs, sizeof(theirs), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		/* One test point a turn would take longer than all the rest. */
		if (strcmp(ours, theirs))
			ck_abort_msg("%s, not %s", ours, theirs);
		if (!sl_date_parse(ours, SL_DATE_BYTES, 0, &parsed_s) || parsed_s != unix_s)
			ck_abort_msg("%s", ours);
	}
}
END_TEST

START_TEST(read_in_three_forms)
{
	static const struct {
		const char *text;
		int64_t unix_s;
	} rows[] = {
		/* RFC 9110, 5.6.7 */
		/* 0 */ { "Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_S },
		/* 1 */ { "Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_S },
		/* 2 */ { "Sun Nov  6 08:49:37 1994", EXAMPLE_S },
		/* 3 */ { "Wed Nov 16 08:49:37 1994", EXAMPLE_S + 10 * 86400 },
		/* 4: a leap second is the next second */
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
		/* 5 */ { "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		/* 6 */ { "Mon, 01 Jan 1601 00:00:00 GMT", INT64_C(-11644473600) },
		/* 7 */ { "Sat, 01 Jan 0000 00:00:00 GMT", INT64_C(-62167219200) },
		/* 8 */ { "Tuesday, 29-Feb-00 00:00:00 GMT", 951782400 },
		/* 9: the weekday is not compared */
		{ "Mon, 06 Nov 1994 08:49:37 GMT", EXAMPLE_S },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t unix_s;

		ck_assert_msg(parse(rows[i].text, NOW_S, &unix_s), "row %zu", i);
		ck_assert_msg(unix_s == rows[i].unix_s, "row %zu: %" PRId64, i, unix_s);
	}
}
END_TEST

START_TEST(refused)
{
	static const char *const rows[] = {
		/* 0 */ "",
		/* 1 */ "0",
		/* 2 */ "Sun, 06 Nov 1994 08:49:37",
		/* 3 */ "Sun, 06 Nov 1994 08:49:37 UTC",
		/* 4 */ "Sun, 06 Nov 1994 08:49:37 GMT ",
		/* 5 */ " Sun, 06 Nov 1994 08:49:37 GMT",
		/* 6 */ "Sun, 6 Nov 1994 08:49:37 GMT",
		/* 7 */ "Sun,  6 Nov 1994 08:49:37 GMT",
		/* 8 */ "Sxn, 06 Nov 1994 08:49:37 GMT",
		/* 9 */ "sun, 06 Nov 1994 08:49:37 GMT",
		/* 10 */ "Sun, 06 nov 1994 08:49:37 GMT",
		/* 11 */ "Sun, 06 Nov 1994 24:00:00 GMT",
		/* 12 */ "Sun, 06 Nov 1994 08:60:00 GMT",
		/* 13 */ "Sun, 06 Nov 1994 08:49:61 GMT",
		/* 14 */ "Sun, 00 Nov 1994 08:49:37 GMT",
		/* 15 */ "Sun, 31 Nov 1994 08:49:37 GMT",
		/* 16 */ "Sun, 29 Feb 1900 00:00:00 GMT",
		/* 17 */ "Wed, 29 Feb 2023 00:00:00 GMT",
		/* 18 */ "Wednesday, 29-Feb-23 00:00:00 GMT",
		/* 19 */ "Sun, 06-Nov-94 08:49:37 GMT",
		/* 20 */ "Sunday, 06 Nov 1994 08:49:37 GMT",
		/* 21 */ "Sun Nov 6 08:49:37 1994",
		/* 22 */ "Sun Nov    08:49:37 1994",
		/* 23 */ "Sun Nov  0 08:49:37 1994",
		/* 24 */ "Sun, 06 Nov 1994 08:49:37 +0100",
		/* 25 */ "Sun, 06 Nov -994 08:49:37 GMT",
		/* 26 */ "Sun, 06 Nov 19 4 08:49:37 GMT",
		/* 27 */ "Sun",
		/* 28 */ "Sunday",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t unix_s;

		ck_assert_msg(!parse(rows[i], NOW_S, &unix_s), "row %zu", i);
	}
}
END_TEST

/* "more than 50 years in the future" means the past. */
START_TEST(two_digits_mean_a_year_at_most_50_ahead)
{
	static const struct {
		const char *now, *text, *meant;
	} rows[] = {
		/* 0 */ { "Wed, 01 Jan 2025 00:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
			  "Sun, 06 Nov 1994 08:49:37 GMT" },
		/* 1 */
		{ "Wed, 01 Jan 2025 00:00:00 GMT", "Monday, 06-Nov-23 08:49:37 GMT",
		  "Mon, 06 Nov 2023 08:49:37 GMT" },
		/* 2: 50 years to the second */
		{ "Wed, 01 Jan 2025 00:00:00 GMT", "Tuesday, 01-Jan-75 00:00:00 GMT",
		  "Tue, 01 Jan 2075 00:00:00 GMT" },
		/* 3: and one more */
		{ "Wed, 01 Jan 2025 00:00:00 GMT", "Tuesday, 01-Jan-75 00:00:01 GMT",
		  "Wed, 01 Jan 1975 00:00:01 GMT" },
		/* 4: across the turn of a century */
		{ "Thu, 31 Dec 2099 00:00:00 GMT", "Saturday, 01-Jan-01 00:00:00 GMT",
		  "Sat, 01 Jan 2101 00:00:00 GMT" },
		/* 5: a leap day, 50 years before which there was none */
		{ "Wed, 01 Jan 2025 00:00:00 GMT", "Thursday, 29-Feb-72 00:00:00 GMT",
		  "Mon, 29 Feb 2072 00:00:00 GMT" },
		/* 6 */
		{ "Thu, 01 Jan 1970 00:00:00 GMT", "Thursday, 01-Jan-70 00:00:00 GMT",
		  "Thu, 01 Jan 1970 00:00:00 GMT" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t now_s, unix_s, meant_s;

		ck_assert(parse(rows[i].now, 0, &now_s));
		ck_assert(parse(rows[i].meant, 0, &meant_s));
		ck_assert_msg(parse(rows[i].text, now_s, &unix_s), "row %zu", i);
		ck_assert_msg(unix_s == meant_s, "row %zu: %" PRId64, i, unix_s);
	}
}
END_TEST

Suite *date_suite(void)
{
	Suite *suite = suite_create("date");
	TCase *tcase = tcase_create("date");

	tcase_add_test(tcase, written_and_read_back);
	tcase_add_test(tcase, agrees_with_gmtime);
	tcase_add_test(tcase, read_in_three_forms);
	tcase_add_test(tcase, refused);
	tcase_add_test(tcase, two_digits_mean_a_year_at_most_50_ahead);
	suite_add_tcase(suite, tcase);
	return suite;
}
