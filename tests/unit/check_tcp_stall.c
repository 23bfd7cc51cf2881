/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;

/* A peer with a window of 64 KiB, and a limit of 300 s. */
static void setup(void)
{
	story_open(&story, (struct story_options){ .stall_ns = 300 * S });
	story_discard(&story);
}

static void teardown(void)
{
	story_end(&story);
}

/* The peer answers whatever we send at once, with this window. */
static void answer_for(uint32_t for_s, uint16_t window, uint32_t ack)
{
	story.window = window;
	for (uint32_t i = 0; i < for_s && !story.gone; i++) {
		story_pass(&story, 1 * S);
		if (left(&story) && !story.gone) {
			story_discard(&story);
			story_ack(&story, ack);
		}
	}
}

static void expect_reset(void)
{
	ck_assert(story.gone);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->stalled, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->timed_out, 0);
}

START_TEST(a_window_that_stays_closed_ends_it)
{
	story.window = 0;
	story_ack(&story, 1);
	answer_for(299, 0, 1);
	ck_assert(!story.gone);
	answer_for(60, 0, 1);
	expect_reset();
}
END_TEST

START_TEST(the_peer_is_told)
{
	struct story_packet *packet, *last = NULL;

	story.window = 0;
	story_ack(&story, 1);
	for (int i = 0; i < 360 && !story.gone; i++) {
		story_pass(&story, 1 * S);
		while ((packet = left(&story)))
			last = packet;
		if (!story.gone)
			story_ack(&story, 1);
	}
	while ((packet = left(&story)))
		last = packet;
	ck_assert_ptr_nonnull(last);
	ck_assert_uint_eq(last->segment.flags & SL_TCP_RST, SL_TCP_RST);
	ck_assert_uint_eq(last->seq, 1);
}
END_TEST

START_TEST(one_that_opens_in_time_lives)
{
	for (int i = 0; i < 5; i++) {
		story.window = 0;
		story_ack(&story, 1);
		answer_for(250, 0, 1);
		story.window = 2 * MSS;
		story_ack(&story, 1);
	}
	ck_assert(!story.gone);
	story_pass(&story, 3600 * S); /* nothing is due, so nothing happens */
	ck_assert(!story.gone);
}
END_TEST

/* A byte now and then is no opening. */
START_TEST(a_trickle_is_no_opening)
{
	uint32_t sent_bytes = 0;

	story.window = 0;
	story_ack(&story, 1);
	for (int i = 0; i < 40 && !story.gone; i++) {
		story_pass(&story, 10 * S);
		story_discard(&story);
		story.window = 1 + (uint16_t)i;
		story_ack(&story, 1 + sent_bytes);
		if (story.gone)
			break;
		story_send(&story, 1);
		story_discard(&story);
		sent_bytes++;
		story.window = 0;
		story_ack(&story, 1 + sent_bytes);
		ck_assert(i <= 30);
	}
	expect_reset();
}
END_TEST

/* Half of the largest window is as much as such a peer ever opens. */
START_TEST(a_small_buffer_is_no_offence)
{
	uint32_t sent_bytes = 0;

	teardown();
	story_open(&story, (struct story_options){
			       .stall_ns = 300 * S,
			       .window = 400,
			   });
	for (int i = 0; i < 50; i++) {
		story.window = 200;
		story_ack(&story, 1 + sent_bytes);
		story_send(&story, 200);
		story_discard(&story);
		sent_bytes += 200;
		story.window = 0;
		story_ack(&story, 1 + sent_bytes);
		story_pass(&story, 20 * S);
		story_discard(&story);
	}
	ck_assert(!story.gone);
}
END_TEST

/* Its window is nearly full of what it has not read, but there is nothing more to send: then comes
 * a request. */
START_TEST(who_lets_a_response_lie_is_not_stalling)
{
	story_send(&story, MSS);
	story.window = 100;
	story_ack(&story, 1 + MSS);
	story_discard(&story);
	story_pass(&story, 1000 * S);
	story_data(&story, 1, 1 + MSS, 10);
	story_discard(&story);
	ck_assert(!story.gone);
	story_send(&story, 100);
	story_ack(&story, 1 + MSS + 100);
	ck_assert(!story.gone);
}
END_TEST

START_TEST(a_peer_that_is_silent_is_none_that_stalls)
{
	story_send(&story, MSS);
	for (int i = 0; i < 500 && !story.gone; i++) {
		story_pass(&story, 1 * S);
		if (!story.gone)
			story_send_again(&story);
		story_discard(&story);
	}
	ck_assert(story.gone);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->stalled, 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->timed_out, 1);
}
END_TEST

START_TEST(without_a_limit_there_is_none)
{
	teardown();
	story_open(&story, (struct story_options){ 0 });
	story.window = 0;
	story_ack(&story, 1);
	answer_for(5000, 0, 1);
	ck_assert(!story.gone);
}
END_TEST

Suite *suite_tcp_stall(void)
{
	Suite *suite = suite_create("stall");
	TCase *tcase = tcase_create("stall");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_window_that_stays_closed_ends_it);
	tcase_add_test(tcase, the_peer_is_told);
	tcase_add_test(tcase, one_that_opens_in_time_lives);
	tcase_add_test(tcase, a_trickle_is_no_opening);
	tcase_add_test(tcase, a_small_buffer_is_no_offence);
	tcase_add_test(tcase, who_lets_a_response_lie_is_not_stalling);
	tcase_add_test(tcase, a_peer_that_is_silent_is_none_that_stalls);
	tcase_add_test(tcase, without_a_limit_there_is_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
