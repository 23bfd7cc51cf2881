/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/sent_list.h"

enum { CONNS_MAX = 3 };

static struct sl_tcp_sent_store store;
static struct sl_tcp_sent lists[CONNS_MAX], *list = &lists[0];

static void setup(void)
{
	ck_assert_int_eq(sl_tcp_sent_store_init(&store, CONNS_MAX), 0);
	for (int i = 0; i < CONNS_MAX; i++)
		sl_tcp_sent_init(&lists[i]);
}

static void teardown(void)
{
	for (int i = 0; i < CONNS_MAX; i++)
		sl_tcp_sent_clear(&store, &lists[i]);
	ck_assert_uint_eq(sl_pool_used(&store.pool), 0);
	sl_tcp_sent_store_fini(&store);
}

static bool add(struct sl_tcp_sent *to, uint64_t start_seq, uint8_t state, uint64_t sent_ns)
{
	uint32_t idx;

	if (!sl_tcp_sent_list_take(&store, to, &idx))
		return false;
	store.ranges[idx] = (struct sl_tcp_sent_range){ .start_seq = start_seq,
							.len_bytes = 100,
							.state = state,
							.sent_ns = sent_ns,
							.sent_cnt = 1 };
	sl_tcp_sent_list_insert(&store, to, idx, to->last_idx);
	to->bytes[state] += 100;
	return true;
}

static uint64_t found(uint64_t seq)
{
	uint32_t idx = sl_tcp_sent_list_find(&store, list, seq);

	return idx == SL_TCP_NONE ? UINT64_MAX : store.ranges[idx].start_seq;
}

START_TEST(a_place_is_found_from_either_end)
{
	for (uint32_t i = 0; i < 10; i++)
		add(list, 1000 + i * 100, SL_TCP_SENT, i);
	for (uint32_t off = 0; off < 1000; off++)
		ck_assert_uint_eq(found(1000 + off), 1000 + off / 100 * 100);
	ck_assert_uint_eq(found(0), 1000);
	ck_assert_uint_eq(found(2000), UINT64_MAX);
}
END_TEST

START_TEST(an_empty_list_has_no_place)
{
	ck_assert_uint_eq(found(0), UINT64_MAX);
}
END_TEST

START_TEST(the_last_ranges_are_for_those_who_have_none)
{
	uint32_t cnt = 0;

	while (add(list, cnt * 100, SL_TCP_SENT, cnt))
		cnt++;
	ck_assert_uint_eq(cnt, SL_TCP_SENT_MAX);
	for (cnt = 0; add(&lists[1], cnt * 100, SL_TCP_SENT, cnt);)
		cnt++;
	ck_assert_uint_gt(cnt, SL_TCP_SENT_OWN);
	store.kept_cnt = store.pool.free_cnt; /* the rest is taken */
	ck_assert(!add(&lists[1], cnt * 100, SL_TCP_SENT, cnt));
	for (cnt = 0; add(&lists[2], cnt * 100, SL_TCP_SENT, cnt);)
		cnt++;
	ck_assert_uint_eq(cnt, SL_TCP_SENT_OWN);
}
END_TEST

START_TEST(only_equals_merge)
{
	add(list, 0, SL_TCP_SENT, 1);
	add(list, 100, SL_TCP_SENT, 1);
	add(list, 200, SL_TCP_SENT, 2); /* another time matters in flight */
	add(list, 300, SL_TCP_LOST, 1);
	add(list, 400, SL_TCP_LOST, 2); /* and not any more */
	add(list, 500, SL_TCP_SACKED, 1);
	sl_tcp_sent_list_merge(&store, list, list->first_idx, UINT64_MAX);
	sl_tcp_sent_check(&store, list, 0, 600);
	ck_assert_uint_eq(list->range_cnt, 4);
}
END_TEST

START_TEST(a_cut_leaves_two_of_a_kind)
{
	add(list, 0, SL_TCP_SENT, 7);
	ck_assert(sl_tcp_sent_list_split(&store, list, list->first_idx, 30));
	sl_tcp_sent_check(&store, list, 0, 100);
	ck_assert_uint_eq(store.ranges[list->first_idx].len_bytes, 30);
	ck_assert_uint_eq(store.ranges[list->last_idx].start_seq, 30);
	ck_assert_uint_eq(store.ranges[list->last_idx].len_bytes, 70);
	ck_assert_uint_eq(store.ranges[list->last_idx].sent_ns, 7);
}
END_TEST

START_TEST(coarse_is_by_state_and_the_later_time)
{
	for (uint32_t i = 0; i < 4; i++)
		add(list, i * 100, SL_TCP_SENT, i);
	add(list, 400, SL_TCP_LOST, 9);
	ck_assert(sl_tcp_sent_list_coarsen(&store, list));
	ck_assert_uint_eq(list->range_cnt, 2);
	ck_assert_uint_eq(store.ranges[list->first_idx].sent_ns, 3);
	ck_assert_uint_eq(store.ranges[list->first_idx].sent_cnt, 2); /* so no RTT comes of it */
	ck_assert(!sl_tcp_sent_list_coarsen(&store, list));
	sl_tcp_sent_check(&store, list, 0, 500);
}
END_TEST

START_TEST(collapsed_is_one_lost_range)
{
	for (uint32_t i = 0; i < 8; i++)
		add(list, i * 100, (uint8_t)(i % SL_TCP_SENT_STATES), i);
	sl_tcp_sent_list_collapse(&store, list);
	sl_tcp_sent_check(&store, list, 0, 800);
	ck_assert_uint_eq(list->range_cnt, 1);
	ck_assert_uint_eq(list->bytes[SL_TCP_LOST], 800);
}
END_TEST

Suite *suite_tcp_sent_list(void)
{
	Suite *suite = suite_create("sent_list");
	TCase *tcase = tcase_create("sent_list");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_place_is_found_from_either_end);
	tcase_add_test(tcase, an_empty_list_has_no_place);
	tcase_add_test(tcase, the_last_ranges_are_for_those_who_have_none);
	tcase_add_test(tcase, only_equals_merge);
	tcase_add_test(tcase, a_cut_leaves_two_of_a_kind);
	tcase_add_test(tcase, coarse_is_by_state_and_the_later_time);
	tcase_add_test(tcase, collapsed_is_one_lost_range);
	suite_add_tcase(suite, tcase);
	return suite;
}
