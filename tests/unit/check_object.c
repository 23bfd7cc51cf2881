/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects in extents: read from regular files that stand for devices (or, as SL_TEST_DEVICE, from a
 * block device), with replicas, errors and wrong sums. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/limits.h"
#include "disk/uring.h"

enum {
	KIB = 1024,
	MIB = 1024 * KIB,
	DEVICE_CNT = 3,
	DEVICE_BYTES = 4 * MIB,
	BLOCK = SLUICE_STORE_BLOCK_BYTES,
	SIZE_BYTES = 700 * KIB + 100, /* of the object */
	SUM_CNT = (SIZE_BYTES + BLOCK - 1) / BLOCK,
	PATH_BYTES = 4200,
};

/* Three extents, each at two places on two of the devices. */
static const struct sluice_store_extent extents[] = {
	{ .data_bytes = 160 * KIB, .places = { { MIB, 0, 0 }, { 2 * MIB, 1, 0 } } },
	{ .data_bytes = 16 * KIB, .places = { { MIB, 1, 0 }, { 64 * KIB, 2, 0 } } },
	{ .data_bytes = SIZE_BYTES - 176 * KIB,
	  .places = { { 2 * MIB, 2, 0 }, { 4 * KIB, 0, 0 } } },
};

static struct sl_device devices[DEVICE_CNT];
static struct sl_disk_layout layout;
static uint64_t sums[SUM_CNT];
static struct sl_disk *disk;

static void device_name(int idx, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/device%d", disk_dir, idx);
}

/* One extent of the object at one of its places. */
static void write_place(const struct sluice_store_extent *extent, uint64_t object_off, int place)
{
	static uint8_t bytes[SIZE_BYTES + SLUICE_STORE_PAGE_BYTES];
	char path[PATH_BYTES];
	size_t len_bytes;
	int fd;

	memset(bytes, 0, sizeof(bytes));
	for (uint64_t i = 0; i < extent->data_bytes; i++)
		bytes[i] = byte_at(object_off + i);
	len_bytes = (extent->data_bytes + SLUICE_STORE_PAGE_BYTES - 1) / SLUICE_STORE_PAGE_BYTES *
		    SLUICE_STORE_PAGE_BYTES;
	device_name((int)extent->places[place].device_idx, path);
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, len_bytes, (off_t)extent->places[place].off_bytes),
			 (ssize_t)len_bytes);
	ck_assert_int_eq(fsync(fd), 0);
	close(fd);
}

static void write_sums(void)
{
	uint8_t block[BLOCK];

	for (uint32_t i = 0; i < SUM_CNT; i++) {
		uint32_t len_bytes = i + 1 < SUM_CNT ? BLOCK : SIZE_BYTES % BLOCK;

		for (uint32_t j = 0; j < len_bytes; j++)
			block[j] = byte_at((uint64_t)i * BLOCK + j);
		sums[i] = XXH3_64bits(block, len_bytes);
	}
}

static void open_devices(void)
{
	const char *block_device = getenv("SL_TEST_DEVICE");
	uint64_t object_off = 0;
	char path[PATH_BYTES];

	for (int i = 0; i < DEVICE_CNT; i++) {
		device_name(i, path);
		unlink(path);
		if (i == 0 && block_device)
			ck_assert_int_eq(symlink(block_device, path), 0);
		else
			make_file(strrchr(path, '/') + 1, DEVICE_BYTES);
	}
	for (int i = 0; i < 3; i++) {
		write_place(&extents[i], object_off, 0);
		write_place(&extents[i], object_off, 1);
		object_off += extents[i].data_bytes;
	}
	for (int i = 0; i < DEVICE_CNT; i++) {
		device_name(i, path);
		ck_assert_int_eq(sl_device_open(&devices[i], path), 0);
	}
}

static void setup(void)
{
	open_devices();
	write_sums();
	layout = (struct sl_disk_layout){
		.extents = extents,
		.extent_cnt = 3,
		.replica_cnt = 2,
		.size_bytes = SIZE_BYTES,
	};
	disk = NULL;
}

static void teardown(void)
{
	if (disk)
		disk_teardown(disk);
	for (int i = 0; i < DEVICE_CNT; i++)
		if (devices[i].read_fd >= 0)
			sl_device_close(&devices[i]);
}

/* ---- the words of the stories -----------------------------------------------------------------
 */

static struct sl_disk_file open_object(void)
{
	struct sl_disk_file file;
	uint32_t align_bytes;

	if (!disk)
		disk = disk_setup_devices(devices, DEVICE_CNT, 12, 4);
	ck_assert_int_eq(sl_disk_open_object(disk, &layout, &file, &align_bytes), 0);
	return file;
}

static struct sl_disk_event read_at(struct sl_disk_file file, uint64_t off_bytes,
				    uint32_t len_bytes)
{
	struct sl_disk_event event;

	sl_disk_read(disk, file, take_buffer(disk), off_bytes, len_bytes, 7);
	event = next_event(disk);
	ck_assert_int_eq(event.kind, SL_DISK_READ);
	ck_assert_uint_eq(event.cookie, 7);
	sl_disk_give(disk, event.buffer);
	return event;
}

static void expect_bytes(const struct sl_disk_event *event, uint64_t off_bytes, uint32_t done_bytes)
{
	const uint8_t *memory = sl_disk_memory(disk, event->buffer);

	ck_assert_int_eq(event->error, 0);
	ck_assert_uint_eq(event->done_bytes, done_bytes);
	for (uint32_t i = 0; i < done_bytes; i++)
		ck_assert_msg(memory[i] == byte_at(off_bytes + i), "byte %u", i);
}

static void expect_whole(struct sl_disk_file file)
{
	for (uint64_t off = 0; off < SIZE_BYTES; off += 128 * KIB) {
		struct sl_disk_event event = read_at(file, off, 128 * KIB);
		uint64_t left_bytes = SIZE_BYTES - off;

		expect_bytes(&event, off,
			     left_bytes < 128 * KIB ? (uint32_t)left_bytes : 128 * KIB);
	}
}

static struct sl_disk_device_counters counters_of(uint32_t device_idx)
{
	struct sl_disk_device_counters counters;

	sl_disk_device_counters(disk, device_idx, &counters);
	return counters;
}

/* From now on the device's reads end in error: where it was is a directory. */
static void break_device(uint32_t device_idx)
{
	struct sl_device *device = &devices[device_idx];

	if (device->block_fd != device->read_fd)
		close(device->block_fd);
	close(device->read_fd);
	device->read_fd = device->block_fd = open(disk_dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(device->read_fd, 0);
}

static void spoil(const char *name, uint64_t off_bytes)
{
	uint8_t byte;
	int fd = openat(disk_dir_fd, name, O_RDWR);

	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)off_bytes), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)off_bytes), 1);
	ck_assert_int_eq(fsync(fd), 0);
	close(fd);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static const struct {
	uint64_t off_bytes;
	uint32_t len_bytes, done_bytes;
} reads[] = {
	{ 0, 4 * KIB, 4 * KIB },
	{ 0, 128 * KIB, 128 * KIB },
	{ 128 * KIB, 128 * KIB, 128 * KIB }, /* over two borders */
	{ 156 * KIB, 8 * KIB, 8 * KIB },     /* over one */
	{ 160 * KIB, 16 * KIB, 16 * KIB },   /* a whole extent */
	{ 172 * KIB, 4 * KIB, 4 * KIB },     /* its end */
	{ 176 * KIB, 4 * KIB, 4 * KIB },     /* the start of the last */
	{ 696 * KIB, 8 * KIB, 4 * KIB + 100 },
	{ 700 * KIB, 4 * KIB, 100 },
	{ 640 * KIB, 128 * KIB, 60 * KIB + 100 },
};

START_TEST(where_it_lies)
{
	struct sl_disk_file file = open_object();
	struct sl_disk_event event = read_at(file, reads[_i].off_bytes, reads[_i].len_bytes);

	expect_bytes(&event, reads[_i].off_bytes, reads[_i].done_bytes);
	ck_assert_uint_eq(disk->counters.in_flight_cnt, 0);
}
END_TEST

START_TEST(where_it_lies_in_pieces)
{
	struct sl_disk_file file;
	struct sl_disk_event event;

	for (int i = 0; i < DEVICE_CNT; i++)
		devices[i].max_bytes = 12 * KIB;
	file = open_object();
	event = read_at(file, reads[_i].off_bytes, reads[_i].len_bytes);
	expect_bytes(&event, reads[_i].off_bytes, reads[_i].done_bytes);
}
END_TEST

START_TEST(alignment_is_that_of_the_devices)
{
	struct sl_disk_file file;
	uint32_t align_bytes;

	devices[1].block_bytes = 4096;
	open_object();
	ck_assert_int_eq(sl_disk_open_object(disk, &layout, &file, &align_bytes), 0);
	ck_assert_uint_eq(align_bytes, 4096);
	layout.sums = sums;
	ck_assert_int_eq(sl_disk_open_object(disk, &layout, &file, &align_bytes), 0);
	ck_assert_uint_eq(align_bytes, BLOCK);
}
END_TEST

START_TEST(as_many_as_files_may_be_open)
{
	struct sl_disk_file files[4], file;
	uint32_t align_bytes;

	for (int i = 0; i < 4; i++)
		files[i] = open_object();
	ck_assert_int_eq(sl_disk_open_object(disk, &layout, &file, &align_bytes), -EMFILE);
	sl_disk_close_file(disk, files[2]);
	file = open_object();
	ck_assert_uint_eq(file.idx, files[2].idx);
	expect_whole(file);
}
END_TEST

/* ---- bad luck ---------------------------------------------------------------------------------
 */

START_TEST(error_then_the_replica)
{
	struct sl_disk_file file;
	struct sl_disk_event event;

	break_device(0);
	file = open_object();
	event = read_at(file, 0, 128 * KIB);
	expect_bytes(&event, 0, 128 * KIB);
	ck_assert_uint_eq(counters_of(0).errors, 1);
	ck_assert(counters_of(0).failing);
	ck_assert_uint_eq(counters_of(1).errors, 0);
	ck_assert_uint_eq(counters_of(1).read_bytes, 128 * KIB);

	/* From now on the other one is asked first. */
	event = read_at(file, 0, 128 * KIB);
	expect_bytes(&event, 0, 128 * KIB);
	ck_assert_uint_eq(counters_of(0).errors, 1);
	ck_assert_uint_eq(disk->counters.read_errors, 0);
}
END_TEST

/* Where it has no replica it is asked a second time, and that is that. */
START_TEST(error_without_a_replica)
{
	struct sl_disk_file file;
	struct sl_disk_event event;

	break_device(0);
	layout.replica_cnt = 1;
	file = open_object();
	event = read_at(file, 0, 128 * KIB);
	ck_assert_int_eq(event.error, -EIO);
	ck_assert_uint_eq(event.done_bytes, 0);
	ck_assert_uint_eq(counters_of(0).errors, 2);
	ck_assert_uint_eq(disk->counters.read_errors, 1);

	/* What lies elsewhere is served. */
	event = read_at(file, 160 * KIB, 16 * KIB);
	expect_bytes(&event, 160 * KIB, 16 * KIB);
}
END_TEST

START_TEST(errors_everywhere)
{
	struct sl_disk_file file;
	struct sl_disk_event event;

	break_device(0);
	break_device(1);
	file = open_object();
	event = read_at(file, 0, 128 * KIB);
	ck_assert_int_eq(event.error, -EIO);
	ck_assert_uint_eq(counters_of(0).errors, 1);
	ck_assert_uint_eq(counters_of(1).errors, 1);
}
END_TEST

/* The image was cut: the extent lies behind the end. */
START_TEST(device_ends_too_early)
{
	struct sl_disk_event event;

	layout.replica_cnt = 1;
	ck_assert_int_eq(truncate(devices[2].path, 2 * MIB + 64 * KIB), 0);
	event = read_at(open_object(), 176 * KIB, 128 * KIB);
	ck_assert_int_eq(event.error, -EIO);
	ck_assert_uint_eq(counters_of(2).errors, 2);
}
END_TEST

START_TEST(missing_device)
{
	struct sl_disk_file file;
	uint32_t align_bytes;

	sl_device_close(&devices[0]);
	expect_whole(open_object());
	ck_assert_uint_eq(counters_of(0).reads, 0);
	layout.replica_cnt = 1;
	ck_assert_int_eq(sl_disk_open_object(disk, &layout, &file, &align_bytes), -ENODEV);
}
END_TEST

/* ---- sums -------------------------------------------------------------------------------------
 */

START_TEST(right_sums)
{
	layout.sums = sums;
	expect_whole(open_object());
	for (uint32_t i = 0; i < DEVICE_CNT; i++)
		ck_assert_uint_eq(counters_of(i).wrong_sums, 0);
}
END_TEST

START_TEST(wrong_sum_then_the_replica)
{
	struct sl_disk_event event;

	layout.sums = sums;
	spoil("device2", 2 * MIB + 100 * KIB);
	/* Device 2 is asked first, from block 6 of the extent on device 0 again. */
	event = read_at(open_object(), 176 * KIB, 128 * KIB);
	expect_bytes(&event, 176 * KIB, 128 * KIB);
	ck_assert_uint_eq(counters_of(2).wrong_sums, 1);
	ck_assert_uint_eq(counters_of(2).errors, 1);
	ck_assert_uint_eq(counters_of(0).read_bytes, 32 * KIB);
}
END_TEST

START_TEST(wrong_sum_of_the_last_block)
{
	struct sl_disk_event event;

	layout.sums = sums;
	layout.replica_cnt = 1;
	spoil("device2", 2 * MIB + (SIZE_BYTES - 176 * KIB) - 1);
	event = read_at(open_object(), 688 * KIB, 16 * KIB);
	ck_assert_int_eq(event.error, -EBADMSG);
	ck_assert_uint_eq(counters_of(2).wrong_sums, 2);
}
END_TEST

START_TEST(not_verified_unless_asked)
{
	struct sl_disk_event event;

	spoil("device2", 2 * MIB);
	event = read_at(open_object(), 176 * KIB, 4 * KIB);
	ck_assert_int_eq(event.error, 0);
	ck_assert_uint_eq(sl_disk_memory(disk, event.buffer)[0], byte_at(176 * KIB) ^ 1);
}
END_TEST

/* ---- lanes ------------------------------------------------------------------------------------
 */

/* Of twelve buffers and three lanes each may have six. */
START_TEST(lane_fills_alone)
{
	struct sl_disk_file file;

	layout.replica_cnt = 1;
	file = open_object();
	ck_assert_uint_eq(sl_disk_lane(disk, file, 0), 1);
	ck_assert_uint_eq(sl_disk_lane(disk, file, 160 * KIB), 2);
	ck_assert_uint_eq(sl_disk_lane(disk, file, 176 * KIB), 3);
	for (int i = 0; i < 6; i++) {
		ck_assert(!sl_disk_lane_full(disk, 1));
		sl_disk_read(disk, file, take_buffer(disk), 0, 4 * KIB, 1);
	}
	ck_assert(sl_disk_lane_full(disk, 1));
	ck_assert(!sl_disk_lane_full(disk, 2));
	ck_assert_uint_eq(sl_disk_free_buffers(disk), 6);
	ck_assert_uint_eq(counters_of(0).in_flight_cnt, 6);
	for (int i = 0; i < 6; i++)
		sl_disk_give(disk, next_event(disk).buffer);
	ck_assert(!sl_disk_lane_full(disk, 1));
}
END_TEST

/* Reads of what two devices have go to whichever has less to do. */
START_TEST(replicas_share_the_load)
{
	struct sl_disk_file file = open_object();

	for (int i = 0; i < 8; i++)
		sl_disk_read(disk, file, take_buffer(disk), 0, 4 * KIB, 1);
	ck_assert_uint_eq(counters_of(0).in_flight_cnt, 4);
	ck_assert_uint_eq(counters_of(1).in_flight_cnt, 4);
	for (int i = 0; i < 8; i++) {
		struct sl_disk_event event = next_event(disk);

		expect_bytes(&event, 0, 4 * KIB);
		sl_disk_give(disk, event.buffer);
	}
}
END_TEST

/* ---- commands ---------------------------------------------------------------------------------
 */

/* What a drive answers to a command: 0, or a status that says what it did not like. */
static const struct {
	int result, error;
} answers[] = {
	{ 0, 0 },
	{ 0x4281, -EIO }, /* unrecovered read error, do not retry */
	{ -EIO, -EIO },
};

START_TEST(answers_to_a_command)
{
	struct sl_disk_file file;
	struct sl_disk_event event;
	struct sl_disk_buffer buffer;
	struct io_uring_sqe entry[2];

	uint32_t had_id = devices[0].namespace_id;

	layout.replica_cnt = 1;
	file = open_object();
	devices[0].namespace_id = 1; /* the ring knows nothing of it: it is not shown this read */
	buffer = take_buffer(disk);
	sl_disk_read(disk, file, buffer, 0, 64 * KIB, 1);
	for (int try = 0;; try++) {
		ck_assert_int_lt(try, 2);
		disk->pending_cnt = 0;
		sl_disk_reading_prepare(disk, buffer.idx, entry);
		if (sl_disk_reading_complete(disk, buffer.idx, answers[_i].result, &event))
			break;
	}
	ck_assert_int_eq(event.error, answers[_i].error);
	ck_assert_uint_eq(event.done_bytes, event.error ? 0 : 64 * KIB);
	ck_assert_uint_eq(counters_of(0).errors, event.error ? 2 : 0);
	sl_disk_give(disk, buffer);
	devices[0].namespace_id = had_id;
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *object_suite(void);
Suite *object_suite(void)
{
	Suite *suite = suite_create("object");
	TCase *tcase = tcase_create("object");

	tcase_add_unchecked_fixture(tcase, disk_dir_setup, disk_dir_teardown);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, where_it_lies, 0, CNT_OF(reads));
	tcase_add_loop_test(tcase, where_it_lies_in_pieces, 0, CNT_OF(reads));
	tcase_add_test(tcase, alignment_is_that_of_the_devices);
	tcase_add_test(tcase, as_many_as_files_may_be_open);
	tcase_add_test(tcase, error_then_the_replica);
	tcase_add_test(tcase, error_without_a_replica);
	tcase_add_test(tcase, errors_everywhere);
	tcase_add_test(tcase, device_ends_too_early);
	tcase_add_test(tcase, missing_device);
	tcase_add_test(tcase, right_sums);
	tcase_add_test(tcase, wrong_sum_then_the_replica);
	tcase_add_test(tcase, wrong_sum_of_the_last_block);
	tcase_add_test(tcase, not_verified_unless_asked);
	tcase_add_test(tcase, lane_fills_alone);
	tcase_add_test(tcase, replicas_share_the_load);
	tcase_add_loop_test(tcase, answers_to_a_command, 0, CNT_OF(answers));
	suite_add_tcase(suite, tcase);
	return suite;
}
