/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9110, 13. The representation at hand was changed on RFC 9110's favourite day. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/conditional.h"
#include "http_text.h"

Suite *conditional_suite(void);

#define SAME   "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct sl_validators validators = { "\"a,b\"", 784111777 };
static const int64_t now_s = 1735689600;

static void parse(const char *fields, struct sl_request *request)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);

	ck_assert_int_eq(
	    sl_request_parse(http_text_guard(text, (uint32_t)len), (uint32_t)len, request), len);
}

static const struct {
	const char *fields;
	int status; /* 0: none fails */
} conditions[] = {
	/* 0 */ { "", 0 },
	/* If-None-Match: 13.1.2 */
	/* 1 */ { "If-None-Match: \"a,b\"\r\n", 304 },
	/* 2: weakly */ { "If-None-Match: W/\"a,b\"\r\n", 304 },
	/* 3 */ { "If-None-Match: \"c\"\r\n", 0 },
	/* 4 */ { "If-None-Match: *\r\n", 304 },
	/* 5 */ { "If-None-Match: \"x\", W/\"y\" ,\"a,b\"\r\n", 304 },
	/* 6 */ { "If-None-Match: ,,\"x\",, \"a,b\",\r\n", 304 },
	/* 7: a list in two lines */
	{ "If-None-Match: \"x\"\r\nX: y\r\nif-none-match: \"a,b\"\r\n", 304 },
	/* 8 */ { "If-None-Match: \"x\"\r\nIf-None-Match: \"y\"\r\n", 0 },
	/* 9 */ { "If-None-Match: a,b\r\n", 0 },
	/* 10 */ { "If-None-Match: \"a,b\r\n", 0 },
	/* 11 */ { "If-None-Match: w/\"a,b\"\r\n", 0 },
	/* 12 */ { "If-None-Match: W/ \"a,b\"\r\n", 0 },
	/* 13 */ { "If-None-Match: \"A,B\"\r\n", 0 },
	/* 14 */ { "If-None-Match: \"a\"\r\n", 0 },
	/* 15 */ { "If-None-Match: \"\"\r\n", 0 },
	/* 16 */ { "If-None-Match:\r\n", 0 },
	/* 17: nothing is read past what cannot be read */
	{ "If-None-Match: x, \"a,b\"\r\n", 0 },
	/* 18 */ { "If-None-Match: \"a,b\"x\r\n", 0 },
	/* 19 */ { "If-None-Match: \"x\" \"a,b\"\r\n", 0 },
	/* 20: a tag named star */ { "If-None-Match: \"*\"\r\n", 0 },
	/* If-Modified-Since: 13.1.3 */
	/* 21 */ { "If-Modified-Since: " SAME "\r\n", 304 },
	/* 22 */ { "If-Modified-Since: " AFTER "\r\n", 304 },
	/* 23 */ { "If-Modified-Since: " BEFORE "\r\n", 0 },
	/* 24 */ { "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304 },
	/* 25 */ { "If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304 },
	/* 26 */ { "If-Modified-Since: yesterday\r\n", 0 },
	/* 27: more than one member */
	{ "If-Modified-Since: " SAME "\r\nIf-Modified-Since: " SAME "\r\n", 0 },
	/* 28: If-None-Match goes first, and alone */
	{ "If-None-Match: \"x\"\r\nIf-Modified-Since: " SAME "\r\n", 0 },
	/* 29 */ { "If-Modified-Since: " BEFORE "\r\nIf-None-Match: \"a,b\"\r\n", 304 },
	/* If-Match: 13.1.1 */
	/* 30 */ { "If-Match: \"a,b\"\r\n", 0 },
	/* 31: strongly */ { "If-Match: W/\"a,b\"\r\n", 412 },
	/* 32 */ { "If-Match: \"x\"\r\n", 412 },
	/* 33 */ { "If-Match: *\r\n", 0 },
	/* 34 */ { "If-Match: \"x\", \"a,b\"\r\n", 0 },
	/* 35 */ { "If-Match: \"x\"\r\nIf-Match: \"a,b\"\r\n", 0 },
	/* 36 */ { "If-Match: nonsense\r\n", 412 },
	/* 37 */ { "If-Match:\r\n", 412 },
	/* If-Unmodified-Since: 13.1.4 */
	/* 38 */ { "If-Unmodified-Since: " SAME "\r\n", 0 },
	/* 39 */ { "If-Unmodified-Since: " AFTER "\r\n", 0 },
	/* 40 */ { "If-Unmodified-Since: " BEFORE "\r\n", 412 },
	/* 41 */ { "If-Unmodified-Since: yesterday\r\n", 0 },
	/* 42 */ { "If-Match: \"a,b\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", 0 },
	/* 43 */ { "If-Match: \"x\"\r\nIf-Unmodified-Since: " AFTER "\r\n", 412 },
	/* the order of 13.2.2: 412 before 304 */
	/* 44 */ { "If-None-Match: \"a,b\"\r\nIf-Match: \"x\"\r\n", 412 },
	/* 45 */ { "If-None-Match: \"a,b\"\r\nIf-Match: \"a,b\"\r\n", 304 },
	/* 46 */
	{ "If-Modified-Since: " SAME "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 412 },
	/* 47 */
	{ "If-Modified-Since: " SAME "\r\nIf-Unmodified-Since: " SAME "\r\n", 304 },
};

START_TEST(preconditions)
{
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		struct sl_request request;
		int status;

		parse(conditions[i].fields, &request);
		status = sl_conditional_check(&request, &validators, now_s);
		ck_assert_msg(status == conditions[i].status, "row %zu: %d", i, status);
	}
}
END_TEST

/* 13.1.5 */
START_TEST(ranges_under_a_condition)
{
	static const struct {
		const char *fields;
		bool counts;
	} rows[] = {
		/* 0 */ { "", true },
		/* 1 */ { "If-Range: \"a,b\"\r\n", true },
		/* 2: strongly */ { "If-Range: W/\"a,b\"\r\n", false },
		/* 3 */ { "If-Range: \"x\"\r\n", false },
		/* 4: one tag, no list */ { "If-Range: \"x\", \"a,b\"\r\n", false },
		/* 5 */ { "If-Range: \"a,b\", \"x\"\r\n", false },
		/* 6 */ { "If-Range: *\r\n", false },
		/* 7: exactly */ { "If-Range: " SAME "\r\n", true },
		/* 8 */ { "If-Range: " AFTER "\r\n", false },
		/* 9 */ { "If-Range: " BEFORE "\r\n", false },
		/* 10 */ { "If-Range: nonsense\r\n", false },
		/* 11 */ { "If-Range:\r\n", false },
		/* 12 */ { "If-Range: \"a,b\"\r\nIf-Range: \"a,b\"\r\n", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_request request;

		parse(rows[i].fields, &request);
		ck_assert_msg(sl_conditional_check_range(&request, &validators, now_s) ==
				  rows[i].counts,
			      "row %zu", i);
	}
}
END_TEST

/* 8.8.2.2: a date says nothing about what happens in the rest of its second. */
START_TEST(a_date_is_weak_while_its_second_lasts)
{
	int64_t now = validators.last_modified_s;
	struct sl_request request;

	parse("If-Range: " SAME "\r\n", &request);
	ck_assert(!sl_conditional_check_range(&request, &validators, now));
	now += 1;
	ck_assert(sl_conditional_check_range(&request, &validators, now));
}
END_TEST

START_TEST(without_a_tag_only_star_matches)
{
	static const struct sl_validators untagged = { "", 784111777 };
	struct sl_request request;

	parse("If-None-Match: \"\"\r\n", &request);
	ck_assert_int_eq(sl_conditional_check(&request, &untagged, now_s), 0);
	parse("If-None-Match: *\r\n", &request);
	ck_assert_int_eq(sl_conditional_check(&request, &untagged, now_s), 304);
	parse("If-Range: \"\"\r\n", &request);
	ck_assert(!sl_conditional_check_range(&request, &untagged, now_s));
}
END_TEST

Suite *conditional_suite(void)
{
	Suite *suite = suite_create("conditional");
	TCase *tcase = tcase_create("conditional");

	tcase_add_test(tcase, preconditions);
	tcase_add_test(tcase, ranges_under_a_condition);
	tcase_add_test(tcase, a_date_is_weak_while_its_second_lasts);
	tcase_add_test(tcase, without_a_tag_only_star_matches);
	suite_add_tcase(suite, tcase);
	return suite;
}
