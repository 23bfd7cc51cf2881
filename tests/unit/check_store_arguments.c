/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store_arguments.h"

/* text: words with a blank between them, after the command's name. */
static char line[512];
static char *argv[64];

static bool parse(struct sl_store_arguments *arguments, const char *text, uint32_t options)
{
	char *rest;
	int argc = 0;

	snprintf(line, sizeof(line), "command %s", text);
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	return sl_store_arguments_parse(arguments, argc, argv, options);
}

START_TEST(devices_and_words)
{
	struct sl_store_arguments arguments;

	ck_assert(parse(&arguments, "a b -- x -- y", 0));
	ck_assert_uint_eq(arguments.device_cnt, 2);
	ck_assert_str_eq(arguments.devices[1], "b");
	ck_assert_uint_eq(arguments.word_cnt, 3);
	ck_assert_str_eq(arguments.words[0], "x");
	ck_assert_str_eq(arguments.words[1], "--");

	/* What looks like an option behind the -- is none. */
	ck_assert(parse(&arguments, "a -- --force", SL_STORE_FORCE));
	ck_assert(!arguments.force);
	ck_assert_str_eq(arguments.words[0], "--force");
	ck_assert(parse(&arguments, "a", 0));
	ck_assert_uint_eq(arguments.word_cnt, 0);
	ck_assert(!parse(&arguments, "-- a", 0));
	ck_assert(!parse(&arguments, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 0));
	ck_assert(parse(&arguments, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", 0));
}
END_TEST

START_TEST(options)
{
	struct sl_store_arguments arguments;

	ck_assert(parse(&arguments, "a b", UINT32_MAX));
	ck_assert_uint_eq(arguments.replica_cnt, 1);
	ck_assert_uint_eq(arguments.catalogue_bytes, 0);
	ck_assert_str_eq(arguments.prefix, "");
	ck_assert(parse(&arguments,
			"a --force --replicas 2 b --catalogue=1M --json --replace "
			"--prefix p/",
			UINT32_MAX));
	ck_assert(arguments.force);
	ck_assert(arguments.json);
	ck_assert(arguments.replace);
	ck_assert_uint_eq(arguments.replica_cnt, 2);
	ck_assert_uint_eq(arguments.catalogue_bytes, 1024 * 1024);
	ck_assert_str_eq(arguments.prefix, "p/");
	ck_assert_uint_eq(arguments.device_cnt, 2);

	/* Each command has its own. */
	ck_assert(!parse(&arguments, "a --force", SL_STORE_JSON));
	ck_assert(parse(&arguments, "--help", 0));
	ck_assert(arguments.help);
	ck_assert(!parse(&arguments, "a --replicas", UINT32_MAX));
	ck_assert(!parse(&arguments, "a --replicas 0", UINT32_MAX));
	ck_assert(!parse(&arguments, "a --catalogue 4095", UINT32_MAX));
}
END_TEST

START_TEST(names)
{
	static const struct {
		const char *words, *name;
		bool meant;
	} table[] = {
		{ "a", "a", true },         { "a --", "x/y", true },
		{ "a -- x", "x", true },    { "a -- x", "x/y", false },
		{ "a -- x/", "x/y", true }, { "a -- x/", "x", false },
		{ "a -- x/", "xy", false }, { "a -- z x/y", "x/y", true },
		{ "a -- z w", "x", false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sl_store_arguments arguments;

		ck_assert(parse(&arguments, table[i].words, 0));
		ck_assert_msg(sl_store_arguments_name(&arguments, 0, table[i].name) ==
				  table[i].meant,
			      "row %zu", i);
	}
}
END_TEST

Suite *make_store_arguments_suite(void);
Suite *make_store_arguments_suite(void)
{
	Suite *suite = suite_create("store_arguments");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, devices_and_words);
	tcase_add_test(test_case, options);
	tcase_add_test(test_case, names);
	suite_add_tcase(suite, test_case);
	return suite;
}
