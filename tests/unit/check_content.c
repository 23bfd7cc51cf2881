/* SPDX-License-Identifier: BSD-2-Clause */
/* Names become objects: short stories, told with a disk that does what the story says. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "content/content.h"
#include "fake_disk.h"

#define MTIME_NS INT64_C(1700000000123456789)

enum { OBJECT_CNT = 3, WAITER_CNT = 8 };

static struct sl_disk disk;
static struct sl_content *content;
static const struct sl_content_counters *counters;
static uint64_t now_ns;

static void setup(void)
{
	struct sl_content_config config = { .object_cnt = OBJECT_CNT,
					    .waiter_cnt = WAITER_CNT,
					    .has_root = true };

	disk = (struct sl_disk){ 0 };
	now_ns = 1000 * SL_NS_PER_S;
	ck_assert_int_eq(sl_content_init(&content, &config, &disk), 0);
	counters = sl_content_counters(content);
}

static void teardown(void)
{
	sl_content_fini(content);
}

/* ---- the words the stories are told in --------------------------------------------------------
 */

static void expect_waits(const char *path, uint32_t waiter)
{
	uint32_t idx;

	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, path, waiter, false, now_ns, &idx),
			 -EINPROGRESS);
}

static void expect_refused(const char *path, int error)
{
	uint32_t idx;

	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, path, 0, false, now_ns, &idx),
			 error);
}

/* At once, with a reference. */
static uint32_t expect_hit(const char *path)
{
	uint32_t idx = UINT32_MAX;

	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, path, 0, false, now_ns, &idx), 0);
	ck_assert_uint_lt(idx, OBJECT_CNT);
	return idx;
}

static void disk_finds(uint64_t ino, uint64_t size_bytes)
{
	struct sl_disk_event event = fake_disk_succeed(&disk, ino, size_bytes, MTIME_NS);

	sl_content_opened(content, &event, now_ns);
}

static void disk_fails(int error)
{
	struct sl_disk_event event = fake_disk_fail(&disk, error);

	sl_content_opened(content, &event, now_ns);
}

static uint32_t expect_answer(uint32_t waiter)
{
	uint32_t who, idx;
	int error;

	ck_assert(sl_content_answer(content, &who, &error, &idx));
	ck_assert_uint_eq(who, waiter);
	ck_assert_int_eq(error, 0);
	return idx;
}

static void expect_failure(uint32_t waiter, int expected_error)
{
	uint32_t who, idx;
	int error;

	ck_assert(sl_content_answer(content, &who, &error, &idx));
	ck_assert_uint_eq(who, waiter);
	ck_assert_int_eq(error, expected_error);
}

static void expect_no_answer(void)
{
	uint32_t who, idx;
	int error;

	ck_assert(!sl_content_answer(content, &who, &error, &idx));
}

/* In use by waiter 0. */
static uint32_t open_object(const char *path, uint64_t ino, uint64_t size_bytes)
{
	expect_waits(path, 0);
	disk_finds(ino, size_bytes);
	return expect_answer(0);
}

/* ---- the stories ------------------------------------------------------------------------------
 */

START_TEST(miss_then_hit)
{
	const struct sl_object *object;
	uint32_t idx;

	expect_waits("film.mp4", 5);
	ck_assert_str_eq(disk.opens[0].path, "film.mp4");
	expect_no_answer();
	now_ns += 1000000;
	disk_finds(11, 5000);
	idx = expect_answer(5);
	expect_no_answer();

	object = sl_content_object(content, idx);
	ck_assert(disk.files[object->file.idx]);
	ck_assert_uint_eq(object->size_bytes, 5000);
	ck_assert_int_eq(object->mtime_s, 1700000000);
	ck_assert_uint_eq(object->align_bytes, 512);
	ck_assert_str_eq(object->mime, "video/mp4");
	ck_assert_str_eq(object->etag, "\"17979cfe3d85cd15-1388-b\"");

	now_ns += SL_NS_PER_S - 1;
	ck_assert_uint_eq(expect_hit("film.mp4"), idx);
	ck_assert_uint_eq(disk.opens_total_cnt, 1);
	ck_assert_uint_eq(counters->hits, 1);
	ck_assert_uint_eq(counters->misses, 1);
	ck_assert_uint_eq(counters->objects_cnt, 1);
	sl_content_put(content, idx);
	sl_content_put(content, idx);
	ck_assert_uint_eq(disk.file_cnt, 1);
}
END_TEST

START_TEST(path_is_copied)
{
	char path[] = "film.mp4";

	expect_waits(path, 0);
	memcpy(path, "gone.mp4", strlen("gone.mp4") + 1);
	ck_assert_str_eq(disk.opens[0].path, "film.mp4");
}
END_TEST

START_TEST(longest_path)
{
	char path[SL_PATH_MAX_BYTES];

	memset(path, 'a', sizeof(path));
	path[SL_PATH_MAX_BYTES - 1] = '\0';
	open_object(path, 11, 1);
	expect_hit(path);
}
END_TEST

START_TEST(many_ask_one_open)
{
	uint32_t idx;

	expect_waits("film", 3);
	expect_waits("film", 1);
	expect_waits("film", 2);
	ck_assert_uint_eq(disk.opens_total_cnt, 1);
	ck_assert_uint_eq(counters->opens_shared, 2);

	disk_finds(11, 100);
	idx = expect_answer(3);
	ck_assert_uint_eq(expect_answer(1), idx);
	ck_assert_uint_eq(expect_answer(2), idx);
	expect_no_answer();

	/* Each has a reference of its own. */
	sl_content_put(content, idx);
	sl_content_put(content, idx);
	ck_assert_uint_eq(sl_content_object(content, idx)->size_bytes, 100);
	sl_content_put(content, idx);
}
END_TEST

/* Those who ask while it is looked up are told; who asks after that may find it there. */
START_TEST(failure_is_not_remembered)
{
	expect_waits("next.m4s", 1);
	expect_waits("next.m4s", 2);
	disk_fails(-ENOENT);
	expect_failure(1, -ENOENT);
	expect_failure(2, -ENOENT);
	expect_no_answer();
	ck_assert_uint_eq(disk.opens_total_cnt, 1);

	open_object("next.m4s", 11, 100);
	ck_assert_uint_eq(disk.opens_total_cnt, 2);
	expect_hit("next.m4s");

	/* It is an object like any other: in use, so nothing makes room for a fourth. */
	open_object("two", 2, 2);
	open_object("three", 3, 3);
	expect_refused("four", -EMFILE);
}
END_TEST

/* Asked for anew, a moment later: it has grown. Whoever asks then, and nobody wants it anew, has
 * that. */
START_TEST(anew)
{
	uint32_t old_idx = open_object("film", 11, 100), idx;

	ck_assert(sl_content_is_news(content, old_idx, now_ns));
	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, "film", 0, true, now_ns, &idx), 0);
	ck_assert_uint_eq(idx, old_idx);
	now_ns++;
	ck_assert(!sl_content_is_news(content, old_idx, now_ns));
	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, "film", 1, true, now_ns, &idx),
			 -EINPROGRESS);
	disk_finds(11, 120);
	idx = expect_answer(1);
	ck_assert_uint_ne(idx, old_idx);
	ck_assert(sl_content_is_news(content, idx, now_ns));
	ck_assert_uint_ne(sl_content_object(content, idx)->version,
			  sl_content_object(content, old_idx)->version);
	now_ns++;
	ck_assert_uint_eq(expect_hit("film"), idx);

	/* Not grown: the same object, with news of it. */
	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, "film", 1, true, now_ns, &idx),
			 -EINPROGRESS);
	disk_finds(11, 120);
	ck_assert_uint_eq(expect_answer(1), expect_hit("film"));
	ck_assert(sl_content_is_news(content, expect_hit("film"), now_ns));
}
END_TEST

/* What a version names is named by no other, whichever entry an object has. */
START_TEST(every_object_has_a_version_of_its_own)
{
	uint64_t last_version = 0;

	for (int i = 0; i < 20; i++) {
		uint32_t idx = open_object("film", 11, 100 + (uint64_t)i);
		uint64_t version = sl_content_object(content, idx)->version;

		ck_assert_uint_gt(version, last_version);
		last_version = version;
		sl_content_put(content, idx);
		now_ns += SL_NS_PER_S;
	}
}
END_TEST

START_TEST(unchanged_after_a_second)
{
	uint32_t idx = open_object("film", 11, 100);
	uint32_t file_idx = sl_content_object(content, idx)->file.idx;

	sl_content_put(content, idx);
	now_ns += SL_NS_PER_S;
	expect_waits("film", 1);
	expect_waits("film", 2);
	ck_assert_uint_eq(disk.opens_total_cnt, 2);
	disk_finds(11, 100);

	/* The same object, and the second file was closed. */
	ck_assert_uint_eq(expect_answer(1), idx);
	ck_assert_uint_eq(expect_answer(2), idx);
	ck_assert_uint_eq(sl_content_object(content, idx)->file.idx, file_idx);
	ck_assert_uint_eq(disk.file_cnt, 1);
	ck_assert_uint_eq(counters->objects_cnt, 1);

	/* Good for another second. */
	now_ns += SL_NS_PER_S - 1;
	ck_assert_uint_eq(expect_hit("film"), idx);
	ck_assert_uint_eq(disk.opens_total_cnt, 2);

	/* All three put it; then it can be evicted. */
	for (int i = 0; i < 3; i++)
		sl_content_put(content, idx);
	open_object("one", 1, 1);
	open_object("two", 2, 2);
	open_object("three", 3, 3);
	ck_assert_uint_eq(disk.file_cnt, 3);
}
END_TEST

/* Each changes one thing. */
static const struct {
	int number;
	uint64_t ino, size_bytes;
	int64_t mtime_ns;
} replacements[] = {
	{ 1, 12, 100, MTIME_NS },
	{ 2, 11, 101, MTIME_NS },
	{ 3, 11, 100, MTIME_NS + 1 },
};

START_TEST(replaced_while_in_use)
{
	uint32_t old_idx = open_object("film", 11, 100), new_idx;
	struct sl_disk_event event;

	now_ns += SL_NS_PER_S;
	expect_waits("film", 1);
	event = fake_disk_succeed(&disk, replacements[_i].ino, replacements[_i].size_bytes,
				  replacements[_i].mtime_ns);
	sl_content_opened(content, &event, now_ns);
	new_idx = expect_answer(1);
	ck_assert_uint_ne(new_idx, old_idx);
	ck_assert_uint_eq(expect_hit("film"), new_idx);
	ck_assert_str_ne(sl_content_object(content, new_idx)->etag,
			 sl_content_object(content, old_idx)->etag);

	/* Who has the old one keeps it, to the end; then it is closed. */
	ck_assert_uint_eq(sl_content_object(content, old_idx)->size_bytes, 100);
	ck_assert_uint_eq(disk.file_cnt, 2);
	sl_content_hold(content, old_idx);
	sl_content_put(content, old_idx);
	ck_assert_uint_eq(disk.file_cnt, 2);
	sl_content_put(content, old_idx);
	ck_assert_uint_eq(disk.file_cnt, 1);
}
END_TEST

START_TEST(replaced_while_idle)
{
	sl_content_put(content, open_object("film", 11, 100));
	now_ns += SL_NS_PER_S;
	expect_waits("film", 1);
	disk_finds(12, 200);
	ck_assert_uint_eq(disk.file_cnt, 1);
	ck_assert_uint_eq(sl_content_object(content, expect_answer(1))->size_bytes, 200);
}
END_TEST

START_TEST(deleted_while_in_use)
{
	uint32_t idx = open_object("film", 11, 100);

	now_ns += SL_NS_PER_S;
	expect_waits("film", 1);
	disk_fails(-ENOENT);
	expect_failure(1, -ENOENT);
	expect_waits("film", 1);
	disk_fails(-ENOENT);
	ck_assert_uint_eq(sl_content_object(content, idx)->size_bytes, 100);
	sl_content_put(content, idx);
	ck_assert_uint_eq(disk.file_cnt, 0);
}
END_TEST

/* While it is looked up again, the last user goes. */
START_TEST(put_during_the_second_look)
{
	uint32_t idx = open_object("film", 11, 100);

	now_ns += SL_NS_PER_S;
	expect_waits("film", 1);
	sl_content_put(content, idx);
	ck_assert_uint_eq(disk.file_cnt, 1);
	disk_finds(11, 100);
	ck_assert_uint_eq(expect_answer(1), idx);
	ck_assert_uint_eq(disk.file_cnt, 1);
}
END_TEST

START_TEST(idle_objects_make_room)
{
	sl_content_put(content, open_object("one", 1, 1));
	sl_content_put(content, open_object("two", 2, 2));
	sl_content_put(content, open_object("three", 3, 3));
	sl_content_put(content, expect_hit("one"));
	ck_assert_uint_eq(disk.file_cnt, 3);

	/* Two has been idle for longest. */
	sl_content_put(content, open_object("four", 4, 4));
	ck_assert_uint_eq(disk.file_cnt, 3);
	ck_assert_uint_eq(counters->evictions, 1);
	ck_assert_uint_eq(counters->objects_cnt, 3);
	sl_content_put(content, expect_hit("one"));
	sl_content_put(content, expect_hit("three"));
	sl_content_put(content, expect_hit("four"));
	expect_waits("two", 0);
}
END_TEST

START_TEST(every_object_in_use)
{
	uint32_t idx = open_object("one", 1, 1);

	open_object("two", 2, 2);
	open_object("three", 3, 3);
	expect_refused("four", -EMFILE);
	ck_assert_uint_eq(disk.opens_total_cnt, 3);

	/* What is there is found; but not looked up again. */
	sl_content_put(content, expect_hit("one"));
	now_ns += SL_NS_PER_S;
	expect_refused("one", -EMFILE);

	/* One is left by its user. It is the only one to make room: for itself ... */
	sl_content_put(content, idx);
	expect_waits("one", 0);
	ck_assert_uint_eq(disk.file_cnt, 2);
	disk_finds(1, 1);
	idx = expect_answer(0);
	ck_assert_uint_eq(disk.file_cnt, 3);

	/* ... or for another. */
	sl_content_put(content, idx);
	open_object("four", 4, 4);
	ck_assert_uint_eq(disk.file_cnt, 3);
}
END_TEST

START_TEST(opens_under_way_count)
{
	expect_waits("one", 1);
	expect_waits("two", 2);
	expect_waits("three", 3);
	expect_refused("four", -EMFILE);
	disk_fails(-ENOENT);
	expect_failure(1, -ENOENT);
	expect_waits("four", 0);
}
END_TEST

/* Names that do not exist cost a stranger nothing. */
START_TEST(failures_do_not_push_out_objects)
{
	char path[] = "missing-0";

	sl_content_put(content, open_object("one", 1, 1));
	sl_content_put(content, open_object("two", 2, 2));
	for (int i = 0; i < 10; i++) {
		path[8] = (char)('0' + i);
		expect_waits(path, 0);
		disk_fails(-ENOENT);
		expect_failure(0, -ENOENT);
	}
	expect_hit("one");
	expect_hit("two");
	ck_assert_uint_eq(counters->evictions, 0);
}
END_TEST

START_TEST(forget_during_open)
{
	uint32_t idx;

	expect_waits("film", 1);
	expect_waits("film", 2);
	expect_waits("film", 3);
	sl_content_forget(content, 2);
	sl_content_forget(content, 2);
	disk_finds(11, 100);
	idx = expect_answer(1);
	expect_answer(3);
	expect_no_answer();
	sl_content_put(content, idx);
	sl_content_put(content, idx);
	/* That was all: it can be evicted. */
	open_object("one", 1, 1);
	open_object("two", 2, 2);
	open_object("three", 3, 3);
	ck_assert_uint_eq(counters->evictions, 1);
}
END_TEST

START_TEST(all_forget_during_open)
{
	expect_waits("film", 1);
	sl_content_forget(content, 1);
	disk_finds(11, 100);
	expect_no_answer();
	/* What was found is kept for the next. */
	expect_hit("film");
	ck_assert_uint_eq(disk.opens_total_cnt, 1);
}
END_TEST

START_TEST(forget_between_open_and_answer)
{
	expect_waits("film", 1);
	expect_waits("film", 2);
	expect_waits("missing", 3);
	disk_finds(11, 100);
	disk_fails(-ENOENT);
	sl_content_forget(content, 1);
	sl_content_forget(content, 3);
	sl_content_put(content, expect_answer(2));
	expect_no_answer();
	/* The reference of the forgotten was given back. */
	open_object("one", 1, 1);
	open_object("two", 2, 2);
	open_object("three", 3, 3);
	ck_assert_uint_eq(disk.file_cnt, 3);
}
END_TEST

START_TEST(forgotten_may_ask_again)
{
	expect_waits("film", 1);
	sl_content_forget(content, 1);
	expect_waits("film", 1);
	disk_finds(11, 100);
	expect_answer(1);
	expect_no_answer();
	expect_waits("other", 1);
}
END_TEST

START_TEST(asking_twice_is_a_bug)
{
	expect_waits("film", 1);
	expect_waits("other", 1);
}
END_TEST

START_TEST(putting_twice_is_a_bug)
{
	uint32_t idx = open_object("film", 11, 100);

	sl_content_put(content, idx);
	sl_content_put(content, idx);
}
END_TEST

static const struct {
	int number;
	int64_t mtime_ns;
	uint64_t size_bytes, ino;
	int64_t mtime_s;
	const char *etag;
} tags[] = {
	{ 1, 0, 0, 0, 0, "\"0-0-0\"" },
	{ 2, 1999999999, 255, 16, 1, "\"773593ff-ff-10\"" },
	{ 3, -1, 1, 1, -1, "\"ffffffffffffffff-1-1\"" }, /* the second before 1970 */
	{ 4, -1000000000, 1, 1, -1, "\"ffffffffc4653600-1-1\"" },
	{ 5, INT64_MAX, UINT64_MAX, UINT64_C(0xfffffffe00000001), INT64_MAX / 1000000000,
	  "\"7fffffffffffffff-ffffffffffffffff-ffffffff\"" },
};

START_TEST(tags_and_dates)
{
	const struct sl_object *object;
	struct sl_disk_event event;

	expect_waits("film", 0);
	event = fake_disk_succeed(&disk, tags[_i].ino, tags[_i].size_bytes, tags[_i].mtime_ns);
	sl_content_opened(content, &event, now_ns);
	object = sl_content_object(content, expect_answer(0));
	ck_assert_str_eq(object->etag, tags[_i].etag);
	ck_assert_int_eq(object->mtime_s, tags[_i].mtime_s);
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *content_suite(void);
Suite *content_suite(void)
{
	Suite *suite = suite_create("content");
	TCase *tcase = tcase_create("content");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, miss_then_hit);
	tcase_add_test(tcase, path_is_copied);
	tcase_add_test(tcase, longest_path);
	tcase_add_test(tcase, many_ask_one_open);
	tcase_add_test(tcase, failure_is_not_remembered);
	tcase_add_test(tcase, anew);
	tcase_add_test(tcase, every_object_has_a_version_of_its_own);
	tcase_add_test(tcase, unchanged_after_a_second);
	tcase_add_loop_test(tcase, replaced_while_in_use, 0, CNT_OF(replacements));
	tcase_add_test(tcase, replaced_while_idle);
	tcase_add_test(tcase, deleted_while_in_use);
	tcase_add_test(tcase, put_during_the_second_look);
	tcase_add_test(tcase, idle_objects_make_room);
	tcase_add_test(tcase, every_object_in_use);
	tcase_add_test(tcase, opens_under_way_count);
	tcase_add_test(tcase, failures_do_not_push_out_objects);
	tcase_add_test(tcase, forget_during_open);
	tcase_add_test(tcase, all_forget_during_open);
	tcase_add_test(tcase, forget_between_open_and_answer);
	tcase_add_test(tcase, forgotten_may_ask_again);
	tcase_add_test_raise_signal(tcase, asking_twice_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tcase, putting_twice_is_a_bug, SIGABRT);
	tcase_add_loop_test(tcase, tags_and_dates, 0, CNT_OF(tags));
	suite_add_tcase(suite, tcase);
	return suite;
}
