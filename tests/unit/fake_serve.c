/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "content/stores.h"
#include "nic/steer.h"
#include "serve/budget.h"
#include "serve/credentials.h"

struct sl_steer {
	bool open;
};

struct sl_credentials {
	struct sl_credentials_config config;
	struct sl_tls_pair first;
};

struct sl_stores {
	bool open;
};

struct sl_worker {
	uint32_t idx;
	bool draining, drained;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const struct sl_worker_config *config;
	struct sl_snapshot snapshot;
};

static struct fake_script script;
static char calls[4096];
static uint32_t hearing_cnt;
static struct sl_steer the_steer;
static struct sl_credentials the_credentials;
static struct sl_stores the_stores;
static struct sl_worker the_workers[SL_WORKERS_MAX];

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t used_bytes = strlen(calls);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(calls + used_bytes, sizeof(calls) - used_bytes, format, arguments);
	va_end(arguments);
	used_bytes = strlen(calls);
	snprintf(calls + used_bytes, sizeof(calls) - used_bytes, " ");
}

static int fail(int error, const char *who)
{
	if (error < 0)
		sl_error("fake %s: %s", who, strerror(-error));
	return error;
}

void fake_serve_start(const struct fake_script *wanted)
{
	script = *wanted;
	hearing_cnt = 0;
	calls[0] = '\0';
}

const char *fake_serve_calls(void)
{
	return calls;
}

const struct sl_worker_config *fake_serve_config(uint32_t idx)
{
	return the_workers[idx].config;
}

int sl_credentials_open(struct sl_credentials **credentials,
			const struct sl_credentials_config *config, uint32_t context_cnt)
{
	if (script.credentials_error < 0)
		return fail(script.credentials_error, "credentials");
	note("credentials+%u", context_cnt);
	the_credentials.config = *config;
	the_credentials.first = config->pairs[0];
	*credentials = &the_credentials;
	return 0;
}

void sl_credentials_close(struct sl_credentials *credentials)
{
	if (credentials)
		note("credentials-");
}

uint64_t sl_credentials_tick(struct sl_credentials *credentials, uint64_t now_ns)
{
	(void)credentials;
	note("tick");
	return now_ns + 600 * SL_NS_PER_S;
}

int sl_credentials_renew(struct sl_credentials *credentials, const struct sl_tls_pair *pairs,
			 uint32_t pair_cnt, struct sl_worker *const workers[], uint32_t worker_cnt)
{
	(void)credentials;
	(void)pairs;
	(void)workers;
	if (script.renew_error < 0)
		return fail(script.renew_error, "renewal");
	note("renew%u-%u", pair_cnt, worker_cnt);
	return 0;
}

void sl_credentials_summary(const struct sl_credentials *credentials,
			    struct sl_credentials_summary *summary)
{
	(void)credentials;
	*summary = (struct sl_credentials_summary){ .certificate_cnt = 7, .not_after_s = 1234 };
}

bool sl_worker_renewing(struct sl_worker *worker)
{
	(void)worker;
	note("collect");
	return script.renewing_cnt > 0 && script.renewing_cnt-- > 0;
}

void sl_credentials_report(const struct sl_credentials *credentials)
{
	sl_info("fake certificate %s", credentials->first.certificate_path);
}

int sl_steer_queues(const char *iface)
{
	(void)iface;
	note("queues");
	return script.queue_cnt < 0 ? fail(script.queue_cnt, "queues") : script.queue_cnt;
}

/* Wildcards stay: there is no interface to spread them over. */
int sl_steer_expand(const char *iface, const struct sl_listener *in, uint32_t in_cnt,
		    struct sl_listener *out, uint32_t max_cnt)
{
	(void)iface;
	note("expand");
	BUG_ON(in_cnt > max_cnt);
	memcpy(out, in, in_cnt * sizeof(*in));
	return script.expand_error < 0 ? fail(script.expand_error, "expand") : (int)in_cnt;
}

int sl_stores_open(struct sl_stores **stores, const char *const *texts, uint32_t cnt, bool verify)
{
	(void)texts;
	if (script.stores_error < 0)
		return fail(script.stores_error, "stores");
	note("stores+%u%s", cnt, verify ? "verified" : "");
	the_stores.open = true;
	*stores = &the_stores;
	return 0;
}

void sl_stores_close(struct sl_stores *stores)
{
	if (!stores)
		return;
	BUG_ON(!stores->open);
	stores->open = false;
	note("stores-");
}

const struct sl_device *sl_stores_devices(const struct sl_stores *stores, uint32_t *device_cnt)
{
	static const struct sl_device device = { .path = "/dev/ng0n1" };

	*device_cnt = stores ? 1 : 0;
	return &device;
}

int sl_steer_open(struct sl_steer **steer, const struct sl_steer_config *config)
{
	(void)config;
	if (script.steer_error < 0)
		return fail(script.steer_error, "steer");
	note("steer+");
	the_steer.open = true;
	*steer = &the_steer;
	return 0;
}

void sl_steer_close(struct sl_steer *steer)
{
	BUG_ON(!steer->open);
	steer->open = false;
	note("steer-");
}

uint64_t sl_steer_missing(const char *iface, const struct sl_listener *listeners, uint32_t cnt)
{
	(void)iface;
	(void)listeners;
	(void)cnt;
	return script.missing_mask;
}

enum sl_hearing sl_nic_hearing(const char *iface, uint64_t timeout_ns)
{
	(void)iface;
	(void)timeout_ns;
	note("hearing");
	return script.hearings[hearing_cnt++];
}

int sl_steer_reattach(struct sl_steer *steer, const char *iface)
{
	(void)steer;
	note("steer=%s", iface);
	return fail(script.steer_error, "steer");
}

int sl_worker_replug(struct sl_worker *worker)
{
	note("replug%u", worker->idx);
	return worker->idx == script.failing_worker ? fail(script.worker_error, "worker") : 0;
}

void sl_worker_set_mtu(struct sl_worker *worker, uint32_t mtu_bytes)
{
	note("mtu%u=%u", worker->idx, mtu_bytes);
}

int sl_steer_add_socket(struct sl_steer *steer, uint32_t queue, int xsk)
{
	BUG_ON(!steer->open);
	BUG_ON(xsk != 1000 + (int)queue);
	note("socket%u", queue);
	return fail(script.socket_error, "socket");
}

enum sl_steer_mode sl_steer_mode(const struct sl_steer *steer)
{
	(void)steer;
	return script.zero_copy ? SL_STEER_NATIVE : SL_STEER_GENERIC;
}

uint32_t sl_steer_program_id(const struct sl_steer *steer)
{
	(void)steer;
	return 77;
}

uint64_t sl_budget_default(uint32_t worker_cnt)
{
	return FAKE_CACHE_BYTES / worker_cnt;
}

int sl_worker_process_init(void)
{
	return 0;
}

static void count_memory(const struct sl_worker_config *config)
{
	config->stats->connections_max = config->conns_max;
	config->stats->memory_connections_bytes = config->conns_max * UINT64_C(2000);
	config->stats->memory_pools_bytes = 3000000;
	config->stats->memory_handshakes_bytes = 4000000;
	config->stats->memory_pipeline_bytes = 5000000;
	config->stats->memory_bytes = 12198000;
}

int sl_worker_open(struct sl_worker **worker, const struct sl_worker_config *config)
{
	struct sl_worker *opened = &the_workers[config->queue];

	if (script.worker_error < 0 && config->queue == script.failing_worker)
		return fail(script.worker_error, "worker");
	note("worker+%u", config->queue);
	if (config->stats) {
		count_memory(config);
		config->stats->zero_copy = script.zero_copy && !config->copy_only;
	}
	*opened = (struct sl_worker){
		.idx = config->queue,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.config = config,
	};
	*worker = opened;
	return 0;
}

void sl_worker_close(struct sl_worker *worker)
{
	note("worker-%u", worker->idx);
}

int sl_worker_socket(const struct sl_worker *worker)
{
	return 1000 + (int)worker->idx;
}

int sl_worker_acquaint(struct sl_worker *const workers[], uint32_t cnt)
{
	(void)workers;
	note("acquaint%u", cnt);
	return 0;
}

void sl_worker_run(struct sl_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	while (!worker->draining || script.deaf)
		pthread_cond_wait(&worker->changed, &worker->lock);
	worker->drained = true;
	pthread_mutex_unlock(&worker->lock);
}

void sl_worker_drain(struct sl_worker *worker)
{
	note("drain%u", worker->idx);
	pthread_mutex_lock(&worker->lock);
	worker->draining = true;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

/* ---- Snapshots ----------------------------------------------------------------------- */

struct sl_snapshot_row fake_serve_row(uint32_t idx)
{
	const uint8_t local[4] = { 10, 0, 0, 1 }, peer[4] = { 192, 0, 2, 1 };

	return (struct sl_snapshot_row){
		.conn_idx = idx,
		.tcp = {
			.state = SL_TCP_ESTABLISHED,
			.local = sl_address_from_ipv4(local),
			.local_port = 443,
			.peer = sl_address_from_ipv4(peer),
			.peer_port = (uint16_t)(1000 + idx),
			.mss_bytes = 1448,
			.pmtu_bytes = 1500,
			.cwnd_bytes = 14480,
			.ssthresh_bytes = UINT32_MAX,
			.min_rtt_ns = UINT64_MAX,
		},
		.doing = SL_DOING_RESPONSE,
		.tls = idx % 2,
		.left_bytes = idx + 1,
	};
}

struct sl_worker *fake_serve_worker(uint32_t idx)
{
	the_workers[idx] = (struct sl_worker){ .idx = idx };
	return &the_workers[idx];
}

void fake_serve_answer(struct sl_worker *worker)
{
	struct sl_snapshot *snapshot = &worker->snapshot;
	uint32_t idx = snapshot->next_idx;
	const uint64_t one = 1;

	BUG_ON(snapshot->state != SL_SNAPSHOT_ASKED);
	for (snapshot->row_cnt = 0; idx < script.conn_cnt && snapshot->row_cnt < SL_SNAPSHOT_ROWS;
	     idx++)
		snapshot->rows[snapshot->row_cnt++] = fake_serve_row(idx);
	snapshot->next_idx = idx < script.conn_cnt ? idx : SL_SNAPSHOT_END;
	snapshot->state = SL_SNAPSHOT_READY;
	BUG_ON(snapshot->answer_fd >= 0 && write(snapshot->answer_fd, &one, sizeof(one)) < 0);
}

void fake_serve_end(struct sl_worker *worker)
{
	worker->snapshot.state = SL_SNAPSHOT_ENDED;
}

enum sl_snapshot_state sl_snapshot_state(const struct sl_worker *worker)
{
	return worker->snapshot.state;
}

bool sl_snapshot_ask(struct sl_worker *worker, uint32_t from_idx, int answer_fd)
{
	BUG_ON(worker->snapshot.state != SL_SNAPSHOT_READY);
	worker->snapshot.next_idx = from_idx;
	worker->snapshot.answer_fd = answer_fd;
	worker->snapshot.state = SL_SNAPSHOT_ASKED;
	if (!script.silent)
		fake_serve_answer(worker);
	return true;
}

const struct sl_snapshot *sl_snapshot_rows(const struct sl_worker *worker)
{
	BUG_ON(worker->snapshot.state != SL_SNAPSHOT_READY);
	return &worker->snapshot;
}
