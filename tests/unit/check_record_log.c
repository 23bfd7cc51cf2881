/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/record_log.h"

#include <signal.h>
#include <string.h>

#include "room_tls.h"

enum { TOTAL_CNT = 4 };

static struct sl_record_pool pool;
static struct sl_record_log record_log;

static void setup(void)
{
	ck_assert_int_eq(sl_record_pool_init(&pool, TOTAL_CNT), 0);
	sl_record_log_init(&record_log);
}

static void teardown(void)
{
	sl_record_pool_fini(&pool);
}

static struct sl_record *append(uint64_t start_seq, uint32_t wire_bytes)
{
	return sl_record_append(&pool, &record_log, SL_RECORD_FILE_SEALED, start_seq, wire_bytes);
}

static struct sl_record *find(uint64_t seq)
{
	return sl_record_find(&pool, &record_log, seq);
}

START_TEST(a_new_entry_is_blank_but_for_its_place)
{
	struct sl_record *record = append(1000, 50);

	memset(record->tag, 0xff, sizeof(record->tag));
	record->has_tag = true;
	record->record_no = 7;
	ck_assert(sl_record_drop(&pool, &record_log, 1050, &(struct sl_record){ 0 }));

	record = append(5, 60); /* in the same place; an empty log starts anywhere */
	ck_assert_uint_eq(record->start_seq, 5);
	ck_assert_uint_eq(record->wire_bytes, 60);
	ck_assert_uint_eq(record->kind, SL_RECORD_FILE_SEALED);
	ck_assert_uint_eq(record->record_no, 0);
	ck_assert(!record->has_tag);
	for (size_t i = 0; i < sizeof(record->tag); i++)
		ck_assert_uint_eq(record->tag[i], 0);
	ck_assert_ptr_null(sl_record_next(&pool, record));
}
END_TEST

START_TEST(finds_the_entry_of_every_byte)
{
	/* Three entries, [100, 110) [110, 111) [111, 131), across a border of 2^32 as well. */
	const uint64_t base_seq = (UINT64_C(1) << 32) - 111;
	struct sl_record *first = append(base_seq + 100, 10);
	struct sl_record *second = append(base_seq + 110, 1);
	struct sl_record *third = append(base_seq + 111, 20);

	ck_assert_ptr_null(find(base_seq + 99));
	for (uint64_t seq = 100; seq < 110; seq++)
		ck_assert_ptr_eq(find(base_seq + seq), first);
	ck_assert_ptr_eq(find(base_seq + 110), second);
	for (uint64_t seq = 111; seq < 131; seq++)
		ck_assert_ptr_eq(find(base_seq + seq), third);
	ck_assert_ptr_null(find(base_seq + 131));

	ck_assert_ptr_eq(sl_record_next(&pool, first), second);
	ck_assert_ptr_eq(sl_record_next(&pool, second), third);
	ck_assert_ptr_null(sl_record_next(&pool, third));
}
END_TEST

START_TEST(an_empty_log_holds_nothing)
{
	struct sl_record gone;

	ck_assert_ptr_null(find(0));
	ck_assert(!sl_record_drop(&pool, &record_log, UINT64_MAX, &gone));
}
END_TEST

START_TEST(drops_what_is_acked_whole_oldest_first)
{
	struct sl_record gone;

	append(0, 100)->source_idx = 1;
	append(100, 100)->source_idx = 2;
	append(200, 100)->source_idx = 3;

	ck_assert(!sl_record_drop(&pool, &record_log, 99, &gone));
	ck_assert(sl_record_drop(&pool, &record_log, 299, &gone));
	ck_assert_uint_eq(gone.source_idx, 1);
	ck_assert(sl_record_drop(&pool, &record_log, 299, &gone));
	ck_assert_uint_eq(gone.source_idx, 2);
	ck_assert_uint_eq(gone.start_seq, 100);
	ck_assert(!sl_record_drop(&pool, &record_log, 299, &gone));
	ck_assert_ptr_null(find(199));
	ck_assert_uint_eq(find(200)->source_idx, 3);

	ck_assert(sl_record_drop(&pool, &record_log, 300, &gone));
	ck_assert(!sl_record_drop(&pool, &record_log, 300, &gone));
	ck_assert_uint_eq(sl_pool_used(&pool.pool), 0);
}
END_TEST

START_TEST(two_connections_share_the_pool_until_it_is_spent)
{
	struct sl_record_log other;
	struct sl_record gone;

	sl_record_log_init(&other);
	for (uint32_t i = 0; i < TOTAL_CNT / 2; i++) {
		ck_assert_ptr_nonnull(append(i * 10, 10));
		ck_assert_ptr_nonnull(
		    sl_record_append(&pool, &other, SL_RECORD_MEMORY, 500 + i * 10, 10));
	}
	ck_assert_ptr_null(append(20, 10));
	ck_assert_uint_eq(find(19)->start_seq, 10); /* as it was */
	ck_assert_ptr_null(find(20));

	ck_assert(sl_record_drop(&pool, &other, 510, &gone));
	ck_assert_uint_eq(gone.kind, SL_RECORD_MEMORY);
	ck_assert_ptr_nonnull(append(20, 10));
	ck_assert_uint_eq(find(29)->start_seq, 20);
	ck_assert_uint_eq(sl_record_find(&pool, &other, 510)->start_seq, 510);
}
END_TEST

START_TEST(a_gap_is_a_bug)
{
	append(0, 10);
	append(11, 10);
}
END_TEST

START_TEST(an_entry_without_bytes_is_a_bug)
{
	append(0, 0);
}
END_TEST

Suite *suite_record_log(void)
{
	Suite *suite = suite_create("record_log");
	TCase *tcase = tcase_create("record_log");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_new_entry_is_blank_but_for_its_place);
	tcase_add_test(tcase, finds_the_entry_of_every_byte);
	tcase_add_test(tcase, an_empty_log_holds_nothing);
	tcase_add_test(tcase, drops_what_is_acked_whole_oldest_first);
	tcase_add_test(tcase, two_connections_share_the_pool_until_it_is_spent);
	tcase_add_test_raise_signal(tcase, a_gap_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tcase, an_entry_without_bytes_is_a_bug, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}
