/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that grow while they are served, and files that are replaced: what is answered is one
 * version, whole, and not an old one. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "room_serve.h"
#include "serve_fetch.h"
#include "sim_clock.h"

enum { FIRST_BYTES = 700000, MORE_BYTES = 900000, SEED = 41, SUCCESSOR_SEED = 42 };

static const struct sl_sim_world_options calm = {
	.seed = 1,
	.out = { .delay_ns = 5 * SL_NS_PER_MS,
		 .rate_bytes_s = 10 * 1000 * 1000,
		 .queue_max = 2000 },
	.in = { .delay_ns = 5 * SL_NS_PER_MS },
	.idle_timeout_ns = 300 * SL_NS_PER_S,
};

static struct sl_sim_world world;
static struct sl_sim_client *client;

static void setup(int is_tls)
{
	const struct sl_sim_client_options options = { .tls = is_tls != 0 };

	sl_sim_world_open(&world, &calm);
	sl_sim_disk_add(world.worker->disk, "live.mp4", SEED, FIRST_BYTES);
	client = sl_sim_world_connect(&world, &options);
}

static void wait_ms(uint32_t ms)
{
	sl_sim_world_run(&world, ms * SL_NS_PER_MS);
}

/* Asks, and has the answer's head or all of it. */
static struct fetch get(const char *target, const char *headers, uint64_t off_bytes)
{
	struct fetch fetch = { .seed = SEED, .off_bytes = off_bytes };

	fetch_start(&fetch, client, "GET", target, headers);
	fetch_run(&world, &fetch, 1, 10 * SL_NS_PER_S);
	ck_assert(fetch_done(&fetch));
	ck_assert(!fetch.wrong);
	return fetch;
}

static void expect(const struct fetch *fetch, int status, uint64_t len_bytes)
{
	ck_assert_int_eq(fetch->status, status);
	ck_assert_uint_eq(fetch->content_length, len_bytes);
}

static void expect_header(const struct fetch *fetch, const char *name, const char *value)
{
	char got[128];

	fetch_header(fetch, name, got, sizeof(got));
	ck_assert_str_eq(got, value);
}

static void grow(uint64_t size_bytes)
{
	sl_sim_disk_grow(world.worker->disk, "live.mp4", size_bytes);
}

/* The recorder has written on, said so, and a player asks for just that: at once, not when the
 * second is over for which the file's size is believed. */
START_TEST(what_was_just_written_is_there)
{
	struct fetch fetch;

	setup(_i);
	fetch = get("/live.mp4", "Range: bytes=0-99\r\n", 0);
	expect_header(&fetch, "Content-Range", "bytes 0-99/700000");
	grow(MORE_BYTES);
	fetch = get("/live.mp4", "Range: bytes=700000-899999\r\n", FIRST_BYTES);
	expect(&fetch, 206, 200000);
	expect_header(&fetch, "Content-Range", "bytes 700000-899999/900000");

	/* Partly behind the end: not cut off where the end was. */
	grow(MORE_BYTES + 5);
	fetch = get("/live.mp4", "Range: bytes=899990-900003\r\n", MORE_BYTES - 10);
	expect(&fetch, 206, 14);
	expect_header(&fetch, "Content-Range", "bytes 899990-900003/900005");
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(what_is_not_there_yet_is_not_there)
{
	struct fetch fetch;
	uint64_t misses;

	setup(_i);
	get("/live.mp4", "Range: bytes=0-99\r\n", 0);
	fetch = get("/live.mp4", "Range: bytes=700000-\r\n", 0);
	ck_assert_int_eq(fetch.status, 416);
	expect_header(&fetch, "Content-Range", "bytes */700000");
	fetch = get("/live.mp4", "Range: bytes=699999-1000000\r\n", FIRST_BYTES - 1);
	expect(&fetch, 206, 1);

	/* Left alone for a minute it is no recording, and not looked at for each such request. */
	wait_ms(62000);
	get("/live.mp4", "Range: bytes=0-99\r\n", 0);
	misses = sl_content_counters(world.worker->content)->misses;
	fetch = get("/live.mp4", "Range: bytes=700000-\r\n", 0);
	ck_assert_int_eq(fetch.status, 416);
	ck_assert_uint_eq(sl_content_counters(world.worker->content)->misses, misses);
	sl_sim_world_close(&world);
}
END_TEST

/* The response has the size that its head says, whatever is appended while it is sent. */
START_TEST(a_response_does_not_grow)
{
	struct fetch fetch = { .seed = SEED };

	setup(_i);
	fetch_start(&fetch, client, "GET", "/live.mp4", "");
	for (uint64_t size_bytes = FIRST_BYTES; fetch.body_bytes < FIRST_BYTES / 2;) {
		fetch_poll(&fetch);
		if (fetch.head_done)
			grow(size_bytes += 10);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	fetch_run(&world, &fetch, 1, 10 * SL_NS_PER_S);
	ck_assert(fetch_done(&fetch) && !fetch.wrong);
	expect(&fetch, 200, FIRST_BYTES);
	wait_ms(1000);
	grow(MORE_BYTES);
	fetch = get("/live.mp4", "", 0);
	expect(&fetch, 200, MORE_BYTES);
	sl_sim_world_close(&world);
}
END_TEST

/* What has grown is another representation (RFC 9110, 8.8.1): a part of the new one does not go
 * with a part of the old one, so who resumes gets all of it. */
START_TEST(tags_change_as_it_grows)
{
	char etag[64], headers[160];
	struct fetch fetch;

	setup(_i);
	fetch = get("/live.mp4", "Range: bytes=0-99\r\n", 0);
	fetch_header(&fetch, "ETag", etag, sizeof(etag));
	snprintf(headers, sizeof(headers), "Range: bytes=100-199\r\nIf-Range: %s\r\n", etag);
	fetch = get("/live.mp4", headers, 100);
	expect(&fetch, 206, 100);
	grow(MORE_BYTES);
	wait_ms(1000);
	fetch = get("/live.mp4", headers, 0);
	expect(&fetch, 200, MORE_BYTES);
	snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", etag);
	fetch = get("/live.mp4", headers, 0);
	expect(&fetch, 200, MORE_BYTES);
	sl_sim_world_close(&world);
}
END_TEST

/* By rename: who reads the old one has it to its end; who asks a second later has the new one. */
START_TEST(a_replaced_file_is_served_to_its_end)
{
	struct sl_sim_client_options options = { .tls = _i != 0 };
	struct fetch old = { .seed = SEED }, new = { .seed = SUCCESSOR_SEED };

	setup(_i);
	fetch_start(&old, client, "GET", "/live.mp4", "");
	while (old.body_bytes < FIRST_BYTES / 8) {
		fetch_poll(&old);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	sl_sim_disk_add(world.worker->disk, "live.mp4", SUCCESSOR_SEED, MORE_BYTES);
	sl_sim_link_set(world.paths[0].out, &(struct sl_sim_link_config){ .delay_ns = 400000000 });
	wait_ms(1000);
	ck_assert(!fetch_poll(&old));
	fetch_start(&new, sl_sim_world_connect(&world, &options), "GET", "/live.mp4", "");
	fetch_run(&world, &new, 1, 60 * SL_NS_PER_S);
	fetch_run(&world, &old, 1, 60 * SL_NS_PER_S);
	ck_assert(fetch_done(&old) && !old.wrong);
	ck_assert_uint_eq(old.content_length, FIRST_BYTES);
	ck_assert(fetch_done(&new) && !new.wrong);
	ck_assert_uint_eq(new.content_length, MORE_BYTES);
	sl_sim_world_close(&world);
}
END_TEST

/* One player asks a moment too early; that is nothing to the next. */
START_TEST(what_was_missing_is_found_when_it_is_there)
{
	struct fetch fetch;

	setup(_i);
	fetch = get("/next.m4s", "", 0);
	ck_assert_int_eq(fetch.status, 404);
	sl_sim_disk_add(world.worker->disk, "next.m4s", SEED, FIRST_BYTES);
	fetch = get("/next.m4s", "", 0);
	expect(&fetch, 200, FIRST_BYTES);
	sl_sim_world_close(&world);
}
END_TEST

Suite *suite_answer(void)
{
	Suite *suite = suite_create("answer");
	TCase *tcase = tcase_create("answer");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, what_was_just_written_is_there, 0, 2); /* plain and TLS */
	tcase_add_loop_test(tcase, what_is_not_there_yet_is_not_there, 0, 1);
	tcase_add_loop_test(tcase, a_response_does_not_grow, 0, 2);
	tcase_add_loop_test(tcase, tags_change_as_it_grows, 0, 1);
	tcase_add_loop_test(tcase, a_replaced_file_is_served_to_its_end, 0, 2);
	tcase_add_loop_test(tcase, what_was_missing_is_found_when_it_is_there, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
