/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store is changed step by step; every write and flush is remembered. Then the power goes at each
 * of them, in several ways, and what is left must be the state before the step or after it: every
 * object there, every byte right. What was committed must be there. Then the store is changed on,
 * and the power goes again.
 */
#include <malloc.h>
#include <string.h>

#include "room_store.h"

enum { NAMES = 4, STEPS = 14, DEVICE_BYTES = 512 * 1024, SEEDS = 6 };

/* What the store has under each name: version 0 is nothing. The size follows from the version. */
struct content {
	uint32_t versions[NAMES];
};

static uint64_t size_of(uint32_t version)
{
	static const uint64_t sizes[] = { 1, 4096, 0, 20000, 16384, 50000, 5, 33000 };

	return sizes[version % (sizeof(sizes) / sizeof(sizes[0]))];
}

static const char *name_of(uint32_t idx)
{
	static const char *const names[NAMES] = { "a", "dir/b", "dir/c.ts", "dir/sub/d.m3u8" };

	return names[idx];
}

/* Step n: two names change, one after the other goes for a while. */
static struct content after_step(struct content content, uint32_t step)
{
	uint32_t one = step % NAMES, other = (step + 1) % NAMES;

	content.versions[one] = 3 * step + 1;
	content.versions[other] = step % 3 == 2 ? 0 : 3 * step + 2;
	return content;
}

static void set(struct sl_change *change, const struct sl_store *store, uint32_t idx,
		uint32_t version)
{
	if (version != 0)
		ck_assert_int_eq(store_put(change, name_of(idx), version, size_of(version), true),
				 0);
	else if (sl_store_find(store, name_of(idx)))
		ck_assert_int_eq(sl_change_remove(change, name_of(idx)), 0);
}

static void take_step(const struct content *before, const struct content *after)
{
	struct sl_store *store = store_open(SL_STORE_WRITE);
	struct sl_change *change;

	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	for (uint32_t idx = 0; idx < NAMES; idx++) {
		if (before->versions[idx] != after->versions[idx])
			set(change, store, idx, after->versions[idx]);
	}
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
}

static bool is(const struct sl_store *store, const struct content *content)
{
	uint32_t cnt = 0;

	for (uint32_t idx = 0; idx < NAMES; idx++) {
		const struct sl_store_object *object = sl_store_find(store, name_of(idx));

		if ((object != NULL) != (content->versions[idx] != 0))
			return false;
		if (object && object->mtime_ns != content->versions[idx])
			return false;
		cnt += object != NULL;
	}
	return sl_store_object_cnt(store) == cnt;
}

static void compare_all(const struct sl_store *store, const struct content *content)
{
	for (uint32_t idx = 0; idx < NAMES; idx++) {
		uint32_t version = content->versions[idx];

		if (version != 0)
			ck_assert_int_eq(
			    store_compare(store, name_of(idx), version, size_of(version)), 0);
	}
	ck_assert_uint_eq(store_damages(store, NULL), 0);
}

/* The store is one of the two, whole; which. */
static struct content expect(const struct content *before, const struct content *after)
{
	struct sl_store *store = store_open(SL_STORE_READ);
	const struct content *found = is(store, after) ? after : before;

	ck_assert_uint_eq(store->catalogue.after_hole_seq, 0);
	ck_assert_msg(is(store, found), "neither as before the change nor as after");
	compare_all(store, found);
	sl_store_close(store);
	return *found;
}

/* ---- a history --------------------------------------------------------------------------------
 */

struct history {
	struct content states[STEPS + 1]; /* after so many steps */
	uint32_t ends[STEPS + 1];         /* how many writes and flushes that took */
};

static struct history history;

static void make_history(uint32_t device_cnt, uint32_t replica_cnt, uint64_t catalogue_bytes)
{
	store_format(device_cnt, DEVICE_BYTES, replica_cnt, catalogue_bytes);
	memory_record();
	memset(&history, 0, sizeof(history));
	for (uint32_t step = 0; step < STEPS; step++) {
		history.states[step + 1] = after_step(history.states[step], step);
		take_step(&history.states[step], &history.states[step + 1]);
		history.ends[step + 1] = memory_op_cnt();
	}
	expect(&history.states[STEPS], &history.states[STEPS]);
	memory_keep();
}

/* Which step was under way after op_cnt writes and flushes. */
static uint32_t step_at(uint32_t op_cnt)
{
	uint32_t step = 0;

	while (step < STEPS && op_cnt >= history.ends[step + 1])
		step++;
	return step;
}

static struct content expect_at(uint32_t op_cnt)
{
	uint32_t step = step_at(op_cnt);

	return expect(&history.states[step], &history.states[step < STEPS ? step + 1 : step]);
}

static void cut_everywhere(uint32_t device_cnt, uint32_t replica_cnt, uint64_t catalogue_bytes)
{
	uint32_t op_cnt;

	make_history(device_cnt, replica_cnt, catalogue_bytes);
	op_cnt = memory_op_cnt();
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		for (uint32_t at = (uint32_t)seed; at <= op_cnt; at += 1 + (uint32_t)seed % 3) {
			struct content found, next;

			memory_again();
			memory_cut(at, seed * 1000003 + at);
			found = expect_at(at);

			/* Life goes on, and is cut short once more. */
			memory_record();
			next = after_step(found, at % 100 + STEPS);
			take_step(&found, &next);
			expect(&next, &next);
			memory_cut((uint32_t)(seed * at) % (memory_op_cnt() + 1), at);
			expect(&found, &next);
		}
	}
}

START_TEST(one_device)
{
	cut_everywhere(1, 1, 64 * 1024);
}
END_TEST

/* Two or three batches fit: most changes write the catalogue anew. */
START_TEST(full_catalogue)
{
	cut_everywhere(1, 1, 12 * 1024);
}
END_TEST

START_TEST(two_devices)
{
	cut_everywhere(2, 1, 64 * 1024);
}
END_TEST

START_TEST(two_devices_full_catalogue)
{
	cut_everywhere(2, 2, 12 * 1024);
}
END_TEST

static bool is_now(const struct content *content)
{
	struct sl_store *store = store_open(SL_STORE_READ);
	bool yes = is(store, content);

	sl_store_close(store);
	return yes;
}

/* The process dies after killed_cnt writes and flushes; another one opens the store and changes it;
 * then the power goes after more_cnt of its own, if it has as many. */
static bool kill_and_cut(uint32_t killed_cnt, uint32_t more_cnt, uint64_t seed)
{
	struct content found, next;
	uint32_t cut_cnt;

	memory_again();
	memory_kill(killed_cnt);
	found = expect_at(killed_cnt);
	next = after_step(found, killed_cnt % 100 + STEPS);
	take_step(&found, &next);
	expect(&next, &next);
	cut_cnt = killed_cnt + more_cnt;
	if (cut_cnt > memory_op_cnt())
		return false;
	memory_cut(cut_cnt, seed * 1000003 + killed_cnt * 1000 + more_cnt);
	if (is_now(&next))
		expect(&next, &next);
	else
		expect_at(killed_cnt);
	return true;
}

/* What the next process reads may not be safe yet: it must be before copies are repaired by it, or
 * both copies may be lost. */
static void kill_then_cut(uint64_t catalogue_bytes)
{
	uint32_t op_cnt;

	make_history(1, 1, catalogue_bytes);
	op_cnt = memory_op_cnt();
	for (uint32_t at = 1; at <= op_cnt; at++) {
		uint32_t more_cnt = 0;

		while (kill_and_cut(at, more_cnt / SEEDS, more_cnt % SEEDS))
			more_cnt++;
		ck_assert_uint_gt(more_cnt, 4 * SEEDS);
	}
}

START_TEST(kill_and_power_cut)
{
	kill_then_cut(64 * 1024);
}
END_TEST

START_TEST(kill_and_power_cut_full_catalogue)
{
	kill_then_cut(12 * 1024);
}
END_TEST

/* An interrupted format leaves no store, or an empty one. */
START_TEST(format)
{
	const char *const paths[] = { "mem0", "mem1" };
	const struct sl_format again = { paths, 2, 1, 0 };
	uint32_t op_cnt = 1;

	for (uint32_t at = 0; at <= op_cnt; at++) {
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			struct sl_store *store;

			store_format(2, DEVICE_BYTES, 1, 0);
			store_add("a", 1, size_of(1));
			memory_record();
			ck_assert_int_eq(sl_format_make(&again), 0);
			op_cnt = memory_op_cnt();
			memory_cut(at, seed * 1000 + at);
			if (store_try(&store, SL_STORE_READ) < 0) {
				ck_assert_uint_lt(at, op_cnt);
				continue;
			}
			ck_assert_uint_le(sl_store_object_cnt(store), 1);
			if (sl_store_object_cnt(store) == 1)
				ck_assert_int_eq(store_compare(store, "a", 1, size_of(1)), 0);
			if (at == op_cnt)
				ck_assert_uint_eq(sl_store_object_cnt(store), 0);
			sl_store_close(store);
		}
	}
}
END_TEST

Suite *power_cut_suite(void);
Suite *power_cut_suite(void)
{
	Suite *suite = suite_create("power_cut");
	TCase *test_case = tcase_create("core");

	/* Each step allocates megabytes for moments: not from the kernel each time. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	tcase_set_timeout(test_case, 300);
	tcase_add_test(test_case, one_device);
	tcase_add_test(test_case, full_catalogue);
	tcase_add_test(test_case, two_devices);
	tcase_add_test(test_case, two_devices_full_catalogue);
	tcase_add_test(test_case, kill_and_power_cut);
	tcase_add_test(test_case, kill_and_power_cut_full_catalogue);
	tcase_add_test(test_case, format);
	suite_add_tcase(suite, test_case);
	return suite;
}
