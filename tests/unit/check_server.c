/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/server.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon_place.h"
#include "fake_serve.h"

static struct sl_options options;
static struct sl_server server;
static const char *directory;

static void set_up(void)
{
	const char *problem;

	directory = place_directory();
	place_keep_log();
	place_interface(1500);
	options = (struct sl_options){
		.iface = "lo",
		.root = "/",
		.pairs = { { "c.pem", "k.pem" } },
		.pair_cnt = 1,
		.run_dir = place_path(directory, "run"),
		.aead = "openssl",
		.listener_cnt = 1,
		.conns_max = 99,
		.pipeline_budget_bytes = 1 << 20,
		.idle_timeout_ns = 7 * SL_NS_PER_S,
		.header_timeout_ns = 3 * SL_NS_PER_S,
		.drain_ns = SL_NS_PER_S,
		.poll_mode = SL_POLL_BUSY,
	};
	ck_assert_int_eq(sl_listener_parse("127.0.0.1:443,tls", &options.listeners[0], &problem),
			 0);
}

START_TEST(test_life)
{
	const struct sl_worker_config *config;

	fake_serve_start(&(struct fake_script){ .queue_cnt = 2 });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_str_eq(fake_serve_calls(),
			 "queues expand credentials+2 hearing steer+ worker+0 worker+1 "
			 "acquaint2 socket0 socket1 queues ");
	ck_assert(place_exists(place_path(options.run_dir, "stats")));
	ck_assert_uint_eq(server.page.stats->process.program_id, 77);
	ck_assert_uint_eq(server.page.stats->process.steer_mode, SL_STEER_GENERIC);
	ck_assert_uint_eq(server.page.stats->process.draining, 0);

	config = fake_serve_config(1);
	ck_assert_str_eq(config->iface, "lo");
	ck_assert_uint_eq(config->queue, 1);
	ck_assert_uint_eq(config->mtu_bytes, 1500);
	ck_assert_uint_eq(config->listener_cnt, 1);
	ck_assert(config->listeners[0].tls);
	ck_assert_str_eq(config->root, "/");
	ck_assert_ptr_nonnull(config->credentials);
	ck_assert_str_eq(config->aead, "openssl");
	ck_assert_uint_eq(config->conns_max, 99);
	ck_assert_uint_eq(config->pipeline_budget_bytes, 1 << 20);
	ck_assert_uint_eq(config->idle_timeout_ns, 7 * SL_NS_PER_S);
	ck_assert_uint_eq(config->header_timeout_ns, 3 * SL_NS_PER_S);
	ck_assert_uint_eq(config->drain_ns, SL_NS_PER_S);
	ck_assert_int_eq(config->poll_mode, SL_POLL_BUSY);
	ck_assert_ptr_eq(config->stats, &server.page.stats->workers[1]);

	sl_server_drain(&server);
	ck_assert_uint_eq(server.page.stats->process.draining, 1);
	sl_server_close(&server);
	ck_assert_str_eq(fake_serve_calls(),
			 "queues expand credentials+2 hearing steer+ worker+0 worker+1 "
			 "acquaint2 socket0 socket1 queues drain0 drain1 worker-1 worker-0 "
			 "steer- credentials- ");
	ck_assert(!place_exists(options.run_dir));
}
END_TEST

/* Who was heard before and is not with zero-copy is worth more than that. */
START_TEST(test_deaf_with_zero_copy)
{
	fake_serve_start(&(struct fake_script){
	    .queue_cnt = 2,
	    .zero_copy = true,
	    .hearings = { SL_HEARING_YES, SL_HEARING_NO },
	});
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_str_eq(fake_serve_calls(),
			 "queues expand credentials+2 hearing steer+ worker+0 worker+1 acquaint2 "
			 "socket0 socket1 hearing worker-1 worker-0 credentials- credentials+2 "
			 "worker+0 worker+1 acquaint2 socket0 socket1 queues ");
	ck_assert(fake_serve_config(0)->copy_only);
	ck_assert_ptr_nonnull(strstr(place_log(), "so copy mode is used"));
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

static const struct fake_script good_hearing[] = {
	{ .queue_cnt = 1, .hearings = { SL_HEARING_YES, SL_HEARING_NO } }, /* no zero-copy */
	{ .queue_cnt = 1, .zero_copy = true, .hearings = { SL_HEARING_NO, SL_HEARING_NO } },
	{ .queue_cnt = 1, .zero_copy = true, .hearings = { SL_HEARING_UNKNOWN, SL_HEARING_NO } },
	{ .queue_cnt = 1, .zero_copy = true, .hearings = { SL_HEARING_YES, SL_HEARING_YES } },
	{ .queue_cnt = 1, .zero_copy = true, .hearings = { SL_HEARING_YES, SL_HEARING_UNKNOWN } },
};

START_TEST(test_nothing_wrong_with_zero_copy)
{
	fake_serve_start(&good_hearing[_i]);
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_ptr_null(strstr(fake_serve_calls(), "worker-"));
	ck_assert(!server.copy_only);
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

/* Not asked for, the budget is this worker's share of the cache. */
START_TEST(test_default_budget)
{
	options.pipeline_budget_bytes = 0;
	fake_serve_start(&(struct fake_script){ .queue_cnt = 4 });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_uint_eq(fake_serve_config(3)->pipeline_budget_bytes, FAKE_CACHE_BYTES / 4);
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

/* What is printed at the start: one line for the interface, one a worker, one a listener. */
START_TEST(test_report)
{
	char line[128];

	fake_serve_start(&(struct fake_script){ .queue_cnt = 1 });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	snprintf(line, sizeof(line), "sluice: worker 0: queue 0, CPU %d, copy, AEAD none\n",
		 sl_threads_cpu(0));
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: interface lo: MTU 1500, 1 receive "
						  "queue, generic XDP, program 77\n"));
	ck_assert_ptr_nonnull(strstr(place_log(), line));
	ck_assert_ptr_nonnull(
	    strstr(place_log(), "sluice: worker 0: memory 12.1 MB: 99 connections of 2000 bytes "
				"198 kB, pools 3.00 MB, handshakes 4.00 MB, packets and disk "
				"buffers 5.00 MB\n"));
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: serving / at https://127.0.0.1:443/\n"));
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

START_TEST(test_more_workers_than_cpus)
{
	fake_serve_start(&(struct fake_script){ .queue_cnt = SL_WORKERS_MAX });
	ck_assert_int_lt(sl_threads_cpu_cnt(), SL_WORKERS_MAX);
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: warning: 64 workers share "));
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

/* Each step that may fail: what was done is undone in reverse, one line is logged, nothing stays.
 */
static const struct {
	struct fake_script script;
	int error;
	const char *calls;
	const char *line;
} failures[] = {
	{ { .queue_cnt = -EPERM }, -EPERM, "queues ", "fake queues: Operation not permitted" },
	{ { .queue_cnt = 65 },
	  -EINVAL,
	  "queues ",
	  "interface lo has 65 receive queues, Sluice serves 64 at most: ethtool -L lo combined "
	  "64" },
	{ { .queue_cnt = 2, .expand_error = -EADDRNOTAVAIL },
	  -EADDRNOTAVAIL,
	  "queues expand ",
	  "fake expand: Cannot assign requested address" },
	{ { .queue_cnt = 2, .credentials_error = -EKEYREJECTED },
	  -EKEYREJECTED,
	  "queues expand ",
	  "fake credentials: Key was rejected by service" },
	{ { .queue_cnt = 2, .steer_error = -EBUSY },
	  -EBUSY,
	  "queues expand credentials+2 hearing credentials- ",
	  "fake steer: Device or resource busy" },
	{ { .queue_cnt = 2, .worker_error = -ENOMEM },
	  -ENOMEM,
	  "queues expand credentials+2 hearing steer+ steer- credentials- ",
	  "fake worker: Cannot allocate memory" },
	{ { .queue_cnt = 3, .worker_error = -EOPNOTSUPP, .failing_worker = 2 },
	  -EOPNOTSUPP,
	  "queues expand credentials+3 hearing steer+ worker+0 worker+1 worker-1 worker-0 steer- "
	  "credentials- ",
	  "fake worker: Operation not supported" },
	{ { .queue_cnt = 1, .socket_error = -EINVAL },
	  -EINVAL,
	  "queues expand credentials+1 hearing steer+ worker+0 acquaint1 socket0 worker-0 steer- "
	  "credentials- ",
	  "fake socket: Invalid argument" },
};

START_TEST(test_failures)
{
	char line[512];

	fake_serve_start(&failures[_i].script);
	ck_assert_int_eq(sl_server_open(&server, &options), failures[_i].error);
	ck_assert_str_eq(fake_serve_calls(), failures[_i].calls);
	snprintf(line, sizeof(line), "sluice: error: %s\n", failures[_i].line);
	ck_assert_str_eq(place_log(), line);
	ck_assert(!place_exists(options.run_dir));
}
END_TEST

/* Of two servers in one run directory the second touches neither steering nor the first's page. */
START_TEST(test_run_dir_taken)
{
	static struct sl_server second;

	fake_serve_start(&(struct fake_script){ .queue_cnt = 1 });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	fake_serve_start(&(struct fake_script){ .queue_cnt = 1 });
	ck_assert_int_eq(sl_server_open(&second, &options), -EBUSY);
	ck_assert_str_eq(fake_serve_calls(), "queues expand credentials+1 credentials- ");
	ck_assert(place_exists(place_path(options.run_dir, "stats")));
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

/* A store is opened before anything that a client could notice, and closed last but one. */
START_TEST(test_store)
{
	options.stores[0] = "tv.example=/dev/ng0n1";
	options.store_cnt = 1;
	options.store_verify = true;
	fake_serve_start(&(struct fake_script){ .queue_cnt = 1 });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_ptr_nonnull(fake_serve_config(0)->stores);
	for (int i = 0; i < 4; i++) { /* fails, still, and no longer */
		server.page.stats->workers[0].devices_failing = i < 2;
		sl_server_watch(&server);
	}
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: warning: store \"/dev/ng0n1\": reads "
						  "fail (device_errors"));
	ck_assert_ptr_null(strstr(strstr(place_log(), "reads fail") + 1, "reads fail"));
	ck_assert_ptr_nonnull(
	    strstr(place_log(), "sluice: store \"/dev/ng0n1\": reads succeed again\n"));
	sl_server_drain(&server);
	sl_server_close(&server);
	ck_assert_str_eq(fake_serve_calls(),
			 "queues expand stores+1verified credentials+1 hearing steer+ worker+0 "
			 "acquaint1 socket0 queues drain0 worker-0 steer- credentials- stores- ");
}
END_TEST

START_TEST(test_store_refused)
{
	options.stores[0] = "/dev/ng0n1";
	options.store_cnt = 1;
	options.root = NULL;
	fake_serve_start(&(struct fake_script){ .queue_cnt = 1, .stores_error = -EBADMSG });
	ck_assert_int_eq(sl_server_open(&server, &options), -EBADMSG);
	ck_assert_str_eq(fake_serve_calls(), "queues expand ");
}
END_TEST

START_TEST(test_no_tls)
{
	options.pair_cnt = 0;
	options.listeners[0].tls = false;
	fake_serve_start(&(struct fake_script){ .queue_cnt = 1 });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	ck_assert_str_eq(fake_serve_calls(),
			 "queues expand hearing steer+ worker+0 acquaint1 socket0 queues ");
	ck_assert_ptr_nonnull(strstr(place_log(), "serving / at http://127.0.0.1:443/\n"));
	sl_server_drain(&server);
	sl_server_close(&server);
}
END_TEST

/* Workers that do not end are left running: steering and the run directory must go all the same. */
START_TEST(test_abandon)
{
	fake_serve_start(&(struct fake_script){ .queue_cnt = 1, .deaf = true });
	ck_assert_int_eq(sl_server_open(&server, &options), 0);
	sl_server_abandon(&server);
	ck_assert_str_eq(
	    fake_serve_calls(),
	    "queues expand credentials+1 hearing steer+ worker+0 acquaint1 socket0 queues steer- ");
	ck_assert(!place_exists(options.run_dir));
}
END_TEST

Suite *make_server_suite(void);

Suite *make_server_suite(void)
{
	Suite *suite = suite_create("server");
	TCase *tcase = tcase_create("server");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, test_life);
	tcase_add_test(tcase, test_deaf_with_zero_copy);
	tcase_add_loop_test(tcase, test_nothing_wrong_with_zero_copy, 0,
			    sizeof(good_hearing) / sizeof(good_hearing[0]));
	tcase_add_test(tcase, test_default_budget);
	tcase_add_test(tcase, test_report);
	tcase_add_test(tcase, test_more_workers_than_cpus);
	tcase_add_loop_test(tcase, test_failures, 0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tcase, test_run_dir_taken);
	tcase_add_test(tcase, test_store);
	tcase_add_test(tcase, test_store_refused);
	tcase_add_test(tcase, test_no_tls);
	tcase_add_test(tcase, test_abandon);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
