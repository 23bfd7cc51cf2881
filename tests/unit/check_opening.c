/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening files by names that strangers chose. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "disk/uring.h"

/*
 *   disk_dir/
 *     outside                   a file
 *     root/                     what is served
 *       file, directory/file
 *       fifo, socket
 *       to-file                 → file
 *       to-directory            → directory
 *       out-by-dots             → ../outside
 *       out-by-slash            → /etc/passwd
 *       back-in                 → ../root/file: leaves, even if it comes back
 *       in-by-slash             → (disk_dir)/root/file: so does this
 *       magic                   → /proc/self/exe
 *       loop                    → loop
 *       nowhere                 → missing
 */
static void make_tree(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *whole = realpath(disk_dir, NULL), path[4200];
	int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);

	mkdirat(disk_dir_fd, "root", 0755);
	mkdirat(disk_dir_fd, "root/directory", 0755);
	make_file("outside", 100);
	make_file("root/file", 100000);
	make_file("root/directory/file", 5000);
	mkfifoat(disk_dir_fd, "root/fifo", 0644);
	symlinkat("file", disk_dir_fd, "root/to-file");
	symlinkat("directory", disk_dir_fd, "root/to-directory");
	symlinkat("../outside", disk_dir_fd, "root/out-by-dots");
	symlinkat("/etc/passwd", disk_dir_fd, "root/out-by-slash");
	symlinkat("../root/file", disk_dir_fd, "root/back-in");
	snprintf(path, sizeof(path), "%s/root/file", whole);
	symlinkat(path, disk_dir_fd, "root/in-by-slash");
	symlinkat("/proc/self/exe", disk_dir_fd, "root/magic");
	symlinkat("loop", disk_dir_fd, "root/loop");
	symlinkat("missing", disk_dir_fd, "root/nowhere");
	free(whole);

	/* Through /proc, for a path that fits sun_path. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/root/socket",
		 disk_dir_fd);
	ck_assert_int_eq(bind(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(socket_fd);
}

static void setup(void)
{
	disk_dir_setup();
	make_tree();
}

static struct sl_disk *setup_root(uint32_t file_cnt)
{
	char root[4200];

	snprintf(root, sizeof(root), "%s/root", disk_dir);
	return disk_setup_at(root, 2, file_cnt);
}

static const char long_name[] =
    "a/..................................................................."
    "....................................................................."
    "....................................................................."
    ".....................................................................";

static const struct {
	int number;
	const char *path;
	int error;
} names[] = {
	{ 1, "file", 0 },
	{ 2, "directory/file", 0 },
	{ 3, "to-file", 0 },
	{ 4, "to-directory/file", 0 },
	{ 5, "directory/../file", 0 }, /* never leaves */
	{ 6, "./file", 0 },

	{ 10, "missing", -ENOENT },
	{ 11, "missing/file", -ENOENT },
	{ 12, "nowhere", -ENOENT },
	{ 13, "", -ENOENT },
	{ 14, "file/file", -ENOTDIR },
	{ 15, "file/", -ENOTDIR },
	{ 16, "loop", -ELOOP },

	{ 20, "directory", -EISDIR },
	{ 21, "directory/", -EISDIR },
	{ 22, "to-directory", -EISDIR },
	{ 23, ".", -EISDIR },
	{ 24, "fifo", -EINVAL },
	{ 25, "socket", -EINVAL },

	{ 30, "..", -EXDEV },
	{ 31, "../outside", -EXDEV },
	{ 32, "directory/../../outside", -EXDEV },
	{ 33, "/etc/passwd", -EXDEV },
	{ 34, "/", -EXDEV },
	{ 35, "out-by-dots", -EXDEV },
	{ 36, "out-by-slash", -EXDEV },
	{ 37, "back-in", -EXDEV },
	{ 38, "in-by-slash", -EXDEV },
	{ 39, "magic", -EXDEV },
};

START_TEST(names_of_all_kinds)
{
	struct sl_disk *disk = setup_root(8);
	struct sl_disk_event event = open_path(disk, names[_i].path);

	ck_assert_msg(event.error == names[_i].error, "name %d, %s: %d, not %d", names[_i].number,
		      names[_i].path, event.error, names[_i].error);
	disk_teardown(disk);
}
END_TEST

START_TEST(name_too_long)
{
	struct sl_disk *disk;
	struct sl_disk_event event;

	mkdirat(disk_dir_fd, "root/a", 0755);
	disk = setup_root(8);
	ck_assert_uint_gt(sizeof(long_name), 2 + 255);
	event = open_path(disk, long_name);
	ck_assert_int_eq(event.error, -ENAMETOOLONG);
	disk_teardown(disk);
}
END_TEST

START_TEST(what_is_told_of_a_file)
{
	struct sl_disk *disk = setup_root(8);
	struct sl_disk_event event = open_regular(disk, "file");
	struct stat stat;

	ck_assert_int_eq(fstatat(disk_dir_fd, "root/file", &stat, 0), 0);
	ck_assert_uint_eq(event.info.size_bytes, 100000);
	ck_assert_uint_eq(event.info.ino, stat.st_ino);
	ck_assert_int_eq(event.info.mtime_ns,
			 (int64_t)stat.st_mtim.tv_sec * 1000000000 + stat.st_mtim.tv_nsec);
	ck_assert_uint_ge(event.info.align_bytes, 1);
	ck_assert_uint_le(event.info.align_bytes, 65536);
	ck_assert_uint_eq(event.info.align_bytes & (event.info.align_bytes - 1), 0);
	ck_assert_uint_lt(event.file.idx, 8);
	disk_teardown(disk);
}
END_TEST

START_TEST(dates_beyond_64_bits_of_nanoseconds)
{
	/* As far as the file system can keep them. */
	const struct timespec times[2] = { { .tv_sec = INT64_C(1) << 40 },
					   { .tv_sec = INT64_C(1) << 40 } };
	struct sl_disk *disk = setup_root(8);
	struct stat stat;
	struct sl_disk_event event;
	int64_t expected_ns;

	ck_assert_int_eq(utimensat(disk_dir_fd, "root/file", times, 0), 0);
	ck_assert_int_eq(fstatat(disk_dir_fd, "root/file", &stat, 0), 0);
	event = open_regular(disk, "file");
	expected_ns = stat.st_mtim.tv_sec > INT64_MAX / 1000000000
			  ? INT64_MAX
			  : (int64_t)stat.st_mtim.tv_sec * 1000000000;
	ck_assert_int_eq(event.info.mtime_ns, expected_ns);
	disk_teardown(disk);
}
END_TEST

/* In a session without a terminal the driver of /dev/tty refuses an open with ENXIO. It is not
 * asked: what is refused is the kind of file. */
START_TEST(device_is_not_touched)
{
	struct sl_disk *disk;
	struct sl_disk_event event;

	setsid();
	ck_assert_int_eq(open("/dev/tty", O_RDONLY), -1);
	ck_assert_int_eq(errno, ENXIO);
	disk = disk_setup_at("/", 1, 4);
	event = open_path(disk, "dev/tty");
	ck_assert_int_eq(event.error, -EINVAL);
	event = open_path(disk, "dev/null");
	ck_assert_int_eq(event.error, -EINVAL);
	disk_teardown(disk);
}
END_TEST

START_TEST(file_system_without_direct_io_below_root)
{
	struct sl_disk *disk = disk_setup_at("/", 1, 4);
	struct sl_disk_event event = open_path(disk, "sys/kernel/notes");

	ck_assert_int_eq(event.error, -EOPNOTSUPP);
	disk_teardown(disk);
}
END_TEST

/* Also what a server does: it opens the disk with privileges and files without. */
START_TEST(unreadable_as_somebody_else)
{
	struct sl_disk *disk = setup_root(8);
	struct sl_disk_event event;

	fchmodat(disk_dir_fd, "root/directory/file", 0, 0);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	event = open_path(disk, "directory/file");
	ck_assert_int_eq(event.error, -EACCES);
	event = open_path(disk, "file");
	ck_assert_int_eq(event.error, 0);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	disk_teardown(disk);
	fchmodat(disk_dir_fd, "root/directory/file", 0644, 0);
}
END_TEST

START_TEST(too_many_files)
{
	struct sl_disk *disk = setup_root(3);
	struct sl_disk_event first = open_regular(disk, "file"), event;
	struct sl_disk_counters counters;

	open_regular(disk, "file");
	open_regular(disk, "directory/file");
	event = open_path(disk, "file");
	ck_assert_int_eq(event.error, -EMFILE);
	event = open_path(disk, "missing");
	ck_assert_int_eq(event.error, -EMFILE);

	/* One that was closed is free at once, for the next two times, too. */
	for (int i = 0; i < 2; i++) {
		sl_disk_close_file(disk, first.file);
		first = open_regular(disk, "file");
	}
	sl_disk_counters(disk, &counters);
	ck_assert_uint_eq(counters.opens, 7);
	ck_assert_uint_eq(counters.open_errors, 2);
	disk_teardown(disk);
}
END_TEST

START_TEST(failed_opens_give_their_file_back)
{
	struct sl_disk *disk = setup_root(2);

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(open_path(disk, "missing").error, -ENOENT);
		ck_assert_int_eq(open_path(disk, "directory").error, -EISDIR);
	}
	open_regular(disk, "file");
	open_regular(disk, "file");
	disk_teardown(disk);
}
END_TEST

/* More than are in the kernel at once. */
START_TEST(many_opens_at_once)
{
	enum { CNT = 5 * SL_DISK_OPENINGS_MAX };
	struct sl_disk *disk = setup_root(CNT);
	bool seen[CNT] = { false }, used[CNT] = { false };

	for (uint64_t i = 0; i < CNT; i++)
		sl_disk_open_file(disk, i % 2 ? "file" : "directory/file", i);
	for (int i = 0; i < CNT; i++) {
		struct sl_disk_event event = next_event(disk);

		ck_assert_int_eq(event.error, 0);
		ck_assert_uint_lt(event.cookie, CNT);
		ck_assert(!seen[event.cookie]);
		ck_assert(!used[event.file.idx]);
		ck_assert_uint_eq(event.info.size_bytes, event.cookie % 2 ? 100000 : 5000);
		seen[event.cookie] = used[event.file.idx] = true;
	}
	expect_no_event(disk);

	for (uint32_t i = 0; i < CNT; i++)
		sl_disk_close_file(disk, (struct sl_disk_file){ i });
	for (uint64_t i = 0; i < CNT; i++)
		sl_disk_open_file(disk, "file", i);
	for (int i = 0; i < CNT; i++)
		ck_assert_int_eq(next_event(disk).error, 0);
	disk_teardown(disk);
}
END_TEST

/* The descriptors of the process are those of opens under way. */
START_TEST(open_files_take_no_descriptors)
{
	struct sl_disk *disk = setup_root(64);
	int before_cnt = descriptor_cnt();

	for (int i = 0; i < 60; i++)
		open_regular(disk, "file");
	open_path(disk, "missing");
	open_path(disk, "directory");
	ck_assert_int_eq(descriptor_cnt(), before_cnt);
	disk_teardown(disk);
}
END_TEST

static const struct {
	int number;
	uint32_t mask, mem_align, offset_align, blksize;
	uint32_t align_bytes;
} alignments[] = {
	{ 1, STATX_DIOALIGN, 4, 512, 4096, 512 },
	{ 2, STATX_DIOALIGN, 4096, 512, 4096, 4096 },
	{ 3, STATX_DIOALIGN, 512, 4096, 65536, 4096 },
	{ 4, STATX_DIOALIGN, 1, 1, 4096, 1 },
	{ 5, STATX_DIOALIGN, 0, 0, 4096, 0 },        /* statx(2): no direct I/O on this file */
	{ 6, STATX_DIOALIGN, 8192, 512, 4096, 0 },   /* buffers are not aligned so well */
	{ 7, STATX_DIOALIGN, 512, 262144, 4096, 0 }, /* nor so big */
	{ 8, STATX_DIOALIGN, 512, 3000, 4096, 0 },   /* no power of two */
	{ 9, 0, 0, 0, 4096, 4096 },
	{ 10, 0, 0, 0, 512, 512 },
	{ 11, 0, 0, 0, 131072, 131072 },
	{ 12, 0, 0, 0, 1048576, 4096 }, /* a good size for a transfer, no alignment */
	{ 13, 0, 0, 0, 0, 4096 },
};

START_TEST(alignment)
{
	struct statx statx = {
		.stx_mask = alignments[_i].mask,
		.stx_dio_mem_align = alignments[_i].mem_align,
		.stx_dio_offset_align = alignments[_i].offset_align,
		.stx_blksize = alignments[_i].blksize,
	};

	ck_assert_uint_eq(sl_disk_align(&statx), alignments[_i].align_bytes);
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *opening_suite(void);
Suite *opening_suite(void)
{
	Suite *suite = suite_create("opening");
	TCase *tcase = tcase_create("opening");

	tcase_add_unchecked_fixture(tcase, setup, disk_dir_teardown);
	tcase_add_loop_test(tcase, names_of_all_kinds, 0, CNT_OF(names));
	tcase_add_loop_test(tcase, alignment, 0, CNT_OF(alignments));
	tcase_add_test(tcase, name_too_long);
	tcase_add_test(tcase, what_is_told_of_a_file);
	tcase_add_test(tcase, dates_beyond_64_bits_of_nanoseconds);
	tcase_add_test(tcase, device_is_not_touched);
	tcase_add_test(tcase, file_system_without_direct_io_below_root);
	tcase_add_test(tcase, unreadable_as_somebody_else);
	tcase_add_test(tcase, too_many_files);
	tcase_add_test(tcase, failed_opens_give_their_file_back);
	tcase_add_test(tcase, many_opens_at_once);
	tcase_add_test(tcase, open_files_take_no_descriptors);
	suite_add_tcase(suite, tcase);
	return suite;
}
