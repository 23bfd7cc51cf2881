/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/minmax.h"
#include "room_base.h"

enum { BYTES = 400 };

static uint8_t stream[BYTES], places[BYTES];

static void setup(void)
{
	srandom(1624);
	for (int i = 0; i < BYTES; i++)
		stream[i] = (uint8_t)random();
	memset(places, 0, sizeof(places));
}

/* Spans of span_bytes one behind the other, the last one shorter; returns how many. */
static uint32_t lay_out(struct sl_span *spans, uint32_t span_bytes)
{
	uint32_t cnt = 0;

	for (uint32_t off = 0; off < BYTES; off += span_bytes, cnt++)
		spans[cnt] = (struct sl_span){
			.data = places + off,
			.len_bytes = min_u32(span_bytes, BYTES - off),
		};
	return cnt;
}

static void put_in_pieces(struct sl_span_cursor *cursor, uint32_t piece_bytes)
{
	for (uint32_t off = 0; off < BYTES; off += piece_bytes) {
		ck_assert(!sl_span_full(cursor));
		ck_assert_ptr_eq(cursor->spans[cursor->span_idx].data + cursor->off_bytes,
				 places + off);
		sl_span_put(cursor, stream + off, min_u32(piece_bytes, BYTES - off));
	}
	ck_assert(sl_span_full(cursor));
}

static void expect_sum(const struct sl_span *span)
{
	uint64_t sum = sl_checksum_add(0, span->data, span->len_bytes);

	ck_assert_uint_eq(sl_checksum_fold(span->sum), sl_checksum_fold(sum));
}

/* Pieces of every length into spans of every length: all borders meet at all offsets. */
START_TEST(bytes_are_where_they_belong_and_summed)
{
	struct sl_span spans[BYTES];

	for (uint32_t span_bytes = 1; span_bytes <= BYTES; span_bytes++) {
		for (uint32_t piece_bytes = 1; piece_bytes <= BYTES; piece_bytes++) {
			struct sl_span_cursor cursor = { .spans = spans };

			cursor.span_cnt = lay_out(spans, span_bytes);
			memset(places, 0, sizeof(places));
			put_in_pieces(&cursor, piece_bytes);
			ck_assert_mem_eq(places, stream, BYTES);
			for (uint32_t i = 0; i < cursor.span_cnt; i++)
				expect_sum(&spans[i]);
		}
	}
}
END_TEST

START_TEST(empty_spans_are_passed_over)
{
	static const uint32_t lengths[] = { 0, 3, 0, 0, 1, 96, 0 };
	enum { SPAN_CNT = sizeof(lengths) / sizeof(lengths[0]) };
	struct sl_span spans[SPAN_CNT];
	struct sl_span_cursor cursor = { .spans = spans, .span_cnt = SPAN_CNT };
	uint8_t *place = places;

	for (int i = 0; i < SPAN_CNT; i++) {
		spans[i] = (struct sl_span){ .data = place, .len_bytes = lengths[i] };
		place += lengths[i];
	}
	sl_span_put(&cursor, stream, 100);
	ck_assert_mem_eq(places, stream, 100);
	ck_assert_uint_eq(places[100], 0);
	for (int i = 0; i < SPAN_CNT; i++)
		expect_sum(&spans[i]);
}
END_TEST

START_TEST(nothing_moves_nothing)
{
	struct sl_span span = { .data = places, .len_bytes = BYTES };
	struct sl_span_cursor cursor = { .spans = &span, .span_cnt = 1 };

	sl_span_put(&cursor, stream, 0);
	ck_assert_uint_eq(cursor.span_idx, 0);
	ck_assert_uint_eq(cursor.off_bytes, 0);
	ck_assert_uint_eq(span.sum, 0);
}
END_TEST

START_TEST(too_little_room_is_a_bug)
{
	struct sl_span span = { .data = places, .len_bytes = BYTES - 1 };
	struct sl_span_cursor cursor = { .spans = &span, .span_cnt = 1 };

	sl_span_put(&cursor, stream, BYTES);
}
END_TEST

Suite *suite_span(void)
{
	Suite *suite = suite_create("span");
	TCase *tcase = tcase_create("span");

	tcase_set_timeout(tcase, 60); /* for the sanitizers on a busy machine */
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, bytes_are_where_they_belong_and_summed);
	tcase_add_test(tcase, empty_spans_are_passed_over);
	tcase_add_test(tcase, nothing_moves_nothing);
	tcase_add_test_raise_signal(tcase, too_little_room_is_a_bug, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}
