/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Server: everything `sluice serve` holds, in the order it is taken, which is the reverse of the
 * order it is given back:
 *
 *      check ─► stats page ─► steering ─► workers ─► sockets to steering ─► hearing ─► control ─►
 *      privileges ─► threads ─► renewal ─► recovery
 *
 * Steering comes before workers since some drivers have no queue for AF_XDP until a program is
 * attached; sockets come last since a packet needs a worker. Main thread only.
 */
#ifndef SL_DAEMON_SERVER_H
#define SL_DAEMON_SERVER_H

#include <stdint.h>

#include "base/address.h"
#include "base/limits.h"
#include "content/stores.h"
#include "daemon/control.h"
#include "daemon/link.h"
#include "daemon/renewal.h"
#include "daemon/serve_options.h"
#include "daemon/stats_page.h"
#include "daemon/threads.h"
#include "daemon/watchdog.h"
#include "nic/steer.h"
#include "serve/credentials.h"
#include "serve/worker.h"

struct sl_server {
	const struct sl_options *options;
	struct sl_listener listeners[SL_LISTENERS_MAX]; /* expanded */
	uint32_t listener_cnt;
	uint32_t mtu_bytes;
	uint32_t queue_cnt; /* and so many workers */
	bool copy_only;     /* zero-copy turned out to do harm */

	struct sl_stats_page page;
	struct sl_stores *stores;           /* NULL if there are none */
	struct sl_credentials *credentials; /* NULL if no listener is TLS */
	struct sl_steer *steer;
	struct sl_worker_config configs[SL_WORKERS_MAX];
	struct sl_worker *workers[SL_WORKERS_MAX];
	uint32_t worker_cnt; /* opened so far */
	struct sl_control control;
	struct sl_renewal renewal;
	struct sl_daemon_watchdog watchdog;
	uint64_t devices_failing; /* as last seen, a bit a device */
	struct sl_link_watch link;
	struct sl_link link_start;   /* as it was then */
	unsigned int served_ifindex; /* where sockets and program are, or were until it went */
	struct sl_threads threads;
};

/* From nothing to workers that run. options must outlive the server. Errors: -errno, with its one
 * line in the log; then nothing is attached and nothing left behind. */
int sl_server_open(struct sl_server *server, const struct sl_options *options);

/* What can be found out without touching anything: as far as open would get. Errors: as open. */
int sl_server_check(struct sl_server *server, const struct sl_options *options);

/* Every worker: finish what is being sent, accept nothing new. */
void sl_server_drain(struct sl_server *server);

/* What the main thread does now and then, every SL_WATCHDOG_EVERY_MS at the latest. Errors, with
 * their lines in the log: this process can serve no more (sl_recovery_run). */
int sl_server_watch(struct sl_server *server);

/* Joins the threads, so it waits until all have drained; then takes everything down. */
void sl_server_close(struct sl_server *server);

/* Workers run on: only what would outlive the process is taken down. The caller exits. */
void sl_server_abandon(struct sl_server *server);

#endif
