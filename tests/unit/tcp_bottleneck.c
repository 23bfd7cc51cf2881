/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_bottleneck.h"

#include <stdlib.h>
#include <string.h>

#include "base/minmax.h"
#include "tcp/limits.h"
#include "tcp_harness.h"

enum { SENT_MAX = 1 << 16, LOSS_AFTER = 3, START_NS = 1000000 };

struct sent {                     /* names of rate.c */
	uint64_t sent_ns, ack_ns; /* UINT64_MAX: it was dropped */
	uint64_t delivered_bytes, delivered_ns, first_sent_ns;
	uint32_t flight_bytes, len_bytes;
	uint64_t lost_bytes;
	bool marked, lost;
};

struct bottleneck_sender {
	struct sent ring[SENT_MAX];
	uint64_t una_idx, nxt_idx; /* of packets */
	uint64_t ack_idx;          /* what arrived before it is acknowledged */
	uint64_t delivered_bytes, delivered_ns, first_sent_ns, lost_bytes;
	uint64_t srtt_ns, min_rtt_ns, pace_ns, timer_ns;
	uint64_t limited_idx, recovery_idx;
	uint32_t flight_bytes;
	bool in_recovery, by_timeout;
};

static struct sent *at(struct bottleneck_sender *sender, uint64_t idx)
{
	return &sender->ring[idx % SENT_MAX];
}

static const struct sl_cc_ops *ops_of(struct bottleneck_flow *flow)
{
	return sl_cc_ops(&flow->cc);
}

/* xorshift64* */
static bool chance(struct bottleneck *path, uint32_t per_million)
{
	path->random ^= path->random >> 12;
	path->random ^= path->random << 25;
	path->random ^= path->random >> 27;
	return (path->random * UINT64_C(2685821657736338717) >> 32) % 1000000 < per_million;
}

/* ---- Sending ------------------------------------------------------------------------- */

static uint64_t pacing_rate(const struct bottleneck_flow *flow)
{
	uint64_t window_bytes = flow->cc.cwnd_bytes;

	if (flow->cc.pacing_rate)
		return flow->cc.pacing_rate;
	if (flow->sender->srtt_ns == 0)
		return 0;
	window_bytes = window_bytes < flow->cc.ssthresh_bytes ? 2 * window_bytes
							      : window_bytes + window_bytes / 5;
	return window_bytes * S / flow->sender->srtt_ns;
}

static void transmit(struct bottleneck *path, struct bottleneck_flow *flow)
{
	struct bottleneck_sender *sender = flow->sender;
	struct sent *sent = at(sender, sender->nxt_idx++);
	uint64_t queued_bytes = 0;

	MUST(sender->nxt_idx - sender->una_idx < SENT_MAX);
	if (sender->flight_bytes == 0) {
		sender->first_sent_ns = sender->delivered_ns = path->now_ns;
		sender->timer_ns = path->now_ns + S + sender->srtt_ns;
	}
	sender->flight_bytes += flow->cc.mss_bytes;
	*sent = (struct sent){ .sent_ns = path->now_ns,
			       .ack_ns = UINT64_MAX,
			       .delivered_bytes = sender->delivered_bytes,
			       .delivered_ns = sender->delivered_ns,
			       .first_sent_ns = sender->first_sent_ns,
			       .flight_bytes = sender->flight_bytes,
			       .len_bytes = flow->cc.mss_bytes,
			       .lost_bytes = sender->lost_bytes };
	if (path->busy_until_ns > path->now_ns)
		queued_bytes = (path->busy_until_ns - path->now_ns) * path->rate / S;
	path->packets++;
	if (chance(path, path->loss_per_million) ||
	    queued_bytes + sent->len_bytes > path->buffer_bytes) {
		path->drops++;
		return;
	}
	path->queued_ns_sum += max_u64(path->busy_until_ns, path->now_ns) - path->now_ns;
	sent->marked = path->mark_bytes && queued_bytes > path->mark_bytes;
	path->busy_until_ns =
	    max_u64(path->busy_until_ns, path->now_ns) + sent->len_bytes * S / path->rate;
	sent->ack_ns = path->busy_until_ns + flow->rtt_ns;
}

static uint32_t room_bytes(const struct bottleneck *path, const struct bottleneck_flow *flow)
{
	uint32_t flight_bytes = flow->sender->flight_bytes;

	if (path->now_ns < flow->start_ns || (flow->stop_ns && path->now_ns >= flow->stop_ns) ||
	    flight_bytes + flow->cc.mss_bytes > flow->cc.cwnd_bytes)
		return 0;
	return flow->cc.cwnd_bytes - flight_bytes;
}

/* As pacing.c. */
static void send(struct bottleneck *path, struct bottleneck_flow *flow)
{
	struct bottleneck_sender *sender = flow->sender;
	uint32_t mss_bytes = flow->cc.mss_bytes, room = room_bytes(path, flow);
	uint64_t rate = pacing_rate(flow), cost_ns, late_ns;
	uint64_t few_bytes = min_u32(SL_TCP_BURST_SEGMENTS * mss_bytes, flow->cc.cwnd_bytes / 4);
	uint32_t quantum = (uint32_t)max_u64(max_u64(rate / 1000, few_bytes) / mss_bytes, 2);
	uint32_t packets = min_u32(room / mss_bytes, quantum);

	if (packets == 0 || path->now_ns < sender->pace_ns)
		return;
	for (uint32_t i = 0; i < packets; i++)
		transmit(path, flow);
	if (sender->flight_bytes >= flow->cc.cwnd_bytes / 2)
		sender->limited_idx = sender->nxt_idx;
	if (rate == 0)
		return;
	cost_ns = (uint64_t)packets * mss_bytes * S / rate;
	late_ns = min_u64(path->now_ns - min_u64(path->now_ns, sender->pace_ns), cost_ns / 2);
	sender->pace_ns = path->now_ns + cost_ns - late_ns;
}

/* ---- ACKs ---------------------------------------------------------------------------- */

static void forget_resolved(struct bottleneck_sender *sender)
{
	while (sender->una_idx < sender->ack_idx &&
	       (at(sender, sender->una_idx)->ack_ns != UINT64_MAX ||
		at(sender, sender->una_idx)->lost))
		sender->una_idx++;
}

static void lose(struct bottleneck *path, struct bottleneck_flow *flow, struct sent *sent)
{
	struct bottleneck_sender *sender = flow->sender;

	sent->lost = true;
	sender->lost_bytes += sent->len_bytes;
	flow->lost_bytes += sent->len_bytes;
	sender->flight_bytes -= sent->len_bytes;
	if (ops_of(flow)->held_lost)
		ops_of(flow)->held_lost(
		    &flow->cc,
		    &(struct sl_cc_loss){ .now_ns = path->now_ns,
					  .lost_bytes = sent->len_bytes,
					  .lost_since_bytes =
					      (uint32_t)(sender->lost_bytes - sent->lost_bytes),
					  .tx_in_flight_bytes = sent->flight_bytes,
					  .range_bytes = sent->len_bytes });
}

static uint32_t find_losses(struct bottleneck *path, struct bottleneck_flow *flow,
			    uint64_t before_idx)
{
	struct bottleneck_sender *sender = flow->sender;
	uint32_t lost_bytes = 0;

	for (uint64_t idx = sender->una_idx; idx < before_idx; idx++) {
		struct sent *sent = at(sender, idx);

		if (sent->lost || (idx < sender->ack_idx && sent->ack_ns != UINT64_MAX))
			continue;
		lose(path, flow, sent);
		lost_bytes += sent->len_bytes;
	}
	return lost_bytes;
}

static void recover(struct bottleneck *path, struct bottleneck_flow *flow, bool lost, bool marked)
{
	struct bottleneck_sender *sender = flow->sender;
	const struct sl_cc_ops *ops = ops_of(flow);

	if (sender->in_recovery && sender->una_idx >= sender->recovery_idx) {
		sender->in_recovery = sender->by_timeout = false;
		if (ops->recovered)
			ops->recovered(&flow->cc, path->now_ns);
	}
	if (sender->in_recovery || (!lost && !marked))
		return;
	sender->in_recovery = true;
	sender->recovery_idx = sender->nxt_idx;
	ops->lost(&flow->cc, lost ? SL_CC_LOSS : SL_CC_ECN,
		  min_u32((uint32_t)((sender->nxt_idx - sender->una_idx) * flow->cc.mss_bytes),
			  flow->cc.cwnd_bytes),
		  path->now_ns);
}

static void sample(const struct bottleneck *path, const struct bottleneck_sender *sender,
		   const struct sent *sent, struct sl_cc_rate *rate)
{
	uint64_t interval_ns =
	    max_u64(sent->sent_ns - sent->first_sent_ns, path->now_ns - sent->delivered_ns);

	if (interval_ns == 0 || interval_ns < sender->min_rtt_ns)
		return;
	*rate = (struct sl_cc_rate){
		.interval_ns = interval_ns,
		.prior_delivered_bytes = sent->delivered_bytes,
		.delivered_bytes = (uint32_t)(sender->delivered_bytes - sent->delivered_bytes),
		.lost_bytes = (uint32_t)(sender->lost_bytes - sent->lost_bytes),
		.tx_in_flight_bytes = sent->flight_bytes,
	};
}

/* Packets [first, end) have arrived, those that were not dropped. */
static void acked(struct bottleneck *path, struct bottleneck_flow *flow, uint64_t end_idx)
{
	struct bottleneck_sender *sender = flow->sender;
	struct sl_cc_ack ack = { .now_ns = path->now_ns };
	const struct sent *newest = NULL;
	bool limited = sender->limited_idx > sender->una_idx, marked = false;

	for (; sender->ack_idx < end_idx; sender->ack_idx++) {
		struct sent *sent = at(sender, sender->ack_idx);

		if (sent->ack_ns == UINT64_MAX || sent->lost)
			continue;
		newest = sent;
		marked |= sent->marked;
		ack.delivered_bytes += sent->len_bytes;
	}
	sender->flight_bytes -= ack.delivered_bytes;
	sender->delivered_bytes += ack.delivered_bytes;
	flow->delivered_bytes += ack.delivered_bytes;
	sender->delivered_ns = path->now_ns;
	sender->first_sent_ns = newest->sent_ns;
	ack.rtt_ns = path->now_ns - newest->sent_ns;
	sender->min_rtt_ns = min_u64(sender->min_rtt_ns, ack.rtt_ns);
	sender->srtt_ns = sender->srtt_ns ? (7 * sender->srtt_ns + ack.rtt_ns) / 8 : ack.rtt_ns;
	sender->timer_ns = path->now_ns + sender->srtt_ns + 300 * MS;
	if (end_idx > LOSS_AFTER)
		ack.lost_bytes = find_losses(path, flow, end_idx - LOSS_AFTER);
	forget_resolved(sender);
	recover(path, flow, ack.lost_bytes != 0, marked);
	if (sender->in_recovery && !sender->by_timeout && !ops_of(flow)->model)
		return;
	sample(path, sender, newest, &ack.rate);
	ack.srtt_ns = sender->srtt_ns;
	ack.min_rtt_ns = sender->min_rtt_ns;
	ack.delivered_total_bytes = sender->delivered_bytes;
	ack.una_seq = sender->una_idx * BOTTLENECK_MSS;
	ack.nxt_seq = sender->nxt_idx * BOTTLENECK_MSS;
	ack.flight_bytes = sender->flight_bytes;
	ack.cwnd_limited = limited;
	ack.in_recovery = sender->in_recovery;
	ops_of(flow)->acked(&flow->cc, &ack);
}

static void timeout(struct bottleneck *path, struct bottleneck_flow *flow)
{
	struct bottleneck_sender *sender = flow->sender;

	flow->timeouts++;
	find_losses(path, flow, sender->nxt_idx);
	sender->ack_idx = sender->nxt_idx;
	forget_resolved(sender);
	if (!sender->in_recovery)
		ops_of(flow)->timed_out(&flow->cc, 0, path->now_ns);
	flow->cc.cwnd_bytes = flow->cc.mss_bytes;
	sender->in_recovery = sender->by_timeout = true;
	sender->recovery_idx = sender->nxt_idx;
	sender->timer_ns = path->now_ns + S + sender->srtt_ns;
}

/* ---- Time ---------------------------------------------------------------------------- */

/* The next ACK, and which packets it covers: several, as they arrive together, or one alone if
 * nothing follows it. */
static uint64_t next_ack(const struct bottleneck *path, struct bottleneck_sender *sender,
			 uint64_t *end_idx)
{
	uint32_t every = path->ack_every ? path->ack_every : 2, cnt = 0;
	uint64_t at_ns = UINT64_MAX;

	for (uint64_t idx = sender->ack_idx; idx < sender->nxt_idx && cnt < every; idx++) {
		const struct sent *sent = at(sender, idx);

		if (sent->ack_ns == UINT64_MAX || sent->lost)
			continue;
		at_ns = sent->ack_ns;
		*end_idx = idx + 1;
		cnt++;
	}
	if (cnt && cnt < every && sender->flight_bytes > every * BOTTLENECK_MSS)
		return at_ns;
	return cnt && cnt < every ? at_ns + 40 * MS : at_ns;
}

static uint64_t next_send(const struct bottleneck *path, const struct bottleneck_flow *flow)
{
	struct bottleneck then = *path;

	if (path->now_ns < flow->start_ns)
		return flow->start_ns;
	then.now_ns = max_u64(path->now_ns, flow->sender->pace_ns);
	return room_bytes(&then, flow) ? then.now_ns : UINT64_MAX;
}

static bool flow_turn(struct bottleneck *path, struct bottleneck_flow *flow, uint64_t *next_ns)
{
	struct bottleneck_sender *sender = flow->sender;
	uint64_t end_idx = 0, ack_ns = next_ack(path, sender, &end_idx), send_ns;

	if (ack_ns <= path->now_ns) {
		acked(path, flow, end_idx);
		return true;
	}
	if (sender->flight_bytes && sender->timer_ns <= path->now_ns) {
		timeout(path, flow);
		return true;
	}
	send_ns = next_send(path, flow);
	if (send_ns <= path->now_ns) {
		send(path, flow);
		return true;
	}
	*next_ns = min_u64(*next_ns, min_u64(ack_ns, send_ns));
	if (sender->flight_bytes)
		*next_ns = min_u64(*next_ns, sender->timer_ns);
	return false;
}

void bottleneck_run(struct bottleneck *path, uint64_t for_ns)
{
	uint64_t end_ns = path->now_ns + for_ns;

	while (path->now_ns < end_ns) {
		uint64_t next_ns = end_ns;

		for (uint32_t i = 0; i < path->flow_cnt; i++)
			while (flow_turn(path, &path->flows[i], &next_ns))
				;
		path->now_ns = next_ns;
	}
}

void bottleneck_begin(struct bottleneck *path, uint64_t seed)
{
	path->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	path->now_ns = START_NS;
	for (uint32_t i = 0; i < path->flow_cnt; i++) {
		struct bottleneck_flow *flow = &path->flows[i];

		flow->sender = calloc(1, sizeof(*flow->sender));
		MUST(flow->sender);
		flow->sender->min_rtt_ns = UINT64_MAX;
		flow->start_ns += START_NS;
		flow->cc = (struct sl_cc){ .mss_bytes = BOTTLENECK_MSS,
					   .algorithm = (uint8_t)flow->congestion };
		ops_of(flow)->init(&flow->cc, path->now_ns);
	}
	bottleneck_measure(path);
}

void bottleneck_end(struct bottleneck *path)
{
	for (uint32_t i = 0; i < path->flow_cnt; i++)
		free(path->flows[i].sender);
}

void bottleneck_measure(struct bottleneck *path)
{
	path->measured_ns = path->now_ns;
	path->queued_ns_sum = path->packets = path->drops = 0;
	for (uint32_t i = 0; i < path->flow_cnt; i++)
		path->flows[i].delivered_bytes = path->flows[i].lost_bytes =
		    path->flows[i].timeouts = 0;
}

double bottleneck_share(const struct bottleneck *path, uint32_t flow_idx)
{
	return (double)path->flows[flow_idx].delivered_bytes * S / (double)path->rate /
	       (double)(path->now_ns - path->measured_ns);
}

double bottleneck_queue_ms(const struct bottleneck *path)
{
	return (double)path->queued_ns_sum / MS / (double)(path->packets - path->drops);
}
