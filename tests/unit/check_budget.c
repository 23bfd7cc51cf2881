/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "base/limits.h"
#include "room_serve.h"
#include "serve/budget.h"

START_TEST(default_is_shared_by_the_workers)
{
	ck_assert_uint_gt(sl_budget_default(1), 0);
	ck_assert_uint_eq(sl_budget_default(4), sl_budget_default(1) / 4);
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
	tcase_add_loop_test(tcase, splits_in_halves_within_bounds, 0,
			    sizeof(splits) / sizeof(splits[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
