/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/volume.h"

enum { BYTES = 1024 * 1024 };

static char path[64];

static void setup(void)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path, sizeof(path), "%s/sl-volume-XXXXXX", dir && strlen(dir) < 40 ? dir : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, BYTES + 100), 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

static struct sl_volume *open_volume(enum sl_volume_mode mode)
{
	struct sl_volume *volume;

	ck_assert_int_eq(sl_volume_open(&volume, path, mode), 0);
	return volume;
}

START_TEST(written_and_read)
{
	struct sl_volume *volume = open_volume(SL_VOLUME_FORMAT);
	struct sl_pages pages, again;

	ck_assert_uint_eq(sl_volume_bytes(volume), BYTES);
	ck_assert_str_eq(sl_volume_path(volume), path);
	ck_assert_int_eq(sl_pages_init(&pages, 3 * 4096), 0);
	ck_assert_int_eq(sl_pages_init(&again, 3 * 4096), 0);
	memset(pages.at, 0x5a, pages.len_bytes);
	ck_assert_int_eq(sl_volume_write(volume, 8192, pages.at, pages.len_bytes), 0);
	ck_assert_int_eq(sl_volume_flush(volume), 0);
	sl_volume_close(volume);

	volume = open_volume(SL_VOLUME_READ);
	ck_assert_int_eq(sl_volume_read(volume, 8192, again.at, again.len_bytes), 0);
	ck_assert_mem_eq(pages.at, again.at, again.len_bytes);
	ck_assert_int_eq(sl_volume_read(volume, 4096, again.at, 4096), 0);
	ck_assert_uint_eq(again.at[4095], 0);
	ck_assert_int_lt(sl_volume_write(volume, 0, pages.at, 4096), 0);
	ck_assert_int_eq(sl_volume_read(volume, 2 * BYTES, again.at, 4096), -ENODATA);
	sl_volume_close(volume);
	sl_pages_fini(&pages);
	sl_pages_fini(&again);
}
END_TEST

START_TEST(not_a_volume)
{
	struct sl_volume *volume;

	ck_assert_int_eq(sl_volume_open(&volume, "/dev/null", SL_VOLUME_READ), -ENOTBLK);
	ck_assert_int_eq(sl_volume_open(&volume, "/tmp", SL_VOLUME_READ), -ENOTBLK);
	ck_assert_int_eq(sl_volume_open(&volume, "/nonexistent", SL_VOLUME_READ), -ENOENT);
}
END_TEST

START_TEST(locks)
{
	struct sl_volume *a = open_volume(SL_VOLUME_WRITE), *b = open_volume(SL_VOLUME_WRITE),
			 *reader = open_volume(SL_VOLUME_READ);

	ck_assert_int_eq(sl_volume_lock(a, SL_VOLUME_WRITER, SL_VOLUME_EXCLUSIVE, false), 0);
	ck_assert_int_eq(sl_volume_lock(b, SL_VOLUME_WRITER, SL_VOLUME_EXCLUSIVE, false), -EAGAIN);

	/* The two have nothing to do with each other. */
	ck_assert_int_eq(sl_volume_lock(reader, SL_VOLUME_PLACES, SL_VOLUME_SHARED, true), 0);
	ck_assert_int_eq(sl_volume_lock(b, SL_VOLUME_PLACES, SL_VOLUME_SHARED, false), 0);
	ck_assert_int_eq(sl_volume_lock(a, SL_VOLUME_PLACES, SL_VOLUME_EXCLUSIVE, false), -EAGAIN);
	ck_assert_int_eq(sl_volume_lock(b, SL_VOLUME_PLACES, SL_VOLUME_UNLOCKED, false), 0);
	sl_volume_close(reader);
	ck_assert_int_eq(sl_volume_lock(a, SL_VOLUME_PLACES, SL_VOLUME_EXCLUSIVE, false), 0);
	sl_volume_close(a);
	ck_assert_int_eq(sl_volume_lock(b, SL_VOLUME_WRITER, SL_VOLUME_EXCLUSIVE, false), 0);
	sl_volume_close(b);
}
END_TEST

START_TEST(pages)
{
	struct sl_pages memory;

	ck_assert_int_eq(sl_pages_init(&memory, 5000), 0);
	ck_assert_uint_eq(memory.len_bytes, 8192);
	ck_assert_uint_eq((uintptr_t)memory.at % 4096, 0);
	for (uint32_t i = 0; i < 8192; i++)
		ck_assert_uint_eq(memory.at[i], 0);
	sl_pages_fini(&memory);
	ck_assert_ptr_null(memory.at);
}
END_TEST

Suite *volume_file_suite(void);
Suite *volume_file_suite(void)
{
	Suite *suite = suite_create("volume_file");
	TCase *test_case = tcase_create("core");

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, written_and_read);
	tcase_add_test(test_case, not_a_volume);
	tcase_add_test(test_case, locks);
	tcase_add_test(test_case, pages);
	suite_add_tcase(suite, test_case);
	return suite;
}
