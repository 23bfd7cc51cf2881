/* SPDX-License-Identifier: BSD-2-Clause */
/* New certificates for a worker that runs, and for one that does not. */
#include "serve/credentials.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "room_serve.h"
#include "serve_fetch.h"
#include "sim_clock.h"

enum { VISITORS = 60, RENEWALS = 5 };

#define DAY_NS (24 * 3600 * SL_NS_PER_S)

static const struct sl_sim_world_options path = {
	.seed = 1,
	.out = { .delay_ns = 20 * SL_NS_PER_MS,
		 .rate_bytes_s = 100 * 1000 * 1000,
		 .queue_max = 2000 },
	.in = { .delay_ns = 20 * SL_NS_PER_MS },
	.conns_max = 256,
};

static struct sl_sim_world world;
static struct sl_sim_certificate other;

static void setup(void)
{
	sl_sim_world_open(&world, &path);
	sl_sim_disk_add(world.worker->disk, "page", 5, 1000);
	sl_sim_certificate_make(&other);
}

static void teardown(void)
{
	sl_sim_world_close(&world);
	sl_sim_certificate_remove(&other);
}

static struct sl_tls_pair pair_of(const struct sl_sim_certificate *certificate)
{
	return (struct sl_tls_pair){
		.certificate_path = certificate->certificate_path,
		.key_path = certificate->key_path,
	};
}

static int renew(const struct sl_tls_pair *pair)
{
	return sl_credentials_renew(world.credentials, pair, 1, &world.worker, 1);
}

static struct fetch visit(void)
{
	const struct sl_sim_client_options tls = { .tls = true };
	struct fetch fetch = { .seed = 5 };

	fetch_start(&fetch, sl_sim_world_connect(&world, &tls), "GET", "/page", "");
	return fetch;
}

static bool was_shown(const struct fetch *fetch, const struct sl_sim_certificate *certificate)
{
	FILE *file = fopen(certificate->certificate_path, "r");
	X509 *expected = PEM_read_X509(file, NULL, NULL, NULL);
	X509 *shown = SSL_get1_peer_certificate(fetch->client->ssl);
	bool is_same = X509_cmp(shown, expected) == 0;

	fclose(file);
	X509_free(expected);
	X509_free(shown);
	return is_same;
}

/* ---- running ---- */

/* Clients come all the time, and five times the certificate is another: each is served, each with
 * a certificate that was in force. */
START_TEST(nobody_fails_while_certificates_change)
{
	const struct sl_tls_pair pairs[] = { pair_of(&other), pair_of(&world.certificate) };
	static struct fetch fetches[VISITORS];
	int shown_cnt[2] = { 0, 0 };

	for (int i = 0; i < VISITORS; i++) {
		fetches[i] = visit();
		sl_sim_world_run(&world, 7 * SL_NS_PER_MS);
		if (i % (VISITORS / RENEWALS) == 5)
			ck_assert_int_eq(renew(&pairs[i / (VISITORS / RENEWALS) % 2]), 0);
	}
	fetch_run(&world, fetches, VISITORS, 5 * SL_NS_PER_S);
	for (int i = 0; i < VISITORS; i++) {
		ck_assert(fetch_done(&fetches[i]) && !fetches[i].wrong);
		shown_cnt[0] += was_shown(&fetches[i], &other);
		shown_cnt[1] += was_shown(&fetches[i], &world.certificate);
	}
	ck_assert_int_eq(shown_cnt[0] + shown_cnt[1], VISITORS);
	ck_assert_int_ge(shown_cnt[0], 10);
	ck_assert_int_ge(shown_cnt[1], 10);
	ck_assert_uint_eq(world.stats->handshakes_failed, 0);
	ck_assert_uint_eq(world.stats->handshakes_done, VISITORS);

	ck_assert(!sl_worker_renewing(world.worker)); /* all old ones are closed */
}
END_TEST

START_TEST(a_handshake_under_way_keeps_what_it_began_with)
{
	const struct sl_tls_pair pair = pair_of(&other);
	struct fetch before = visit(), after;

	while (!world.worker->tls.current || world.worker->handshakes.cnt[SL_HANDSHAKES_IDLE] == 0)
		sl_sim_world_step(&world, UINT64_MAX);
	ck_assert_int_eq(renew(&pair), 0);
	after = visit();
	sl_sim_world_run(&world, 10 * SL_NS_PER_MS);
	ck_assert(sl_worker_renewing(world.worker));
	fetch_run(&world, &before, 1, SL_NS_PER_S);
	fetch_run(&world, &after, 1, SL_NS_PER_S);
	ck_assert(fetch_done(&before) && was_shown(&before, &world.certificate));
	ck_assert(fetch_done(&after) && was_shown(&after, &other));
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert(!sl_worker_renewing(world.worker));
}
END_TEST

START_TEST(what_does_not_fit_changes_nothing)
{
	struct sl_tls_pair bad = pair_of(&other);
	struct sl_credentials_summary summary;
	struct fetch fetch;

	bad.key_path = world.certificate.key_path;
	ck_assert_int_eq(renew(&bad), -EKEYREJECTED);
	bad.certificate_path = "/nowhere/cert.pem";
	ck_assert_int_eq(renew(&bad), -ENOENT);
	ck_assert(!sl_worker_renewing(world.worker));
	sl_credentials_summary(world.credentials, &summary);
	ck_assert_uint_eq(summary.certificate_cnt, 1);
	fetch = visit();
	fetch_run(&world, &fetch, 1, SL_NS_PER_S);
	ck_assert(fetch_done(&fetch) && was_shown(&fetch, &world.certificate));
}
END_TEST

/* ---- what time brings ---- */

START_TEST(it_asks_to_be_called_again_soon_enough)
{
	uint64_t next_ns = sl_credentials_tick(world.credentials, world.now_ns);

	ck_assert_uint_gt(next_ns, world.now_ns);
	ck_assert_uint_le(next_ns, world.now_ns + 600 * SL_NS_PER_S);
}
END_TEST

/* What sl_credentials_report says. */
static const char *report(void)
{
	static char text[4096];
	char name[] = "/tmp/sl-report-XXXXXX";
	int kept_fd = dup(STDERR_FILENO), fd = mkstemp(name);
	ssize_t len_bytes;

	dup2(fd, STDERR_FILENO);
	sl_credentials_report(world.credentials);
	dup2(kept_fd, STDERR_FILENO);
	len_bytes = pread(fd, text, sizeof(text) - 1, 0);
	text[len_bytes > 0 ? len_bytes : 0] = '\0';
	close(kept_fd);
	close(fd);
	unlink(name);
	return text;
}

/* The certificate is good from the start of 2020 to the end of 2049; it is 2026 + days. */
static const struct {
	uint64_t days;
	const char *warning;
} times[] = {
	{ 0, NULL },
	{ 365 * 23, NULL },
	{ 8751, NULL }, /* two weeks and a day, but for a second */
	{ 8752, "expires on 2049-12-31, in 13 days" },
	{ 8800, "expired on 2049-12-31: clients refuse it" },
};

START_TEST(certificates_that_expire_are_warned_of)
{
	const char *said;

	sl_sim_clock_set(SL_SIM_START_NS + times[_i].days * DAY_NS);
	said = report();
	ck_assert_msg(strstr(said, ": for sim; ECDSA; until 2049-12-31\n") != NULL, "%s", said);
	if (times[_i].warning)
		ck_assert_msg(strstr(said, times[_i].warning) != NULL, "%s", said);
	else
		ck_assert_msg(strstr(said, "warning") == NULL, "%s", said);
}
END_TEST

START_TEST(what_will_be_added_is_known)
{
	/* Nothing stays behind an ECDSA key. */
	ck_assert_uint_eq(sl_credentials_heap_bytes(world.credentials), 0);
}
END_TEST

Suite *suite_credentials(void)
{
	Suite *suite = suite_create("credentials");
	TCase *tcase = tcase_create("credentials");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nobody_fails_while_certificates_change);
	tcase_add_test(tcase, a_handshake_under_way_keeps_what_it_began_with);
	tcase_add_test(tcase, what_does_not_fit_changes_nothing);
	tcase_add_test(tcase, it_asks_to_be_called_again_soon_enough);
	tcase_add_loop_test(tcase, certificates_that_expire_are_warned_of, 0,
			    sizeof(times) / sizeof(times[0]));
	tcase_add_test(tcase, what_will_be_added_is_known);
	suite_add_tcase(suite, tcase);
	return suite;
}
