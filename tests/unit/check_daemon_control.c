/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/control.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon_place.h"
#include "fake_serve.h"

enum { WORKERS = 2 };

static struct sl_worker *workers[WORKERS];
static struct sl_control control;
static const char *directory;
static int dir_fd;
static uint64_t now_ns = SL_NS_PER_S;

static void set_up(void)
{
	directory = place_directory();
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY);
	place_keep_log();
}

static void open_control(const struct fake_script *script)
{
	fake_serve_start(script);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		workers[idx] = fake_serve_worker(idx);
	ck_assert_int_eq(sl_control_open(&control, directory, dir_fd, workers, WORKERS), 0);
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", directory);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int ask(const char *line)
{
	int fd = connect_client();

	ck_assert_int_eq(send(fd, line, strlen(line), 0), (ssize_t)strlen(line));
	return fd;
}

/* What the poll loop would do: run as long as something is to be done at once. */
static void run(void)
{
	struct pollfd fds[SL_CONTROL_FDS];

	do {
		sl_control_run(&control, now_ns);
		sl_control_fds(&control, fds, now_ns);
	} while (poll(fds, SL_CONTROL_FDS, 0) > 0);
}

/* All there is for the client to read now. */
static const char *heard(int fd)
{
	static char text[1 << 20];
	ssize_t got_bytes;
	size_t len_bytes = 0;

	while ((got_bytes = recv(fd, text + len_bytes, sizeof(text) - 1 - len_bytes, 0)) > 0)
		len_bytes += (size_t)got_bytes;
	text[len_bytes] = '\0';
	return text;
}

static bool has_ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK) == 0;
}

START_TEST(only_for_its_user)
{
	struct stat status;

	umask(0);
	open_control(&(struct fake_script){ 0 });
	ck_assert_int_eq(fstatat(dir_fd, "control", &status, 0), 0);
	ck_assert(S_ISSOCK(status.st_mode));
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	sl_control_close(&control);
	ck_assert(!place_exists(place_path(directory, "control")));
	sl_control_close(&control); /* once more does nothing */
}
END_TEST

START_TEST(what_a_killed_server_left)
{
	place_write(place_path(directory, "control"), "");
	open_control(&(struct fake_script){ 0 });
	close(connect_client());
	sl_control_close(&control);
}
END_TEST

START_TEST(no_place)
{
	ck_assert_int_eq(mkdirat(dir_fd, "control", 0700), 0);
	ck_assert_int_eq(sl_control_open(&control, "/run/x", dir_fd, workers, WORKERS),
			 -EADDRINUSE);
	ck_assert_str_eq(place_log(), "sluice: error: /run/x/control cannot be made: Address "
				      "already in use; --run-dir names another directory\n");
}
END_TEST

static const struct {
	const char *request, *answer;
} requests[] = {
	{ "connections summary\n", "ok\nconnections 0\n" },
	{ "connections json\n", "ok\n.\n" },
	{ "connections\n", "ok\n.\n" },
	{ "connections xml\n", "error connections takes text, json or summary, state=STATE and "
			       "peer=ADDRESS\n" },
	{ "connections json state=open\n", "error there is no such state\n" },
	{ "\n", "error there is no such command\n" },
	{ "reload\n", "error there is no such command\n" },
	{ "connectionsjson\n", "error there is no such command\n" },
};

START_TEST(answers)
{
	int fd;

	open_control(&(struct fake_script){ 0 });
	fd = ask(requests[_i].request);
	run();
	ck_assert_int_eq(strncmp(heard(fd), requests[_i].answer, strlen(requests[_i].answer)), 0);
	ck_assert(has_ended(fd));
	sl_control_close(&control);
}
END_TEST

START_TEST(a_line_that_never_ends)
{
	char line[SL_CONTROL_LINE_BYTES + 1];
	int fd;

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	open_control(&(struct fake_script){ 0 });
	fd = ask(line);
	run();
	ck_assert_str_eq(heard(fd), "error the line is too long\n");
	sl_control_close(&control);
}
END_TEST

START_TEST(a_line_in_pieces)
{
	int fd;

	open_control(&(struct fake_script){ .conn_cnt = 1 });
	fd = ask("connec");
	run();
	ck_assert_int_eq(send(fd, "tions summary\n", 14, 0), 14);
	run();
	ck_assert_int_eq(strncmp(heard(fd), "ok\nconnections 2\n", 17), 0);
	sl_control_close(&control);
}
END_TEST

/* Two ask at once: the second has its answer when the first is gone. */
START_TEST(one_after_the_other)
{
	int first, second;

	open_control(&(struct fake_script){ .conn_cnt = 1 });
	first = connect_client();
	run();
	second = ask("connections summary\n");
	run();
	ck_assert_str_eq(heard(second), "");
	ck_assert_int_eq(send(first, "connections json\n", 17, 0), 17);
	run();
	ck_assert_int_eq(strncmp(heard(first), "ok\n{", 4), 0);
	ck_assert_int_eq(strncmp(heard(second), "ok\nconnections 2\n", 17), 0);
	sl_control_close(&control);
}
END_TEST

/* Neither those who say nothing, nor those who do not read, nor workers that do not answer hold up
 * the next one for more than three seconds each. */
START_TEST(those_who_stall)
{
	struct pollfd fds[SL_CONTROL_FDS];
	int mute, deaf, next;

	open_control(&(struct fake_script){ .conn_cnt = 1000 });
	mute = connect_client();
	deaf = ask("connections json\n"); /* more than a socket holds */
	next = ask("connections summary\n");
	run();
	ck_assert_int_eq(sl_control_fds(&control, fds, now_ns), 3001);
	now_ns += 2 * SL_NS_PER_S;
	run();
	ck_assert(!has_ended(mute));
	now_ns += SL_NS_PER_S;
	run();
	ck_assert(has_ended(mute));
	ck_assert_str_eq(heard(next), "");
	now_ns += 3 * SL_NS_PER_S;
	run();
	ck_assert_int_eq(strncmp(heard(next), "ok\nconnections 2000\n", 20), 0);
	ck_assert_ptr_null(strstr(heard(deaf), "\n.\n"));
	ck_assert(has_ended(deaf));
	sl_control_close(&control);
}
END_TEST

START_TEST(workers_that_do_not_answer)
{
	int fd;

	open_control(&(struct fake_script){ .conn_cnt = 1, .silent = true });
	fd = ask("connections json\n");
	run();
	ck_assert_str_eq(heard(fd), "ok\n");
	now_ns += 3 * SL_NS_PER_S;
	run();
	ck_assert(has_ended(fd));

	/* It comes round later, for another reader. */
	fd = ask("connections json\n");
	run();
	fake_serve_answer(workers[0]);
	run();
	ck_assert_str_eq(heard(fd), "ok\n");
	fake_serve_answer(workers[0]);
	run();
	fake_serve_answer(workers[1]);
	run();
	ck_assert_ptr_nonnull(strstr(heard(fd), "\n.\n"));
	sl_control_close(&control);
}
END_TEST

START_TEST(those_who_leave)
{
	int next;

	open_control(&(struct fake_script){ .conn_cnt = 1000 });
	close(connect_client());
	close(ask("connections json\n"));
	next = ask("connections summary\n");
	run();
	ck_assert_int_eq(strncmp(heard(next), "ok\nconnections 2000\n", 20), 0);
	sl_control_close(&control);
}
END_TEST

Suite *make_control_suite(void);

Suite *make_control_suite(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, only_for_its_user);
	tcase_add_test(tcase, what_a_killed_server_left);
	tcase_add_test(tcase, no_place);
	tcase_add_loop_test(tcase, answers, 0, sizeof(requests) / sizeof(requests[0]));
	tcase_add_test(tcase, a_line_that_never_ends);
	tcase_add_test(tcase, a_line_in_pieces);
	tcase_add_test(tcase, one_after_the_other);
	tcase_add_test(tcase, those_who_stall);
	tcase_add_test(tcase, workers_that_do_not_answer);
	tcase_add_test(tcase, those_who_leave);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
