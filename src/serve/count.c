/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of counters: what other rooms count is taken over a hundred times a second, what serve
 * counts is there already. */
#include "serve/state.h"

static void count_tcp(struct sluice_worker_stats *stats, const struct sl_tcp_counters *tcp)
{
	stats->rx_no_connection = tcp->no_connection;
	stats->rx_out_of_window = tcp->out_of_window_in;
	stats->rx_out_of_order = tcp->out_of_order_in;
	stats->rx_out_of_order_dropped = tcp->out_of_order_dropped;
	stats->rx_duplicates = tcp->duplicates_in;
	stats->connections_accepted = tcp->opened;
	stats->connections_refused = tcp->backlog_full + tcp->table_full;
	stats->connections_reset_sent = tcp->reset_sent;
	stats->connections_reset_received = tcp->reset_received;
	stats->retransmitted_segments = tcp->resent_segments;
	stats->retransmitted_bytes = tcp->resent_bytes;
	stats->recoveries = tcp->recoveries;
	stats->retransmission_timeouts = tcp->rtos;
	stats->tail_loss_probes = tcp->tlp_probes;
	stats->tail_losses = tcp->tlp_recoveries;
	stats->dsacks = tcp->dsacks_in;
	stats->undone_recoveries = tcp->undone_recoveries;
	stats->undone_timeouts = tcp->undone_timeouts;
	stats->ecn_reductions = tcp->ecn_reductions;
	stats->connections_given_up = tcp->timed_out;
	stats->connections_open = tcp->open_cnt;
	stats->connections_half_open = tcp->syn_received_cnt;
	stats->connections_time_wait = tcp->time_wait_cnt;
	stats->syn_cookies_sent = tcp->cookies_sent;
	stats->syn_cookies_accepted = tcp->cookies_accepted;
	stats->syn_cookies_failed = tcp->cookies_failed;
	stats->icmp_errors = tcp->icmp_in;
	stats->icmp_refused = tcp->icmp_refused;
	stats->too_big_honoured = tcp->too_big_in;
	stats->black_holes = tcp->black_holes;
	stats->mtu_probes = tcp->mtu_probes;
	stats->mtu_probes_lost = tcp->mtu_probes_lost;
}

/* The kernel's own counters: a system call, so only now and then. */
static void count_kernel(struct sl_worker *worker, struct sluice_worker_stats *stats)
{
	struct sl_nic_counters nic;

	sl_nic_counters(worker->nic, &nic);
	stats->rx_too_long = nic.rx_too_long;
	stats->rx_ring_full = nic.rx_ring_full;
	stats->rx_fill_empty = nic.fill_ring_empty;
	stats->tx_kicks = nic.tx_kicks;
}

static void count_nic(struct sl_worker *worker, struct sluice_worker_stats *stats)
{
	uint32_t owner_cnt[SL_FRAME_PUMP + 1];

	sl_nic_count(worker->nic, owner_cnt);
	stats->frames_used = owner_cnt[SL_FRAME_TX] + owner_cnt[SL_FRAME_PUMP];
}

static void count_devices(const struct sl_worker *worker, struct sluice_worker_stats *stats)
{
	uint64_t reads = 0, errors = 0, wrong_sums = 0, failing = 0;
	uint32_t device_cnt;

	sl_stores_devices(worker->config->stores, &device_cnt);
	for (uint32_t i = 0; i < device_cnt; i++) {
		struct sl_disk_device_counters device;

		sl_disk_device_counters(worker->disk, i, &device);
		reads += device.reads;
		errors += device.errors;
		wrong_sums += device.wrong_sums;
		failing |= (uint64_t)device.failing << i;
	}
	stats->device_reads = reads;
	stats->device_errors = errors;
	stats->device_wrong_sums = wrong_sums;
	stats->devices_failing = failing;
}

void sl_worker_count_sometimes(struct sl_worker *worker)
{
	if (worker->now_ns - worker->counted_ns < SL_COUNT_EVERY_NS)
		return;
	worker->counted_ns = worker->now_ns;
	worker->counted_all = true;
	count_kernel(worker, worker->stats);
	sl_worker_count(worker);
}

void sl_worker_count(struct sl_worker *worker)
{
	struct sluice_worker_stats *stats = worker->stats;

	count_tcp(stats, sl_tcp_counters(worker->tcp));
	count_nic(worker, stats);
	count_devices(worker, stats);
	stats->objects_open = sl_content_counters(worker->content)->objects_cnt;
	stats->buffers_used = stats->buffers_total - sl_blocks_free(worker);
	stats->buffers_kept = worker->blocks.kept_cnt;
	stats->handshakes_waiting =
	    worker->handshakes.cnt[SL_HANDSHAKES_NEW] + worker->handshakes.cnt[SL_HANDSHAKES_BEGUN];
	stats->inboxes_used =
	    sl_pool_used(&worker->inbox_pool) + sl_pool_used(&worker->inbox_large_pool);
	stats->chunks_used = sl_pool_used(&worker->chunk_pool);
	stats->chunks_used_high = sl_pool_used_high(&worker->chunk_pool);
	stats->log_entries_used = sl_pool_used(&worker->records.pool);
	stats->log_entries_used_high = sl_pool_used_high(&worker->records.pool);
}
