/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/control.h"
#include "daemon_place.h"
#include "fake_serve.h"

static struct sl_worker *workers[1];
static struct sl_control control;
static const char *directory;

/* A server with three connections. */
static void set_up(void)
{
	directory = place_directory();
	place_keep_log();
	fake_serve_start(&(struct fake_script){ .conn_cnt = 3 });
	workers[0] = fake_serve_worker(0);
	ck_assert_int_eq(sl_control_open(&control, directory,
					 open(directory, O_RDONLY | O_DIRECTORY), workers, 1),
			 0);
}

/* The command in a process of its own; its output. */
static pid_t start(const char *run_dir, const char *const arguments[3], FILE **printed)
{
	char *argv[8] = { "connections", "--run-dir", (char *)run_dir };
	int argc = 3, ends[2];
	pid_t pid;

	for (int idx = 0; idx < 3 && arguments[idx]; idx++)
		argv[argc++] = (char *)arguments[idx];
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int code;

		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		code = sl_cmd_connections(argc, argv);
		fflush(stdout);
		_exit(code);
	}
	close(ends[1]);
	*printed = fdopen(ends[0], "r");
	return pid;
}

/* Answers it until it ends; returns its exit code. */
static int serve_until_end(pid_t pid)
{
	struct pollfd fds[SL_CONTROL_FDS];
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		sl_control_fds(&control, fds, sl_clock_now_ns());
		poll(fds, SL_CONTROL_FDS, 1);
		sl_control_run(&control, sl_clock_now_ns());
	}
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const struct {
	const char *arguments[3];
	int lines;
	const char *first;
} lists[] = {
	{ { NULL }, 6, "established  10.0.0.1:443                 192.0.2.1:1000" },
	{ { "--json" }, 3, "{\"worker\":0,\"connection\":0," },
	{ { "--summary" }, 14, "connections 3\n" },
	{ { "--json", "--peer", "192.0.2.1:1001" }, 1, "{\"worker\":0,\"connection\":1," },
	{ { "--summary", "--state", "close-wait" }, 14, "connections 0\n" },
	{ { "--help" }, 9, "usage: sluice connections [OPTION]...\n" },
};

START_TEST(test_lists)
{
	char line[2048], first[2048] = "";
	int line_cnt = 0;
	FILE *printed;
	pid_t pid = start(directory, lists[_i].arguments, &printed);

	ck_assert_int_eq(serve_until_end(pid), SL_EXIT_OK);
	while (fgets(line, sizeof(line), printed))
		if (line_cnt++ == 0)
			memcpy(first, line, sizeof(first));
	ck_assert_int_eq(line_cnt, lists[_i].lines);
	ck_assert_int_eq(strncmp(first, lists[_i].first, strlen(lists[_i].first)), 0);
	ck_assert_str_eq(place_log(), "");
	fclose(printed);
}
END_TEST

static const struct {
	const char *arguments[3];
	const char *line;
} bad[] = {
	{ { "--state", "open" },
	  "--state open: no such state; sluice connections --help lists them" },
	{ { "--peer", "host" },
	  "--peer host: must be ADDRESS or ADDRESS:PORT, such as 192.0.2.1 or "
	  "[2001:db8::1]:50123" },
	{ { "--peer" }, "option --peer needs a value" },
	{ { "--frobnicate" }, "unknown option --frobnicate; sluice connections --help lists them" },
	{ { "all" }, "unexpected argument 'all'; sluice connections --help lists the options" },
	{ { "--json", "--summary" }, "--json and --summary: one of them" },
};

START_TEST(test_usage)
{
	char line[256];
	FILE *printed;
	pid_t pid = start(directory, bad[_i].arguments, &printed);

	ck_assert_int_eq(serve_until_end(pid), SL_EXIT_USAGE);
	snprintf(line, sizeof(line), "sluice: error: %s\n", bad[_i].line);
	ck_assert_str_eq(place_log(), line);
	fclose(printed);
}
END_TEST

static const char *const no_arguments[3];

/* None was ever there, one was killed, none is in that directory. */
START_TEST(test_no_server)
{
	char line[512];
	FILE *printed;
	const char *run_dir = _i == 2 ? "/nonexistent" : directory;
	pid_t pid;

	if (_i == 0)
		sl_control_close(&control);
	else
		close(control.listen_fd);
	pid = start(run_dir, no_arguments, &printed);
	ck_assert_int_eq(waitpid(pid, &(int){ 0 }, 0), pid);
	snprintf(line, sizeof(line),
		 "sluice: error: no server runs in %s: start one with sluice serve, or name its "
		 "directory with --run-dir\n",
		 run_dir);
	ck_assert_str_eq(place_log(), line);
	fclose(printed);
}
END_TEST

/* The answer breaks off: what came is printed, but it does not count. */
START_TEST(test_half_an_answer)
{
	static const char *const answers[] = { "", "ok\nestab", "error what?\n" };
	static const char *const said[] = {
		" does not answer\n",
		" stopped in the middle: this is not all\n",
		": error what?: is it of another version?\n",
	};
	FILE *printed;
	pid_t pid = start(directory, no_arguments, &printed);
	int fd, status;

	fcntl(control.listen_fd, F_SETFL, 0);
	fd = accept(control.listen_fd, NULL, NULL);
	ck_assert_int_gt(recv(fd, (char[256]){ 0 }, 256, 0), 0);
	ck_assert_int_ge(send(fd, answers[_i], strlen(answers[_i]), 0), 0);
	close(fd);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), SL_EXIT_FAILURE);
	ck_assert_ptr_nonnull(strstr(place_log(), said[_i]));
	fclose(printed);
}
END_TEST

Suite *make_cmd_connections_suite(void);

Suite *make_cmd_connections_suite(void)
{
	Suite *suite = suite_create("cmd_connections");
	TCase *tcase = tcase_create("cmd_connections");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_loop_test(tcase, test_lists, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_loop_test(tcase, test_usage, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tcase, test_no_server, 0, 3);
	tcase_add_loop_test(tcase, test_half_an_answer, 0, 3);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
