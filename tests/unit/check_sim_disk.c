/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated disk: the contract of disk/disk.h, in virtual time, and its faults. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/limits.h"
#include "sim_clock.h"
#include "sim_disk.h"
#include "sim_random.h"

enum { BUFFER_CNT = 4, FILE_CNT = 3 };

static struct sl_arena arena;
static struct sl_disk *disk;
static uint64_t now_ns;

static void setup(void)
{
	struct sl_disk_config config = {
		.root = "/nowhere",
		.buffer_cnt = BUFFER_CNT,
		.file_cnt = FILE_CNT,
	};

	ck_assert_int_eq(sl_arena_init(&arena, BUFFER_CNT * SL_BUFFER_BYTES), 0);
	ck_assert_int_eq(sl_disk_open(&disk, &config, &arena), 0);
	now_ns = sl_clock_now_ns();
}

static void teardown(void)
{
	sl_disk_close(disk);
	sl_arena_fini(&arena);
}

/* ---- the words the stories are told in --------------------------------------------------------
 */

static void expect_nothing(void)
{
	struct sl_disk_event event;

	ck_assert_uint_eq(sl_disk_reap(disk, &event, 1), 0);
}

/* Submits, goes to the time of the next event, takes it. */
static struct sl_disk_event next_event(void)
{
	struct sl_disk_event event;

	sl_disk_submit(disk);
	if (sl_sim_disk_next_ns(disk) > now_ns) {
		expect_nothing();
		now_ns = sl_sim_disk_next_ns(disk);
		sl_sim_clock_set(now_ns);
	}
	ck_assert_uint_eq(sl_disk_reap(disk, &event, 1), 1);
	return event;
}

static int try_open(const char *path)
{
	struct sl_disk_event event;

	sl_disk_open_file(disk, path, 77);
	event = next_event();
	ck_assert_int_eq(event.kind, SL_DISK_OPENED);
	ck_assert_uint_eq(event.cookie, 77);
	return event.error;
}

static struct sl_disk_event open_file(const char *path)
{
	struct sl_disk_event event;

	sl_disk_open_file(disk, path, 77);
	event = next_event();
	ck_assert_int_eq(event.error, 0);
	return event;
}

static struct sl_disk_event read_at(struct sl_disk_file file, uint64_t off_bytes,
				    uint32_t len_bytes)
{
	struct sl_disk_buffer buffer;
	struct sl_disk_event event;

	ck_assert(sl_disk_take(disk, &buffer));
	sl_disk_read(disk, file, buffer, off_bytes, len_bytes, 78);
	event = next_event();
	ck_assert_int_eq(event.kind, SL_DISK_READ);
	ck_assert_uint_eq(event.cookie, 78);
	ck_assert_uint_eq(event.buffer.idx, buffer.idx);
	sl_disk_give(disk, buffer);
	return event;
}

static const uint8_t *memory(struct sl_disk_event event)
{
	return sl_disk_memory(disk, event.buffer);
}

/* ---- files ------------------------------------------------------------------------------------
 */

START_TEST(content_is_a_function_of_its_place)
{
	uint8_t whole[64], part[64];

	sl_sim_disk_content(5, 1000, whole, sizeof(whole));
	for (size_t off = 0; off < sizeof(whole); off++) {
		sl_sim_disk_content(5, 1000 + off, part, sizeof(whole) - off);
		ck_assert_mem_eq(part, whole + off, sizeof(whole) - off);
	}
	sl_sim_disk_content(6, 1000, part, sizeof(part));
	ck_assert_mem_ne(part, whole, sizeof(part));
	sl_sim_disk_content(5, 1008, part, sizeof(part));
	ck_assert_mem_ne(part, whole, sizeof(part));
}
END_TEST

START_TEST(gigabytes_without_memory)
{
	const uint64_t off_bytes = UINT64_C(1) << 40;
	struct sl_disk_event opened, event;
	uint8_t expected[4096];

	sl_sim_disk_add(disk, "huge", 5, off_bytes + 1000);
	opened = open_file("huge");
	ck_assert_uint_eq(opened.info.size_bytes, off_bytes + 1000);
	ck_assert_uint_eq(opened.info.align_bytes, 512);
	event = read_at(opened.file, off_bytes - 512, 4096);
	ck_assert_uint_eq(event.done_bytes, 1512);
	sl_sim_disk_content(5, off_bytes - 512, expected, 1512);
	ck_assert_mem_eq(memory(event), expected, 1512);
	event = read_at(opened.file, off_bytes + 1024, 512);
	ck_assert_uint_eq(event.done_bytes, 0);
}
END_TEST

START_TEST(bytes_of_the_test)
{
	struct sl_disk_event event;

	sl_sim_disk_add_bytes(disk, "note", "hello", 5);
	event = read_at(open_file("note").file, 0, 512);
	ck_assert_uint_eq(event.done_bytes, 5);
	ck_assert_mem_eq(memory(event), "hello", 5);
}
END_TEST

static const struct {
	int number;
	const char *path;
	int error;
} names[] = {
	{ 1, "file", 0 },           { 2, "a/b/file", 0 },        { 3, "..file", 0 },
	{ 10, "missing", -ENOENT }, { 11, "fil", -ENOENT },      { 12, "", -ENOENT },
	{ 20, "a", -EISDIR },       { 21, "a/b", -EISDIR },      { 30, "..", -EXDEV },
	{ 31, "../file", -EXDEV },  { 32, "a/../file", -EXDEV }, { 33, "a/..", -EXDEV },
	{ 34, "/file", -EXDEV },
};

START_TEST(names_of_all_kinds)
{
	sl_sim_disk_add(disk, "file", 1, 10);
	sl_sim_disk_add(disk, "a/b/file", 1, 10);
	sl_sim_disk_add(disk, "..file", 1, 10);
	ck_assert_int_eq(try_open(names[_i].path), names[_i].error);
}
END_TEST

START_TEST(too_many_files)
{
	struct sl_disk_file file;

	sl_sim_disk_add(disk, "file", 1, 10);
	file = open_file("file").file;
	open_file("file");
	open_file("file");
	ck_assert_int_eq(try_open("file"), -EMFILE);
	sl_disk_close_file(disk, file);
	open_file("file");
}
END_TEST

START_TEST(replaced_and_removed)
{
	struct sl_disk_event old, new;

	sl_sim_disk_add_bytes(disk, "file", "old", 3);
	old = open_file("file");
	now_ns += SL_NS_PER_S;
	sl_sim_clock_set(now_ns);
	sl_sim_disk_add_bytes(disk, "file", "newer", 5);
	new = open_file("file");
	ck_assert_uint_ne(old.info.ino, new.info.ino);
	ck_assert_int_gt(new.info.mtime_ns, old.info.mtime_ns);
	ck_assert_uint_eq(new.info.size_bytes, 5);
	ck_assert_mem_eq(memory(read_at(old.file, 0, 512)), "old", 3);
	ck_assert_mem_eq(memory(read_at(new.file, 0, 512)), "newer", 5);

	sl_sim_disk_remove(disk, "file");
	ck_assert_int_eq(try_open("file"), -ENOENT);
	ck_assert_mem_eq(memory(read_at(new.file, 0, 512)), "newer", 5);
}
END_TEST

/* ---- time -------------------------------------------------------------------------------------
 */

START_TEST(nothing_begins_before_it_is_submitted)
{
	sl_sim_disk_add(disk, "file", 1, 10);
	sl_disk_open_file(disk, "file", 1);
	ck_assert_uint_eq(sl_sim_disk_next_ns(disk), UINT64_MAX);
	now_ns += SL_NS_PER_S;
	sl_sim_clock_set(now_ns);
	expect_nothing();
	sl_disk_submit(disk);
	ck_assert_uint_eq(sl_sim_disk_next_ns(disk), now_ns + SL_SIM_DISK_OPTIONS.open_ns);
}
END_TEST

START_TEST(longer_reads_take_longer)
{
	struct sl_sim_disk_options options = { .read_ns = 100, .kib_ns = 10, .align_bytes = 512 };
	struct sl_disk_event events[8];
	struct sl_disk_buffer small, large;
	struct sl_disk_file file;

	sl_sim_disk_add(disk, "file", 1, 1 << 20);
	file = open_file("file").file;
	sl_sim_disk_options(disk, &options);
	ck_assert(sl_disk_take(disk, &large));
	ck_assert(sl_disk_take(disk, &small));
	sl_disk_read(disk, file, large, 0, 131072, 1);
	sl_disk_read(disk, file, small, 0, 512, 2);
	sl_disk_submit(disk);

	/* The small one overtakes: 100 + 1 * 10. */
	ck_assert_uint_eq(sl_sim_disk_next_ns(disk), now_ns + 110);
	sl_sim_clock_set(now_ns + 109);
	ck_assert_uint_eq(sl_disk_reap(disk, events, 8), 0);
	sl_sim_clock_set(now_ns + 110);
	ck_assert_uint_eq(sl_disk_reap(disk, events, 8), 1);
	ck_assert_uint_eq(events[0].cookie, 2);

	/* 100 + 128 * 10. */
	ck_assert_uint_eq(sl_sim_disk_next_ns(disk), now_ns + 1380);
	sl_sim_clock_set(now_ns + 1380);
	ck_assert_uint_eq(sl_disk_reap(disk, events, 8), 1);
	ck_assert_uint_eq(events[0].cookie, 1);
	ck_assert_uint_eq(sl_sim_disk_next_ns(disk), UINT64_MAX);
}
END_TEST

START_TEST(jitter_is_chance_with_a_seed)
{
	struct sl_sim_disk_options options = { .open_ns = 100,
					       .jitter_ns = 50,
					       .align_bytes = 512 };
	uint64_t least_ns = UINT64_MAX, most_ns = 0;

	sl_sim_random_seed(1);
	sl_sim_disk_options(disk, &options);
	for (int i = 0; i < 200; i++) {
		uint64_t before_ns = now_ns;

		ck_assert_int_eq(try_open("missing"), -ENOENT);
		least_ns = now_ns - before_ns < least_ns ? now_ns - before_ns : least_ns;
		most_ns = now_ns - before_ns > most_ns ? now_ns - before_ns : most_ns;
	}
	ck_assert_uint_ge(least_ns, 100);
	ck_assert_uint_lt(least_ns, 110);
	ck_assert_uint_gt(most_ns, 140);
	ck_assert_uint_le(most_ns, 150);
}
END_TEST

START_TEST(reap_takes_no_more_than_asked_for)
{
	struct sl_disk_event events[3];

	for (uint64_t i = 0; i < 3; i++)
		sl_disk_open_file(disk, "missing", i);
	sl_disk_submit(disk);
	sl_sim_clock_set(now_ns + SL_NS_PER_S);
	ck_assert_uint_eq(sl_disk_reap(disk, events, 2), 2);
	ck_assert_uint_eq(events[0].cookie, 0);
	ck_assert_uint_eq(events[1].cookie, 1);
	ck_assert_uint_eq(sl_disk_reap(disk, events, 2), 1);
	ck_assert_uint_eq(events[0].cookie, 2);
}
END_TEST

START_TEST(sleeping_is_a_bug)
{
	sl_disk_wait(disk, 0);
}
END_TEST

/* ---- faults -----------------------------------------------------------------------------------
 */

START_TEST(overwritten_in_place)
{
	struct sl_disk_event opened, event;
	uint8_t before[2048], once[2048];

	sl_sim_disk_add(disk, "file", 5, 4096);
	opened = open_file("file");
	memcpy(before, memory(read_at(opened.file, 1024, 2048)), 2048);

	/* Every byte from there on is another one, and none before. */
	sl_sim_disk_overwrite(disk, "file", 2000);
	memcpy(once, memory(read_at(opened.file, 1024, 2048)), 2048);
	for (int i = 0; i < 2048; i++)
		ck_assert_int_eq(once[i] == before[i], 1024 + i < 2000);

	/* And another one again, the second time. */
	sl_sim_disk_overwrite(disk, "file", 3000);
	event = read_at(opened.file, 1024, 2048);
	for (int i = 0; i < 2048; i++) {
		ck_assert_int_eq(memory(event)[i] == once[i], 1024 + i < 3000);
		ck_assert_int_eq(memory(event)[i] == before[i], 1024 + i < 2000);
	}
	ck_assert_uint_eq(open_file("file").info.ino, opened.info.ino);
	ck_assert_int_gt(open_file("file").info.mtime_ns, opened.info.mtime_ns);
}
END_TEST

/* The change comes after the read was submitted, and before it is done. */
START_TEST(overwritten_during_a_read)
{
	struct sl_disk_buffer buffer;
	struct sl_disk_file file;

	sl_sim_disk_add_bytes(disk, "file", "aaaa", 4);
	file = open_file("file").file;
	ck_assert(sl_disk_take(disk, &buffer));
	memcpy(sl_disk_memory(disk, buffer), "aaaa", 4);
	sl_disk_read(disk, file, buffer, 0, 512, 1);
	sl_disk_submit(disk);
	sl_sim_disk_overwrite(disk, "file", 2);
	/* Rubbish meanwhile, not what was there before. */
	ck_assert_int_ne(memcmp(sl_disk_memory(disk, buffer), "aaaa", 4), 0);
	next_event();
	ck_assert_mem_eq(sl_disk_memory(disk, buffer), "aa``", 4);
}
END_TEST

START_TEST(cut)
{
	struct sl_disk_file file;

	sl_sim_disk_add(disk, "file", 5, 4096);
	file = open_file("file").file;
	sl_sim_disk_cut(disk, "file", 1000);
	ck_assert_uint_eq(read_at(file, 0, 4096).done_bytes, 1000);
	ck_assert_uint_eq(read_at(file, 1024, 512).done_bytes, 0);
	ck_assert_uint_eq(open_file("file").info.size_bytes, 1000);
}
END_TEST

START_TEST(failing_opens_and_reads)
{
	struct sl_disk_counters counters;
	struct sl_disk_file file;

	sl_sim_disk_add(disk, "file", 5, 4096);
	sl_sim_disk_fail_opens(disk, "file", -EACCES, 2);
	ck_assert_int_eq(try_open("file"), -EACCES);
	ck_assert_int_eq(try_open("file"), -EACCES);
	file = open_file("file").file;
	sl_sim_disk_fail_reads(disk, "file", -EIO, 1);
	ck_assert_int_eq(read_at(file, 0, 512).error, -EIO);
	ck_assert_int_eq(read_at(file, 0, 512).error, 0);

	sl_disk_counters(disk, &counters);
	ck_assert_uint_eq(counters.opens, 3);
	ck_assert_uint_eq(counters.open_errors, 2);
	ck_assert_uint_eq(counters.reads, 2);
	ck_assert_uint_eq(counters.read_errors, 1);
	ck_assert_uint_eq(counters.read_bytes, 512);
	ck_assert_uint_eq(counters.in_flight_cnt, 0);
	ck_assert_uint_eq(sl_disk_free_buffers(disk), BUFFER_CNT);
}
END_TEST

/* Told of in time and in a counter only: the contract hides them. */
START_TEST(short_reads)
{
	struct sl_disk_counters counters;
	struct sl_disk_file file;
	uint64_t before_ns;

	sl_sim_disk_add(disk, "file", 5, 4096);
	file = open_file("file").file;
	sl_sim_disk_shorten_reads(disk, "file", 1);
	before_ns = now_ns;
	ck_assert_uint_eq(read_at(file, 0, 4096).done_bytes, 4096);
	ck_assert_uint_eq(now_ns - before_ns, 2 * (80000 + 4 * 300));
	before_ns = now_ns;
	ck_assert_uint_eq(read_at(file, 0, 4096).done_bytes, 4096);
	ck_assert_uint_eq(now_ns - before_ns, 80000 + 4 * 300);
	sl_disk_counters(disk, &counters);
	ck_assert_uint_eq(counters.short_reads, 1);
}
END_TEST

/* ---- what callers must not do -----------------------------------------------------------------
 */

static struct sl_disk_file started_read(struct sl_disk_buffer *buffer)
{
	struct sl_disk_file file;

	sl_sim_disk_add(disk, "file", 5, 4096);
	file = open_file("file").file;
	ck_assert(sl_disk_take(disk, buffer));
	sl_disk_read(disk, file, *buffer, 0, 512, 1);
	return file;
}

START_TEST(giving_back_while_reading_is_a_bug)
{
	struct sl_disk_buffer buffer;

	started_read(&buffer);
	sl_disk_give(disk, buffer);
}
END_TEST

START_TEST(closing_while_reading_is_a_bug)
{
	struct sl_disk_buffer buffer;

	sl_disk_close_file(disk, started_read(&buffer));
}
END_TEST

START_TEST(unaligned_reading_is_a_bug)
{
	struct sl_disk_buffer buffer;
	struct sl_disk_file file;

	sl_sim_disk_add(disk, "file", 5, 4096);
	file = open_file("file").file;
	ck_assert(sl_disk_take(disk, &buffer));
	sl_disk_read(disk, file, buffer, 100, 512, 1);
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *sim_disk_suite(void);
Suite *sim_disk_suite(void)
{
	Suite *suite = suite_create("sim_disk");
	TCase *tcase = tcase_create("sim_disk");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, content_is_a_function_of_its_place);
	tcase_add_test(tcase, gigabytes_without_memory);
	tcase_add_test(tcase, bytes_of_the_test);
	tcase_add_loop_test(tcase, names_of_all_kinds, 0, CNT_OF(names));
	tcase_add_test(tcase, too_many_files);
	tcase_add_test(tcase, replaced_and_removed);
	tcase_add_test(tcase, nothing_begins_before_it_is_submitted);
	tcase_add_test(tcase, longer_reads_take_longer);
	tcase_add_test(tcase, jitter_is_chance_with_a_seed);
	tcase_add_test(tcase, reap_takes_no_more_than_asked_for);
	tcase_add_test_raise_signal(tcase, sleeping_is_a_bug, SIGABRT);
	tcase_add_test(tcase, overwritten_in_place);
	tcase_add_test(tcase, overwritten_during_a_read);
	tcase_add_test(tcase, cut);
	tcase_add_test(tcase, failing_opens_and_reads);
	tcase_add_test(tcase, short_reads);
	tcase_add_test_raise_signal(tcase, giving_back_while_reading_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tcase, closing_while_reading_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tcase, unaligned_reading_is_a_bug, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}
