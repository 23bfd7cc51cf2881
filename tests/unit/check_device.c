/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices: what may be named, and what is found out about it. Of block devices that is in
 * disk-filesystems.sh, which has some. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "disk/device.h"

enum { PATH_BYTES = 4200 };

static const char *path_of(const char *name)
{
	static char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", disk_dir, name);
	return path;
}

START_TEST(regular_file)
{
	struct sl_device device;

	make_file("image", 1 << 20);
	ck_assert_int_eq(sl_device_open(&device, path_of("image")), 0);
	ck_assert_str_eq(device.path, path_of("image"));
	ck_assert_uint_eq(device.size_bytes, 1 << 20);
	ck_assert_uint_eq(device.namespace_id, 0);
	ck_assert_int_eq(device.read_fd, device.block_fd);
	ck_assert(fcntl(device.read_fd, F_GETFL) & O_DIRECT);
	ck_assert_uint_ge(device.block_bytes, 512);
	ck_assert_uint_le(device.block_bytes, 4096);
	ck_assert_uint_eq(device.block_bytes & (device.block_bytes - 1), 0);
	ck_assert_uint_eq(device.max_bytes, SL_BUFFER_BYTES);
	sl_device_close(&device);
	ck_assert_int_eq(device.read_fd, -1);
}
END_TEST

static const struct {
	const char *name;
	int error;
} refused[] = {
	{ "nothing", -ENOENT }, { "", -ENOTBLK }, /* the directory itself */
	{ "fifo", -ENOTBLK },   { "null", -ENOTBLK }, { "/longer", -ENAMETOOLONG },
};

START_TEST(what_is_no_device)
{
	char longer[SL_DEVICE_PATH_BYTES + 1];
	int before_cnt = descriptor_cnt();
	struct sl_device device;
	const char *path = path_of(refused[_i].name);

	ck_assert(mkfifoat(disk_dir_fd, "fifo", 0600) == 0 || errno == EEXIST);
	ck_assert(symlinkat("/dev/null", disk_dir_fd, "null") == 0 || errno == EEXIST);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	if (refused[_i].error == -ENAMETOOLONG)
		path = longer;
	ck_assert_int_eq(sl_device_open(&device, path), refused[_i].error);
	ck_assert_int_eq(descriptor_cnt(), before_cnt);
}
END_TEST

START_TEST(without_permission)
{
	uid_t own_uid = geteuid();
	struct sl_device device;

	make_file("secret", 4096);
	ck_assert_int_eq(fchmodat(disk_dir_fd, "secret", 0, 0), 0);
	ck_assert(own_uid != 0 || seteuid(65534) == 0);
	ck_assert_int_eq(sl_device_open(&device, path_of("secret")), -EACCES);
	ck_assert_int_eq(seteuid(own_uid), 0); /* or a sanitizer may not look for leaks */
}
END_TEST

/* SL_TEST_DEVICE and SL_TEST_BLOCK_BYTES: a block device; SL_TEST_PASSTHROUGH=yes: that is a
 * namespace which a worker may send commands. */
START_TEST(block_device)
{
	const char *path = getenv("SL_TEST_DEVICE"), *passthrough = getenv("SL_TEST_PASSTHROUGH");
	bool expected = passthrough && strcmp(passthrough, "yes") == 0;
	struct sl_device device;

	ck_assert_int_eq(sl_device_open(&device, path), 0);
	ck_assert_uint_eq(device.block_bytes, strtoul(getenv("SL_TEST_BLOCK_BYTES"), NULL, 10));
	ck_assert_uint_eq(device.size_bytes, (uint64_t)lseek(device.block_fd, 0, SEEK_END));
	ck_assert_int_eq(device.namespace_id != 0, expected);
	ck_assert_int_eq(device.read_fd != device.block_fd, expected);
	ck_assert_uint_ge(device.max_bytes, 4096);
	ck_assert_uint_le(device.max_bytes, SL_BUFFER_BYTES);
	sl_device_close(&device);
}
END_TEST

Suite *device_suite(void);
Suite *device_suite(void)
{
	Suite *suite = suite_create("device");
	TCase *tcase = tcase_create("device");

	tcase_add_unchecked_fixture(tcase, disk_dir_setup, disk_dir_teardown);
	tcase_add_test(tcase, regular_file);
	tcase_add_loop_test(tcase, what_is_no_device, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tcase, without_permission);
	if (getenv("SL_TEST_DEVICE"))
		tcase_add_test(tcase, block_device);
	suite_add_tcase(suite, tcase);
	return suite;
}
