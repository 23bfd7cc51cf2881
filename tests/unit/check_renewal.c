/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/renewal.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon_place.h"
#include "fake_serve.h"

static struct sl_options options;
static struct sl_credentials *credentials;
static struct sl_worker *workers[2];
static struct sluice_process_stats stats;
static struct sl_renewal renewal;
static const char *directory, *certificate;
static uint64_t now_ns;

static void set_up(void)
{
	struct sl_credentials_config config = { .pairs = options.pairs, .pair_cnt = 1 };

	directory = place_directory();
	certificate = strdup(place_path(directory, "a.pem"));
	place_keep_log();
	place_write(certificate, "one");
	options = (struct sl_options){ .pairs = { { certificate, NULL } }, .pair_cnt = 1 };
	now_ns = 1000 * SL_NS_PER_S;
	fake_serve_start(&(struct fake_script){ .queue_cnt = 2 });
	for (uint32_t idx = 0; idx < 2; idx++)
		workers[idx] = fake_serve_worker(idx);
	ck_assert_int_eq(sl_credentials_open(&credentials, &config, 2), 0);
	sl_renewal_open(&renewal, &options, credentials, workers, 2, &stats);
	sl_renewal_run(&renewal, now_ns);
	ck_assert_str_eq(fake_serve_calls(), "credentials+2 tick ");
	fake_serve_start(&(struct fake_script){ .queue_cnt = 2 });
}

static void tear_down(void)
{
	sl_renewal_close(&renewal);
}

/* What happens once the files are quiet. */
static void wait_for_quiet(void)
{
	sl_renewal_run(&renewal, now_ns);
	now_ns += SL_WATCH_QUIET_NS;
	sl_renewal_run(&renewal, now_ns);
}

START_TEST(test_start)
{
	ck_assert_uint_eq(stats.certificates, 7);
	ck_assert_uint_eq(stats.certificate_expires_s, 1234);
	ck_assert_uint_eq(stats.certificate_reloads, 0);
	ck_assert_int_ge(sl_renewal_fd(&renewal), 0);
	ck_assert_uint_eq(sl_renewal_due_ns(&renewal), now_ns + 600 * SL_NS_PER_S);
}
END_TEST

START_TEST(test_change)
{
	place_write(certificate, "another");
	wait_for_quiet();
	ck_assert_str_eq(fake_serve_calls(), "renew1-2 tick ");
	ck_assert_uint_eq(stats.certificate_reloads, 1);
	ck_assert_ptr_nonnull(strstr(place_log(), "are read again, and in force"));
	ck_assert_ptr_nonnull(strstr(place_log(), "fake certificate"));

	/* Then it looks once a second for contexts that are no more used, until there are none. */
	ck_assert_uint_eq(sl_renewal_due_ns(&renewal), now_ns + SL_NS_PER_S);
	fake_serve_start(&(struct fake_script){ .queue_cnt = 2, .renewing_cnt = 2 });
	for (int i = 0; i < 5; i++)
		sl_renewal_run(&renewal, now_ns += SL_NS_PER_S);
	ck_assert_str_eq(fake_serve_calls(), "collect collect collect collect ");
}
END_TEST

/* Another file of the directory is none of ours. */
START_TEST(test_neighbour)
{
	place_write(place_path(directory, "notes"), "x");
	wait_for_quiet();
	ck_assert_str_eq(fake_serve_calls(), "");
}
END_TEST

START_TEST(test_staple)
{
	place_write(place_path(directory, "a.pem.ocsp"), "x");
	wait_for_quiet();
	ck_assert_str_eq(fake_serve_calls(), "renew1-2 tick ");
}
END_TEST

START_TEST(test_failure)
{
	fake_serve_start(&(struct fake_script){ .renew_error = -EKEYREJECTED });
	place_write(certificate, "another");
	wait_for_quiet();
	ck_assert_str_eq(fake_serve_calls(), "");
	ck_assert_uint_eq(stats.certificate_reloads, 0);
	ck_assert_uint_eq(stats.certificate_reload_failures, 1);
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: error: fake renewal"));

	/* It does not try again before something changes. */
	wait_for_quiet();
	ck_assert_uint_eq(stats.certificate_reload_failures, 1);
	fake_serve_start(&(struct fake_script){ .renew_error = 0 });
	place_write(certificate, "the right one");
	wait_for_quiet();
	ck_assert_uint_eq(stats.certificate_reloads, 1);
}
END_TEST

/* SIGHUP, whether anything has changed or not. */
START_TEST(test_told)
{
	ck_assert_int_eq(sl_renewal_now(&renewal, now_ns), 0);
	ck_assert_str_eq(fake_serve_calls(), "renew1-2 ");
	ck_assert_uint_eq(stats.certificate_reloads, 1);
	unlink(certificate);
	options.certificate_dir = "/nowhere";
	ck_assert_int_eq(sl_renewal_now(&renewal, now_ns), -ENOENT);
	ck_assert_uint_eq(stats.certificate_reload_failures, 1);
}
END_TEST

/* A directory: certificates come and go. */
START_TEST(test_directory)
{
	sl_renewal_close(&renewal);
	options.certificate_dir = directory;
	options.pair_cnt = 0;
	sl_renewal_open(&renewal, &options, credentials, workers, 2, &stats);
	sl_renewal_run(&renewal, now_ns);
	fake_serve_start(&(struct fake_script){ .queue_cnt = 2 });
	place_write(place_path(directory, "b.pem"), "x");
	wait_for_quiet();
	ck_assert_str_eq(fake_serve_calls(), "renew2-2 tick ");
	unlink(certificate);
	wait_for_quiet();
	ck_assert_str_eq(fake_serve_calls(), "renew2-2 tick renew1-2 tick ");
	unlink(place_path(directory, "b.pem"));
	wait_for_quiet();
	ck_assert_uint_eq(stats.certificate_reload_failures, 1);
	wait_for_quiet(); /* no second complaint */
	ck_assert_uint_eq(stats.certificate_reload_failures, 1);
}
END_TEST

START_TEST(test_unreadable)
{
	sl_renewal_close(&renewal);
	unlink(certificate);
	sl_renewal_open(&renewal, &options, credentials, workers, 2, &stats);
	ck_assert_ptr_nonnull(strstr(place_log(), "a.pem cannot be read with the rights"));
}
END_TEST

START_TEST(test_no_tls)
{
	sl_renewal_close(&renewal);
	fake_serve_start(&(struct fake_script){ .queue_cnt = 2 });
	sl_renewal_open(&renewal, &options, NULL, workers, 2, &stats);
	sl_renewal_run(&renewal, now_ns);
	ck_assert_int_eq(sl_renewal_now(&renewal, now_ns), 0);
	ck_assert_int_eq(sl_renewal_fd(&renewal), -1);
	ck_assert_uint_eq(sl_renewal_due_ns(&renewal), UINT64_MAX);
	ck_assert_str_eq(fake_serve_calls(), "");
}
END_TEST

Suite *make_renewal_suite(void);

Suite *make_renewal_suite(void)
{
	Suite *suite = suite_create("renewal");
	TCase *tcase = tcase_create("renewal");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_start);
	tcase_add_test(tcase, test_change);
	tcase_add_test(tcase, test_neighbour);
	tcase_add_test(tcase, test_staple);
	tcase_add_test(tcase, test_failure);
	tcase_add_test(tcase, test_told);
	tcase_add_test(tcase, test_directory);
	tcase_add_test(tcase, test_unreadable);
	tcase_add_test(tcase, test_no_tls);
	suite_add_tcase(suite, tcase);
	return suite;
}
