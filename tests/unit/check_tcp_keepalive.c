/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp_harness.h"

static struct story story;

static void setup(void)
{
	story_open(&story, (struct story_options){ .keepalive_ns = 100 * S });
	story_discard(&story);
}

static void teardown(void)
{
	story_end(&story);
}

static void expect_probe(uint32_t sent_bytes)
{
	/* A byte the peer has acknowledged, or its number if there is none. */
	story_expect(&story, SL_TCP_ACK, sent_bytes, 1);
	story_expect_silence(&story);
}

START_TEST(who_says_nothing_is_asked)
{
	story_pass(&story, 99 * S);
	story_expect_silence(&story);
	story_pass(&story, 2 * S);
	expect_probe(0);
	ck_assert(!story.gone);
}
END_TEST

START_TEST(an_answer_is_a_sign_of_life)
{
	for (int i = 0; i < 50; i++) {
		story_pass(&story, 101 * S);
		expect_probe(0);
		story_ack(&story, 1);
		story_expect_silence(&story);
	}
	ck_assert(!story.gone);
}
END_TEST

START_TEST(so_is_anything_else)
{
	for (int i = 0; i < 20; i++) {
		story_pass(&story, 60 * S);
		story_data(&story, 1 + 10 * (uint32_t)i, 1, 10);
	}
	story_pass(&story, 1 * S);
	story_discard(&story);
	story_pass(&story, 98 * S);
	story_expect_silence(&story);
	story_pass(&story, 2 * S);
	ck_assert_ptr_nonnull(left(&story));
}
END_TEST

/* Neither a forged segment nor an old one. */
START_TEST(what_is_not_acceptable_is_none)
{
	struct sl_segment old = story_segment(&story, SL_TCP_ACK, 100000, 1);

	story_pass(&story, 99 * S);
	story_input(&story, &old);
	story_discard(&story);
	story_pass(&story, 2 * S);
	expect_probe(0);
}
END_TEST

START_TEST(one_lost_probe_means_nothing_eight_do)
{
	story_pass(&story, 101 * S);
	for (int i = 0; i < 8; i++) {
		expect_probe(0);
		ck_assert(!story.gone);
		story_pass(&story, 15 * S);
	}
	ck_assert(story.gone);
	ck_assert_uint_eq(left(&story)->segment.flags & SL_TCP_RST, SL_TCP_RST);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->timed_out, 1);
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), UINT64_MAX);
}
END_TEST

START_TEST(the_seventh_answer_starts_anew)
{
	story_pass(&story, 101 * S + 7 * 15 * S);
	story_discard(&story);
	story_ack(&story, 1);
	story_pass(&story, 101 * S);
	for (int i = 0; i < 7; i++) {
		expect_probe(0);
		story_pass(&story, 15 * S);
	}
	ck_assert(!story.gone);
}
END_TEST

START_TEST(it_asks_for_the_last_byte_acknowledged)
{
	story_send(&story, 500);
	story_ack(&story, 501);
	story_discard(&story);
	story_pass(&story, 101 * S);
	expect_probe(500);
}
END_TEST

/* The retransmission timer knows better. */
START_TEST(while_something_is_due_it_waits)
{
	uint32_t probe_cnt = 0;

	story_pass(&story, 90 * S);
	story_send(&story, 500);
	story_discard(&story);
	story_pass(&story, 15 * S);
	for (struct story_packet *packet; (packet = left(&story));)
		probe_cnt++;
	ck_assert_uint_eq(probe_cnt, 0);
	story_ack(&story, 501);
	story_pass(&story, 99 * S);
	story_expect_silence(&story);
	story_pass(&story, 10 * S);
	expect_probe(500);
}
END_TEST

START_TEST(a_half_closed_peer_is_asked_too)
{
	struct sl_segment fin = story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, 1, 1);

	story_input(&story, &fin);
	story_discard(&story);
	story_pass(&story, 101 * S);
	story_expect(&story, SL_TCP_ACK, 0, 2);
}
END_TEST

START_TEST(fin_wait_2_has_its_own_end)
{
	sl_tcp_close(story.tcp, story.conn, story.now_ns);
	story_discard(&story);
	story_ack(&story, 2);
	story_pass(&story, 61 * S);
	story_expect_silence(&story);
	ck_assert(story.gone);
}
END_TEST

START_TEST(it_is_off_unless_asked_for)
{
	teardown();
	story_open(&story, (struct story_options){ 0 });
	story_pass(&story, 2 * S); /* what was armed for the handshake runs out */
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), UINT64_MAX);
}
END_TEST

Suite *suite_tcp_keepalive(void)
{
	Suite *suite = suite_create("keepalive");
	TCase *tcase = tcase_create("keepalive");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_says_nothing_is_asked);
	tcase_add_test(tcase, an_answer_is_a_sign_of_life);
	tcase_add_test(tcase, so_is_anything_else);
	tcase_add_test(tcase, what_is_not_acceptable_is_none);
	tcase_add_test(tcase, one_lost_probe_means_nothing_eight_do);
	tcase_add_test(tcase, the_seventh_answer_starts_anew);
	tcase_add_test(tcase, it_asks_for_the_last_byte_acknowledged);
	tcase_add_test(tcase, while_something_is_due_it_waits);
	tcase_add_test(tcase, a_half_closed_peer_is_asked_too);
	tcase_add_test(tcase, fin_wait_2_has_its_own_end);
	tcase_add_test(tcase, it_is_off_unless_asked_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
