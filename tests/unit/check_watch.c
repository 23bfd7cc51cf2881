/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/watch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon_place.h"

static const char *directory, *file;
static struct sl_watch watch;
static uint64_t now_ns;

/* A certificate, as it lies there. */
static void set_up(void)
{
	directory = place_directory();
	place_keep_log();
	now_ns = 1000 * SL_NS_PER_S;
	ck_assert_int_eq(sl_watch_open(&watch), 0);
	file = strdup(place_path(directory, "cert.pem"));
	place_write(file, "one");
}

static void tear_down(void)
{
	sl_watch_close(&watch);
}

static bool look(void)
{
	sl_watch_look(&watch);
	sl_watch_file(&watch, file);
	return sl_watch_looked(&watch);
}

static void replace(const char *path, const char *text)
{
	const char *next = place_path(directory, "next");

	place_write(next, text);
	ck_assert_int_eq(rename(next, path), 0);
}

START_TEST(test_nothing_happens)
{
	ck_assert(!look()); /* the first */
	ck_assert(!look());
	ck_assert(!sl_watch_run(&watch, now_ns));
	ck_assert_uint_eq(sl_watch_due_ns(&watch), UINT64_MAX);
}
END_TEST

/* A second after the last change, and then once. */
START_TEST(test_quiet)
{
	look();
	replace(file, "two");
	ck_assert(!sl_watch_run(&watch, now_ns));
	ck_assert_uint_eq(sl_watch_due_ns(&watch), now_ns + SL_NS_PER_S);
	now_ns += SL_NS_PER_S / 2;
	replace(file, "three");
	ck_assert(!sl_watch_run(&watch, now_ns));
	now_ns += SL_NS_PER_S * 3 / 4;
	ck_assert(!sl_watch_run(&watch, now_ns));
	now_ns += SL_NS_PER_S / 4;
	ck_assert(sl_watch_run(&watch, now_ns));
	ck_assert(!sl_watch_run(&watch, now_ns));
	ck_assert_uint_eq(sl_watch_due_ns(&watch), UINT64_MAX);
	ck_assert(look());
	ck_assert(!look());
}
END_TEST

/* Where there is no quiet it looks all the same. */
START_TEST(test_busy_directory)
{
	int looks_cnt = 0;

	look();
	for (int i = 0; i < 20; i++) {
		replace(place_path(directory, "other"), "x");
		looks_cnt += sl_watch_run(&watch, now_ns);
		now_ns += SL_NS_PER_S / 2;
	}
	ck_assert_int_eq(looks_cnt, 1);
	ck_assert(!look()); /* it was another file */
}
END_TEST

static void write_in_place(void)
{
	place_write(file, "a longer text");
}

static void rename_over(void)
{
	replace(file, "two");
}

static void remove_it(void)
{
	unlink(file);
}

static void forbid(void)
{
	chmod(file, 0);
}

static void link_over(void)
{
	const char *next = place_path(directory, "next");

	place_write(place_path(directory, "archive"), "two");
	ck_assert_int_eq(symlink("archive", next), 0);
	ck_assert_int_eq(rename(next, file), 0);
}

static void (*const changes[])(void) = { write_in_place, rename_over, remove_it, forbid,
					 link_over };

START_TEST(test_each_change)
{
	look();
	changes[_i]();
	ck_assert(!sl_watch_run(&watch, now_ns));
	ck_assert(sl_watch_run(&watch, now_ns + SL_WATCH_QUIET_NS));
	ck_assert(look());
}
END_TEST

/* As certbot has it (live/NAME/cert.pem leads to archive/NAME/cert1.pem): the link turns, or what
 * it leads to changes in another directory. */
START_TEST(test_links)
{
	char archive[256], old[512], new[512], next[512];

	snprintf(archive, sizeof(archive), "%s/archive", directory);
	snprintf(old, sizeof(old), "%s/cert1.pem", archive);
	snprintf(new, sizeof(new), "%s/cert2.pem", archive);
	snprintf(next, sizeof(next), "%s/next", directory);
	ck_assert_int_eq(mkdir(archive, 0755), 0);
	place_write(old, "one");
	place_write(new, "two");
	unlink(file);
	ck_assert_int_eq(symlink("archive/cert1.pem", file), 0);
	look();
	sl_watch_run(&watch, now_ns); /* what we did so far */
	sl_watch_look(&watch);
	look();

	ck_assert_int_eq(symlink("archive/cert2.pem", next), 0);
	ck_assert_int_eq(rename(next, file), 0);
	sl_watch_run(&watch, now_ns);
	ck_assert(sl_watch_run(&watch, now_ns + SL_WATCH_QUIET_NS));
	ck_assert(look());

	place_write(new, "three");
	sl_watch_run(&watch, now_ns);
	ck_assert(sl_watch_run(&watch, now_ns + SL_WATCH_QUIET_NS));
	ck_assert(look());
}
END_TEST

/* A staple that is not there yet, and comes. */
START_TEST(test_comes_into_being)
{
	unlink(file);
	look();
	ck_assert(!look());
	place_write(file, "one");
	sl_watch_run(&watch, now_ns);
	ck_assert(sl_watch_run(&watch, now_ns + SL_WATCH_QUIET_NS));
	ck_assert(look());
}
END_TEST

START_TEST(test_no_directory)
{
	sl_watch_look(&watch);
	sl_watch_file(&watch, "/nowhere/cert.pem");
	sl_watch_file(&watch, "/nowhere else/cert.pem");
	ck_assert(!sl_watch_looked(&watch));
	ck_assert_str_eq(place_log(), "sluice: warning: directory /nowhere is not watched: No such "
				      "file or directory; after a change of certificates there "
				      "send SIGHUP\n");
}
END_TEST

/* A name without a slash lies in the directory we are in. */
START_TEST(test_here)
{
	ck_assert_int_eq(chdir(directory), 0);
	sl_watch_look(&watch);
	sl_watch_file(&watch, "cert.pem");
	replace(file, "two");
	sl_watch_run(&watch, now_ns);
	ck_assert_uint_ne(sl_watch_due_ns(&watch), UINT64_MAX);
}
END_TEST

Suite *make_watch_suite(void);

Suite *make_watch_suite(void)
{
	Suite *suite = suite_create("watch");
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_nothing_happens);
	tcase_add_test(tcase, test_quiet);
	tcase_add_test(tcase, test_busy_directory);
	tcase_add_loop_test(tcase, test_each_change, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(tcase, test_links);
	tcase_add_test(tcase, test_comes_into_being);
	tcase_add_test(tcase, test_no_directory);
	tcase_add_test(tcase, test_here);
	suite_add_tcase(suite, tcase);
	return suite;
}
