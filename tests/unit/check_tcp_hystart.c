/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds of sixteen ACKs, each told with its least RTT. At 80 ms an eighth is 10 ms, between RFC
 * 9406's limits of 4 and 16 ms.
 */
#include "base/clock.h"
#include "room_tcp.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

enum { MSS = 1000, SAMPLES = 8, ACKS = 16 };

static struct sl_cc cc;
static struct sl_hystart hystart;
static uint64_t una_seq, nxt_seq;

static void setup(void)
{
	cc = (struct sl_cc){ .mss_bytes = MSS,
			     .cwnd_bytes = 10 * MSS,
			     .ssthresh_bytes = SL_TCP_CWND_MAX_BYTES };
	hystart = (struct sl_hystart){ 0 };
	una_seq = 0;
	nxt_seq = cc.cwnd_bytes;
}

static uint32_t acked(uint32_t bytes, uint32_t rtt_ms)
{
	uint32_t left_bytes;

	una_seq += bytes;
	left_bytes = sl_hystart_grow(&cc, &hystart,
				     &(struct sl_cc_ack){ .rtt_ns = rtt_ms * SL_NS_PER_MS,
							  .delivered_bytes = bytes,
							  .una_seq = una_seq,
							  .nxt_seq = nxt_seq,
							  .cwnd_limited = true });
	nxt_seq = una_seq + cc.cwnd_bytes;
	return left_bytes;
}

/* What is in flight is acknowledged; as much as the window allows follows. */
static void round_of(uint32_t rtt_ms)
{
	uint32_t flight_bytes = (uint32_t)(nxt_seq - una_seq);

	for (int i = 0; i < ACKS - 1; i++)
		acked(flight_bytes / ACKS, rtt_ms);
	acked(flight_bytes - flight_bytes / ACKS * (ACKS - 1), rtt_ms);
}

START_TEST(the_window_doubles)
{
	ck_assert_uint_eq(acked(4 * MSS, 80), 0);
	ck_assert_uint_eq(cc.cwnd_bytes, 14 * MSS);
	ck_assert_uint_eq(acked(MSS, 0), 0); /* without an RTT, too */
	ck_assert_uint_eq(cc.cwnd_bytes, 15 * MSS);
}
END_TEST

START_TEST(up_to_ssthresh_and_the_rest_is_left_over)
{
	cc.ssthresh_bytes = 12 * MSS;
	ck_assert_uint_eq(acked(5 * MSS, 80), 3 * MSS);
	ck_assert_uint_eq(cc.cwnd_bytes, 12 * MSS);
	ck_assert_uint_eq(acked(5 * MSS, 80), 5 * MSS);
	ck_assert_uint_eq(cc.cwnd_bytes, 12 * MSS);
}
END_TEST

START_TEST(never_above_the_largest_window)
{
	cc.cwnd_bytes = SL_TCP_CWND_MAX_BYTES - MSS;
	acked(5 * MSS, 80);
	ck_assert_uint_eq(cc.cwnd_bytes, SL_TCP_CWND_MAX_BYTES);
}
END_TEST

START_TEST(how_much_more_is_a_queue)
{
	static const struct {
		uint32_t first_ms, then_ms;
		bool queue;
	} table[] = {
		{ 80, 89, false },   { 80, 90, true },   { 10, 13, false }, { 10, 14, true },
		{ 400, 415, false }, { 400, 416, true }, { 80, 20, false }, /* 8 */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		setup();
		round_of(table[i].first_ms);
		round_of(table[i].then_ms);
		ck_assert_msg((hystart.css_baseline_ns != 0) == table[i].queue, "row %zu", i);
	}
}
END_TEST

START_TEST(seven_samples_prove_nothing)
{
	round_of(80);
	for (int i = 0; i < SAMPLES - 1; i++)
		acked(1, 200);
	ck_assert_uint_eq(hystart.css_baseline_ns, 0);
	acked(1, 0); /* no sample */
	ck_assert_uint_eq(hystart.css_baseline_ns, 0);
	acked(1, 200);
	ck_assert_uint_ne(hystart.css_baseline_ns, 0);
}
END_TEST

START_TEST(the_least_of_a_round_counts)
{
	round_of(80);
	acked(1, 85);
	for (int i = 0; i < 2 * SAMPLES; i++)
		acked(1, 200);
	ck_assert_uint_eq(hystart.css_baseline_ns, 0);
}
END_TEST

START_TEST(a_queue_slows_growth_to_a_quarter)
{
	uint32_t before_bytes;

	round_of(80);
	round_of(90);
	before_bytes = cc.cwnd_bytes;
	acked(8 * MSS, 90);
	ck_assert_uint_eq(cc.cwnd_bytes, before_bytes + 2 * MSS);
}
END_TEST

START_TEST(five_rounds_of_it_end_slow_start)
{
	round_of(80);
	for (int i = 0; i < 4; i++) { /* it begins within the first of them */
		round_of(90);
		ck_assert_uint_eq(cc.ssthresh_bytes, SL_TCP_CWND_MAX_BYTES);
	}
	round_of(90);
	ck_assert_uint_eq(cc.ssthresh_bytes, cc.cwnd_bytes);
	ck_assert_uint_eq(acked(MSS, 90), MSS);
}
END_TEST

START_TEST(jitter_is_forgiven)
{
	uint32_t before_bytes;

	round_of(80);
	for (int i = 0; i < 4; i++)
		round_of(90);
	round_of(89); /* below what it began with */
	ck_assert_uint_eq(hystart.css_baseline_ns, 0);
	before_bytes = cc.cwnd_bytes;
	acked(MSS, 89);
	ck_assert_uint_eq(cc.cwnd_bytes, before_bytes + MSS);
	for (int i = 0; i < 8; i++)
		round_of(89);
	ck_assert_uint_eq(cc.ssthresh_bytes, SL_TCP_CWND_MAX_BYTES);
}
END_TEST

START_TEST(later_slow_starts_are_not_watched)
{
	cc.ssthresh_bytes = 10000 * MSS;
	round_of(80);
	for (int i = 0; i < 5; i++)
		round_of(200);
	ck_assert_uint_eq(cc.ssthresh_bytes, 10000 * MSS);
	ck_assert_uint_eq(cc.cwnd_bytes, 640 * MSS);
}
END_TEST

Suite *suite_tcp_hystart(void)
{
	Suite *suite = suite_create("hystart");
	TCase *tcase = tcase_create("hystart");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_window_doubles);
	tcase_add_test(tcase, up_to_ssthresh_and_the_rest_is_left_over);
	tcase_add_test(tcase, never_above_the_largest_window);
	tcase_add_test(tcase, how_much_more_is_a_queue);
	tcase_add_test(tcase, seven_samples_prove_nothing);
	tcase_add_test(tcase, the_least_of_a_round_counts);
	tcase_add_test(tcase, a_queue_slows_growth_to_a_quarter);
	tcase_add_test(tcase, five_rounds_of_it_end_slow_start);
	tcase_add_test(tcase, jitter_is_forgiven);
	tcase_add_test(tcase, later_slow_starts_are_not_watched);
	suite_add_tcase(suite, tcase);
	return suite;
}
