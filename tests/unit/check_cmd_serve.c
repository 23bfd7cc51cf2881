/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_place.h"
#include "fake_serve.h"

static const char *directory;
static int manager_fd;

/* A service manager that listens, a place for the run directory, an interface. */
static void set_up(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	directory = place_directory();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
	manager_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(manager_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	place_keep_log();
	place_interface(1500);
}

static const char *next_notice(void)
{
	static char text[512];
	struct pollfd manager = { .fd = manager_fd, .events = POLLIN };
	ssize_t len_bytes;

	ck_assert_int_eq(poll(&manager, 1, 5000), 1);
	len_bytes = recv(manager_fd, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(len_bytes, 0);
	text[len_bytes] = '\0';
	return text;
}

/* `sluice serve` in a process of its own, as systemd would start it. */
static pid_t start(bool deaf)
{
	char *argv[] = { "serve", "-i",      "lo", "-l", "127.0.0.1:80", "-r", "/", "--run-dir",
			 NULL,    "--drain", "1",  NULL };
	pid_t pid;

	argv[8] = (char *)place_path(directory, "run");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fake_serve_start(&(struct fake_script){ .queue_cnt = 2, .deaf = deaf });
		_exit(sl_cmd_serve(11, argv));
	}
	return pid;
}

static int exit_code(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void check_nothing_left(void)
{
	ck_assert(!place_exists(place_path(directory, "run")));
}

START_TEST(test_life)
{
	pid_t pid = start(false);

	ck_assert_str_eq(next_notice(), "READY=1\nSTATUS=Serving / on lo, 2 workers");
	ck_assert(place_exists(place_path(place_path(directory, "run"), "stats")));
	kill(pid, _i);
	ck_assert_str_eq(next_notice(), "STOPPING=1\nSTATUS=Letting responses finish\n"
					"EXTEND_TIMEOUT_USEC=11000000");
	ck_assert_int_eq(exit_code(pid), SL_EXIT_OK);
	check_nothing_left();
	ck_assert_ptr_nonnull(
	    strstr(place_log(), _i == SIGTERM ? "sluice: SIGTERM: letting responses finish"
					      : "sluice: SIGINT: letting responses finish"));
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: ended\n"));
}
END_TEST

/* Responses take long and the operator has no patience. */
START_TEST(test_at_once)
{
	pid_t pid = start(true);

	next_notice();
	kill(pid, SIGTERM);
	next_notice();
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_code(pid), SL_EXIT_FAILURE);
	check_nothing_left();
	ck_assert_ptr_nonnull(strstr(place_log(), "sluice: warning: asked again: ending at once"));
}
END_TEST

START_TEST(test_hangup)
{
	pid_t pid = start(false);

	next_notice();
	kill(pid, SIGHUP);
	while (!strstr(place_log(), "sluice: SIGHUP: there are no certificates to read again"))
		usleep(1000);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_code(pid), SL_EXIT_OK);
}
END_TEST

/* Everything is looked at, nothing taken. */
START_TEST(test_check)
{
	char *argv[] = { "serve", "-i", "lo", "-l", "127.0.0.1:80", "-r", "/", "--check", NULL };
	pid_t pid = fork();

	if (pid == 0) {
		fake_serve_start(&(struct fake_script){ .queue_cnt = _i == 0 ? 2 : 65 });
		_exit(sl_cmd_serve(8, argv));
	}
	if (_i == 0) {
		ck_assert_int_eq(exit_code(pid), SL_EXIT_OK);
		ck_assert_str_eq(place_log(), "sluice: all of this can be served\n");
	} else {
		ck_assert_int_eq(exit_code(pid), SL_EXIT_FAILURE);
		ck_assert_ptr_nonnull(strstr(place_log(), "error: interface lo has 65 receive"));
	}
}
END_TEST

static const struct {
	const char *last[3];
	int code;
	const char *line;
} bad[] = {
	{ { "-i", "nosuch0" },
	  SL_EXIT_FAILURE,
	  "interface nosuch0: no such interface; ip link lists those that are there" },
	{ { "-l", "127.0.0.1:0" },
	  SL_EXIT_FAILURE,
	  "listener 127.0.0.1:0: port must be 1 to 65535" },
	{ { "-r", "/dev/null" },
	  SL_EXIT_FAILURE,
	  "root /dev/null: not a directory; --root names the directory to serve" },
	{ { "--workers", "none" },
	  SL_EXIT_USAGE,
	  "--workers none: must be a whole number from 1 to 64" },
};

START_TEST(test_bad)
{
	char *argv[] = { "serve", "-i", "lo", "-l", "127.0.0.1:80", "-r", "/", NULL, NULL, NULL };
	char line[256];

	argv[7] = (char *)bad[_i].last[0];
	argv[8] = (char *)bad[_i].last[1];
	fake_serve_start(&(struct fake_script){ .queue_cnt = 1 });
	ck_assert_int_eq(sl_cmd_serve(9, argv), bad[_i].code);
	snprintf(line, sizeof(line), "sluice: error: %s\n", bad[_i].line);
	ck_assert_str_eq(place_log(), line);
}
END_TEST

Suite *make_cmd_serve_suite(void);

Suite *make_cmd_serve_suite(void)
{
	Suite *suite = suite_create("cmd_serve");
	TCase *tcase = tcase_create("cmd_serve");
	const int ends[] = { SIGINT, SIGTERM };

	tcase_add_checked_fixture(tcase, set_up, NULL);
	for (int idx = 0; idx < 2; idx++)
		tcase_add_loop_test(tcase, test_life, ends[idx], ends[idx] + 1);
	tcase_add_test(tcase, test_at_once);
	tcase_add_test(tcase, test_hangup);
	tcase_add_loop_test(tcase, test_check, 0, 2);
	tcase_add_loop_test(tcase, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
