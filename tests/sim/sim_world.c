/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_world.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "sim_clock.h"
#include "sim_nic.h"
#include "sim_random.h"

enum { LINK_SEEDS = 7 };

static struct sl_address ipv4(uint8_t d)
{
	return sl_address_from_ipv4((const uint8_t[4]){ 10, 0, 0, d });
}

static struct sl_address ipv6(uint8_t d)
{
	return sl_address_from_ipv6((const uint8_t[16]){ 0xfd, [15] = d });
}

static void make_listeners(struct sl_sim_world *world)
{
	for (int i = 0; i < 4; i++) {
		world->listeners[i].ipv6 = i & 1;
		world->listeners[i].address = i & 1 ? ipv6(1) : ipv4(1);
		world->listeners[i].tls = i < 2;
		world->listeners[i].port = i < 2 ? SL_SIM_TLS_PORT : SL_SIM_PLAIN_PORT;
	}
}

void sl_sim_world_open(struct sl_sim_world *world, const struct sl_sim_world_options *options)
{
	struct sl_sim_link_config out = options->out, in = options->in;

	memset(world, 0, sizeof(*world));
	BUG_ON(sl_worker_process_init());
	sl_sim_clock_set(SL_SIM_START_NS);
	sl_sim_random_seed(options->seed);
	world->now_ns = SL_SIM_START_NS;
	out.seed = options->seed * LINK_SEEDS + 1;
	in.seed = options->seed * LINK_SEEDS + 2;
	sl_sim_nic_links(&out, &in);
	make_listeners(world);
	sl_sim_certificate_make(&world->certificate);
	world->stats = aligned_alloc(4096, sizeof(*world->stats));
	BUG_ON(!world->stats);
	memset(world->stats, 0, sizeof(*world->stats));
	world->config = (struct sl_worker_config){
		.iface = "sim0",
		.mtu_bytes = 1500,
		.listeners = world->listeners,
		.listener_cnt = 4,
		.root = "/",
		.certificate_path = world->certificate.certificate_path,
		.key_path = world->certificate.key_path,
		.aead = options->aead,
		.conns_max = options->conns_max ? options->conns_max : 64,
		.pipeline_budget_bytes = options->pipeline_budget_bytes
					     ? options->pipeline_budget_bytes
					     : UINT64_C(8) << 20,
		.idle_timeout_ns = 60 * SL_NS_PER_S,
		.drain_ns = 5 * SL_NS_PER_S,
		.stats = world->stats,
	};
	BUG_ON(sl_worker_open(&world->worker, &world->config));
	world->context = SSL_CTX_new(TLS_client_method());
	BUG_ON(!world->context);
	SSL_CTX_set_min_proto_version(world->context, TLS1_3_VERSION);
}

void sl_sim_world_close(struct sl_sim_world *world)
{
	for (uint32_t i = 0; i < world->client_cnt; i++) {
		sl_sim_client_free(world->clients[i]);
		free(world->clients[i]);
	}
	SSL_CTX_free(world->context);
	sl_worker_close(world->worker);
	sl_sim_certificate_remove(&world->certificate);
	free(world->stats);
}

struct sl_sim_client *sl_sim_world_connect(struct sl_sim_world *world,
					   const struct sl_sim_client_options *options)
{
	struct sl_sim_client *client = malloc(sizeof(*client));
	uint32_t number = world->client_cnt;
	struct sl_sim_tcp_config tcp = {
		.local = options->ipv6 ? ipv6((uint8_t)(2 + number % 200))
				       : ipv4((uint8_t)(2 + number % 200)),
		.peer = options->ipv6 ? ipv6(1) : ipv4(1),
		.local_port = (uint16_t)(10000 + number),
		.peer_port = options->tls ? SL_SIM_TLS_PORT : SL_SIM_PLAIN_PORT,
		.ipv6 = options->ipv6,
		.sack = !options->no_sack,
		.timestamps = !options->no_timestamps,
		.mss = options->mss ? options->mss : 1460,
		.window_scale = options->no_window_scale ? -1 : 7,
		.window_bytes = options->window_bytes ? options->window_bytes : 1 << 20,
		.isn = 0xfffff000u + number * 4099, /* near the wrap */
	};

	BUG_ON(!client || number == SL_SIM_CLIENTS_MAX);
	sl_sim_client_open(client, world->worker->nic, options->tls ? world->context : NULL, &tcp);
	world->clients[world->client_cnt++] = client;
	return client;
}

static void deliver(struct sl_sim_world *world)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];
	struct sl_segment segment;
	uint32_t len_bytes;

	while ((len_bytes = sl_sim_nic_pull(world->worker->nic, packet)) > 0) {
		if (sl_segment_parse(packet, len_bytes, &segment) != SL_WIRE_OK)
			continue; /* the link has damaged it */
		for (uint32_t i = 0; i < world->client_cnt; i++)
			if (sl_sim_client_input(world->clients[i], &segment))
				break;
	}
}

static void check(struct sl_sim_world *world)
{
	struct sl_tcp_info info;

	sl_sim_nic_check(world->worker->nic);
	for (uint32_t idx = 0; idx < world->config.conns_max; idx++) {
		if (world->worker->sessions[idx].phase == SL_SESSION_FREE)
			continue;
		sl_tcp_info(world->worker->tcp, (struct sl_tcp_conn){ idx }, &info);
		/* A window that shrank (loss, or the peer's) is not overdrawn further, but what is
		 * out is out: sl_tcp_window is 0 then. */
		BUG_ON(info.state == SL_TCP_ESTABLISHED &&
		       info.in_flight_bytes + info.being_made_bytes > info.cwnd_bytes &&
		       sl_tcp_window(world->worker->tcp, (struct sl_tcp_conn){ idx }) > 0);
	}
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

void sl_sim_world_step(struct sl_sim_world *world, uint64_t until_ns)
{
	uint64_t next_ns, worker_ns;
	bool busy;

	deliver(world);
	for (uint32_t i = 0; i < world->client_cnt; i++)
		sl_sim_client_tick(world->clients[i]);
	busy = sl_worker_turn(world->worker, world->now_ns, &worker_ns);
	check(world);
	if (busy) {
		next_ns = world->now_ns;
	} else {
		next_ns = earlier(worker_ns, sl_sim_disk_next_ns(world->worker->disk));
		next_ns = earlier(next_ns, sl_sim_nic_worker_next_ns(world->worker->nic));
	}
	next_ns = earlier(next_ns, sl_sim_nic_client_next_ns(world->worker->nic));
	for (uint32_t i = 0; i < world->client_cnt; i++)
		next_ns = earlier(next_ns, sl_sim_tcp_next_ns(&world->clients[i]->tcp));
	next_ns = earlier(next_ns, until_ns);
	/* A turn takes its time, so time always moves. */
	world->now_ns = next_ns > world->now_ns ? next_ns : world->now_ns + SL_NS_PER_US;
	sl_sim_clock_set(world->now_ns);
}

void sl_sim_world_run(struct sl_sim_world *world, uint64_t for_ns)
{
	uint64_t until_ns = world->now_ns + for_ns;

	while (world->now_ns < until_ns)
		sl_sim_world_step(world, until_ns);
}
