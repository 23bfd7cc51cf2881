/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/seq.h"
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { BLOCKS = 3, STREAM_BYTES = 30000 };

struct step {
	uint32_t seq, end;           /* a segment of the peer's, relative */
	uint32_t ack;                /* what the answer says */
	uint32_t blocks[2 * BLOCKS]; /* and its blocks, relative; 0: no more */
};

static struct story story;

static void setup(void)
{
	story_open(&story, (struct story_options){ 0 });
	story_discard(&story);
}

static void teardown(void)
{
	story_end(&story);
}

static const struct sl_tcp_counters *counters(void)
{
	return sl_tcp_counters(story.tcp);
}

static uint32_t holds_used(void)
{
	return sl_pool_used(&story.tcp->holds.pool);
}

static void data(uint32_t seq, uint32_t end)
{
	story_data(&story, seq, 1, end - seq);
}

static void expect_blocks(const struct sl_segment *segment, const uint32_t *blocks)
{
	uint32_t cnt = 0;

	while (cnt < BLOCKS && blocks[2 * cnt + 1])
		cnt++;
	ck_assert_uint_eq(segment->sack_cnt, cnt);
	for (uint32_t i = 0; i < cnt; i++) {
		ck_assert_uint_eq(segment->sack[i].start_seq - story.is.peer_isn, blocks[2 * i]);
		ck_assert_uint_eq(segment->sack[i].end_seq - story.is.peer_isn, blocks[2 * i + 1]);
	}
}

static void follow(const struct step *steps, uint32_t step_cnt)
{
	for (uint32_t i = 0; i < step_cnt; i++) {
		data(steps[i].seq, steps[i].end);
		if (steps[i].ack == 0) {
			story_pass(&story, 100 * MS); /* a delayed one nobody looks at */
			story_discard(&story);
			continue;
		}
		expect_blocks(&story_expect(&story, SL_TCP_ACK, 1, steps[i].ack)->segment,
			      steps[i].blocks);
		story_expect_silence(&story);
	}
}

static void expect_got(uint32_t len_bytes)
{
	ck_assert_uint_eq(story.got_bytes, len_bytes);
	for (uint32_t i = 0; i < len_bytes; i++)
		MUST(story.got[i] == story_byte(1 + i));
}

/* ---- SACK -------------------------------------------------------------------------------------
 */

/* RFC 2018, section 7, case 2: the first of eight is lost. */
START_TEST(the_first_is_lost)
{
	static const struct step steps[] = {
		{ 501, 1001, 1, { 501, 1001 } },  { 1001, 1501, 1, { 501, 1501 } },
		{ 1501, 2001, 1, { 501, 2001 } }, { 2001, 2501, 1, { 501, 2501 } },
		{ 2501, 3001, 1, { 501, 3001 } }, { 3001, 3501, 1, { 501, 3501 } },
		{ 3501, 4001, 1, { 501, 4001 } }, { 1, 501, 4001, { 0 } },
	};

	follow(steps, 8);
	expect_got(4000);
	ck_assert_uint_eq(counters()->out_of_order_in, 7);
	ck_assert_uint_eq(counters()->out_of_order_dropped, 0);
	ck_assert_uint_eq(counters()->duplicates_in, 0);
	ck_assert_uint_eq(holds_used(), 0);
}
END_TEST

/* The same, case 3: every second one is lost; then the fourth comes, then the second. */
START_TEST(every_second_is_lost)
{
	static const struct step steps[] = {
		{ 1, 501, 0, { 0 } },
		{ 1001, 1501, 501, { 1001, 1501 } },
		{ 2001, 2501, 501, { 2001, 2501, 1001, 1501 } },
		{ 3001, 3501, 501, { 3001, 3501, 2001, 2501, 1001, 1501 } },
		{ 1501, 2001, 501, { 1001, 2501, 3001, 3501 } },
		{ 501, 1001, 2501, { 3001, 3501 } },
		{ 2501, 3001, 3501, { 0 } },
	};

	follow(steps, 7);
	expect_got(3500);
}
END_TEST

START_TEST(without_sack_it_is_kept_all_the_same)
{
	static const struct step steps[] = {
		{ 501, 1001, 1, { 0 } },     { 501, 1001, 1, { 0 } },     { 1, 501, 1001, { 0 } },
		{ 1501, 2001, 1001, { 0 } }, { 1001, 2001, 2001, { 0 } }, /* more than the gap */
	};

	teardown();
	story_open(&story, (struct story_options){ .no_sack = true });
	story_discard(&story);
	follow(steps, 5);
	expect_got(2000);
}
END_TEST

START_TEST(without_timestamps_there_is_room_for_a_fourth_block)
{
	struct story_packet *packet;

	teardown();
	story_open(&story, (struct story_options){ .no_timestamps = true });
	story_discard(&story);
	for (uint32_t i = 1; i <= 4; i++)
		data(1 + 200 * i, 101 + 200 * i);
	for (uint32_t i = 1; i <= 4; i++) {
		packet = story_expect(&story, SL_TCP_ACK, 1, 1);
		ck_assert_uint_eq(packet->segment.sack_cnt, 4);
	}
	ck_assert_uint_eq(packet->segment.sack[0].start_seq, 801);
	ck_assert_uint_eq(packet->segment.sack[3].start_seq, 201);
}
END_TEST

START_TEST(a_response_does_not_swallow_the_news)
{
	static const uint32_t blocks[2 * BLOCKS] = { 501, 1001 };

	data(501, 1001);
	story_send(&story, 100);
	ck_assert_uint_eq(left(&story)->segment.payload_bytes, 100);
	expect_blocks(&story_expect(&story, SL_TCP_ACK, 101, 1)->segment, blocks);
}
END_TEST

/* ---- D-SACK: the examples of RFC 2883, section 4 -----------------------------------------------
 */

START_TEST(a_duplicate_is_reported_once)
{
	static const struct step steps[] = {
		{ 1, 501, 0, { 0 } },
		{ 501, 1001, 0, { 0 } },
		{ 1, 501, 1001, { 1, 501 } },
		{ 1501, 2001, 1001, { 1501, 2001 } },
	};

	follow(steps, 4);
	ck_assert_uint_eq(counters()->duplicates_in, 1);
}
END_TEST

START_TEST(a_duplicate_goes_before_what_is_held)
{
	static const struct step steps[] = {
		{ 1, 1001, 0, { 0 } },
		{ 1501, 2001, 1001, { 1501, 2001 } },
		{ 1, 501, 1001, { 1, 501, 1501, 2001 } },
	};

	follow(steps, 3);
}
END_TEST

START_TEST(a_duplicate_of_what_is_held_goes_before_its_run)
{
	static const struct step steps[] = {
		{ 1001, 1501, 1, { 1001, 1501 } },
		{ 1501, 2001, 1, { 1001, 2001 } },
		{ 3001, 3501, 1, { 3001, 3501, 1001, 2001 } },
		{ 1501, 2001, 1, { 1501, 2001, 1001, 2001, 3001, 3501 } },
	};

	follow(steps, 4);
}
END_TEST

START_TEST(of_a_partial_duplicate_the_part)
{
	static const struct step steps[] = {
		{ 501, 1501, 1, { 501, 1501 } },
		{ 1, 1001, 1501, { 501, 1001 } },     /* fills the gap, and half was here */
		{ 1001, 2001, 2001, { 1001, 1501 } }, /* half of it is old */
	};

	follow(steps, 3);
	expect_got(2000);
}
END_TEST

START_TEST(duplicates_that_adjoin_are_one)
{
	static const uint32_t blocks[2 * BLOCKS] = { 1, 1001 };

	data(1, 501);
	data(501, 1001);
	story_discard(&story);
	data(1, 501);
	data(501, 1001);
	expect_blocks(&story_expect(&story, SL_TCP_ACK, 1, 1001)->segment, blocks);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 1001)->segment.sack_cnt, 0);
}
END_TEST

/* ---- Bounds -----------------------------------------------------------------------------------
 */

START_TEST(what_is_out_of_reach_is_as_if_lost)
{
	static const struct step steps[] = {
		{ 1001, 2001, 1, { 1001, 2001 } },
		{ 8193, 9001, 1, { 1001, 2001 } },
		{ 8001, 9001, 1, { 8001, 8193, 1001, 2001 } }, /* as much as fits */
	};

	follow(steps, 3);
	ck_assert_uint_eq(counters()->out_of_order_dropped, 2);
	data(1, 1001);
	data(2001, 8001);
	expect_got(8192);
	data(8193, 9001);
	expect_got(9000);
}
END_TEST

START_TEST(a_gap_too_many_is_as_if_lost)
{
	for (uint32_t i = 1; i <= 4; i++)
		data(1 + 200 * i, 101 + 200 * i);
	ck_assert_uint_eq(counters()->out_of_order_dropped, 0);
	data(1001, 1101);
	ck_assert_uint_eq(counters()->out_of_order_dropped, 1);
	data(901, 1001); /* but what adjoins is no new one */
	ck_assert_uint_eq(counters()->out_of_order_dropped, 1);
	data(1, 901);
	expect_got(1000);
}
END_TEST

START_TEST(without_a_free_one_all_is_as_before)
{
	static const struct step steps[] = {
		{ 501, 1001, 1, { 0 } },
		{ 1, 501, 501, { 0 } },
		{ 501, 1001, 0, { 0 } },
	};
	uint32_t idx;

	while (sl_pool_take(&story.tcp->holds.pool, &idx))
		;
	follow(steps, 3);
	expect_got(1000);
	ck_assert_uint_eq(counters()->out_of_order_dropped, 1);
}
END_TEST

/* The buffer wraps somewhere in what is held, and the numbers on the wire, too. */
START_TEST(it_wraps)
{
	teardown();
	story_open(&story, (struct story_options){ .peer_isn = 0xffffffff - 512 * (uint32_t)_i });
	story_discard(&story);
	for (uint32_t round = 0; round < 3; round++) {
		uint32_t at = 1 + 8000 * round;

		data(at + 3000, at + 6000);
		data(at + 1000, at + 2000);
		data(at + 6000, at + 8000);
		data(at, at + 1500);
		data(at + 1900, at + 3100);
	}
	expect_got(24000);
	ck_assert_uint_eq(holds_used(), 0);
}
END_TEST

/* ---- FIN --------------------------------------------------------------------------------------
 */

static void fin(uint32_t seq, uint32_t len_bytes)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, seq, 1);
	uint8_t payload[1000];

	for (uint32_t i = 0; i < len_bytes; i++)
		payload[i] = story_byte(seq + i);
	segment.payload = len_bytes ? payload : NULL;
	segment.payload_bytes = len_bytes;
	story_input(&story, &segment);
}

static void expect_end(uint32_t got_bytes)
{
	struct story_packet *packet, *last = NULL;

	ck_assert_uint_eq(story_events(&story), SL_TCP_PEER_CLOSED);
	ck_assert_uint_eq(story_info(&story).state, SL_TCP_CLOSE_WAIT);
	while ((packet = left(&story)))
		last = packet;
	ck_assert_ptr_nonnull(last);
	ck_assert_uint_eq(last->ack, 1 + got_bytes + 1);
	expect_got(got_bytes);
	ck_assert_uint_eq(holds_used(), 0);
}

START_TEST(a_fin_with_payload_waits_for_its_turn)
{
	fin(501, 500);
	expect_blocks(&story_expect(&story, SL_TCP_ACK, 1, 1)->segment,
		      (uint32_t[2 * BLOCKS]){ 501, 1001 }); /* bytes only */
	ck_assert_uint_eq(story_events(&story), 0);
	data(1, 501);
	expect_end(1000);
}
END_TEST

START_TEST(a_fin_alone_waits_for_its_turn)
{
	fin(501, 0);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 1)->segment.sack_cnt, 0);
	ck_assert_uint_eq(holds_used(), 1);
	data(1, 301);
	ck_assert_uint_eq(story_events(&story), 0);
	data(301, 501);
	expect_end(500);
}
END_TEST

START_TEST(a_fin_behind_what_is_held)
{
	data(501, 1001);
	fin(1001, 0);
	data(1, 501);
	expect_end(1000);
}
END_TEST

START_TEST(a_fin_out_of_reach_has_to_come_again)
{
	fin(8002, 0);
	fin(8001, 600);
	data(1, 8001);
	ck_assert_uint_eq(story_events(&story), 0);
	expect_got(8192); /* the bytes that were within it */
	fin(8193, 408);
	expect_end(8600);
}
END_TEST

START_TEST(after_a_fin_nothing_is_held)
{
	data(1001, 1501); /* beyond the end */
	fin(1, 500);
	expect_end(500);
}
END_TEST

START_TEST(after_we_closed_it_is_still_put_in_order)
{
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_discard(&story);
	story_ack(&story, 2);
	ck_assert_uint_eq(story_info(&story).state, SL_TCP_FIN_WAIT_2);
	fin(501, 500);
	data(1, 501);
	ck_assert(story_events(&story) & SL_TCP_GONE);
	expect_got(1000);
	ck_assert_uint_eq(counters()->time_wait_cnt, 1);
	ck_assert_uint_eq(holds_used(), 0);
}
END_TEST

/* ---- The layer above --------------------------------------------------------------------------
 */

START_TEST(what_is_not_taken_stays)
{
	data(501, 1001);
	story_discard(&story);
	story.manual_accept = true;
	data(1, 501);
	ck_assert_uint_eq(story.verdict.payload_bytes, 500);
	ck_assert(sl_tcp_accept(story.tcp, &story.verdict, 500, 1000, story.now_ns));
	ck_assert_uint_eq(story.verdict.payload_bytes, 500);
	ck_assert_uint_eq(story.verdict.payload[0], story_byte(501));
	ck_assert(!sl_tcp_accept(story.tcp, &story.verdict, 200, 1000, story.now_ns));
	/* Not beyond a gap, so no block. */
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 701)->segment.sack_cnt, 0);
	story_pass(&story, 300 * MS);
	story.manual_accept = false;
	data(701, 801);
	ck_assert_uint_eq(story.got_bytes, 300);
	ck_assert_uint_eq(story.got[299], story_byte(1000));
	ck_assert_uint_eq(holds_used(), 0);
}
END_TEST

START_TEST(when_it_ends_all_is_given_back)
{
	data(501, 1001);
	fin(2001, 10);
	ck_assert_uint_eq(holds_used(), 1);
	if (_i == 0) {
		sl_tcp_abort(story.tcp, story.conn, story.now_ns);
	} else {
		struct sl_segment rst = story_segment(&story, SL_TCP_RST, 1, 0);

		story_input(&story, &rst);
	}
	ck_assert_uint_eq(holds_used(), 0);
}
END_TEST

/* ---- At random --------------------------------------------------------------------------------
 */

static uint64_t random_state;

static uint32_t below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)(random_state >> 33) % limit;
}

static struct {
	bool sent[STREAM_BYTES + 1], sacked[STREAM_BYTES + 1]; /* by relative number */
	uint32_t acked;                                        /* next expected */
} peer;

/* Believes every block, for good. */
static void read_acks(void)
{
	struct story_packet *packet;

	while ((packet = left(&story))) {
		MUST(packet->ack >= peer.acked);
		peer.acked = packet->ack;
		for (uint32_t i = 0; i < packet->segment.sack_cnt; i++) {
			uint32_t start = packet->segment.sack[i].start_seq - story.is.peer_isn;
			uint32_t end = packet->segment.sack[i].end_seq - story.is.peer_isn;

			MUST(start < end);
			MUST(start != peer.acked);
			for (uint32_t at = start; at < end; at++) {
				MUST(peer.sent[at]);
				peer.sacked[at] = true;
			}
		}
	}
}

/* Whatever was SACKed is never sent again, so that it must have been kept. */
START_TEST(in_any_order_every_byte_comes_once)
{
	memset(&peer, 0, sizeof(peer));
	peer.acked = 1;
	random_state = (uint64_t)_i;
	teardown();
	story_open(&story, (struct story_options){ .peer_isn = below(UINT32_MAX) });
	story_discard(&story);
	while (peer.acked <= STREAM_BYTES) {
		uint32_t start = peer.acked + below(below(2) ? 100 : 10000), end;

		if (start > STREAM_BYTES || peer.sacked[start])
			continue;
		for (end = start; end <= STREAM_BYTES && !peer.sacked[end]; end++)
			if (end - start == 1448 || below(500) == 0)
				break;
		if (end == start)
			end++;
		for (uint32_t at = start; at < end; at++)
			peer.sent[at] = true;
		data(start, end);
		if (below(3) == 0)
			data(start, end);
		story_pass(&story, below(2) * 50 * MS);
		read_acks();
	}
	expect_got(STREAM_BYTES);
	ck_assert_uint_eq(holds_used(), 0);
}
END_TEST

Suite *suite_tcp_hold(void)
{
	Suite *suite = suite_create("hold");
	TCase *tcase = tcase_create("hold");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_first_is_lost);
	tcase_add_test(tcase, every_second_is_lost);
	tcase_add_test(tcase, without_sack_it_is_kept_all_the_same);
	tcase_add_test(tcase, without_timestamps_there_is_room_for_a_fourth_block);
	tcase_add_test(tcase, a_response_does_not_swallow_the_news);
	tcase_add_test(tcase, a_duplicate_is_reported_once);
	tcase_add_test(tcase, a_duplicate_goes_before_what_is_held);
	tcase_add_test(tcase, a_duplicate_of_what_is_held_goes_before_its_run);
	tcase_add_test(tcase, of_a_partial_duplicate_the_part);
	tcase_add_test(tcase, duplicates_that_adjoin_are_one);
	tcase_add_test(tcase, what_is_out_of_reach_is_as_if_lost);
	tcase_add_test(tcase, a_gap_too_many_is_as_if_lost);
	tcase_add_test(tcase, without_a_free_one_all_is_as_before);
	tcase_add_loop_test(tcase, it_wraps, 0, 20);
	tcase_add_test(tcase, a_fin_with_payload_waits_for_its_turn);
	tcase_add_test(tcase, a_fin_alone_waits_for_its_turn);
	tcase_add_test(tcase, a_fin_behind_what_is_held);
	tcase_add_test(tcase, a_fin_out_of_reach_has_to_come_again);
	tcase_add_test(tcase, after_a_fin_nothing_is_held);
	tcase_add_test(tcase, after_we_closed_it_is_still_put_in_order);
	tcase_add_test(tcase, what_is_not_taken_stays);
	tcase_add_loop_test(tcase, when_it_ends_all_is_given_back, 0, 2);
	tcase_add_loop_test(tcase, in_any_order_every_byte_comes_once, 0, 50);
	suite_add_tcase(suite, tcase);
	return suite;
}
