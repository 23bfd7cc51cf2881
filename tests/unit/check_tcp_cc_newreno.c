/* SPDX-License-Identifier: BSD-2-Clause */
/* Known answers follow from RFC 5681 by hand. */
#include "base/clock.h"
#include "room_tcp.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

enum { MSS = 1000 };

static struct sl_cc cc;
static const struct sl_cc_ops *ops = &sl_cc_newreno;

static void setup(void)
{
	cc = (struct sl_cc){ .mss_bytes = MSS, .algorithm = SL_CONGESTION_NEWRENO };
	ck_assert_ptr_eq(sl_cc_ops(&cc), ops);
	ops->init(&cc, 1);
}

static void acked(uint32_t bytes, bool limited)
{
	ops->acked(&cc, &(struct sl_cc_ack){ .now_ns = SL_NS_PER_S,
					     .rtt_ns = SL_NS_PER_S / 10,
					     .srtt_ns = SL_NS_PER_S / 10,
					     .delivered_bytes = bytes,
					     .cwnd_limited = limited });
}

static void at_loss(uint32_t segments, enum sl_cc_cause cause)
{
	cc.cwnd_bytes = segments * MSS;
	ops->lost(&cc, cause, segments * MSS, 1);
}

START_TEST(slow_start_counts_bytes)
{
	ck_assert_uint_eq(cc.cwnd_bytes, 10 * MSS);
	acked(3 * MSS + 1, true); /* RFC 3465 */
	ck_assert_uint_eq(cc.cwnd_bytes, 13 * MSS + 1);
}
END_TEST

START_TEST(one_segment_more_each_round_trip)
{
	at_loss(40, SL_CC_LOSS);
	for (int i = 0; i < 9; i++)
		acked(2 * MSS, true);
	ck_assert_uint_eq(cc.cwnd_bytes, 20 * MSS);
	acked(2 * MSS, true);
	ck_assert_uint_eq(cc.cwnd_bytes, 21 * MSS);
	acked(21 * MSS + 22 * MSS + 5, true);
	ck_assert_uint_eq(cc.cwnd_bytes, 23 * MSS);
	acked(23 * MSS - 5, true);
	ck_assert_uint_eq(cc.cwnd_bytes, 24 * MSS);
}
END_TEST

START_TEST(what_slow_start_leaves_counts)
{
	cc.ssthresh_bytes = 12 * MSS;
	acked(14 * MSS, true);
	ck_assert_uint_eq(cc.cwnd_bytes, 13 * MSS);
}
END_TEST

START_TEST(an_application_that_holds_back_earns_nothing)
{
	acked(5 * MSS, false);
	ck_assert_uint_eq(cc.cwnd_bytes, 10 * MSS);
}
END_TEST

START_TEST(a_segment_is_what_it_is_now)
{
	at_loss(40, SL_CC_LOSS);
	cc.mss_bytes = 500;
	acked(20 * MSS, true);
	ck_assert_uint_eq(cc.cwnd_bytes, 20 * MSS + 500);
}
END_TEST

START_TEST(what_is_left_of_it)
{
	static const struct {
		enum sl_cc_cause cause;
		uint32_t cwnd_bytes, flight_bytes, left_bytes;
	} table[] = {
		{ SL_CC_LOSS, 40000, 40000, 20000 }, { SL_CC_LOSS, 40000, 30000, 15000 },
		{ SL_CC_ECN, 40000, 40000, 32000 },  { SL_CC_LOSS, 3000, 3000, 2000 },
		{ SL_CC_ECN, 2000, 2000, 2000 },     { SL_CC_LOSS, 1 << 30, 1 << 30, 1 << 29 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cc.cwnd_bytes = table[i].cwnd_bytes;
		ops->lost(&cc, table[i].cause, table[i].flight_bytes, 1);
		ck_assert_uint_eq(cc.cwnd_bytes, table[i].left_bytes);
		ck_assert_uint_eq(cc.ssthresh_bytes, table[i].left_bytes);
	}
}
END_TEST

START_TEST(a_timeout_starts_from_one_segment)
{
	cc.cwnd_bytes = 40 * MSS;
	ops->timed_out(&cc, 40 * MSS, 1);
	ck_assert_uint_eq(cc.cwnd_bytes, MSS);
	ck_assert_uint_eq(cc.ssthresh_bytes, 20 * MSS);
}
END_TEST

START_TEST(a_loss_that_was_none)
{
	cc.cwnd_bytes = 40 * MSS;
	ops->timed_out(&cc, 40 * MSS, 1);
	acked(MSS, true);
	ops->undo(&cc, 2);
	ck_assert_uint_eq(cc.cwnd_bytes, 40 * MSS);
	ck_assert_uint_eq(cc.ssthresh_bytes, SL_TCP_CWND_MAX_BYTES);

	ops->lost(&cc, SL_CC_LOSS, 40 * MSS, 3);
	cc.cwnd_bytes = 50 * MSS;
	ops->undo(&cc, 4);
	ck_assert_uint_eq(cc.cwnd_bytes, 50 * MSS); /* or better */
}
END_TEST

START_TEST(the_window_has_a_limit)
{
	cc.cwnd_bytes = SL_TCP_CWND_MAX_BYTES;
	acked(SL_TCP_CWND_MAX_BYTES, true);
	ck_assert_uint_eq(cc.cwnd_bytes, SL_TCP_CWND_MAX_BYTES);
}
END_TEST

Suite *suite_tcp_cc_newreno(void)
{
	Suite *suite = suite_create("cc_newreno");
	TCase *tcase = tcase_create("cc_newreno");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, slow_start_counts_bytes);
	tcase_add_test(tcase, one_segment_more_each_round_trip);
	tcase_add_test(tcase, what_slow_start_leaves_counts);
	tcase_add_test(tcase, an_application_that_holds_back_earns_nothing);
	tcase_add_test(tcase, a_segment_is_what_it_is_now);
	tcase_add_test(tcase, what_is_left_of_it);
	tcase_add_test(tcase, a_timeout_starts_from_one_segment);
	tcase_add_test(tcase, a_loss_that_was_none);
	tcase_add_test(tcase, the_window_has_a_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}
