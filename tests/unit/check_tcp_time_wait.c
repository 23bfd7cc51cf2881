/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { FIN_ACK = SL_TCP_FIN | SL_TCP_ACK };

static struct story story;

static void teardown(void)
{
	story_end(&story);
}

static void peer_says(uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct sl_segment segment = story_segment(&story, flags, seq, ack);

	story_input(&story, &segment);
}

/* We close, it closes: our side, [0, 2), waits. */
static void through_a_life(void)
{
	story_connect(&story);
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_discard(&story);
	peer_says(FIN_ACK, 1, 2);
	story_discard(&story);
	story_events(&story);
	ck_assert(story.gone);
}

static uint32_t waiting(void)
{
	return sl_tcp_counters(story.tcp)->time_wait_cnt;
}

START_TEST(it_lasts_a_minute)
{
	story_begin(&story, (struct story_options){ 0 });
	through_a_life();
	ck_assert_uint_eq(waiting(), 1);
	ck_assert_uint_eq(sl_pool_used(&story.tcp->pool), 0); /* at the cost of no control block */
	story_pass(&story, 59 * S);
	ck_assert_uint_eq(waiting(), 1);
	story_pass(&story, 2 * S);
	ck_assert_uint_eq(waiting(), 0);
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), UINT64_MAX);
}
END_TEST

START_TEST(a_fin_again_is_acked_again_and_starts_the_minute_anew)
{
	story_begin(&story, (struct story_options){ 0 });
	through_a_life();
	story_pass(&story, 50 * S);
	peer_says(FIN_ACK, 1, 2);
	story_expect(&story, SL_TCP_ACK, 2, 2);
	story_pass(&story, 50 * S);
	ck_assert_uint_eq(waiting(), 1);
	story_pass(&story, 11 * S);
	ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(neither_a_reset_nor_an_ack_disturbs_it)
{
	story_begin(&story, (struct story_options){ 0 });
	through_a_life();
	peer_says(SL_TCP_RST, 2, 2); /* RFC 1337 */
	peer_says(SL_TCP_ACK, 2, 2);
	story_expect_silence(&story);
	ck_assert_uint_eq(waiting(), 1);
}
END_TEST

START_TEST(old_payload_is_answered_with_what_is_known)
{
	story_begin(&story, (struct story_options){ 0 });
	through_a_life();
	story_data(&story, 1, 2, 100);
	ck_assert_uint_eq(story.verdict.payload_bytes, 0);
	story_expect(&story, SL_TCP_ACK, 2, 2);
}
END_TEST

START_TEST(only_their_fin_is_their_fin)
{
	story_begin(&story, (struct story_options){ 0 });
	through_a_life();
	story_pass(&story, 50 * S);
	peer_says(FIN_ACK, 5, 2); /* anybody's */
	story_expect(&story, SL_TCP_ACK, 2, 2);
	story_pass(&story, 11 * S);
	ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* Which SYNs may open it anew (RFC 6191): how far the sequence number and the timestamp moved, and
 * which of the two connections has timestamps. */
START_TEST(a_new_life_must_be_told_from_the_old_one)
{
	static const struct {
		int32_t seq, ts;
		bool timestamps, new_timestamps, opens;
	} table[] = {
		{ 1000, 0, false, false, true },  { 1000, 0, true, true, true },
		{ -1000, 1, true, true, true },   { -1000, 0, true, true, false },
		{ 2, 0, false, false, false },    { -1000, 0, false, false, false },
		{ 3, 0, false, false, true },     { 1000, -1, true, true, false },
		{ -1000, 0, false, true, true },  { 1000, 0, true, false, true },
		{ -1000, 0, true, false, false },
	};
	struct sl_segment syn;
	uint32_t old_isn;

	story_begin(&story, (struct story_options){
				.no_timestamps = !table[_i].timestamps,
				.has_isn = true,
				.isn = 0xffffff00, /* the new one is beyond where numbers wrap */
			    });
	through_a_life();
	old_isn = story.server_isn;
	syn = story_segment(&story, SL_TCP_SYN, (uint32_t)table[_i].seq, 0);
	syn.ts_value = (uint32_t)(story.now_ns / MS) + story.ts_ms_off + (uint32_t)table[_i].ts;
	syn.has_timestamps = table[_i].new_timestamps;
	story_input(&story, &syn);
	if (!table[_i].opens) {
		story_expect(&story, SL_TCP_ACK, 2, 2);
		ck_assert_uint_eq(waiting(), 1);
		return;
	}
	ck_assert_uint_eq(left(&story)->segment.flags, SL_TCP_SYN | SL_TCP_ACK);
	ck_assert_uint_eq(waiting(), 0);
	/* Beyond anything the old one sent, though no time has passed. */
	ck_assert_int_ge((int32_t)(story.server_isn - old_isn), 65535);
}
END_TEST

START_TEST(without_room_the_oldest_is_forgotten)
{
	uint16_t first_port;

	story_begin(&story, (struct story_options){ .conns_max = 3 });
	first_port = story.peer_port;
	for (int i = 0; i < 5; i++) {
		through_a_life();
		story.gone = false;
		story.peer_port++;
		story_pass(&story, 1 * MS);
	}
	ck_assert_uint_eq(waiting(), 3);
	story.peer_port = first_port;
	peer_says(FIN_ACK, 1, 2);
	story_expect(&story, SL_TCP_RST, 2, 0); /* nobody remembers */
	story.peer_port = first_port + 4;
	peer_says(FIN_ACK, 1, 2);
	ck_assert_uint_eq(left(&story)->segment.flags, SL_TCP_ACK);
}
END_TEST

Suite *suite_tcp_time_wait(void)
{
	Suite *suite = suite_create("time_wait");
	TCase *tcase = tcase_create("time_wait");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, it_lasts_a_minute);
	tcase_add_test(tcase, a_fin_again_is_acked_again_and_starts_the_minute_anew);
	tcase_add_test(tcase, neither_a_reset_nor_an_ack_disturbs_it);
	tcase_add_test(tcase, only_their_fin_is_their_fin);
	tcase_add_test(tcase, old_payload_is_answered_with_what_is_known);
	tcase_add_loop_test(tcase, a_new_life_must_be_told_from_the_old_one, 0, 11);
	tcase_add_test(tcase, without_room_the_oldest_is_forgotten);
	suite_add_tcase(suite, tcase);
	return suite;
}
