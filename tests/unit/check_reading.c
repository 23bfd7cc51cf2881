/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading: the right bytes, as many as there are, past the page cache. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "disk/uring.h"

static struct sl_disk_event read_at(struct sl_disk *disk, struct sl_disk_file file,
				    uint64_t off_bytes, uint32_t len_bytes)
{
	struct sl_disk_buffer buffer = take_buffer(disk);
	struct sl_disk_event event;

	sl_disk_read(disk, file, buffer, off_bytes, len_bytes, off_bytes + 7);
	event = next_event(disk);
	ck_assert_int_eq(event.kind, SL_DISK_READ);
	ck_assert_uint_eq(event.cookie, off_bytes + 7);
	ck_assert_uint_eq(event.buffer.idx, buffer.idx);
	return event;
}

static void expect_bytes(struct sl_disk *disk, const struct sl_disk_event *event,
			 uint64_t off_bytes)
{
	const uint8_t *memory = sl_disk_memory(disk, event->buffer);
	uint32_t same_cnt = 0;

	while (same_cnt < event->done_bytes && memory[same_cnt] == byte_at(off_bytes + same_cnt))
		same_cnt++;
	ck_assert_uint_eq(same_cnt, event->done_bytes);
}

/* In units of 4096 bytes, which suits every file system the tests may run on, and bytes. */
static const struct {
	int number;
	uint64_t size_bytes;
	uint64_t off_units;
	uint32_t len_units;
	uint32_t done_bytes;
} reads[] = {
	{ 1, 1 << 20, 0, 1, 4096 },
	{ 2, 1 << 20, 0, 32, 131072 },
	{ 3, 1 << 20, 17, 32, 131072 },
	{ 4, 1 << 20, 255, 1, 4096 },   /* the last block */
	{ 5, 1 << 20, 240, 32, 65536 }, /* past the end, which is aligned */
	{ 6, 1 << 20, 256, 32, 0 },     /* at the end */
	{ 7, 1 << 20, 1000, 1, 0 },     /* behind it */
	{ 8, 10000, 0, 3, 10000 },      /* a tail: over-read and cut */
	{ 9, 10000, 0, 32, 10000 },
	{ 10, 10000, 2, 1, 1808 },
	{ 11, 1, 0, 1, 1 },
	{ 12, 4095, 0, 1, 4095 },
	{ 13, 4097, 0, 2, 4097 },
	{ 14, 4097, 1, 1, 1 },
	{ 15, 0, 0, 1, 0 },
};

START_TEST(how_far_reads_get)
{
	struct sl_disk_counters counters;
	struct sl_disk_event opened, event;
	struct sl_disk *disk;

	make_file("file", reads[_i].size_bytes);
	disk = disk_setup(2, 2);
	opened = open_regular(disk, "file");
	event = read_at(disk, opened.file, reads[_i].off_units * 4096, reads[_i].len_units * 4096);
	ck_assert_int_eq(event.error, 0);
	ck_assert_msg(event.done_bytes == reads[_i].done_bytes, "read %d: %u bytes",
		      reads[_i].number, event.done_bytes);
	expect_bytes(disk, &event, reads[_i].off_units * 4096);
	sl_disk_counters(disk, &counters);
	ck_assert_uint_eq(counters.reads, 1);
	ck_assert_uint_eq(counters.read_bytes, reads[_i].done_bytes);
	ck_assert_uint_eq(counters.short_reads, 0);
	ck_assert_uint_eq(counters.in_flight_cnt, 0);
	disk_teardown(disk);
}
END_TEST

/* A buffer is the pump's, then the disk's, then the pump's again. */
START_TEST(buffers_go_around)
{
	struct sl_disk_buffer one, other, none = { 77 };
	struct sl_disk *disk;

	disk = disk_setup(2, 2);
	ck_assert_uint_eq(sl_disk_free_buffers(disk), 2);
	one = take_buffer(disk);
	other = take_buffer(disk);
	ck_assert_uint_ne(one.idx, other.idx);
	ck_assert_uint_eq(sl_disk_free_buffers(disk), 0);
	ck_assert(!sl_disk_take(disk, &none));
	ck_assert_uint_eq(none.idx, 77);
	ck_assert_int_ge(labs(sl_disk_memory(disk, one) - sl_disk_memory(disk, other)),
			 SL_BUFFER_BYTES);

	/* The one given back last is the one still in cache. */
	sl_disk_give(disk, other);
	sl_disk_give(disk, one);
	ck_assert_uint_eq(take_buffer(disk).idx, one.idx);
	ck_assert_uint_eq(sl_disk_free_buffers(disk), 1);
	disk_teardown(disk);
}
END_TEST

START_TEST(giving_back_while_reading_is_a_bug)
{
	struct sl_disk *disk;
	struct sl_disk_event opened;
	struct sl_disk_buffer buffer;

	make_file("file", 4096);
	disk = disk_setup(2, 2);
	opened = open_regular(disk, "file");
	buffer = take_buffer(disk);
	sl_disk_read(disk, opened.file, buffer, 0, 4096, 1);
	sl_disk_give(disk, buffer);
}
END_TEST

START_TEST(closing_while_reading_is_a_bug)
{
	struct sl_disk *disk;
	struct sl_disk_event opened;

	make_file("file", 4096);
	disk = disk_setup(2, 2);
	opened = open_regular(disk, "file");
	sl_disk_read(disk, opened.file, take_buffer(disk), 0, 4096, 1);
	sl_disk_close_file(disk, opened.file);
}
END_TEST

/* More reads than the submission queue has entries, backwards, and each finds its buffer. */
START_TEST(many_reads_at_once)
{
	enum { CNT = SL_DISK_SQ_ENTRIES + 44 };
	bool seen[CNT] = { false };
	struct sl_disk_counters counters;
	struct sl_disk_event opened;
	struct sl_disk *disk;

	make_file("file", CNT * 8192);
	disk = disk_setup(CNT, 2);
	opened = open_regular(disk, "file");
	for (uint64_t i = CNT; i-- > 0;)
		sl_disk_read(disk, opened.file, take_buffer(disk), i * 8192, 8192, i);
	sl_disk_counters(disk, &counters);
	ck_assert_uint_eq(counters.in_flight_cnt, CNT);
	for (int i = 0; i < CNT; i++) {
		struct sl_disk_event event = next_event(disk);

		ck_assert_int_eq(event.error, 0);
		ck_assert_uint_lt(event.cookie, CNT);
		ck_assert(!seen[event.cookie]);
		ck_assert_uint_eq(event.done_bytes, 8192);
		expect_bytes(disk, &event, event.cookie * 8192);
		seen[event.cookie] = true;
		sl_disk_give(disk, event.buffer);
	}
	expect_no_event(disk);
	ck_assert_uint_eq(sl_disk_free_buffers(disk), CNT);
	disk_teardown(disk);
}
END_TEST

static int resident_pages(const char *name, size_t size_bytes)
{
	int fd = openat(disk_dir_fd, name, O_RDONLY), resident_cnt = 0;
	void *map = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, fd, 0);
	unsigned char pages[256];

	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_uint_le(size_bytes, sizeof(pages) * 4096);
	ck_assert_int_eq(mincore(map, size_bytes, pages), 0);
	for (size_t i = 0; i < size_bytes / 4096; i++)
		resident_cnt += pages[i] & 1;
	munmap(map, size_bytes);
	close(fd);
	return resident_cnt;
}

START_TEST(page_cache_is_not_touched)
{
	struct sl_disk_event opened, event;
	struct sl_disk *disk;
	uint8_t copy[4096];
	int fd;

	make_file("file", 131072);
	fd = openat(disk_dir_fd, "file", O_RDONLY);
	ck_assert_int_eq(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	ck_assert_int_eq(resident_pages("file", 131072), 0);

	disk = disk_setup(2, 2);
	opened = open_regular(disk, "file");
	event = read_at(disk, opened.file, 0, 131072);
	ck_assert_uint_eq(event.done_bytes, 131072);
	expect_bytes(disk, &event, 0);
	ck_assert_int_eq(resident_pages("file", 131072), 0);

	/* While an ordinary read leaves its pages there. */
	ck_assert_int_eq(pread(fd, copy, sizeof(copy), 0), 4096);
	ck_assert_int_gt(resident_pages("file", 131072), 0);
	close(fd);
	disk_teardown(disk);
}
END_TEST

/* A file replaced by rename is read to its end as it was. */
START_TEST(replaced_while_open)
{
	struct sl_disk_event opened, event;
	struct sl_disk *disk;

	make_file("file", 8192);
	disk = disk_setup(2, 2);
	opened = open_regular(disk, "file");
	make_file("new", 4096);
	ck_assert_int_eq(renameat(disk_dir_fd, "new", disk_dir_fd, "file"), 0);
	event = read_at(disk, opened.file, 0, 8192);
	ck_assert_uint_eq(event.done_bytes, 8192);
	expect_bytes(disk, &event, 0);
	disk_teardown(disk);
}
END_TEST

static const struct {
	int number;
	uint64_t opened_bytes, now_bytes;
	uint32_t done_bytes;
} changes[] = {
	{ 1, 100000, 0, 0 },         { 2, 100000, 10000, 10000 }, /* off its alignment */
	{ 3, 100000, 65536, 65536 },                              /* on it */
	{ 4, 100000, 99999, 99999 }, { 5, 10000, 131072, 131072 },
};

START_TEST(cut_or_grown_while_open)
{
	struct sl_disk_event opened, event;
	struct sl_disk *disk;
	int fd;

	make_file("file", changes[_i].opened_bytes);
	disk = disk_setup(2, 2);
	opened = open_regular(disk, "file");
	fd = openat(disk_dir_fd, "file", O_WRONLY);
	ck_assert_int_eq(ftruncate(fd, (off_t)changes[_i].now_bytes), 0);
	close(fd);
	event = read_at(disk, opened.file, 0, 131072);
	ck_assert_int_eq(event.error, 0);
	ck_assert_msg(event.done_bytes == changes[_i].done_bytes, "change %d: %u bytes",
		      changes[_i].number, event.done_bytes);
	disk_teardown(disk);
}
END_TEST

/* ---- what no file system does on demand: completions by hand ----------------------------------
 */

static struct sl_disk *disk;
static uint32_t buffer_idx;

/* A read of 128 KiB at 1 MiB of a file of 2 MiB, in the kernel. */
static void start_read(void)
{
	struct sl_disk_buffer buffer;

	make_file("file", 1);
	disk = disk_setup(2, 2);
	buffer = take_buffer(disk);
	buffer_idx = buffer.idx;
	disk->files[1] = (struct sl_disk_slot){
		.open = true,
		.align_bytes = 4096,
		.size_bytes = 2 << 20,
	};
	sl_disk_read(disk, (struct sl_disk_file){ 1 }, buffer, 1 << 20, 131072, 5);
	disk->pending_cnt = 0;
}

static void end_read(void)
{
	disk_teardown(disk);
}

/* Completes with result; the room goes on by reading again from done_bytes. */
static void expect_goes_on(int result, uint32_t done_bytes)
{
	struct sl_disk_event event;
	struct io_uring_sqe sqe;

	ck_assert(!sl_disk_reading_complete(disk, buffer_idx, result, &event));
	ck_assert_uint_eq(disk->pending_cnt, 1);
	disk->pending_cnt = 0;
	memset(&sqe, 0, sizeof(sqe));
	sl_disk_reading_prepare(disk, buffer_idx, &sqe);
	ck_assert_uint_eq(sqe.off, (1 << 20) + done_bytes);
	ck_assert_uint_eq(sqe.len, 131072 - done_bytes);
	ck_assert_uint_eq(sqe.addr,
			  (uintptr_t)sl_disk_memory(disk, (struct sl_disk_buffer){ buffer_idx }) +
			      done_bytes);
}

static void expect_ends(int result, int error, uint32_t done_bytes)
{
	struct sl_disk_event event;

	ck_assert(sl_disk_reading_complete(disk, buffer_idx, result, &event));
	ck_assert_int_eq(event.error, error);
	ck_assert_uint_eq(event.done_bytes, done_bytes);
	ck_assert_uint_eq(disk->pending_cnt, 0);
	ck_assert_uint_eq(disk->counters.in_flight_cnt, 0);
	ck_assert_uint_eq(disk->files[1].reads_cnt, 0);
}

START_TEST(short_in_the_middle)
{
	start_read();
	expect_goes_on(8192, 8192);
	expect_goes_on(4096, 12288);
	expect_goes_on(100, 12288); /* from the last aligned place */
	expect_ends(131072 - 12288, 0, 131072);
	ck_assert_uint_eq(disk->counters.short_reads, 3);
	end_read();
}
END_TEST

START_TEST(short_where_the_file_was_cut)
{
	start_read();
	expect_goes_on(9000, 8192);
	expect_ends(808, 0, 9000); /* no further than before: it ends there */
	end_read();
}
END_TEST

START_TEST(cut_once_more_between_two_attempts)
{
	start_read();
	expect_goes_on(9000, 8192);
	expect_ends(0, 0, 9000);
	end_read();
}
END_TEST

START_TEST(error_after_a_part)
{
	start_read();
	expect_goes_on(8192, 8192);
	expect_ends(-EIO, -EIO, 0);
	ck_assert_uint_eq(disk->counters.read_errors, 1);
	end_read();
}
END_TEST

START_TEST(again_and_again_but_not_for_ever)
{
	start_read();
	for (int i = 0; i < SL_DISK_RETRIES_MAX; i++)
		expect_goes_on(i % 2 ? -EAGAIN : -EINTR, 0);
	expect_ends(-EAGAIN, -EAGAIN, 0);
	end_read();
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *reading_suite(void);
Suite *reading_suite(void)
{
	Suite *suite = suite_create("reading");
	TCase *tcase = tcase_create("reading");

	tcase_add_unchecked_fixture(tcase, disk_dir_setup, disk_dir_teardown);
	tcase_add_loop_test(tcase, how_far_reads_get, 0, CNT_OF(reads));
	tcase_add_loop_test(tcase, cut_or_grown_while_open, 0, CNT_OF(changes));
	tcase_add_test(tcase, buffers_go_around);
	tcase_add_test_raise_signal(tcase, giving_back_while_reading_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tcase, closing_while_reading_is_a_bug, SIGABRT);
	tcase_add_test(tcase, many_reads_at_once);
	tcase_add_test(tcase, page_cache_is_not_touched);
	tcase_add_test(tcase, replaced_while_open);
	tcase_add_test(tcase, short_in_the_middle);
	tcase_add_test(tcase, short_where_the_file_was_cut);
	tcase_add_test(tcase, cut_once_more_between_two_attempts);
	tcase_add_test(tcase, error_after_a_part);
	tcase_add_test(tcase, again_and_again_but_not_for_ever);
	suite_add_tcase(suite, tcase);
	return suite;
}
