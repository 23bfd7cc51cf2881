/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies of a catalogue are damaged in all ways; what they say together must not change. */
#include <errno.h>
#include <string.h>

#include "room_store.h"

enum { DEVICE_BYTES = 1 << 20, PAGE_BYTES = SLUICE_STORE_PAGE_BYTES };

/* Where batch n of a copy begins: each of these takes a page. */
static uint8_t *batch_at(uint32_t device_idx, uint32_t copy_idx, uint32_t batch_idx)
{
	const struct sluice_store_super *super = (const void *)memory_bytes(device_idx);

	return memory_bytes(device_idx) + super->catalogue_off_bytes[copy_idx] +
	       batch_idx * PAGE_BYTES;
}

/* Four batches: empty, a, b, c. */
static void four_batches(uint32_t device_cnt)
{
	store_format(device_cnt, DEVICE_BYTES, 1, 0);
	store_add("a", 1, 5000);
	store_add("b", 2, 20000);
	store_add("c", 3, 1);
}

static void expect_all(uint32_t damaged_cnt)
{
	struct sl_store *store = store_open(SL_STORE_READ);

	ck_assert_uint_eq(sl_store_object_cnt(store), 3);
	ck_assert_uint_eq(sl_store_damaged_copies(store), damaged_cnt);
	ck_assert_int_eq(store_compare(store, "a", 1, 5000), 0);
	ck_assert_int_eq(store_compare(store, "b", 2, 20000), 0);
	ck_assert_int_eq(store_compare(store, "c", 3, 1), 0);
	sl_store_close(store);
}

START_TEST(one_copy)
{
	for (uint32_t copy_idx = 0; copy_idx < 2; copy_idx++) {
		for (uint32_t batch_idx = 0; batch_idx < 4; batch_idx++) {
			four_batches(1);
			batch_at(0, copy_idx, batch_idx)[17] ^= 0x40; /* the head */
			expect_all(1);
			batch_at(0, copy_idx, batch_idx)[17] ^= 0x40;
			if (batch_idx == 0)
				continue; /* has no payload */
			batch_at(0, copy_idx, batch_idx)[70] ^= 1;
			expect_all(1);
		}
	}
}
END_TEST

START_TEST(different_batches)
{
	four_batches(1);
	memset(batch_at(0, 0, 0), 0xaa, PAGE_BYTES);
	memset(batch_at(0, 0, 2), 0xaa, PAGE_BYTES);
	memset(batch_at(0, 1, 1), 0xaa, PAGE_BYTES);
	memset(batch_at(0, 1, 3), 0xaa, PAGE_BYTES);
	expect_all(2);

	/* Who writes puts that right. */
	sl_store_close(store_open(SL_STORE_WRITE));
	expect_all(0);
	ck_assert_mem_eq(batch_at(0, 0, 0), batch_at(0, 1, 0), 4 * PAGE_BYTES);
}
END_TEST

START_TEST(other_device)
{
	four_batches(2);
	for (uint32_t batch_idx = 0; batch_idx < 4; batch_idx++) {
		memset(batch_at(0, 0, batch_idx), 0, PAGE_BYTES);
		memset(batch_at(0, 1, batch_idx), 0, PAGE_BYTES);
		memset(batch_at(1, batch_idx % 2, batch_idx), 0, PAGE_BYTES);
	}
	expect_all(4);
}
END_TEST

START_TEST(unreadable)
{
	const struct sluice_store_super *super;

	four_batches(1);
	super = (const void *)memory_bytes(0);
	memory_fail_reads(0, super->catalogue_off_bytes[0], super->catalogue_bytes);
	expect_all(1);
	memory_fail_reads(0, super->catalogue_off_bytes[0] + PAGE_BYTES, 1);
	expect_all(1);
}
END_TEST

/* A batch that is nowhere whole, with others behind it. */
START_TEST(hole)
{
	struct sl_store *store;

	four_batches(1);
	batch_at(0, 0, 2)[70] ^= 1;
	memset(batch_at(0, 1, 2), 0, PAGE_BYTES);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(store->catalogue.lost_cnt, 1);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);
	ck_assert_int_eq(store_compare(store, "a", 1, 5000), 0);
	ck_assert_int_eq(store_compare(store, "c", 3, 1), 0);
	ck_assert_ptr_null(sl_store_find(store, "b"));
	sl_store_close(store);
	ck_assert_int_eq(store_try(&store, SL_STORE_WRITE), -EBADMSG);
}
END_TEST

/* An object that a lost batch replaced is back, unless its space has been used since. */
START_TEST(hole_and_reused_space)
{
	struct sl_store *store;

	store_format(1, DEVICE_BYTES, 1, 0);
	store_add("a", 1, 5000);
	store_add("b", 2, 20000);
	store_remove("a");       /* batch 3 */
	store_add("c", 3, 4000); /* where a was */
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);
	sl_store_close(store);

	memset(batch_at(0, 0, 3), 0, PAGE_BYTES);
	memset(batch_at(0, 1, 3), 0, PAGE_BYTES);
	store = store_open(SL_STORE_READ);
	ck_assert_ptr_null(sl_store_find(store, "a"));
	ck_assert_int_eq(store_compare(store, "b", 2, 20000), 0);
	ck_assert_int_eq(store_compare(store, "c", 3, 4000), 0);
	sl_store_close(store);
}
END_TEST

START_TEST(beginning_lost)
{
	struct sl_store *store;

	four_batches(1);
	memset(batch_at(0, 0, 0), 0, 2 * PAGE_BYTES);
	memset(batch_at(0, 1, 0), 0, 2 * PAGE_BYTES);
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);
	ck_assert_int_eq(store_compare(store, "c", 3, 1), 0);
	sl_store_close(store);
}
END_TEST

START_TEST(nothing_left)
{
	struct sl_store *store;

	four_batches(1);
	memset(batch_at(0, 0, 0), 0, 4 * PAGE_BYTES);
	memset(batch_at(0, 1, 0), 0, 4 * PAGE_BYTES);
	ck_assert_int_eq(store_try(&store, SL_STORE_READ), -EBADMSG);
	ck_assert_int_eq(store_try(&store, SL_STORE_WRITE), -EBADMSG);
}
END_TEST

/* The last batch, torn in both copies: as if it had not been, and the next takes its place. */
START_TEST(torn_tail)
{
	struct sl_store *store;

	four_batches(1);
	batch_at(0, 0, 3)[70] ^= 1;
	batch_at(0, 1, 3)[71] ^= 1;
	store = store_open(SL_STORE_READ);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);
	ck_assert_uint_eq(sl_store_damaged_copies(store), 0);
	sl_store_close(store);
	store_add("c", 3, 1);
	expect_all(0);
}
END_TEST

/* Full again and again: each time it is written anew, and says what it said. */
START_TEST(rewritten)
{
	struct sl_store *store;

	store_format(1, DEVICE_BYTES, 1, 3 * PAGE_BYTES);
	for (uint32_t version = 1; version <= 50; version++) {
		store_add("a", version, 100 * version);
		store_add("b", version + 1000, 30);
	}
	store = store_open(SL_STORE_READ);
	ck_assert_uint_gt(store->catalogue.generation, 20);
	ck_assert_uint_eq(sl_store_object_cnt(store), 2);
	ck_assert_int_eq(store_compare(store, "a", 50, 5000), 0);
	ck_assert_int_eq(store_compare(store, "b", 1050, 30), 0);
	sl_store_close(store);
}
END_TEST

Suite *catalogue_suite(void);
Suite *catalogue_suite(void)
{
	Suite *suite = suite_create("catalogue");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, one_copy);
	tcase_add_test(test_case, different_batches);
	tcase_add_test(test_case, other_device);
	tcase_add_test(test_case, unreadable);
	tcase_add_test(test_case, hole);
	tcase_add_test(test_case, hole_and_reused_space);
	tcase_add_test(test_case, beginning_lost);
	tcase_add_test(test_case, nothing_left);
	tcase_add_test(test_case, torn_tail);
	tcase_add_test(test_case, rewritten);
	suite_add_tcase(suite, test_case);
	return suite;
}
