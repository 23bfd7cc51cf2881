/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "room_serve.h"
#include "serve/fifo.h"

static struct waiter {
	uint64_t other;
	struct sl_fifo_link link;
} waiters[8];

static struct sl_fifo fifo;

static void fill(uint32_t cnt)
{
	sl_fifo_init(&fifo, &waiters[0].link, sizeof(waiters[0]));
	for (uint32_t i = 0; i < cnt; i++)
		sl_fifo_push(&fifo, i);
}

START_TEST(first_in_first_out)
{
	fill(3);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), 0);
	sl_fifo_push(&fifo, 0);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), 1);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), 2);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), 0);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), UINT32_MAX);
}
END_TEST

/* Whichever of four is taken out, the others keep their order and a fifth still gets behind them.
 */
START_TEST(one_leaves_from_anywhere)
{
	fill(4);
	sl_fifo_remove(&fifo, (uint32_t)_i);
	sl_fifo_push(&fifo, 4);
	for (uint32_t i = 0; i <= 4; i++)
		if (i != (uint32_t)_i)
			ck_assert_uint_eq(sl_fifo_pop(&fifo), i);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), UINT32_MAX);
}
END_TEST

START_TEST(the_only_one_leaves)
{
	fill(1);
	sl_fifo_remove(&fifo, 0);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), UINT32_MAX);
	sl_fifo_push(&fifo, 5);
	ck_assert_uint_eq(sl_fifo_pop(&fifo), 5);
}
END_TEST

Suite *suite_fifo(void)
{
	Suite *suite = suite_create("fifo");
	TCase *tcase = tcase_create("fifo");

	tcase_add_test(tcase, first_in_first_out);
	tcase_add_loop_test(tcase, one_leaves_from_anywhere, 0, 4);
	tcase_add_test(tcase, the_only_one_leaves);
	suite_add_tcase(suite, tcase);
	return suite;
}
