/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries and their names. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "content/table.h"
#include "fake_disk.h"

enum { CNT = 4 };

static struct sl_disk disk;
static struct sl_content content;

static void setup(void)
{
	disk = (struct sl_disk){ 0 };
	content = (struct sl_content){ .disk = &disk };
	ck_assert_int_eq(sl_table_init(&content, CNT), 0);
}

static void teardown(void)
{
	sl_table_fini(&content);
}

static void give_name(uint32_t idx, const char *path)
{
	memcpy(sl_table_path(&content, idx), path, strlen(path) + 1);
	content.entries[idx].hash = sl_table_hash(&content, SL_PLACE_ROOT, path);
	sl_table_name(&content, idx);
}

static uint32_t find(const char *path)
{
	return sl_table_find(&content, SL_PLACE_ROOT, path,
			     sl_table_hash(&content, SL_PLACE_ROOT, path));
}

/* An idle object with a file. */
static uint32_t take_open(const char *path, uint64_t used_ns)
{
	uint32_t idx = sl_table_take(&content);

	ck_assert_uint_ne(idx, SL_ENTRY_NONE);
	disk.files[idx] = true;
	disk.file_cnt++;
	content.entries[idx].state = SL_ENTRY_OPEN;
	content.entries[idx].object.file.idx = idx;
	content.entries[idx].refs_cnt = 1;
	content.entries[idx].used_ns = used_ns;
	content.counters.objects_cnt++;
	give_name(idx, path);
	sl_table_drop(&content, idx);
	return idx;
}

START_TEST(names_come_and_go)
{
	uint32_t one = take_open("one", 0), other = take_open("other", 0);

	ck_assert_uint_eq(find("one"), one);
	ck_assert_uint_eq(find("other"), other);
	ck_assert_uint_eq(find("on"), SL_ENTRY_NONE);
	sl_table_unname(&content, one);
	ck_assert_uint_eq(find("one"), SL_ENTRY_NONE);
	ck_assert_uint_eq(find("other"), other);
	sl_table_name(&content, one);
	ck_assert_uint_eq(find("one"), one);
}
END_TEST

/* Two names whose hashes are equal, and three in one bucket. */
START_TEST(names_that_collide)
{
	uint32_t idx[3];

	for (uint32_t i = 0; i < 3; i++) {
		char path[2] = { (char)('a' + i), '\0' };

		idx[i] = take_open("", 0);
		sl_table_unname(&content, idx[i]);
		memcpy(sl_table_path(&content, idx[i]), path, strlen(path) + 1);
		content.entries[idx[i]].hash = i < 2 ? 7 : 7 + content.bucket_cnt;
		sl_table_name(&content, idx[i]);
	}
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "a", 7), idx[0]);
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "b", 7), idx[1]);
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "c", 7 + content.bucket_cnt),
			  idx[2]);
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "c", 7), SL_ENTRY_NONE);
	sl_table_unname(&content, idx[1]);
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "a", 7), idx[0]);
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "b", 7), SL_ENTRY_NONE);
	ck_assert_uint_eq(sl_table_find(&content, SL_PLACE_ROOT, "c", 7 + content.bucket_cnt),
			  idx[2]);
}
END_TEST

START_TEST(idle_objects_make_room)
{
	uint32_t held = take_open("held", 0);

	sl_table_hold(&content, held);
	take_open("idle", 0);
	for (int i = 2; i < CNT; i++)
		ck_assert_uint_ne(sl_table_take(&content), SL_ENTRY_NONE);
	ck_assert_uint_eq(content.counters.evictions, 0);

	/* Nothing is free: the idle object, and no more. */
	ck_assert_uint_ne(sl_table_take(&content), SL_ENTRY_NONE);
	ck_assert_uint_eq(find("idle"), SL_ENTRY_NONE);
	ck_assert_uint_eq(content.counters.evictions, 1);
	ck_assert_uint_eq(disk.file_cnt, 1);
	ck_assert_uint_eq(sl_table_take(&content), SL_ENTRY_NONE);
	ck_assert_uint_eq(find("held"), held);
}
END_TEST

START_TEST(longest_idle_is_evicted_first)
{
	uint32_t first = take_open("first", 0);

	take_open("second", 0);
	take_open("third", 0);
	take_open("fourth", 0);

	/* first is used again: now second has been idle for longest. */
	sl_table_hold(&content, first);
	sl_table_drop(&content, first);
	sl_table_take(&content);
	ck_assert_uint_eq(find("second"), SL_ENTRY_NONE);
	ck_assert_uint_eq(find("first"), first);
}
END_TEST

START_TEST(object_without_a_name_goes_with_its_last_reference)
{
	uint32_t idx = take_open("replaced", 0);

	sl_table_hold(&content, idx);
	sl_table_hold(&content, idx);
	sl_table_unname(&content, idx);
	sl_table_drop(&content, idx);
	ck_assert(disk.files[idx]);
	sl_table_drop(&content, idx);
	ck_assert(!disk.files[idx]);
	ck_assert_uint_eq(content.free_entries.free_cnt, CNT);
	ck_assert_uint_eq(content.counters.objects_cnt, 0);
}
END_TEST

START_TEST(idle_for_long_is_let_go)
{
	uint64_t now_ns = 100 * SL_NS_PER_S;
	uint32_t held = take_open("held", now_ns);

	sl_table_hold(&content, held);
	take_open("one", now_ns);
	take_open("two", now_ns);
	now_ns += SL_NS_PER_S;
	take_open("three", now_ns);

	now_ns += 9 * SL_NS_PER_S - 1;
	sl_table_trim(&content, now_ns);
	ck_assert_uint_eq(disk.file_cnt, 4);

	/* Ten seconds for the first two; the held one is in use, whatever its age. */
	now_ns += 1;
	sl_table_trim(&content, now_ns);
	ck_assert_uint_eq(disk.file_cnt, 2);
	ck_assert_uint_ne(find("held"), SL_ENTRY_NONE);
	ck_assert_uint_ne(find("three"), SL_ENTRY_NONE);
	ck_assert_uint_eq(content.counters.evictions, 0);
}
END_TEST

Suite *table_suite(void);
Suite *table_suite(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_come_and_go);
	tcase_add_test(tcase, names_that_collide);
	tcase_add_test(tcase, idle_objects_make_room);
	tcase_add_test(tcase, longest_idle_is_evicted_first);
	tcase_add_test(tcase, object_without_a_name_goes_with_its_last_reference);
	tcase_add_test(tcase, idle_for_long_is_let_go);
	suite_add_tcase(suite, tcase);
	return suite;
}
