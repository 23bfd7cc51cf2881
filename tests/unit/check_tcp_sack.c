/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;

/* 10,000 bytes in flight, [1, 10001). */
static void setup(void)
{
	story_open(&story, (struct story_options){ .rtt_ms = 10 });
	story_send(&story, 10000);
	story_discard(&story);
	story_pass(&story, 10 * MS);
}

static void teardown(void)
{
	story_end(&story);
}

static uint32_t sacked(void)
{
	return story.tcp->conns[story.conn.idx].sent.bytes[SL_TCP_SACKED];
}

START_TEST(a_block_is_out_of_flight)
{
	story_sack(&story, 1, 2001, 3001);
	ck_assert_uint_eq(sacked(), 1000);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 9000);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_ACKED, 0); /* advice, not an ACK */
	story_sack(&story, 1, 2001, 3001);
	ck_assert_uint_eq(sacked(), 1000);
}
END_TEST

START_TEST(several_blocks_come_in_any_order)
{
	struct sl_segment ack = story_segment(&story, SL_TCP_ACK, 1, 1001);
	const uint32_t isn = story.server_isn;

	ack.sack_cnt = 3;
	ack.sack[0] = (struct sl_sack_block){ isn + 8001, isn + 9001 };
	ack.sack[1] = (struct sl_sack_block){ isn + 3001, isn + 4001 };
	ack.sack[2] = (struct sl_sack_block){ isn + 8501, isn + 9501 };
	story_input(&story, &ack);
	ck_assert_uint_eq(sacked(), 2500);
}
END_TEST

/* start and end, relative, and how much of it is believed */
START_TEST(blocks_that_cannot_be_true_are_ignored)
{
	static const struct {
		uint32_t start, end, sacked;
	} table[] = {
		{ 3001, 2001, 0 },  /* ends before it begins */
		{ 2001, 2001, 0 },  /* empty */
		{ 9001, 10002, 0 }, /* beyond what was sent */
		{ 20001, 30001, 0 },
		{ 2001, 2001 + (1U << 31), 0 },
		{ 2001 - (1U << 31), 2001, 1000 }, /* below is old, [1001, 2001) is not */
		{ 501, 1001, 0 },                  /* D-SACK: below the ACK */
		{ 501, 2001, 1000 },               /* across it */
		{ 1001, 10001, 9000 },             /* reneging in spirit, but possible */
		{ 10001, 10002, 0 },               /* our FIN, which we never sent */
	};

	story_sack(&story, 1001, table[_i].start, table[_i].end);
	if (_i == 5) /* a distance of 2^31 has no direction */
		ck_assert_uint_le(sacked(), 1000);
	else
		ck_assert_uint_eq(sacked(), table[_i].sacked);
	story_ack(&story, 10001);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

START_TEST(a_block_may_cover_our_fin)
{
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_expect(&story, SL_TCP_FIN | SL_TCP_ACK, 10001, 1);
	story_sack(&story, 1, 9001, 10002);
	ck_assert_uint_eq(sacked(), 1000);
}
END_TEST

START_TEST(blocks_lie_behind_where_numbers_wrap)
{
	teardown();
	story_open(&story,
		   (struct story_options){ .rtt_ms = 10, .has_isn = true, .isn = 0xfffff000 });
	story_send(&story, 10000);
	story_sack(&story, 1, 6001, 7001);
	ck_assert_uint_eq(sacked(), 1000);
	story_sack(&story, 1, 3001, 5001); /* across */
	ck_assert_uint_eq(sacked(), 3000);
}
END_TEST

START_TEST(without_agreement_blocks_mean_nothing)
{
	teardown();
	story_open(&story, (struct story_options){ .no_sack = true });
	story_send(&story, 10000);
	story_sack(&story, 1, 2001, 3001);
	ck_assert_uint_eq(sacked(), 0);
}
END_TEST

START_TEST(a_map_full_of_holes_stays_affordable)
{
	for (uint32_t i = 1; i < 10000; i += 2)
		story_sack(&story, 1, i, i + 1); /* every other byte */
	ck_assert_uint_le(story.tcp->conns[story.conn.idx].sent.range_cnt, SL_TCP_SENT_MAX);
	story_ack(&story, 10001);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 0);
}
END_TEST

Suite *suite_tcp_sack(void)
{
	Suite *suite = suite_create("sack");
	TCase *tcase = tcase_create("sack");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_block_is_out_of_flight);
	tcase_add_test(tcase, several_blocks_come_in_any_order);
	tcase_add_loop_test(tcase, blocks_that_cannot_be_true_are_ignored, 0, 10);
	tcase_add_test(tcase, a_block_may_cover_our_fin);
	tcase_add_test(tcase, blocks_lie_behind_where_numbers_wrap);
	tcase_add_test(tcase, without_agreement_blocks_mean_nothing);
	tcase_add_test(tcase, a_map_full_of_holes_stays_affordable);
	suite_add_tcase(suite, tcase);
	return suite;
}
