/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of stores through the whole worker, in virtual time: the same bytes, errors and replicas,
 * and a device that stalls. The stores are real ones, on regular files. */
#include "config.h" /* _GNU_SOURCE, before the first system header */

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "content/stores.h"
#include "room_serve.h"
#include "serve_fetch.h"
#include "store/change.h"
#include "store/format.h"
#include "store/store.h"

#define MINUTE_NS (60 * SL_NS_PER_S)

enum {
	MIB = 1024 * 1024,
	FILM_BYTES = 3 * MIB + 777,
	FILM_SEED = 23,
	DEVICE_CNT = 3,
	PATH_BYTES = 128,
	CROWD_CNT = 60,
};

static const struct sl_sim_world_options calm = {
	.seed = 1,
	.out = { .delay_ns = 5 * SL_NS_PER_MS,
		 .rate_bytes_s = 100 * 1000 * 1000,
		 .queue_max = 2000 },
	.in = { .delay_ns = 5 * SL_NS_PER_MS },
};

static char dir[64], paths[DEVICE_CNT][PATH_BYTES];
static struct sl_stores *stores;
static struct sl_sim_world world;

static int film_fd(void)
{
	static uint8_t bytes[FILM_BYTES];
	int fd = memfd_create("film", MFD_CLOEXEC);

	sl_sim_disk_content(FILM_SEED, 0, bytes, FILM_BYTES);
	ck_assert_int_eq(write(fd, bytes, FILM_BYTES), FILM_BYTES);
	return fd;
}

static void make_store(const char *const *members, uint32_t member_cnt)
{
	const struct sl_format format = { .paths = members,
					  .path_cnt = member_cnt,
					  .replica_cnt = member_cnt };
	struct sl_store *store;
	struct sl_change *change;
	int fd = film_fd();

	ck_assert_int_eq(sl_format_make(&format), 0);
	ck_assert_int_eq(sl_store_open(&store, members, member_cnt, SL_STORE_WRITE), 0);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(sl_change_put(change, "film.mp4", fd, FILM_BYTES, 1, false, NULL, NULL),
			 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
	close(fd);
}

/* twice.example has the film on devices 0 and 1, once.example on device 2. */
static void setup(void)
{
	const char *const twice[] = { paths[0], paths[1] }, *const once[] = { paths[2] };
	static char texts[2][2 * PATH_BYTES + 32];
	const char *const both[] = { texts[0], texts[1] };

	snprintf(dir, sizeof(dir), "./stored-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < DEVICE_CNT; i++) {
		snprintf(paths[i], PATH_BYTES, "%s/device%d", dir, i);
		close(open(paths[i], O_RDWR | O_CREAT | O_TRUNC, 0600));
		ck_assert_int_eq(truncate(paths[i], 16 * MIB), 0);
	}
	make_store(twice, 2);
	make_store(once, 1);
	snprintf(texts[0], sizeof(texts[0]), "twice.example=%s,%s", paths[0], paths[1]);
	snprintf(texts[1], sizeof(texts[1]), "once.example=%s", paths[2]);
	ck_assert_int_eq(sl_stores_open(&stores, both, 2, false), 0);
}

static void teardown(void)
{
	sl_stores_close(stores);
	for (int i = 0; i < DEVICE_CNT; i++)
		unlink(paths[i]);
	rmdir(dir);
}

static void open_world(const struct sl_sim_world_options *options)
{
	struct sl_sim_world_options with_stores = *options;

	with_stores.stores = stores;
	sl_sim_world_open(&world, &with_stores);
	sl_sim_disk_add(world.worker->disk, "film.mp4", FILM_SEED, FILM_BYTES);
}

/* host is "twice", "once", or "root": whatever else there is. */
static void start_at(struct fetch *fetch, const char *host, bool tls, uint64_t off_bytes)
{
	const struct sl_sim_client_options options = { .tls = tls };
	char target[64], range[64] = "";

	*fetch = (struct fetch){ .seed = FILM_SEED, .off_bytes = off_bytes };
	snprintf(target, sizeof(target), "http://%s.example/film.mp4", host);
	if (off_bytes > 0)
		snprintf(range, sizeof(range), "Range: bytes=%lu-\r\n", (unsigned long)off_bytes);
	fetch_start(fetch, sl_sim_world_connect(&world, &options), "GET", target, range);
}

static void start(struct fetch *fetch, const char *host, bool tls)
{
	start_at(fetch, host, tls, 0);
}

static void expect_whole(const struct fetch *fetch)
{
	ck_assert_msg(fetch_done(fetch), "%lu bytes", (unsigned long)fetch->body_bytes);
	ck_assert_int_eq(fetch->status, fetch->off_bytes > 0 ? 206 : 200);
	ck_assert_uint_eq(fetch->content_length, FILM_BYTES - fetch->off_bytes);
	ck_assert(!fetch->wrong);
}

static struct sl_disk_device_counters counters_of(uint32_t device_idx)
{
	struct sl_disk_device_counters counters;

	sl_disk_device_counters(world.worker->disk, device_idx, &counters);
	return counters;
}

static const struct {
	const char *host;
	bool tls;
	uint32_t loss_ppm;
} ways[] = {
	{ "root", true, 0 }, { "twice", false, 0 },    { "twice", true, 0 },
	{ "once", true, 0 }, { "twice", true, 20000 }, { "twice", false, 20000 },
};

START_TEST(same_bytes_from_everywhere)
{
	struct sl_sim_world_options options = calm;
	struct fetch fetch;
	char etag[64];

	options.out.loss_ppm = options.in.loss_ppm = ways[_i].loss_ppm;
	open_world(&options);
	start(&fetch, ways[_i].host, ways[_i].tls);
	fetch_run(&world, &fetch, 1, 10 * MINUTE_NS);
	expect_whole(&fetch);
	fetch_header(&fetch, "ETag", etag, sizeof(etag));
	/* A store's is a hash of 128 bits. */
	ck_assert_int_eq(strlen(etag) == 34, strcmp(ways[_i].host, "root") != 0);
	ck_assert_uint_eq(world.stats->tag_mismatches, 0);
	ck_assert_int_eq(world.stats->reread_bytes > 0, ways[_i].loss_ppm > 0);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(no_such_name)
{
	const struct sl_sim_client_options options = { .tls = false };
	struct fetch fetch = { .any = true };

	open_world(&calm);
	fetch_start(&fetch, sl_sim_world_connect(&world, &options), "GET",
		    "http://once.example/film", "");
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert_int_eq(fetch.status, 404);
	sl_sim_world_close(&world);
}
END_TEST

/* A device whose every read fails costs nobody anything as long as there is another one. */
START_TEST(errors_of_one_replica)
{
	struct fetch fetch;

	open_world(&calm);
	sl_sim_disk_fail_device(world.worker->disk, 0, UINT32_MAX);
	start(&fetch, "twice", true);
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	expect_whole(&fetch);
	ck_assert_uint_gt(counters_of(0).errors, 0);
	ck_assert_uint_eq(world.stats->read_errors, 0);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(errors_without_replica_reset)
{
	struct fetch fetches[2];

	open_world(&calm);
	start(&fetches[0], "once", true);
	start(&fetches[1], "twice", true);
	sl_sim_disk_fail_device(world.worker->disk, 2, UINT32_MAX);
	fetch_run(&world, fetches, 2, MINUTE_NS);
	ck_assert_int_eq(fetches[0].client->tcp.state, SL_SIM_TCP_RESET);
	ck_assert(!fetches[0].wrong);
	expect_whole(&fetches[1]);
	ck_assert_uint_eq(world.stats->read_errors, 1);
	ck_assert_uint_eq(counters_of(2).errors, 2);
	ck_assert_uint_eq(world.stats->device_errors, 2);
	ck_assert_uint_eq(world.stats->devices_failing, 1 << 2);
	sl_sim_world_close(&world);
}
END_TEST

/* Far more want the device that stalls than there are buffers. The others have theirs meanwhile,
 * and when it goes on, so do all. */
START_TEST(who_waits_for_a_device_that_stalls)
{
	static struct fetch crowd[CROWD_CNT], others[3];
	struct sl_sim_world_options options = calm;

	options.conns_max = CROWD_CNT + 3;
	options.idle_timeout_ns = 20 * MINUTE_NS;
	options.pipeline_budget_bytes = 8 * MIB;
	open_world(&options);
	sl_sim_disk_stall_device(world.worker->disk, 2, sl_clock_now_ns() + 5 * MINUTE_NS);
	/* Of the same place they would share one read. */
	for (uint64_t i = 0; i < CROWD_CNT; i++)
		start_at(&crowd[i], "once", i % 2, i * FILM_BYTES / CROWD_CNT);
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert_uint_lt(counters_of(2).in_flight_cnt, CROWD_CNT);
	ck_assert(sl_disk_lane_full(world.worker->disk, 3));
	ck_assert_uint_gt(sl_disk_free_buffers(world.worker->disk), 0);
	start(&others[0], "twice", true);
	start(&others[1], "root", true);
	start(&others[2], "root", false);
	fetch_run(&world, others, 3, MINUTE_NS);
	for (int i = 0; i < 3; i++)
		expect_whole(&others[i]);
	for (int i = 0; i < CROWD_CNT; i++)
		ck_assert_uint_eq(crowd[i].body_bytes, 0);
	fetch_run(&world, crowd, CROWD_CNT, 10 * MINUTE_NS);
	for (int i = 0; i < CROWD_CNT; i++)
		expect_whole(&crowd[i]);
	sl_sim_world_close(&world);
}
END_TEST

Suite *suite_stored(void)
{
	Suite *suite = suite_create("stored");
	TCase *tcase = tcase_create("stored");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, same_bytes_from_everywhere, 0,
			    (int)(sizeof(ways) / sizeof(ways[0])));
	tcase_add_test(tcase, no_such_name);
	tcase_add_test(tcase, errors_of_one_replica);
	tcase_add_test(tcase, errors_without_replica_reset);
	tcase_add_test(tcase, who_waits_for_a_device_that_stalls);
	suite_add_tcase(suite, tcase);
	return suite;
}
