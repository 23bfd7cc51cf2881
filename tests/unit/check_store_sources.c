/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store_sources.h"

static char top[] = "/tmp/sl-sources-XXXXXX";
static int top_fd;

static void make(const char *name, int bytes)
{
	int fd = openat(top_fd, name, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, bytes), 0);
	close(fd);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	top_fd = open(top, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(mkdirat(top_fd, "tree", 0700), 0);
	ck_assert_int_eq(mkdirat(top_fd, "tree/live", 0700), 0);
	make("tree/z.mp4", 1000);
	make("tree/live/1.ts", 20);
	make("one", 3);
	ck_assert_int_eq(symlinkat("z.mp4", top_fd, "tree/link"), 0);
	ck_assert_int_eq(symlinkat("tree", top_fd, "link"), 0);
	ck_assert_int_eq(mkfifoat(top_fd, "tree/fifo", 0600), 0);
}

static void teardown(void)
{
	static const char *const names[] = { "tree/z.mp4", "tree/live/1.ts", "one",
					     "tree/link",  "link",           "tree/fifo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(top_fd, names[i], 0);
	unlinkat(top_fd, "tree/live", AT_REMOVEDIR);
	unlinkat(top_fd, "tree", AT_REMOVEDIR);
	close(top_fd);
	rmdir(top);
}

START_TEST(trees_and_files)
{
	/* However the tree is named. */
	static const char *const trees[] = { "tree", "tree/", "tree//", "./tree", "link" };

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		const char *const paths[] = { trees[i], "one" };
		struct sl_sources sources;

		ck_assert_int_eq(sl_sources_find(&sources, paths, 2, "p/"), 0);
		ck_assert_uint_eq(sources.cnt, 3);
		ck_assert_uint_eq(sources.total_bytes, 1023);
		ck_assert_uint_eq(sources.skipped_cnt, 2);
		ck_assert_str_eq(sources.list[0].name, "p/live/1.ts");
		ck_assert_str_eq(sources.list[1].name, "p/one");
		ck_assert_str_eq(sources.list[2].name, "p/z.mp4");
		ck_assert_int_eq(access(sources.list[0].path, R_OK), 0);
		sl_sources_fini(&sources);
	}
}
END_TEST

START_TEST(twice)
{
	const char *const paths[] = { "tree", "tree/z.mp4" };
	struct sl_sources sources;

	ck_assert_int_eq(sl_sources_find(&sources, paths, 2, ""), -EEXIST);
	sl_sources_fini(&sources);
}
END_TEST

START_TEST(not_there)
{
	const char *const paths[] = { "one", "nowhere" };
	struct sl_sources sources;

	ck_assert_int_eq(sl_sources_find(&sources, paths, 2, ""), -ENOENT);
	sl_sources_fini(&sources);
}
END_TEST

Suite *make_store_sources_suite(void);
Suite *make_store_sources_suite(void)
{
	Suite *suite = suite_create("store_sources");
	TCase *test_case = tcase_create("core");

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, trees_and_files);
	tcase_add_test(test_case, twice);
	tcase_add_test(test_case, not_there);
	suite_add_tcase(suite, test_case);
	return suite;
}
