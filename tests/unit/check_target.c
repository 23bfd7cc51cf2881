/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/target.h"
#include "http_text.h"

Suite *target_suite(void);

START_TEST(paths)
{
	static const struct {
		const char *text, *path;
		bool directory;
		const char *query;
	} rows[] = {
		/* 0 */ { "/", "", true, NULL },
		/* 1 */ { "/a", "a", false, NULL },
		/* 2 */ { "/a/", "a", true, NULL },
		/* 3 */ { "/a/b.mp4", "a/b.mp4", false, NULL },
		/* 4 */ { "/a?b", "a", false, "b" },
		/* 5 */ { "/a?", "a", false, "" },
		/* 6 */ { "/?a/../b?c", "", true, "a/../b?c" },
		/* 7: an escape in a query is nobody's business */
		{ "/a?%zz%00", "a", false, "%zz%00" },
		/* 8 */ { "/a%20b", "a b", false, NULL },
		/* 9 */ { "/%41%6a%6A", "Ajj", false, NULL },
		/* 10: unescaped once */ { "/%252e%252e/", "%2e%2e", true, NULL },
		/* 11 */ { "/100%25", "100%", false, NULL },
		/* 12: plus is plus */ { "/a+b", "a+b", false, NULL },
		/* 13: an escaped '?' or '#' is of the name */ { "/a%3Fb%23", "a?b#", false, NULL },
		/* 14 */ { "/caf\xc3\xa9", "caf\xc3\xa9", false, NULL },
		/* 15 */ { "/caf%C3%A9", "caf\xc3\xa9", false, NULL },
		/* dot segments (RFC 3986, 5.2.4) and empty ones */
		/* 16 */ { "/./a", "a", false, NULL },
		/* 17 */ { "/a/.", "a", true, NULL },
		/* 18 */ { "/a/..", "", true, NULL },
		/* 19 */ { "/a/../b", "b", false, NULL },
		/* 20 */ { "/a/b/c/./../../g", "a/g", false, NULL },
		/* 21 */ { "/a/b/../../c/", "c", true, NULL },
		/* 22 */ { "//a", "a", false, NULL },
		/* 23 */ { "/a//b///c", "a/b/c", false, NULL },
		/* 24 */ { "////", "", true, NULL },
		/* 25: an empty segment is none to climb out of */ { "/a//../b", "b", false, NULL },
		/* 26 */ { "/%2e/a", "a", false, NULL },
		/* 27 */ { "/a/%2E%2e/b", "b", false, NULL },
		/* 28 */ { "/a/.%2e/b", "b", false, NULL },
		/* 29 */ { "/...", "...", false, NULL },
		/* 30 */ { "/..a/.b/c..", "..a/.b/c..", false, NULL },
		/* 31 */ { "/.%20/", ". ", true, NULL },
		/* 32 */ { "/a/b/..", "a", true, NULL },
		/* bytes that mean something elsewhere mean nothing here */
		/* 33: overlong '/' */ { "/%c0%af", "\xc0\xaf", false, NULL },
		/* 34: overlong dots */ { "/%c0%ae%c0%ae/a", "\xc0\xae\xc0\xae/a", false, NULL },
		/* 35 */ { "/..\\a", "..\\a", false, NULL },
		/* 36 */ { "/..%5ca", "..\\a", false, NULL },
		/* 37 */ { "/a;b=c/..;/d", "a;b=c/..;/d", false, NULL },
		/* 38 */ { "/%0d%0aX:y", "\r\nX:y", false, NULL },
		/* 39 */ { "/\"<>^`{|}", "\"<>^`{|}", false, NULL },
		/* 40 */ { "/a:b", "a:b", false, NULL },
		/* 41 */ { "/C:/a", "C:/a", false, NULL },
		/* 42 */ { "/~root", "~root", false, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_target target;
		int error = sl_target_parse(http_text_slice(rows[i].text), &target);

		ck_assert_msg(!error, "row %zu: %d", i, error);
		ck_assert_msg(!strcmp(target.path, rows[i].path), "row %zu: %s", i, target.path);
		ck_assert_msg(target.len_bytes == strlen(rows[i].path), "row %zu", i);
		ck_assert_msg(target.directory == rows[i].directory, "row %zu", i);
		ck_assert_msg(http_text_is(target.query, rows[i].query), "row %zu", i);
		ck_assert_msg(!target.authority.at, "row %zu", i);
	}
}
END_TEST

START_TEST(refused)
{
	static const char *const rows[] = {
		/* 0 */ "",
		/* 1 */ "*",
		/* 2 */ "a",
		/* 3 */ "example.org:443",
		/* 4 */ "?a",
		/* climbing above the root */
		/* 5 */ "/..",
		/* 6 */ "/../",
		/* 7 */ "/../etc/passwd",
		/* 8 */ "/a/../..",
		/* 9 */ "/a/../../b",
		/* 10 */ "/%2e%2e/a",
		/* 11 */ "/%2e./a",
		/* 12 */ "//../a",
		/* 13 */ "/./../a",
		/* 14 */ "/a/b/../../../c",
		/* 15 */ "/..?a",
		/* a slash in disguise */
		/* 16 */ "/a%2fb",
		/* 17 */ "/..%2fetc",
		/* 18 */ "/a%2F",
		/* 19 */ "/%2e%2e%2f",
		/* escapes that are none */
		/* 20 */ "/%",
		/* 21 */ "/%4",
		/* 22 */ "/%4g",
		/* 23 */ "/%g4",
		/* 24 */ "/%%41",
		/* 25 */ "/a%?b",
		/* 26 */ "/%-1",
		/* 27: UTF-16's slash */ "/..%u2215",
		/* bytes that have no place in a target */
		/* 28 */ "/%00",
		/* 29 */ "/a.mp4%00.html",
		/* 30 */ "/a b",
		/* 31 */ "/a\tb",
		/* 32 */ "/a\r\nb",
		/* 33 */ "/a#b",
		/* 34 */ "/\x7f",
		/* absolute-form that is not ours */
		/* 35 */ "ftp://a/",
		/* 36 */ "http:/a",
		/* 37 */ "http:///a",
		/* 38 */ "http://",
		/* 39 */ "http://:80/",
		/* 40 */ "http://user@host/",
		/* 41 */ "http://a b/",
		/* 42 */ "http",
		/* 43 */ "https://",
		/* 44 */ "http://a/../b",
		/* 45 */ "file:///etc/passwd",
		/* 46 */ "http://a#b",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_target target;
		int error = sl_target_parse(http_text_slice(rows[i]), &target);

		ck_assert_msg(error == -400, "row %zu: %d", i, error);
	}
	/* A NUL as it stands. */
	ck_assert_int_eq(sl_target_parse((struct sl_slice){ "/a\0b", 4 }, &(struct sl_target){ 0 }),
			 -400);
}
END_TEST

START_TEST(absolute_form)
{
	static const struct {
		const char *text, *authority, *path;
		bool directory;
		const char *query;
	} rows[] = {
		/* 0 */ { "http://example.org/a/b", "example.org", "a/b", false, NULL },
		/* 1 */ { "https://example.org:8443/", "example.org:8443", "", true, NULL },
		/* 2 */ { "http://example.org", "example.org", "", true, NULL },
		/* 3 */ { "http://example.org?a", "example.org", "", true, "a" },
		/* 4: schemes ignore case */ { "HTTP://a/b?c", "a", "b", false, "c" },
		/* 5 */ { "hTTps://[2001:db8::1]:1/x", "[2001:db8::1]:1", "x", false, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_target target;

		ck_assert_msg(!sl_target_parse(http_text_slice(rows[i].text), &target), "row %zu",
			      i);
		ck_assert_msg(http_text_is(target.authority, rows[i].authority), "row %zu", i);
		ck_assert_msg(!strcmp(target.path, rows[i].path), "row %zu", i);
		ck_assert_msg(target.directory == rows[i].directory, "row %zu", i);
		ck_assert_msg(http_text_is(target.query, rows[i].query), "row %zu", i);
	}
}
END_TEST

static int parse_repeated(const char *unit, uint32_t times, const char *tail,
			  struct sl_target *target)
{
	static char text[8192];
	char *at = text;

	*at++ = '/';
	for (uint32_t i = 0; i < times; i++)
		at = stpcpy(at, unit);
	stpcpy(at, tail);
	return sl_target_parse(http_text_slice(text), target);
}

START_TEST(as_long_as_the_limit)
{
	struct sl_target target;

	ck_assert_int_eq(parse_repeated("a", SL_PATH_MAX_BYTES - 1, "", &target), 0);
	ck_assert_uint_eq(target.len_bytes, SL_PATH_MAX_BYTES - 1);
	ck_assert_uint_eq(strlen(target.path), SL_PATH_MAX_BYTES - 1);
	ck_assert_int_eq(parse_repeated("a", SL_PATH_MAX_BYTES - 1, "/", &target), 0);
	ck_assert_uint_eq(target.len_bytes, SL_PATH_MAX_BYTES - 1);
	ck_assert(target.directory);
	ck_assert_int_eq(parse_repeated("a", SL_PATH_MAX_BYTES, "", &target), -414);
	ck_assert_int_eq(parse_repeated("a", SL_PATH_MAX_BYTES - 1, "/b", &target), -414);
	ck_assert_int_eq(parse_repeated("%61", SL_PATH_MAX_BYTES - 1, "", &target), 0);
	ck_assert_int_eq(parse_repeated("%61", SL_PATH_MAX_BYTES, "", &target), -414);
	/* What is taken away again does not count. */
	ck_assert_int_eq(parse_repeated("a/../", 1000, "b", &target), 0);
	ck_assert_str_eq(target.path, "b");
	ck_assert_int_eq(parse_repeated("/", 4000, "b", &target), 0);
	ck_assert_str_eq(target.path, "b");
	/* Nor does the query. */
	ck_assert_int_eq(parse_repeated("b?", 4000, "", &target), 0);
	ck_assert_str_eq(target.path, "b");
}
END_TEST

/* What comes out, escaped and put in again, comes out the same. */
START_TEST(every_byte_of_a_name)
{
	for (int octet = 1; octet < 256; octet++) {
		char text[16], expected[3] = { (char)octet, 'x', '\0' };
		struct sl_target target;

		snprintf(text, sizeof(text), "/%%%02Xx", octet);
		if (octet == '/') {
			ck_assert_int_eq(sl_target_parse(http_text_slice(text), &target), -400);
			continue;
		}
		ck_assert_int_eq(sl_target_parse(http_text_slice(text), &target), 0);
		ck_assert_str_eq(target.path, expected);
	}
}
END_TEST

Suite *target_suite(void)
{
	Suite *suite = suite_create("target");
	TCase *tcase = tcase_create("target");

	tcase_add_test(tcase, paths);
	tcase_add_test(tcase, refused);
	tcase_add_test(tcase, absolute_form);
	tcase_add_test(tcase, as_long_as_the_limit);
	tcase_add_test(tcase, every_byte_of_a_name);
	suite_add_tcase(suite, tcase);
	return suite;
}
