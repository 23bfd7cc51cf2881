/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "http/host.h"
#include "http_text.h"

Suite *host_suite(void);

START_TEST(hosts)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		/* 0 */ { "example.org", true },
		/* 1 */ { "example.org:443", true },
		/* 2 */ { "192.0.2.1:8080", true },
		/* 3 */ { "[2001:db8::1]", true },
		/* 4 */ { "[2001:db8::1]:443", true },
		/* 5 */ { "[v1.future]", true },
		/* 6: port = *DIGIT */ { "example.org:", true },
		/* 7: a request without an authority has an empty one */ { "", true },
		/* 8: names with underscores exist */ { "a_b", true },
		/* 9 */ { "caf%C3%A9", true },
		/* 10 */ { "a%4", false },
		/* 11 */ { "a%4g", false },
		/* 12 */ { "a%", false },
		/* 13 */ { "user@host", false },
		/* 14 */ { "host/path", false },
		/* 15 */ { "host?query", false },
		/* 16 */ { "host#fragment", false },
		/* 17 */ { "a b", false },
		/* 18 */ { "a:80:80", false },
		/* 19 */ { "a:http", false },
		/* 20 */ { "[2001:db8::1", false },
		/* 21 */ { "2001:db8::1", false },
		/* 22 */ { "[]", false },
		/* 23 */ { "[", false },
		/* 24 */ { "[::1]x", false },
		/* 25: no zones in URIs as they are */ { "[fe80::1%eth0]", false },
		/* 26 */ { "a]", false },
		/* 27 */ { "caf\xc3\xa9", false },
		/* 28 */ { "a\\b", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(sl_host_valid(http_text_slice(rows[i].text)) == rows[i].valid,
			      "row %zu", i);
}
END_TEST

Suite *host_suite(void)
{
	Suite *suite = suite_create("host");
	TCase *tcase = tcase_create("host");

	tcase_add_test(tcase, hosts);
	suite_add_tcase(suite, tcase);
	return suite;
}
