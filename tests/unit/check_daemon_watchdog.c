/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/watchdog.h"

#include <check.h>
#include <string.h>

#include "daemon_place.h"

Suite *make_daemon_watchdog_suite(void);

static struct sluice_worker_stats workers[2];

START_TEST(test_one_line_each)
{
	struct sl_daemon_watchdog watchdog = { 0 };

	place_keep_log();
	memset(workers, 0, sizeof(workers));
	sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	ck_assert_str_eq(place_log(), "");
	workers[1].tx_stuck = 1;
	workers[1].tx_stuck_now = 1;
	workers[1].frames_used = 77;
	for (int i = 0; i < 3; i++)
		sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	ck_assert_str_eq(place_log(),
			 "sluice: warning: worker 1: no packet has left interface eth0 for 5 "
			 "seconds, and 77 frames wait: is the link up (ip link show eth0)? The "
			 "kernel is kicked on and on\n");
}
END_TEST

/* Stuck and free again between two looks: both lines. */
START_TEST(test_too_quick_to_see)
{
	struct sl_daemon_watchdog watchdog = { 0 };

	place_keep_log();
	memset(workers, 0, sizeof(workers));
	workers[0].tx_stuck = 3;
	sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	ck_assert_ptr_nonnull(strstr(place_log(), "worker 0: no packet has left"));
	ck_assert_ptr_nonnull(
	    strstr(place_log(), "\nsluice: worker 0: packets leave interface eth0 again\n"));
}
END_TEST

/* Said when it begins, not while it lasts, and when ten looks have seen no more. */
START_TEST(test_fill_ring_runs_dry)
{
	struct sl_daemon_watchdog watchdog = { 0 };

	place_keep_log();
	memset(workers, 0, sizeof(workers));
	workers[1].rx_fill_empty = SL_WATCHDOG_EMPTY_CNT - 1;
	sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	ck_assert_str_eq(place_log(), "");
	for (int i = 0; i < 3; i++) {
		workers[1].rx_fill_empty += SL_WATCHDOG_EMPTY_CNT;
		sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
		sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	}
	ck_assert_str_eq(
	    place_log(),
	    "sluice: warning: worker 1: interface eth0 found no frame for received "
	    "packets (16 times lately, rx_fill_empty), so some were dropped: the worker "
	    "is overloaded, or its CPU is taken by others\n");
	for (int i = 0; i < SL_WATCHDOG_QUIET_CNT - 2; i++)
		sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	ck_assert_ptr_null(strstr(place_log(), "again"));
	sl_daemon_watchdog_run(&watchdog, "eth0", workers, 2);
	ck_assert_ptr_nonnull(strstr(
	    place_log(),
	    "\nsluice: worker 1: there are frames for all packets of interface eth0 again\n"));
}
END_TEST

Suite *make_daemon_watchdog_suite(void)
{
	Suite *suite = suite_create("daemon_watchdog");
	TCase *tcase = tcase_create("watchdog");

	tcase_add_test(tcase, test_one_line_each);
	tcase_add_test(tcase, test_too_quick_to_see);
	tcase_add_test(tcase, test_fill_ring_runs_dry);
	suite_add_tcase(suite, tcase);
	return suite;
}
