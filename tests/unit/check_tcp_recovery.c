/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

enum { MSS = 1448 };

static struct story story;

/* Twenty segments in flight. */
static void setup(void)
{
	story_open(&story, (struct story_options){ 0 });
	story_pass(&story, 1 * MS);
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 20 * MSS;
	for (int i = 0; i < 20; i++)
		story_send(&story, MSS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
}

static void teardown(void)
{
	story_end(&story);
}

static uint32_t at(uint32_t segment)
{
	return 1 + segment * MSS;
}

/* One lost segment, one ACK for each of the others: of 20 segments 14 may follow, evenly. */
START_TEST(the_flight_comes_down_evenly)
{
	uint32_t new_bytes = 0, longest_silence_cnt = 0, silence_cnt = 0;

	for (uint32_t i = 1; i < 20; i++) {
		uint32_t sent_bytes;

		story_sack(&story, at(0), at(1), at(i + 1));
		sent_bytes = story_send_again(&story) + story_send_most(&story, 100 * MSS);
		story_discard(&story);
		new_bytes += sent_bytes;
		silence_cnt = sent_bytes ? 0 : silence_cnt + 1;
		if (i > 3 && silence_cnt > longest_silence_cnt)
			longest_silence_cnt = silence_cnt;
		ck_assert_uint_le(story_info(&story).in_flight_bytes,
				  story_info(&story).cwnd_bytes);
	}
	ck_assert_uint_le(longest_silence_cnt, 1); /* RFC 6675 would be silent for five ACKs */
	ck_assert_uint_eq(story_info(&story).in_flight_bytes, new_bytes);
	ck_assert_uint_ge(new_bytes, 13 * MSS);
	ck_assert_uint_le(new_bytes, 14 * MSS);
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, 14 * MSS);
}
END_TEST

START_TEST(the_first_retransmission_leaves_at_once)
{
	story_sack(&story, at(0), at(1), at(4));
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->recoveries, 1);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	/* RFC 9937: ceil(3 segments delivered * 14 / 20) may leave, this is the rest. */
	ck_assert_uint_eq(story_window(&story), (3 * MSS * 14 + 19) / 20 - MSS);
}
END_TEST

START_TEST(it_ends_at_ssthresh)
{
	story_sack(&story, at(0), at(1), at(20));
	story_send_again(&story);
	story_pass(&story, 40 * MS);
	story_ack(&story, at(20));
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, 14 * MSS);
	ck_assert_uint_eq(story.tcp->conns[story.conn.idx].recovery, SL_TCP_OPEN);
	ck_assert_uint_eq(story_window(&story), 14 * MSS);
}
END_TEST

START_TEST(heavy_loss_sends_as_much_as_arrives)
{
	/* 0 to 15 are lost, the last four arrive one by one. */
	uint32_t sent_bytes = 0;

	for (uint32_t i = 17; i <= 20; i++) {
		story_sack(&story, at(0), at(16), at(i));
		sent_bytes += story_send_again(&story);
	}
	ck_assert_uint_ge(sent_bytes, 3 * MSS);
	ck_assert_uint_le(sent_bytes, 5 * MSS);
}
END_TEST

START_TEST(cancelled_bytes_are_not_counted_as_sent)
{
	struct sl_tcb *tcb = &story.tcp->conns[story.conn.idx];
	struct sl_tcp_range range;

	story_sack(&story, at(0), at(1), at(4));
	ck_assert(sl_tcp_lost(story.tcp, story.conn, 9999, &range));
	ck_assert_uint_eq(tcb->prr_out_bytes, MSS);
	ck_assert(!sl_tcp_lost(story.tcp, story.conn, 9999, &range) && range.end_seq);
	sl_tcp_lost_cancel(story.tcp, story.conn, &range);
	ck_assert_uint_eq(tcb->prr_out_bytes, 0);
	ck_assert(sl_tcp_lost(story.tcp, story.conn, 9999, &range));
}
END_TEST

START_TEST(one_flight_is_reduced_once)
{
	story_sack(&story, at(0), at(1), at(4));
	story_send_again(&story);
	story_sack(&story, at(0), at(5), at(9)); /* 4 is lost, too */
	story_send_again(&story);
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, 14 * MSS);
	story_pass(&story, 1 * S); /* and a timeout within the recovery reduces no further */
	ck_assert_uint_ge(sl_tcp_counters(story.tcp)->rtos, 1);
	ck_assert_uint_eq(story_info(&story).ssthresh_bytes, 14 * MSS);
}
END_TEST

/* Only then can the loss of what was sent again be noticed before the timeout. */
START_TEST(something_goes_behind_what_is_sent_again)
{
	story_ack(&story, at(18)); /* two are left, one of them is lost: time tells */
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 4 * MSS;
	story.tcp->conns[story.conn.idx].rtt.min_ns = 40 * MS;
	story_sack(&story, at(18), at(19), at(20));
	story_pass(&story, 40 * MS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(story_send_most(&story, 9 * MSS), MSS);
	story_discard(&story);
	story_pass(&story, 45 * MS);
	story_sack(&story, at(18), at(19), at(21));
	story_pass(&story, 15 * MS);
	ck_assert_uint_eq(story_send_again(&story), MSS);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->rtos, 0);
}
END_TEST

/* Three are lost; what is delivered behind them allows one. */
START_TEST(one_that_arrives_lets_two_follow)
{
	story_ack(&story, at(16));
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 4 * MSS;
	story_sack(&story, at(16), at(19), at(20)); /* 16 to 18 */
	ck_assert_uint_eq(story_send_again(&story), 2 * MSS);
	story_discard(&story);
}
END_TEST

/* Permission that the pacer was too slow for is not lost: the flight comes down to ssthresh, no
 * further. ACKs come in pairs, as they do. */
START_TEST(paced_the_flight_comes_down_as_well)
{
	struct sl_tcp_info info;

	teardown();
	story_open(&story, (struct story_options){ .rtt_ms = 40, .paced = true });
	story.tcp->conns[story.conn.idx].cc.cwnd_bytes = 20 * MSS;
	story.tcp->conns[story.conn.idx].cc.ssthresh_bytes = 20 * MSS;
	while (story_send_most(&story, 100 * MSS))
		story_pass(&story, 10 * MS);
	story_discard(&story);
	story_pass(&story, 40 * MS);
	for (uint32_t i = 2; i <= 20; i += 2) {
		story_sack(&story, at(0), at(1), at(i));
		story_send_again(&story);
		story_send_most(&story, 100 * MSS);
		story_discard(&story);
		story_pass(&story, 4 * MS);
	}
	info = story_info(&story);
	ck_assert_uint_ge(info.in_flight_bytes + MSS, info.ssthresh_bytes);
	ck_assert_uint_le(info.in_flight_bytes, info.ssthresh_bytes);
}
END_TEST

Suite *suite_tcp_recovery(void)
{
	Suite *suite = suite_create("recovery");
	TCase *tcase = tcase_create("recovery");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_flight_comes_down_evenly);
	tcase_add_test(tcase, the_first_retransmission_leaves_at_once);
	tcase_add_test(tcase, it_ends_at_ssthresh);
	tcase_add_test(tcase, heavy_loss_sends_as_much_as_arrives);
	tcase_add_test(tcase, cancelled_bytes_are_not_counted_as_sent);
	tcase_add_test(tcase, one_flight_is_reduced_once);
	tcase_add_test(tcase, something_goes_behind_what_is_sent_again);
	tcase_add_test(tcase, one_that_arrives_lets_two_follow);
	tcase_add_test(tcase, paced_the_flight_comes_down_as_well);
	suite_add_tcase(suite, tcase);
	return suite;
}
