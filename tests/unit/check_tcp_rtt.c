/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include "room_tcp.h"
#include "tcp/limits.h"
#include "tcp/rtt.h"

#define MS SL_NS_PER_MS

static struct sl_tcp_rtt rtt;

static void setup(void)
{
	sl_tcp_rtt_init(&rtt);
}

START_TEST(before_any_sample_the_timeout_is_a_second)
{
	ck_assert_uint_eq(sl_tcp_rto_ns(&rtt, 0), 1000 * MS); /* RFC 6298, (2.1) */
}
END_TEST

START_TEST(the_first_sample_sets_it_all)
{
	sl_tcp_rtt_sample(&rtt, 400 * MS, 1, 0);
	ck_assert_uint_eq(rtt.srtt_ns, 400 * MS); /* (2.2) */
	ck_assert_uint_eq(rtt.rttvar_ns, 200 * MS);
	ck_assert_uint_eq(sl_tcp_rto_ns(&rtt, 0), 1200 * MS);
}
END_TEST

START_TEST(later_ones_weigh_an_eighth_and_a_quarter)
{
	sl_tcp_rtt_sample(&rtt, 400 * MS, 1, 0);
	sl_tcp_rtt_sample(&rtt, 800 * MS, 1, 0);
	ck_assert_uint_eq(rtt.rttvar_ns, 250 * MS); /* (2.3): 3/4 * 200 + 1/4 * |400 - 800| */
	ck_assert_uint_eq(rtt.srtt_ns, 450 * MS);   /* 7/8 * 400 + 1/8 * 800 */
	sl_tcp_rtt_sample(&rtt, 50 * MS, 1, 0);
	ck_assert_uint_eq(rtt.rttvar_ns, 287500000); /* 3/4 * 250 + 1/4 * 400 */
	ck_assert_uint_eq(rtt.srtt_ns, 400 * MS);
	ck_assert_uint_eq(rtt.min_ns, 50 * MS);
}
END_TEST

START_TEST(many_samples_a_round_trip_weigh_less_each)
{
	sl_tcp_rtt_sample(&rtt, 400 * MS, 1, 0);
	sl_tcp_rtt_sample(&rtt, 800 * MS, 10, 0); /* RFC 7323, 4.2 */
	ck_assert_uint_eq(rtt.srtt_ns, 405 * MS);
	ck_assert_uint_eq(rtt.rttvar_ns, 205 * MS);
}
END_TEST

START_TEST(on_a_steady_path_200_ms_are_added)
{
	for (int i = 0; i < 100; i++)
		sl_tcp_rtt_sample(&rtt, 10 * MS, 1, 0);
	ck_assert_uint_eq(sl_tcp_rto_ns(&rtt, 0), 210 * MS);
}
END_TEST

START_TEST(it_doubles_up_to_a_minute)
{
	static const uint64_t wanted_ms[] = { 1200, 2400, 4800, 9600, 19200, 38400, 60000, 60000 };

	sl_tcp_rtt_sample(&rtt, 400 * MS, 1, 0);
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_uint_eq(sl_tcp_rto_ns(&rtt, i), wanted_ms[i] * MS);
	ck_assert_uint_eq(sl_tcp_rto_ns(&rtt, 255), 60000 * MS);
}
END_TEST

START_TEST(a_sample_of_nothing_is_a_sample)
{
	sl_tcp_rtt_sample(&rtt, 0, 1, 0);
	ck_assert_uint_gt(rtt.srtt_ns, 0);
}
END_TEST

START_TEST(the_least_one_is_forgotten_after_five_minutes)
{
	sl_tcp_rtt_sample(&rtt, 40 * MS, 1, 0);
	sl_tcp_rtt_sample(&rtt, 90 * MS, 1, 299 * SL_NS_PER_S);
	ck_assert_uint_eq(rtt.min_ns, 40 * MS);
	sl_tcp_rtt_sample(&rtt, 90 * MS, 1, 301 * SL_NS_PER_S);
	ck_assert_uint_eq(rtt.min_ns, 90 * MS);
	sl_tcp_rtt_sample(&rtt, 80 * MS, 1, 302 * SL_NS_PER_S);
	ck_assert_uint_eq(rtt.min_ns, 80 * MS);
}
END_TEST

Suite *suite_tcp_rtt(void)
{
	Suite *suite = suite_create("rtt");
	TCase *tcase = tcase_create("rtt");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, before_any_sample_the_timeout_is_a_second);
	tcase_add_test(tcase, the_first_sample_sets_it_all);
	tcase_add_test(tcase, later_ones_weigh_an_eighth_and_a_quarter);
	tcase_add_test(tcase, many_samples_a_round_trip_weigh_less_each);
	tcase_add_test(tcase, on_a_steady_path_200_ms_are_added);
	tcase_add_test(tcase, it_doubles_up_to_a_minute);
	tcase_add_test(tcase, a_sample_of_nothing_is_a_sample);
	tcase_add_test(tcase, the_least_one_is_forgotten_after_five_minutes);
	suite_add_tcase(suite, tcase);
	return suite;
}
