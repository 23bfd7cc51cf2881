/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "room_tcp.h"
#include "tcp_harness.h"

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

static void peer_says(uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct sl_segment segment = story_segment(&story, flags, seq, ack);

	story_input(&story, &segment);
}

/* ---- RST (RFC 5961, 3) ------------------------------------------------------------------------
 */

START_TEST(an_exact_reset_ends_it)
{
	peer_says(SL_TCP_RST, 1, 0);
	ck_assert_uint_eq(story_events(&story), SL_TCP_GONE);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->reset_received, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->open_cnt, 0);
	story_expect_silence(&story);
}
END_TEST

START_TEST(a_reset_elsewhere_in_the_window_is_challenged)
{
	peer_says(SL_TCP_RST, 2, 0);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	ck_assert(!story.gone);
	peer_says(SL_TCP_RST, 1, 0); /* who means it answers exactly */
	story_events(&story);
	ck_assert(story.gone);
}
END_TEST

START_TEST(a_reset_outside_the_window_is_nothing)
{
	peer_says(SL_TCP_RST, 0, 0);
	peer_says(SL_TCP_RST, 1 + 32768, 0);
	peer_says(SL_TCP_RST, 0x80000000, 0);
	story_expect_silence(&story);
	ck_assert(!story.gone);
}
END_TEST

START_TEST(a_reset_needs_no_timestamp)
{
	struct sl_segment rst = story_segment(&story, SL_TCP_RST, 1, 0);

	rst.has_timestamps = false;
	story_input(&story, &rst);
	story_events(&story);
	ck_assert(story.gone);
}
END_TEST

/* ---- SYN (RFC 5961, 4) ------------------------------------------------------------------------
 */

START_TEST(a_syn_is_challenged_wherever_it_is)
{
	static const uint32_t seqs[] = { 0, 1, 100, 1 + 40000, 0x80000000 };

	peer_says(SL_TCP_SYN, seqs[_i], 0);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_expect_silence(&story);
	ck_assert(!story.gone);
}
END_TEST

START_TEST(challenges_are_limited)
{
	uint32_t answer_cnt = 0;

	for (int i = 0; i < 100; i++) {
		peer_says(SL_TCP_SYN, 1, 0);
		answer_cnt += left(&story) != NULL;
	}
	ck_assert_uint_eq(answer_cnt, 10); /* in 5 s: RFC 5961, 7 */
	story_pass(&story, 5 * S);
	peer_says(SL_TCP_SYN, 1, 0);
	story_expect(&story, SL_TCP_ACK, 1, 1);
}
END_TEST

/* ---- ACK (RFC 5961, 5) ------------------------------------------------------------------------
 */

START_TEST(an_ack_of_what_was_never_sent_is_challenged)
{
	story_send(&story, 1000);
	story_discard(&story);
	story_ack(&story, 1002);
	story_expect(&story, SL_TCP_ACK, 1001, 1);
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, 1000);
	story_ack(&story, 0x40000000);
	story_expect(&story, SL_TCP_ACK, 1001, 1);
}
END_TEST

START_TEST(an_ack_of_what_is_only_being_made_is_challenged)
{
	story_send(&story, 1000);
	story_discard(&story);
	sl_tcp_reserve(story.tcp, story.conn, 1000);
	story_ack(&story, 1500);
	story_expect(&story, SL_TCP_ACK, 1001, 1);
	ck_assert_uint_eq(story_events(&story) & SL_TCP_ACKED, 0);
	story_ack(&story, 1001);
	ck_assert_uint_ne(story_events(&story) & SL_TCP_ACKED, 0);
	ck_assert_uint_eq(story_info(&story).being_made_bytes, 1000);
}
END_TEST

START_TEST(an_ack_older_than_any_window_is_challenged)
{
	story_ack(&story, 1 - 65536); /* the largest window was 65535 */
	story_expect(&story, SL_TCP_ACK, 1, 1);
	story_ack(&story, 1 - 65535); /* merely old */
	story_expect_silence(&story);
}
END_TEST

START_TEST(payload_of_a_blind_ack_is_not_taken)
{
	story_data(&story, 1, 0x40000000, 10);
	ck_assert_uint_eq(story.got_bytes, 0);
}
END_TEST

START_TEST(without_ack_nothing_is_taken)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_PSH, 1, 0);

	segment.payload = (const uint8_t *)"x";
	segment.payload_bytes = 1;
	story_input(&story, &segment);
	ck_assert_uint_eq(story.got_bytes, 0);
	story_expect_silence(&story);
}
END_TEST

/* ---- Sequence numbers and timestamps ----------------------------------------------------------
 */

START_TEST(old_segments_are_acked_and_dropped)
{
	story_data(&story, 1, 1, 100);
	story_pass(&story, 50 * MS);
	story_expect(&story, SL_TCP_ACK, 1, 101);
	story_data(&story, 1, 1, 100);
	story_expect(&story, SL_TCP_ACK, 1, 101);
	ck_assert_uint_eq(story.got_bytes, 100);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->out_of_window_in, 1);
}
END_TEST

START_TEST(a_keepalive_is_answered)
{
	story.peer_next = 0; /* one below */
	story_ack(&story, 1);
	story_expect(&story, SL_TCP_ACK, 1, 1);
}
END_TEST

START_TEST(segments_beyond_the_window_are_acked_and_dropped)
{
	story_data(&story, 1 + 32768, 1, 100);
	story_expect(&story, SL_TCP_ACK, 1, 1);
	ck_assert_uint_eq(story.got_bytes, 0);
}
END_TEST

START_TEST(two_stacks_do_not_talk_for_ever)
{
	uint32_t answer_cnt = 0;

	story.peer_next = 0x70000000; /* out of window, without payload: an ACK storm */
	for (int i = 0; i < 100; i++) {
		story_ack(&story, 1);
		answer_cnt += left(&story) != NULL;
	}
	ck_assert_uint_le(answer_cnt, 10);
}
END_TEST

START_TEST(paws_drops_what_is_older)
{
	struct sl_segment segment;

	story_pass(&story, 10 * MS);
	story_data(&story, 1, 1, 10);
	segment = story_segment(&story, SL_TCP_ACK, 11, 1);
	segment.ts_value -= 20;
	segment.payload = (const uint8_t *)"x";
	segment.payload_bytes = 1;
	story_input(&story, &segment);
	ck_assert_uint_eq(story.got_bytes, 10);
	story_expect(&story, SL_TCP_ACK, 1, 11); /* RFC 7323, 5.3, R1 */
	segment.ts_value += 20;
	story_input(&story, &segment);
	ck_assert_uint_eq(story.got_bytes, 11);
}
END_TEST

START_TEST(paws_forgets_after_24_days)
{
	struct sl_segment segment;

	story_pass(&story, (uint64_t)24 * 24 * 3600 * S + S);
	segment = story_segment(&story, SL_TCP_ACK, 1, 1);
	segment.ts_value = 5; /* the peer's clock has wrapped */
	segment.payload = (const uint8_t *)"x";
	segment.payload_bytes = 1;
	story_input(&story, &segment);
	ck_assert_uint_eq(story.got_bytes, 1);
}
END_TEST

START_TEST(agreed_timestamps_must_be_there)
{
	struct sl_segment segment = story_segment(&story, SL_TCP_ACK, 1, 1);

	segment.has_timestamps = false;
	segment.payload = (const uint8_t *)"x";
	segment.payload_bytes = 1;
	story_input(&story, &segment);
	ck_assert_uint_eq(story.got_bytes, 0);
}
END_TEST

START_TEST(the_timestamp_at_the_left_edge_is_echoed)
{
	uint32_t ts = story_segment(&story, 0, 0, 0).ts_value;

	story_data(&story, 1, 1, 10);
	story.ts_ms_off += 5;
	story_data(&story, 11, 1, 10);
	/* Of two segments acknowledged at once the first one's: the RTT includes our delay. */
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 21)->segment.ts_echo, ts);
	story_data(&story, 21, 1, 10);
	story_data(&story, 31, 1, 10);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 41)->segment.ts_echo, ts + 5);
}
END_TEST

/* ---- The path back ----------------------------------------------------------------------------
 */

START_TEST(replies_follow_the_peer_to_another_link)
{
	story.link[11] = 0xc2; /* another router */
	story_data(&story, 1, 1, 10);
	story_pass(&story, 50 * MS);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_ACK, 1, 11)->segment.link[5], 0xc2);
}
END_TEST

START_TEST(and_to_another_vlan)
{
	static const uint8_t tagged[18] = { 2, 0, 0,    0,    0,    0x51, 2,    0,    0,
					    0, 0, 0xc1, 0x81, 0x00, 0x00, 0x2a, 0x08, 0x00 };

	memcpy(story.link, tagged, sizeof(tagged));
	story.link_bytes = sizeof(tagged);
	story_data(&story, 1, 1, 10);
	story_pass(&story, 50 * MS);

	const struct story_packet *packet = story_expect(&story, SL_TCP_ACK, 1, 11);

	ck_assert_uint_eq(packet->segment.link_bytes, 18);
	ck_assert_uint_eq(packet->segment.link[15], 0x2a);
}
END_TEST

START_TEST(but_not_a_stranger_who_guesses)
{
	story.link[11] = 0x66;
	story_data(&story, 1 + 40000, 1, 10);  /* out of window */
	story_data(&story, 1, 0x40000000, 10); /* an ACK of nothing */
	story_discard(&story);
	story.link[11] = 0xc1;
	story_send(&story, 10);
	ck_assert_uint_eq(left(&story)->segment.link[5], 0xc1);
}
END_TEST

/* ---- Without connection (RFC 9293, 3.10.7.1) --------------------------------------------------
 */

START_TEST(segments_for_nobody_are_reset)
{
	story.peer_port++;
	story_data(&story, 77, 99, 10);
	story_expect(&story, SL_TCP_RST, 99, 0);
	story_expect_silence(&story);
	peer_says(SL_TCP_RST, 77, 99);
	story_expect_silence(&story);
}
END_TEST

START_TEST(a_syn_ack_for_nobody_is_reset)
{
	story.peer_port++;
	peer_says(SL_TCP_SYN | SL_TCP_ACK, 77, 99);
	story_expect(&story, SL_TCP_RST, 99, 0);
}
END_TEST

START_TEST(answers_to_nobody_are_bounded)
{
	uint32_t answer_cnt = 0;

	story.peer_port++;
	for (int i = 0; i < 1000; i++)
		story_ack(&story, 99);
	while (left(&story))
		answer_cnt++;
	ck_assert_uint_eq(answer_cnt, 64);
}
END_TEST

Suite *suite_tcp_input(void)
{
	Suite *suite = suite_create("input");
	TCase *tcase = tcase_create("input");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_exact_reset_ends_it);
	tcase_add_test(tcase, a_reset_elsewhere_in_the_window_is_challenged);
	tcase_add_test(tcase, a_reset_outside_the_window_is_nothing);
	tcase_add_test(tcase, a_reset_needs_no_timestamp);
	tcase_add_loop_test(tcase, a_syn_is_challenged_wherever_it_is, 0, 5);
	tcase_add_test(tcase, challenges_are_limited);
	tcase_add_test(tcase, an_ack_of_what_was_never_sent_is_challenged);
	tcase_add_test(tcase, an_ack_of_what_is_only_being_made_is_challenged);
	tcase_add_test(tcase, an_ack_older_than_any_window_is_challenged);
	tcase_add_test(tcase, payload_of_a_blind_ack_is_not_taken);
	tcase_add_test(tcase, without_ack_nothing_is_taken);
	tcase_add_test(tcase, old_segments_are_acked_and_dropped);
	tcase_add_test(tcase, a_keepalive_is_answered);
	tcase_add_test(tcase, segments_beyond_the_window_are_acked_and_dropped);
	tcase_add_test(tcase, two_stacks_do_not_talk_for_ever);
	tcase_add_test(tcase, paws_drops_what_is_older);
	tcase_add_test(tcase, paws_forgets_after_24_days);
	tcase_add_test(tcase, agreed_timestamps_must_be_there);
	tcase_add_test(tcase, the_timestamp_at_the_left_edge_is_echoed);
	tcase_add_test(tcase, replies_follow_the_peer_to_another_link);
	tcase_add_test(tcase, and_to_another_vlan);
	tcase_add_test(tcase, but_not_a_stranger_who_guesses);
	tcase_add_test(tcase, segments_for_nobody_are_reset);
	tcase_add_test(tcase, a_syn_ack_for_nobody_is_reset);
	tcase_add_test(tcase, answers_to_nobody_are_bounded);
	suite_add_tcase(suite, tcase);
	return suite;
}
