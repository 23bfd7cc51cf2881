/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_judge.h"

#include "base/minmax.h"
#include "serve/read.h"
#include "serve/state.h"
#include "sim_disk.h"
#include "sim_nic.h"
#include "sim_violation.h"
#include "sim_world.h"
#include "tcp/stack.h"

enum { FEW_SEGMENTS = 24, RATE_FACTOR = 4 };

bool sl_sim_in_turn;

/* A probe for a lost tail is one segment that may leave whatever the congestion window is: RFC
 * 8985, 7.3. */
static bool is_probe(const struct sl_tcp *tcp, const struct sl_read *read)
{
	const struct sl_tcb *tcb = &tcp->conns[read->conn.idx];

	return tcb->tlp.state == SL_TCP_PROBE_OUT && !tcb->tlp.is_retrans &&
	       read->range.end_seq - read->range.start_seq <= tcb->payload_max_bytes;
}

static void judge_windows(const struct sl_sim_world *world, const struct sl_read *read,
			  uint32_t place, const struct sl_tcp_info *info)
{
	uint64_t res_seq = sl_tcp_stream_seq(world->worker->tcp, read->conn);
	uint64_t una_seq = sl_tcp_acked_seq(world->worker->tcp, read->conn);

	if ((uint64_t)info->in_flight_bytes + info->being_made_bytes > info->cwnd_bytes &&
	    !is_probe(world->worker->tcp, read))
		sl_sim_violation(place, "%u bytes in flight and %u being made, but cwnd is %u",
				 info->in_flight_bytes, info->being_made_bytes, info->cwnd_bytes);
	if (read->kind == SL_READ_FRESH && res_seq - una_seq > info->peer_window_bytes)
		sl_sim_violation(place, "%u bytes out, but the peer's window is %u",
				 (uint32_t)(res_seq - una_seq), info->peer_window_bytes);
}

/* The sent map is TCP's own: nobody outside is told which bytes it takes for delivered. */
static void judge_delivered(const struct sl_sim_world *world, const struct sl_read *read,
			    uint32_t place, const struct sl_sim_tcp *client)
{
	const struct sl_tcp *tcp = world->worker->tcp;
	const struct sl_tcb *tcb = &tcp->conns[read->conn.idx];
	uint32_t idx = tcb->sent.first_idx;

	if (tcb->snd_una > client->rcv_nxt_seq)
		sl_sim_violation(place, "%llu bytes are held for acknowledged that never came",
				 (unsigned long long)(tcb->snd_una - client->rcv_nxt_seq));
	for (; idx != SL_TCP_NONE && !client->reneged; idx = tcp->store.ranges[idx].next_idx) {
		const struct sl_tcp_sent_range *range = &tcp->store.ranges[idx];

		if (range->state == SL_TCP_SACKED &&
		    !sl_sim_tcp_has(client, range->start_seq, sl_tcp_sent_end(range)))
			sl_sim_violation(place, "%u bytes are held for SACKed that never came",
					 range->len_bytes);
	}
}

static void judge_permission(struct sl_sim_world *world, const struct sl_read *read)
{
	const struct sl_sim_client *client;
	struct sl_tcp_info info;
	uint32_t place;

	sl_tcp_info(world->worker->tcp, read->conn, &info);
	if (info.state == SL_TCP_CLOSED ||
	    !sl_sim_world_place(world, &info.peer, info.peer_port, &place))
		return;
	world->taps[place].permitted_rate[read->kind == SL_READ_AGAIN] = info.pacing_rate;
	judge_windows(world, read, place, &info);
	client = world->clients[place];
	if (client && !client->tcp.config.lies && client->tcp.state == SL_SIM_TCP_OPEN)
		judge_delivered(world, read, place, &client->tcp);
}

/* A read that began now is a permission that was used now: nothing has come in since. It may be
 * over by now, if the block was there. */
void sl_sim_judge_turn(struct sl_sim_judge *judge, struct sl_sim_world *world)
{
	struct sl_worker *worker = world->worker;

	sl_sim_nic_check(worker->nic);
	sl_blocks_check(worker);
	for (uint32_t idx = 0; idx < sl_pool_used_high(&worker->read_pool); idx++) {
		const struct sl_read *read = &worker->reads[idx];
		uint8_t phase;

		if (read->begun_ns != worker->now_ns)
			continue;
		phase = worker->sessions[read->conn.idx].phase;
		if (phase == SL_SESSION_FREE || phase == SL_SESSION_ABORTED)
			continue;
		judge->permissions++;
		judge_permission(world, read);
	}
}

/* The connection of that place; false if there is none. */
static bool find(const struct sl_sim_world *world, uint32_t place, struct sl_tcp_info *info)
{
	uint32_t other;

	for (uint32_t idx = 0; idx < world->config.conns_max; idx++) {
		if (world->worker->sessions[idx].phase == SL_SESSION_FREE)
			continue;
		sl_tcp_info(world->worker->tcp, (struct sl_tcp_conn){ idx }, info);
		if (sl_sim_world_place(world, &info->peer, info->peer_port, &other) &&
		    other == place)
			return info->state != SL_TCP_CLOSED;
	}
	return false;
}

/* A burst is a millisecond of the rate or ten segments, or what the rate would have let go since it
 * last could, which was before the one before it, while its read was slow. Two may be read at the
 * same time, new bytes and lost ones, and heads may come with them; the rate is that of when they
 * began. */
void sl_sim_judge_burst(struct sl_sim_world *world, uint32_t place, uint32_t bytes)
{
	const uint64_t *permitted_rate = world->taps[place].permitted_rate;
	uint64_t *burst_ns = world->taps[place].burst_ns;
	uint64_t since_ns = world->now_ns - burst_ns[1];
	struct sl_tcp_info info;
	uint64_t most_bytes, rate;

	burst_ns[1] = burst_ns[0];
	burst_ns[0] = world->now_ns;
	if (bytes <= FEW_SEGMENTS * world->clients[place]->tcp.config.mss ||
	    !find(world, place, &info))
		return;
	rate = max_u64(info.pacing_rate, max_u64(permitted_rate[0], permitted_rate[1]));
	most_bytes =
	    (uint64_t)FEW_SEGMENTS * info.mss_bytes +
	    RATE_FACTOR * rate / (SL_NS_PER_S / SL_NS_PER_MS) +
	    min_u64(rate * min_u64(since_ns, SL_NS_PER_S) / SL_NS_PER_S, SL_TCP_WAITED_BYTES);
	if (bytes > most_bytes)
		sl_sim_violation(place, "a burst of %u bytes, at a rate of %llu KB/s", bytes,
				 (unsigned long long)(rate / 1000));
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
	must_be_zero(worker->stats->buffers_total - sl_blocks_free(worker), "disk buffers");
	must_be_zero(sl_pool_used(&worker->read_pool), "reads of connections");
	must_be_zero(sl_pool_used(&worker->handshakes.pool), "places for handshakes");
	must_be_zero(sl_pool_used(&worker->inbox_pool), "inboxes");
	must_be_zero(sl_pool_used(&worker->inbox_large_pool), "large inboxes");
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
