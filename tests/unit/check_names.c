/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/names.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "room_tls.h"

static struct sl_name name_of(const char *text)
{
	struct sl_name name;

	ck_assert_msg(sl_name_parse(&name, text, strlen(text)), "%s", text);
	return name;
}

static uint32_t add(struct sl_names *names, const char *pattern)
{
	struct sl_name name;

	ck_assert_msg(sl_name_parse_pattern(&name, pattern, strlen(pattern)), "%s", pattern);
	return sl_names_add(names, &name);
}

/* RFC 6125, 6.4.1 to 6.4.3: what each of these patterns alone stands for. */
static const struct {
	const char *pattern, *asked;
	bool is_match;
} matches[] = {
	/* 0: names */
	{ "example.com", "example.com", true },
	{ "example.com", "EXAMPLE.com", true },
	{ "Example.COM", "example.com", true },
	{ "example.com", "example.com.", true },
	{ "example.com", "www.example.com", false },
	{ "www.example.com", "example.com", false },
	{ "example.com", "example.org", false },
	{ "example.com", "xample.com", false },
	{ "localhost", "localhost", true },
	/* 9: a wildcard is one whole label, the leftmost */
	{ "*.example.com", "a.example.com", true },
	{ "*.example.com", "A.Example.Com", true },
	{ "*.example.com", "xn--bcher-kva.example.com", true },
	{ "*.example.com", "example.com", false },
	{ "*.example.com", "a.b.example.com", false },
	{ "*.example.com", "a.example.org", false },
	{ "*.example.com", "aexample.com", false },
	{ "*.b.example.com", "a.b.example.com", true },
	{ "*.com", "example.com", true },
	/* 18: international names are compared as they are on the wire */
	{ "xn--bcher-kva.example", "XN--Bcher-kva.example", true },
	{ "a_b.example", "a_b.example", true },
};

START_TEST(a_pattern_stands_for_these_names_and_not_for_those)
{
	struct sl_name asked = name_of(matches[_i].asked);
	struct sl_names names;

	ck_assert_int_eq(sl_names_init(&names, 1, 64), 0);
	ck_assert_uint_eq(add(&names, matches[_i].pattern), 0);
	ck_assert_uint_eq(sl_names_find(&names, &asked), matches[_i].is_match ? 0 : SL_NAMES_NONE);
	sl_names_fini(&names);
}
END_TEST

static const char *const no_names[] = {
	"",
	".",
	"a..b",
	".example.com",
	"example.com..",
	"exa mple.com",
	("b\xc3\xbc"
	 "cher.example"),
	"192.0.2.1",
	"2001:db8::1",
	"a/b",
	"*",
	"*.example.com", /* nobody may ask for a wildcard */
};

START_TEST(what_is_no_name_is_not_taken)
{
	struct sl_name name;

	ck_assert(!sl_name_parse(&name, no_names[_i], strlen(no_names[_i])));
	ck_assert_uint_eq(name.len_bytes, 0);
}
END_TEST

/* Wildcards that are part of a label or not at the left (6.4.3: a client should not accept them).
 */
static const char *const no_patterns[] = {
	"*",
	"*.",
	"*.*.example.com",
	"a.*.example.com",
	"f*.example.com",
	"*f.example.com",
	"*example.com",
	"example.*",
	"",
	"192.0.2.*",
};

START_TEST(what_is_no_pattern_is_not_taken)
{
	struct sl_name name;

	ck_assert(!sl_name_parse_pattern(&name, no_patterns[_i], strlen(no_patterns[_i])));
}
END_TEST

/* Otherwise "good.example\0.evil.example" of a careless authority would be good.example. */
START_TEST(a_nul_is_no_end)
{
	struct sl_name name;

	ck_assert(!sl_name_parse_pattern(&name, "good.example\0.evil", 18));
}
END_TEST

START_TEST(lengths_have_limits)
{
	char label[65], text[300];
	struct sl_name name;

	memset(label, 'a', sizeof(label));
	ck_assert(sl_name_parse(&name, label, 63));
	ck_assert(!sl_name_parse(&name, label, 64));
	for (int i = 0; i < 300; i++)
		text[i] = i % 10 == 9 ? '.' : 'a';
	ck_assert(sl_name_parse(&name, text, 253));
	ck_assert_uint_eq(name.len_bytes, 253);
	ck_assert(!sl_name_parse(&name, text, 254));
}
END_TEST

START_TEST(the_name_itself_goes_before_a_wildcard)
{
	struct sl_name a = name_of("a.example.com"), b = name_of("b.example.com");
	struct sl_names names;

	ck_assert_int_eq(sl_names_init(&names, 2, 64), 0);
	ck_assert_uint_eq(add(&names, "*.example.com"), 0);
	ck_assert_uint_eq(add(&names, "a.example.com"), 1);
	ck_assert_uint_eq(add(&names, "A.example.COM"), 1); /* it has its number already */
	ck_assert_uint_eq(sl_names_find(&names, &a), 1);
	ck_assert_uint_eq(sl_names_find(&names, &b), 0);
	sl_names_fini(&names);
}
END_TEST

START_TEST(an_empty_table_knows_nobody)
{
	struct sl_name none = { .len_bytes = 0 }, name = name_of("example.com");
	struct sl_names names;

	ck_assert_int_eq(sl_names_init(&names, 0, 0), 0);
	ck_assert_uint_eq(sl_names_find(&names, &none), SL_NAMES_NONE);
	ck_assert_uint_eq(sl_names_find(&names, &name), SL_NAMES_NONE);
	sl_names_fini(&names);
}
END_TEST

START_TEST(thousands_of_names_are_told_apart)
{
	enum { CNT = 5000 };
	struct sl_names names;
	char text[64];

	ck_assert_int_eq(sl_names_init(&names, CNT, CNT * 32), 0);
	for (uint32_t i = 0; i < CNT; i++) {
		snprintf(text, sizeof(text), "%sshop-%u.example", i % 2 ? "*." : "", i);
		ck_assert_uint_eq(add(&names, text), i);
	}
	for (uint32_t i = 0; i < CNT; i++) {
		struct sl_name asked;

		snprintf(text, sizeof(text), "%sshop-%u.example", i % 2 ? "www." : "", i);
		asked = name_of(text);
		ck_assert_uint_eq(sl_names_find(&names, &asked), i);
		snprintf(text, sizeof(text), "%sshop-%u.example", i % 2 ? "" : "www.", i);
		asked = name_of(text);
		ck_assert_uint_eq(sl_names_find(&names, &asked), SL_NAMES_NONE);
	}
	sl_names_fini(&names);
}
END_TEST

#define CNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_names(void)
{
	Suite *suite = suite_create("names");
	TCase *tcase = tcase_create("names");

	tcase_add_loop_test(tcase, a_pattern_stands_for_these_names_and_not_for_those, 0,
			    CNT(matches));
	tcase_add_loop_test(tcase, what_is_no_name_is_not_taken, 0, CNT(no_names));
	tcase_add_loop_test(tcase, what_is_no_pattern_is_not_taken, 0, CNT(no_patterns));
	tcase_add_test(tcase, a_nul_is_no_end);
	tcase_add_test(tcase, lengths_have_limits);
	tcase_add_test(tcase, the_name_itself_goes_before_a_wildcard);
	tcase_add_test(tcase, an_empty_table_knows_nobody);
	tcase_add_test(tcase, thousands_of_names_are_told_apart);
	suite_add_tcase(suite, tcase);
	return suite;
}
