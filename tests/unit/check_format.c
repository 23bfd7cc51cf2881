/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "room_store.h"

START_TEST(empty_store)
{
	struct sl_store *store;
	struct sl_store_member member;

	store_format(3, 1 << 20, 2, 0);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 0);
	ck_assert_uint_eq(sl_store_device_cnt(store), 3);
	ck_assert_uint_eq(sl_store_replica_cnt(store), 2);
	ck_assert_uint_eq(sl_store_damaged_copies(store), 0);
	ck_assert_ptr_null(sl_store_find(store, "a"));
	for (uint32_t idx = 0; idx < 3; idx++) {
		sl_store_member(store, idx, &member);
		ck_assert_str_eq(member.path, memory_path(idx));
		ck_assert_uint_eq(member.used_bytes, 0);
	}
	sl_store_close(store);
	/* What others left is wiped. */
	ck_assert_uint_eq(memory_wipe_cnt(), 3);
}
END_TEST

START_TEST(refuses_what_is_there)
{
	memory_reset();
	memory_make(0, 1 << 20);
	ck_assert_int_eq(sl_format_refuse(memory_path(0)), 0);
	memory_foreign("ext4, labelled 'films'");
	ck_assert_int_eq(sl_format_refuse(memory_path(0)), -EEXIST);

	store_format(1, 1 << 20, 1, 0);
	ck_assert_int_eq(sl_format_refuse(memory_path(0)), -EEXIST);
	memset(memory_bytes(0), 0, 4096); /* one copy is enough */
	ck_assert_int_eq(sl_format_refuse(memory_path(0)), -EEXIST);
}
END_TEST

START_TEST(too_small)
{
	const char *const paths[] = { "mem0" };
	const struct sl_format format = { paths, 1, 1, 0 };
	const struct sl_format large = { paths, 1, 1, 1 << 20 };

	memory_reset();
	memory_make(0, 65536);
	ck_assert_int_eq(sl_format_make(&format), -ENOSPC);
	memory_make(0, 1 << 20);
	ck_assert_int_eq(sl_format_make(&large), -ENOSPC);
	ck_assert_int_eq(sl_format_make(&format), 0);
}
END_TEST

START_TEST(in_use)
{
	const char *const paths[] = { "mem0" }, *const twice[] = { "mem0", "mem0" };
	const struct sl_format format = { paths, 1, 1, 0 }, same = { twice, 2, 1, 0 };
	struct sl_store *store;

	store_format(1, 1 << 20, 1, 0);
	store = store_open(SL_STORE_READ);
	ck_assert_int_eq(sl_format_make(&format), -EBUSY);
	sl_store_close(store);
	ck_assert_int_eq(sl_format_make(&same), -EBUSY);
	ck_assert_int_eq(sl_format_make(&format), 0);
}
END_TEST

/* A new store on an old one has none of its objects, though their bytes are there. */
START_TEST(again)
{
	const char *const paths[] = { "mem0" };
	const struct sl_format format = { paths, 1, 1, 0 };
	struct sl_store *store;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 5000);
	store_add("b", 2, 5000);
	ck_assert_int_eq(sl_format_make(&format), 0);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 0);
	ck_assert_uint_eq(sl_store_damaged_copies(store), 0);
	sl_store_close(store);
}
END_TEST

START_TEST(write_errors)
{
	const char *const paths[] = { "mem0" };
	const struct sl_format format = { paths, 1, 1, 0 };
	struct sl_store *store;
	uint64_t after_cnt = 0;

	store_format(1, 1 << 20, 1, 0);
	for (;; after_cnt++) {
		memory_fail_writes(after_cnt);
		if (sl_format_make(&format) == 0)
			break;
	}
	ck_assert_uint_ge(after_cnt, 6);
	memory_fail_writes(UINT64_MAX);
	store = store_open(SL_STORE_READ);
	sl_store_close(store);
}
END_TEST

Suite *format_suite(void);
Suite *format_suite(void)
{
	Suite *suite = suite_create("format");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, empty_store);
	tcase_add_test(test_case, refuses_what_is_there);
	tcase_add_test(test_case, too_small);
	tcase_add_test(test_case, in_use);
	tcase_add_test(test_case, again);
	tcase_add_test(test_case, write_errors);
	suite_add_tcase(suite, test_case);
	return suite;
}
