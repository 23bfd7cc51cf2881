/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NewReno (RFC 5681, RFC 6582): the window that every other algorithm is measured against. One
 * segment more each round trip, half of it after a loss.
 *
 *       cwnd   ╱|    ╱|
 *             ╱ |   ╱ |   ╱
 *            ╱  |  ╱  |  ╱
 *               | ╱   | ╱
 *
 * Growth counts bytes, not ACKs (RFC 3465): a receiver that acknowledges every other segment slows
 * nobody down, one that acknowledges every byte speeds nobody up. For a congestion mark four fifths
 * are kept (RFC 8511): a router that marks has a short queue, and half would leave it empty.
 *
 * What is lost, and how the window comes down, is decided elsewhere: rack.c, newreno.c, recovery.c.
 *
 * When it lies: any loss is taken for a full queue. A path that loses one packet in a hundred by
 * itself gets some twelve segments in a round trip, whatever it could carry.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

static void init(struct sl_cc *cc, uint64_t now_ns)
{
	(void)now_ns;
	cc->cwnd_bytes = sl_cc_initial_window(cc->mss_bytes);
	cc->ssthresh_bytes = SL_TCP_CWND_MAX_BYTES;
}

static void acked(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	if (!ack->cwnd_limited)
		return;
	cc->newreno.acked_bytes += sl_hystart_grow(cc, &cc->newreno.hystart, ack);
	while (cc->newreno.acked_bytes >= cc->cwnd_bytes) {
		cc->newreno.acked_bytes -= cc->cwnd_bytes;
		cc->cwnd_bytes += cc->mss_bytes;
	}
	cc->cwnd_bytes = min_u32(cc->cwnd_bytes, SL_TCP_CWND_MAX_BYTES);
}

static void reduce(struct sl_cc *cc, uint32_t flight_bytes, uint32_t tenths)
{
	BUG_ON_HOT(flight_bytes > cc->cwnd_bytes);
	cc->newreno.undo_cwnd_bytes = cc->cwnd_bytes;
	cc->newreno.undo_ssthresh_bytes = cc->ssthresh_bytes;
	cc->newreno.acked_bytes = 0;
	cc->ssthresh_bytes =
	    max_u32((uint32_t)((uint64_t)flight_bytes * tenths / 10), 2 * cc->mss_bytes);
}

static void lost(struct sl_cc *cc, enum sl_cc_cause cause, uint32_t flight_bytes, uint64_t now_ns)
{
	(void)now_ns;
	reduce(cc, flight_bytes, cause == SL_CC_ECN ? 8 : 5);
	cc->cwnd_bytes = cc->ssthresh_bytes;
}

static void timed_out(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns)
{
	(void)now_ns;
	reduce(cc, flight_bytes, 5);
	cc->cwnd_bytes = cc->mss_bytes;
}

static void undo(struct sl_cc *cc, uint64_t now_ns)
{
	(void)now_ns;
	cc->cwnd_bytes = max_u32(cc->cwnd_bytes, cc->newreno.undo_cwnd_bytes);
	cc->ssthresh_bytes = max_u32(cc->ssthresh_bytes, cc->newreno.undo_ssthresh_bytes);
}

const struct sl_cc_ops sl_cc_newreno = {
	.name = "newreno",
	.ecn = true,
	.init = init,
	.acked = acked,
	.lost = lost,
	.timed_out = timed_out,
	.undo = undo,
};
