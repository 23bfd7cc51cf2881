/* SPDX-License-Identifier: BSD-2-Clause */
/* Handshakes in crowds, honest and not, beside streams and requests. In the simulation a step takes
 * 60 us. */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "room_serve.h"
#include "serve/handshakes.h"
#include "serve_fetch.h"
#include "sim_clock.h"
#include "tls/heap.h"

enum { CROWD = 400, FLOOD = 700, BIG_BYTES = 20 * 1000 * 1000, BIG_SEED = 11, PAGE_SEED = 5 };

static const struct sl_sim_client_options plain, tls = { .tls = true };

static const struct sl_sim_world_options roomy = {
	.seed = 1,
	.out = { .delay_ns = 5 * SL_NS_PER_MS,
		 .rate_bytes_s = 100 * 1000 * 1000,
		 .queue_max = 20000 },
	.in = { .delay_ns = 5 * SL_NS_PER_MS },
	.conns_max = 16384,
	.clients_max = FLOOD + CROWD,
};

static struct sl_sim_world world;
static struct fetch fetches[CROWD];

static void open_world(const struct sl_sim_world_options *options)
{
	sl_sim_world_open(&world, options);
	sl_sim_disk_add(world.worker->disk, "big.mp4", BIG_SEED, BIG_BYTES);
	sl_sim_disk_add(world.worker->disk, "page", PAGE_SEED, 1000);
}

static struct fetch ask_for_page(void)
{
	struct fetch fetch = { .seed = PAGE_SEED };

	fetch_start(&fetch, sl_sim_world_connect(&world, &tls), "GET", "/page", "");
	return fetch;
}

static uint32_t waiting(void)
{
	const struct sl_handshakes *handshakes = &world.worker->handshakes;

	return handshakes->cnt[SL_HANDSHAKES_NEW] + handshakes->cnt[SL_HANDSHAKES_BEGUN];
}

/* All of the crowd gets its page. */
static void finish_all(void)
{
	for (int tries = 0; tries < 10; tries++) {
		sl_sim_world_run(&world, SL_NS_PER_S);
		for (int i = 0; i < CROWD; i++)
			fetch_poll(&fetches[i]);
	}
	for (int i = 0; i < CROWD; i++)
		ck_assert(fetch_done(&fetches[i]) && !fetches[i].wrong);
}

/* Says hello, and nothing any more. */
static struct sl_sim_client *half_open(void)
{
	struct sl_sim_client *client = sl_sim_world_connect(&world, &tls);

	SSL_free(client->ssl);
	client->ssl = NULL;
	return client;
}

/* ---- turns ---- */

/* How long nothing more of the stream was handed out, at the longest, while more_to_come. */
static uint64_t longest_pause_ns(struct fetch *stream, bool (*more_to_come)(void))
{
	uint64_t seen_bytes = world.stats->body_bytes;
	uint64_t moved_ns = world.now_ns, longest_ns = 0;

	while (more_to_come()) {
		fetch_poll(stream);
		sl_sim_world_step(&world, UINT64_MAX);
		if (world.stats->body_bytes != seen_bytes)
			moved_ns = world.now_ns;
		seen_bytes = world.stats->body_bytes;
		if (world.now_ns - moved_ns > longest_ns)
			longest_ns = world.now_ns - moved_ns;
	}
	return longest_ns;
}

static bool is_first_quarter(void)
{
	return world.stats->body_bytes < BIG_BYTES / 4;
}

static bool is_first_half(void)
{
	return world.stats->body_bytes < BIG_BYTES / 2;
}

static bool is_crowd_on_its_way(void)
{
	return waiting() < CROWD / 2;
}

static bool is_any_waiting(void)
{
	return waiting() > 0;
}

/* Hundreds arrive at once. As long as they wait, a download goes on as it did before: two steps,
 * not 400, lie between two of its packets. */
START_TEST(streams_go_on_while_handshakes_wait)
{
	struct fetch stream = { .seed = BIG_SEED };
	uint64_t alone_ns, beside_ns, began_ns;

	open_world(&roomy);
	fetch_start(&stream, sl_sim_world_connect(&world, &plain), "GET", "/big.mp4", "");
	longest_pause_ns(&stream, is_first_quarter);
	alone_ns = longest_pause_ns(&stream, is_first_half);
	for (int i = 0; i < CROWD; i++)
		fetches[i] = ask_for_page();
	longest_pause_ns(&stream, is_crowd_on_its_way);
	began_ns = world.now_ns;
	beside_ns = longest_pause_ns(&stream, is_any_waiting);
	ck_assert_uint_ge(world.now_ns - began_ns, 20 * SL_NS_PER_MS);
	ck_assert_uint_le(beside_ns, alone_ns + SL_NS_PER_MS);
	ck_assert(!fetch_done(&stream));
	finish_all();
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(a_turn_takes_no_more_than_its_share)
{
	uint64_t most_ns = SL_HANDSHAKES_TURN_NS + 2 * SL_SIM_LOOK_NS;

	open_world(&roomy);
	for (int i = 0; i < CROWD; i++)
		fetches[i] = ask_for_page();
	while (world.stats->handshakes_done < CROWD) {
		uint64_t before_ns = world.stats->handshakes_ns;

		sl_sim_world_step(&world, UINT64_MAX);
		ck_assert_uint_le(world.stats->handshakes_ns - before_ns, most_ns);
	}
	ck_assert_uint_ge(world.stats->handshakes_ns, 2 * CROWD * SL_SIM_LOOK_NS);
	sl_sim_world_close(&world);
}
END_TEST

/* Who came first is secured first. */
START_TEST(the_order_is_that_of_arrival)
{
	struct sl_sim_client *clients[CROWD];
	uint32_t secured_cnt = 0;

	open_world(&roomy);
	for (int i = 0; i < CROWD; i++)
		clients[i] = sl_sim_world_connect(&world, &tls);
	while (secured_cnt < CROWD) {
		sl_sim_world_step(&world, UINT64_MAX);
		while (secured_cnt < CROWD && clients[secured_cnt]->secured)
			secured_cnt++;
		for (uint32_t i = secured_cnt; i < CROWD; i++)
			ck_assert(!clients[i]->secured);
	}
	sl_sim_world_close(&world);
}
END_TEST

/* ---- memory ---- */

/* More than there is memory for say hello and leave it at that. Then somebody comes who means it.
 */
START_TEST(half_open_handshakes_make_room)
{
	struct sl_sim_client *client;
	struct sl_tls_heap_usage usage;
	struct fetch fetch;

	open_world(&roomy);
	for (int i = 0; i < FLOOD; i++)
		client = half_open();
	fetch = ask_for_page();
	fetch_run(&world, &fetch, 1, 5 * SL_NS_PER_S);
	ck_assert(fetch_done(&fetch));
	ck_assert_uint_gt(world.stats->handshakes_dropped, 0);
	ck_assert_uint_eq(world.stats->handshakes_refused, 0);
	sl_tls_heap_usage(world.worker->tls_heap, &usage);
	ck_assert_uint_eq(usage.refused_cnt, 0);
	sl_sim_world_run(&world, 11 * SL_NS_PER_S);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_RESET);
	ck_assert_uint_eq(sl_pool_used(&world.worker->handshakes.pool), 0);
	sl_sim_world_close(&world);
}
END_TEST

/* Who is dropped is one that kept us waiting the longest, and not before its time. */
START_TEST(the_longest_idle_is_dropped_first)
{
	struct sl_sim_client *first, *last;

	open_world(&roomy);
	first = half_open();
	sl_sim_world_run(&world, SL_NS_PER_S);
	for (int i = 1; i < FLOOD; i++)
		last = half_open();
	sl_sim_world_run(&world, SL_HANDSHAKES_PATIENCE_NS - 100 * SL_NS_PER_MS);
	ck_assert_int_eq(first->tcp.state, SL_SIM_TCP_RESET);
	ck_assert_uint_eq(world.stats->handshakes_dropped, 1);
	ck_assert_uint_gt(waiting(), 0);
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert_uint_eq(waiting(), 0);
	ck_assert_int_eq(last->tcp.state, SL_SIM_TCP_OPEN);
	sl_sim_world_close(&world);
}
END_TEST

/* A crowd at the door takes half of the inboxes at most; the others are for those inside. */
START_TEST(requests_find_an_inbox_while_handshakes_wait)
{
	struct sl_sim_world_options small = roomy;
	struct fetch inside = { .seed = PAGE_SEED };

	small.capacity = sl_capacity_of(small.conns_max);
	small.capacity.inbox_cnt = 320;
	open_world(&small);
	fetch_start(&inside, sl_sim_world_connect(&world, &tls), "GET", "/page", "");
	fetch_run(&world, &inside, 1, SL_NS_PER_S);
	for (int i = 0; i < CROWD; i++)
		fetches[i] = ask_for_page();
	while (waiting() < CROWD / 4)
		sl_sim_world_step(&world, UINT64_MAX);
	fetch_start(&inside, inside.client, "GET", "/page", "");
	while (!fetch_poll(&inside)) {
		sl_sim_world_step(&world, UINT64_MAX);
		ck_assert_uint_le(world.worker->handshakes.cnt[SL_HANDSHAKES_NEW],
				  world.stats->inboxes_total / 2);
	}
	ck_assert_uint_gt(waiting(), 0);
	finish_all();
	ck_assert_uint_gt(world.stats->rx_inbox_full, 0); /* some had to say it twice */
	sl_sim_world_close(&world);
}
END_TEST

/* It leaves while it waits for its turn: nothing of it stays, and the others move up. */
START_TEST(some_leave_the_line)
{
	struct sl_sim_client *clients[CROWD];

	open_world(&roomy);
	for (int i = 0; i < CROWD; i++)
		clients[i] = sl_sim_world_connect(&world, &tls);
	while (waiting() < CROWD / 2)
		sl_sim_world_step(&world, UINT64_MAX);
	for (int i = 0; i < CROWD; i += 3)
		sl_sim_tcp_reset(&clients[i]->tcp);
	sl_sim_world_run(&world, SL_NS_PER_S);
	for (int i = 0; i < CROWD; i++)
		ck_assert(i % 3 == 0 || clients[i]->secured);
	ck_assert_uint_eq(sl_pool_used(&world.worker->handshakes.pool), 0);
	sl_sim_world_close(&world);
}
END_TEST

/* ---- time ---- */

static const struct {
	const char *name;
	struct sl_sim_client_options options;
} kinds[] = { { "plain", { .tls = false } }, { "tls", { .tls = true } } };
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* A request has ten seconds from its first byte, even if one more comes each second. */
START_TEST(half_a_request_holds_its_inbox_for_ten_seconds)
{
	struct sl_sim_client *client;

	open_world(&roomy);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	sl_sim_world_run(&world, 5 * SL_NS_PER_S);
	sl_sim_client_send(client, "GET /page HTTP/1.1\r\nX: ");
	for (int i = 0; i < 9; i++) {
		sl_sim_world_run(&world, SL_NS_PER_S);
		sl_sim_client_send(client, "x");
		ck_assert_uint_eq(sl_pool_used(&world.worker->inbox_pool), 1);
		ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_OPEN);
	}
	sl_sim_world_run(&world, 2 * SL_NS_PER_S);
	ck_assert_uint_eq(sl_pool_used(&world.worker->inbox_pool), 0);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	ck_assert_uint_eq(world.stats->connections_timed_out, 1);
	sl_sim_world_close(&world);
}
END_TEST

/* Half of a second one behind a whole first one, and a long answer between: the time runs from the
 * end of the answer. */
START_TEST(half_a_request_behind_a_whole_one)
{
	struct sl_sim_world_options slow = roomy;
	struct fetch fetch = { .seed = BIG_SEED };
	struct sl_sim_client *client;

	slow.out.rate_bytes_s = 1000 * 1000; /* 20 s */
	open_world(&slow);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	fetch_start(&fetch, client, "GET", "/big.mp4", "");
	sl_sim_client_send(client, "GET /page HTTP/1.1\r\n");
	fetch_run(&world, &fetch, 1, 60 * SL_NS_PER_S);
	ck_assert(fetch_done(&fetch) && !fetch.wrong);
	sl_sim_world_run(&world, 8 * SL_NS_PER_S);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_OPEN);
	sl_sim_world_run(&world, 4 * SL_NS_PER_S);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(half_a_handshake_has_ten_seconds)
{
	struct sl_sim_client *client;

	open_world(&roomy);
	client = half_open();
	sl_sim_world_run(&world, 9 * SL_NS_PER_S);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_OPEN);
	sl_sim_world_run(&world, 2 * SL_NS_PER_S);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_RESET);
	ck_assert_uint_eq(sl_pool_used(&world.worker->handshakes.pool), 0);
	sl_sim_world_close(&world);
}
END_TEST

Suite *suite_handshakes(void)
{
	Suite *suite = suite_create("handshakes");
	TCase *tcase = tcase_create("handshakes");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, streams_go_on_while_handshakes_wait);
	tcase_add_test(tcase, a_turn_takes_no_more_than_its_share);
	tcase_add_test(tcase, the_order_is_that_of_arrival);
	tcase_add_test(tcase, half_open_handshakes_make_room);
	tcase_add_test(tcase, the_longest_idle_is_dropped_first);
	tcase_add_test(tcase, requests_find_an_inbox_while_handshakes_wait);
	tcase_add_test(tcase, some_leave_the_line);
	tcase_add_loop_test(tcase, half_a_request_holds_its_inbox_for_ten_seconds, 0, KINDS);
	tcase_add_loop_test(tcase, half_a_request_behind_a_whole_one, 0, KINDS);
	tcase_add_test(tcase, half_a_handshake_has_ten_seconds);
	suite_add_tcase(suite, tcase);
	return suite;
}
