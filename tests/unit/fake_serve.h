/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fake serve: steering and workers that touch nothing, note what was asked of them, and fail when
 * told to. The daemon's tests are linked with these instead of the real rooms.
 */
#ifndef SL_TESTS_UNIT_FAKE_SERVE_H
#define SL_TESTS_UNIT_FAKE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/hearing.h"
#include "serve/snapshot.h"
#include "serve/worker.h"

enum { FAKE_CACHE_BYTES = 64 * 1024 * 1024 };

struct fake_script {
	int queue_cnt;               /* or -errno */
	uint64_t missing_mask;       /* listeners without their address */
	enum sl_hearing hearings[2]; /* before there are sockets, and after */
	bool zero_copy;
	int expand_error; /* 0 or -errno, as are all below */
	int stores_error;
	int credentials_error;
	int renew_error;
	uint32_t renewing_cnt; /* so many times a worker has yet to let go of an old context */
	int steer_error;
	int worker_error; /* of worker failing_worker */
	uint32_t failing_worker;
	int socket_error;
	bool deaf;         /* workers do not end when they are drained */
	uint32_t conn_cnt; /* connections of each worker: see fake_serve_row */
	bool silent;       /* workers do not answer when they are asked for them */
};

/* What the next calls do; then "queues", "expand", "credentials+1",
 * "credentials-", "steer+", "steer-", "worker+0", "worker-0", "socket0", "drain0", "hearing",
 * "steer=IFACE", "replug0", "mtu0=1500" are noted in order, each followed by a space. */
void fake_serve_start(const struct fake_script *script);
const char *fake_serve_calls(void);

/* Connection idx of a worker: established, from 192.0.2.1 and port 1000 + idx, every other one with
 * TLS. One more byte of its response is left for each. */
struct sl_snapshot_row fake_serve_row(uint32_t idx);

/* What sl_worker_open does first: worker idx, which has the script's connections. */
struct sl_worker *fake_serve_worker(uint32_t idx);
/* A worker that was asked and is silent answers now; or it ends. */
void fake_serve_answer(struct sl_worker *worker);
void fake_serve_end(struct sl_worker *worker);

/* The configuration that worker idx was opened with. */
const struct sl_worker_config *fake_serve_config(uint32_t idx);

#endif
