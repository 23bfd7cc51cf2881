/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <inttypes.h>

#include "http/field.h"
#include "http_text.h"

Suite *field_suite(void);

START_TEST(compared_without_case)
{
	static const struct {
		const char *text, *lower;
		bool equal;
	} rows[] = {
		/* 0 */ { "close", "close", true },
		/* 1 */ { "CLose", "close", true },
		/* 2 */ { "clos", "close", false },
		/* 3 */ { "closed", "close", false },
		/* 4 */ { "", "", true },
		/* 5 */ { "", "a", false },
		/* 6 */ { "KEEP-ALIVE", "keep-alive", true },
		/* 7: CR is '-' without its bit 5 */ { "keep\ralive", "keep-alive", false },
		/* 8: and '[' is '{' */ { "[", "{", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(sl_field_is(http_text_slice(rows[i].text), rows[i].lower) ==
				  rows[i].equal,
			      "row %zu", i);
	/* A NUL is a byte like another. */
	ck_assert(!sl_field_is((struct sl_slice){ "a\0b", 3 }, "a"));
	ck_assert(!sl_field_is((struct sl_slice){ "a\0", 2 }, "a"));
}
END_TEST

START_TEST(trimmed_of_spaces_and_tabs)
{
	static const struct {
		const char *text, *trimmed;
	} rows[] = {
		/* 0 */ { "a", "a" },   /* 1 */ { " \ta b\t ", "a b" },
		/* 2 */ { " \t ", "" },
		/* 3 */ { "", "" },     /* 4 */ { "\va", "\va" },
		/* 5 */ { "a ", "a" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
		    http_text_is(sl_field_trim(http_text_slice(rows[i].text)), rows[i].trimmed),
		    "row %zu", i);
}
END_TEST

START_TEST(lists_give_their_members)
{
	static const struct {
		const char *list;
		const char *members[4];
	} rows[] = {
		/* 0 */ { "", { NULL } },
		/* 1 */ { "a", { "a" } },
		/* 2 */ { "a,b", { "a", "b" } },
		/* 3 */ { " a ,\tb ,c", { "a", "b", "c" } },
		/* 4 */ { ",,a, ,b,", { "a", "b" } },
		/* 5 */ { " , \t,", { NULL } },
		/* 6 */ { "a b,c", { "a b", "c" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_slice list = http_text_slice(rows[i].list);
		struct sl_slice member;

		for (size_t j = 0; rows[i].members[j]; j++) {
			ck_assert_msg(sl_field_take_member(&list, &member), "row %zu", i);
			ck_assert_msg(http_text_is(member, rows[i].members[j]), "row %zu", i);
		}
		ck_assert_msg(!sl_field_take_member(&list, &member), "row %zu", i);
	}
}
END_TEST

START_TEST(numbers_saturate)
{
	static const struct {
		const char *text;
		uint64_t number;
		const char *rest; /* NULL: no number */
	} rows[] = {
		/* 0 */ { "0", 0, "" },
		/* 1 */ { "42-", 42, "-" },
		/* 2 */ { "007", 7, "" },
		/* 3 */ { "18446744073709551614", UINT64_MAX - 1, "" },
		/* 4 */ { "18446744073709551615", UINT64_MAX, "" },
		/* 5 */ { "18446744073709551616", UINT64_MAX, "" },
		/* 6 */ { "18446744073709551620x", UINT64_MAX, "x" },
		/* 7 */ { "99999999999999999999999999999999 ", UINT64_MAX, " " },
		/* 8 */ { "", 0, NULL },
		/* 9 */ { "-1", 0, NULL },
		/* 10 */ { "+1", 0, NULL },
		/* 11 */ { " 1", 0, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_slice text = http_text_slice(rows[i].text);
		uint64_t number = 0;

		ck_assert_msg(sl_field_take_number(&text, &number) == !!rows[i].rest, "row %zu", i);
		ck_assert_msg(number == rows[i].number, "row %zu: %" PRIu64, i, number);
		ck_assert_msg(http_text_is(text, rows[i].rest ? rows[i].rest : rows[i].text),
			      "row %zu", i);
	}
}
END_TEST

START_TEST(lines_are_walked)
{
	struct sl_slice fields = http_text_slice("A:1\r\nbc: \t 2:3 \r\nD:\r\n");
	struct sl_slice name, value;

	ck_assert(sl_field_take_line(&fields, &name, &value));
	ck_assert(http_text_is(name, "A") && http_text_is(value, "1"));
	ck_assert(sl_field_take_line(&fields, &name, &value));
	ck_assert(http_text_is(name, "bc") && http_text_is(value, "2:3"));
	ck_assert(sl_field_take_line(&fields, &name, &value));
	ck_assert(http_text_is(name, "D") && http_text_is(value, ""));
	ck_assert(!sl_field_take_line(&fields, &name, &value));
}
END_TEST

Suite *field_suite(void)
{
	Suite *suite = suite_create("field");
	TCase *tcase = tcase_create("field");

	tcase_add_test(tcase, compared_without_case);
	tcase_add_test(tcase, trimmed_of_spaces_and_tabs);
	tcase_add_test(tcase, lists_give_their_members);
	tcase_add_test(tcase, numbers_saturate);
	tcase_add_test(tcase, lines_are_walked);
	suite_add_tcase(suite, tcase);
	return suite;
}
