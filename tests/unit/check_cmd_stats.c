/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/stats_page.h"
#include "daemon_place.h"
#include "json_reader.h"

static struct sl_stats_page page;
static const char *run_dir;

static void set_up(void)
{
	run_dir = place_directory();
	ck_assert_int_eq(sl_stats_page_open(&page, run_dir, "eth0", 1), 0);
	ck_assert_int_eq(sl_stats_page_publish(&page), 0);
	place_keep_log();
}

/* `sluice stats --run-dir … option…` in a process of its own; what it prints is read from the
 * stream. */
static pid_t start(FILE **printed, const char *first, const char *second)
{
	char *argv[] = {
		"stats", "--run-dir", (char *)run_dir, (char *)first, (char *)second, NULL
	};
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(page.lock_fd); /* a child shares the lock, and would keep the server alive */
		_exit(sl_cmd_stats(3 + !!first + !!second, argv));
	}
	close(ends[1]);
	*printed = fdopen(ends[0], "r");
	return pid;
}

static int exit_code(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(test_table)
{
	char line[4096];
	FILE *printed;
	pid_t pid = start(&printed, NULL, NULL);

	ck_assert_ptr_nonnull(fgets(line, sizeof(line), printed));
	ck_assert_ptr_nonnull(strstr(line, " on eth0, pid "));
	while (fgets(line, sizeof(line), printed))
		;
	ck_assert_int_eq(exit_code(pid), SL_EXIT_OK);
	fclose(printed);
}
END_TEST

START_TEST(test_json)
{
	char line[16384];
	FILE *printed;
	pid_t pid = start(&printed, "--json", NULL);

	ck_assert_ptr_nonnull(fgets(line, sizeof(line), printed));
	ck_assert(json_valid(line));
	ck_assert_ptr_null(fgets(line, sizeof(line), printed));
	ck_assert_int_eq(exit_code(pid), SL_EXIT_OK);
	fclose(printed);
}
END_TEST

/* A line a second until the server ends; with --json each of them is a value. */
START_TEST(test_watch)
{
	bool json = _i;
	char line[16384];
	FILE *printed;
	pid_t pid = start(&printed, "--watch=1", json ? "--json" : NULL);

	for (int turn = 0; turn < 2; turn++) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), printed));
		if (json)
			ck_assert(json_valid(line));
		else
			ck_assert_int_eq(strncmp(line, "busy_percent=0.0 ", 17), 0);
	}
	sl_stats_page_close(&page);
	ck_assert_int_eq(exit_code(pid), SL_EXIT_FAILURE);
	ck_assert_ptr_nonnull(strstr(place_log(), " has ended\n"));
	fclose(printed);
}
END_TEST

static const struct {
	const char *first, *second;
	const char *line; /* NULL: fine */
} lines[] = {
	{ "--watch", "0", "--watch 0: must be a whole number of seconds from 1 to 3600" },
	{ "--watch=x", NULL, "--watch x: must be a whole number of seconds from 1 to 3600" },
	{ "--frobnicate", NULL, "unknown option --frobnicate; sluice stats --help lists them" },
	{ "--json", "all", "unexpected argument 'all'; sluice stats --help lists the options" },
	{ "--run-dir", NULL, "option --run-dir needs a value" },
	{ "--help", NULL, NULL },
};

START_TEST(test_usage)
{
	char line[256] = "";
	FILE *printed;
	pid_t pid = start(&printed, lines[_i].first, lines[_i].second);

	while (fgets(line, sizeof(line), printed))
		;
	ck_assert_int_eq(exit_code(pid), lines[_i].line ? SL_EXIT_USAGE : SL_EXIT_OK);
	line[0] = '\0';
	if (lines[_i].line)
		snprintf(line, sizeof(line), "sluice: error: %s\n", lines[_i].line);
	ck_assert_str_eq(place_log(), line);
	fclose(printed);
}
END_TEST

START_TEST(test_no_server)
{
	FILE *printed;
	pid_t pid;

	sl_stats_page_close(&page);
	pid = start(&printed, "--json", NULL);
	ck_assert_int_eq(fgetc(printed), EOF);
	ck_assert_int_eq(exit_code(pid), SL_EXIT_FAILURE);
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: error: no server runs in "));
	fclose(printed);
}
END_TEST

Suite *make_cmd_stats_suite(void);

Suite *make_cmd_stats_suite(void)
{
	Suite *suite = suite_create("cmd_stats");
	TCase *tcase = tcase_create("cmd_stats");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, test_table);
	tcase_add_test(tcase, test_json);
	tcase_add_loop_test(tcase, test_watch, 0, 2);
	tcase_add_loop_test(tcase, test_usage, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tcase, test_no_server);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
