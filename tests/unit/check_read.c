/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "room_store.h"

enum { SIZE_BYTES = 100000 };

static uint8_t *place_of(const struct sl_store *store, uint32_t replica_idx, uint64_t off_bytes)
{
	const struct sluice_store_place *place =
	    &sl_store_find(store, "a")->extents->places[replica_idx];

	return memory_bytes(place->device_idx) + place->off_bytes + off_bytes;
}

static struct sl_store *damaged_store(uint32_t device_cnt, uint32_t replica_cnt)
{
	store_format(device_cnt, 1 << 20, replica_cnt, 0);
	store_add("a", 1, SIZE_BYTES);
	store_add("b", 2, 5000);
	return store_open(SL_STORE_READ);
}

START_TEST(every_byte_counts)
{
	static const uint64_t offs_bytes[] = { 0, 16383, 16384, 65536, SIZE_BYTES - 1 };

	for (size_t i = 0; i < sizeof(offs_bytes) / sizeof(offs_bytes[0]); i++) {
		struct sl_store *store = damaged_store(1, 1);
		struct sl_store_damage damage;

		ck_assert_uint_eq(store_damages(store, NULL), 0);
		*place_of(store, 0, offs_bytes[i]) ^= 0x80;
		ck_assert_int_eq(store_compare(store, "a", 1, SIZE_BYTES), -EBADMSG);
		ck_assert_int_eq(store_compare(store, "b", 2, 5000), 0);

		ck_assert_uint_eq(store_damages(store, &damage), 1);
		ck_assert_str_eq(damage.object->name, "a");
		ck_assert_str_eq(damage.path, memory_path(0));
		ck_assert_int_eq(damage.error, -EBADMSG);
		ck_assert_ptr_eq(memory_bytes(0) + damage.off_bytes,
				 place_of(store, 0, offs_bytes[i] / 16384 * 16384));
		sl_store_close(store);
	}
}
END_TEST

/* Neighbours are told of together. */
START_TEST(runs)
{
	struct sl_store *store = damaged_store(1, 1);
	struct sl_store_damage damage;

	*place_of(store, 0, 16384) ^= 1;
	*place_of(store, 0, 2 * 16384) ^= 1;
	*place_of(store, 0, 4 * 16384) ^= 1;
	ck_assert_uint_eq(store_damages(store, &damage), 2);
	memory_fail_reads(0, (uint64_t)(place_of(store, 0, 16384) - memory_bytes(0)), 3 * 16384);
	ck_assert_uint_eq(store_damages(store, &damage), 2);
	sl_store_close(store);
}
END_TEST

START_TEST(sums_damaged)
{
	struct sl_store *store = damaged_store(1, 1);
	struct sl_store_damage damage;

	*place_of(store, 0, sl_store_sums_off_bytes(sl_store_find(store, "a")->extents)) ^= 1;
	ck_assert_int_eq(store_compare(store, "a", 1, SIZE_BYTES), -EBADMSG);
	ck_assert_uint_eq(store_damages(store, &damage), 1);
	ck_assert_uint_eq(damage.len_bytes, 4096);
	sl_store_close(store);
}
END_TEST

/* Each block from where it is right. */
START_TEST(replicas)
{
	struct sl_store *store = damaged_store(3, 2);
	struct sl_store_damage damage;

	*place_of(store, 0, 0) ^= 1;
	*place_of(store, 1, 20000) ^= 1;
	ck_assert_int_eq(store_compare(store, "a", 1, SIZE_BYTES), 0);
	ck_assert_uint_eq(store_damages(store, &damage), 2);
	*place_of(store, 1, 1) ^= 1;
	ck_assert_int_eq(store_compare(store, "a", 1, SIZE_BYTES), -EBADMSG);
	sl_store_close(store);
}
END_TEST

START_TEST(read_errors)
{
	struct sl_store *store = damaged_store(2, 2);
	const struct sluice_store_place *place = &sl_store_find(store, "a")->extents->places[0];
	struct sl_store_damage damage;

	memory_fail_reads(place->device_idx, place->off_bytes + 40000, 1);
	ck_assert_int_eq(store_compare(store, "a", 1, SIZE_BYTES), 0);
	ck_assert_uint_eq(store_damages(store, &damage), 1);
	ck_assert_int_eq(damage.error, -EIO);
	ck_assert_uint_eq(damage.len_bytes, 16384);
	sl_store_close(store);
}
END_TEST

static int stop(void *arg, const void *data, uint32_t len_bytes)
{
	(void)arg;
	(void)data;
	(void)len_bytes;
	return -EPIPE;
}

START_TEST(taker_stops)
{
	struct sl_store *store = damaged_store(1, 1);

	ck_assert_int_eq(sl_store_read(store, sl_store_find(store, "a"), stop, NULL), -EPIPE);
	sl_store_close(store);
}
END_TEST

Suite *read_suite(void);
Suite *read_suite(void)
{
	Suite *suite = suite_create("read");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, every_byte_counts);
	tcase_add_test(test_case, runs);
	tcase_add_test(test_case, sums_damaged);
	tcase_add_test(test_case, replicas);
	tcase_add_test(test_case, read_errors);
	tcase_add_test(test_case, taker_stops);
	suite_add_tcase(suite, test_case);
	return suite;
}
