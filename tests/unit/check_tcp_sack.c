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

/* RFC 2883, section 4; [1, 1001) was sent again before. */
static const struct {
	const char *why;
	uint32_t ack;
	struct sl_sack_block first, second;
	bool is_dsack;
} reports[] = {
	{ "below the ACK", 2001, { 1, 1001 }, { 0, 0 }, true },
	{ "at its edge", 1001, { 1, 1001 }, { 0, 0 }, true },
	{ "above it", 1, { 1001, 2001 }, { 0, 0 }, false },
	{ "across it", 501, { 1, 1001 }, { 0, 0 }, false },
	{ "within the second", 1, { 3001, 3501 }, { 2001, 5001 }, true },
	{ "beside the second", 1, { 3001, 3501 }, { 5001, 6001 }, false },
	{ "empty", 2001, { 1001, 1001 }, { 0, 0 }, false },
	{ "more than was sent again", 2001, { 1, 1003 }, { 0, 0 }, false },
	{ "of an ACK that was overtaken", 1, { 4294967200U, 1 }, { 0, 0 }, false },
};

START_TEST(what_came_twice_is_reported_first)
{
	struct sl_segment ack = story_segment(&story, SL_TCP_ACK, 1, reports[_i].ack);
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];
	const uint32_t isn = story.server_isn;

	tcb->resent_bytes = 1001;
	if (_i == 8)
		story_ack(&story, 2001);
	ack.sack_cnt = reports[_i].second.end_seq ? 2 : 1;
	ack.sack[0].start_seq = isn + reports[_i].first.start_seq;
	ack.sack[0].end_seq = isn + reports[_i].first.end_seq;
	ack.sack[1].start_seq = isn + reports[_i].second.start_seq;
	ack.sack[1].end_seq = isn + reports[_i].second.end_seq;
	story_input(&story, &ack);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->dsacks_in, reports[_i].is_dsack);
	ck_assert_uint_eq(tcb->rack.wnd_more_cnt, reports[_i].is_dsack);
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
	tcase_add_loop_test(tcase, what_came_twice_is_reported_first, 0,
			    sizeof(reports) / sizeof(reports[0]));
	tcase_add_test(tcase, a_block_may_cover_our_fin);
	tcase_add_test(tcase, blocks_lie_behind_where_numbers_wrap);
	tcase_add_test(tcase, without_agreement_blocks_mean_nothing);
	tcase_add_test(tcase, a_map_full_of_holes_stays_affordable);
	suite_add_tcase(suite, tcase);
	return suite;
}
