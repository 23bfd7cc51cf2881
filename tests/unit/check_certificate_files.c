/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/certificate_files.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon_place.h"

static struct sl_options options;
static struct sl_certificate_files files;
static const char *directory;

static void set_up(void)
{
	directory = place_directory();
	place_keep_log();
	options = (struct sl_options){ .certificate_dir = directory };
}

static void tear_down(void)
{
	sl_certificate_files_free(&files);
}

static const char *name_in(const char *path)
{
	ck_assert_uint_eq(strncmp(path, directory, strlen(directory)), 0);
	return path + strlen(directory) + 1;
}

START_TEST(test_directory)
{
	place_write(place_path(directory, "b.pem"), "");
	place_write(place_path(directory, "a.pem"), "");
	place_write(place_path(directory, "a.key"), "");
	place_write(place_path(directory, "c.key"), "");
	place_write(place_path(directory, "a.pem.ocsp"), "");
	place_write(place_path(directory, ".hidden.pem"), "");
	place_write(place_path(directory, ".pem"), "");
	place_write(place_path(directory, "README"), "");
	ck_assert_int_eq(sl_certificate_files_list(&files, &options), 0);
	ck_assert_uint_eq(files.pair_cnt, 2);
	ck_assert_str_eq(name_in(files.pairs[0].certificate_path), "a.pem");
	ck_assert_str_eq(name_in(files.pairs[0].key_path), "a.key");
	ck_assert_str_eq(name_in(files.pairs[1].certificate_path), "b.pem");
	ck_assert_ptr_null(files.pairs[1].key_path);
}
END_TEST

/* Those of the command line come first, as they are. */
START_TEST(test_both)
{
	options.pairs[0] = (struct sl_tls_pair){ "z.pem", NULL };
	options.pair_cnt = 1;
	place_write(place_path(directory, "a.pem"), "");
	ck_assert_int_eq(sl_certificate_files_list(&files, &options), 0);
	ck_assert_uint_eq(files.pair_cnt, 2);
	ck_assert_str_eq(files.pairs[0].certificate_path, "z.pem");
	ck_assert_str_eq(name_in(files.pairs[1].certificate_path), "a.pem");
}
END_TEST

START_TEST(test_no_directory)
{
	options.certificate_dir = NULL;
	options.pairs[0] = (struct sl_tls_pair){ "z.pem", "z.key" };
	options.pair_cnt = 1;
	ck_assert_int_eq(sl_certificate_files_list(&files, &options), 0);
	ck_assert_uint_eq(files.pair_cnt, 1);
	ck_assert_str_eq(files.pairs[0].key_path, "z.key");
}
END_TEST

START_TEST(test_none)
{
	ck_assert_int_eq(sl_certificate_files_list(&files, &options), -ENOENT);
	ck_assert_ptr_nonnull(strstr(place_log(), directory));
	ck_assert_ptr_nonnull(strstr(place_log(), "there is no NAME.pem in it"));
	sl_certificate_files_free(&files);
	options.certificate_dir = "/nowhere";
	ck_assert_int_eq(sl_certificate_files_list(&files, &options), -ENOENT);
	sl_certificate_files_free(&files);
	options.certificate_dir = "/dev/null";
	ck_assert_int_eq(sl_certificate_files_list(&files, &options), -ENOTDIR);
	ck_assert_ptr_nonnull(strstr(place_log(), "/dev/null: Not a directory"));
}
END_TEST

Suite *make_certificate_files_suite(void);

Suite *make_certificate_files_suite(void)
{
	Suite *suite = suite_create("certificate_files");
	TCase *tcase = tcase_create("certificate_files");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_directory);
	tcase_add_test(tcase, test_both);
	tcase_add_test(tcase, test_no_directory);
	tcase_add_test(tcase, test_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
