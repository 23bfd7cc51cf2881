/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "bpf/suites.h"
#include "bpf/veth.h"
#include "nic/steer.h"

enum { OUT_MAX = 8 };

static struct sl_listener out[OUT_MAX];

static struct sl_listener parse(const char *text)
{
	struct sl_listener listener;
	const char *problem;

	ck_assert_int_eq(sl_listener_parse(text, &listener, &problem), 0);
	return listener;
}

static int expand(const char *first, const char *second, uint32_t max_cnt)
{
	struct sl_listener in[2] = { parse(first) };

	if (second)
		in[1] = parse(second);
	return sl_steer_expand(VETH_NEAR, in, second ? 2 : 1, out, max_cnt);
}

static bool found(const char *text)
{
	char found_text[SL_ADDRESS_TEXT_BYTES];

	for (int i = 0; i < OUT_MAX; i++) {
		if (out[i].port && !out[i].any &&
		    strcmp(sl_listener_format(&out[i], found_text), text) == 0)
			return true;
	}
	return false;
}

static void expect_refusal(int error, int got, const char *why)
{
	const char *log = veth_take_log();

	ck_assert_int_eq(got, error);
	ck_assert_msg(strstr(log, why) != NULL, "\"%s\" is not in: %s", why, log);
}

START_TEST(a_named_address_stays)
{
	ck_assert_int_eq(expand("192.0.2.1:443,tls", "[2001:db8::1]:80", OUT_MAX), 2);
	ck_assert(found("192.0.2.1:443"));
	ck_assert(found("[2001:db8::1]:80"));
	ck_assert(out[0].tls && !out[1].tls);
}
END_TEST

START_TEST(a_wildcard_becomes_all_of_its_family)
{
	veth_run("ip address add 198.51.100.7/24 dev " VETH_NEAR);
	ck_assert_int_eq(expand("0.0.0.0:443,tls", NULL, OUT_MAX), 2);
	ck_assert(found("192.0.2.1:443"));
	ck_assert(found("198.51.100.7:443"));
	ck_assert(out[0].tls && out[1].tls);
}
END_TEST

START_TEST(an_address_with_a_label_counts)
{
	veth_run("ip address add 198.51.100.7/24 dev " VETH_NEAR " label " VETH_NEAR ":1");
	ck_assert_int_eq(expand("0.0.0.0:443", NULL, OUT_MAX), 2);
	ck_assert(found("198.51.100.7:443"));
}
END_TEST

START_TEST(link_local_only_by_name)
{
	veth_run("ip address add fe80::1/64 dev " VETH_NEAR " nodad");
	ck_assert_int_eq(expand("[::]:443", NULL, OUT_MAX), 1);
	ck_assert(found("[2001:db8::1]:443"));
	ck_assert_int_eq(expand("[fe80::1]:443", NULL, OUT_MAX), 1);
	ck_assert(found("[fe80::1]:443"));
}
END_TEST

START_TEST(another_interfaces_addresses_do_not_count)
{
	veth_run("ip address add 203.0.113.9/32 dev lo");
	ck_assert_int_eq(expand("0.0.0.0:443", NULL, OUT_MAX), 1);
	veth_catch_log();
	expect_refusal(-EADDRNOTAVAIL, expand("203.0.113.9:443", NULL, OUT_MAX), "203.0.113.9:443");
}
END_TEST

START_TEST(a_name_comes_before_a_wildcard)
{
	ck_assert_int_eq(expand("0.0.0.0:443,tls", "192.0.2.1:443", OUT_MAX), 1);
	ck_assert(!out[0].tls);
	ck_assert_int_eq(expand("192.0.2.1:443", "192.0.2.1:443", OUT_MAX), 1);
	ck_assert_int_eq(expand("0.0.0.0:443", "0.0.0.0:80", OUT_MAX), 2);
}
END_TEST

START_TEST(with_tls_and_without)
{
	veth_catch_log();
	expect_refusal(-EADDRINUSE, expand("192.0.2.1:443,tls", "192.0.2.1:443", OUT_MAX),
		       "given twice");
	veth_catch_log();
	expect_refusal(-EADDRINUSE, expand("0.0.0.0:443", "0.0.0.0:443,tls", OUT_MAX),
		       "given twice");
}
END_TEST

START_TEST(no_address_of_the_family)
{
	veth_run("ip -6 address flush dev " VETH_NEAR);
	veth_catch_log();
	expect_refusal(-EADDRNOTAVAIL, expand("[::]:443", NULL, OUT_MAX), "no IPv6 address");
}
END_TEST

START_TEST(too_many)
{
	veth_run("ip address add 198.51.100.7/24 dev " VETH_NEAR);
	ck_assert_int_eq(expand("0.0.0.0:443", NULL, 2), 2);
	veth_catch_log();
	expect_refusal(-E2BIG, expand("0.0.0.0:443", "[::]:443", 2), "more than 2");
}
END_TEST

START_TEST(no_such_interface)
{
	struct sl_listener in = parse("0.0.0.0:443");

	veth_catch_log();
	expect_refusal(-ENODEV, sl_steer_expand("sl-nic-none", &in, 1, out, OUT_MAX),
		       "\"sl-nic-none\" does not exist");
}
END_TEST

/* The addresses are the bridge's, but packets come in at its port. */
START_TEST(a_member_has_its_masters_addresses)
{
	struct sl_listener two[2] = { 0 };
	const char *problem;

	veth_run("ip link add sl-bridge type bridge && ip link set sl-bridge up && "
		 "ip link set " VETH_NEAR " master sl-bridge && "
		 "ip address add 203.0.113.9/24 dev sl-bridge");
	ck_assert_int_eq(expand("203.0.113.9:443", NULL, OUT_MAX), 1);
	ck_assert_int_eq(expand("0.0.0.0:443", NULL, OUT_MAX), 2);
	ck_assert(found("203.0.113.9:443"));
	ck_assert_int_eq(sl_listener_parse("203.0.113.9:443", &two[0], &problem), 0);
	ck_assert_int_eq(sl_listener_parse("203.0.113.10:443", &two[1], &problem), 0);
	ck_assert_uint_eq(sl_steer_missing(VETH_NEAR, two, 2), 2);
	veth_run("ip link del sl-bridge");
	ck_assert_uint_eq(sl_steer_missing(VETH_NEAR, two, 2), 3);
}
END_TEST

Suite *suite_expand(void)
{
	Suite *suite = suite_create("expand");
	TCase *expansion = tcase_create("expansion");

	tcase_add_checked_fixture(expansion, veth_open, NULL);
	tcase_add_test(expansion, a_named_address_stays);
	tcase_add_test(expansion, a_wildcard_becomes_all_of_its_family);
	tcase_add_test(expansion, an_address_with_a_label_counts);
	tcase_add_test(expansion, link_local_only_by_name);
	tcase_add_test(expansion, another_interfaces_addresses_do_not_count);
	tcase_add_test(expansion, a_name_comes_before_a_wildcard);
	tcase_add_test(expansion, with_tls_and_without);
	tcase_add_test(expansion, no_address_of_the_family);
	tcase_add_test(expansion, too_many);
	tcase_add_test(expansion, no_such_interface);
	tcase_add_test(expansion, a_member_has_its_masters_addresses);
	suite_add_tcase(suite, expansion);
	return suite;
}
