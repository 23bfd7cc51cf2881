/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole downloads through the whole worker, in virtual time: no privileges, no network, no disk. */
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "room_serve.h"
#include "serve_fetch.h"
#include "sim_nic.h"

#define MINUTE_NS (60 * SL_NS_PER_S)

enum { BIG_BYTES = 5 * 1000 * 1000 + 321, BIG_SEED = 11 };

static const struct sl_sim_world_options calm = {
	.seed = 1,
	.out = { .delay_ns = 5 * SL_NS_PER_MS,
		 .rate_bytes_s = 100 * 1000 * 1000,
		 .queue_max = 2000 },
	.in = { .delay_ns = 5 * SL_NS_PER_MS },
};

static struct sl_sim_world world;

static void open_world(const struct sl_sim_world_options *options)
{
	sl_sim_world_open(&world, options);
	sl_sim_disk_add(world.worker->disk, "big.mp4", BIG_SEED, BIG_BYTES);
	sl_sim_disk_add(world.worker->disk, "dir/index.html", 5, 1000);
	sl_sim_disk_add(world.worker->disk, "empty.ts", 6, 0);
}

/* Every client kind that must see the same bytes. */
static const struct {
	const char *name;
	struct sl_sim_client_options options;
} kinds[] = {
	{ "plain", { .tls = false } },
	{ "tls", { .tls = true } },
	{ "TLS 1.2, AES-128-GCM", { .tls = true, .suites_12 = "ECDHE+AES128" } },
	{ "TLS 1.2, AES-256-GCM", { .tls = true, .suites_12 = "ECDHE+AES256" } },
	{ "TLS 1.2, ChaCha20-Poly1305", { .tls = true, .suites_12 = "ECDHE+CHACHA20" } },
	{ "records of 512 bytes", { .tls = true, .fragment_code = 1 } },
	{ "records of 4096 bytes, TLS 1.2",
	  { .tls = true, .suites_12 = "ECDHE+AES128", .fragment_code = 4 } },
	{ "tls over IPv6", { .tls = true, .ipv6 = true } },
	{ "plain over IPv6", { .ipv6 = true } },
	{ "without SACK", { .tls = true, .no_sack = true } },
	{ "without timestamps", { .tls = true, .no_timestamps = true } },
	{ "without window scale", { .tls = true, .no_window_scale = true, .window_bytes = 65535 } },
	{ "bare",
	  { .tls = true,
	    .no_sack = true,
	    .no_timestamps = true,
	    .no_window_scale = true,
	    .window_bytes = 60000 } },
	{ "small segments", { .tls = true, .mss = 536 } },
	{ "tiny segments", { .mss = 100 } },
	{ "small window", { .tls = true, .window_bytes = 4000 } },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct fetch fetch_big(const struct sl_sim_client_options *options, uint64_t for_ns)
{
	struct fetch fetch = { .seed = BIG_SEED };

	fetch_start(&fetch, sl_sim_world_connect(&world, options), "GET", "/big.mp4", "");
	fetch_run(&world, &fetch, 1, for_ns);
	return fetch;
}

START_TEST(every_kind_of_client_gets_the_file)
{
	struct fetch fetch;

	open_world(&calm);
	fetch = fetch_big(&kinds[_i].options, 10 * MINUTE_NS);
	ck_assert_msg(fetch_done(&fetch), "%s: %lu of %lu", kinds[_i].name,
		      (unsigned long)fetch.body_bytes, (unsigned long)fetch.content_length);
	ck_assert_int_eq(fetch.status, 200);
	ck_assert_uint_eq(fetch.content_length, BIG_BYTES);
	ck_assert_msg(!fetch.wrong, "%s", kinds[_i].name);
	ck_assert_uint_eq(world.stats->tag_mismatches, 0);
	sl_sim_world_close(&world);
}
END_TEST

/* 2 % lost each way, reordering, duplicates, damage: the same bytes, some of them read twice. */
START_TEST(every_kind_survives_a_bad_path)
{
	struct sl_sim_world_options bad = calm;
	struct fetch fetch;

	bad.seed = 100 + (uint64_t)_i;
	bad.out.loss_ppm = bad.in.loss_ppm = 20000;
	bad.out.reorder_ppm = bad.in.reorder_ppm = 10000;
	bad.out.duplicate_ppm = bad.in.duplicate_ppm = 5000;
	bad.out.corrupt_ppm = bad.in.corrupt_ppm = 5000;
	open_world(&bad);
	fetch = fetch_big(&kinds[_i].options, 60 * MINUTE_NS);
	ck_assert_msg(fetch_done(&fetch), "%s: %lu of %lu", kinds[_i].name,
		      (unsigned long)fetch.body_bytes, (unsigned long)fetch.content_length);
	ck_assert_msg(!fetch.wrong, "%s", kinds[_i].name);
	ck_assert_uint_gt(world.stats->reread_bytes, 0);
	ck_assert_uint_eq(world.stats->tag_mismatches, 0);
	sl_sim_world_close(&world);
}
END_TEST

/* At an interface's MTU, how many bytes a packet has when a client takes as many. Above 3000 it has
 * several frames; what a probe of the path's MTU brings is another's matter (sim_scenario.c). */
static const struct {
	uint32_t mtu_bytes, mss, packet_bytes, loss_ppm;
} jumbos[] = {
	{ 3000, 8960, 2948, 0 },     { 3001, 8960, 2949, 0 },     { 9000, 8960, 8948, 0 },
	{ 9000, 8960, 8948, 20000 }, { 9000, 1460, 1448, 20000 }, { 9216, 9176, 9164, 20000 },
};

START_TEST(packets_of_several_frames)
{
	struct sl_sim_client_options options = { .tls = true, .mss = jumbos[_i].mss };
	struct sl_sim_world_options wide = calm;
	struct fetch fetch;
	uint64_t packets;

	wide.mtu_bytes = jumbos[_i].mtu_bytes;
	wide.out.loss_ppm = wide.in.loss_ppm = jumbos[_i].loss_ppm;
	open_world(&wide);
	fetch = fetch_big(&options, 10 * MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	ck_assert(!fetch.wrong);
	packets = world.stats->tx_packets;
	ck_assert_uint_ge(packets, BIG_BYTES / jumbos[_i].packet_bytes);
	ck_assert_uint_le(packets, BIG_BYTES / jumbos[_i].packet_bytes * 106 / 100 + 50);
	ck_assert_uint_eq(world.stats->tag_mismatches, 0);
	sl_sim_world_close(&world);
}
END_TEST

/* Windows are never whole packets, but what is cut from them is: no more packets than the file's
 * bytes, its records and the losses need. */
START_TEST(cuts_end_where_packets_end)
{
	enum { PACKET_BYTES = 1448 };
	struct sl_sim_world_options slow = calm;
	struct fetch fetch;
	uint64_t packets;

	slow.out.rate_bytes_s = 2 * 1000 * 1000;
	slow.out.loss_ppm = 5000;
	open_world(&slow);
	fetch = fetch_big(&kinds[_i].options, 10 * MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	packets = world.stats->tx_packets;
	ck_assert_uint_lt(packets, BIG_BYTES / PACKET_BYTES * 104 / 100);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(many_clients_share_a_small_budget)
{
	enum { CLIENTS = 60 };
	struct sl_sim_world_options tight = calm;
	struct sl_sim_disk_options slow = SL_SIM_DISK_OPTIONS;
	static struct fetch fetches[CLIENTS];

	tight.pipeline_budget_bytes = 1; /* the least there is */
	tight.out.loss_ppm = 2000;
	open_world(&tight);
	slow.read_ns = 10 * SL_NS_PER_MS;
	sl_sim_disk_options(world.worker->disk, &slow);
	for (int i = 0; i < CLIENTS; i++) {
		struct sl_sim_client_options options = { .tls = i % 2 };

		fetches[i].seed = BIG_SEED;
		fetch_start(&fetches[i], sl_sim_world_connect(&world, &options), "GET", "/big.mp4",
			    "");
	}
	fetch_run(&world, fetches, CLIENTS, 30 * MINUTE_NS);
	for (int i = 0; i < CLIENTS; i++) {
		ck_assert(fetch_done(&fetches[i]));
		ck_assert(!fetches[i].wrong);
	}
	ck_assert_uint_gt(world.stats->pump_waits, 0);
	ck_assert_uint_le(world.stats->buffers_used_high, world.stats->buffers_total);
	sl_sim_world_close(&world);
}
END_TEST

/* Everything that was taken has come back when the clients are gone. */
START_TEST(nothing_is_left_behind)
{
	struct fetch fetch;

	open_world(&calm);
	for (int i = 0; i < KINDS; i++) {
		fetch = fetch_big(&kinds[i].options, 10 * MINUTE_NS);
		ck_assert(fetch_done(&fetch));
		if (i % 2)
			sl_sim_tcp_reset(&fetch.client->tcp);
		else
			sl_sim_tcp_close(&fetch.client->tcp);
	}
	sl_sim_world_run(&world, 2 * MINUTE_NS);
	ck_assert_uint_eq(sl_pool_used(&world.worker->inbox_pool), 0);
	ck_assert_uint_eq(sl_pool_used(&world.worker->inbox_large_pool), 0);
	ck_assert_uint_eq(sl_pool_used(&world.worker->chunk_pool), 0);
	ck_assert_uint_eq(sl_pool_used(&world.worker->node_pool), 0);
	ck_assert_uint_eq(sl_pool_used(&world.worker->table_pool), 0);
	ck_assert_uint_eq(sl_pool_used(&world.worker->records.pool), 0);
	ck_assert_uint_eq(world.stats->buffers_used, 0);
	ck_assert_uint_eq(sl_tcp_counters(world.worker->tcp)->open_cnt, 0);
	sl_sim_world_close(&world);
}
END_TEST

/* The file is overwritten in place while its records are in flight and packets are lost: what was
 * sent once is never sent again with other bytes, and the connection ends in a reset. */
START_TEST(overwritten_file_resets_tls)
{
	struct sl_sim_world_options lossy = calm;
	struct fetch fetch = { .seed = BIG_SEED, .any = true };
	struct sl_sim_client *client;

	lossy.out.loss_ppm = 50000;
	lossy.seed = 7;
	open_world(&lossy);
	client = sl_sim_world_connect(&world, &kinds[1].options);
	fetch_start(&fetch, client, "GET", "/big.mp4", "");
	while (fetch.body_bytes < BIG_BYTES / 4) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	/* Now it changes, just while lost records are being read again. */
	while (world.worker->sessions[0].again_idx == SL_NONE) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	sl_sim_disk_overwrite(world.worker->disk, "big.mp4", 0);
	fetch_run(&world, &fetch, 1, 10 * MINUTE_NS);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_RESET);
	ck_assert(!client->failed); /* every record that did arrive was sound */
	ck_assert_uint_eq(world.stats->tag_mismatches, 1);
	ck_assert_uint_lt(fetch.body_bytes, BIG_BYTES);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(shrunken_file_resets)
{
	struct fetch fetch = { .seed = BIG_SEED };
	struct sl_sim_client *client;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	fetch_start(&fetch, client, "GET", "/big.mp4", "");
	while (fetch.body_bytes < 1000000) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	sl_sim_disk_cut(world.worker->disk, "big.mp4", BIG_BYTES / 2);
	fetch_run(&world, &fetch, 1, 10 * MINUTE_NS);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_RESET);
	ck_assert(!fetch.wrong);
	ck_assert_uint_le(fetch.body_bytes, BIG_BYTES / 2);
	ck_assert_uint_ge(world.stats->short_reads, 1);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(read_error_resets)
{
	struct fetch fetch = { .seed = BIG_SEED };

	open_world(&calm);
	fetch_start(&fetch, sl_sim_world_connect(&world, &kinds[1].options), "GET", "/big.mp4", "");
	while (fetch.body_bytes < 1000000) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	sl_sim_disk_fail_reads(world.worker->disk, "big.mp4", -5, 1);
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert_int_eq(fetch.client->tcp.state, SL_SIM_TCP_RESET);
	ck_assert(!fetch.wrong);
	ck_assert_uint_eq(world.stats->read_errors, 1);
	sl_sim_world_close(&world);
}
END_TEST

/* One connection, one request after the other. */
static const struct {
	const char *method, *target, *headers;
	int status;
	uint64_t seed, off_bytes, len_bytes;
} requests[] = {
	{ "GET", "/big.mp4", "Range: bytes=0-0\r\n", 206, BIG_SEED, 0, 1 },
	{ "GET", "/big.mp4", "Range: bytes=1000001-1999999\r\n", 206, BIG_SEED, 1000001, 999999 },
	{ "GET", "/big.mp4", "Range: bytes=-5\r\n", 206, BIG_SEED, BIG_BYTES - 5, 5 },
	{ "GET", "/big.mp4", "Range: bytes=6000000-\r\n", 416, 0, 0, 0 },
	{ "HEAD", "/big.mp4", "", 200, 0, 0, 0 },
	{ "GET", "/nothing", "", 404, 0, 0, 0 },
	{ "GET", "/dir", "", 301, 0, 0, 0 },
	{ "GET", "/dir/", "", 200, 5, 0, 1000 },
	{ "GET", "/", "", 404, 0, 0, 0 },
	{ "GET", "/empty.ts", "", 200, 0, 0, 0 },
	{ "GET", "/%2e%2e/etc/passwd", "", 400, 0, 0, 0 },
	{ "POST", "/big.mp4", "", 405, 0, 0, 0 },
	{ "GET", "/big.mp4", "If-None-Match: *\r\n", 304, 0, 0, 0 },
	{ "GET", "/big.mp4", "Range: bytes=100-199\r\n", 206, BIG_SEED, 100, 100 },
};
enum { REQUESTS = sizeof(requests) / sizeof(requests[0]) };

START_TEST(persistent_connection_answers_one_after_the_other)
{
	struct sl_sim_client *client;
	struct fetch fetch;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	for (int i = 0; i < REQUESTS; i++) {
		fetch =
		    (struct fetch){ .seed = requests[i].seed, .off_bytes = requests[i].off_bytes };
		fetch_start(&fetch, client, requests[i].method, requests[i].target,
			    requests[i].headers);
		fetch_run(&world, &fetch, 1, MINUTE_NS);
		ck_assert_msg(fetch_done(&fetch), "request %d", i);
		ck_assert_msg(fetch.status == requests[i].status, "request %d: %d", i,
			      fetch.status);
		ck_assert(!fetch.wrong);
		if (requests[i].len_bytes > 0)
			ck_assert_uint_eq(fetch.body_bytes, requests[i].len_bytes);
	}
	ck_assert_uint_eq(world.stats->connections_accepted, 1);
	ck_assert_uint_eq(world.stats->requests, REQUESTS);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	enum { PIPELINED = 20 };
	static struct fetch fetches[PIPELINED];
	struct sl_sim_client *client;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	for (int i = 0; i < PIPELINED; i++) {
		char headers[64];

		fetches[i].seed = BIG_SEED;
		fetches[i].off_bytes = (uint64_t)i * 100000;
		snprintf(headers, sizeof(headers), "Range: bytes=%d-%d\r\n", i * 100000,
			 i * 100000 + 49999);
		fetch_start(&fetches[i], client, "GET", "/big.mp4", headers);
	}
	for (int i = 0; i < PIPELINED; i++) {
		fetch_run(&world, &fetches[i], 1, MINUTE_NS);
		ck_assert_msg(fetch_done(&fetches[i]), "response %d", i);
		ck_assert_int_eq(fetches[i].status, 206);
		ck_assert(!fetches[i].wrong);
	}
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(connection_close_ends_with_goodbye_and_fin)
{
	struct fetch fetch = { .seed = 5 };
	struct sl_sim_client *client;
	uint8_t byte;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	fetch_start(&fetch, client, "GET", "/dir/", "Connection: close\r\n");
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert_uint_eq(sl_sim_client_read(client, &byte, 1), 0);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	ck_assert(client->said_goodbye == kinds[_i].options.tls);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(rubbish_gets_400_and_close)
{
	struct sl_sim_client *client;
	uint8_t data[512] = { 0 };

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	sl_sim_client_send(client, "what is this\r\n\r\n");
	sl_sim_world_run(&world, SL_NS_PER_S);
	ck_assert_uint_gt(sl_sim_client_read(client, data, sizeof(data) - 1), 0);
	ck_assert_int_eq(strncmp((char *)data, "HTTP/1.1 400 ", 13), 0);
	sl_sim_client_read(client, data, 1);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	sl_sim_world_close(&world);
}
END_TEST

/* What looks like a second request is the first one's body: it must not be answered. */
START_TEST(a_body_is_never_a_request)
{
	struct sl_sim_client *client;
	uint8_t data[4096] = { 0 };

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[_i].options);
	sl_sim_client_send(client, "GET /dir/ HTTP/1.1\r\nHost: sim\r\nContent-Length: 37\r\n\r\n"
				   "GET /empty.ts HTTP/1.1\r\nHost: sim\r\n\r\n");
	sl_sim_world_run(&world, 5 * SL_NS_PER_S);
	ck_assert_uint_gt(sl_sim_client_read(client, data, sizeof(data) - 1), 0);
	ck_assert_ptr_nonnull(strstr((char *)data, "Connection: close\r\n"));
	ck_assert_uint_eq(world.stats->requests, 1);
	while (sl_sim_client_read(client, data, sizeof(data)) > 0)
		continue;
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	sl_sim_world_close(&world);
}
END_TEST

/* Packets that lie, one for each way to lie; the server counts them and serves on. */
static const struct {
	const char *name;
	uint32_t at;        /* byte of the packet that is changed ... */
	uint8_t value;      /* ... to this */
	uint32_t len_bytes; /* cut to this length; 0: whole */
	size_t counter;     /* offset in the page of counters */
} lies[] = {
	{ "cut in the TCP header", 0, 2, 40, offsetof(struct sluice_worker_stats, rx_truncated) },
	{ "IP length beyond the packet", 16, 0x7f, 0,
	  offsetof(struct sluice_worker_stats, rx_truncated) },
	{ "header length 4", 14, 0x41, 0, offsetof(struct sluice_worker_stats, rx_bad_headers) },
	{ "data offset beyond the packet", 46, 0xf0, 0,
	  offsetof(struct sluice_worker_stats, rx_bad_headers) },
	{ "a flag was turned", 47, 0x55, 0,
	  offsetof(struct sluice_worker_stats, rx_bad_checksums) },
	{ "a fragment", 20, 0x20, 0, offsetof(struct sluice_worker_stats, rx_fragments) },
	{ "UDP", 23, 17, 0, offsetof(struct sluice_worker_stats, rx_not_tcp) },
};
enum { LIES = sizeof(lies) / sizeof(lies[0]) };

/* As a NIC would have found them right: what is tested lies behind the IPv4 header's checksum. */
static void mend_ip_checksum(uint8_t *packet)
{
	uint16_t sum;

	memset(packet + 24, 0, 2);
	sum = sl_checksum_fold(sl_checksum_add(0, packet + 14, 20));
	memcpy(packet + 24, &sum, 2);
}

START_TEST(packets_that_lie_are_counted)
{
	struct fetch fetch = { .seed = 5 };
	uint8_t buffer[SL_FRAME_HEADROOM_BYTES], *payload = buffer + sizeof(buffer), *packet;
	struct sl_sim_client *client;
	uint32_t len_bytes;
	uint64_t count;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[0].options);
	sl_sim_world_run(&world, SL_NS_PER_S);
	len_bytes = sl_header_write(&client->tcp.route,
				    &(struct sl_header){ .flags = SL_TCP_ACK, .window_scale = -1 },
				    payload, 0);
	packet = payload - len_bytes;
	packet[lies[_i].at] = lies[_i].value;
	mend_ip_checksum(packet);
	sl_sim_nic_push(world.worker->nic, packet,
			lies[_i].len_bytes ? lies[_i].len_bytes : len_bytes);
	sl_sim_world_run(&world, SL_NS_PER_S);
	memcpy(&count, (const uint8_t *)world.stats + lies[_i].counter, sizeof(count));
	ck_assert_msg(count == 1, "%s", lies[_i].name);
	fetch_start(&fetch, client, "GET", "/dir/", "");
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert(fetch_done(&fetch) && !fetch.wrong);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(rubbish_instead_of_a_handshake_is_refused)
{
	struct sl_sim_client_options tls = { .tls = true };
	struct sl_sim_client *client;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &tls);
	SSL_free(client->ssl);
	client->ssl = NULL; /* from here on it speaks plain text to the TLS port */
	sl_sim_client_send(client, "GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
	sl_sim_world_run(&world, 5 * SL_NS_PER_S);
	ck_assert_uint_eq(world.stats->handshakes_failed, 1);
	ck_assert_int_ne(client->tcp.state, SL_SIM_TCP_OPEN);
	sl_sim_world_close(&world);
}
END_TEST

/* The connection ends while the file is still being looked up. */
START_TEST(bad_record_behind_a_request)
{
	static const uint8_t bad[] = { 23, 3,  3,  0,  20, 1,  2,  3,  4,  5,  6,  7, 8,
				       9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
	struct fetch fetch = { .seed = BIG_SEED };
	struct sl_sim_client *client;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[1].options);
	while (!client->secured)
		sl_sim_world_step(&world, UINT64_MAX);
	fetch_start(&fetch, client, "GET", "/big.mp4", "");
	sl_sim_tcp_send(&client->tcp, bad, sizeof(bad));
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert_int_ne(client->tcp.state, SL_SIM_TCP_OPEN);
	ck_assert_uint_eq(world.stats->body_bytes, 0);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(key_updates_both_ways)
{
	struct fetch fetch = { .seed = BIG_SEED };
	struct sl_sim_client *client;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &kinds[1].options);
	fetch_start(&fetch, client, "GET", "/big.mp4", "");
	while (fetch.body_bytes < 1000000) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	ck_assert_int_eq(SSL_key_update(client->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	fetch.off_bytes = 0;
	fetch_start(&fetch, client, "GET", "/big.mp4", "Range: bytes=0-99999\r\n");
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	ck_assert(!fetch.wrong);
	ck_assert(!client->failed);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(idle_connection_is_closed_after_a_while)
{
	struct fetch fetch = { .seed = 5 };

	open_world(&calm);
	fetch_start(&fetch, sl_sim_world_connect(&world, &kinds[_i].options), "GET", "/dir/", "");
	fetch_run(&world, &fetch, 1, MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	sl_sim_world_run(&world, 30 * SL_NS_PER_S);
	ck_assert_int_eq(fetch.client->tcp.state, SL_SIM_TCP_OPEN);
	sl_sim_world_run(&world, 40 * SL_NS_PER_S);
	ck_assert_int_eq(fetch.client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	sl_sim_world_close(&world);
}
END_TEST

START_TEST(silent_handshake_is_dropped)
{
	struct sl_sim_client_options tls = { .tls = true };
	struct sl_sim_client *client;

	open_world(&calm);
	client = sl_sim_world_connect(&world, &tls);
	SSL_free(client->ssl);
	client->ssl = NULL;
	sl_sim_world_run(&world, 20 * SL_NS_PER_S);
	ck_assert_int_eq(client->tcp.state, SL_SIM_TCP_RESET);
	sl_sim_world_close(&world);
}
END_TEST

/* SIGTERM: who is being served is served, idle ones and new ones are not. */
START_TEST(drain_finishes_what_is_under_way)
{
	struct fetch busy = { .seed = BIG_SEED }, idle = { .seed = 5 };
	struct sl_sim_client *late;

	open_world(&calm);
	fetch_start(&idle, sl_sim_world_connect(&world, &kinds[1].options), "GET", "/dir/", "");
	fetch_run(&world, &idle, 1, MINUTE_NS);
	fetch_start(&busy, sl_sim_world_connect(&world, &kinds[1].options), "GET", "/big.mp4", "");
	while (busy.body_bytes < 100000) {
		fetch_poll(&busy);
		sl_sim_world_step(&world, UINT64_MAX);
	}
	sl_worker_drain(world.worker);
	late = sl_sim_world_connect(&world, &kinds[0].options);
	fetch_run(&world, &busy, 1, MINUTE_NS);
	ck_assert(fetch_done(&busy));
	ck_assert(!busy.wrong);
	ck_assert_int_eq(idle.client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	ck_assert_int_eq(late->tcp.state, SL_SIM_TCP_RESET);
	sl_sim_world_run(&world, 6 * SL_NS_PER_S);
	ck_assert(sl_worker_drained(world.worker));
	sl_sim_world_close(&world);
}
END_TEST

/* What a story comes to: enough to tell two apart. */
struct story {
	uint64_t packets, ns;
};

static struct story tell(uint64_t seed)
{
	struct sl_sim_world_options bad = calm;
	struct story story;
	struct fetch fetch;

	bad.seed = seed;
	bad.out.loss_ppm = bad.in.loss_ppm = 10000;
	open_world(&bad);
	fetch = fetch_big(&kinds[0].options, 10 * MINUTE_NS);
	ck_assert(fetch_done(&fetch));
	story = (struct story){ world.stats->tx_packets, world.now_ns };
	sl_sim_world_close(&world);
	return story;
}

/* In a process of its own: the simulated clock never goes back. */
static struct story tell_apart(uint64_t seed)
{
	struct story story = { 0 };
	int ends[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		story = tell(seed);
		_exit(write(ends[1], &story, sizeof(story)) != sizeof(story));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(ends[0], &story, sizeof(story)), sizeof(story));
	close(ends[0]);
	close(ends[1]);
	return story;
}

START_TEST(same_seed_same_story)
{
	struct story first = tell_apart(42), second = tell_apart(42), other = tell_apart(43);

	ck_assert_uint_eq(first.packets, second.packets);
	ck_assert_uint_eq(first.ns, second.ns);
	ck_assert_uint_ne(first.ns, other.ns);
}
END_TEST

Suite *suite_worker(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = tcase_create("downloads");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_kind_of_client_gets_the_file, 0, KINDS);
	tcase_add_loop_test(tcase, every_kind_survives_a_bad_path, 0, KINDS);
	tcase_add_test(tcase, many_clients_share_a_small_budget);
	tcase_add_loop_test(tcase, cuts_end_where_packets_end, 0, 2); /* plain and TLS */
	tcase_add_test(tcase, nothing_is_left_behind);
	tcase_add_loop_test(tcase, packets_of_several_frames, 0,
			    sizeof(jumbos) / sizeof(jumbos[0]));
	tcase_add_test(tcase, overwritten_file_resets_tls);
	tcase_add_loop_test(tcase, shrunken_file_resets, 0, 2);
	tcase_add_test(tcase, read_error_resets);
	tcase_add_loop_test(tcase, persistent_connection_answers_one_after_the_other, 0, 2);
	tcase_add_loop_test(tcase, pipelined_requests_are_answered_in_order, 0, 2);
	tcase_add_loop_test(tcase, connection_close_ends_with_goodbye_and_fin, 0, 2);
	tcase_add_loop_test(tcase, rubbish_gets_400_and_close, 0, 2);
	tcase_add_loop_test(tcase, a_body_is_never_a_request, 0, 2);
	tcase_add_loop_test(tcase, packets_that_lie_are_counted, 0, LIES);
	tcase_add_test(tcase, rubbish_instead_of_a_handshake_is_refused);
	tcase_add_test(tcase, bad_record_behind_a_request);
	tcase_add_test(tcase, key_updates_both_ways);
	tcase_add_loop_test(tcase, idle_connection_is_closed_after_a_while, 0, 2);
	tcase_add_test(tcase, silent_handshake_is_dropped);
	tcase_add_test(tcase, drain_finishes_what_is_under_way);
	tcase_add_test(tcase, same_seed_same_story);
	suite_add_tcase(suite, tcase);
	return suite;
}
