/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "room_store.h"
#include "store/space.h"

enum { BLOCK_BYTES = SLUICE_STORE_BLOCK_BYTES };

/* Devices with free runs as a row says; 0 ends it. Page 4096, offsets from 1 MiB on with gaps. */
static struct sl_space_run runs[4][8];

static struct sl_space space_of(uint32_t replica_cnt, uint32_t device_cnt,
				const uint64_t lens_bytes[][8])
{
	struct sl_space space = { .device_cnt = device_cnt, .replica_cnt = replica_cnt };

	for (uint32_t idx = 0; idx < device_cnt; idx++) {
		struct sl_space_device *device = &space.devices[idx];

		device->runs = runs[idx];
		device->align_bytes = 4096;
		for (; lens_bytes[idx][device->run_cnt]; device->run_cnt++) {
			device->runs[device->run_cnt] =
			    (struct sl_space_run){ (device->run_cnt + 1) << 20,
						   lens_bytes[idx][device->run_cnt] };
			device->free_bytes += lens_bytes[idx][device->run_cnt];
		}
	}
	return space;
}

/* The first run that is long enough, not the largest. */
START_TEST(first_fit)
{
	struct sl_space space = space_of(1, 1, (const uint64_t[][8]){ { 8192, 40960, 409600 } });
	struct sluice_store_extent extent;

	ck_assert_int_eq(sl_space_take(&space, 20000, NULL, &extent), 0);
	ck_assert_uint_eq(extent.data_bytes, 20000);
	ck_assert_uint_eq(extent.places[0].off_bytes, 2 << 20);
	/* 20480 of data and a page of sums are gone. */
	ck_assert_uint_eq(space.devices[0].free_bytes, 8192 + 40960 + 409600 - 24576);
	ck_assert_int_eq(sl_space_take(&space, 20000, NULL, &extent), 0);
	ck_assert_uint_eq(extent.places[0].off_bytes, 3 << 20);
}
END_TEST

/* In pieces, if no run is long enough: whole blocks but for the last. */
START_TEST(pieces)
{
	struct sl_space space = space_of(1, 1, (const uint64_t[][8]){ { 45056, 61440, 8192 } });
	struct sluice_store_extent extent;

	ck_assert_int_eq(sl_space_take(&space, 80000, NULL, &extent), 0);
	ck_assert_uint_eq(extent.places[0].off_bytes, 2 << 20);
	ck_assert_uint_eq(extent.data_bytes, 3 * BLOCK_BYTES);
	ck_assert_int_eq(sl_space_take(&space, 80000 - 3 * BLOCK_BYTES, NULL, &extent), 0);
	ck_assert_uint_eq(extent.places[0].off_bytes, 1 << 20);
	ck_assert_uint_eq(extent.data_bytes, 80000 - 3 * BLOCK_BYTES);
	ck_assert_int_eq(sl_space_take(&space, 80000, NULL, &extent), -ENOSPC);
}
END_TEST

START_TEST(roomiest_device)
{
	struct sl_space space =
	    space_of(1, 3, (const uint64_t[][8]){ { 65536 }, { 40960, 40960, 40960 }, { 69632 } });
	struct sluice_store_extent extent;

	ck_assert_int_eq(sl_space_take(&space, 4096, NULL, &extent), 0);
	ck_assert_uint_eq(extent.places[0].device_idx, 1);
	/* An object stays on its device while that has room, and goes on elsewhere. */
	ck_assert_int_eq(sl_space_take(&space, 4096, &extent, &extent), 0);
	ck_assert_uint_eq(extent.places[0].device_idx, 1);
	ck_assert_int_eq(sl_space_take(&space, 4 * BLOCK_BYTES, &extent, &extent), 0);
	ck_assert_uint_eq(extent.places[0].device_idx, 1);
	ck_assert_uint_eq(extent.data_bytes, 2 * BLOCK_BYTES);
}
END_TEST

START_TEST(replicas)
{
	struct sl_space space =
	    space_of(2, 3, (const uint64_t[][8]){ { 65536 }, { 4096 }, { 131072 } });
	struct sluice_store_extent extent;

	ck_assert_int_eq(sl_space_take(&space, 60000, NULL, &extent), 0);
	ck_assert_uint_eq(extent.places[0].device_idx, 2);
	ck_assert_uint_eq(extent.places[1].device_idx, 0);
	ck_assert_uint_eq(extent.places[2].off_bytes, 0);
	ck_assert_int_eq(sl_space_take(&space, 60000, NULL, &extent), -ENOSPC);
}
END_TEST

START_TEST(longest_extent)
{
	struct sl_space space = space_of(1, 1, (const uint64_t[][8]){ { UINT64_C(4) << 30 } });
	struct sluice_store_extent extent;

	ck_assert_int_eq(sl_space_take(&space, UINT64_C(3) << 30, NULL, &extent), 0);
	ck_assert_uint_eq(extent.data_bytes, SLUICE_STORE_EXTENT_MAX_BYTES);
}
END_TEST

/* What objects have is not free; what removed ones had is, unless somebody may read it. */
START_TEST(of_a_store)
{
	struct sl_store_member member;
	struct sl_store *store;
	struct sl_space space;

	store_format(1, 1 << 20, 1, 0);
	store_add("a", 1, 20000);
	store_add("b", 2, 40000);
	store_remove("a");
	store = store_open(SL_STORE_READ);
	sl_store_member(store, 0, &member);
	ck_assert_uint_eq(member.used_bytes, 40960 + 4096);

	ck_assert_int_eq(sl_space_init(&space, store, false), 0);
	ck_assert_uint_eq(space.devices[0].free_bytes, member.data_bytes - member.used_bytes);
	ck_assert_uint_eq(space.devices[0].run_cnt, 2);
	ck_assert_uint_eq(space.devices[0].runs[0].len_bytes, 24576);
	sl_space_fini(&space);

	ck_assert_int_eq(sl_space_init(&space, store, true), 0);
	ck_assert_uint_eq(space.devices[0].run_cnt, 1);
	ck_assert_uint_eq(space.devices[0].free_bytes,
			  member.data_bytes - member.used_bytes - 24576);
	sl_space_fini(&space);
	sl_store_close(store);
}
END_TEST

Suite *space_suite(void);
Suite *space_suite(void)
{
	Suite *suite = suite_create("space");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, first_fit);
	tcase_add_test(test_case, pieces);
	tcase_add_test(test_case, roomiest_device);
	tcase_add_test(test_case, replicas);
	tcase_add_test(test_case, longest_extent);
	tcase_add_test(test_case, of_a_store);
	suite_add_tcase(suite, test_case);
	return suite;
}
