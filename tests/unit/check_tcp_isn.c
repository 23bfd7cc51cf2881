/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "tcp/stack.h"
#include "tcp_harness.h"

static struct story story;

static void setup(void)
{
	story_begin(&story, (struct story_options){ 0 });
}

static void teardown(void)
{
	story_end(&story);
}

static struct sl_route route_to(uint16_t peer_port)
{
	return (struct sl_route){ .local_port = 443, .peer_port = peer_port };
}

START_TEST(it_grows_by_one_every_4_us)
{
	struct sl_route route = route_to(1);
	uint32_t before = sl_tcp_isn(story.tcp, &route);

	story.tcp->now_ns += 4000;
	ck_assert_uint_eq(sl_tcp_isn(story.tcp, &route), before + 1);
	story.tcp->now_ns += 1 * S;
	ck_assert_uint_eq(sl_tcp_isn(story.tcp, &route), before + 1 + 250000);
}
END_TEST

START_TEST(each_four_tuple_has_a_space_of_its_own)
{
	struct sl_route one = route_to(1), two = route_to(2);

	ck_assert_uint_gt(sl_tcp_isn(story.tcp, &one) ^ sl_tcp_isn(story.tcp, &two), 65536);
	ck_assert_uint_ne(sl_tcp_ts_offset(story.tcp, &one), sl_tcp_ts_offset(story.tcp, &two));
}
END_TEST

START_TEST(the_secret_decides)
{
	struct sl_route route = route_to(1);
	uint32_t before = sl_tcp_isn(story.tcp, &route);

	story.tcp->isn_key.k[1] ^= 1;
	ck_assert_uint_ne(sl_tcp_isn(story.tcp, &route), before);
}
END_TEST

START_TEST(timestamps_tick_in_milliseconds)
{
	ck_assert_uint_eq(sl_tcp_ts_value(5 * S, 7), 5007);
	ck_assert_uint_eq(sl_tcp_ts_value(MS * (UINT64_C(1) << 32), 0), 0); /* 49.7 days */
}
END_TEST

Suite *suite_tcp_isn(void)
{
	Suite *suite = suite_create("isn");
	TCase *tcase = tcase_create("isn");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_grows_by_one_every_4_us);
	tcase_add_test(tcase, each_four_tuple_has_a_space_of_its_own);
	tcase_add_test(tcase, the_secret_decides);
	tcase_add_test(tcase, timestamps_tick_in_milliseconds);
	suite_add_tcase(suite, tcase);
	return suite;
}
