/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole transfers over bad paths: all files of the room at once. */
#include <stdio.h>

#include "room_tcp.h"
#include "tcp_pipe.h"

enum { SEEDS = 5 };

static const struct pipe_options paths[] = {
	{ .name = "clean", .file_bytes = 10000000, .delay_ms = 20, .window_bytes = 500000 },
	{ .name = "clean with a disk",
	  .file_bytes = 10000000,
	  .delay_ms = 20,
	  .disk_ms = 5,
	  .window_bytes = 500000 },
	{ .name = "reordering",
	  .file_bytes = 3000000,
	  .delay_ms = 40,
	  .reorder_permille = 50,
	  .reorder_ms = 10,
	  .window_bytes = 500000 },
	{ .name = "5 % of everything",
	  .file_bytes = 10000000,
	  .delay_ms = 10,
	  .loss_permille = 50,
	  .reorder_permille = 50,
	  .reorder_ms = 10,
	  .duplicate_permille = 50,
	  .disk_ms = 5,
	  .cancel_permille = 50,
	  .window_bytes = 500000 },
	{ .name = "5 % of everything, no SACK",
	  .file_bytes = 3000000,
	  .delay_ms = 10,
	  .loss_permille = 50,
	  .reorder_permille = 50,
	  .reorder_ms = 10,
	  .duplicate_permille = 50,
	  .disk_ms = 5,
	  .window_bytes = 500000,
	  .no_sack = true },
	{ .name = "5 % of everything, no timestamps",
	  .file_bytes = 3000000,
	  .delay_ms = 10,
	  .loss_permille = 50,
	  .reorder_permille = 50,
	  .reorder_ms = 10,
	  .duplicate_permille = 50,
	  .disk_ms = 5,
	  .window_bytes = 500000,
	  .no_timestamps = true },
	{ .name = "5 % of everything, neither",
	  .file_bytes = 1000000,
	  .delay_ms = 10,
	  .loss_permille = 50,
	  .reorder_permille = 50,
	  .reorder_ms = 10,
	  .duplicate_permille = 50,
	  .window_bytes = 500000,
	  .no_sack = true,
	  .no_timestamps = true },
	{ .name = "25 % lost",
	  .file_bytes = 300000,
	  .delay_ms = 10,
	  .loss_permille = 250,
	  .disk_ms = 5,
	  .window_bytes = 500000 },
	{ .name = "a peer that reneges",
	  .file_bytes = 3000000,
	  .delay_ms = 10,
	  .loss_permille = 20,
	  .renege_permille = 2,
	  .window_bytes = 500000 },
	{ .name = "a small window",
	  .file_bytes = 1000000,
	  .delay_ms = 10,
	  .loss_permille = 20,
	  .disk_ms = 20,
	  .window_bytes = 4000 },
};

START_TEST(every_byte_arrives)
{
	const struct pipe_options *path = &paths[_i / SEEDS];
	struct pipe_result result;

	pipe_run(path, (uint64_t)_i, &result);
	printf("tcp: %-34s seed %2d: %7u steps, %5u drops, %7.2f s, %6.0f kB/s, srtt %3u ms, "
	       "resent %7u, recoveries %4u, timeouts %3u\n",
	       path->name, _i, result.steps, result.drops, (double)result.took_ns / S,
	       path->file_bytes / ((double)result.took_ns / S) / 1000,
	       (uint32_t)(result.info.srtt_ns / MS), (uint32_t)result.counters.resent_bytes,
	       (uint32_t)result.counters.recoveries, (uint32_t)result.counters.rtos);
}
END_TEST

START_TEST(nothing_is_sent_twice_on_a_clean_path)
{
	struct pipe_result result;

	pipe_run(&paths[_i], 77, &result);
	ck_assert_uint_eq(result.counters.resent_bytes, 0);
	ck_assert_uint_eq(result.counters.rtos, 0);
	ck_assert_uint_lt(result.took_ns, 3 * S);
}
END_TEST

START_TEST(reordering_is_learned)
{
	struct pipe_result result;

	pipe_run(&paths[2], 77, &result);
	/* 10 ms in a round trip of 80 are within RACK's window once the first was seen. */
	ck_assert_uint_lt(result.counters.resent_bytes, 30000);
	ck_assert_uint_eq(result.counters.rtos, 0);
}
END_TEST

START_TEST(losses_are_repaired_without_timeouts_mostly)
{
	struct pipe_result result;

	pipe_run(&paths[3], 77, &result);
	ck_assert_uint_lt(result.counters.rtos, result.drops / 10);
	ck_assert_uint_lt(result.counters.resent_bytes, 2 * result.drops * 1448);
}
END_TEST

Suite *suite_tcp_pipe(void)
{
	Suite *suite = suite_create("pipe");
	TCase *tcase = tcase_create("pipe");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_byte_arrives, 0,
			    SEEDS * (int)(sizeof(paths) / sizeof(paths[0])));
	tcase_add_loop_test(tcase, nothing_is_sent_twice_on_a_clean_path, 0, 2);
	tcase_add_test(tcase, reordering_is_learned);
	tcase_add_test(tcase, losses_are_repaired_without_timeouts_mostly);
	suite_add_tcase(suite, tcase);
	return suite;
}
