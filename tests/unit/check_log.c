/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "room_base.h"

static int read_fd, stderr_fd;

/* Standard error becomes a pipe; each test runs in a process of its own. */
static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	read_fd = fds[0];
	stderr_fd = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	close(fds[1]);
	unsetenv("JOURNAL_STREAM");
}

/* What was logged so far; ends the capture, so that a failure is still seen. */
static const char *logged(void)
{
	static char text[8192];
	ssize_t got_bytes;

	dup2(stderr_fd, STDERR_FILENO);
	got_bytes = read(read_fd, text, sizeof(text) - 1);
	ck_assert_int_ge(got_bytes, 0);
	text[got_bytes] = '\0';
	return text;
}

START_TEST(a_line_names_the_program_and_its_kind)
{
	sl_error("listen %s: port must be %d to %d", "a:0", 1, 65535);
	sl_warning("no huge pages");
	sl_info("serving");
	ck_assert_str_eq(logged(), "sluice: error: listen a:0: port must be 1 to 65535\n"
				   "sluice: warning: no huge pages\n"
				   "sluice: serving\n");
}
END_TEST

START_TEST(lines_above_the_level_are_dropped)
{
	sl_debug("not to begin with");
	sl_log_level(SL_LOG_DEBUG);
	sl_debug("now");
	sl_log_level(SL_LOG_ERROR);
	sl_warning("not any more");
	ck_assert_str_eq(logged(), "sluice: now\n");
}
END_TEST

START_TEST(a_line_stays_one_line)
{
	sl_info("open %s: failed", "evil\n<0>sluice: all is well\033[2J");
	ck_assert_str_eq(logged(), "sluice: open evil?<0>sluice: all is well?[2J: failed\n");
}
END_TEST

START_TEST(utf8_is_left_alone)
{
	sl_info("open %s", "\xc3\xa4.mp4");
	ck_assert_str_eq(logged(), "sluice: open \xc3\xa4.mp4\n");
}
END_TEST

START_TEST(a_long_line_is_cut_and_ended)
{
	static char long_text[5000];
	const char *text;

	memset(long_text, 'x', sizeof(long_text) - 1);
	sl_info("%s", long_text);
	text = logged();
	ck_assert_uint_eq(strlen(text), 1024);
	ck_assert_uint_eq(strcspn(text, "\n"), 1023);
}
END_TEST

static void set_journal_stream(unsigned long long add_to_inode)
{
	struct stat status;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino + add_to_inode);
	setenv("JOURNAL_STREAM", stream, 1);
}

START_TEST(journald_gets_the_level_in_front)
{
	set_journal_stream(0);
	sl_error("one");
	sl_info("two");
	ck_assert_str_eq(logged(), "<3>one\n<6>two\n");
}
END_TEST

START_TEST(an_inherited_journal_stream_is_not_ours)
{
	set_journal_stream(1);
	sl_error("one");
	ck_assert_str_eq(logged(), "sluice: error: one\n");
}
END_TEST

Suite *suite_log(void)
{
	Suite *suite = suite_create("log");
	TCase *tcase = tcase_create("log");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_line_names_the_program_and_its_kind);
	tcase_add_test(tcase, lines_above_the_level_are_dropped);
	tcase_add_test(tcase, a_line_stays_one_line);
	tcase_add_test(tcase, utf8_is_left_alone);
	tcase_add_test(tcase, a_long_line_is_cut_and_ended);
	tcase_add_test(tcase, journald_gets_the_level_in_front);
	tcase_add_test(tcase, an_inherited_journal_stream_is_not_ours);
	suite_add_tcase(suite, tcase);
	return suite;
}
