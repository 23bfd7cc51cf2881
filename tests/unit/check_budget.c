/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "base/limits.h"
#include "room_serve.h"
#include "serve/budget.h"

START_TEST(default_is_shared_by_the_workers)
{
	ck_assert_uint_gt(sl_budget_default(1), 0);
	ck_assert_uint_le(sl_budget_default(2), sl_budget_default(1));
	ck_assert_uint_eq(sl_budget_default(2048), sl_budget_default(1024) / 2);
}
END_TEST

static const struct {
	const char *list;
	uint32_t cpu_cnt;
} lists[] = {
	{ "0\n", 1 },   { "0-1\n", 2 }, { "0-7,16-23\n", 16 }, { "3,5,7", 3 },
	{ "10-10", 1 }, { "", 0 },      { "\n", 0 },           { "x", 0 },
	{ "0-", 0 },    { "5-3", 0 },   { "0,", 0 },
};

START_TEST(lists_of_cpus)
{
	ck_assert_uint_eq(sl_budget_cpus(lists[_i].list), lists[_i].cpu_cnt);
}
END_TEST

static const struct {
	uint64_t budget_bytes;
	uint32_t chunk_bytes, buffer_cnt, frame_cnt;
} splits[] = {
	{ 16 << 20, 2048, 64, 4096 },
	{ 16 << 20, 4096, 64, 2048 },
	{ 1, 2048, 16, 512 },
	{ UINT64_C(1) << 40, 2048, 1024, 8192 },
};

START_TEST(splits_in_halves_within_bounds)
{
	struct sl_budget budget = sl_budget_split(splits[_i].budget_bytes, splits[_i].chunk_bytes);

	ck_assert_uint_eq(budget.buffer_cnt, splits[_i].buffer_cnt);
	ck_assert_uint_eq(budget.frame_cnt, splits[_i].frame_cnt);
}
END_TEST

Suite *suite_budget(void)
{
	Suite *suite = suite_create("budget");
	TCase *tcase = tcase_create("budget");

	tcase_add_test(tcase, default_is_shared_by_the_workers);
	tcase_add_loop_test(tcase, lists_of_cpus, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_loop_test(tcase, splits_in_halves_within_bounds, 0,
			    sizeof(splits) / sizeof(splits[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
