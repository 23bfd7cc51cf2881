/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: mincore */

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "room_base.h"

enum { WANTED_BYTES = 3 * 1000 * 1000 }; /* no multiple of any page */

static struct sl_arena arena;

static void setup(void)
{
	ck_assert_int_eq(sl_arena_init(&arena, WANTED_BYTES), 0);
}

static void teardown(void)
{
	sl_arena_fini(&arena);
}

START_TEST(it_is_as_large_as_asked_in_whole_pages)
{
	size_t page_bytes = arena.huge ? 2 << 20 : (size_t)sysconf(_SC_PAGESIZE);

	ck_assert_uint_ge(arena.size_bytes, WANTED_BYTES);
	ck_assert_uint_lt(arena.size_bytes, WANTED_BYTES + page_bytes);
	ck_assert_uint_eq(arena.size_bytes % page_bytes, 0);
	ck_assert_uint_eq(arena.used_bytes, 0);
}
END_TEST

START_TEST(every_page_is_there_before_it_is_touched)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t page_cnt = arena.size_bytes / page_bytes;
	unsigned char present[4096];

	ck_assert_uint_le(page_cnt, sizeof(present));
	ck_assert_int_eq(mincore(arena.base, arena.size_bytes, present), 0);
	for (size_t i = 0; i < page_cnt; i++)
		ck_assert_msg(present[i] & 1, "page %zu of %zu", i, page_cnt);
}
END_TEST

START_TEST(a_second_mapping_of_the_memfd_sees_the_same_bytes)
{
	uint8_t *again = mmap(NULL, arena.size_bytes, PROT_READ, MAP_SHARED, arena.fd, 0);

	ck_assert_ptr_ne(again, MAP_FAILED);
	memcpy(arena.base + WANTED_BYTES - 6, "sluice", 6);
	ck_assert_mem_eq(again + WANTED_BYTES - 6, "sluice", 6);
	munmap(again, arena.size_bytes);
}
END_TEST

START_TEST(pieces_are_aligned_and_do_not_overlap)
{
	static const struct {
		size_t len_bytes, align_bytes;
	} pieces[] = {
		{ 1, 1 },       { 1, 64 }, { 100, 4096 }, { 4096, 4096 },
		{ 3, 1 << 16 }, { 0, 1 },  { 5000, 2 },   { 1 << 20, 1 << 17 },
	};
	uint8_t *end = arena.base;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		uint8_t *piece = sl_arena_carve(&arena, pieces[i].len_bytes, pieces[i].align_bytes);

		ck_assert_ptr_nonnull(piece);
		ck_assert(piece >= end);
		ck_assert_uint_eq((uintptr_t)piece % pieces[i].align_bytes, 0);
		end = piece + pieces[i].len_bytes;
		ck_assert_ptr_eq(end, arena.base + arena.used_bytes);
	}
}
END_TEST

START_TEST(it_gives_all_it_has_and_no_more)
{
	ck_assert_ptr_null(sl_arena_carve(&arena, arena.size_bytes + 1, 1));
	ck_assert_ptr_null(sl_arena_carve(&arena, SIZE_MAX, 1));
	ck_assert_uint_eq(arena.used_bytes, 0); /* a refusal takes nothing */
	ck_assert_ptr_eq(sl_arena_carve(&arena, arena.size_bytes - 1, 1), arena.base);
	ck_assert_ptr_null(sl_arena_carve(&arena, 2, 1));
	ck_assert_ptr_null(sl_arena_carve(&arena, 1, SIZE_MAX / 2 + 1));
	ck_assert_ptr_nonnull(sl_arena_carve(&arena, 1, 1));
	ck_assert_ptr_null(sl_arena_carve(&arena, 1, 1));
}
END_TEST

START_TEST(what_cannot_be_had_is_an_error)
{
	struct sl_arena none;

	ck_assert_int_lt(sl_arena_init(&none, SIZE_MAX), 0);
	ck_assert_int_lt(sl_arena_init(&none, SIZE_MAX / 2), 0);
	ck_assert_ptr_null(none.base);
	sl_arena_fini(&none); /* and may be ended like any other */
}
END_TEST

Suite *suite_arena(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_is_as_large_as_asked_in_whole_pages);
	tcase_add_test(tcase, every_page_is_there_before_it_is_touched);
	tcase_add_test(tcase, a_second_mapping_of_the_memfd_sees_the_same_bytes);
	tcase_add_test(tcase, pieces_are_aligned_and_do_not_overlap);
	tcase_add_test(tcase, it_gives_all_it_has_and_no_more);
	tcase_add_test(tcase, what_cannot_be_had_is_an_error);
	suite_add_tcase(suite, tcase);
	return suite;
}
