/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/units.h"

#include <check.h>

static const struct {
	uint64_t number;
	const char *count, *bytes;
} scaled[] = {
	{ 0, "0", "0 B" },
	{ 999, "999", "999 B" },
	{ 1000, "1.00 k", "1.00 kB" },
	{ 1239, "1.23 k", "1.23 kB" },
	{ 9999, "9.99 k", "9.99 kB" },
	{ 10000, "10.0 k", "10.0 kB" },
	{ 99999, "99.9 k", "99.9 kB" },
	{ 999999, "999 k", "999 kB" },
	{ 1000000, "1.00 M", "1.00 MB" },
	{ 1073741824, "1.07 G", "1.07 GB" },
	{ UINT64_C(2500000000000), "2.50 T", "2.50 TB" },
	{ UINT64_MAX, "18.4 E", "18.4 EB" },
};

START_TEST(test_scaled)
{
	char text[SL_UNITS_BYTES];

	ck_assert_str_eq(sl_units_count(text, scaled[_i].number), scaled[_i].count);
	ck_assert_str_eq(sl_units_bytes(text, scaled[_i].number), scaled[_i].bytes);
}
END_TEST

static const struct {
	uint64_t seconds;
	const char *text;
} durations[] = {
	{ 0, "0 s" },          { 59, "59 s" },
	{ 60, "1 min 0 s" },   { 3599, "59 min 59 s" },
	{ 3600, "1 h 0 min" }, { 86399, "23 h 59 min" },
	{ 86400, "1 d 0 h" },  { 400 * 86400 + 7200, "400 d 2 h" },
};

START_TEST(test_duration)
{
	char text[SL_UNITS_BYTES];

	ck_assert_str_eq(sl_units_seconds(text, durations[_i].seconds), durations[_i].text);
}
END_TEST

START_TEST(test_share)
{
	char text[SL_UNITS_BYTES];

	ck_assert_str_eq(sl_units_share(text, 0, 0), "0.0 %");
	ck_assert_str_eq(sl_units_share(text, 1, 3), "25.0 %");
	ck_assert_str_eq(sl_units_share(text, 5, 0), "100.0 %");
	ck_assert_str_eq(sl_units_share(text, UINT64_MAX, UINT64_MAX), "50.0 %");
}
END_TEST

Suite *make_units_suite(void);

Suite *make_units_suite(void)
{
	Suite *suite = suite_create("units");
	TCase *tcase = tcase_create("units");

	tcase_add_loop_test(tcase, test_scaled, 0, sizeof(scaled) / sizeof(scaled[0]));
	tcase_add_loop_test(tcase, test_duration, 0, sizeof(durations) / sizeof(durations[0]));
	tcase_add_test(tcase, test_share);
	suite_add_tcase(suite, tcase);
	return suite;
}
