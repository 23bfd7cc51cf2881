/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * World: the production worker, linked with the simulated NIC, disk, clock and random, and clients
 * at the far ends of its paths. Everything happens in virtual time in one process, without
 * privileges, and the same way every time for the same seed.
 *
 *      worker ── NIC ──► wiretap ──► path ── link out ──► client
 *      worker ◄── NIC ◄───────────── path ── link in ◄─── client
 *
 * After each turn of the worker the invariants of the design are checked (sim_judge.h), and of each
 * packet that leaves what must hold of a connection's packets (sim_wiretap.h).
 */
#ifndef SL_TESTS_SIM_WORLD_H
#define SL_TESTS_SIM_WORLD_H

#include "serve/capacity.h"
#include "serve/state.h"
#include "sim_agenda.h"
#include "sim_certificate.h"
#include "sim_client.h"
#include "sim_disk.h"
#include "sim_judge.h"
#include "sim_path.h"
#include "sim_wiretap.h"

enum { SL_SIM_TLS_PORT = 443, SL_SIM_PLAIN_PORT = 80, SL_SIM_SENT_TO_MAX = 64 };

/* Called for a client's place when a packet has come for it, its TCP had something to do, or the
 * time has come that the last call returned (UINT64_MAX: never mind). */
struct sl_sim_world;
typedef uint64_t sl_sim_attend(void *arg, struct sl_sim_world *world, uint32_t idx);

struct sl_sim_world_options {
	uint64_t seed;
	struct sl_sim_link_config out,
	    in; /* of path 0, from and to the worker; seeds of all links are set from seed */
	const char *aead;
	uint32_t conns_max;                           /* 0: 64 */
	uint32_t clients_max;                         /* 0: 256 */
	uint32_t paths_max;                           /* 0: 1 */
	uint64_t pipeline_budget_bytes;               /* 0: 8 MiB */
	struct sl_capacity capacity;                  /* all 0: by conns_max */
	uint64_t idle_timeout_ns;                     /* 0: 60 s */
	uint64_t header_timeout_ns;                   /* 0: 10 s */
	uint32_t mtu_bytes;                           /* 0: 1500 */
	bool segments;                                /* the NIC cuts */
	uint8_t congestion[4];                        /* enum sl_congestion of each listener */
	const struct sl_sim_certificate *certificate; /* NULL: makes one of its own */
	const struct sl_stores *stores;               /* NULL: none */
	sl_sim_attend *attend;                        /* NULL: nobody is called */
	void *attend_arg;
};

struct sl_sim_world {
	struct sl_worker *worker;
	struct sl_credentials *credentials;
	struct sl_worker_config config;
	struct sl_sim_world_options options;
	struct sluice_worker_stats *stats;
	struct sl_listener listeners[4];
	struct sl_sim_certificate certificate;
	SSL_CTX *context; /* the clients' */
	struct sl_sim_path *paths;
	uint32_t path_cnt;
	struct sl_sim_client **clients; /* by place; NULL: nobody there */
	struct sl_sim_tap *taps;
	uint32_t *path_of; /* of each place */
	uint32_t client_cnt;
	struct sl_sim_agenda links;  /* two a path: out, in */
	struct sl_sim_agenda timers; /* of places */
	struct sl_sim_judge judge;
	uint32_t sent_to[SL_SIM_SENT_TO_MAX]; /* places that data left for in this turn: the
						 first of them */
	uint32_t sent_to_cnt;
	bool files_change;
	uint64_t now_ns, step_cnt;
	uint64_t turn_ns; /* when the worker wants its next turn */
};

void sl_sim_world_open(struct sl_sim_world *world, const struct sl_sim_world_options *options);
void sl_sim_world_close(struct sl_sim_world *world);

/* One more path, for clients to come. Returns its number. */
uint32_t sl_sim_world_add_path(struct sl_sim_world *world, const struct sl_sim_path_config *config);

struct sl_sim_client_options {
	bool tls, ipv6, no_sack, no_timestamps, no_window_scale;
	const char *suites_12; /* with tls, as in sim_client.h; NULL: TLS 1.3 */
	uint8_t fragment_code;
	uint16_t mss;          /* 0: 1460 */
	uint32_t window_bytes; /* 0: 1 MiB */
	uint32_t path_idx;
	uint32_t ack_every; /* these as in sim_tcp.h */
	uint64_t delayed_ack_ns;
	bool dsack, lies;
	uint32_t segment_bytes, untidy_ppm;
	uint64_t dice;
};

/* A new client that connects at once, at the next place. The world frees it. */
struct sl_sim_client *sl_sim_world_connect(struct sl_sim_world *world,
					   const struct sl_sim_client_options *options);

/* The same at the place idx, instead of whoever was there before: from the same address and port,
 * but with other sequence numbers. */
struct sl_sim_client *sl_sim_world_connect_at(struct sl_sim_world *world, uint32_t idx,
					      const struct sl_sim_client_options *options);

/* Makes the worker's secret such that the numbers of what it sends to the client at that place
 * wrap within within_bytes of a connection that begins at at_ns. */
void sl_sim_world_wrap(struct sl_sim_world *world, uint32_t idx,
		       const struct sl_sim_client_options *options, uint64_t at_ns,
		       uint32_t within_bytes);

/* Whom the packet concerns; false: no place of ours. */
bool sl_sim_world_place(const struct sl_sim_world *world, const struct sl_address *address,
			uint16_t port, uint32_t *idx);

/* The place idx is attended at at_ns. */
void sl_sim_world_wake(struct sl_sim_world *world, uint32_t idx, uint64_t at_ns);

/* A packet of a stranger's enters that path. */
void sl_sim_world_inject(struct sl_sim_world *world, uint32_t path_idx, const uint8_t *packet,
			 uint32_t len_bytes);

/* One step: packets that have arrived are taken, timers that are due fire, the worker makes a turn,
 * then the clock moves to the next event, but not beyond until_ns. */
void sl_sim_world_step(struct sl_sim_world *world, uint64_t until_ns);

/* Steps until for_ns of virtual time have passed. */
void sl_sim_world_run(struct sl_sim_world *world, uint64_t for_ns);

#endif
