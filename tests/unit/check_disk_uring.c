/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring: setting up where it is forbidden, sleeping and waking, one thread after the other. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "disk/uring.h"

/* ---- setting up -------------------------------------------------------------------------------
 */

/* From now on io_uring_setup(2) ends in error. */
static void forbid_io_uring(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* Opening ends in error, and the line for the operator holds hint. */
static void expect_refused(const struct sl_disk_config *config, size_t arena_bytes, int error,
			   const char *hint)
{
	struct sl_disk *disk = NULL;
	struct sl_arena arena;
	int pipe_fds[2], stderr_fd = dup(STDERR_FILENO), result;
	char said[1024] = "";

	ck_assert_int_eq(pipe2(pipe_fds, O_NONBLOCK), 0);
	ck_assert_int_eq(sl_arena_init(&arena, arena_bytes), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	result = sl_disk_open(&disk, config, &arena);
	dup2(stderr_fd, STDERR_FILENO);
	ck_assert_int_eq(result, error);
	ck_assert_ptr_null(disk);
	ck_assert_int_gt(read(pipe_fds[0], said, sizeof(said) - 1), 0);
	ck_assert_msg(strstr(said, hint) != NULL, "said: %s", said);
	sl_arena_fini(&arena);
}

static const struct sl_disk_config small = { .root = disk_dir, .buffer_cnt = 1, .file_cnt = 100 };

START_TEST(io_uring_forbidden)
{
	forbid_io_uring(EPERM);
	expect_refused(&small, SL_BUFFER_BYTES, -EPERM, "kernel.io_uring_disabled");
}
END_TEST

START_TEST(io_uring_hidden)
{
	forbid_io_uring(ENOSYS);
	expect_refused(&small, SL_BUFFER_BYTES, -ENOSYS, "seccomp");
}
END_TEST

START_TEST(kernel_too_old)
{
	forbid_io_uring(EINVAL);
	expect_refused(&small, SL_BUFFER_BYTES, -EINVAL, "6.1");
}
END_TEST

START_TEST(arena_too_small)
{
	struct sl_disk_config config = small;

	config.buffer_cnt = 64;
	expect_refused(&config, SL_BUFFER_BYTES, -ENOMEM, "arena");
}
END_TEST

START_TEST(limit_of_open_files)
{
	struct rlimit limit = { .rlim_cur = 64, .rlim_max = 64 };

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect_refused(&small, SL_BUFFER_BYTES, -EMFILE, "LimitNOFILE");
}
END_TEST

START_TEST(as_many_files_as_may_be_asked_for)
{
	struct rlimit limit;
	struct sl_disk *disk;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	make_file("file", 4096);
	disk = disk_setup(1, limit.rlim_max < 65536 ? (uint32_t)limit.rlim_max : 65536);
	open_regular(disk, "file");
	disk_teardown(disk);
}
END_TEST

/* ---- sleeping and waking ----------------------------------------------------------------------
 */

START_TEST(wait_times_out)
{
	struct sl_disk *disk = disk_setup(1, 1);
	uint64_t before_ns = sl_clock_now_ns(), slept_ns;
	struct sl_disk_event event;

	sl_disk_wait(disk, 20 * SL_NS_PER_MS);
	slept_ns = sl_clock_now_ns() - before_ns;
	ck_assert_uint_ge(slept_ns, 20 * SL_NS_PER_MS);
	ck_assert_uint_lt(slept_ns, SL_NS_PER_S);
	ck_assert_uint_eq(sl_disk_reap(disk, &event, 1), 0);

	/* No time at all. */
	before_ns = sl_clock_now_ns();
	sl_disk_wait(disk, 0);
	ck_assert_uint_lt(sl_clock_now_ns() - before_ns, SL_NS_PER_S);
	disk_teardown(disk);
}
END_TEST

static void *write_later(void *fd)
{
	usleep(20000);
	eventfd_write(*(int *)fd, 1);
	return NULL;
}

START_TEST(watch_wakes)
{
	struct sl_disk *disk = disk_setup(1, 1);
	int fd = eventfd(0, EFD_NONBLOCK);
	struct sl_disk_event event;
	pthread_t writer;

	ck_assert_int_eq(sl_disk_watch(disk, fd, 42), 0);
	expect_no_event(disk);
	for (int i = 0; i < 3; i++) {
		eventfd_t value;

		ck_assert_int_eq(pthread_create(&writer, NULL, write_later, &fd), 0);
		do
			sl_disk_wait(disk, UINT64_MAX);
		while (sl_disk_reap(disk, &event, 1) == 0);
		ck_assert_int_eq(event.kind, SL_DISK_WOKEN);
		ck_assert_int_eq(event.error, 0);
		ck_assert_uint_eq(event.cookie, 42);
		pthread_join(writer, NULL);
		ck_assert_int_eq(eventfd_read(fd, &value), 0);
	}
	expect_no_event(disk);
	disk_teardown(disk);
}
END_TEST

START_TEST(watch_of_what_is_readable_already)
{
	struct sl_disk *disk = disk_setup(1, 1);
	int fd = eventfd(1, EFD_NONBLOCK);

	ck_assert_int_eq(sl_disk_watch(disk, fd, 42), 0);
	ck_assert_int_eq(next_event(disk).kind, SL_DISK_WOKEN);
	disk_teardown(disk);
}
END_TEST

/* Far more often than the completion queue has entries, and seldom reaped: the kernel may end the
 * watch or keep what it has to say, but it goes on. */
START_TEST(watch_outlasts_a_flood)
{
	struct sl_disk *disk = disk_setup(1, 1);
	int fd = eventfd(0, EFD_NONBLOCK);
	struct sl_disk_event events[1024];
	uint32_t woken_cnt = 0;

	ck_assert_int_eq(sl_disk_watch(disk, fd, 42), 0);
	sl_disk_submit(disk);
	for (int i = 0; i < 5000; i++) {
		eventfd_write(fd, 1);
		sl_disk_submit(disk);
	}
	do {
		uint32_t cnt = sl_disk_reap(disk, events, 1024);

		woken_cnt += cnt;
		sl_disk_wait(disk, 5 * SL_NS_PER_MS);
		if (cnt == 0)
			break;
	} while (true);
	ck_assert_uint_gt(woken_cnt, 0);
	eventfd_write(fd, 1);
	ck_assert_int_eq(next_event(disk).kind, SL_DISK_WOKEN);
	disk_teardown(disk);
}
END_TEST

/* Its last word comes once, and its descriptor may be closed before. */
START_TEST(watch_of_another_descriptor)
{
	struct sl_disk *disk = disk_setup(1, 1);
	int before = eventfd(0, EFD_NONBLOCK), after = eventfd(0, EFD_NONBLOCK);
	struct sl_disk_event event;

	ck_assert_int_eq(sl_disk_watch(disk, before, 42), 0);
	expect_no_event(disk);
	close(before);
	sl_disk_rewatch(disk, after, 42);
	event = next_event(disk);
	ck_assert_int_eq(event.error, -ECANCELED);
	expect_no_event(disk);
	for (int i = 0; i < 3; i++) {
		eventfd_t value;

		eventfd_write(after, 1);
		event = next_event(disk);
		ck_assert_int_eq(event.kind, SL_DISK_WOKEN);
		ck_assert_int_eq(event.error, 0);
		ck_assert_uint_eq(event.cookie, 42);
		ck_assert_int_eq(eventfd_read(after, &value), 0);
	}
	expect_no_event(disk);
	disk_teardown(disk);
}
END_TEST

/* It must not be tried for ever. */
START_TEST(watch_of_a_bad_descriptor)
{
	struct sl_disk *disk = disk_setup(1, 1);
	struct sl_disk_event event;

	ck_assert_int_eq(sl_disk_watch(disk, 12345, 42), 0);
	event = next_event(disk);
	ck_assert_int_eq(event.kind, SL_DISK_WOKEN);
	ck_assert_int_eq(event.error, -EBADF);
	expect_no_event(disk);
	disk_teardown(disk);
}
END_TEST

START_TEST(too_many_watches)
{
	struct sl_disk *disk = disk_setup(1, 1);
	int fd = eventfd(0, EFD_NONBLOCK);

	for (uint64_t i = 0; i < SL_DISK_WATCHES_MAX; i++)
		ck_assert_int_eq(sl_disk_watch(disk, fd, i), 0);
	ck_assert_int_eq(sl_disk_watch(disk, fd, 99), -ENOSPC);
	disk_teardown(disk);
}
END_TEST

/* A busy loop that never sleeps gets its events, too, and makes no system call without need. */
START_TEST(submit_and_reap_without_waiting)
{
	struct sl_disk_counters before, after;
	uint64_t until_ns = sl_clock_now_ns() + 3 * SL_NS_PER_S;
	struct sl_disk_event event;
	struct sl_disk *disk;

	make_file("file", 4096);
	disk = disk_setup(1, 1);
	sl_disk_open_file(disk, "file", 1);
	do {
		ck_assert_uint_lt(sl_clock_now_ns(), until_ns);
		sl_disk_submit(disk);
	} while (sl_disk_reap(disk, &event, 1) == 0);
	ck_assert_int_eq(event.kind, SL_DISK_OPENED);
	ck_assert_int_eq(event.error, 0);

	sl_disk_counters(disk, &before);
	for (int i = 0; i < 100; i++)
		sl_disk_submit(disk);
	sl_disk_counters(disk, &after);
	ck_assert_uint_eq(before.submits, after.submits);
	disk_teardown(disk);
}
END_TEST

/* Events that do not fit stay for the next time. */
START_TEST(reap_takes_no_more_than_asked_for)
{
	enum { CNT = 8 };
	struct sl_disk_event opened, events[CNT];
	struct sl_disk *disk;
	uint32_t cnt = 0;

	make_file("file", 4096);
	disk = disk_setup(CNT, 2);
	opened = open_regular(disk, "file");
	for (int i = 0; i < CNT; i++)
		sl_disk_read(disk, opened.file, take_buffer(disk), 0, 4096, 0);
	while (disk->counters.in_flight_cnt > CNT - 3) {
		sl_disk_wait(disk, SL_NS_PER_S);
		cnt += sl_disk_reap(disk, events, 1);
	}
	ck_assert_uint_eq(cnt, 3);
	ck_assert_uint_eq(sl_disk_reap(disk, events, 0), 0);
	for (; cnt < CNT; cnt++)
		ck_assert_int_eq(next_event(disk).kind, SL_DISK_READ);
	expect_no_event(disk);
	disk_teardown(disk);
}
END_TEST

/* ---- threads and the end ----------------------------------------------------------------------
 */

static void *read_a_file(void *argument)
{
	struct sl_disk *disk = argument;
	struct sl_disk_event opened = open_regular(disk, "file");

	sl_disk_read(disk, opened.file, take_buffer(disk), 0, 4096, 3);
	ck_assert_uint_eq(next_event(disk).done_bytes, 4096);

	/* It ends in the middle of work. */
	for (int i = 0; i < 4; i++)
		sl_disk_read(disk, opened.file, take_buffer(disk), 0, SL_BUFFER_BYTES, 3);
	sl_disk_open_file(disk, "file", 4);
	sl_disk_submit(disk);
	return NULL;
}

/* As the server does: opened and closed by the main thread, used by the worker's. */
START_TEST(opened_here_used_there)
{
	struct sl_disk *disk;
	pthread_t worker;

	make_file("file", SL_BUFFER_BYTES);
	disk = disk_setup(8, 8);
	ck_assert_int_eq(pthread_create(&worker, NULL, read_a_file, disk), 0);
	ck_assert_int_eq(pthread_join(worker, NULL), 0);
	disk_teardown(disk);
}
END_TEST

/* What was under way is finished, so that nothing writes into the buffers later. */
START_TEST(closed_in_the_middle_of_work)
{
	struct sl_disk_event opened;
	const uint8_t *memory[8];
	struct sl_disk *disk;

	make_file("file", SL_BUFFER_BYTES);
	disk = disk_setup(8, 8);
	ck_assert_int_eq(sl_disk_watch(disk, eventfd(0, EFD_NONBLOCK), 1), 0);
	opened = open_regular(disk, "file");
	for (int i = 0; i < 8; i++) {
		struct sl_disk_buffer buffer = take_buffer(disk);

		memory[i] = sl_disk_memory(disk, buffer);
		sl_disk_read(disk, opened.file, buffer, 0, SL_BUFFER_BYTES, 1);
	}
	sl_disk_open_file(disk, "file", 2);
	disk_close(disk);
	for (int i = 0; i < 8; i++)
		ck_assert_uint_eq(memory[i][SL_BUFFER_BYTES - 1], byte_at(SL_BUFFER_BYTES - 1));
	disk_free_buffers();
}
END_TEST

START_TEST(closed_before_it_was_used)
{
	struct sl_disk *disk = disk_setup(1, 1);

	sl_disk_open_file(disk, "file", 1);
	disk_teardown(disk);
	sl_disk_close(NULL);
}
END_TEST

Suite *disk_uring_suite(void);
Suite *disk_uring_suite(void)
{
	Suite *suite = suite_create("disk_uring");
	TCase *tcase = tcase_create("disk_uring");

	tcase_add_unchecked_fixture(tcase, disk_dir_setup, disk_dir_teardown);
	tcase_add_test(tcase, io_uring_forbidden);
	tcase_add_test(tcase, io_uring_hidden);
	tcase_add_test(tcase, kernel_too_old);
	tcase_add_test(tcase, arena_too_small);
	tcase_add_test(tcase, limit_of_open_files);
	tcase_add_test(tcase, as_many_files_as_may_be_asked_for);
	tcase_add_test(tcase, wait_times_out);
	tcase_add_test(tcase, watch_wakes);
	tcase_add_test(tcase, watch_of_what_is_readable_already);
	tcase_add_test(tcase, watch_outlasts_a_flood);
	tcase_add_test(tcase, watch_of_another_descriptor);
	tcase_add_test(tcase, watch_of_a_bad_descriptor);
	tcase_add_test(tcase, too_many_watches);
	tcase_add_test(tcase, submit_and_reap_without_waiting);
	tcase_add_test(tcase, reap_takes_no_more_than_asked_for);
	tcase_add_test(tcase, opened_here_used_there);
	tcase_add_test(tcase, closed_in_the_middle_of_work);
	tcase_add_test(tcase, closed_before_it_was_used);
	suite_add_tcase(suite, tcase);
	return suite;
}
