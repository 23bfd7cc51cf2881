/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BBR's least round trip time, and ProbeRTT (draft-ietf-ccwg-bbr, 5.3.4 and 5.5.8): what the path
 * takes without a queue can only be seen without one. If for five seconds no RTT was below the
 * least, the flow halves what it has in flight for 200 ms and a round trip. All flows that share a
 * queue see the same short RTT then, and so they do it at the same time from then on.
 *
 *   in flight ▔▔▔▔▔▔▔╲__╱▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔╲__╱▔▔▔▔
 *                     200 ms      5 s
 *
 * The least RTT is remembered for ten seconds, so while it is measured anew the old one still
 * counts. A flow that was silent in between had its look at the empty path for nothing.
 */
#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/cc.h"

#define PROBE_RTT_DURATION_NS (200 * SL_NS_PER_MS)
enum {
	MIN_RTT_FILTER_MS = 10000,
	PROBE_RTT_INTERVAL_MS = 5000,
	PROBE_RTT_CWND_GAIN_PERCENT = 50,
	MIN_PIPE_SEGMENTS = 4,
};

uint32_t sl_bbr_probe_rtt_cwnd_bytes(const struct sl_cc *cc)
{
	return max_u32(sl_bbr_bdp_bytes(cc, sl_bbr_bw(cc), PROBE_RTT_CWND_GAIN_PERCENT),
		       MIN_PIPE_SEGMENTS * cc->mss_bytes);
}

static void update_min_rtt(struct sl_bbr *bbr, const struct sl_cc_ack *ack)
{
	uint64_t rtt_us = min_u64(ack->rtt_ns / SL_NS_PER_US, SL_BBR_NO_RTT - 1);
	uint32_t now_ms = sl_bbr_ms(ack->now_ns);

	bbr->probe_rtt_expired = now_ms - bbr->probe_rtt_min_stamp_ms > PROBE_RTT_INTERVAL_MS;
	if (ack->rtt_ns && (rtt_us < bbr->probe_rtt_min_us || bbr->probe_rtt_expired)) {
		bbr->probe_rtt_min_us = (uint32_t)rtt_us;
		bbr->probe_rtt_min_stamp_ms = now_ms;
	}
	if (bbr->probe_rtt_min_us < bbr->min_rtt_us ||
	    now_ms - bbr->min_rtt_stamp_ms > MIN_RTT_FILTER_MS) {
		bbr->min_rtt_us = bbr->probe_rtt_min_us;
		bbr->min_rtt_stamp_ms = bbr->probe_rtt_min_stamp_ms;
	}
}

static void enter_probe_rtt(struct sl_cc *cc)
{
	sl_bbr_save_cwnd(cc);
	cc->bbr.state = SL_BBR_PROBE_RTT;
	cc->bbr.probe_rtt_done_ns = 0;
	cc->bbr.ack_phase = SL_BBR_ACKS_PROBE_STOPPING;
	sl_bbr_start_round(cc);
}

static void exit_probe_rtt(struct sl_cc *cc, uint64_t now_ns)
{
	sl_bbr_reset_shortterm(cc);
	if (!cc->bbr.full_bw_reached) {
		sl_bbr_enter_startup(cc);
		return;
	}
	/* The clock of the next probe begins; what is in flight is low enough already. */
	sl_bbr_start_down(cc, now_ns);
	sl_bbr_start_cruise(cc);
}

void sl_bbr_check_probe_rtt_done(struct sl_cc *cc, uint64_t now_ns)
{
	if (cc->bbr.probe_rtt_done_ns == 0 || now_ns <= cc->bbr.probe_rtt_done_ns)
		return;
	cc->bbr.probe_rtt_min_stamp_ms = sl_bbr_ms(now_ns);
	sl_bbr_restore_cwnd(cc);
	exit_probe_rtt(cc, now_ns);
}

static void handle_probe_rtt(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	struct sl_bbr *bbr = &cc->bbr;

	/* The rate is low because we want it so. */
	bbr->app_limited_bytes = bbr->delivered_bytes + ack->flight_bytes;
	if (bbr->probe_rtt_done_ns == 0) {
		if (ack->flight_bytes > sl_bbr_probe_rtt_cwnd_bytes(cc))
			return;
		bbr->probe_rtt_done_ns = ack->now_ns + PROBE_RTT_DURATION_NS;
		bbr->probe_rtt_round_done = false;
		sl_bbr_start_round(cc);
		return;
	}
	bbr->probe_rtt_round_done |= bbr->round_start;
	if (bbr->probe_rtt_round_done)
		sl_bbr_check_probe_rtt_done(cc, ack->now_ns);
}

void sl_bbr_probe_rtt_update(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;

	update_min_rtt(bbr, rs->ack);
	if (bbr->state != SL_BBR_PROBE_RTT && bbr->probe_rtt_expired && !bbr->idle_restart)
		enter_probe_rtt(cc);
	if (bbr->state == SL_BBR_PROBE_RTT)
		handle_probe_rtt(cc, rs->ack);
	if (rs->ack->delivered_bytes)
		bbr->idle_restart = false;
}
