/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "room_store.h"

START_TEST(last_word_counts)
{
	struct sl_store *store;

	store_format(1, 1 << 20, 1, 0);
	store_add("b", 1, 100);
	store_add("a/x", 2, 200);
	store_add("b", 3, 300);
	store_add("c", 4, 400);
	store_remove("c");
	store_add("a", 5, 500);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 3);
	ck_assert_str_eq(sl_store_object(store, 0)->name, "a");
	ck_assert_str_eq(sl_store_object(store, 1)->name, "a/x");
	ck_assert_str_eq(sl_store_object(store, 2)->name, "b");
	ck_assert_int_eq(store_compare(store, "b", 3, 300), 0);
	ck_assert_ptr_null(sl_store_find(store, "c"));
	ck_assert_ptr_null(sl_store_find(store, ""));
	/* The first b, and c. */
	ck_assert_uint_eq(store->dead_cnt, 2);
	sl_store_close(store);
}
END_TEST

START_TEST(many)
{
	struct sl_store *store;
	struct sl_change *change;
	char name[16];

	store_format(1, 8 << 20, 1, 0);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	for (uint32_t i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%u", i * 7919 % 500);
		ck_assert_int_eq(store_put(change, name, i, 1 + i % 3, false), 0);
	}
	ck_assert_int_eq(sl_change_commit(change), 0);
	ck_assert_uint_eq(sl_store_object_cnt(store), 500);
	sl_change_end(change);
	sl_store_close(store);

	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 500);
	for (uint32_t i = 1; i < 500; i++)
		ck_assert_int_lt(
		    strcmp(sl_store_object(store, i - 1)->name, sl_store_object(store, i)->name),
		    0);
	for (uint32_t i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%u", i * 7919 % 500);
		ck_assert_int_eq(store_compare(store, name, i, 1 + i % 3), 0);
	}
	sl_store_close(store);
}
END_TEST

/* The hash is of the bytes, so is the tag: the same bytes have the same one, in any store. */
START_TEST(tags)
{
	char etag[SL_STORE_ETAG_BYTES], other[SL_STORE_ETAG_BYTES];
	struct sl_store *store;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 5000);
	store_add("b", 1, 5000);
	store_add("c", 2, 5000);
	store_add("empty", 3, 0);
	store = store_open(SL_STORE_READ);
	sl_store_etag(sl_store_find(store, "a"), etag);
	ck_assert_uint_eq(strlen(etag), 34);
	ck_assert_int_eq(etag[0], '"');
	ck_assert_int_eq(etag[33], '"');
	sl_store_etag(sl_store_find(store, "b"), other);
	ck_assert_str_eq(etag, other);
	sl_store_etag(sl_store_find(store, "c"), other);
	ck_assert_str_ne(etag, other);
	/* Known answer: XXH3_128bits of nothing, from its specification. */
	sl_store_etag(sl_store_find(store, "empty"), other);
	ck_assert_str_eq(other, "\"99aa06d3014798d86001c324468d497f\"");
	sl_store_close(store);
}
END_TEST

Suite *objects_suite(void);
Suite *objects_suite(void)
{
	Suite *suite = suite_create("objects");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, last_word_counts);
	tcase_add_test(test_case, many);
	tcase_add_test(test_case, tags);
	suite_add_tcase(suite, test_case);
	return suite;
}
