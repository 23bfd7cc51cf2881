/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fake serve: steering and workers that touch nothing, note what was asked of them, and fail when
 * told to. The daemon's tests are linked with these instead of the real rooms.
 */
#ifndef SL_TESTS_UNIT_FAKE_SERVE_H
#define SL_TESTS_UNIT_FAKE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/worker.h"

enum { FAKE_CACHE_BYTES = 64 * 1024 * 1024 };

struct fake_script {
	int queue_cnt;    /* or -errno */
	int expand_error; /* 0 or -errno, as are all below */
	int credentials_error;
	int steer_error;
	int worker_error; /* of worker failing_worker */
	uint32_t failing_worker;
	int socket_error;
	bool deaf; /* workers do not end when they are drained */
};

/* What the next calls do; then "queues", "expand", "credentials", "steer+", "steer-", "worker+0",
 * "worker-0", "socket0", "drain0" are noted in order, each followed by a space. */
void fake_serve_start(const struct fake_script *script);
const char *fake_serve_calls(void);

/* The configuration that worker idx was opened with. */
const struct sl_worker_config *fake_serve_config(uint32_t idx);

#endif
