/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "room_base.h"

/* RFC 1071, section 1, word by word: what ours must agree with. */
static uint16_t naive(const uint8_t *data, size_t len_bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len_bytes; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* As it is stored in a packet, read back in network order. */
static uint16_t stored(uint64_t sum)
{
	uint16_t checksum = sl_checksum_fold(sum);
	uint8_t bytes[2];

	memcpy(bytes, &checksum, sizeof(bytes));
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

START_TEST(the_example_of_rfc_1071)
{
	/* Section 3: the sum of these is ddf2. */
	const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	ck_assert_uint_eq(stored(sl_checksum_add(0, data, sizeof(data))), 0xffff ^ 0xddf2);
}
END_TEST

START_TEST(nothing_sums_to_nothing)
{
	ck_assert_uint_eq(stored(sl_checksum_add(0, "", 0)), 0xffff);
}
END_TEST

START_TEST(carries_come_around)
{
	ck_assert_uint_eq(stored(UINT64_MAX), 0x0000);
	ck_assert_uint_eq(stored(UINT64_C(0xffffffff00000000)), 0x0000);
	ck_assert_uint_eq(sl_checksum_fold(UINT64_C(0x0001000000000000)), 0xfffe);
	ck_assert_uint_eq(sl_checksum_fold(UINT64_C(0xffff00010000ffff)), 0xfffe);
	ck_assert_uint_eq(sl_checksum_fold(UINT64_C(0xffffffffffff0001)), 0xfffe);
}
END_TEST

/* Exact-size heap buffers, so that ASan sees a read beyond; every length up to several of the
 * widest vectors, every alignment of a packet's parts. */
START_TEST(it_agrees_with_the_naive_sum)
{
	srandom(1071);
	for (size_t len_bytes = 0; len_bytes < 700; len_bytes++) {
		for (size_t off = 0; off < 4; off++) {
			uint8_t *data = malloc(off + len_bytes + 1);

			ck_assert_ptr_nonnull(data);
			for (size_t i = 0; i < off + len_bytes; i++)
				data[i] = len_bytes % 5 ? (uint8_t)random() : 0xff;
			ck_assert_uint_eq(stored(sl_checksum_add(0, data + off, len_bytes)),
					  naive(data + off, len_bytes));
			free(data);
		}
	}
}
END_TEST

START_TEST(it_reads_nothing_beyond)
{
	for (size_t len_bytes = 1; len_bytes < 300; len_bytes++) {
		uint8_t *data = malloc(len_bytes);

		ck_assert_ptr_nonnull(data);
		memset(data, 0x5a, len_bytes);
		ck_assert_uint_eq(stored(sl_checksum_add(0, data, len_bytes)),
				  naive(data, len_bytes));
		free(data);
	}
}
END_TEST

START_TEST(pieces_of_even_length_add_up)
{
	uint8_t data[1449];

	srandom(793);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)random();
	for (size_t cut = 0; cut < sizeof(data); cut += 2) {
		uint64_t sum = sl_checksum_add(0, data, cut);

		sum = sl_checksum_add(sum, data + cut, sizeof(data) - cut);
		ck_assert_uint_eq(stored(sum), naive(data, sizeof(data)));
	}
}
END_TEST

static void expect_copy(uint8_t *to, const uint8_t *from, size_t len_bytes)
{
	uint64_t sum;

	memset(to - 1, 0x5a, len_bytes + 2);
	sum = sl_checksum_copy(to, from, len_bytes);
	ck_assert_mem_eq(to, from, len_bytes);
	ck_assert_uint_eq(to[-1], 0x5a);
	ck_assert_uint_eq(to[len_bytes], 0x5a);
	ck_assert_uint_eq(stored(sum), naive(from, len_bytes));
}

/* Every length up to two turns of the longest loop, every alignment; what lies around the copy
 * stays. */
START_TEST(a_copy_is_summed)
{
	enum { LEN_MAX_BYTES = 1100, LINE_BYTES = 64 };
	static uint8_t from[LINE_BYTES + LEN_MAX_BYTES], to[1 + LINE_BYTES + LEN_MAX_BYTES + 1];

	srandom(624);
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = i % 3 ? (uint8_t)random() : 0xff;
	for (size_t len_bytes = 0; len_bytes <= LEN_MAX_BYTES; len_bytes++)
		for (size_t at = 0; at < LINE_BYTES; at++)
			expect_copy(to + 1 + at, from + (at * 7 + len_bytes) % LINE_BYTES,
				    len_bytes);
}
END_TEST

START_TEST(pieces_join_at_any_offset)
{
	uint8_t data[600];

	srandom(1141);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i % 3 ? (uint8_t)random() : 0xff;
	for (size_t first = 0; first <= 299; first++) {
		size_t second = first + (sizeof(data) - first) / 3;
		uint64_t sum = sl_checksum_add(0, data, first);

		sum =
		    sl_checksum_join(sum, sl_checksum_add(0, data + first, second - first), first);
		sum = sl_checksum_join(
		    sum, sl_checksum_add(0, data + second, sizeof(data) - second), second);
		ck_assert_uint_eq(stored(sum), naive(data, sizeof(data)));
	}
}
END_TEST

Suite *suite_checksum(void)
{
	Suite *suite = suite_create("checksum");
	TCase *tcase = tcase_create("RFC 1071");

	tcase_set_timeout(tcase, 60); /* for the sanitizers on a busy machine */
	tcase_add_test(tcase, the_example_of_rfc_1071);
	tcase_add_test(tcase, nothing_sums_to_nothing);
	tcase_add_test(tcase, carries_come_around);
	tcase_add_test(tcase, it_agrees_with_the_naive_sum);
	tcase_add_test(tcase, it_reads_nothing_beyond);
	tcase_add_test(tcase, pieces_of_even_length_add_up);
	tcase_add_test(tcase, a_copy_is_summed);
	tcase_add_test(tcase, pieces_join_at_any_offset);
	suite_add_tcase(suite, tcase);
	return suite;
}
