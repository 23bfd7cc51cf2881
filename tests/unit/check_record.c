/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "room_store.h"
#include "store/record.h"

/* A record of "a/b" with one extent, and what may be wrong with it. */
struct one {
	struct sluice_store_record record;
	struct sluice_store_extent extent;
	char name[8];
};

static struct sluice_store_super super;
static const struct sluice_store_super *const supers[] = { &super, NULL };

static struct one good(void)
{
	super = (struct sluice_store_super){ .align_bytes = 4096,
					     .data_off_bytes = 8192,
					     .data_bytes = 1 << 20 };
	return (struct one){
		.record = { .record_bytes = sizeof(struct one),
			    .kind = SLUICE_STORE_PUT,
			    .name_bytes = 3,
			    .extent_cnt = 1,
			    .size_bytes = 5000 },
		.extent = { .data_bytes = 5000, .places = { { .off_bytes = 8192 } } },
		.name = "a/b",
	};
}

static bool check(const struct one *one, uint32_t replica_cnt)
{
	uint32_t cnt;

	return sl_store_record_check(one, sizeof(*one), supers, 2, replica_cnt, &cnt) && cnt == 1;
}

START_TEST(right)
{
	struct one one = good(), two[2] = { good(), good() };
	uint32_t cnt;

	ck_assert(check(&one, 1));
	ck_assert(sl_store_record_check(two, sizeof(two), supers, 2, 1, &cnt));
	ck_assert_uint_eq(cnt, 2);
	ck_assert(sl_store_record_check(two, 0, supers, 2, 1, &cnt));
	ck_assert_uint_eq(cnt, 0);

	/* Of a device that is missing nothing can be checked. */
	one.extent.places[0] = (struct sluice_store_place){ .off_bytes = 1, .device_idx = 1 };
	ck_assert(check(&one, 1));
	one.extent.places[0] = (struct sluice_store_place){ .off_bytes = 8192 };
	one.extent.places[1] = (struct sluice_store_place){ .off_bytes = 4096, .device_idx = 1 };
	ck_assert(check(&one, 2));
}
END_TEST

#define BAD(change)                                      \
	do {                                             \
		struct one one = good();                 \
		change;                                  \
		ck_assert_msg(!check(&one, 1), #change); \
	} while (0)

START_TEST(wrong)
{
	BAD(one.record.record_bytes += 8);
	BAD(one.record.record_bytes -= 8);
	BAD(one.record.record_bytes = 0);
	BAD(one.record.kind = 0);
	BAD(one.record.kind = 3);
	BAD(one.record.kind = SLUICE_STORE_REMOVE);
	BAD(one.record.zero = 1);
	BAD(one.record.name_bytes = 2);
	BAD(one.record.name_bytes = 0);
	BAD(one.record.name_bytes = 4);
	BAD(one.record.extent_cnt = 0);
	BAD(one.record.extent_cnt = 2);
	BAD(one.record.extent_cnt = UINT32_MAX);
	BAD(one.record.size_bytes = 4999);
	BAD(one.record.size_bytes = 5001);
	BAD(one.record.size_bytes = UINT64_MAX);
	BAD(one.extent.data_bytes = 0);
	BAD(one.extent.data_bytes = 1 << 20);
	BAD(one.extent.places[0].off_bytes = 4096);
	BAD(one.extent.places[0].off_bytes = 8193);
	BAD(one.extent.places[0].off_bytes = 1 << 20);
	BAD(one.extent.places[0].device_idx = 2);
	BAD(one.extent.places[0].zero = 1);
	BAD(one.extent.places[1].off_bytes = 8192);
	BAD(memcpy(one.name, "../", 3));
}
END_TEST

START_TEST(two_places_on_one_device)
{
	struct one one = good();

	one.extent.places[1].off_bytes = 65536;
	ck_assert(!check(&one, 2));
}
END_TEST

/* All but the last are whole blocks, or nobody could tell which block a byte is in. */
START_TEST(broken_blocks)
{
	struct {
		struct sluice_store_record record;
		struct sluice_store_extent extents[2];
		char name[8];
	} record = {
		.record = { .record_bytes = sizeof(record),
			    .kind = SLUICE_STORE_PUT,
			    .name_bytes = 1,
			    .extent_cnt = 2,
			    .size_bytes = 16384 + 100 },
		.extents = { { .data_bytes = 16384, .places = { { .off_bytes = 8192 } } },
			     { .data_bytes = 100, .places = { { .off_bytes = 65536 } } } },
		.name = "a",
	};
	uint32_t cnt;

	good();
	ck_assert(sl_store_record_check(&record, sizeof(record), supers, 2, 1, &cnt));
	record.extents[0].data_bytes = 100;
	record.extents[1].data_bytes = 16384;
	ck_assert(!sl_store_record_check(&record, sizeof(record), supers, 2, 1, &cnt));
}
END_TEST

START_TEST(names)
{
	static const struct {
		const char *name;
		bool good;
	} table[] = {
		{ "a", true },      { "a/b/c.ts", true }, { "...", true },     { ".hidden", true },
		{ "a..b/c", true }, { "\xff\x01", true }, { "", false },       { "/", false },
		{ "/a", false },    { "a/", false },      { "a//b", false },   { ".", false },
		{ "..", false },    { "a/.", false },     { "a/../b", false }, { "./a", false },
	};
	char longest[SLUICE_STORE_NAME_MAX_BYTES + 1];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(sl_store_record_is_name(table[i].name, strlen(table[i].name)) ==
				  table[i].good,
			      "'%s'", table[i].name);
	memset(longest, 'x', sizeof(longest));
	ck_assert(sl_store_record_is_name(longest, sizeof(longest) - 1));
	ck_assert(!sl_store_record_is_name(longest, sizeof(longest)));
	ck_assert(!sl_store_record_is_name("a\0b", 3));
}
END_TEST

Suite *record_suite(void);
Suite *record_suite(void)
{
	Suite *suite = suite_create("record");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, right);
	tcase_add_test(test_case, wrong);
	tcase_add_test(test_case, two_places_on_one_device);
	tcase_add_test(test_case, broken_blocks);
	tcase_add_test(test_case, names);
	suite_add_tcase(suite, test_case);
	return suite;
}
