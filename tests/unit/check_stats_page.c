/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/stats_page.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_place.h"

static struct sl_stats_page page;

static int open_page(const char *run_dir)
{
	return sl_stats_page_open(&page, run_dir, "eth0", 2);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_mode & 07777;
}

/* Made, filled, shown only when published, and gone again. */
START_TEST(test_life)
{
	const char *run_dir = place_path(place_directory(), "run");
	const char *shown = place_path(run_dir, "stats");

	umask(077);
	ck_assert_int_eq(open_page(run_dir), 0);
	ck_assert_uint_eq(mode_of(run_dir), 0755);
	ck_assert(!place_exists(shown));
	ck_assert_uint_eq(page.size_bytes, 3 * 4096);
	ck_assert_uint_eq(page.stats->process.magic, SLUICE_STATS_MAGIC);
	ck_assert_uint_eq(page.stats->process.version, SLUICE_STATS_VERSION);
	ck_assert_uint_eq(page.stats->process.worker_cnt, 2);
	ck_assert_uint_eq(page.stats->process.pid, (uint32_t)getpid());
	ck_assert_uint_gt(page.stats->process.started_s, 1700000000);
	ck_assert_str_eq(page.stats->process.iface, "eth0");
	ck_assert_uint_eq(page.stats->workers[1].requests, 0);

	ck_assert_int_eq(sl_stats_page_publish(&page), 0);
	ck_assert_uint_eq(mode_of(shown), 0644);
	ck_assert_uint_eq(mode_of(place_path(run_dir, "lock")), 0644);
	ck_assert(!place_exists(place_path(run_dir, "stats.new")));

	sl_stats_page_close(&page);
	ck_assert(!place_exists(run_dir));
	sl_stats_page_close(&page);
}
END_TEST

/* A page that was not published, in a directory that was there before. */
START_TEST(test_unpublished)
{
	const char *run_dir = place_directory();

	ck_assert_int_eq(open_page(run_dir), 0);
	ck_assert(place_exists(place_path(run_dir, "stats.new")));
	sl_stats_page_close(&page);
	ck_assert(place_exists(run_dir));
	ck_assert(!place_exists(place_path(run_dir, "stats.new")));
	ck_assert(!place_exists(place_path(run_dir, "lock")));
}
END_TEST

/* What others put into the directory is not ours to remove. */
START_TEST(test_others_files)
{
	const char *run_dir = place_path(place_directory(), "run");

	ck_assert_int_eq(open_page(run_dir), 0);
	place_write(place_path(run_dir, "notes"), "keep");
	sl_stats_page_close(&page);
	ck_assert(place_exists(place_path(run_dir, "notes")));
	ck_assert(!place_exists(place_path(run_dir, "lock")));
}
END_TEST

/* A server in another process; returns its pid when its page is shown. */
static pid_t start_server(const char *run_dir)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (open_page(run_dir) == 0 && sl_stats_page_publish(&page) == 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(test_owned)
{
	const char *run_dir = place_directory();
	pid_t pid = start_server(run_dir);
	char line[512];

	place_keep_log();
	ck_assert_int_eq(open_page(run_dir), -EBUSY);
	snprintf(line, sizeof(line),
		 "sluice: error: run directory %s: a running sluice (pid %d) has it; stop that "
		 "one, or give this one another with --run-dir\n",
		 run_dir, pid);
	ck_assert_str_eq(place_log(), line);
	/* The other's files are untouched. */
	ck_assert(place_exists(place_path(run_dir, "stats")));
	ck_assert(place_exists(place_path(run_dir, "lock")));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(test_taken_over)
{
	const char *run_dir = place_directory();
	pid_t pid = start_server(run_dir);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert(place_exists(place_path(run_dir, "stats")));
	place_write(place_path(run_dir, "stats.new"), "half a page");

	ck_assert_int_eq(open_page(run_dir), 0);
	/* The dead one's numbers are not shown as ours. */
	ck_assert(!place_exists(place_path(run_dir, "stats")));
	ck_assert_int_eq(sl_stats_page_publish(&page), 0);
	sl_stats_page_close(&page);
	ck_assert(!place_exists(place_path(run_dir, "stats")));
	ck_assert(!place_exists(place_path(run_dir, "lock")));
}
END_TEST

/* Takes the directory and gives it back, over and over; exit code 1 if another had it meanwhile. */
static void contend(const char *run_dir, const char *mark)
{
	for (int turn = 0; turn < 2000; turn++) {
		int fd;

		if (open_page(run_dir) < 0)
			continue;
		fd = open(mark, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0)
			_exit(1);
		close(fd);
		usleep(50); /* long enough for the others to try */
		unlink(mark);
		sl_stats_page_close(&page);
	}
	_exit(0);
}

/* The lock file goes with its owner, so there is a moment in which one process has locked a file
 * that is gone already and another makes a new one: both must not believe that they are alone. */
START_TEST(test_one_owner)
{
	const char *directory = place_directory();
	pid_t pids[4];

	place_keep_log();
	ck_assert_int_eq(mkdir(place_path(directory, "run"), 0755), 0);
	for (int idx = 0; idx < 4; idx++) {
		pids[idx] = fork();
		ck_assert_int_ge(pids[idx], 0);
		if (pids[idx] == 0)
			contend(place_path(directory, "run"), place_path(directory, "mark"));
	}
	for (int idx = 0; idx < 4; idx++) {
		int status;

		ck_assert_int_eq(waitpid(pids[idx], &status, 0), pids[idx]);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	}
}
END_TEST

START_TEST(test_no_directory)
{
	const char *directory = place_directory();
	char line[512];

	place_keep_log();
	ck_assert_int_eq(open_page(place_path(directory, "a/b")), -ENOENT);
	snprintf(line, sizeof(line),
		 "sluice: error: run directory %s/a/b: cannot be made: No such file or directory; "
		 "--run-dir names another\n",
		 directory);
	ck_assert_str_eq(place_log(), line);

	place_write(place_path(directory, "file"), "");
	ck_assert_int_eq(open_page(place_path(directory, "file")), -ENOTDIR);
	ck_assert(place_exists(place_path(directory, "file")));
}
END_TEST

/* Ends the process: the files go, the memory stays for workers that still count. */
START_TEST(test_remove)
{
	const char *run_dir = place_path(place_directory(), "run");

	ck_assert_int_eq(open_page(run_dir), 0);
	ck_assert_int_eq(sl_stats_page_publish(&page), 0);
	sl_stats_page_remove(&page);
	ck_assert(!place_exists(run_dir));
	page.stats->workers[1].requests++;
	ck_assert_uint_eq(page.stats->workers[1].requests, 1);
}
END_TEST

Suite *make_stats_page_suite(void);

Suite *make_stats_page_suite(void)
{
	Suite *suite = suite_create("stats_page");
	TCase *tcase = tcase_create("stats_page");

	tcase_add_test(tcase, test_life);
	tcase_add_test(tcase, test_unpublished);
	tcase_add_test(tcase, test_others_files);
	tcase_add_test(tcase, test_owned);
	tcase_add_test(tcase, test_taken_over);
	tcase_add_test(tcase, test_one_owner);
	tcase_add_test(tcase, test_no_directory);
	tcase_add_test(tcase, test_remove);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
