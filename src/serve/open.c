/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing a worker: everything it will ever own is taken here, in one order, and given
 * back in the other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "serve/budget.h"
#include "serve/capacity.h"
#include "serve/state.h"
#include "tls/heap.h"
#include "tls/seal.h"

enum {
	FILL_FRAMES =
	    2048, /* packets that may come while we are elsewhere: 1.3 ms of ACKs at 1.5 Mpps */
	BACKLOG_SHARE = 4, /* of the connections, at most one in so many may be half open */
	OBJECTS = 4096,
	/* One handshake takes a step, the others wait for their clients. */
	HEAP_BYTES = SL_HANDSHAKES_BEGUN_MAX * SL_TLS_HEAP_IDLE_BYTES + SL_TLS_HEAP_MIN_BYTES,
};

/* RFC 9293, 3.8.4: not sooner unless asked to. So it matters only where connections may be idle for
 * longer: there it finds out whose client is no more. */
#define KEEPALIVE_NS (2 * 60 * 60 * SL_NS_PER_S)

static uint32_t power_of_two(uint32_t at_least)
{
	uint32_t value = 64;

	while (value < at_least && value < 8192)
		value *= 2;
	return value;
}

static int open_pools(struct sl_worker *worker)
{
	uint32_t conns = worker->config->conns_max;
	struct sl_capacity capacity = sl_capacity_of(conns);
	int error;

	if (worker->config->capacity)
		capacity = *worker->config->capacity;

	worker->sessions = sl_alloc(conns, sizeof(*worker->sessions));
	worker->inboxes = sl_alloc(capacity.inbox_cnt, SL_INBOX_SMALL_BYTES);
	worker->inboxes_large = sl_alloc(capacity.inbox_large_cnt, SL_INBOX_BYTES);
	worker->chunks = sl_alloc(capacity.chunk_cnt, SL_CHUNK_BYTES);
	worker->nodes = sl_alloc(capacity.node_cnt, sizeof(*worker->nodes));
	worker->reads = sl_alloc(capacity.read_cnt, sizeof(*worker->reads));
	worker->interests = sl_alloc(OBJECTS, sizeof(*worker->interests));
	worker->scratch = sl_alloc(1, SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES);
	if (!worker->sessions || !worker->inboxes || !worker->inboxes_large || !worker->chunks ||
	    !worker->nodes || !worker->reads || !worker->interests || !worker->scratch)
		return -ENOMEM;
	error = sl_pool_init(&worker->inbox_pool, capacity.inbox_cnt);
	if (!error)
		error = sl_pool_init(&worker->inbox_large_pool, capacity.inbox_large_cnt);
	if (!error)
		error = sl_pool_init(&worker->chunk_pool, capacity.chunk_cnt);
	if (!error)
		error = sl_pool_init(&worker->node_pool, capacity.node_cnt);
	if (!error)
		error = sl_pool_init(&worker->read_pool, capacity.read_cnt);
	if (!error)
		error = sl_handshakes_init(&worker->handshakes, capacity.inbox_cnt);
	if (!error)
		error = sl_record_pool_init(&worker->records, capacity.record_cnt);
	if (!error)
		error = sl_wheel_init(&worker->timers, conns, worker->now_ns);
	worker->stats->inboxes_total = capacity.inbox_cnt + capacity.inbox_large_cnt;
	worker->stats->chunks_total = capacity.chunk_cnt;
	worker->stats->log_entries_total = capacity.record_cnt;
	return error;
}

static int open_fifos(struct sl_worker *worker, uint32_t buffer_cnt)
{
	int error = sl_blocks_init(&worker->blocks, buffer_cnt, worker->reads);

	if (error)
		return error;
	sl_fifo_init(&worker->work, &worker->sessions[0].working, sizeof(struct sl_session));
	sl_fifo_init(&worker->wait_buffer, &worker->sessions[0].waiting, sizeof(struct sl_session));
	for (int i = 0; i < SL_DISK_LANES_MAX; i++)
		sl_fifo_init(&worker->wait_lanes[i], &worker->sessions[0].waiting,
			     sizeof(struct sl_session));
	sl_fifo_init(&worker->wait_frames, &worker->reads[0].waiting, sizeof(struct sl_read));
	return 0;
}

static int open_tls(struct sl_worker *worker)
{
	const struct sl_worker_config *config = worker->config;
	struct sl_tls_context *context;
	int error;

	if (!config->credentials)
		return 0;
	error = sl_tls_heap_init(&worker->tls_heap,
				 HEAP_BYTES + sl_credentials_heap_bytes(config->credentials));
	if (error)
		return error;
	error = sl_aead_init(&worker->aead, config->aead);
	if (error) {
		sl_error("AEAD engine \"%s\" is not available: built without it, or the CPU lacks "
			 "what it needs; leave out --aead",
			 config->aead ? config->aead : "any");
		return error;
	}
	worker->table_bytes = sl_aead_table_bytes(worker->aead);
	worker->tables = sl_alloc(config->conns_max, worker->table_bytes);
	worker->open_table = sl_alloc(1, worker->table_bytes);
	if (!worker->tables || !worker->open_table)
		return -ENOMEM;
	error = sl_pool_init(&worker->table_pool, config->conns_max);
	if (error)
		return error;
	context = sl_credentials_take(config->credentials);
	BUG_ON(!context); /* one was made for each worker */
	sl_tls_seat_init(&worker->tls, context);
	snprintf(worker->stats->aead, sizeof(worker->stats->aead), "%s",
		 sl_aead_name(worker->aead));
	return 0;
}

static int open_tcp(struct sl_worker *worker)
{
	const struct sl_worker_config *config = worker->config;
	struct sl_tcp_config tcp = {
		.conns_max = config->conns_max,
		.backlog_max = config->conns_max / BACKLOG_SHARE + 1,
		.mtu_bytes = config->mtu_bytes,
		.listeners = config->listeners,
		.listener_cnt = config->listener_cnt,
		.receive_window_bytes = SL_INBOX_BYTES,
		.keepalive_ns = KEEPALIVE_NS,
		.stall_ns = config->idle_timeout_ns,
	};
	uint8_t secret[32];
	int error;

	sl_random_fill(secret, sizeof(secret));
	tcp.secret = secret;
	error = sl_tcp_init(&worker->tcp, &tcp, worker->now_ns);
	explicit_bzero(secret, sizeof(secret));
	return error;
}

/* NIC and disk share the arena; content sits on the disk. */
static int open_devices(struct sl_worker *worker)
{
	static const enum sl_nic_polling polling[] = {
		[SL_POLL_ADAPTIVE] = SL_NIC_POLL_IF_DEFERRED,
		[SL_POLL_INTERRUPT] = SL_NIC_POLL_NEVER,
		[SL_POLL_BUSY] = SL_NIC_POLL_ALWAYS,
	};
	const struct sl_worker_config *config = worker->config;
	uint32_t chunk_bytes = sl_nic_chunk_bytes(config->mtu_bytes);
	struct sl_budget budget = sl_budget_split(config->pipeline_budget_bytes, chunk_bytes);
	uint32_t frame_cnt = FILL_FRAMES + budget.frame_cnt;
	struct sl_nic_config nic = {
		.iface = config->iface,
		.queue = config->queue,
		.cpu = config->cpu,
		.frame_cnt = frame_cnt,
		.fill_cnt = FILL_FRAMES,
		.tx_cnt = power_of_two(budget.frame_cnt),
		.chunk_bytes = chunk_bytes,
		.long_packets = config->mtu_bytes > SL_MTU_FRAME_MAX,
		.copy_only = config->copy_only,
		.polling = polling[config->poll_mode],
	};
	struct sl_disk_config disk = { .root = config->root,
				       .buffer_cnt = budget.buffer_cnt,
				       .file_cnt = OBJECTS };
	struct sl_content_config content = { .object_cnt = OBJECTS,
					     .waiter_cnt = config->conns_max,
					     .has_root = config->root,
					     .stores = config->stores };
	size_t arena_bytes = (size_t)frame_cnt * chunk_bytes +
			     (size_t)(budget.buffer_cnt + 1) * SL_BUFFER_BYTES + SL_STAGING_BYTES;
	int error = sl_arena_init(&worker->arena, arena_bytes);

	if (error) {
		sl_error(
		    "cannot map %zu MiB for packets and disk buffers: %s; make --pipeline-budget "
		    "smaller or raise the memory limit",
		    arena_bytes >> 20, strerror(-error));
		return error;
	}
	worker->chunk_bytes = chunk_bytes;
	disk.devices = sl_stores_devices(config->stores, &disk.device_cnt);
	error = sl_disk_open(&worker->disk, &disk, &worker->arena);
	if (!error)
		error = sl_content_init(&worker->content, &content, worker->disk);
	if (!error)
		error = sl_nic_open(&worker->nic, &nic, &worker->arena);
	if (!error)
		error = open_fifos(worker, budget.buffer_cnt);
	if (error)
		return error;
	worker->stats->frames_total = sl_nic_free_frames(worker->nic);
	worker->stats->buffers_total = budget.buffer_cnt;
	return 0;
}

static int open_wakes(struct sl_worker *worker)
{
	int error;

	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake_fd < 0)
		return -errno;
	error = sl_disk_watch(worker->disk, worker->wake_fd, SL_WAKE_PEOPLE);
	if (!error)
		error = sl_disk_watch(worker->disk, sl_nic_fd(worker->nic), SL_WAKE_NIC);
	return error;
}

static void count_memory(struct sl_worker *worker, uint64_t allocated_bytes)
{
	struct sluice_worker_stats *stats = worker->stats;
	uint32_t conns = worker->config->conns_max;

	stats->connections_max = conns;
	stats->memory_connections_bytes = sl_capacity_own_bytes(conns, worker->table_bytes);
	stats->memory_handshakes_bytes = worker->tls_heap ? HEAP_BYTES : 0;
	stats->memory_pools_bytes =
	    allocated_bytes - stats->memory_connections_bytes - stats->memory_handshakes_bytes;
	stats->memory_pipeline_bytes = worker->arena.size_bytes;
	stats->memory_bytes = allocated_bytes + worker->arena.size_bytes;
}

int sl_worker_process_init(void)
{
	return sl_tls_heap_install();
}

int sl_worker_open(struct sl_worker **out, const struct sl_worker_config *config)
{
	uint64_t before_bytes = sl_alloc_bytes();
	struct sl_worker *worker = sl_alloc(1, sizeof(*worker));
	int error;

	if (!worker)
		return -ENOMEM;
	worker->config = config;
	worker->stats = config->stats;
	worker->poll.mode = config->poll_mode;
	worker->wake_fd = -1;
	worker->mtu_bytes = worker->mtu_taken_bytes = config->mtu_bytes;
	worker->now_ns = sl_clock_now_ns();
	error = open_tls(worker); /* what the operator most often gets wrong comes first */
	if (!error)
		error = open_pools(worker);
	if (!error)
		error = open_tcp(worker);
	if (!error)
		error = open_devices(worker);
	if (!error)
		error = open_wakes(worker);
	if (error) {
		if (error == -ENOMEM)
			sl_error("not enough memory for a worker with %u connections; lower "
				 "--connections",
				 config->conns_max);
		sl_worker_close(worker);
		return error;
	}
	worker->stats->queue = config->queue;
	worker->stats->zero_copy = sl_nic_zero_copy(worker->nic);
	worker->stats->gso = sl_nic_segments(worker->nic);
	worker->stats->huge_pages = worker->arena.huge;
	count_memory(worker, sl_alloc_bytes() - before_bytes);
	*out = worker;
	return 0;
}

int sl_worker_acquaint(struct sl_worker *const workers[], uint32_t cnt)
{
	BUG_ON(cnt > SL_WORKERS_MAX);
	for (uint32_t idx = 0; idx < cnt && cnt > 1; idx++) {
		struct sl_worker *worker = workers[idx];
		int error = sl_mailbox_init(&worker->mailbox, cnt);

		if (error)
			return error;
		memcpy(worker->peers, workers, cnt * sizeof(*workers));
		worker->peer_cnt = cnt;
		worker->own_idx = idx;
	}
	return 0;
}

void sl_worker_close(struct sl_worker *worker)
{
	if (!worker)
		return;
	if (worker->tcp)
		for (uint32_t idx = 0; idx < worker->config->conns_max; idx++)
			sl_session_gone(worker, (struct sl_tcp_conn){ idx });
	if (worker->nic)
		sl_nic_close(worker->nic);
	if (worker->content)
		sl_content_fini(worker->content);
	if (worker->disk)
		sl_disk_close(worker->disk);
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
	sl_arena_fini(&worker->arena);
	if (worker->tcp)
		sl_tcp_fini(worker->tcp);
	sl_tls_seat_fini(&worker->tls);
	if (worker->tls_heap)
		sl_tls_heap_fini(worker->tls_heap);
	if (worker->aead)
		sl_aead_fini(worker->aead);
	sl_mailbox_fini(worker->mailbox);
	sl_wheel_fini(&worker->timers);
	sl_record_pool_fini(&worker->records);
	sl_handshakes_fini(&worker->handshakes);
	sl_pool_fini(&worker->table_pool);
	sl_pool_fini(&worker->read_pool);
	sl_pool_fini(&worker->node_pool);
	sl_pool_fini(&worker->chunk_pool);
	sl_pool_fini(&worker->inbox_large_pool);
	sl_pool_fini(&worker->inbox_pool);
	sl_free(worker->open_table);
	sl_free(worker->tables);
	sl_blocks_fini(&worker->blocks);
	sl_free(worker->interests);
	sl_free(worker->reads);
	sl_free(worker->scratch);
	sl_free(worker->nodes);
	sl_free(worker->chunks);
	sl_free(worker->inboxes_large);
	sl_free(worker->inboxes);
	sl_free(worker->sessions);
	sl_free(worker);
}
