/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * World: the production worker, linked with the simulated NIC, disk, clock and random, and clients
 * at the far end of its link. Everything happens in virtual time in one process, without
 * privileges, and the same way every time for the same seed.
 *
 * After each turn of the worker the invariants of the design are checked: frames are conserved, and
 * no connection has more in flight and being made than its windows allow.
 */
#ifndef SL_TESTS_SIM_WORLD_H
#define SL_TESTS_SIM_WORLD_H

#include "serve/state.h"
#include "sim_certificate.h"
#include "sim_client.h"
#include "sim_disk.h"
#include "sim_link.h"

enum { SL_SIM_CLIENTS_MAX = 256, SL_SIM_TLS_PORT = 443, SL_SIM_PLAIN_PORT = 80 };

struct sl_sim_world_options {
	uint64_t seed;
	struct sl_sim_link_config out,
	    in; /* from and to the worker; their seeds are set from seed */
	const char *aead;
	uint32_t conns_max;             /* 0: 64 */
	uint64_t pipeline_budget_bytes; /* 0: 8 MiB */
};

struct sl_sim_world {
	struct sl_worker *worker;
	struct sl_worker_config config;
	struct sluice_worker_stats *stats;
	struct sl_listener listeners[4];
	struct sl_sim_certificate certificate;
	SSL_CTX *context; /* the clients' */
	struct sl_sim_client *clients[SL_SIM_CLIENTS_MAX];
	uint32_t client_cnt;
	uint64_t now_ns;
};

void sl_sim_world_open(struct sl_sim_world *world, const struct sl_sim_world_options *options);
void sl_sim_world_close(struct sl_sim_world *world);

struct sl_sim_client_options {
	bool tls, ipv6, no_sack, no_timestamps, no_window_scale;
	uint16_t mss;          /* 0: 1460 */
	uint32_t window_bytes; /* 0: 1 MiB */
};

/* A new client that connects at once. The world frees it. */
struct sl_sim_client *sl_sim_world_connect(struct sl_sim_world *world,
					   const struct sl_sim_client_options *options);

/* One step: packets that have arrived are taken, timers that are due fire, the worker makes a turn,
 * then the clock moves to the next event, but not beyond until_ns. */
void sl_sim_world_step(struct sl_sim_world *world, uint64_t until_ns);

/* Steps until for_ns of virtual time have passed. */
void sl_sim_world_run(struct sl_sim_world *world, uint64_t for_ns);

#endif
