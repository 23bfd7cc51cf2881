/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448, NOT_ECT = 0, ECT_0 = 2, CE = 3, SEGMENTS = 20 };

static struct story story;

static void teardown(void)
{
	story_end(&story);
}

/* Twenty segments in flight. */
static void open_busy(struct story_options options)
{
	options.ecn = true;
	options.rtt_ms = 40;
	story_open(&story, options);
	story_pass(&story, 1 * MS);
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = SEGMENTS * MSS;
	story_send(&story, SEGMENTS * MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
}

static void echo(uint32_t ack)
{
	struct sl_segment segment =
	    story_segment(&story, SL_TCP_ACK | SL_TCP_ECE, story.peer_next, ack);

	story_input(&story, &segment);
}

/* RFC 3168, 6.1.1. */
static const struct {
	uint8_t flags;
	bool agreed;
} setups[] = {
	{ SL_TCP_SYN | SL_TCP_ECE | SL_TCP_CWR, true },
	{ SL_TCP_SYN | SL_TCP_ECE, false },
	{ SL_TCP_SYN | SL_TCP_CWR, false },
	{ SL_TCP_SYN, false },
};

START_TEST(it_takes_both_flags_to_agree)
{
	struct sl_segment syn;
	uint8_t answer = SL_TCP_SYN | SL_TCP_ACK | (setups[_i].agreed ? SL_TCP_ECE : 0);

	story_begin(&story, (struct story_options){ 0 });
	syn = story_segment(&story, setups[_i].flags, 0, 0);
	story_input(&story, &syn);
	ck_assert_uint_eq(story_expect(&story, answer, 0, 1)->segment.ecn, NOT_ECT);
	story.peer_next = 1;
	story_ack(&story, 1);
	ck_assert_int_eq(story_info(&story).ecn, setups[_i].agreed);
	story_send(&story, 100);
	ck_assert_uint_eq(left(&story)->segment.ecn, setups[_i].agreed ? ECT_0 : NOT_ECT);
}
END_TEST

START_TEST(an_echo_reduces_once_a_round_trip)
{
	open_busy((struct story_options){ 0 });
	echo(1 + 2 * MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->ecn_reductions, 1);
	ck_assert_uint_lt(story_info(&story).ssthresh_bytes, SEGMENTS * MSS);
	for (uint32_t i = 4; i <= SEGMENTS; i += 2) {
		echo(1 + i * MSS);
		if (story_send_most(&story, MSS))
			story_discard(&story);
	}
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->ecn_reductions, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 0);
	ck_assert_uint_le(story_info(&story).cwnd_bytes, story_info(&story).ssthresh_bytes);
	ck_assert_uint_eq(story_info(&story).resent_bytes, 0);
	/* The round trip is over, and somebody still marks. */
	story_send_most(&story, 10 * MSS);
	echo(1 + SEGMENTS * MSS + MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->ecn_reductions, 2);
}
END_TEST

START_TEST(the_next_new_segment_says_that_we_reduced)
{
	struct story_packet *packet;

	open_busy((struct story_options){ 0 });
	for (uint32_t i = 2; story_window(&story) == 0; i += 2)
		echo(1 + i * MSS);
	story_send(&story, MSS);
	packet = left(&story);
	ck_assert(packet->segment.flags & SL_TCP_CWR);
	ck_assert_uint_eq(packet->segment.ecn, ECT_0);
	echo(1 + 18 * MSS);
	story_send(&story, MSS);
	ck_assert(!(left(&story)->segment.flags & SL_TCP_CWR));
}
END_TEST

START_TEST(what_is_sent_again_is_not_capable)
{
	open_busy((struct story_options){ 0 });
	story_sack(&story, 1, 1 + MSS, 1 + 5 * MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(left(&story)->segment.ecn, NOT_ECT);
}
END_TEST

/* RFC 3168, 6.1.2: one reduction for a window of data, whatever told. */
START_TEST(a_loss_in_the_same_round_trip_is_no_second_reduction)
{
	uint32_t ssthresh_bytes;

	open_busy((struct story_options){ 0 });
	echo(1 + 2 * MSS);
	ssthresh_bytes = story_info(&story).ssthresh_bytes;
	story_sack(&story, 1 + 2 * MSS, 1 + 3 * MSS, 1 + 8 * MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, ssthresh_bytes);
	story_ack(&story, 1 + SEGMENTS * MSS);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, ssthresh_bytes);
}
END_TEST

/* Without SACK, partial ACKs go on telling what is lost. */
START_TEST(a_loss_without_sack_in_the_same_round_trip_recovers)
{
	open_busy((struct story_options){ .no_sack = true });
	echo(1 + 2 * MSS);
	for (int i = 0; i < 5; i++)
		story_ack(&story, 1 + 2 * MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	story_ack(&story, 1 + 4 * MSS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
}
END_TEST

/* RFC 3168, 6.1.3: the receiver's part. */
START_TEST(a_mark_on_the_peers_data_is_echoed_until_it_reduces)
{
	static const uint8_t payload[100];
	struct sl_segment segment;

	story_open(&story, (struct story_options){ .ecn = true });
	segment = story_segment(&story, SL_TCP_ACK, 1, 1);
	segment.payload = payload;
	segment.payload_bytes = sizeof(payload);
	segment.ecn = CE;
	story_input(&story, &segment);
	story_pass(&story, 50 * MS);
	story_expect(&story, SL_TCP_ACK | SL_TCP_ECE, 1, 101);
	segment.seq += sizeof(payload);
	segment.ecn = ECT_0;
	story_input(&story, &segment);
	story_pass(&story, 50 * MS);
	story_expect(&story, SL_TCP_ACK | SL_TCP_ECE, 1, 201);
	segment.seq += sizeof(payload);
	segment.flags |= SL_TCP_CWR;
	story_input(&story, &segment);
	story_pass(&story, 50 * MS);
	story_expect(&story, SL_TCP_ACK, 1, 301);
}
END_TEST

START_TEST(without_agreement_nothing_is_said_or_heard)
{
	static const uint8_t payload[100];
	struct sl_segment segment;

	story_open(&story, (struct story_options){ 0 });
	story_send(&story, MSS);
	story_discard(&story);
	echo(1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->ecn_reductions, 0);
	segment = story_segment(&story, SL_TCP_ACK, 1, 1);
	segment.payload = payload;
	segment.payload_bytes = sizeof(payload);
	segment.ecn = CE;
	story_input(&story, &segment);
	story_pass(&story, 50 * MS);
	story_expect(&story, SL_TCP_ACK, 1 + MSS, 101);
}
END_TEST

Suite *suite_tcp_ecn(void)
{
	Suite *suite = suite_create("ecn");
	TCase *tcase = tcase_create("ecn");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, it_takes_both_flags_to_agree, 0,
			    sizeof(setups) / sizeof(setups[0]));
	tcase_add_test(tcase, an_echo_reduces_once_a_round_trip);
	tcase_add_test(tcase, the_next_new_segment_says_that_we_reduced);
	tcase_add_test(tcase, what_is_sent_again_is_not_capable);
	tcase_add_test(tcase, a_loss_in_the_same_round_trip_is_no_second_reduction);
	tcase_add_test(tcase, a_loss_without_sack_in_the_same_round_trip_recovers);
	tcase_add_test(tcase, a_mark_on_the_peers_data_is_echoed_until_it_reduces);
	tcase_add_test(tcase, without_agreement_nothing_is_said_or_heard);
	suite_add_tcase(suite, tcase);
	return suite;
}
