/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "room_base.h"

static const struct {
	const char *text, *formatted;
	uint16_t port;
	bool ipv6, any, tls;
} good[] = {
	{ "192.0.2.1:443", "192.0.2.1:443", 443, false, false, false },
	{ "192.0.2.1:443,tls", "192.0.2.1:443", 443, false, false, true },
	{ "0.0.0.0:80", "0.0.0.0:80", 80, false, true, false },
	{ "255.255.255.255:65535", "255.255.255.255:65535", 65535, false, false, false },
	{ "10.0.0.1:00080", "10.0.0.1:80", 80, false, false, false },
	{ "[2001:db8::1]:443,tls", "[2001:db8::1]:443", 443, true, false, true },
	{ "[2001:DB8:0:0:0:0:0:1]:1", "[2001:db8::1]:1", 1, true, false, false },
	{ "[::]:80", "[::]:80", 80, true, true, false },
	{ "[::1]:8443,tls", "[::1]:8443", 8443, true, false, true },
	{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", 65535, true, false, false },
};

START_TEST(listeners_are_read_and_written)
{
	struct sl_listener listener;
	char text[SL_ADDRESS_TEXT_BYTES];
	const char *problem = NULL;

	ck_assert_int_eq(sl_listener_parse(good[_i].text, &listener, &problem), 0);
	ck_assert_uint_eq(listener.port, good[_i].port);
	ck_assert_int_eq(listener.ipv6, good[_i].ipv6);
	ck_assert_int_eq(listener.any, good[_i].any);
	ck_assert_int_eq(listener.tls, good[_i].tls);
	ck_assert_int_eq(sl_address_is_ipv4(&listener.address), !good[_i].ipv6);
	ck_assert_str_eq(sl_listener_format(&listener, text), good[_i].formatted);
}
END_TEST

static const struct {
	const char *text;
	bool tls;
	enum sl_congestion congestion;
	uint16_t mss_clamp;
} words[] = {
	{ "192.0.2.1:443", false, SL_CONGESTION_CUBIC, 0 },
	{ "192.0.2.1:443,cc=cubic", false, SL_CONGESTION_CUBIC, 0 },
	{ "192.0.2.1:443,tls,cc=bbr", true, SL_CONGESTION_BBR, 0 },
	{ "192.0.2.1:443,cc=newreno,tls", true, SL_CONGESTION_NEWRENO, 0 },
	{ "[::1]:443,mss=536", false, SL_CONGESTION_CUBIC, 536 },
	{ "[::1]:443,mss=9000,cc=bbr,tls", true, SL_CONGESTION_BBR, 9000 },
};

START_TEST(words_follow_the_port_in_any_order)
{
	struct sl_listener listener;
	const char *problem = NULL;

	ck_assert_int_eq(sl_listener_parse(words[_i].text, &listener, &problem), 0);
	ck_assert_int_eq(listener.tls, words[_i].tls);
	ck_assert_int_eq(listener.congestion, words[_i].congestion);
	ck_assert_uint_eq(listener.mss_clamp, words[_i].mss_clamp);
}
END_TEST

static const struct {
	const char *text, *problem; /* words of it */
} bad[] = {
	{ "", "expected" },
	{ "192.0.2.1", "expected" },
	{ "[2001:db8::1]", "expected" },
	{ "[2001:db8::1:443", "expected" },
	{ "[2001:db8::1]443", "expected" },
	{ "1111111111111111111111111111111111111111111111111111111111111111:1", "expected" },
	{ "2001:db8::1:443", "IPv4" },
	{ "[192.0.2.1]:443", "IPv6" },
	{ "[::ffff:192.0.2.1]:443", "::ffff:" },
	{ "[fe80::1%eth0]:443", "IPv6" },
	{ "*:443,tls", "family" },
	{ "localhost:443", "IPv4" },
	{ "192.0.2:443", "IPv4" },
	{ "192.0.2.256:443", "IPv4" },
	{ ":443", "IPv4" },
	{ "192.0.2.1:", "1 to 65535" },
	{ "192.0.2.1:0", "1 to 65535" },
	{ "192.0.2.1:65536", "1 to 65535" },
	{ "192.0.2.1:4294967376", "1 to 65535" }, /* 80 in 32 bits */
	{ "192.0.2.1:https", "number" },
	{ "192.0.2.1:-1", "number" },
	{ "192.0.2.1: 80", "number" },
	{ "192.0.2.1:80 ", "number" },
	{ "192.0.2.1:80,", "tls" },
	{ "192.0.2.1:80,ssl", "tls" },
	{ "192.0.2.1:80,tls,tls", "once" },
	{ "192.0.2.1:80,tls,", "tls" },
	{ "192.0.2.1:80,cc=reno", "cc= must be" },
	{ "192.0.2.1:80,cc=", "cc= must be" },
	{ "192.0.2.1:80,cc=bbr,cc=bbr", "once" },
	{ "192.0.2.1:80,mss=535", "mss= must be" },
	{ "192.0.2.1:80,mss=9001", "mss= must be" },
	{ "192.0.2.1:80,mss=1400x", "mss= must be" },
	{ "192.0.2.1:80,mss=", "mss= must be" },
	{ "192.0.2.1:80,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "tls" },
};

START_TEST(what_is_wrong_is_said)
{
	struct sl_listener listener, before;
	const char *problem = NULL;

	memset(&listener, 0xa5, sizeof(listener));
	memcpy(&before, &listener, sizeof(listener));
	ck_assert_int_eq(sl_listener_parse(bad[_i].text, &listener, &problem), -EINVAL);
	ck_assert_ptr_nonnull(problem);
	ck_assert_msg(strstr(problem, bad[_i].problem) != NULL, "\"%s\": %s", bad[_i].text,
		      problem);
	ck_assert_mem_eq(&listener, &before, sizeof(listener));
}
END_TEST

START_TEST(ipv4_is_kept_as_mapped)
{
	const uint8_t ipv4[4] = { 192, 0, 2, 1 };
	const uint8_t mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 };
	const uint8_t compatible[16] = { [12] = 192, 0, 2, 1 }; /* not the same thing */
	struct sl_address from_ipv4 = sl_address_from_ipv4(ipv4);
	struct sl_address from_ipv6 = sl_address_from_ipv6(compatible);

	ck_assert_mem_eq(from_ipv4.bytes, mapped, sizeof(mapped));
	ck_assert(sl_address_is_ipv4(&from_ipv4));
	ck_assert_mem_eq(from_ipv6.bytes, compatible, sizeof(compatible));
	ck_assert(!sl_address_is_ipv4(&from_ipv6));
}
END_TEST

Suite *suite_address(void)
{
	Suite *suite = suite_create("address");
	TCase *tcase = tcase_create("address");

	tcase_add_loop_test(tcase, listeners_are_read_and_written, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tcase, words_follow_the_port_in_any_order, 0,
			    sizeof(words) / sizeof(words[0]));
	tcase_add_loop_test(tcase, what_is_wrong_is_said, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, ipv4_is_kept_as_mapped);
	suite_add_tcase(suite, tcase);
	return suite;
}
