/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Worker: one core, one NIC queue, everything from ACK to wire. Owns its arena, NIC, disk, TCP, TLS
 * and sessions; shares nothing that it writes but its page of counters.
 */
#ifndef SL_SERVE_WORKER_H
#define SL_SERVE_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "serve/credentials.h"
#include "serve/poll.h"
#include "sluice/stats.h"

struct sl_worker;
struct sl_capacity;
struct sl_stores;

struct sl_worker_config { /* immutable; outlives the worker */
	const char *iface;
	uint32_t queue;
	uint32_t cpu; /* where it will run */
	uint32_t mtu_bytes;
	const struct sl_listener *listeners; /* expanded, for TCP */
	uint32_t listener_cnt;
	const char *root;                   /* NULL: none */
	const struct sl_stores *stores;     /* NULL: none */
	struct sl_credentials *credentials; /* NULL if no listener is TLS; open takes from it */
	const char *aead;                   /* engine by name, or NULL for the fastest */
	uint32_t conns_max;
	const struct sl_capacity *capacity; /* of the pools; NULL: as conns_max asks for */
	uint64_t pipeline_budget_bytes;     /* disk buffers and untransmitted frames; 0: from the
					       last-level cache */
	uint64_t idle_timeout_ns;           /* a connection without a request */
	uint64_t header_timeout_ns;         /* a TLS handshake; a request, from its first byte */
	uint64_t drain_ns;                  /* how long responses may take after sl_worker_drain */
	bool copy_only;                     /* steering is generic: do not try AF_XDP zero-copy */
	enum sl_poll_mode poll_mode;
	struct sluice_worker_stats *stats; /* one writer: this worker */
};

/* Once a process, first thing in main: OpenSSL's allocations are directed to the workers' heaps
 * from here on. Errors: -EBUSY (OpenSSL has been used already). */
int sl_worker_process_init(void);

/* Allocates all a worker will ever use, opens its NIC queue and its disk. Main thread. Errors, each
 * with its line in the log: -errno; then nothing is left behind. */
int sl_worker_open(struct sl_worker **worker, const struct sl_worker_config *config);
void sl_worker_close(struct sl_worker *worker);

/* An ICMP error comes in at any worker: makes it find the one that has the connection. Main thread,
 * before any of them runs. Errors: -ENOMEM. */
int sl_worker_acquaint(struct sl_worker *const workers[], uint32_t cnt);

/* The AF_XDP socket, for steering. */
int sl_worker_socket(const struct sl_worker *worker);

/* The loop: runs until drained. The calling thread is the owner core; its allocator is sealed
 * meanwhile. */
void sl_worker_run(struct sl_worker *worker);

/* One turn of the loop, without sleeping (the simulation's way to drive it). Returns true if there
 * was work; *next_ns is the next deadline. */
bool sl_worker_turn(struct sl_worker *worker, uint64_t now_ns, uint64_t *next_ns);

/* Finish what is being sent, accept nothing new, then let sl_worker_run return, after drain_ns at
 * the latest. Any thread; may be called from a signal handler. */
void sl_worker_drain(struct sl_worker *worker);
bool sl_worker_drained(const struct sl_worker *worker);

/* The interface's MTU is another: connections that open from now on have segments that fit. In
 * [SL_MTU_MIN, mtu_bytes of the config]. Main thread. */
void sl_worker_set_mtu(struct sl_worker *worker, uint32_t mtu_bytes);

/* The interface had gone and is back: the worker gets a new socket there (sl_nic_reopen), to be
 * steered to; its connections go on. It stands still meanwhile. Main thread. Errors: those of
 * sl_nic_reopen, with their line in the log; then it stands still for good, and all that can be
 * done is to end the process. */
int sl_worker_replug(struct sl_worker *worker);

/* From its next turn on handshakes begin with this context, which is the worker's from now on;
 * those under way end with the one they began with. Serves TLS. Main thread. */
void sl_worker_renew(struct sl_worker *worker, struct sl_tls_context *context);

/* Frees contexts that no handshake uses any more. True while there are others. Main thread. */
bool sl_worker_renewing(struct sl_worker *worker);

#endif
