/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/sent.h"
#include "tcp/table.h"

enum { ENTRIES_MAX = 100 };

static const struct sl_hash_key key = { { 1, 2 } };
static struct sl_tcp_table table;

static void setup(void)
{
	ck_assert_int_eq(sl_tcp_table_init(&table, ENTRIES_MAX, &key), 0);
}

static void teardown(void)
{
	sl_tcp_table_fini(&table);
}

static struct sl_route route_no(uint16_t number)
{
	return (struct sl_route){ .local_port = 443, .peer_port = number };
}

START_TEST(what_was_put_is_found_until_it_is_removed)
{
	for (uint16_t i = 0; i < ENTRIES_MAX; i++) {
		struct sl_route route = route_no(i);

		sl_tcp_table_put(&table, i, sl_tcp_table_hash_route(&table, &route));
	}
	for (uint16_t i = 0; i < ENTRIES_MAX; i++) {
		struct sl_route route = route_no(i);
		uint64_t hash = sl_tcp_table_hash_route(&table, &route);

		ck_assert_uint_eq(sl_tcp_table_first(&table, hash), i);
		sl_tcp_table_remove(&table, i, hash);
		ck_assert_uint_eq(sl_tcp_table_first(&table, hash), SL_TCP_NONE);
	}
}
END_TEST

START_TEST(one_chain_holds_many_and_loses_any)
{
	const uint64_t hash = 0x1234567800000005;

	for (uint32_t i = 0; i < 3; i++)
		sl_tcp_table_put(&table, i, hash);
	ck_assert_uint_eq(sl_tcp_table_first(&table, hash), 2);
	sl_tcp_table_remove(&table, 1, hash);
	ck_assert_uint_eq(sl_tcp_table_next(&table, 2, hash), 0);
	ck_assert_uint_eq(sl_tcp_table_next(&table, 0, hash), SL_TCP_NONE);
	sl_tcp_table_remove(&table, 2, hash);
	ck_assert_uint_eq(sl_tcp_table_first(&table, hash), 0);
}
END_TEST

START_TEST(neighbours_in_a_chain_are_no_candidates)
{
	sl_tcp_table_put(&table, 7, 0x1111111100000005);
	sl_tcp_table_put(&table, 8, 0x2222222200000005);
	ck_assert_uint_eq(sl_tcp_table_first(&table, 0x1111111100000005), 7);
	ck_assert_uint_eq(sl_tcp_table_first(&table, 0x3333333300000005), SL_TCP_NONE);
}
END_TEST

START_TEST(every_part_of_the_tuple_and_the_key_counts)
{
	struct sl_address a = { { 1 } }, b = { { 2 } };
	const struct sl_hash_key other = { { 1, 3 } };
	const uint64_t hashes[] = {
		sl_tcp_table_hash(&key, &a, 1, &b, 2), sl_tcp_table_hash(&key, &b, 1, &a, 2),
		sl_tcp_table_hash(&key, &a, 2, &b, 1), sl_tcp_table_hash(&key, &a, 1, &b, 3),
		sl_tcp_table_hash(&key, &a, 3, &b, 2), sl_tcp_table_hash(&other, &a, 1, &b, 2),
	};

	for (int i = 0; i < 6; i++)
		for (int j = 0; j < i; j++)
			ck_assert_uint_ne(hashes[i], hashes[j]);
}
END_TEST

START_TEST(removing_what_is_not_there_is_a_bug)
{
	sl_tcp_table_remove(&table, 1, 5);
}
END_TEST

Suite *suite_tcp_table(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_was_put_is_found_until_it_is_removed);
	tcase_add_test(tcase, one_chain_holds_many_and_loses_any);
	tcase_add_test(tcase, neighbours_in_a_chain_are_no_candidates);
	tcase_add_test(tcase, every_part_of_the_tuple_and_the_key_counts);
	tcase_add_test_raise_signal(tcase, removing_what_is_not_there_is_a_bug, 6);
	suite_add_tcase(suite, tcase);
	return suite;
}
