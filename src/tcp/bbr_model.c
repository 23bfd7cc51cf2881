/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BBR's model of the path (draft-ietf-ccwg-bbr, 5.5): how fast it delivers, how much it holds.
 *
 *   long term:   max_bw, the greatest delivery rate of two probing cycles
 *                inflight_longterm, the most in flight that did not lose too much
 *   short term:  bw_shortterm, inflight_shortterm: what was still delivered in round trips with
 *                losses; forgotten when the next probe begins
 *
 * Rounds are counted by packets: one ends when something is acknowledged that was sent after it
 * began.
 *
 * Losses. The draft takes every round with losses for a path that has become slower, and more than
 * two percent lost for a full queue. On a path that loses one packet in a hundred by itself every
 * round is such a round, and the rate decays until the next probe; at three in a hundred every
 * probe fails, too, and the flow ends at a tenth of what it could have. So here a loss alone says
 * nothing. It says something
 *
 *   - with a queue: the least RTT of the round is an eighth above the path's. Then the draft is
 *     followed, but that what was delivered is set against what was sent: in DOWN, which pays off
 *     UP's queue at nine tenths of the rate, nine tenths delivered are no reason to slow down;
 *   - with a rate that fell: what arrived is an eighth less than what was sent. An application that
 *     sends little, and ProbeRTT, prove nothing of that kind;
 *   - without a queue a loss rate is too high above six percent and one segment, not two: the queue
 *     may be too short to be seen, but UP sends a quarter more than fits, so where it ends a fifth
 *     is lost;
 *   - and Startup ends for losses only once its rate has stopped growing.
 *
 * Simulated (check_tcp_bottleneck.c: one flow, a buffer of one bandwidth-delay product, 20 s, 10 to
 * 150 ms, 20 and 100 Mb/s), with 3 % lost 0.11 to 0.61 of the rate become 0.89 to 0.95. Beside
 * CUBIC little changes in buffers of half a bandwidth-delay product and more. In a tenth of it,
 * where no queue is to be seen when CUBIC loses, CUBIC keeps 0.27 of the rate instead of 0.49 (0.05
 * beside version 1, which does not answer losses at all).
 *
 * When it lies: samples of a time in which there was little to send say little about the path; they
 * count only if they are greater than what is known. ACKs that come in bunches make the path look
 * as if it held more than it does; how much more is extra_acked, and is added to the window, or
 * nothing would leave between two bunches.
 */
#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

enum {
	/* A round's least RTT is this much above the path's: a queue. An eighth, as in hystart.c;
	 * it is also what keeps a window that losses cut with a queue above 0.95 of a full pipe,
	 * with headroom taken off. */
	QUEUE_PERCENT = 112,
	/* A rate that is this much below the pace has fallen. Random losses alone are an eighth of
	 * what is sent on no path that is of use. */
	FOLLOWS_PERCENT = 87,

	BETA_PERCENT = 70,
	FULL_BW_GROWTH_PERCENT = 125,
	FULL_BW_ROUNDS = 3,
	EXTRA_ACKED_ROUNDS = 5, /* two slots of it: five to ten round trips */
	US_PER_S = 1000000,
	INTERVAL_US_MAX = 100 * US_PER_S, /* no overflow below 100 Gb/s */
};

/* ---- What it says -------------------------------------------------------------------- */

uint32_t sl_bbr_max_bw(const struct sl_cc *cc)
{
	return max_u32(cc->bbr.max_bw[0], cc->bbr.max_bw[1]);
}

uint32_t sl_bbr_bw(const struct sl_cc *cc)
{
	return min_u32(sl_bbr_max_bw(cc), cc->bbr.bw_shortterm);
}

uint32_t sl_bbr_bdp_bytes(const struct sl_cc *cc, uint32_t bw, uint32_t gain_percent)
{
	uint64_t bytes;

	if (cc->bbr.min_rtt_us == SL_BBR_NO_RTT)
		return sl_cc_initial_window(cc->mss_bytes);
	bytes = (uint64_t)bw * cc->bbr.min_rtt_us / US_PER_S * gain_percent / 100;
	return (uint32_t)min_u64(bytes, SL_TCP_CWND_MAX_BYTES);
}

/* Section 5.6.4.2. The offload budget is three quanta, of a millisecond each. */
uint32_t sl_bbr_at_least_bytes(const struct sl_cc *cc, uint32_t inflight_bytes)
{
	uint64_t quantum_bytes = cc->pacing_rate / (SL_NS_PER_S / SL_TCP_BURST_NS);

	quantum_bytes = max_u64(quantum_bytes, 2 * cc->mss_bytes);
	inflight_bytes = (uint32_t)max_u64(inflight_bytes, 3 * quantum_bytes);
	if (cc->bbr.state == SL_BBR_UP)
		inflight_bytes += 2 * cc->mss_bytes;
	return inflight_bytes;
}

uint32_t sl_bbr_inflight_bytes(const struct sl_cc *cc, uint32_t bw, uint32_t gain_percent)
{
	return sl_bbr_at_least_bytes(cc, sl_bbr_bdp_bytes(cc, bw, gain_percent));
}

uint32_t sl_bbr_target_inflight_bytes(const struct sl_cc *cc)
{
	return min_u32(sl_bbr_bdp_bytes(cc, sl_bbr_bw(cc), 100), cc->cwnd_bytes);
}

uint32_t sl_bbr_extra_acked_bytes(const struct sl_cc *cc)
{
	return max_u32(cc->bbr.extra_acked_bytes[0], cc->bbr.extra_acked_bytes[1]);
}

bool sl_bbr_sees_queue(const struct sl_cc *cc)
{
	return (uint64_t)cc->bbr.round_rtt_us * 100 >= (uint64_t)cc->bbr.min_rtt_us * QUEUE_PERCENT;
}

/* ---- Beginnings ---------------------------------------------------------------------- */

void sl_bbr_start_round(struct sl_cc *cc)
{
	cc->bbr.next_round_delivered_bytes = cc->bbr.delivered_bytes;
}

void sl_bbr_reset_full_bw(struct sl_cc *cc, uint32_t bw)
{
	cc->bbr.full_bw = bw;
	cc->bbr.full_bw_cnt = 0;
	cc->bbr.full_bw_now = false;
}

void sl_bbr_reset_shortterm(struct sl_cc *cc)
{
	cc->bbr.bw_shortterm = SL_BBR_NO_RATE;
	cc->bbr.inflight_shortterm_bytes = SL_BBR_NO_BYTES;
}

void sl_bbr_reset_congestion(struct sl_cc *cc)
{
	cc->bbr.is_loss_in_round = false;
	cc->bbr.is_mark_in_round = false;
	cc->bbr.bw_latest = 0;
	cc->bbr.inflight_latest_bytes = 0;
}

/* A cycle without a sample of its own does not end the one before. */
void sl_bbr_advance_max_bw(struct sl_cc *cc)
{
	if (cc->bbr.max_bw[1] == 0)
		return;
	cc->bbr.max_bw[0] = cc->bbr.max_bw[1];
	cc->bbr.max_bw[1] = 0;
}

void sl_bbr_note_loss(struct sl_cc *cc)
{
	if (!cc->bbr.is_loss_in_round)
		cc->bbr.loss_round_delivered_bytes = cc->bbr.delivered_bytes;
	cc->bbr.is_loss_in_round = true;
	cc->bbr.loss_events_cnt += cc->bbr.loss_events_cnt < UINT8_MAX;
}

/* ---- Each ACK ------------------------------------------------------------------------ */

static void update_latest(struct sl_bbr *bbr, const struct sl_bbr_sample *rs)
{
	bbr->loss_round_start = false;
	if (rs->delivery_rate == 0)
		return;
	bbr->bw_latest = max_u32(bbr->bw_latest, rs->delivery_rate);
	bbr->inflight_latest_bytes =
	    max_u32(bbr->inflight_latest_bytes, rs->ack->rate.delivered_bytes);
	if (rs->ack->rate.prior_delivered_bytes >= bbr->loss_round_delivered_bytes) {
		bbr->loss_round_delivered_bytes = bbr->delivered_bytes;
		bbr->loss_round_start = true;
	}
}

static void note_limited(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	uint64_t before_bytes =
	    (uint64_t)ack->flight_bytes + ack->delivered_bytes + ack->lost_bytes;

	if (cc->bbr.round_start) {
		cc->bbr.cwnd_limited = cc->bbr.cwnd_limited_now;
		cc->bbr.cwnd_limited_now = false;
	}
	/* Less than a segment is no room. */
	if (before_bytes + cc->mss_bytes > cc->cwnd_bytes)
		cc->bbr.cwnd_limited_now = true;
}

static void note_rtt(struct sl_bbr *bbr, uint64_t rtt_ns)
{
	uint32_t rtt_us = (uint32_t)min_u64(rtt_ns / SL_NS_PER_US, SL_BBR_NO_RTT - 1);

	if (rtt_ns && (bbr->round_start || bbr->round_rtt_us == 0 || rtt_us < bbr->round_rtt_us))
		bbr->round_rtt_us = rtt_us;
}

static void update_round(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;

	bbr->round_start = rs->delivery_rate &&
			   rs->ack->rate.prior_delivered_bytes >= bbr->next_round_delivered_bytes;
	note_limited(cc, rs->ack);
	note_rtt(bbr, rs->ack->rtt_ns);
	if (!bbr->round_start)
		return;
	sl_bbr_start_round(cc);
	bbr->rounds_since_probe_up += bbr->rounds_since_probe_up < UINT8_MAX;
	bbr->drain_rounds += bbr->drain_rounds < UINT8_MAX;
}

static void update_max_bw(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	if (rs->delivery_rate && (rs->delivery_rate >= sl_bbr_max_bw(cc) || !rs->app_limited))
		cc->bbr.max_bw[1] = max_u32(cc->bbr.max_bw[1], rs->delivery_rate);
}

/* What a round with losses says beyond the draft: see the essay. */
static bool shows_congestion(const struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	const struct sl_bbr *bbr = &cc->bbr;

	if (bbr->is_mark_in_round || sl_bbr_sees_queue(cc))
		return true;
	return !rs->app_limited &&
	       (uint64_t)bbr->bw_latest * 100 < (uint64_t)cc->pacing_rate * FOLLOWS_PERCENT;
}

/* What would have been delivered, had we sent at bw: a pace that is slower by intent, to drain a
 * queue of our own, must not be taken for the path's. */
static uint32_t latest_at_full_pace(const struct sl_cc *cc)
{
	uint32_t bw = sl_bbr_bw(cc);
	uint64_t gain_percent = bw ? (uint64_t)cc->pacing_rate * 100 / bw : 100;

	if (gain_percent == 0 || gain_percent >= 100)
		return cc->bbr.bw_latest;
	return (uint32_t)min_u64((uint64_t)cc->bbr.bw_latest * 100 / gain_percent,
				 sl_bbr_max_bw(cc));
}

/* Section 5.5.10.3: when not probing, slow down to what a round with losses still delivered, by
 * beta at most. */
static void adapt_shortterm(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;
	uint32_t latest;

	if (bbr->state == SL_BBR_STARTUP || bbr->state == SL_BBR_REFILL || bbr->state == SL_BBR_UP)
		return;
	if (!bbr->is_loss_in_round || !shows_congestion(cc, rs))
		return;
	latest = latest_at_full_pace(cc);
	if (bbr->bw_shortterm == SL_BBR_NO_RATE)
		bbr->bw_shortterm = sl_bbr_max_bw(cc);
	/* A timeout has shut cwnd. */
	if (bbr->inflight_shortterm_bytes == SL_BBR_NO_BYTES)
		bbr->inflight_shortterm_bytes = bbr->in_recovery
						    ? max_u32(cc->cwnd_bytes, bbr->prior_cwnd_bytes)
						    : cc->cwnd_bytes;
	bbr->bw_shortterm =
	    max_u32(latest, (uint32_t)((uint64_t)bbr->bw_shortterm * BETA_PERCENT / 100));
	bbr->inflight_shortterm_bytes =
	    max_u32(bbr->inflight_latest_bytes,
		    (uint32_t)((uint64_t)bbr->inflight_shortterm_bytes * BETA_PERCENT / 100));
}

static void turn_extra_acked(struct sl_bbr *bbr)
{
	uint32_t rounds = bbr->full_bw_reached ? EXTRA_ACKED_ROUNDS : 1;

	if (++bbr->extra_acked_rounds < rounds)
		return;
	bbr->extra_acked_rounds = 0;
	bbr->extra_acked_bytes[0] = bbr->extra_acked_bytes[1];
	bbr->extra_acked_bytes[1] = 0;
}

/* Section 5.5.9: more than the rate explains. */
static void update_extra_acked(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;
	uint64_t interval_us = (rs->ack->now_ns - bbr->extra_acked_start_ns) / SL_NS_PER_US;
	uint64_t expected_bytes =
	    (uint64_t)sl_bbr_bw(cc) * min_u64(interval_us, INTERVAL_US_MAX) / US_PER_S;

	if (bbr->round_start)
		turn_extra_acked(bbr);
	if (bbr->extra_acked_delivered_bytes <= expected_bytes ||
	    bbr->extra_acked_delivered_bytes > SL_TCP_CWND_MAX_BYTES) {
		bbr->extra_acked_delivered_bytes = 0;
		bbr->extra_acked_start_ns = rs->ack->now_ns;
		expected_bytes = 0;
	}
	bbr->extra_acked_delivered_bytes += rs->ack->delivered_bytes;
	if (bbr->extra_acked_delivered_bytes <= expected_bytes)
		return;
	bbr->extra_acked_bytes[1] = max_u32(
	    bbr->extra_acked_bytes[1],
	    min_u32(bbr->extra_acked_delivered_bytes - (uint32_t)expected_bytes, cc->cwnd_bytes));
}

/* Section 5.3.1.2: three rounds of asking for more that brought less than a quarter more. */
static void check_full_bw(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;

	if (bbr->full_bw_now || !bbr->round_start || rs->app_limited)
		return;
	if (rs->delivery_rate >= (uint64_t)bbr->full_bw * FULL_BW_GROWTH_PERCENT / 100) {
		sl_bbr_reset_full_bw(cc, rs->delivery_rate);
		return;
	}
	bbr->full_bw_now = ++bbr->full_bw_cnt >= FULL_BW_ROUNDS;
	bbr->full_bw_reached |= bbr->full_bw_now;
}

void sl_bbr_model_update(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	update_latest(&cc->bbr, rs);
	update_round(cc, rs);
	update_max_bw(cc, rs);
	if (cc->bbr.loss_round_start)
		adapt_shortterm(cc, rs);
	update_extra_acked(cc, rs);
	check_full_bw(cc, rs);
}

void sl_bbr_model_advance(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	if (!cc->bbr.loss_round_start)
		return;
	cc->bbr.is_loss_in_round = false;
	cc->bbr.is_mark_in_round = false;
	cc->bbr.loss_events_cnt = 0;
	cc->bbr.bw_latest = rs->delivery_rate;
	cc->bbr.inflight_latest_bytes = rs->ack->rate.delivered_bytes;
}
