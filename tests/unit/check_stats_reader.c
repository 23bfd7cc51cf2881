/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/stats_reader.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/stats_page.h"
#include "daemon_place.h"

static struct sl_stats_page page;
static struct sl_stats_reader reader;
static struct sl_stats_sample sample;

static const char *serve(uint32_t worker_cnt)
{
	const char *run_dir = place_directory();

	ck_assert_int_eq(sl_stats_page_open(&page, run_dir, "eth0", worker_cnt), 0);
	ck_assert_int_eq(sl_stats_page_publish(&page), 0);
	return run_dir;
}

START_TEST(test_sample)
{
	const char *run_dir = serve(2);

	ck_assert_int_eq(sl_stats_reader_open(&reader, run_dir), 0);
	ck_assert(sl_stats_reader_alive(&reader));
	page.stats->workers[0].requests = 5;
	page.stats->workers[1].requests = 7;
	page.stats->workers[1].memory_bytes = 9;
	page.stats->workers[1].zero_copy = 1;
	page.stats->workers[1].gso = 1;
	memset(page.stats->workers[1].aead, 'x', sizeof(page.stats->workers[1].aead));

	sl_stats_reader_sample(&reader, &sample);
	ck_assert_uint_eq(sample.process.worker_cnt, 2);
	ck_assert_str_eq(sample.process.iface, "eth0");
	ck_assert_uint_eq(sample.workers[0].requests, 5);
	ck_assert_uint_eq(sample.workers[1].requests, 7);
	ck_assert_uint_eq(sample.workers[1].zero_copy, 1);
	ck_assert_uint_eq(sample.workers[1].gso, 1);
	ck_assert_uint_eq(strlen(sample.workers[1].aead), sizeof(sample.workers[1].aead) - 1);
	ck_assert_uint_eq(sample.total.requests, 12);
	ck_assert_uint_eq(sample.total.memory_bytes, 9);

	/* A second sample starts its sums anew. */
	sl_stats_reader_sample(&reader, &sample);
	ck_assert_uint_eq(sample.total.requests, 12);
	sl_stats_reader_close(&reader);
	sl_stats_page_close(&page);
}
END_TEST

/* Every field is at the place the table says, the first and the last included. */
START_TEST(test_fields)
{
	struct sluice_worker_stats worker = { .rx_packets = 11, .memory_bytes = 13 };
	size_t field_cnt = 0;

	ck_assert_str_eq(sl_stats_fields[0].name, "rx_packets");
	ck_assert_uint_eq(sl_stats_number(&worker, sl_stats_fields[0].off_bytes), 11);
	while (sl_stats_fields[field_cnt].name)
		field_cnt++;
	ck_assert_str_eq(sl_stats_fields[field_cnt - 1].name, "memory_bytes");
	ck_assert_int_eq(sl_stats_fields[field_cnt - 1].kind, 'G');
	ck_assert_uint_eq(sl_stats_number(&worker, sl_stats_fields[field_cnt - 1].off_bytes), 13);
}
END_TEST

static void check_no_server(const char *run_dir)
{
	char line[512];

	place_keep_log();
	ck_assert_int_eq(sl_stats_reader_open(&reader, run_dir), -ENOENT);
	snprintf(line, sizeof(line),
		 "sluice: error: no server runs in %s: start one with sluice serve, or name its "
		 "directory with --run-dir\n",
		 run_dir);
	ck_assert_str_eq(place_log(), line);
}

START_TEST(test_no_server)
{
	check_no_server("/no/such/directory");
	check_no_server(place_directory());
}
END_TEST

/* What a killed server leaves looks like a page, but nobody holds the lock. */
START_TEST(test_killed_server)
{
	const char *run_dir = serve(1);

	close(page.lock_fd);
	page.lock_fd = -1;
	check_no_server(run_dir);
}
END_TEST

START_TEST(test_server_ends)
{
	const char *run_dir = serve(1);

	ck_assert_int_eq(sl_stats_reader_open(&reader, run_dir), 0);
	sl_stats_page_close(&page);
	ck_assert(!sl_stats_reader_alive(&reader));
	/* Its last numbers can still be read. */
	sl_stats_reader_sample(&reader, &sample);
	ck_assert_uint_eq(sample.process.worker_cnt, 1);
}
END_TEST

/* A reader asks for the lock without taking it: a server starts meanwhile. */
START_TEST(test_reader_does_not_lock)
{
	const char *run_dir = serve(1);
	struct sl_stats_page next;

	ck_assert_int_eq(sl_stats_reader_open(&reader, run_dir), 0);
	sl_stats_page_close(&page);
	ck_assert(!sl_stats_reader_alive(&reader));
	ck_assert_int_eq(sl_stats_page_open(&next, run_dir, "eth0", 1), 0);
	/* The new server's lock is not the old one's. */
	ck_assert(!sl_stats_reader_alive(&reader));
	sl_stats_page_close(&next);
}
END_TEST

static void check_refused(const char *run_dir, int error, const char *what)
{
	char line[512];

	place_keep_log();
	ck_assert_int_eq(sl_stats_reader_open(&reader, run_dir), error);
	snprintf(line, sizeof(line), "sluice: error: %s/stats %s\n", run_dir, what);
	ck_assert_str_eq(place_log(), line);
}

START_TEST(test_not_a_page)
{
	static const char what[] =
	    "is not a page of counters; --run-dir names the server's directory";
	const char *run_dir = serve(1);

	page.stats->process.magic++;
	check_refused(run_dir, -EINVAL, what);
	ck_assert_int_eq(truncate(place_path(run_dir, "stats"), 100), 0);
	check_refused(run_dir, -EINVAL, what);
	ck_assert_int_eq(truncate(place_path(run_dir, "stats"), 0), 0);
	check_refused(run_dir, -EINVAL, what);
}
END_TEST

START_TEST(test_other_version)
{
	const char *run_dir = serve(1);

	page.stats->process.version = 9;
	snprintf(page.stats->process.package_version, sizeof(page.stats->process.package_version),
		 "7.8");
	check_refused(
	    run_dir, -EPROTO,
	    "has layout 9, this sluice reads 3: use the program that serves, version 7.8");
}
END_TEST

START_TEST(test_cut_short)
{
	const char *run_dir = serve(1);

	page.stats->process.worker_cnt = 2;
	check_refused(run_dir, -EINVAL, "is cut short: 8192 bytes for 2 workers");
	page.stats->process.worker_cnt = 0;
	check_refused(run_dir, -EINVAL, "is cut short: 8192 bytes for 0 workers");
	page.stats->process.worker_cnt = UINT32_MAX;
	check_refused(run_dir, -EINVAL, "is cut short: 8192 bytes for 4294967295 workers");
}
END_TEST

Suite *make_stats_reader_suite(void);

Suite *make_stats_reader_suite(void)
{
	Suite *suite = suite_create("stats_reader");
	TCase *tcase = tcase_create("stats_reader");

	tcase_add_test(tcase, test_sample);
	tcase_add_test(tcase, test_fields);
	tcase_add_test(tcase, test_no_server);
	tcase_add_test(tcase, test_killed_server);
	tcase_add_test(tcase, test_server_ends);
	tcase_add_test(tcase, test_reader_does_not_lock);
	tcase_add_test(tcase, test_not_a_page);
	tcase_add_test(tcase, test_other_version);
	tcase_add_test(tcase, test_cut_short);
	suite_add_tcase(suite, tcase);
	return suite;
}
