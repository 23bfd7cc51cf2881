/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/snapshot.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "room_serve.h"
#include "serve_fetch.h"

enum { BIG_BYTES = 5 * 1000 * 1000, BIG_SEED = 11 };

static struct sl_sim_world world;

static void open_world(uint32_t conns_max)
{
	sl_sim_world_open(&world, &(struct sl_sim_world_options){
				      .seed = 1,
				      .conns_max = conns_max,
				      .out = { .delay_ns = 5 * SL_NS_PER_MS,
					       .rate_bytes_s = 10 * 1000 * 1000,
					       .queue_max = 2000 },
				      .in = { .delay_ns = 5 * SL_NS_PER_MS },
				  });
	sl_sim_disk_add(world.worker->disk, "big.mp4", BIG_SEED, BIG_BYTES);
}

/* The world's clock knows nothing of those who ask: in its place the eventfd that wakes a worker.
 */
static void turn(void)
{
	uint64_t next_ns;

	sl_worker_turn(world.worker, world.now_ns, &next_ns);
	if (world.turn_ns > next_ns)
		world.turn_ns = next_ns;
}

/* Asks, lets the worker turn once, and looks. */
static const struct sl_snapshot *rows_from(uint32_t from_idx)
{
	ck_assert(sl_snapshot_ask(world.worker, from_idx, -1));
	ck_assert_int_eq(sl_snapshot_state(world.worker), SL_SNAPSHOT_ASKED);
	turn();
	ck_assert_int_eq(sl_snapshot_state(world.worker), SL_SNAPSHOT_READY);
	return sl_snapshot_rows(world.worker);
}

static const struct sl_snapshot_row *row_of(const struct sl_sim_client *client)
{
	const struct sl_snapshot *snapshot = rows_from(0);

	for (uint32_t idx = 0; idx < snapshot->row_cnt; idx++)
		if (snapshot->rows[idx].tcp.peer_port == client->tcp.config.local_port)
			return &snapshot->rows[idx];
	return NULL;
}

static enum sl_snapshot_doing doing_of(const struct sl_sim_client *client)
{
	const struct sl_snapshot_row *row = row_of(client);

	ck_assert_ptr_nonnull(row);
	return row->doing;
}

START_TEST(nobody)
{
	open_world(64);
	ck_assert_uint_eq(rows_from(0)->row_cnt, 0);
	ck_assert_uint_eq(sl_snapshot_rows(world.worker)->next_idx, SL_SNAPSHOT_END);
	sl_sim_world_close(&world);
}
END_TEST

static const struct {
	struct sl_sim_client_options options;
	const char *name;
} kinds[] = {
	{ { .tls = true }, "tls" },
	{ { .tls = false }, "plain" },
	{ { .tls = true, .ipv6 = true }, "tls over IPv6" },
};

START_TEST(a_download)
{
	struct sl_sim_client *client;
	const struct sl_snapshot_row *row;
	struct fetch fetch = { .seed = BIG_SEED };

	open_world(64);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	fetch_start(&fetch, client, "GET", "/big.mp4", "");
	while (fetch.body_bytes < BIG_BYTES / 2) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	row = row_of(client);
	ck_assert_ptr_nonnull(row);
	ck_assert(row->tls == kinds[_i].options.tls);
	ck_assert(sl_address_is_ipv4(&row->tcp.peer) != kinds[_i].options.ipv6);
	ck_assert_uint_eq(row->tcp.local_port, row->tls ? SL_SIM_TLS_PORT : SL_SIM_PLAIN_PORT);
	ck_assert_int_eq(row->tcp.state, SL_TCP_ESTABLISHED);
	ck_assert_int_eq(row->doing, SL_DOING_RESPONSE);
	/* What is neither sent nor waiting to be is in disk buffers and packets. */
	ck_assert_uint_le(row->left_bytes, BIG_BYTES - fetch.body_bytes);
	ck_assert_uint_ge(row->left_bytes + row->tcp.sent_bytes + (1 << 20), BIG_BYTES);
	ck_assert_uint_gt(row->tcp.delivery_rate, 5 * 1000 * 1000);
	ck_assert_uint_lt(row->tcp.delivery_rate, 11 * 1000 * 1000);
	ck_assert_uint_ge(row->tcp.min_rtt_ns, 10 * SL_NS_PER_MS);
	sl_sim_world_close(&world);
}
END_TEST

/* A connection from its SYN to its end. */
START_TEST(what_a_session_does)
{
	struct sl_sim_client *client;

	open_world(64);
	client = sl_sim_world_connect(&world, &(struct sl_sim_client_options){ .tls = true });
	sl_sim_world_run(&world, 6 * SL_NS_PER_MS);
	ck_assert_int_eq(doing_of(client), SL_DOING_OPENING);
	ck_assert_int_eq(row_of(client)->tcp.state, SL_TCP_SYN_RECEIVED);
	ck_assert_uint_eq(row_of(client)->left_bytes, 0);
	sl_sim_world_run(&world, 10 * SL_NS_PER_MS);
	ck_assert_int_eq(doing_of(client), SL_DOING_HANDSHAKE);
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert_int_eq(doing_of(client), SL_DOING_IDLE);
	sl_sim_client_send(client, "GET /big.mp4 HT");
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert_int_eq(doing_of(client), SL_DOING_REQUEST);
	sl_sim_client_send(client, "TP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
	sl_sim_world_run(&world, 100 * SL_NS_PER_MS);
	ck_assert_int_eq(doing_of(client), SL_DOING_CLOSING); /* its last response */
	ck_assert_uint_gt(row_of(client)->left_bytes, 0);
	sl_sim_world_close(&world);
}
END_TEST

/* More connections than rows: each comes once, in as many questions as that takes. */
START_TEST(many)
{
	enum { CLIENTS = 2 * SL_SNAPSHOT_ROWS + 9 };
	uint32_t seen_cnt = 0, from_idx = 0, question_cnt = 0, last_idx = 0;

	open_world(CLIENTS + 50);
	for (int i = 0; i < CLIENTS; i++)
		sl_sim_world_connect(&world, &(struct sl_sim_client_options){ 0 });
	sl_sim_world_run(&world, 2 * SL_NS_PER_S);
	while (from_idx != SL_SNAPSHOT_END) {
		const struct sl_snapshot *snapshot = rows_from(from_idx);

		ck_assert_uint_le(snapshot->row_cnt, SL_SNAPSHOT_ROWS);
		for (uint32_t row = 0; row < snapshot->row_cnt; row++) {
			uint32_t idx = snapshot->rows[row].conn_idx;

			ck_assert(seen_cnt == 0 || idx > last_idx);
			ck_assert_int_eq(snapshot->rows[row].doing, SL_DOING_IDLE);
			last_idx = idx;
			seen_cnt++;
		}
		from_idx = snapshot->next_idx;
		question_cnt++;
	}
	ck_assert_uint_eq(seen_cnt, CLIENTS);
	ck_assert_uint_eq(question_cnt, 3);
	sl_sim_world_close(&world);
}
END_TEST

/* Nor does a turn look at more places than it may, full or empty. */
START_TEST(mostly_empty)
{
	uint32_t from_idx = 0;

	open_world(3 * SL_SNAPSHOT_LOOKS + 1);
	for (uint32_t turn = 1; turn <= 3; turn++) {
		from_idx = rows_from(from_idx)->next_idx;
		ck_assert_uint_eq(from_idx, turn * SL_SNAPSHOT_LOOKS);
	}
	ck_assert_uint_eq(rows_from(from_idx)->next_idx, SL_SNAPSHOT_END);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(the_end)
{
	uint64_t answer_cnt = 0;
	int answer_fd = eventfd(0, EFD_NONBLOCK);

	open_world(64);
	ck_assert(sl_snapshot_ask(world.worker, 0, answer_fd));
	ck_assert_int_lt(read(answer_fd, &answer_cnt, sizeof(answer_cnt)), 0);
	turn();
	ck_assert_int_eq(read(answer_fd, &answer_cnt, sizeof(answer_cnt)), sizeof(answer_cnt));
	ck_assert_uint_eq(answer_cnt, 1);

	ck_assert(sl_snapshot_ask(world.worker, 0, answer_fd));
	sl_snapshot_end(world.worker);
	ck_assert_int_eq(read(answer_fd, &answer_cnt, sizeof(answer_cnt)), sizeof(answer_cnt));
	ck_assert_int_eq(sl_snapshot_state(world.worker), SL_SNAPSHOT_ENDED);
	ck_assert(!sl_snapshot_ask(world.worker, 0, answer_fd));
	close(answer_fd);
	sl_sim_world_close(&world);
}
END_TEST

Suite *suite_snapshot(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tcase = tcase_create("snapshot");

	tcase_add_test(tcase, nobody);
	tcase_add_loop_test(tcase, a_download, 0, 3);
	tcase_add_test(tcase, what_a_session_does);
	tcase_add_test(tcase, many);
	tcase_add_test(tcase, mostly_empty);
	tcase_add_test(tcase, the_end);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
