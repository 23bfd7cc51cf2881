/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/link.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "daemon_place.h"
#include "fake_serve.h"

Suite *make_link_suite(void);

static const struct sl_listener listeners[2];

static struct sl_link_watch watch;

static void open_lo(void)
{
	fake_serve_start(&(struct fake_script){ .queue_cnt = 3, .missing_mask = 2 });
	place_interface(1500);
	ck_assert_int_eq(sl_link_watch_open(&watch, "lo", listeners, 2), 0);
}

static void command(const char *text)
{
	ck_assert_int_eq(system(text), 0);
}

START_TEST(test_as_it_is)
{
	open_lo();
	ck_assert_str_eq(watch.now.name, "lo");
	ck_assert_uint_eq(watch.now.ifindex, if_nametoindex("lo"));
	ck_assert(watch.now.up);
	ck_assert(watch.now.carrier);
	ck_assert_uint_eq(watch.now.mtu_bytes, 1500);
	ck_assert_uint_eq(watch.now.queue_cnt, 3);
	ck_assert_uint_eq(watch.now.missing_mask, 2);
	sl_link_watch_close(&watch);
}
END_TEST

/* The clock stands still: what is seen was told by the kernel. */
START_TEST(test_told_by_the_kernel)
{
	uint64_t now_ns;

	open_lo();
	now_ns = watch.looked_ns;
	sl_link_watch_run(&watch, now_ns);
	ck_assert(watch.now.up);
	command("ip link set lo down");
	sl_link_watch_run(&watch, now_ns);
	ck_assert(!watch.now.up);
	ck_assert(!watch.now.carrier);
	command("ip link set lo up mtu 1400");
	sl_link_watch_run(&watch, now_ns);
	ck_assert(watch.now.carrier);
	ck_assert_uint_eq(watch.now.mtu_bytes, 1400);
	fake_serve_start(&(struct fake_script){ .queue_cnt = 3 });
	command("ip address add 192.0.2.1/24 dev lo");
	sl_link_watch_run(&watch, now_ns);
	ck_assert_uint_eq(watch.now.missing_mask, 0);
	sl_link_watch_close(&watch);
}
END_TEST

START_TEST(test_nothing_said_nothing_seen)
{
	open_lo();
	watch.now.mtu_bytes = 77;
	sl_link_watch_run(&watch, watch.looked_ns + SL_NS_PER_S - 1);
	ck_assert_uint_eq(watch.now.mtu_bytes, 77);
	sl_link_watch_run(&watch, watch.looked_ns + SL_NS_PER_S);
	ck_assert_uint_eq(watch.now.mtu_bytes, 1500);
	sl_link_watch_close(&watch);
}
END_TEST

START_TEST(test_gone)
{
	place_interface(1500);
	ck_assert_int_eq(sl_link_watch_open(&watch, "sl-none", listeners, 2), 0);
	ck_assert_uint_eq(watch.now.ifindex, 0);
	ck_assert_uint_eq(watch.now.missing_mask, 0);
	sl_link_watch_close(&watch);
	ck_assert_int_eq(sl_link_watch_fd(&watch), -1);
}
END_TEST

Suite *make_link_suite(void)
{
	Suite *suite = suite_create("link");
	TCase *tcase = tcase_create("link");

	tcase_add_test(tcase, test_as_it_is);
	tcase_add_test(tcase, test_told_by_the_kernel);
	tcase_add_test(tcase, test_nothing_said_nothing_seen);
	tcase_add_test(tcase, test_gone);
	suite_add_tcase(suite, tcase);
	return suite;
}
