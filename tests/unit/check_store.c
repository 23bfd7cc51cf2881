/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "room_store.h"

static int try_paths(const char *one, const char *other, enum sl_store_mode mode)
{
	const char *const paths[] = { one, other };
	struct sl_store *store;
	int error = sl_store_open(&store, paths, other ? 2 : 1, mode);

	if (error == 0)
		sl_store_close(store);
	return error;
}

START_TEST(members)
{
	store_format(2, 1 << 20, 1, 0);
	memory_make(5, 1 << 20);
	ck_assert_int_eq(try_paths("mem0", "mem1", SL_STORE_WRITE), 0);
	ck_assert_int_eq(try_paths("mem1", "mem0", SL_STORE_WRITE), 0);
	ck_assert_int_eq(try_paths("mem0", NULL, SL_STORE_READ), 0);
	ck_assert_int_eq(try_paths("mem0", NULL, SL_STORE_WRITE), -ENODEV);
	ck_assert_int_eq(try_paths("mem0", "mem0", SL_STORE_READ), -EINVAL);
	ck_assert_int_eq(try_paths("mem0", "mem5", SL_STORE_READ), -EINVAL);
	ck_assert_int_eq(try_paths("mem5", NULL, SL_STORE_READ), -EINVAL);
	ck_assert_int_eq(try_paths("mem9", NULL, SL_STORE_READ), -ENOENT);
}
END_TEST

START_TEST(of_two_stores)
{
	static uint8_t kept[1 << 20];

	store_format(1, 1 << 20, 1, 0);
	memcpy(kept, memory_bytes(0), sizeof(kept));
	store_format(2, 1 << 20, 1, 0);
	memory_make(2, 1 << 20);
	memcpy(memory_bytes(2), kept, sizeof(kept));
	ck_assert_int_eq(try_paths("mem0", "mem2", SL_STORE_READ), -EINVAL);
}
END_TEST

/* Without a member, what is on the others is there; replicas make it all. */
START_TEST(missing_member)
{
	struct sl_store *store;
	struct sl_store_member member;
	char name[4];

	for (uint32_t replica_cnt = 1; replica_cnt <= 2; replica_cnt++) {
		uint32_t found_cnt = 0;

		store_format(2, 1 << 20, replica_cnt, 0);
		for (uint32_t i = 0; i < 4; i++) {
			snprintf(name, sizeof(name), "%u", i);
			store_add(name, i, 30000);
		}
		memory_make(1, 0);
		store = store_open(SL_STORE_READ);
		ck_assert_uint_eq(sl_store_object_cnt(store), 4);
		sl_store_member(store, 1, &member);
		ck_assert_ptr_null(member.path);
		ck_assert_int_eq(member.fd, -1);
		for (uint32_t i = 0; i < 4; i++) {
			int error;

			snprintf(name, sizeof(name), "%u", i);
			error = store_compare(store, name, i, 30000);
			ck_assert(error == 0 || error == -ENODEV);
			found_cnt += error == 0;
		}
		/* By free space they went in turn. */
		ck_assert_uint_eq(found_cnt, 2 * replica_cnt);
		ck_assert_uint_eq(store_damages(store, NULL), replica_cnt == 1 ? 2 : 4);
		sl_store_close(store);
	}
}
END_TEST

START_TEST(superblock_repaired)
{
	struct sl_store *store;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 5000);
	memset(memory_bytes(0), 0, 4096);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_damaged_copies(store), 1);
	ck_assert_int_eq(store_compare(store, "a", 1, 5000), 0);
	sl_store_close(store);
	sl_store_close(store_open(SL_STORE_WRITE));
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_damaged_copies(store), 0);
	sl_store_close(store);
}
END_TEST

/* Somebody made a file system of the device: the second copy of the superblock is no reason to go
 * on, least of all to write the first one again. */
START_TEST(overwritten)
{
	store_format(1, 1 << 20, 1, 0);
	memset(memory_bytes(0), 0, 4096);
	memory_foreign("ext4");
	ck_assert_int_eq(try_paths("mem0", NULL, SL_STORE_READ), -EINVAL);
	ck_assert_int_eq(try_paths("mem0", NULL, SL_STORE_WRITE), -EINVAL);
	memory_foreign(NULL);
	ck_assert_int_eq(try_paths("mem0", NULL, SL_STORE_WRITE), 0);
}
END_TEST

START_TEST(reading_writes_nothing)
{
	static uint8_t before[1 << 20];
	struct sl_store *store;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 5000);
	memory_bytes(0)[4096 + 20] ^= 1;
	memcpy(before, memory_bytes(0), sizeof(before));
	memory_record();
	store = store_open(SL_STORE_READ);
	ck_assert_int_eq(store_compare(store, "a", 1, 5000), 0);
	store_damages(store, NULL);
	sl_store_close(store);
	ck_assert_uint_eq(memory_op_cnt(), 0);
	ck_assert_mem_eq(before, memory_bytes(0), sizeof(before));
}
END_TEST

Suite *store_suite(void);
Suite *store_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, members);
	tcase_add_test(test_case, of_two_stores);
	tcase_add_test(test_case, missing_member);
	tcase_add_test(test_case, superblock_repaired);
	tcase_add_test(test_case, overwritten);
	tcase_add_test(test_case, reading_writes_nothing);
	suite_add_tcase(suite, test_case);
	return suite;
}
