/* SPDX-License-Identifier: BSD-2-Clause */
/* Several clients want the same bytes at about the same time: how often the disk is asked for them,
 * and what each of them gets. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "room_serve.h"
#include "serve/state.h"
#include "serve_fetch.h"
#include "sim_clock.h"
#include "sim_random.h"

enum {
	VIEWERS_MAX = 1000,
	SEGMENT_BYTES = 2 * 1000 * 1000 + 77,
	SEGMENT_SEED = 31,
	SUCCESSOR_SEED = 32,
	FILM_BYTES = 200 * 1000 * 1000,
	ALIGN_BYTES = 512,
};

static struct sl_sim_world world;

/* ---- an audience: each viewer comes at its time, asks once, and compares what it gets ---- */

struct viewer {
	struct sl_sim_client_options options;
	struct fetch fetch;
	const char *target, *headers;
	uint64_t at_ns;
	bool came;
};

static struct viewer viewers[VIEWERS_MAX];
static char ranges[VIEWERS_MAX][64];

static uint64_t attend(void *arg, struct sl_sim_world *at, uint32_t idx)
{
	struct viewer *viewer = &viewers[idx];
	uint64_t at_ns = SL_SIM_START_NS + viewer->at_ns;

	(void)arg;
	if (!viewer->target)
		return UINT64_MAX;
	if (at->now_ns < at_ns)
		return at_ns;
	if (!viewer->came) {
		viewer->came = true;
		fetch_start(&viewer->fetch, sl_sim_world_connect_at(at, idx, &viewer->options),
			    "GET", viewer->target, viewer->headers ? viewer->headers : "");
	}
	fetch_poll(&viewer->fetch);
	return UINT64_MAX;
}

static bool all_there(uint32_t viewer_cnt)
{
	for (uint32_t i = 0; i < viewer_cnt; i++)
		if (!viewers[i].came || !fetch_done(&viewers[i].fetch))
			return false;
	return true;
}

static void run_audience(uint32_t viewer_cnt, uint64_t for_ns)
{
	uint64_t until_ns = world.now_ns + for_ns;

	for (uint32_t i = 0; i < viewer_cnt; i++)
		sl_sim_world_wake(&world, i, SL_SIM_START_NS);
	while (world.now_ns < until_ns && !all_there(viewer_cnt))
		sl_sim_world_step(&world, until_ns);
}

/* Each has a path of its own: 5 to 100 ms away, 1 to 20 MB/s, a window of 64 KiB to 2 MiB. */
static void open_audience(uint32_t viewer_cnt, uint64_t budget_bytes, uint32_t loss_ppm,
			  uint32_t tls_in)
{
	struct sl_sim_world_options options = {
		.seed = 7,
		.conns_max = VIEWERS_MAX + 8,
		.clients_max = VIEWERS_MAX,
		.paths_max = VIEWERS_MAX + 1,
		.pipeline_budget_bytes = budget_bytes,
		.attend = attend,
	};
	uint64_t dice = 77;

	memset(viewers, 0, sizeof(viewers));
	sl_sim_world_open(&world, &options);
	for (uint32_t i = 0; i < viewer_cnt; i++) {
		struct sl_sim_path_config path = {
			.out = { .delay_ns = (5 + sl_sim_dice_below(&dice, 95)) * SL_NS_PER_MS,
				 .rate_bytes_s = 1000000 + sl_sim_dice_below(&dice, 19000000),
				 .queue_max = 500,
				 .loss_ppm = loss_ppm },
			.in = { .delay_ns = SL_NS_PER_MS },
		};

		viewers[i].options = (struct sl_sim_client_options){
			.path_idx = sl_sim_world_add_path(&world, &path),
			.window_bytes = 65536 << sl_sim_dice_below(&dice, 6),
			.tls = tls_in > 0 && i % tls_in == 0,
		};
		viewers[i].at_ns = sl_sim_dice_below(&dice, SL_NS_PER_S);
	}
}

static void expect_all_right(uint32_t viewer_cnt)
{
	for (uint32_t i = 0; i < viewer_cnt; i++) {
		ck_assert_msg(fetch_done(&viewers[i].fetch), "viewer %u has %lu bytes", i,
			      (unsigned long)viewers[i].fetch.body_bytes);
		ck_assert_msg(!viewers[i].fetch.wrong, "viewer %u", i);
	}
	ck_assert_uint_eq(world.stats->tag_mismatches, 0);
	sl_worker_count(world.worker);
	ck_assert_uint_eq(world.stats->buffers_used, 0);
}

/* ---- the stories ---- */

static const struct {
	const char *name;
	uint64_t size_bytes, budget_bytes;
	uint32_t loss_ppm, tls_in;
} crowds[] = {
	{ "plain", SEGMENT_BYTES, 0, 0, 0 },
	{ "half of them with TLS", SEGMENT_BYTES / 2, 0, 0, 2 },
	{ "1 % of the packets lost", SEGMENT_BYTES / 2, 0, 10000, 4 },
	{ "no more buffers than the segment needs", SEGMENT_BYTES, 1, 0, 4 },
};

START_TEST(a_thousand_viewers_of_a_new_segment)
{
	uint32_t viewer_cnt = getenv("SL_LIGHT") ? VIEWERS_MAX / 10 : VIEWERS_MAX;
	uint64_t size_bytes = crowds[_i].size_bytes;
	double times;

	open_audience(viewer_cnt, crowds[_i].budget_bytes, crowds[_i].loss_ppm, crowds[_i].tls_in);
	sl_sim_disk_add(world.worker->disk, "new.m4s", SEGMENT_SEED, size_bytes);
	for (uint32_t i = 0; i < viewer_cnt; i++) {
		viewers[i].target = "/new.m4s";
		viewers[i].fetch.seed = SEGMENT_SEED;
	}
	run_audience(viewer_cnt, 300 * SL_NS_PER_S);
	expect_all_right(viewer_cnt);
	times = (double)world.stats->read_bytes / (double)size_bytes;
	printf("%s: %u viewers had %lu bytes in %.1f s; the disk read them %.3f times, in %lu "
	       "reads, and %lu were spared\n",
	       crowds[_i].name, viewer_cnt, (unsigned long)size_bytes,
	       (double)(world.now_ns - SL_SIM_START_NS) / SL_NS_PER_S, times,
	       (unsigned long)world.stats->reads, (unsigned long)world.stats->shared_reads);
	ck_assert_uint_eq(world.stats->body_bytes, viewer_cnt * size_bytes);
	ck_assert_double_le(times, 1.2);
	sl_sim_world_close(&world);
}
END_TEST

/* Twice as much as there are buffers for: a part is shared, and nothing is worse for it. */
START_TEST(more_is_wanted_than_there_are_buffers)
{
	enum { CNT = 100 };

	open_audience(CNT, 1, 0, 0);
	ck_assert_uint_lt(world.stats->buffers_total * SL_BUFFER_BYTES, 2 * SEGMENT_BYTES);
	sl_sim_disk_add(world.worker->disk, "new.m4s", SEGMENT_SEED, 2 * SEGMENT_BYTES);
	for (uint32_t i = 0; i < CNT; i++) {
		viewers[i].target = "/new.m4s";
		viewers[i].fetch.seed = SEGMENT_SEED;
	}
	run_audience(CNT, 300 * SL_NS_PER_S);
	expect_all_right(CNT);
	printf("twice what there are buffers for: %lu bytes wanted, %lu read\n",
	       (unsigned long)world.stats->body_bytes, (unsigned long)world.stats->read_bytes);
	ck_assert_uint_le(world.stats->read_bytes, world.stats->body_bytes / 10 * 9);
	sl_sim_world_close(&world);
}
END_TEST

/* Who is alone reads what it wants, as far as its window goes, into the buffer that it has just
 * given back. */
START_TEST(one_after_the_other_shares_nothing)
{
	enum { CNT = 4 };

	open_audience(CNT, 0, 0, 2);
	sl_sim_disk_add(world.worker->disk, "new.m4s", SEGMENT_SEED, SEGMENT_BYTES);
	for (uint32_t i = 0; i < CNT; i++) {
		viewers[i].target = "/new.m4s";
		viewers[i].fetch.seed = SEGMENT_SEED;
		viewers[i].at_ns = i * 20 * SL_NS_PER_S;
	}
	run_audience(CNT, 100 * SL_NS_PER_S);
	expect_all_right(CNT);
	ck_assert_uint_ge(world.stats->read_bytes, (uint64_t)CNT * SEGMENT_BYTES);
	ck_assert_uint_eq(world.stats->shared_reads, 0);
	ck_assert_uint_eq(world.stats->buffers_kept, 0);
	ck_assert_uint_le(world.stats->buffers_used_high, 2);
	sl_sim_world_close(&world);
}
END_TEST

/* Each at a place of its own in a film: what is read is what they want, and no more. */
START_TEST(who_is_far_apart_does_not_read_wide)
{
	enum { CNT = 100, EACH_BYTES = 500000 };
	uint64_t rounded_bytes;

	open_audience(CNT, 1, 0, 0);
	sl_sim_disk_add(world.worker->disk, "film.mp4", SEGMENT_SEED, FILM_BYTES);
	for (uint32_t i = 0; i < CNT; i++) {
		uint64_t off_bytes = (uint64_t)i * (FILM_BYTES / CNT) + 4321;

		snprintf(ranges[i], sizeof(ranges[i]), "Range: bytes=%lu-%lu\r\n",
			 (unsigned long)off_bytes, (unsigned long)(off_bytes + EACH_BYTES - 1));
		viewers[i].target = "/film.mp4";
		viewers[i].headers = ranges[i];
		viewers[i].fetch.seed = SEGMENT_SEED;
		viewers[i].fetch.off_bytes = off_bytes;
	}
	run_audience(CNT, 100 * SL_NS_PER_S);
	expect_all_right(CNT);
	rounded_bytes = 2 * ALIGN_BYTES * world.stats->reads;
	printf("far apart: %lu bytes wanted, %lu read, %lu of them for alignment at most\n",
	       (unsigned long)world.stats->body_bytes, (unsigned long)world.stats->read_bytes,
	       (unsigned long)rounded_bytes);
	ck_assert_uint_le(world.stats->read_bytes,
			  world.stats->body_bytes + 2 * SL_BUFFER_BYTES + rounded_bytes);
	sl_sim_world_close(&world);
}
END_TEST

/* All at once, from one place, so that they wait for the same block. */
static void open_twins(uint32_t cnt, uint64_t read_ns)
{
	struct sl_sim_disk_options slow = SL_SIM_DISK_OPTIONS;

	open_audience(cnt, 0, 0, 2);
	slow.read_ns = read_ns;
	sl_sim_disk_options(world.worker->disk, &slow);
	sl_sim_disk_add(world.worker->disk, "new.m4s", SEGMENT_SEED, SEGMENT_BYTES);
	for (uint32_t i = 0; i < cnt; i++) {
		viewers[i].target = "/new.m4s";
		viewers[i].fetch.seed = SEGMENT_SEED;
		viewers[i].at_ns = 0;
		viewers[i].options.path_idx = viewers[0].options.path_idx;
	}
}

static uint32_t readers_of_one_block(void)
{
	uint32_t most_cnt = 0;

	for (uint32_t i = 0; i < world.stats->buffers_total; i++)
		if (world.worker->blocks.blocks[i].state == SL_BLOCK_AT_DISK &&
		    world.worker->blocks.blocks[i].reader_cnt > most_cnt)
			most_cnt = world.worker->blocks.blocks[i].reader_cnt;
	return most_cnt;
}

static void run_until_many_wait(uint32_t viewer_cnt, uint32_t reader_cnt)
{
	for (uint32_t i = 0; i < viewer_cnt; i++)
		sl_sim_world_wake(&world, i, SL_SIM_START_NS);
	while (readers_of_one_block() < reader_cnt) {
		ck_assert(!all_there(viewer_cnt));
		sl_sim_world_step(&world, UINT64_MAX);
	}
}

START_TEST(an_error_of_a_shared_read_harms_nobody)
{
	enum { CNT = 8 };

	open_twins(CNT, 40 * SL_NS_PER_MS);
	run_until_many_wait(CNT, 2);
	sl_sim_disk_fail_reads(world.worker->disk, "new.m4s", -EIO, 1);
	run_audience(CNT, 60 * SL_NS_PER_S);
	expect_all_right(CNT);
	ck_assert_uint_eq(world.stats->read_errors, 1);
	sl_sim_world_close(&world);
}
END_TEST

/* It fails again: they wanted those bytes, and there is no other way to them. */
START_TEST(two_errors_reset_those_who_waited)
{
	enum { CNT = 8 };
	uint32_t reset_cnt = 0;

	open_twins(CNT, 40 * SL_NS_PER_MS);
	run_until_many_wait(CNT, 2);
	sl_sim_disk_fail_reads(world.worker->disk, "new.m4s", -EIO, 2);
	run_audience(CNT, 60 * SL_NS_PER_S);
	for (uint32_t i = 0; i < CNT; i++) {
		ck_assert(!viewers[i].fetch.wrong);
		if (fetch_done(&viewers[i].fetch))
			continue;
		ck_assert_int_eq(viewers[i].fetch.client->tcp.state, SL_SIM_TCP_RESET);
		reset_cnt++;
	}
	ck_assert_uint_ge(reset_cnt, 1);
	ck_assert_uint_eq(world.stats->read_errors, 2);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(who_leaves_leaves_the_block_to_the_others)
{
	enum { CNT = 8 };
	uint32_t left_cnt = 0;

	open_twins(CNT, 40 * SL_NS_PER_MS);
	run_until_many_wait(CNT, 3);
	for (uint32_t i = 0; i < CNT; i += 2) {
		viewers[i].target = NULL;
		sl_sim_tcp_reset(&viewers[i].fetch.client->tcp);
	}
	run_audience(CNT, 60 * SL_NS_PER_S);
	for (uint32_t i = 1; i < CNT; i += 2) {
		ck_assert(fetch_done(&viewers[i].fetch) && !viewers[i].fetch.wrong);
		left_cnt++;
	}
	ck_assert_uint_eq(left_cnt, CNT / 2);
	sl_worker_count(world.worker);
	ck_assert_uint_eq(world.stats->buffers_used, 0);
	ck_assert_uint_eq(sl_pool_used(&world.worker->read_pool), 0);
	sl_sim_world_close(&world);
}
END_TEST

/* The first half of them has the file that was there when they asked, the second its successor. */
START_TEST(a_version_is_not_shared_with_its_successor)
{
	enum { CNT = 40 };

	open_audience(CNT, 0, 0, 2);
	sl_sim_disk_add(world.worker->disk, "new.m4s", SEGMENT_SEED, SEGMENT_BYTES);
	for (uint32_t i = 0; i < CNT; i++) {
		viewers[i].target = "/new.m4s";
		viewers[i].fetch.seed = i < CNT / 2 ? SEGMENT_SEED : SUCCESSOR_SEED;
		viewers[i].at_ns = i < CNT / 2 ? 0 : 1200 * SL_NS_PER_MS;
		sl_sim_world_wake(&world, i, SL_SIM_START_NS);
	}
	sl_sim_world_run(&world, 180 * SL_NS_PER_MS);
	sl_sim_disk_add(world.worker->disk, "new.m4s", SUCCESSOR_SEED, SEGMENT_BYTES);
	ck_assert(!all_there(1));
	run_audience(CNT, 60 * SL_NS_PER_S);
	expect_all_right(CNT);
	ck_assert_uint_ge(world.stats->read_bytes, UINT64_C(2) * SEGMENT_BYTES);
	ck_assert_uint_le(world.stats->read_bytes, UINT64_C(3) * SEGMENT_BYTES);
	sl_sim_world_close(&world);
}
END_TEST

/* What was read while the file was cut is nobody else's. */
START_TEST(what_is_short_is_not_kept)
{
	enum { CNT = 8, LEFT_BYTES = 1000 };

	open_twins(CNT, 40 * SL_NS_PER_MS);
	run_until_many_wait(CNT, 2);
	sl_sim_disk_cut(world.worker->disk, "new.m4s", LEFT_BYTES);
	run_audience(CNT, 10 * SL_NS_PER_S);
	for (uint32_t i = 0; i < CNT; i++) {
		ck_assert(!viewers[i].fetch.wrong && !fetch_done(&viewers[i].fetch));
		ck_assert_uint_le(viewers[i].fetch.body_bytes, SEGMENT_BYTES);
	}
	sl_worker_count(world.worker);
	for (uint32_t i = 0; i < world.stats->buffers_total; i++)
		if (world.worker->blocks.blocks[i].state == SL_BLOCK_KEPT)
			ck_assert_uint_ge(world.worker->blocks.blocks[i].done_bytes, LEFT_BYTES);
	ck_assert_uint_eq(world.stats->buffers_used, 0);
	sl_sim_world_close(&world);
}
END_TEST

Suite *suite_block(void)
{
	Suite *suite = suite_create("block");
	TCase *tcase = tcase_create("block");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, a_thousand_viewers_of_a_new_segment, 0,
			    sizeof(crowds) / sizeof(crowds[0]));
	tcase_add_test(tcase, more_is_wanted_than_there_are_buffers);
	tcase_add_test(tcase, one_after_the_other_shares_nothing);
	tcase_add_test(tcase, who_is_far_apart_does_not_read_wide);
	tcase_add_test(tcase, an_error_of_a_shared_read_harms_nobody);
	tcase_add_test(tcase, two_errors_reset_those_who_waited);
	tcase_add_test(tcase, who_leaves_leaves_the_block_to_the_others);
	tcase_add_test(tcase, a_version_is_not_shared_with_its_successor);
	tcase_add_test(tcase, what_is_short_is_not_kept);
	suite_add_tcase(suite, tcase);
	return suite;
}
