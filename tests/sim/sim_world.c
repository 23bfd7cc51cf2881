/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/seq.h"
#include "sim_clock.h"
#include "sim_nic.h"
#include "sim_pcap.h"
#include "sim_random.h"
#include "sim_trace.h"
#include "sim_violation.h"
#include "tcp/stack.h"

enum {
	LINK_SEEDS = 7,
	PORT_FIRST = 10000,
	CLIENTS_DEFAULT = 256,
	CLIENTS_MAX = 50000, /* a port each */
	CONNS_DEFAULT = 64,
	ISN_TICK_NS = 4000, /* RFC 6528 */
};

static struct sl_address ipv4(uint8_t d)
{
	return sl_address_from_ipv4((const uint8_t[4]){ 10, 0, 0, d });
}

static struct sl_address ipv6(uint8_t d)
{
	return sl_address_from_ipv6((const uint8_t[16]){ 0xfd, [15] = d });
}

static struct sl_address address_of(uint32_t idx, bool is_ipv6)
{
	uint8_t d = (uint8_t)(2 + idx % 200);

	return is_ipv6 ? ipv6(d) : ipv4(d);
}

bool sl_sim_world_place(const struct sl_sim_world *world, const struct sl_address *address,
			uint16_t port, uint32_t *idx)
{
	struct sl_address v4, v6;

	*idx = (uint32_t)port - PORT_FIRST;
	if (port < PORT_FIRST || *idx >= world->options.clients_max)
		return false;
	v4 = address_of(*idx, false);
	v6 = address_of(*idx, true);
	return memcmp(address, &v4, sizeof(v4)) == 0 || memcmp(address, &v6, sizeof(v6)) == 0;
}

/* ---- opening ---- */

static void make_listeners(struct sl_sim_world *world)
{
	for (int i = 0; i < 4; i++) {
		world->listeners[i].ipv6 = i & 1;
		world->listeners[i].address = i & 1 ? ipv6(1) : ipv4(1);
		world->listeners[i].tls = i < 2;
		world->listeners[i].congestion = world->options.congestion[i];
		world->listeners[i].port = i < 2 ? SL_SIM_TLS_PORT : SL_SIM_PLAIN_PORT;
	}
}

static void set_defaults(struct sl_sim_world_options *options)
{
	options->conns_max = options->conns_max ? options->conns_max : CONNS_DEFAULT;
	options->clients_max = options->clients_max ? options->clients_max : CLIENTS_DEFAULT;
	options->paths_max = options->paths_max ? options->paths_max : 1;
	options->mtu_bytes = options->mtu_bytes ? options->mtu_bytes : 1500;
	if (options->pipeline_budget_bytes == 0)
		options->pipeline_budget_bytes = UINT64_C(8) << 20;
	if (options->idle_timeout_ns == 0)
		options->idle_timeout_ns = 60 * SL_NS_PER_S;
	if (options->header_timeout_ns == 0)
		options->header_timeout_ns = 10 * SL_NS_PER_S;
	BUG_ON(options->clients_max > CLIENTS_MAX);
}

static void open_credentials(struct sl_sim_world *world)
{
	const struct sl_tls_pair pair = {
		.certificate_path = world->certificate.certificate_path,
		.key_path = world->certificate.key_path,
	};
	const struct sl_credentials_config config = { .pairs = &pair, .pair_cnt = 1 };

	BUG_ON(sl_credentials_open(&world->credentials, &config, 1));
}

static void open_worker(struct sl_sim_world *world)
{
	const struct sl_sim_world_options *options = &world->options;

	make_listeners(world);
	if (!options->certificate)
		sl_sim_certificate_make(&world->certificate);
	else
		world->certificate = *options->certificate;
	world->stats = aligned_alloc(4096, sizeof(*world->stats));
	BUG_ON(!world->stats);
	memset(world->stats, 0, sizeof(*world->stats));
	open_credentials(world);
	world->config = (struct sl_worker_config){
		.iface = "sim0",
		.mtu_bytes = options->mtu_bytes,
		.listeners = world->listeners,
		.listener_cnt = 4,
		.root = "/",
		.stores = options->stores,
		.credentials = world->credentials,
		.aead = options->aead,
		.conns_max = options->conns_max,
		.capacity = options->capacity.node_cnt ? &world->options.capacity : NULL,
		.pipeline_budget_bytes = options->pipeline_budget_bytes,
		.idle_timeout_ns = options->idle_timeout_ns,
		.header_timeout_ns = options->header_timeout_ns,
		.drain_ns = 5 * SL_NS_PER_S,
		.stats = world->stats,
	};
	sl_sim_nic_set_segments(options->segments);
	BUG_ON(sl_worker_open(&world->worker, &world->config));
	world->context = SSL_CTX_new(TLS_client_method());
	BUG_ON(!world->context);
	SSL_CTX_set_min_proto_version(world->context, TLS1_2_VERSION);
}

static void refresh_path(struct sl_sim_world *world, uint32_t path_idx)
{
	const struct sl_sim_path *path = &world->paths[path_idx];

	sl_sim_agenda_set(&world->links, 2 * path_idx, sl_sim_link_next_ns(path->out));
	sl_sim_agenda_set(&world->links, 2 * path_idx + 1, sl_sim_link_next_ns(path->in));
}

static void note_sent_to(struct sl_sim_world *world, uint32_t idx)
{
	uint32_t cnt = world->sent_to_cnt;

	if (cnt == SL_SIM_SENT_TO_MAX || (cnt > 0 && world->sent_to[cnt - 1] == idx))
		return;
	world->sent_to[world->sent_to_cnt++] = idx;
}

/* What leaves the worker: looked at, then on its way. */
static void sink(void *arg, const uint8_t *packet, uint32_t len_bytes)
{
	struct sl_sim_world *world = arg;
	struct sl_segment segment;
	uint32_t idx;

	sl_sim_in_turn = false;
	sl_sim_trace(SL_SIM_TRACE_OUT, 0, packet, len_bytes);
	sl_sim_pcap_add(packet, len_bytes);
	if (sl_segment_parse(packet, len_bytes, &segment) != SL_WIRE_OK)
		sl_sim_violation(SL_SIM_NOBODY, "a packet left that is none");
	if (sl_sim_world_place(world, &segment.dst, segment.dst_port, &idx) &&
	    world->clients[idx]) {
		sl_sim_tap_segment(&world->taps[idx], idx, &world->clients[idx]->tcp, &segment,
				   world->files_change && !world->clients[idx]->ssl);
		if (segment.payload_bytes > 0)
			note_sent_to(world, idx);
		sl_sim_path_out(&world->paths[world->path_of[idx]], packet, len_bytes);
		refresh_path(world, world->path_of[idx]);
	}
	sl_sim_in_turn = true;
}

void sl_sim_world_open(struct sl_sim_world *world, const struct sl_sim_world_options *options)
{
	struct sl_sim_path_config path = { .out = options->out, .in = options->in };

	memset(world, 0, sizeof(*world));
	world->options = *options;
	set_defaults(&world->options);
	BUG_ON(sl_worker_process_init());
	sl_sim_clock_set(SL_SIM_START_NS);
	sl_sim_random_seed(options->seed);
	sl_sim_trace_start();
	world->now_ns = SL_SIM_START_NS;
	world->clients = calloc(world->options.clients_max, sizeof(*world->clients));
	world->taps = calloc(world->options.clients_max, sizeof(*world->taps));
	world->path_of = calloc(world->options.clients_max, sizeof(*world->path_of));
	world->paths = calloc(world->options.paths_max, sizeof(*world->paths));
	BUG_ON(!world->clients || !world->taps || !world->path_of || !world->paths);
	sl_sim_agenda_open(&world->links, 2 * world->options.paths_max);
	sl_sim_agenda_open(&world->timers, world->options.clients_max);
	sl_sim_world_add_path(world, &path);
	open_worker(world);
	sl_sim_nic_connect(world->worker->nic, sink, world);
}

static void leave(struct sl_sim_world *world, uint32_t idx)
{
	if (!world->clients[idx])
		return;
	sl_sim_client_free(world->clients[idx]);
	free(world->clients[idx]);
	world->clients[idx] = NULL;
}

void sl_sim_world_close(struct sl_sim_world *world)
{
	for (uint32_t i = 0; i < world->options.clients_max; i++) {
		leave(world, i);
		sl_sim_tap_free(&world->taps[i]);
	}
	for (uint32_t i = 0; i < world->path_cnt; i++)
		sl_sim_path_close(&world->paths[i]);
	sl_sim_agenda_close(&world->links);
	sl_sim_agenda_close(&world->timers);
	free(world->clients);
	free(world->taps);
	free(world->path_of);
	free(world->paths);
	SSL_CTX_free(world->context);
	sl_worker_close(world->worker);
	sl_credentials_close(world->credentials);
	if (!world->options.certificate)
		sl_sim_certificate_remove(&world->certificate);
	free(world->stats);
}

uint32_t sl_sim_world_add_path(struct sl_sim_world *world, const struct sl_sim_path_config *config)
{
	struct sl_sim_path_config seeded = *config;
	uint32_t idx = world->path_cnt++;

	BUG_ON(idx == world->options.paths_max);
	seeded.out.seed = (world->options.seed * LINK_SEEDS + 1) + ((uint64_t)idx << 40);
	seeded.in.seed = (world->options.seed * LINK_SEEDS + 2) + ((uint64_t)idx << 40);
	sl_sim_path_open(&world->paths[idx], &seeded);
	return idx;
}

/* ---- clients ---- */

struct sl_sim_client *sl_sim_world_connect_at(struct sl_sim_world *world, uint32_t idx,
					      const struct sl_sim_client_options *options)
{
	struct sl_sim_client *client = malloc(sizeof(*client));
	const struct sl_sim_tls_config tls = {
		.context = options->tls ? world->context : NULL,
		.suites_12 = options->suites_12,
		.fragment_code = options->fragment_code,
	};
	struct sl_sim_tcp_config tcp = {
		.local = address_of(idx, options->ipv6),
		.peer = options->ipv6 ? ipv6(1) : ipv4(1),
		.local_port = (uint16_t)(PORT_FIRST + idx),
		.peer_port = options->tls ? SL_SIM_TLS_PORT : SL_SIM_PLAIN_PORT,
		.ipv6 = options->ipv6,
		.sack = !options->no_sack,
		.timestamps = !options->no_timestamps,
		.mss = options->mss ? options->mss : 1460,
		.window_scale = options->no_window_scale ? -1 : 7,
		.window_bytes = options->window_bytes ? options->window_bytes : 1 << 20,
		.isn = 0 - 300 * (1 + idx % 8),  /* they wrap soon, */
		.ts_base = 0 - 3000 * (idx % 4), /* and so do timestamps */
		.lies = options->lies,
		.ack_every = options->ack_every,
		.delayed_ack_ns = options->delayed_ack_ns,
		.dsack = options->dsack,
		.segment_bytes = options->segment_bytes,
		.untidy_ppm = options->untidy_ppm,
		.dice = options->dice,
	};

	BUG_ON(!client || idx >= world->options.clients_max);
	if (world->clients[idx]) /* beyond all that the one before has used */
		tcp.isn = sl_seq_wire(world->clients[idx]->tcp.snd_nxt_seq) + (1 << 20);
	leave(world, idx);
	world->path_of[idx] = options->path_idx;
	world->clients[idx] = client;
	sl_sim_client_open(client, world->paths[options->path_idx].in, &tls, &tcp);
	refresh_path(world, options->path_idx);
	return client;
}

struct sl_sim_client *sl_sim_world_connect(struct sl_sim_world *world,
					   const struct sl_sim_client_options *options)
{
	return sl_sim_world_connect_at(world, world->client_cnt++, options);
}

void sl_sim_world_wrap(struct sl_sim_world *world, uint32_t idx,
		       const struct sl_sim_client_options *options, uint64_t at_ns,
		       uint32_t within_bytes)
{
	struct sl_tcp *tcp = world->worker->tcp;
	struct sl_route route = {
		.local = options->ipv6 ? ipv6(1) : ipv4(1),
		.peer = address_of(idx, options->ipv6),
		.local_port = options->tls ? SL_SIM_TLS_PORT : SL_SIM_PLAIN_PORT,
		.peer_port = (uint16_t)(PORT_FIRST + idx),
		.ipv6 = options->ipv6,
	};
	uint32_t later = (uint32_t)((at_ns - tcp->now_ns) / ISN_TICK_NS);

	do
		tcp->isn_key.k[0]++;
	while (0 - (sl_tcp_isn(tcp, &route) + later) > within_bytes);
}

static uint64_t client_next_ns(const struct sl_sim_client *client)
{
	return !client || client->silent ? UINT64_MAX : sl_sim_tcp_next_ns(&client->tcp);
}

void sl_sim_world_wake(struct sl_sim_world *world, uint32_t idx, uint64_t at_ns)
{
	sl_sim_agenda_set(&world->timers, idx, min_u64(at_ns, client_next_ns(world->clients[idx])));
}

static void attend(struct sl_sim_world *world, uint32_t idx)
{
	uint64_t at_ns = UINT64_MAX;

	if (world->options.attend)
		at_ns = world->options.attend(world->options.attend_arg, world, idx);
	sl_sim_world_wake(world, idx, at_ns);
	refresh_path(world, world->path_of[idx]);
}

void sl_sim_world_inject(struct sl_sim_world *world, uint32_t path_idx, const uint8_t *packet,
			 uint32_t len_bytes)
{
	sl_sim_link_put(world->paths[path_idx].in, packet, len_bytes);
	refresh_path(world, path_idx);
}

/* ---- steps ---- */

static void deliver_out(struct sl_sim_world *world, uint32_t path_idx)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];
	struct sl_segment segment;
	uint32_t len_bytes, idx;

	while ((len_bytes = sl_sim_link_get(world->paths[path_idx].out, packet)) > 0) {
		if (sl_segment_parse(packet, len_bytes, &segment) != SL_WIRE_OK)
			continue; /* the link has damaged it */
		if (!sl_sim_world_place(world, &segment.dst, segment.dst_port, &idx) ||
		    !world->clients[idx])
			continue;
		if (sl_sim_client_input(world->clients[idx], &segment))
			attend(world, idx);
	}
}

static void deliver_in(struct sl_sim_world *world, uint32_t path_idx)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];
	uint32_t len_bytes;

	while ((len_bytes = sl_sim_link_get(world->paths[path_idx].in, packet)) > 0) {
		sl_sim_trace(SL_SIM_TRACE_IN, 0, packet, len_bytes);
		sl_sim_pcap_add(packet, len_bytes);
		sl_sim_nic_push(world->worker->nic, packet, len_bytes);
	}
}

static void deliver(struct sl_sim_world *world)
{
	uint32_t idx;

	while (sl_sim_agenda_due(&world->links, world->now_ns, &idx)) {
		if (idx % 2 == 0)
			deliver_out(world, idx / 2);
		else
			deliver_in(world, idx / 2);
		refresh_path(world, idx / 2);
	}
	while (sl_sim_agenda_due(&world->timers, world->now_ns, &idx)) {
		if (world->clients[idx])
			sl_sim_client_tick(world->clients[idx]);
		attend(world, idx);
	}
}

/* Tests that have no attendant call clients between steps: what came of it is looked up. */
static void refresh_all(struct sl_sim_world *world)
{
	for (uint32_t i = 0; i < world->client_cnt; i++)
		sl_sim_world_wake(world, i, UINT64_MAX);
	for (uint32_t i = 0; i < world->path_cnt; i++)
		refresh_path(world, i);
}

/* As the real loop: it sleeps until a packet, the disk or a deadline wakes it. */
static bool worker_is_due(const struct sl_sim_world *world)
{
	if (world->worker->drained)
		return false;
	return world->turn_ns <= world->now_ns || sl_sim_nic_waiting(world->worker->nic) > 0 ||
	       sl_sim_disk_next_ns(world->worker->disk) <= world->now_ns ||
	       atomic_load(&world->worker->drain);
}

static void turn(struct sl_sim_world *world)
{
	bool busy;

	sl_alloc_seal();
	sl_sim_in_turn = true;
	busy = sl_worker_turn(world->worker, world->now_ns, &world->turn_ns);
	sl_sim_in_turn = false;
	sl_alloc_unseal();
	if (busy)
		world->turn_ns = world->now_ns;
	if (world->worker->drained)
		world->turn_ns = UINT64_MAX;
	for (uint32_t i = 0; i < world->sent_to_cnt; i++)
		sl_sim_judge_burst(world, world->sent_to[i],
				   world->taps[world->sent_to[i]].turn_bytes);
	world->sent_to_cnt = 0;
	sl_sim_judge_turn(&world->judge, world); /* of what was permitted now, not what left */
}

void sl_sim_world_step(struct sl_sim_world *world, uint64_t until_ns)
{
	uint64_t watched_ns = sl_sim_clock_watched_ns();
	uint64_t next_ns, took_ns;

	world->step_cnt++;
	if (!world->options.attend)
		refresh_all(world);
	deliver(world);
	if (worker_is_due(world))
		turn(world);
	next_ns = min_u64(world->turn_ns, sl_sim_disk_next_ns(world->worker->disk));
	next_ns = min_u64(next_ns, sl_sim_agenda_next_ns(&world->links));
	next_ns = min_u64(next_ns, sl_sim_agenda_next_ns(&world->timers));
	next_ns = min_u64(next_ns, until_ns);
	/* A turn takes its time, so time always moves. */
	took_ns = SL_NS_PER_US + sl_sim_clock_watched_ns() - watched_ns;
	world->now_ns = max_u64(next_ns, world->now_ns + took_ns);
	sl_sim_clock_set(world->now_ns);
}

void sl_sim_world_run(struct sl_sim_world *world, uint64_t for_ns)
{
	uint64_t until_ns = world->now_ns + for_ns;

	while (world->now_ns < until_ns)
		sl_sim_world_step(world, until_ns);
}
