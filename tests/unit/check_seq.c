/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "base/seq.h"
#include "room_base.h"

static const struct {
	uint32_t wire_seq;
	uint64_t near_seq, extended_seq;
} cases[] = {
	{ 100, SL_SEQ_EPOCH + 100, SL_SEQ_EPOCH + 100 },
	{ 101, SL_SEQ_EPOCH + 100, SL_SEQ_EPOCH + 101 },
	{ 99, SL_SEQ_EPOCH + 100, SL_SEQ_EPOCH + 99 },
	/* across the wrap, both ways */
	{ 5, SL_SEQ_EPOCH + 0xfffffff0, 2 * SL_SEQ_EPOCH + 5 },
	{ 0xfffffff0, 2 * SL_SEQ_EPOCH + 5, SL_SEQ_EPOCH + 0xfffffff0 },
	/* an old one before the first: below the epoch, but not below zero */
	{ 0xffffffff, SL_SEQ_EPOCH, SL_SEQ_EPOCH - 1 },
	/* the farthest that can be told */
	{ 0x7fffffff, SL_SEQ_EPOCH, SL_SEQ_EPOCH + 0x7fffffff },
	{ 0x80000000, SL_SEQ_EPOCH, SL_SEQ_EPOCH - 0x80000000 },
};

START_TEST(the_nearest_number_is_found)
{
	uint64_t seq = sl_seq_extend(cases[_i].wire_seq, cases[_i].near_seq);

	ck_assert_uint_eq(seq, cases[_i].extended_seq);
	ck_assert_uint_eq(sl_seq_wire(seq), cases[_i].wire_seq);
}
END_TEST

Suite *suite_seq(void)
{
	Suite *suite = suite_create("seq");
	TCase *tcase = tcase_create("extend");

	tcase_add_loop_test(tcase, the_nearest_number_is_found, 0,
			    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
