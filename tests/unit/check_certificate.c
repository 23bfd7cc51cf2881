/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/certificate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tls_peer.h"

static struct tls_identity identity;
static struct sl_tls_context *context;

static void teardown(void)
{
	sl_tls_context_close(context);
	tls_identity_remove(&identity);
}

/* Which names a certificate is for. "localhost" is its common name. */
static const struct {
	const char *alternatives, *names;
	uint32_t name_cnt;
} certificates[] = {
	{ NULL, "localhost", 1 },
	{ "DNS:a.example", "a.example", 1 },
	{ "DNS:a.example,DNS:*.B.example,DNS:c.example", "a.example, *.b.example, c.example", 3 },
	/* with alternative names the common name does not count, even if none is a host's */
	{ "IP:192.0.2.1", "", 0 },
	{ "email:somebody@a.example,DNS:a.example,URI:https://b.example/", "a.example", 1 },
	/* what is no name is left out */
	{ "DNS:a*.example,DNS:a.example,DNS:*", "a.example", 1 },
};

START_TEST(these_are_its_names)
{
	struct sl_tls_certificate_info info;

	tls_identity_make_for(&identity, "EC", certificates[_i].alternatives);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_info(context, 0, &info);
	ck_assert_str_eq(info.names, certificates[_i].names);
	ck_assert_uint_eq(info.name_cnt, certificates[_i].name_cnt);
}
END_TEST

START_TEST(what_the_operator_is_told)
{
	struct sl_tls_certificate_info info;
	int64_t now_s = sl_clock_wall_s();

	tls_identity_make(&identity, _i == 0 ? "EC" : "RSA");
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_info(context, 0, &info);
	ck_assert_str_eq(info.kind, _i == 0 ? "ECDSA" : "RSA");
	ck_assert_str_eq(info.path, identity.certificate_path);
	/* An hour back and an hour ahead of when it was made, which takes a moment. */
	ck_assert(info.not_before_s >= now_s - 3600 && info.not_before_s <= now_s - 3300);
	ck_assert(info.not_after_s >= now_s + 3600 && info.not_after_s <= now_s + 3900);
}
END_TEST

START_TEST(too_many_names_to_tell_end_in_dots)
{
	char alternatives[4096] = "DNS:0.quite-a-long-name.example";
	struct sl_tls_certificate_info info;
	size_t used_bytes = strlen(alternatives);

	for (int i = 1; i < 60; i++)
		used_bytes +=
		    (size_t)snprintf(alternatives + used_bytes, sizeof(alternatives) - used_bytes,
				     ",DNS:%d.quite-a-long-name.example", i);
	tls_identity_make_for(&identity, "EC", alternatives);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_info(context, 0, &info);
	ck_assert_uint_eq(info.name_cnt, 60);
	ck_assert_str_eq(info.names + strlen(info.names) - 12, "example, ...");
}
END_TEST

Suite *suite_certificate(void)
{
	Suite *suite = suite_create("certificate");
	TCase *tcase = tcase_create("certificate");

	tcase_set_timeout(tcase, 30); /* RSA keys take their time under sanitizers */
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, these_are_its_names, 0,
			    sizeof(certificates) / sizeof(certificates[0]));
	tcase_add_loop_test(tcase, what_the_operator_is_told, 0, 2);
	tcase_add_test(tcase, too_many_names_to_tell_end_in_dots);
	suite_add_tcase(suite, tcase);
	return suite;
}
