/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "room_store.h"
#include "store/super.h"

static struct sluice_store_super plan(uint64_t device_bytes, uint64_t catalogue_bytes,
				      uint32_t align_bytes)
{
	struct sluice_store_super super = {
		.device_cnt = 1,
		.replica_cnt = 1,
		.device_bytes = device_bytes,
		.catalogue_bytes = catalogue_bytes,
		.align_bytes = align_bytes,
	};

	if (sl_super_plan(&super))
		sl_super_seal(&super);
	return super;
}

START_TEST(geometry)
{
	struct sluice_store_super super = plan(1 << 20, 65536, 4096);

	ck_assert(sl_super_check(&super));
	ck_assert_uint_eq(super.catalogue_off_bytes[0], 4096);
	ck_assert_uint_eq(super.catalogue_off_bytes[1], (1 << 20) - 4096 - 65536);
	ck_assert_uint_eq(super.data_off_bytes, 4096 + 65536);
	ck_assert_uint_eq(super.data_off_bytes + super.data_bytes, super.catalogue_off_bytes[1]);

	/* Extents start where the device likes it. */
	super = plan(1 << 20, 65536, 16384);
	ck_assert(sl_super_check(&super));
	ck_assert_uint_eq(super.data_off_bytes % 16384, 0);
	ck_assert_uint_eq(super.data_bytes % 16384, 0);
}
END_TEST

START_TEST(too_small)
{
	static const struct {
		uint64_t device_bytes, catalogue_bytes;
		bool fits;
	} table[] = {
		{ 0, 4096, false },
		{ 4096, 4096, false },
		{ 5 * 4096, 4096, true }, /* two superblocks, two catalogues, a page of data */
		{ 4 * 4096, 4096, false },
		{ 1 << 20, 1 << 20, false },
		{ 1 << 20, UINT64_C(1) << 63, false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sluice_store_super super = {
			.device_bytes = table[i].device_bytes,
			.catalogue_bytes = table[i].catalogue_bytes,
			.align_bytes = 4096,
		};

		ck_assert_msg(sl_super_plan(&super) == table[i].fits, "row %zu", i);
	}
}
END_TEST

/* Each of these has a right checksum. */
START_TEST(refused)
{
	struct sluice_store_super good = plan(1 << 20, 65536, 4096), bad;

#define BAD(change)                               \
	do {                                      \
		bad = good;                       \
		change;                           \
		sl_super_seal(&bad);              \
		ck_assert(!sl_super_check(&bad)); \
	} while (0)
	BAD(bad.device_cnt = 0);
	BAD(bad.device_cnt = SLUICE_STORE_DEVICES_MAX + 1);
	BAD(bad.device_idx = 1);
	BAD(bad.replica_cnt = 0);
	BAD(bad.replica_cnt = 2);
	BAD(bad.device_bytes += 512);
	BAD(bad.catalogue_bytes = 0);
	BAD(bad.catalogue_bytes += 512);
	BAD(bad.align_bytes = 512);
	BAD(bad.align_bytes = 12288);
	BAD(bad.align_bytes = 0);
	BAD(bad.data_off_bytes += 4096);
	BAD(bad.data_bytes += 4096);
	BAD(bad.catalogue_off_bytes[1] += 4096);
#undef BAD
	ck_assert(sl_super_check(&good));
	bad = good;
	bad.seed ^= 1;
	ck_assert(!sl_super_check(&bad));
}
END_TEST

static int read_again(struct sluice_store_super *super, uint32_t *good)
{
	struct sl_volume *volume;
	int error;

	ck_assert_int_eq(sl_volume_open(&volume, memory_path(0), SL_VOLUME_READ), 0);
	error = sl_super_read(volume, super, good);
	sl_volume_close(volume);
	return error;
}

START_TEST(two_copies)
{
	enum { BYTES = 1 << 20 };
	struct sluice_store_super super;
	uint32_t good;

	store_format(1, BYTES, 1, 0);
	ck_assert_int_eq(read_again(&super, &good), 0);
	ck_assert_uint_eq(good, 3);

	memory_bytes(0)[20] ^= 1;
	ck_assert_int_eq(read_again(&super, &good), 0);
	ck_assert_uint_eq(good, 2);
	memory_bytes(0)[BYTES - 4096 + 20] ^= 1;
	ck_assert_int_eq(read_again(&super, &good), -ENOENT);
	memory_bytes(0)[20] ^= 1;
	ck_assert_int_eq(read_again(&super, &good), 0);
	ck_assert_uint_eq(good, 1);
	memory_fail_reads(0, 0, 4096);
	ck_assert_int_eq(read_again(&super, &good), -EIO);
}
END_TEST

START_TEST(other_version)
{
	struct sluice_store_super super;
	uint32_t good;

	store_format(1, 1 << 20, 1, 0);
	memory_bytes(0)[8] = 9;
	memory_bytes(0)[(1 << 20) - 4096 + 8] = 9;
	ck_assert_int_eq(read_again(&super, &good), -EPROTO);
	ck_assert_uint_eq(super.version, 9);
}
END_TEST

START_TEST(shrunk_device)
{
	struct sluice_store_super super, page;
	uint32_t good;

	store_format(1, 1 << 20, 1, 0);
	memcpy(&page, memory_bytes(0), sizeof(page));
	memory_make(0, 1 << 19);
	memcpy(memory_bytes(0), &page, sizeof(page));
	ck_assert_int_eq(read_again(&super, &good), -ENOSPC);
}
END_TEST

START_TEST(room)
{
	struct sluice_store_super super = plan(1 << 20, 65536, 4096);
	uint64_t off_bytes = super.data_off_bytes, data_bytes = super.data_bytes;

	ck_assert(sl_super_has_room(&super, off_bytes, data_bytes));
	ck_assert(!sl_super_has_room(&super, off_bytes, data_bytes + 1));
	ck_assert(!sl_super_has_room(&super, off_bytes - 4096, 4096));
	ck_assert(!sl_super_has_room(&super, off_bytes + 512, 512));
	ck_assert(sl_super_has_room(&super, off_bytes + data_bytes - 4096, 4096));
	ck_assert(!sl_super_has_room(&super, off_bytes + data_bytes, 4096));
	ck_assert(!sl_super_has_room(&super, UINT64_MAX - 4095, 4096));
	ck_assert(!sl_super_has_room(&super, off_bytes, UINT64_MAX));
}
END_TEST

Suite *super_suite(void);
Suite *super_suite(void)
{
	Suite *suite = suite_create("super");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, geometry);
	tcase_add_test(test_case, too_small);
	tcase_add_test(test_case, refused);
	tcase_add_test(test_case, two_copies);
	tcase_add_test(test_case, other_version);
	tcase_add_test(test_case, shrunk_device);
	tcase_add_test(test_case, room);
	suite_add_tcase(suite, test_case);
	return suite;
}
