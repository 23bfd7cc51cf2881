/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_judge.h"

#include "serve/read.h"
#include "serve/state.h"
#include "sim_disk.h"
#include "sim_nic.h"
#include "sim_violation.h"

bool sl_sim_in_turn;

static void judge_permission(struct sl_worker *worker, const struct sl_read *read)
{
	struct sl_tcp_info info;
	uint64_t res_seq, una_seq;

	sl_tcp_info(worker->tcp, read->conn, &info);
	if (info.state == SL_TCP_CLOSED)
		return;
	if ((uint64_t)info.in_flight_bytes + info.being_made_bytes > info.cwnd_bytes)
		sl_sim_violation(info.peer_port,
				 "%u bytes in flight and %u being made, but cwnd is %u",
				 info.in_flight_bytes, info.being_made_bytes, info.cwnd_bytes);
	res_seq = sl_tcp_stream_seq(worker->tcp, read->conn);
	una_seq = sl_tcp_acked_seq(worker->tcp, read->conn);
	if (read->kind == SL_READ_FRESH && res_seq - una_seq > info.peer_window_bytes)
		sl_sim_violation(info.peer_port, "%u bytes out, but the peer's window is %u",
				 (uint32_t)(res_seq - una_seq), info.peer_window_bytes);
}

/* A read that began now is a permission that was used now: nothing has come in since. */
void sl_sim_judge_turn(struct sl_sim_judge *judge, struct sl_worker *worker)
{
	uint32_t buffer_cnt = (uint32_t)worker->stats->buffers_total;

	sl_sim_nic_check(worker->nic);
	for (uint32_t idx = 0; idx < buffer_cnt; idx++) {
		const struct sl_read *read = &worker->reads[idx];

		if (sl_sim_disk_begun_ns(worker->disk, idx) != worker->now_ns || read->orphaned)
			continue;
		judge->permissions++;
		judge_permission(worker, read);
	}
}

static void must_be_zero(uint64_t value, const char *what)
{
	if (value != 0)
		sl_sim_violation(SL_SIM_NOBODY, "all clients are gone, but %llu %s are still taken",
				 (unsigned long long)value, what);
}

void sl_sim_judge_end(struct sl_worker *worker)
{
	uint32_t owner_cnt[SL_FRAME_OWNERS];

	must_be_zero(sl_tcp_counters(worker->tcp)->open_cnt, "connections");
	must_be_zero(worker->stats->buffers_total - sl_disk_free_buffers(worker->disk),
		     "disk buffers");
	must_be_zero(sl_pool_used(&worker->inbox_pool), "inboxes");
	must_be_zero(sl_pool_used(&worker->chunk_pool), "chunks");
	must_be_zero(sl_pool_used(&worker->node_pool), "outbox nodes");
	must_be_zero(sl_pool_used(&worker->table_pool), "key tables");
	must_be_zero(sl_pool_used(&worker->records.pool), "records");
	must_be_zero(sl_sim_disk_reads(worker->disk), "reads");
	sl_nic_count(worker->nic, owner_cnt);
	/* What the last turn sent (an answer to an attacker) is the NIC's until the next. */
	must_be_zero(owner_cnt[SL_FRAME_PUMP] + owner_cnt[SL_FRAME_RX], "frames");
	for (uint32_t idx = 0; idx < worker->config->conns_max; idx++)
		must_be_zero(worker->sessions[idx].phase != SL_SESSION_FREE, "sessions");
}
