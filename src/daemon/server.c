/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/server.h"

#include "base/bug.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/certificate_files.h"
#include "daemon/preflight.h"
#include "daemon/privileges.h"
#include "daemon/recovery.h"
#include "daemon/stats_print.h"
#include "daemon/units.h"
#include "nic/hearing.h"
#include "serve/budget.h"
#include "serve/credentials.h"

/* A neighbour answers within a millisecond; whoever has none to ask does not wait at all. Some
 * drivers take their link down for seconds when a queue gets a socket. */
#define HEARING_BEFORE_NS (600 * SL_NS_PER_MS)
#define HEARING_AFTER_NS  (8 * SL_NS_PER_S)

static int check_queues(struct sl_server *server)
{
	const struct sl_options *options = server->options;
	int queue_cnt = sl_steer_queues(options->iface);

	if (queue_cnt < 0)
		return queue_cnt;
	return sl_preflight_workers(options->iface, (uint32_t)queue_cnt, options->worker_cnt,
				    &server->queue_cnt);
}

static int expand_listeners(struct sl_server *server)
{
	int listener_cnt =
	    sl_steer_expand(server->options->iface, server->options->listeners,
			    server->options->listener_cnt, server->listeners, SL_LISTENERS_MAX);

	if (listener_cnt < 0)
		return listener_cnt;
	server->listener_cnt = (uint32_t)listener_cnt;
	return 0;
}

static int open_credentials(struct sl_server *server)
{
	const struct sl_options *options = server->options;
	struct sl_certificate_files files;
	int error;

	if (!sl_options_tls(options))
		return 0;
	error = sl_certificate_files_list(&files, options);
	if (error == 0)
		error = sl_credentials_open(&server->credentials,
					    &(struct sl_credentials_config){
						.pairs = files.pairs,
						.pair_cnt = files.pair_cnt,
						.ticket_paths = options->ticket_paths,
						.ticket_path_cnt = options->ticket_path_cnt,
						.only_tls13 = options->only_tls13,
					    },
					    server->queue_cnt);
	sl_certificate_files_free(&files);
	return error;
}

static int open_stores(struct sl_server *server)
{
	const struct sl_options *options = server->options;

	if (options->store_cnt == 0)
		return 0;
	return sl_stores_open(&server->stores, options->stores, options->store_cnt,
			      options->store_verify);
}

static void close_stores(struct sl_server *server)
{
	sl_stores_close(server->stores);
	server->stores = NULL;
}

static int check_root(const struct sl_options *options)
{
	return options->root ? sl_preflight_root(options->root) : 0;
}

/* Looks and touches nothing: most mistakes end here. */
static int check(struct sl_server *server)
{
	int error = sl_preflight_iface(server->options->iface, &server->mtu_bytes);

	if (error == 0)
		error = check_queues(server);
	if (error == 0)
		error = expand_listeners(server);
	if (error == 0)
		error = check_root(server->options);
	if (error == 0)
		error = open_stores(server);
	if (error == 0)
		error = open_credentials(server);
	return error;
}

static int open_steering(struct sl_server *server)
{
	const struct sl_steer_config config = {
		.iface = server->options->iface,
		.listeners = server->listeners,
		.listener_cnt = server->listener_cnt,
		.dispatcher = server->options->dispatcher,
		.generic = server->options->generic,
	};
	int error = sl_steer_open(&server->steer, &config);

	if (error < 0) {
		server->steer = NULL;
		return error;
	}
	server->page.stats->process.steer_mode = (uint32_t)sl_steer_mode(server->steer);
	server->page.stats->process.program_id = sl_steer_program_id(server->steer);
	return 0;
}

static struct sl_worker_config worker_config(const struct sl_server *server, uint32_t idx)
{
	const struct sl_options *options = server->options;

	return (struct sl_worker_config){
		.iface = options->iface,
		.queue = idx,
		.cpu = (uint32_t)sl_threads_cpu(idx),
		.mtu_bytes = server->mtu_bytes,
		.listeners = server->listeners,
		.listener_cnt = server->listener_cnt,
		.root = options->root,
		.stores = server->stores,
		.credentials = server->credentials,
		.aead = options->aead,
		.conns_max = options->conns_max,
		.pipeline_budget_bytes = options->pipeline_budget_bytes
					     ? options->pipeline_budget_bytes
					     : sl_budget_default(server->queue_cnt),
		.idle_timeout_ns = options->idle_timeout_ns,
		.header_timeout_ns = options->header_timeout_ns,
		.drain_ns = options->drain_ns,
		.copy_only = server->copy_only || sl_steer_mode(server->steer) == SL_STEER_GENERIC,
		.poll_mode = options->poll_mode,
		.stats = &server->page.stats->workers[idx],
	};
}

static int open_workers(struct sl_server *server)
{
	while (server->worker_cnt < server->queue_cnt) {
		uint32_t idx = server->worker_cnt;
		int error;

		server->configs[idx] = worker_config(server, idx);
		error = sl_worker_open(&server->workers[idx], &server->configs[idx]);
		if (error < 0)
			return error;
		server->worker_cnt++;
	}
	return sl_worker_acquaint(server->workers, server->worker_cnt);
}

static int steer_to_workers(struct sl_server *server)
{
	for (uint32_t idx = 0; idx < server->worker_cnt; idx++) {
		int error =
		    sl_steer_add_socket(server->steer, idx, sl_worker_socket(server->workers[idx]));

		if (error < 0)
			return error;
	}
	return 0;
}

static int open_and_steer(struct sl_server *server)
{
	int error = open_workers(server);

	return error < 0 ? error : steer_to_workers(server);
}

static void close_workers(struct sl_server *server)
{
	while (server->worker_cnt > 0) {
		sl_worker_close(server->workers[--server->worker_cnt]);
		server->workers[server->worker_cnt] = NULL;
	}
}

static bool has_zero_copy(const struct sl_server *server)
{
	for (uint32_t idx = 0; idx < server->worker_cnt; idx++)
		if (server->page.stats->workers[idx].zero_copy)
			return true;
	return false;
}

/* Before: whether a neighbour answered when nothing was attached. A machine that serves, but can no
 * longer be reached otherwise, cannot be helped from afar; so it is better to be slow. */
static int check_hearing(struct sl_server *server, enum sl_hearing before)
{
	const char *iface = server->options->iface;
	int error;

	if (before != SL_HEARING_YES || !has_zero_copy(server) ||
	    sl_nic_hearing(iface, HEARING_AFTER_NS) != SL_HEARING_NO)
		return 0;
	sl_warning("interface %s: with zero-copy the kernel does not get what is not for us (a "
		   "neighbour no longer answers its ARP requests), so copy mode is used, which is "
		   "slower; a newer kernel or driver may help",
		   iface);
	close_workers(server);
	server->copy_only = true;
	sl_credentials_close(server->credentials);
	server->credentials = NULL;
	error = open_credentials(server);
	return error < 0 ? error : open_and_steer(server);
}

/* The root was readable with the privileges of the start; what counts is who reads it later. */
static int drop_privileges(struct sl_server *server)
{
	int error = sl_privileges_drop(server->options->dispatcher);

	return error < 0 ? error : check_root(server->options);
}

static void report_memory(uint32_t idx, const struct sluice_worker_stats *stats)
{
	uint64_t each_bytes = stats->memory_connections_bytes / stats->connections_max;
	char all[SL_UNITS_BYTES], connections[SL_UNITS_BYTES], pools[SL_UNITS_BYTES];
	char handshakes[SL_UNITS_BYTES], pipeline[SL_UNITS_BYTES];

	sl_info("worker %u: memory %s: %llu connections of %llu bytes %s, pools %s, handshakes %s, "
		"packets and disk buffers %s%s",
		idx, sl_units_bytes(all, stats->memory_bytes),
		(unsigned long long)stats->connections_max, (unsigned long long)each_bytes,
		sl_units_bytes(connections, stats->memory_connections_bytes),
		sl_units_bytes(pools, stats->memory_pools_bytes),
		sl_units_bytes(handshakes, stats->memory_handshakes_bytes),
		sl_units_bytes(pipeline, stats->memory_pipeline_bytes),
		stats->huge_pages ? " in huge pages" : "");
}

static void report_worker(const struct sl_server *server, uint32_t idx)
{
	const struct sluice_worker_stats *stats = &server->page.stats->workers[idx];

	sl_info("worker %u: queue %u, CPU %d, %s%s, AEAD %s", idx, idx, sl_threads_cpu(idx),
		stats->zero_copy ? "zero-copy" : "copy", stats->gso ? ", GSO" : "",
		stats->aead[0] ? stats->aead : "none");
	report_memory(idx, stats);
}

static void report(const struct sl_server *server)
{
	const struct sl_options *options = server->options;
	const struct sluice_process_stats *process = &server->page.stats->process;
	char address[SL_ADDRESS_TEXT_BYTES];
	int cpu_cnt = sl_threads_cpu_cnt();

	sl_info("interface %s: MTU %u, %u receive queue%s, %s XDP, program %u", options->iface,
		server->mtu_bytes, server->queue_cnt, server->queue_cnt == 1 ? "" : "s",
		sl_stats_steering(process), process->program_id);
	for (uint32_t idx = 0; idx < server->worker_cnt; idx++)
		report_worker(server, idx);
	if (server->credentials)
		sl_credentials_report(server->credentials);
	if (cpu_cnt > 0 && server->worker_cnt > (uint32_t)cpu_cnt)
		sl_warning("%u workers share %d CPUs; better is: ethtool -L %s combined %d",
			   server->worker_cnt, cpu_cnt, options->iface, cpu_cnt);
	for (uint32_t idx = 0; idx < server->listener_cnt; idx++) {
		const struct sl_listener *listener = &server->listeners[idx];

		sl_info("serving %s at %s://%s/", sl_options_what(options),
			listener->tls ? "https" : "http", sl_listener_format(listener, address));
	}
}

static int set_up(struct sl_server *server)
{
	enum sl_hearing before = SL_HEARING_UNKNOWN;
	int error = check(server);

	if (error == 0)
		error = sl_stats_page_open(&server->page, server->options->run_dir,
					   server->options->iface, server->queue_cnt);
	if (error == 0 && !server->options->generic)
		before = sl_nic_hearing(server->options->iface, HEARING_BEFORE_NS);
	if (error == 0)
		error = open_steering(server);
	if (error == 0)
		error = open_and_steer(server);
	if (error == 0)
		error = check_hearing(server, before);
	if (error == 0)
		error = sl_stats_page_publish(&server->page);
	if (error == 0)
		error = sl_control_open(&server->control, server->options->run_dir,
					server->page.dir_fd, server->workers, server->worker_cnt);
	if (error == 0)
		error = drop_privileges(server);
	if (error == 0)
		error = sl_threads_start(&server->threads, server->workers,
					 server->page.stats->workers, server->worker_cnt);
	return error;
}

int sl_server_open(struct sl_server *server, const struct sl_options *options)
{
	int error;

	*server = (struct sl_server){
		.options = options,
		.threads = { .ended_fd = -1 },
		.link = { .netlink_fd = -1, .ask_fd = -1 },
	};
	error = set_up(server);
	if (error < 0) {
		sl_server_close(server);
		return error;
	}
	report(server);
	sl_renewal_open(&server->renewal, options, server->credentials, server->workers,
			server->worker_cnt, &server->page.stats->process);
	sl_recovery_open(server);
	return 0;
}

int sl_server_check(struct sl_server *server, const struct sl_options *options)
{
	int error;

	*server = (struct sl_server){ .options = options };
	error = check(server);
	if (error == 0 && server->credentials)
		sl_credentials_report(server->credentials);
	sl_credentials_close(server->credentials);
	server->credentials = NULL;
	close_stores(server);
	return error;
}

void sl_server_drain(struct sl_server *server)
{
	server->page.stats->process.draining = 1;
	for (uint32_t idx = 0; idx < server->worker_cnt; idx++)
		sl_worker_drain(server->workers[idx]);
}

/* One line when the reads of a device begin to fail, and one when they no longer do. */
static void watch_devices(struct sl_server *server)
{
	uint64_t failing = 0, changed;
	const struct sl_device *devices;
	uint32_t device_cnt;

	devices = sl_stores_devices(server->stores, &device_cnt);
	for (uint32_t idx = 0; idx < server->worker_cnt; idx++)
		failing |= __atomic_load_n(&server->page.stats->workers[idx].devices_failing,
					   __ATOMIC_RELAXED);
	changed = failing ^ server->devices_failing;
	for (uint32_t idx = 0; idx < device_cnt; idx++) {
		if (!(changed >> idx & 1))
			continue;
		if (failing >> idx & 1)
			sl_warning("store \"%s\": reads fail (device_errors, device_wrong_sums); "
				   "what has no replica ends in resets. See dmesg, then: sluice "
				   "store verify",
				   devices[idx].path);
		else
			sl_info("store \"%s\": reads succeed again", devices[idx].path);
	}
	server->devices_failing = failing;
}

int sl_server_watch(struct sl_server *server)
{
	watch_devices(server);
	sl_daemon_watchdog_run(&server->watchdog, server->options->iface,
			       server->page.stats->workers, server->worker_cnt);
	return sl_recovery_run(server);
}

void sl_server_close(struct sl_server *server)
{
	sl_link_watch_close(&server->link);
	sl_renewal_close(&server->renewal);
	if (server->threads.ended_fd >= 0)
		sl_threads_join(&server->threads);
	sl_control_close(&server->control);
	close_workers(server);
	if (server->steer)
		sl_steer_close(server->steer);
	server->steer = NULL;
	sl_credentials_close(server->credentials);
	server->credentials = NULL;
	close_stores(server);
	sl_stats_page_close(&server->page);
}

void sl_server_abandon(struct sl_server *server)
{
	BUG_ON(!server->steer);
	sl_steer_close(server->steer);
	server->steer = NULL;
	sl_control_close(&server->control);
	/* Not unmapped: workers count until the last moment. */
	sl_stats_page_remove(&server->page);
}
