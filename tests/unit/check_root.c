/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator may name as root, and what comes of it. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

/* What was logged goes to said. */
static int try_root(const char *root, char said[512])
{
	struct sl_disk_config config = { .root = root, .buffer_cnt = 1, .file_cnt = 4 };
	struct sl_disk *disk = NULL;
	struct sl_arena arena;
	int stderr_fd = dup(STDERR_FILENO), pipe_fds[2], error;
	ssize_t len_bytes;

	ck_assert_int_eq(sl_arena_init(&arena, SL_BUFFER_BYTES), 0);
	ck_assert_int_eq(pipe2(pipe_fds, O_NONBLOCK), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	error = sl_disk_open(&disk, &config, &arena);
	dup2(stderr_fd, STDERR_FILENO);
	len_bytes = read(pipe_fds[0], said, 511);
	said[len_bytes > 0 ? len_bytes : 0] = '\0';
	close(stderr_fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	sl_disk_close(disk);
	sl_arena_fini(&arena);
	return error;
}

/* One error, one line, and the root is named in it. */
static void expect_refused(const char *root, int error)
{
	char said[512];

	ck_assert_int_eq(try_root(root, said), error);
	ck_assert_msg(strstr(said, root) != NULL, "said: %s", said);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}

static void expect_taken(const char *root)
{
	char said[512];

	ck_assert_int_eq(try_root(root, said), 0);
	ck_assert_str_eq(said, "");
}

START_TEST(names_that_are_no_directory)
{
	char path[4200];

	make_file("file", 10);
	snprintf(path, sizeof(path), "%s/missing", disk_dir);
	expect_refused(path, -ENOENT);
	snprintf(path, sizeof(path), "%s/file", disk_dir);
	expect_refused(path, -ENOTDIR);
}
END_TEST

START_TEST(a_file_system_without_direct_io)
{
	char said[512];

	/* sysfs: kernfs has no O_DIRECT, and /sys/kernel has files. */
	expect_refused("/sys/kernel", -EOPNOTSUPP);
	try_root("/sys/kernel", said);
	ck_assert_ptr_nonnull(strstr(said, "O_DIRECT"));
}
END_TEST

START_TEST(empty_or_only_directories)
{
	expect_taken(disk_dir);
	ck_assert_int_eq(mkdirat(disk_dir_fd, "directory", 0755), 0);
	expect_taken(disk_dir);
}
END_TEST

START_TEST(a_fifo_is_not_waited_for)
{
	ck_assert_int_eq(mkfifoat(disk_dir_fd, "fifo", 0644), 0);
	expect_taken(disk_dir);
}
END_TEST

START_TEST(nothing_stays_open_after_a_refusal)
{
	int before_cnt = descriptor_cnt();

	expect_refused("/sys/kernel", -EOPNOTSUPP);
	expect_taken(disk_dir);
	ck_assert_int_eq(descriptor_cnt(), before_cnt);
}
END_TEST

Suite *root_suite(void);
Suite *root_suite(void)
{
	Suite *suite = suite_create("root");
	TCase *tcase = tcase_create("root");

	tcase_add_unchecked_fixture(tcase, disk_dir_setup, disk_dir_teardown);
	tcase_add_test(tcase, empty_or_only_directories);
	tcase_add_test(tcase, names_that_are_no_directory);
	tcase_add_test(tcase, a_file_system_without_direct_io);
	tcase_add_test(tcase, a_fifo_is_not_waited_for);
	tcase_add_test(tcase, nothing_stays_open_after_a_refusal);
	suite_add_tcase(suite, tcase);
	return suite;
}
