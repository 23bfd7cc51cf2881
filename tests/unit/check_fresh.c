/* SPDX-License-Identifier: BSD-2-Clause */
/* A router speaks while a read is at the disk: what was cut for a few long packets leaves in many
 * short ones, more than one burst holds. */
#include <check.h>
#include <string.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/seq.h"
#include "room_serve.h"
#include "serve_fetch.h"
#include "sim_nic.h"
#include "tcp/stack.h"
#include "wire/format.h"

enum {
	FILE_BYTES = 20 * 1000 * 1000,
	FILE_SEED = 21,
	SHORT = SL_PMTU_MIN - 52, /* of a segment with timestamps */
	BURST_BYTES = SL_BURST_PACKETS * SHORT,
	LINK_BYTES = SL_ETHERNET_BYTES,
};

static struct sl_sim_world world;

/* The next hop carries no more than 552 bytes of what was sent last. */
static void router_speaks(const struct sl_sim_client *client)
{
	const struct sl_route *route = &client->tcp.route;
	uint8_t packet[LINK_BYTES + 20 + 8 + 20 + 8] = { 0 };
	uint8_t *ip = packet + LINK_BYTES, *icmp = ip + 20, *quoted = icmp + 8;
	uint16_t sum;

	memcpy(packet, route->link, LINK_BYTES);
	ip[0] = quoted[0] = 0x45;
	sl_wire_put16(ip + 2, sizeof(packet) - LINK_BYTES);
	ip[8] = 64;
	ip[9] = SL_PROTOCOL_ICMP;
	memcpy(ip + 12, &(uint8_t[]){ 203, 0, 113, 1 }, 4);
	memcpy(ip + 16, route->peer.bytes + 12, 4);
	sum = sl_checksum_fold(sl_checksum_add(0, ip, 20));
	memcpy(ip + 10, &sum, 2);
	icmp[0] = SL_ICMP_TYPE_UNREACHABLE;
	icmp[1] = SL_ICMP_CODE_TOO_BIG;
	sl_wire_put16(icmp + 6, SL_PMTU_MIN);
	quoted[9] = SL_PROTOCOL_TCP;
	memcpy(quoted + 12, route->peer.bytes + 12, 4);
	memcpy(quoted + 16, route->local.bytes + 12, 4);
	sl_wire_put16(quoted + 20, route->peer_port);
	sl_wire_put16(quoted + 22, route->local_port);
	sl_wire_put32(quoted + 24, sl_seq_wire(world.worker->tcp->conns[0].snd_nxt - 1));
	sum = sl_checksum_fold(sl_checksum_add(0, icmp, sizeof(packet) - LINK_BYTES - 20));
	memcpy(icmp + 2, &sum, 2);
	sl_sim_nic_push(world.worker->nic, packet, sizeof(packet));
}

static const struct {
	const char *name;
	bool tls, again;
	uint16_t mtu_bytes;
} cases[] = {
	{ "plain, new bytes", false, false, 1500 },
	{ "TLS, new bytes", true, false, 1500 },
	{ "plain, lost bytes", false, true, 1500 },
	{ "TLS, lost bytes", true, true, 1500 },
	{ "plain, new bytes of several frames", false, false, 9000 },
	{ "TLS, new bytes of several frames", true, false, 9000 },
};

/* A read is at the disk that brings more than one burst of short packets holds. */
static bool long_read_is_out(bool again)
{
	const struct sl_session *session = &world.worker->sessions[0];
	uint32_t read_idx = again ? session->again_idx : session->fresh_idx;
	const struct sl_tcp_range *range;

	if (read_idx == SL_NONE)
		return false;
	range = &world.worker->reads[read_idx].range;
	return range->end_seq - range->start_seq > BURST_BYTES;
}

/* So fast that one permission is as much, even to send again. */
static bool is_fast(void)
{
	return sl_tcp_rate(world.worker->tcp, (struct sl_tcp_conn){ 0 }) / 1000 > 2 * BURST_BYTES;
}

static void lose_all_for_a_while(const struct sl_sim_world_options *options)
{
	struct sl_sim_link_config out = options->out;

	out.loss_ppm = 1000000;
	sl_sim_link_set(world.paths[0].out, &out);
	sl_sim_world_run(&world, 10 * SL_NS_PER_MS);
	sl_sim_link_set(world.paths[0].out, &options->out);
}

/* From frames, and in one piece. */
START_TEST(what_was_cut_for_long_packets_leaves_in_short_ones)
{
	const struct sl_sim_world_options fast = {
		.seed = 3,
		.out = { .delay_ns = 10 * SL_NS_PER_MS },
		.in = { .delay_ns = 1 * SL_NS_PER_MS },
		.mtu_bytes = cases[_i / 2].mtu_bytes,
		.segments = _i % 2,
	};
	struct sl_sim_client_options options = {
		.tls = cases[_i / 2].tls,
		.mss = cases[_i / 2].mtu_bytes - 40,
		.window_bytes = 4 << 20,
	};
	struct sl_sim_disk_options slow = SL_SIM_DISK_OPTIONS;
	struct fetch fetch = { .seed = FILE_SEED };
	struct sl_sim_client *client;

	sl_sim_world_open(&world, &fast);
	slow.read_ns = 4 * SL_NS_PER_MS;
	sl_sim_disk_options(world.worker->disk, &slow);
	sl_sim_disk_add(world.worker->disk, "long.mp4", FILE_SEED, FILE_BYTES);
	client = sl_sim_world_connect(&world, &options);
	fetch_start(&fetch, client, "GET", "/long.mp4", "");
	while (!long_read_is_out(false) || (cases[_i / 2].again && !is_fast())) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
		ck_assert(!fetch_done(&fetch));
	}
	if (cases[_i / 2].again)
		lose_all_for_a_while(&fast);
	while (!long_read_is_out(cases[_i / 2].again)) {
		fetch_poll(&fetch);
		sl_sim_world_step(&world, UINT64_MAX);
		ck_assert(!fetch_done(&fetch));
	}
	router_speaks(client);
	sl_sim_world_run(&world, 2 * SL_NS_PER_MS);
	ck_assert(long_read_is_out(cases[_i / 2].again));
	sl_worker_count(world.worker);
	ck_assert_uint_eq(world.stats->too_big_honoured, 1);

	fetch_run(&world, &fetch, 1, 600 * SL_NS_PER_S);
	ck_assert_msg(fetch_done(&fetch), "%s: %lu bytes", cases[_i / 2].name,
		      (unsigned long)fetch.body_bytes);
	ck_assert(!fetch.wrong);
	ck_assert(!client->failed);
	ck_assert_uint_eq(world.stats->tag_mismatches, 0);
	sl_sim_world_close(&world);
}
END_TEST

Suite *suite_fresh(void)
{
	Suite *suite = suite_create("fresh");
	TCase *tcase = tcase_create("fresh");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, what_was_cut_for_long_packets_leaves_in_short_ones, 0,
			    2 * sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
