/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "base/limits.h"
#include "room_serve.h"
#include "serve/inbox.h"
#include "sim_world.h"

enum { SMALL = SL_INBOX_SMALL_BYTES, ALL = SL_INBOX_BYTES };

static struct sl_sim_world world;
static uint8_t text[ALL];

static void setup(void)
{
	struct sl_sim_world_options options = {
		.seed = 1,
		.capacity = { .inbox_cnt = 2,
			      .inbox_large_cnt = 1,
			      .chunk_cnt = 16,
			      .node_cnt = 32,
			      .record_cnt = 64,
			      .read_cnt = 16 },
	};

	sl_sim_world_open(&world, &options);
	for (int i = 0; i < 4; i++)
		world.worker->sessions[i].inbox_idx = SL_NONE;
	for (int i = 0; i < ALL; i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
}

static void teardown(void)
{
	for (int i = 0; i < 4; i++)
		sl_inbox_clear(world.worker, &world.worker->sessions[i]);
	sl_sim_world_close(&world);
}

static struct sl_session *session_no(int i)
{
	return &world.worker->sessions[i];
}

/* The next bytes of the text after what the session has. */
static uint32_t put(int i, uint32_t len_bytes)
{
	struct sl_session *session = session_no(i);

	return sl_inbox_put(world.worker, session, text + session->plain_bytes, len_bytes);
}

static void expect(int i, uint32_t len_bytes)
{
	ck_assert_uint_eq(session_no(i)->plain_bytes, len_bytes);
	ck_assert_uint_eq(sl_inbox_room(session_no(i)), ALL - len_bytes);
	ck_assert_mem_eq(sl_inbox_of(world.worker, session_no(i)), text, len_bytes);
}

static void expect_used(uint32_t small_cnt, uint32_t large_cnt)
{
	ck_assert_uint_eq(sl_pool_used(&world.worker->inbox_pool), small_cnt);
	ck_assert_uint_eq(sl_pool_used(&world.worker->inbox_large_pool), large_cnt);
}

START_TEST(one_is_held_while_there_is_something_in_it)
{
	ck_assert_uint_eq(put(0, 100), 100);
	expect_used(1, 0);
	ck_assert_uint_eq(put(0, SMALL - 100), SMALL - 100);
	expect(0, SMALL);
	expect_used(1, 0);
	sl_inbox_consume(world.worker, session_no(0), SMALL);
	expect_used(0, 0);
	ck_assert_uint_eq(session_no(0)->inbox_idx, SL_NONE);
}
END_TEST

START_TEST(what_outgrows_a_small_one_moves)
{
	put(0, 3000);
	ck_assert_uint_eq(put(0, 3000), 3000);
	expect(0, 6000);
	expect_used(0, 1);
	ck_assert_uint_eq(put(0, ALL - 6000), ALL - 6000);
	expect(0, ALL);
	ck_assert_uint_eq(put(0, 1), 0); /* full, which is the client's window */
	ck_assert_uint_eq(world.stats->rx_inbox_full, 0);
	sl_inbox_clear(world.worker, session_no(0));
	expect_used(0, 0);
}
END_TEST

START_TEST(a_long_one_begins_in_a_large_one)
{
	ck_assert_uint_eq(put(0, 10000), 10000);
	expect(0, 10000);
	expect_used(0, 1);
}
END_TEST

START_TEST(without_a_large_one_a_small_one_is_filled)
{
	put(0, SMALL + 1);
	put(1, 4000);
	ck_assert_uint_eq(put(1, 1000), SMALL - 4000);
	expect(1, SMALL);
	ck_assert_uint_eq(world.stats->rx_inbox_full, 1);
	ck_assert_uint_eq(put(1, 1000), 0);
	ck_assert_uint_eq(put(2, 5000), SMALL); /* from the start */
	ck_assert_uint_eq(world.stats->rx_inbox_full, 3);
	expect_used(2, 1);

	sl_inbox_clear(world.worker, session_no(0)); /* now there is one */
	ck_assert_uint_eq(put(1, 1000), 1000);
	expect(1, SMALL + 1000);
	expect_used(1, 1);
}
END_TEST

START_TEST(without_a_small_one_a_large_one_serves)
{
	put(0, 1);
	put(1, 1);
	ck_assert_uint_eq(put(2, 1), 1);
	expect_used(2, 1);
	ck_assert_uint_eq(put(3, 1), 0); /* none at all */
	ck_assert_uint_eq(session_no(3)->inbox_idx, SL_NONE);
	ck_assert_uint_eq(world.stats->rx_inbox_full, 1);
}
END_TEST

Suite *suite_inbox(void)
{
	Suite *suite = suite_create("inbox");
	TCase *tcase = tcase_create("inbox");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_is_held_while_there_is_something_in_it);
	tcase_add_test(tcase, what_outgrows_a_small_one_moves);
	tcase_add_test(tcase, a_long_one_begins_in_a_large_one);
	tcase_add_test(tcase, without_a_large_one_a_small_one_is_filled);
	tcase_add_test(tcase, without_a_small_one_a_large_one_serves);
	suite_add_tcase(suite, tcase);
	return suite;
}
