/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known answers follow from RFC 9438 by hand: with W_max = 100 segments and beta = 0.7 the window
 * after a loss is 70, K = cbrt(30 / 0.4) = 4.217 s, and W(t) = 0.4 (t - K)^3 + 100.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "room_tcp.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

#define S SL_NS_PER_S

enum { MSS = 1000 };

static struct sl_cc cc;
static const struct sl_cc_ops *ops = &sl_cc_cubic;

static void setup(void)
{
	cc = (struct sl_cc){ .mss_bytes = MSS, .algorithm = SL_CONGESTION_CUBIC };
	ops->init(&cc, 1);
}

static void acked(uint32_t bytes, uint64_t rtt_ns, bool limited, uint64_t now_ns)
{
	ops->acked(&cc, &(struct sl_cc_ack){ .now_ns = now_ns,
					     .rtt_ns = rtt_ns,
					     .srtt_ns = rtt_ns,
					     .min_rtt_ns = rtt_ns,
					     .delivered_bytes = bytes,
					     .cwnd_limited = limited });
}

static void at_loss(uint32_t segments)
{
	cc.cwnd_bytes = segments * MSS;
	ops->lost(&cc, SL_CC_LOSS, segments * MSS, 1);
}

/* One round trip: every segment of the window is acked. */
static void round_trip(uint64_t rtt_ns, uint64_t *now_ns)
{
	uint32_t left_bytes = cc.cwnd_bytes;

	while (left_bytes) {
		uint32_t part_bytes = left_bytes < 2 * MSS ? left_bytes : 2 * MSS;

		acked(part_bytes, rtt_ns, true, *now_ns);
		left_bytes -= part_bytes;
	}
	*now_ns += rtt_ns;
}

static void expect_about(uint32_t bytes, double wanted_bytes, double percent)
{
	ck_assert_double_eq_tol(bytes, wanted_bytes, wanted_bytes * percent / 100);
}

START_TEST(the_initial_window_is_rfc_6928)
{
	static const struct {
		uint32_t mss_bytes, window_bytes;
	} table[] = {
		{ 1448, 14480 }, { 1460, 14600 }, { 536, 5360 }, { 2940, 14600 }, { 8000, 16000 }
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_uint_eq(sl_cc_initial_window(table[i].mss_bytes), table[i].window_bytes);
	ck_assert_uint_eq(cc.cwnd_bytes, 10 * MSS);
}
END_TEST

START_TEST(slow_start_doubles_each_round_trip)
{
	uint64_t now_ns = S;

	round_trip(S / 10, &now_ns);
	ck_assert_uint_eq(cc.cwnd_bytes, 20 * MSS);
	round_trip(S / 10, &now_ns);
	ck_assert_uint_eq(cc.cwnd_bytes, 40 * MSS);
}
END_TEST

START_TEST(slow_start_ends_at_ssthresh)
{
	cc.ssthresh_bytes = 12 * MSS;
	acked(5 * MSS, S / 10, true, S);
	ck_assert_uint_ge(cc.cwnd_bytes, 12 * MSS);
	ck_assert_uint_lt(cc.cwnd_bytes, 13 * MSS);
}
END_TEST

START_TEST(an_application_that_holds_back_earns_nothing)
{
	acked(5 * MSS, S / 10, false, S);
	ck_assert_uint_eq(cc.cwnd_bytes, 10 * MSS);
}
END_TEST

START_TEST(a_loss_leaves_seven_tenths)
{
	at_loss(100);
	ck_assert_uint_eq(cc.cwnd_bytes, 70 * MSS);
	ck_assert_uint_eq(cc.ssthresh_bytes, 70 * MSS);
}
END_TEST

START_TEST(never_less_than_two_segments)
{
	at_loss(2);
	ck_assert_uint_eq(cc.cwnd_bytes, 2 * MSS);
}
END_TEST

static double w_cubic(double t_s)
{
	return 0.4 * pow(t_s - cbrt(30 / 0.4), 3) + 100;
}

START_TEST(known_answers_of_the_cubic_function)
{
	const double rtt_s = 0.5; /* long enough that Reno is slower throughout */
	uint64_t now_ns = 1000 * S;

	at_loss(100);
	for (int i = 0; i < 16; i++) {
		round_trip(S / 2, &now_ns);
		/* Each round trip aims where the curve will be at its end, and comes close. */
		ck_assert_double_ge(cc.cwnd_bytes, w_cubic(i * rtt_s) * MSS * 0.995);
		ck_assert_double_le(cc.cwnd_bytes, w_cubic((i + 1) * rtt_s) * MSS * 1.001);
	}
	ck_assert_uint_eq(cc.cubic.curve.k_ms, 4217);
}
END_TEST

START_TEST(with_short_round_trips_it_is_as_fast_as_reno)
{
	uint64_t rtt_ns = S / 100, now_ns = 1000 * S;
	double w_est = 7;

	at_loss(10); /* the cubic would take cbrt(3 / 0.4) = 1.96 s to come back */
	for (int i = 0; i < 5; i++) {
		round_trip(rtt_ns, &now_ns);
		w_est += 9.0 / 17; /* section 4.3: alpha until W_est is at cwnd_prior */
	}
	expect_about(cc.cwnd_bytes, w_est * MSS, 4);
	for (int i = 0; i < 100; i++)
		round_trip(rtt_ns, &now_ns);
	ck_assert_uint_gt(cc.cwnd_bytes, 80 * MSS); /* and then by one segment a round trip */
}
END_TEST

START_TEST(a_second_loss_below_the_first_converges_faster)
{
	at_loss(100);
	cc.cwnd_bytes = 80 * MSS;
	ops->lost(&cc, SL_CC_LOSS, 80 * MSS, 1);
	ck_assert_uint_eq(cc.cubic.curve.w_max_bytes,
			  68 * MSS); /* section 4.7: 80 * (1 + 0.7) / 2 */
	ck_assert_uint_eq(cc.cwnd_bytes, 56 * MSS);
}
END_TEST

START_TEST(time_without_need_is_taken_out)
{
	uint64_t rtt_ns = S / 10, now_ns = 1000 * S;
	uint32_t before_bytes;

	at_loss(100);
	round_trip(rtt_ns, &now_ns);
	before_bytes = cc.cwnd_bytes;
	acked(MSS, rtt_ns, false, now_ns + 60 * S);
	now_ns += 60 * S;
	round_trip(rtt_ns, &now_ns);
	ck_assert_uint_lt(cc.cwnd_bytes, before_bytes + 10 * MSS);
}
END_TEST

START_TEST(no_round_trip_grows_by_more_than_half)
{
	uint64_t rtt_ns = S / 10, now_ns = 1000 * S;
	uint32_t before_bytes;

	at_loss(100);
	round_trip(rtt_ns, &now_ns);
	before_bytes = cc.cwnd_bytes;
	now_ns += 100 * S; /* the curve is far above */
	acked(before_bytes, rtt_ns, true, now_ns);
	ck_assert_uint_eq(cc.cwnd_bytes, before_bytes + before_bytes / 2);
}
END_TEST

START_TEST(a_timeout_starts_from_one_segment)
{
	uint64_t now_ns = 1000 * S;

	cc.cwnd_bytes = 100 * MSS;
	ops->timed_out(&cc, 100 * MSS, 1);
	ck_assert_uint_eq(cc.cwnd_bytes, MSS);
	ck_assert_uint_eq(cc.ssthresh_bytes, 70 * MSS);
	/* Section 4.8: K is 0, W_max is where congestion avoidance begins. */
	while (cc.cwnd_bytes < 70 * MSS)
		round_trip(S / 10, &now_ns);
	round_trip(S / 10, &now_ns);
	ck_assert_uint_eq(cc.cubic.curve.k_ms, 0);
	expect_about(cc.cubic.curve.w_max_bytes, 70 * MSS, 1);
}
END_TEST

/* RFC 8511, 3.1 */
START_TEST(a_mark_leaves_more_than_a_loss)
{
	cc.cwnd_bytes = 100 * MSS;
	ops->lost(&cc, SL_CC_ECN, 100 * MSS, 1);
	ck_assert_uint_eq(cc.cwnd_bytes, 85 * MSS);
	ck_assert_uint_eq(cc.cubic.curve.w_max_bytes, 100 * MSS);
}
END_TEST

/* Section 4.6; RFC 7661, 4.3 */
START_TEST(a_window_half_used_is_used)
{
	static const struct {
		uint32_t flight_segments, left_segments;
	} table[] = { { 100, 70 }, { 50, 70 }, { 49, 34 }, { 0, 2 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cc.cwnd_bytes = 100 * MSS;
		ops->lost(&cc, SL_CC_LOSS, table[i].flight_segments * MSS, 1);
		ck_assert_uint_eq(cc.cwnd_bytes / MSS, table[i].left_segments);
	}
}
END_TEST

/* Section 4.9: the curve goes on as if nothing had been. */
START_TEST(a_loss_that_was_none)
{
	uint64_t rtt_ns = S / 2, now_ns = 1000 * S;
	struct sl_cc before;

	at_loss(100);
	for (int i = 0; i < 5; i++)
		round_trip(rtt_ns, &now_ns);
	before = cc;
	ops->timed_out(&cc, cc.cwnd_bytes, now_ns);
	round_trip(rtt_ns, &now_ns);
	ops->undo(&cc, now_ns);
	ck_assert_mem_eq(&cc.cubic.curve, &before.cubic.curve, sizeof(cc.cubic.curve));
	ck_assert_uint_eq(cc.cwnd_bytes, before.cwnd_bytes);
	ck_assert_uint_eq(cc.ssthresh_bytes, before.ssthresh_bytes);
	round_trip(rtt_ns, &now_ns);
	ck_assert_double_ge(cc.cwnd_bytes, w_cubic(6 * 0.5) * MSS * 0.99);

	ops->lost(&cc, SL_CC_LOSS, cc.cwnd_bytes, now_ns);
	cc.cwnd_bytes = 300 * MSS;
	ops->undo(&cc, now_ns);
	ck_assert_uint_eq(cc.cwnd_bytes, 300 * MSS); /* or better */
}
END_TEST

START_TEST(smaller_segments_make_slower_growth)
{
	uint64_t rtt_ns = S / 100, now_ns = 1000 * S;

	at_loss(20);
	round_trip(rtt_ns, &now_ns);
	cc.mss_bytes = MSS / 2;
	for (int i = 0; i < 4; i++)
		round_trip(rtt_ns, &now_ns);
	/* Section 4.3: 9/17 of a segment a round trip. */
	expect_about(cc.cwnd_bytes, (14 + 9.0 / 17 * (1 + 4 * 0.5)) * MSS, 1);
}
END_TEST

START_TEST(a_queue_ends_the_first_slow_start)
{
	uint64_t seq = 0, now_ns = S;

	for (int round = 0; round < 12; round++) {
		uint32_t rtt_ms = round < 4 ? 80 : 100, cwnd_bytes = cc.cwnd_bytes;

		for (uint32_t i = 1; i <= 10; i++)
			ops->acked(&cc,
				   &(struct sl_cc_ack){ .now_ns = now_ns,
							.rtt_ns = rtt_ms * SL_NS_PER_MS,
							.srtt_ns = rtt_ms * SL_NS_PER_MS,
							.una_seq = seq + cwnd_bytes / 10 * i,
							.nxt_seq = seq + cwnd_bytes / 10 * (i + 10),
							.delivered_bytes = cwnd_bytes / 10,
							.cwnd_limited = true });
		seq += cwnd_bytes;
		now_ns += rtt_ms * SL_NS_PER_MS;
	}
	ck_assert_uint_lt(cc.ssthresh_bytes, 10 * MSS << 7);
	ck_assert_uint_gt(cc.ssthresh_bytes, 10 * MSS << 4);
	expect_about(cc.cwnd_bytes, cc.ssthresh_bytes, 3);
}
END_TEST

START_TEST(the_window_has_a_limit)
{
	cc.cwnd_bytes = SL_TCP_CWND_MAX_BYTES - 1;
	acked(SL_TCP_CWND_MAX_BYTES / 2, S, true, S);
	ck_assert_uint_eq(cc.cwnd_bytes, SL_TCP_CWND_MAX_BYTES);
}
END_TEST

Suite *suite_tcp_cc_cubic(void)
{
	Suite *suite = suite_create("cc_cubic");
	TCase *tcase = tcase_create("cc_cubic");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_initial_window_is_rfc_6928);
	tcase_add_test(tcase, slow_start_doubles_each_round_trip);
	tcase_add_test(tcase, slow_start_ends_at_ssthresh);
	tcase_add_test(tcase, an_application_that_holds_back_earns_nothing);
	tcase_add_test(tcase, a_loss_leaves_seven_tenths);
	tcase_add_test(tcase, never_less_than_two_segments);
	tcase_add_test(tcase, known_answers_of_the_cubic_function);
	tcase_add_test(tcase, with_short_round_trips_it_is_as_fast_as_reno);
	tcase_add_test(tcase, a_second_loss_below_the_first_converges_faster);
	tcase_add_test(tcase, time_without_need_is_taken_out);
	tcase_add_test(tcase, no_round_trip_grows_by_more_than_half);
	tcase_add_test(tcase, a_timeout_starts_from_one_segment);
	tcase_add_test(tcase, a_mark_leaves_more_than_a_loss);
	tcase_add_test(tcase, a_window_half_used_is_used);
	tcase_add_test(tcase, a_loss_that_was_none);
	tcase_add_test(tcase, smaller_segments_make_slower_growth);
	tcase_add_test(tcase, a_queue_ends_the_first_slow_start);
	tcase_add_test(tcase, the_window_has_a_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}
