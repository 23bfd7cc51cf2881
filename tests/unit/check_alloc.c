/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <pthread.h>
#include <signal.h>

#include "base/alloc.h"
#include "room_base.h"

START_TEST(memory_is_zeroed_and_aligned)
{
	for (size_t bytes = 1; bytes < 5000; bytes += 61) {
		uint8_t *memory = sl_alloc(bytes, 1);

		ck_assert_ptr_nonnull(memory);
		ck_assert_uint_eq((uintptr_t)memory % 64, 0);
		for (size_t i = 0; i < bytes; i++) {
			ck_assert_uint_eq(memory[i], 0);
			memory[i] = 0xa5; /* the next one of this size may get it */
		}
		sl_free(memory);
	}
}
END_TEST

START_TEST(a_product_that_overflows_is_refused)
{
	ck_assert_ptr_null(sl_alloc(SIZE_MAX / 2, 3));
	ck_assert_ptr_null(sl_alloc(3, SIZE_MAX / 2));
}
END_TEST

START_TEST(nothing_can_be_had_and_given_back)
{
	void *nothing = sl_alloc(0, 16);

	ck_assert_ptr_nonnull(nothing);
	sl_free(nothing);
	sl_free(NULL);
}
END_TEST

START_TEST(bytes_are_counted)
{
	uint64_t before_bytes = sl_alloc_bytes();
	void *first = sl_alloc(100, 10), *second = sl_alloc(1, 1 << 20);
	uint64_t both_bytes = sl_alloc_bytes() - before_bytes;

	ck_assert_uint_ge(both_bytes, 1000 + (1 << 20));
	ck_assert_uint_le(both_bytes, 1000 + (1 << 20) + 2 * 8192);
	sl_free(first);
	ck_assert_uint_lt(sl_alloc_bytes() - before_bytes, both_bytes);
	sl_free(second);
	ck_assert_uint_eq(sl_alloc_bytes(), before_bytes);
}
END_TEST

START_TEST(a_sealed_thread_may_not_allocate)
{
	sl_alloc_seal();
	sl_alloc(1, 1);
}
END_TEST

START_TEST(nor_free)
{
	void *memory = sl_alloc(1, 1);

	sl_alloc_seal();
	sl_free(memory);
}
END_TEST

START_TEST(until_it_is_unsealed)
{
	sl_alloc_seal();
	sl_alloc_unseal();
	sl_free(sl_alloc(1, 1));
}
END_TEST

static void *allocate(void *unused)
{
	(void)unused;
	sl_free(sl_alloc(1, 1));
	return NULL;
}

START_TEST(other_threads_are_not_sealed_with_it)
{
	pthread_t thread;

	sl_alloc_seal();
	ck_assert_int_eq(pthread_create(&thread, NULL, allocate, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

Suite *suite_alloc(void)
{
	Suite *suite = suite_create("alloc");
	TCase *tcase = tcase_create("alloc");

	tcase_add_test(tcase, memory_is_zeroed_and_aligned);
	tcase_add_test(tcase, a_product_that_overflows_is_refused);
	tcase_add_test(tcase, nothing_can_be_had_and_given_back);
	tcase_add_test(tcase, bytes_are_counted);
	tcase_add_test_raise_signal(tcase, a_sealed_thread_may_not_allocate, SIGABRT);
	tcase_add_test_raise_signal(tcase, nor_free, SIGABRT);
	tcase_add_test(tcase, until_it_is_unsealed);
	tcase_add_test(tcase, other_threads_are_not_sealed_with_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
