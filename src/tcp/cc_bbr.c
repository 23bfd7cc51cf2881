/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BBR version 3 (draft-ietf-ccwg-bbr-06): measure how fast the path delivers and how long it takes
 * without a queue, and send at that rate with that much in flight. Losses are not what it steers
 * by; they tell where the queue ends.
 *
 *             ┌─────────┐ rate stops growing,  ┌───────┐ queue is gone  ┌─────────┐
 *   start ──► │ Startup │ or too much is lost  │ Drain │ ─────────────► │ ProbeBW │ ◄─┐
 *             │ 2.77 x  │ ───────────────────► │ 0.5 x │                │         │ ──┘ bbr_probe.c
 *             └─────────┘                      └───────┘                └─────────┘
 *                  any of them ──► 5 s without a new least RTT ──► ProbeRTT ──► back: bbr_rtt.c
 *
 * From the model (bbr_model.c) and a gain for each state follow the two controls: the pacing rate,
 * gain * bw less one percent, and the window, about two bandwidth-delay products, within what
 * losses have shown to be safe.
 *
 * ECN: the draft leaves the response open but for that there must be one. A mark counts as a loss
 * rate above the threshold.
 *
 * Not all of the draft is followed where it answers losses: bbr_model.c says why.
 *
 * When it lies: as the model does.
 */
#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

enum {
	STARTUP_LOSS_EVENTS = 6,
	DRAIN_ROUNDS = 3,
	PACING_MARGIN_PERCENT = 1,
	MIN_PIPE_SEGMENTS = 4,
};

static const struct {
	uint16_t pacing_percent, cwnd_percent;
} gains[] = {
	[SL_BBR_STARTUP] = { 277, 200 },  [SL_BBR_DRAIN] = { 50, 200 },
	[SL_BBR_DOWN] = { 90, 200 },      [SL_BBR_CRUISE] = { 100, 200 },
	[SL_BBR_REFILL] = { 100, 200 },   [SL_BBR_UP] = { 125, 225 },
	[SL_BBR_PROBE_RTT] = { 100, 50 },
};

static void init(struct sl_cc *cc, uint64_t now_ns)
{
	struct sl_bbr *bbr = &cc->bbr;

	cc->cwnd_bytes = sl_cc_initial_window(cc->mss_bytes);
	cc->ssthresh_bytes = SL_TCP_CWND_MAX_BYTES;
	bbr->min_rtt_us = SL_BBR_NO_RTT;
	bbr->probe_rtt_min_us = SL_BBR_NO_RTT;
	bbr->min_rtt_stamp_ms = sl_bbr_ms(now_ns);
	bbr->probe_rtt_min_stamp_ms = sl_bbr_ms(now_ns);
	bbr->extra_acked_start_ns = now_ns;
	bbr->inflight_longterm_bytes = SL_BBR_NO_BYTES;
	bbr->probe_up_acked_per_inc_bytes = SL_BBR_NO_BYTES;
	bbr->undo_state = SL_BBR_NONE;
	sl_bbr_reset_shortterm(cc);
	sl_bbr_enter_startup(cc);
}

/* ---- Startup and Drain --------------------------------------------------------------- */

void sl_bbr_enter_startup(struct sl_cc *cc)
{
	cc->bbr.state = SL_BBR_STARTUP;
}

static void enter_drain(struct sl_cc *cc)
{
	cc->bbr.state = SL_BBR_DRAIN;
	cc->bbr.drain_rounds = 0;
}

static void leave_startup_for_loss(struct sl_cc *cc)
{
	cc->bbr.undo_state = SL_BBR_STARTUP;
	cc->bbr.full_bw_reached = true;
	cc->bbr.inflight_longterm_bytes =
	    max_u32(sl_bbr_bdp_bytes(cc, sl_bbr_bw(cc), 100), cc->bbr.inflight_latest_bytes);
}

/* Section 5.3.1.3: a round trip of recovery in which much was lost in many places; and the rate has
 * stopped growing. */
static bool startup_loses(const struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	return cc->bbr.loss_round_start && cc->bbr.in_recovery && cc->bbr.full_bw_cnt &&
	       cc->bbr.loss_events_cnt >= STARTUP_LOSS_EVENTS &&
	       sl_bbr_is_inflight_too_high(cc, ack->rate.lost_bytes, ack->rate.tx_in_flight_bytes);
}

static void check_startup_done(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	if (cc->bbr.state != SL_BBR_STARTUP)
		return;
	if (!cc->bbr.full_bw_reached && startup_loses(cc, ack))
		leave_startup_for_loss(cc);
	if (cc->bbr.full_bw_reached)
		enter_drain(cc);
}

static void check_drain_done(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	if (cc->bbr.state == SL_BBR_DRAIN &&
	    (ack->flight_bytes <= sl_bbr_inflight_bytes(cc, sl_bbr_bw(cc), 100) ||
	     cc->bbr.drain_rounds > DRAIN_ROUNDS))
		sl_bbr_start_down(cc, ack->now_ns);
}

/* ---- Controls ------------------------------------------------------------------------ */

static void set_pacing_rate(struct sl_cc *cc, uint32_t gain_percent)
{
	uint64_t rate =
	    (uint64_t)sl_bbr_bw(cc) * gain_percent / 100 * (100 - PACING_MARGIN_PERCENT) / 100;

	if (sl_bbr_max_bw(cc) == 0)
		return;
	/* Never so slow that the next segment is a second away. */
	rate = min_u64(max_u64(rate, cc->mss_bytes), SL_BBR_RATE_MAX);
	if (cc->bbr.full_bw_reached || rate > cc->pacing_rate)
		cc->pacing_rate = (uint32_t)rate;
}

/* Section 5.6.2: before there is any other rate. Until there is an RTT, too, pacing.c has it. */
static void init_pacing_rate(struct sl_cc *cc, uint64_t srtt_ns)
{
	uint64_t window_bytes = sl_cc_initial_window(cc->mss_bytes), rate;

	if (cc->pacing_rate || srtt_ns == 0)
		return;
	rate = window_bytes * gains[SL_BBR_STARTUP].pacing_percent / 100 * SL_NS_PER_S / srtt_ns;
	cc->pacing_rate = (uint32_t)min_u64(rate, SL_BBR_RATE_MAX);
}

static void bound_cwnd(struct sl_cc *cc)
{
	uint32_t cap_bytes = SL_BBR_NO_BYTES;

	if (cc->bbr.state == SL_BBR_PROBE_RTT || cc->bbr.state == SL_BBR_CRUISE)
		cap_bytes = sl_bbr_inflight_with_headroom_bytes(cc);
	else if (sl_bbr_is_probe_bw(cc))
		cap_bytes = cc->bbr.inflight_longterm_bytes;
	cap_bytes = min_u32(cap_bytes, cc->bbr.inflight_shortterm_bytes);
	cap_bytes = max_u32(cap_bytes, MIN_PIPE_SEGMENTS * cc->mss_bytes);
	cc->cwnd_bytes = min_u32(cc->cwnd_bytes, cap_bytes);
}

static void set_cwnd(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	uint32_t gain_percent = gains[cc->bbr.state].cwnd_percent, most_bytes;
	uint32_t grown_bytes =
	    min_u32(cc->cwnd_bytes + ack->delivered_bytes, SL_TCP_CWND_MAX_BYTES);

	most_bytes = sl_bbr_bdp_bytes(cc, sl_bbr_bw(cc), gain_percent);
	most_bytes = sl_bbr_at_least_bytes(cc, most_bytes + sl_bbr_extra_acked_bytes(cc));
	if (cc->bbr.full_bw_reached)
		cc->cwnd_bytes = min_u32(grown_bytes, most_bytes);
	else if (cc->cwnd_bytes < most_bytes ||
		 ack->delivered_total_bytes < sl_cc_initial_window(cc->mss_bytes))
		cc->cwnd_bytes = grown_bytes;
	cc->cwnd_bytes = max_u32(cc->cwnd_bytes, MIN_PIPE_SEGMENTS * cc->mss_bytes);
	if (cc->bbr.state == SL_BBR_PROBE_RTT)
		cc->cwnd_bytes = min_u32(cc->cwnd_bytes, sl_bbr_probe_rtt_cwnd_bytes(cc));
	bound_cwnd(cc);
}

/* ---- Each ACK ------------------------------------------------------------------------ */

static void acked(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	struct sl_bbr_sample rs = { .ack = ack };

	cc->bbr.delivered_bytes = ack->delivered_total_bytes;
	if (ack->rate.interval_ns) {
		uint64_t rate =
		    (uint64_t)ack->rate.delivered_bytes * SL_NS_PER_S / ack->rate.interval_ns;

		rs.delivery_rate = (uint32_t)min_u64(rate, SL_BBR_RATE_MAX);
		rs.app_limited = ack->rate.app_limited ||
				 ack->rate.prior_delivered_bytes < cc->bbr.app_limited_bytes;
	}
	sl_bbr_model_update(cc, &rs);
	check_startup_done(cc, ack);
	check_drain_done(cc, ack);
	sl_bbr_probe_bw_update(cc, &rs);
	sl_bbr_probe_rtt_update(cc, &rs);
	sl_bbr_model_advance(cc, &rs);

	init_pacing_rate(cc, ack->srtt_ns);
	set_pacing_rate(cc, gains[cc->bbr.state].pacing_percent);
	set_cwnd(cc, ack);
}

static void restarted(struct sl_cc *cc, uint64_t idle_ns, uint64_t now_ns)
{
	(void)idle_ns;
	cc->bbr.idle_restart = true;
	cc->bbr.extra_acked_start_ns = now_ns;
	cc->bbr.extra_acked_delivered_bytes = 0;
	if (sl_bbr_is_probe_bw(cc))
		set_pacing_rate(cc, 100);
	else if (cc->bbr.state == SL_BBR_PROBE_RTT)
		sl_bbr_check_probe_rtt_done(cc, now_ns);
}

/* ---- Losses -------------------------------------------------------------------------- */

void sl_bbr_save_cwnd(struct sl_cc *cc)
{
	if (cc->bbr.in_recovery || cc->bbr.state == SL_BBR_PROBE_RTT)
		cc->bbr.prior_cwnd_bytes = max_u32(cc->bbr.prior_cwnd_bytes, cc->cwnd_bytes);
	else
		cc->bbr.prior_cwnd_bytes = cc->cwnd_bytes;
}

void sl_bbr_restore_cwnd(struct sl_cc *cc)
{
	cc->cwnd_bytes = max_u32(cc->cwnd_bytes, cc->bbr.prior_cwnd_bytes);
}

/* Before the loss that begins a recovery changes anything. */
static void save_state(struct sl_cc *cc)
{
	struct sl_bbr *bbr = &cc->bbr;

	bbr->undo_state = SL_BBR_NONE;
	bbr->undo_bw_shortterm = bbr->bw_shortterm;
	bbr->undo_inflight_shortterm_bytes = bbr->inflight_shortterm_bytes;
	bbr->undo_inflight_longterm_bytes = bbr->inflight_longterm_bytes;
}

static void held_lost(struct sl_cc *cc, const struct sl_cc_loss *loss)
{
	if (!cc->bbr.in_recovery)
		save_state(cc);
	sl_bbr_handle_lost(cc, loss);
}

static void handle_mark(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns)
{
	sl_bbr_note_loss(cc);
	cc->bbr.is_mark_in_round = true;
	if (cc->bbr.state == SL_BBR_STARTUP && !cc->bbr.full_bw_reached)
		leave_startup_for_loss(cc);
	else if (cc->bbr.is_bw_probe_sample)
		sl_bbr_handle_inflight_too_high(cc, flight_bytes, false, now_ns);
}

static void lost(struct sl_cc *cc, enum sl_cc_cause cause, uint32_t flight_bytes, uint64_t now_ns)
{
	sl_bbr_save_cwnd(cc);
	cc->bbr.in_recovery = true;
	if (cause == SL_CC_ECN)
		handle_mark(cc, flight_bytes, now_ns);
}

/* recovery.c lets one segment go. */
static void timed_out(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns)
{
	(void)flight_bytes;
	(void)now_ns;
	sl_bbr_save_cwnd(cc);
	cc->bbr.in_recovery = true;
}

static void recovered(struct sl_cc *cc, uint64_t now_ns)
{
	(void)now_ns;
	cc->bbr.in_recovery = false;
	sl_bbr_restore_cwnd(cc);
}

/* Section 5.5.11.2 */
static void undo(struct sl_cc *cc, uint64_t now_ns)
{
	struct sl_bbr *bbr = &cc->bbr;

	(void)now_ns;
	sl_bbr_restore_cwnd(cc);
	bbr->is_loss_in_round = false;
	sl_bbr_reset_full_bw(cc, 0);
	bbr->bw_shortterm = max_u32(bbr->bw_shortterm, bbr->undo_bw_shortterm);
	bbr->inflight_shortterm_bytes =
	    max_u32(bbr->inflight_shortterm_bytes, bbr->undo_inflight_shortterm_bytes);
	bbr->inflight_longterm_bytes =
	    max_u32(bbr->inflight_longterm_bytes, bbr->undo_inflight_longterm_bytes);
	if (bbr->undo_state == SL_BBR_STARTUP && bbr->state != SL_BBR_STARTUP) {
		bbr->full_bw_reached = false;
		if (bbr->state != SL_BBR_PROBE_RTT)
			sl_bbr_enter_startup(cc);
	} else if (bbr->undo_state == SL_BBR_UP && bbr->state != SL_BBR_UP &&
		   bbr->state != SL_BBR_PROBE_RTT) {
		sl_bbr_start_refill(cc);
	}
	bbr->undo_state = SL_BBR_NONE;
}

const struct sl_cc_ops sl_cc_bbr = {
	.name = "bbr",
	.model = true,
	.ecn = true,
	.init = init,
	.acked = acked,
	.held_lost = held_lost,
	.lost = lost,
	.timed_out = timed_out,
	.recovered = recovered,
	.undo = undo,
	.restarted = restarted,
};
