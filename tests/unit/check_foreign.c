/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/foreign.h"

static char path[64];
static int fd;

static void setup(void)
{
	const char *dir = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%s/sl-foreign-XXXXXX",
		 dir && strlen(dir) < 40 ? dir : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 1024 * 1024), 0);
}

static void teardown(void)
{
	close(fd);
	unlink(path);
}

START_TEST(nothing)
{
	char what[SL_FOREIGN_BYTES];

	ck_assert_int_eq(sl_foreign_find(path, what), 0);
	ck_assert_int_eq(sl_foreign_find("/nonexistent", what), -ENOENT);
}
END_TEST

/* The signature of swap space, version 1, at the end of the first page. */
START_TEST(swap)
{
	char what[SL_FOREIGN_BYTES];
	const uint32_t head[] = { 1, 255 };

	ck_assert_int_eq(pwrite(fd, "SWAPSPACE2", 10, 4096 - 10), 10);
	ck_assert_int_eq(pwrite(fd, head, sizeof(head), 1024), (int)sizeof(head));
	ck_assert_int_eq(sl_foreign_find(path, what), 1);
	ck_assert_ptr_nonnull(strstr(what, "swap"));
	ck_assert_int_eq(sl_foreign_wipe(path), 0);
	ck_assert_int_eq(sl_foreign_find(path, what), 0);
}
END_TEST

/* A DOS partition table with one partition. */
START_TEST(partitions)
{
	char what[SL_FOREIGN_BYTES];
	const uint8_t entry[] = { 0, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 100, 0, 0, 0 };

	ck_assert_int_eq(pwrite(fd, entry, sizeof(entry), 446), (int)sizeof(entry));
	ck_assert_int_eq(pwrite(fd, "\x55\xaa", 2, 510), 2);
	ck_assert_int_eq(sl_foreign_find(path, what), 1);
	ck_assert_str_eq(what, "a partition table (dos)");
	ck_assert_int_eq(sl_foreign_wipe(path), 0);
	ck_assert_int_eq(sl_foreign_find(path, what), 0);
}
END_TEST

Suite *foreign_suite(void);
Suite *foreign_suite(void)
{
	Suite *suite = suite_create("foreign");
	TCase *test_case = tcase_create("core");

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, nothing);
	tcase_add_test(test_case, swap);
	tcase_add_test(test_case, partitions);
	suite_add_tcase(suite, test_case);
	return suite;
}
