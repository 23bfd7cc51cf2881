/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "room_store.h"

START_TEST(all_or_nothing)
{
	struct sl_store *store, *other;
	struct sl_change *change;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 100);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "b", 2, 20000, false), 0);
	ck_assert_int_eq(store_put(change, "c", 3, 40000, false), 0);
	ck_assert_int_eq(sl_change_remove(change, "a"), 0);

	/* Before the commit, nobody sees any of it. */
	other = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(other), 1);
	ck_assert_int_eq(store_compare(other, "a", 1, 100), 0);
	sl_store_close(other);

	ck_assert_int_eq(sl_change_commit(change), 0);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);
	ck_assert_int_eq(store_compare(store, "c", 3, 40000), 0);
	other = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(other), 2);
	ck_assert_int_eq(store_compare(other, "b", 2, 20000), 0);
	sl_store_close(other);
	sl_change_end(change);
	sl_store_close(store);
}
END_TEST

START_TEST(given_up)
{
	struct sl_store *store;
	struct sl_change *change;

	store_format(1, 1 << 20, 1, 0);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "b", 2, 20000, false), 0);
	sl_change_end(change);
	sl_store_close(store);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 0);
	sl_store_close(store);
}
END_TEST

START_TEST(refusals)
{
	struct sl_store *store;
	struct sl_change *change;
	int fd;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 100);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "a", 2, 100, false), -EEXIST);
	ck_assert_int_eq(store_put(change, "/a", 2, 100, false), -EINVAL);
	ck_assert_int_eq(sl_change_remove(change, "b"), -ENOENT);
	fd = store_source(1, 100);
	ck_assert_int_eq(sl_change_put(change, "short", fd, 101, 0, false, NULL, NULL), -ENODATA);
	close(fd);

	ck_assert_int_eq(store_put(change, "big", 2, 1 << 20, false), -ENOSPC);
	sl_change_end(change);

	/* None of that matters to what follows. */
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "a", 3, 200, true), 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	ck_assert_uint_eq(sl_store_object_cnt(store), 1);
	ck_assert_int_eq(store_compare(store, "a", 3, 200), 0);
	sl_store_close(store);
}
END_TEST

START_TEST(one_writer)
{
	struct sl_store *store, *other;

	store_format(2, 1 << 20, 1, 0);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(store_try(&other, SL_STORE_WRITE), -EBUSY);
	sl_store_close(store);
	store = store_open(SL_STORE_WRITE);
	sl_store_close(store);
}
END_TEST

/* Who has the store open reads what it opened to the end, whatever is removed and written since. */
START_TEST(readers_keep_their_bytes)
{
	struct sl_store *reader;

	store_format(1, 512 * 1024, 1, 0);
	store_add("a", 1, 100000);
	reader = store_open(SL_STORE_READ);
	store_remove("a");
	store_add("b", 2, 100000);
	store_add("b", 3, 100000);
	ck_assert_int_eq(store_compare(reader, "a", 1, 100000), 0);
	sl_store_close(reader);

	/* Without a reader, the space is used again: there would not be enough. */
	for (uint32_t version = 4; version < 20; version++)
		store_add("b", version, 100000);
	reader = store_open(SL_STORE_READ);
	ck_assert_int_eq(store_compare(reader, "b", 19, 100000), 0);
	ck_assert_uint_eq(store_damages(reader, NULL), 0);
	sl_store_close(reader);
}
END_TEST

START_TEST(full_while_read)
{
	struct sl_store *reader, *store;
	struct sl_change *change;

	store_format(1, 512 * 1024, 1, 0);
	store_add("a", 1, 200000);
	store_remove("a");
	reader = store_open(SL_STORE_READ);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "b", 2, 200000, false), -ENOSPC);
	sl_change_end(change);
	sl_store_close(reader);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "b", 2, 200000, false), 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
}
END_TEST

/* A full catalogue is written anew, but not while somebody reads what it has forgotten then. */
START_TEST(catalogue_full)
{
	struct sl_store *reader, *store;
	struct sl_change *change;
	char name[300];
	int error = 0;

	store_format(1, 8 << 20, 1, 8192);
	store_add("a", 1, 10);
	reader = store_open(SL_STORE_READ);
	store = store_open(SL_STORE_WRITE);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, "b", 2, 10, false), 0);
	ck_assert_int_eq(sl_change_commit(change), -EBUSY);
	sl_store_close(reader);
	ck_assert_int_eq(sl_change_commit(change), 0);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);

	/* Until even what counts is too much. */
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint32_t i = 0; i < 20 && error == 0; i++) {
		name[0] = (char)('a' + i);
		ck_assert_int_eq(store_put(change, name, i, 1, false), 0);
		error = sl_change_commit(change);
	}
	ck_assert_int_eq(error, -EFBIG);
	sl_change_end(change);
	ck_assert_int_eq(store_compare(store, "a", 1, 10), 0);
	ck_assert_uint_gt(sl_store_object_cnt(store), 10);

	/* What is too much can be removed. */
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	for (uint32_t i = 1; i < sl_store_object_cnt(store); i++)
		ck_assert_int_eq(sl_change_remove(change, sl_store_object(store, i)->name), 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 1);
	ck_assert_int_eq(store_compare(store, "a", 1, 10), 0);
	sl_store_close(store);
}
END_TEST

START_TEST(write_errors)
{
	struct sl_store *store;
	uint64_t after_cnt = 0;
	int error = -1;

	store_format(2, 1 << 20, 2, 0);
	store_add("a", 1, 20000);
	for (; error < 0; after_cnt++) {
		struct sl_change *change;

		store = store_open(SL_STORE_WRITE);
		ck_assert_int_eq(sl_change_begin(&change, store), 0);
		memory_fail_writes(after_cnt);
		error = store_put(change, "b", 2, 20000, true);
		if (error == 0)
			error = sl_change_commit(change);
		memory_fail_writes(UINT64_MAX);
		sl_change_end(change);
		sl_store_close(store);
		/* Whatever became of b, the store is right. */
		store = store_open(SL_STORE_READ);
		ck_assert_int_eq(store_compare(store, "a", 1, 20000), 0);
		ck_assert_uint_eq(store_damages(store, NULL), 0);
		sl_store_close(store);
	}
	ck_assert_uint_gt(after_cnt, 6);
}
END_TEST

/* Several extents: a device that is full of holes, another one that has to take the rest. */
START_TEST(many_extents)
{
	struct sl_store *store;
	char name[8];

	store_format(2, 512 * 1024, 1, 0);
	for (uint32_t i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "%u", i);
		store_add(name, i, 50000);
	}
	/* They went to the devices by turns: every second one of each goes. */
	for (uint32_t i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (i / 2 % 2 == 0)
			store_remove(name);
	}
	store_add("big", 77, 250000);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_gt(sl_store_find(store, "big")->extent_cnt, 2);
	ck_assert_int_eq(store_compare(store, "big", 77, 250000), 0);
	for (uint32_t i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (i / 2 % 2 == 1)
			ck_assert_int_eq(store_compare(store, name, i, 50000), 0);
	}
	ck_assert_uint_eq(store_damages(store, NULL), 0);
	sl_store_close(store);
}
END_TEST

Suite *change_suite(void);
Suite *change_suite(void)
{
	Suite *suite = suite_create("change");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, all_or_nothing);
	tcase_add_test(test_case, given_up);
	tcase_add_test(test_case, refusals);
	tcase_add_test(test_case, one_writer);
	tcase_add_test(test_case, readers_keep_their_bytes);
	tcase_add_test(test_case, full_while_read);
	tcase_add_test(test_case, catalogue_full);
	tcase_add_test(test_case, write_errors);
	tcase_add_test(test_case, many_extents);
	suite_add_tcase(suite, test_case);
	return suite;
}
