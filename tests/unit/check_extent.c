/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "room_store.h"

START_TEST(sizes)
{
	static const struct {
		uint64_t data_bytes;
		uint32_t sum_cnt;
		uint64_t sums_off_bytes, extent_bytes;
	} table[] = {
		{ 1, 1, 4096, 8192 },
		{ 4096, 1, 4096, 8192 },
		{ 4097, 1, 8192, 12288 },
		{ 16384, 1, 16384, 20480 },
		{ 16385, 2, 20480, 24576 },
		{ 512 * 16384, 512, 512 * 16384, 512 * 16384 + 4096 },
		{ 513 * 16384, 513, 513 * 16384, 513 * 16384 + 8192 },
		{ 1 << 30, 65536, 1 << 30, (1 << 30) + 524288 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct sluice_store_extent extent = { .data_bytes = table[i].data_bytes };

		ck_assert_uint_eq(sl_store_sum_cnt(&extent), table[i].sum_cnt);
		ck_assert_uint_eq(sl_store_sums_off_bytes(&extent), table[i].sums_off_bytes);
		ck_assert_uint_eq(sl_store_extent_bytes(&extent), table[i].extent_bytes);
	}
}
END_TEST

START_TEST(locate)
{
	const struct sluice_store_extent extents[] = {
		{ .data_bytes = 32768 },
		{ .data_bytes = 16384 },
		{ .data_bytes = 5 },
	};
	const struct sl_store_object object = { .size_bytes = 49157,
						.extents = extents,
						.extent_cnt = 3 };
	static const struct {
		uint64_t off_bytes;
		uint32_t extent_idx;
		uint64_t extent_off_bytes;
	} table[] = {
		{ 0, 0, 0 },         { 32767, 0, 32767 }, { 32768, 1, 0 },
		{ 49151, 1, 16383 }, { 49152, 2, 0 },     { 49156, 2, 4 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint64_t extent_off_bytes;
		const struct sluice_store_extent *extent =
		    sl_store_locate(&object, table[i].off_bytes, &extent_off_bytes);

		ck_assert_uint_eq((uint64_t)(extent - extents), table[i].extent_idx);
		ck_assert_uint_eq(extent_off_bytes, table[i].extent_off_bytes);
	}
}
END_TEST

/* What a server does: finds a place, reads there, compares the block with its sum. */
START_TEST(sums_of_blocks)
{
	struct sl_store *store;
	const struct sl_store_object *object;
	const struct sluice_store_extent *extent;
	const uint8_t *data;
	uint64_t sums[4], extent_off_bytes;

	store_format(2, 1 << 20, 2, 0);
	store_add("a", 1, 50000);
	store = store_open(SL_STORE_READ);
	object = sl_store_find(store, "a");
	extent = sl_store_locate(object, 20000, &extent_off_bytes);
	ck_assert_uint_eq(sl_store_sum_cnt(extent), 4);
	ck_assert_int_eq(sl_store_sums(store, extent, sums), 0);
	for (uint32_t i = 0; i < 2; i++) {
		data = memory_bytes(extent->places[i].device_idx) + extent->places[i].off_bytes;
		ck_assert_uint_eq(sl_store_block_sum(data + 16384, 16384), sums[1]);
		ck_assert_uint_eq(sl_store_block_sum(data + 49152, 50000 - 49152), sums[3]);
		/* Zero up to the page. */
		for (uint32_t k = 50000; k < 53248; k++)
			ck_assert_uint_eq(data[k], 0);
	}
	sl_store_close(store);
}
END_TEST

START_TEST(sums_from_another_place)
{
	struct sl_store *store;
	const struct sluice_store_extent *extent;
	uint64_t sums[4], again[4], sums_off_bytes;

	store_format(2, 1 << 20, 2, 0);
	store_add("a", 1, 50000);
	store = store_open(SL_STORE_READ);
	extent = sl_store_find(store, "a")->extents;
	sums_off_bytes = sl_store_sums_off_bytes(extent);
	ck_assert_int_eq(sl_store_sums(store, extent, sums), 0);

	memory_bytes(extent->places[0].device_idx)[extent->places[0].off_bytes + sums_off_bytes]++;
	ck_assert_int_eq(sl_store_sums(store, extent, again), 0);
	ck_assert_mem_eq(sums, again, sizeof(sums));
	memory_fail_reads(extent->places[1].device_idx, extent->places[1].off_bytes, 1 << 19);
	ck_assert_int_eq(sl_store_sums(store, extent, again), -EBADMSG);
	sl_store_close(store);
}
END_TEST

Suite *extent_suite(void);
Suite *extent_suite(void)
{
	Suite *suite = suite_create("extent");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, sizes);
	tcase_add_test(test_case, locate);
	tcase_add_test(test_case, sums_of_blocks);
	tcase_add_test(test_case, sums_from_another_place);
	suite_add_tcase(suite, test_case);
	return suite;
}
