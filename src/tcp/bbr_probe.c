/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BBR's cycle of probing for bandwidth (draft-ietf-ccwg-bbr, 5.3.3), and what it learns from losses
 * while it does (5.5.10).
 *
 *              pace
 *   UP         1.25 x   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁╱▔╲▁   until it brings nothing more, or
 * losses REFILL     1    x                              ╱   │   a round trip: fill the pipe first
 *   CRUISE     1    x   ╲________________________╱     │   2 to 3 s, or as long as Reno would take
 *   DOWN       0.9  x    ╲                              ╲  until the queue is gone, with headroom
 *
 * UP raises inflight_longterm by 1, 2, 4, ... segments a round trip; a loss rate above LossThresh
 * sets it to where that happened. The probe after such a one is careful: it ends as soon as it gets
 * there, and only if that went well the next one follows at once and goes further.
 *
 * How long to cruise is random, or flows would collide for ever; the randomness is a hash of the
 * time, since nothing here may ask for a number.
 */
#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

enum {
	LOSS_THRESH_PERCENT = 2,
	LOSS_THRESH_NO_QUEUE_PERCENT = 6, /* not in the draft: see bbr_model.c */
	BETA_PERCENT = 70,
	HEADROOM_PERCENT = 15,
	MIN_PIPE_SEGMENTS = 4,
	RENO_ROUNDS_MAX = 63,
	PROBE_WAIT_MS = 2000,
	PROBE_WAIT_RANDOM_MS = 1000,
	PROBE_UP_ROUNDS_MAX = 30,
};

/* The finalizer of splitmix64. */
static uint64_t hash(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

bool sl_bbr_is_probe_bw(const struct sl_cc *cc)
{
	return cc->bbr.state >= SL_BBR_DOWN && cc->bbr.state <= SL_BBR_UP;
}

static uint32_t loss_thresh_percent(const struct sl_cc *cc)
{
	return sl_bbr_sees_queue(cc) ? LOSS_THRESH_PERCENT : LOSS_THRESH_NO_QUEUE_PERCENT;
}

bool sl_bbr_is_inflight_too_high(const struct sl_cc *cc, uint32_t lost_bytes,
				 uint32_t tx_in_flight_bytes)
{
	uint64_t most_bytes = (uint64_t)tx_in_flight_bytes * loss_thresh_percent(cc) / 100;

	/* One segment of a small flight is a high rate, and may be chance. */
	if (!sl_bbr_sees_queue(cc))
		most_bytes += cc->mss_bytes;
	return lost_bytes > most_bytes;
}

uint32_t sl_bbr_inflight_with_headroom_bytes(const struct sl_cc *cc)
{
	uint32_t longterm_bytes = cc->bbr.inflight_longterm_bytes, headroom_bytes;

	if (longterm_bytes == SL_BBR_NO_BYTES)
		return SL_BBR_NO_BYTES;
	headroom_bytes =
	    max_u32((uint32_t)((uint64_t)longterm_bytes * HEADROOM_PERCENT / 100), cc->mss_bytes);
	longterm_bytes -= min_u32(longterm_bytes, headroom_bytes);
	return max_u32(longterm_bytes, MIN_PIPE_SEGMENTS * cc->mss_bytes);
}

/* ---- Phases -------------------------------------------------------------------------- */

static void pick_probe_wait(struct sl_cc *cc, uint64_t now_ns)
{
	uint64_t random = hash(now_ns ^ cc->bbr.delivered_bytes << 32);

	cc->bbr.rounds_since_probe_up = random & 1;
	cc->bbr.bw_probe_wait_ms =
	    PROBE_WAIT_MS + (uint32_t)((random >> 32) % PROBE_WAIT_RANDOM_MS);
}

void sl_bbr_start_down(struct sl_cc *cc, uint64_t now_ns)
{
	sl_bbr_reset_congestion(cc);
	cc->bbr.probe_up_acked_per_inc_bytes = SL_BBR_NO_BYTES;
	pick_probe_wait(cc, now_ns);
	cc->bbr.cycle_ms = sl_bbr_ms(now_ns);
	cc->bbr.ack_phase = SL_BBR_ACKS_PROBE_STOPPING;
	sl_bbr_start_round(cc);
	cc->bbr.state = SL_BBR_DOWN;
}

void sl_bbr_start_cruise(struct sl_cc *cc)
{
	cc->bbr.state = SL_BBR_CRUISE;
}

void sl_bbr_start_refill(struct sl_cc *cc)
{
	sl_bbr_reset_shortterm(cc);
	cc->bbr.bw_probe_up_rounds = 0;
	cc->bbr.bw_probe_up_acked_bytes = 0;
	cc->bbr.prev_probe_precautionary = false;
	cc->bbr.ack_phase = SL_BBR_ACKS_REFILLING;
	sl_bbr_start_round(cc);
	cc->bbr.state = SL_BBR_REFILL;
}

/* So many bytes of ACKs for each segment more: one segment a round trip at first, then twice as
 * many. */
static void raise_slope(struct sl_cc *cc)
{
	uint32_t growth = 1U << cc->bbr.bw_probe_up_rounds;

	cc->bbr.bw_probe_up_rounds += cc->bbr.bw_probe_up_rounds < PROBE_UP_ROUNDS_MAX;
	cc->bbr.probe_up_acked_per_inc_bytes = max_u32(cc->cwnd_bytes / growth, cc->mss_bytes);
}

static void start_up(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	cc->bbr.is_bw_probe_sample = true;
	cc->bbr.ack_phase = SL_BBR_ACKS_PROBE_STARTING;
	sl_bbr_start_round(cc);
	sl_bbr_reset_full_bw(cc, rs->delivery_rate);
	cc->bbr.state = SL_BBR_UP;
	raise_slope(cc);
}

/* ---- Transitions --------------------------------------------------------------------- */

static bool is_time_to_probe(const struct sl_cc *cc, uint64_t now_ns)
{
	uint32_t reno_rounds = sl_bbr_target_inflight_bytes(cc) / cc->mss_bytes;

	return sl_bbr_ms(now_ns) - cc->bbr.cycle_ms > cc->bbr.bw_probe_wait_ms ||
	       cc->bbr.rounds_since_probe_up >= min_u32(reno_rounds, RENO_ROUNDS_MAX);
}

static bool is_time_to_cruise(const struct sl_cc *cc, uint32_t flight_bytes)
{
	return flight_bytes <= sl_bbr_inflight_with_headroom_bytes(cc) &&
	       flight_bytes <= sl_bbr_inflight_bytes(cc, sl_bbr_max_bw(cc), 100);
}

static bool at_longterm(const struct sl_cc *cc)
{
	return (cc->bbr.cwnd_limited || cc->bbr.cwnd_limited_now) &&
	       cc->cwnd_bytes >= cc->bbr.inflight_longterm_bytes;
}

static bool is_time_to_go_down(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;

	if (bbr->prev_probe_too_high && rs->ack->flight_bytes >= bbr->inflight_longterm_bytes) {
		bbr->prev_probe_precautionary = true;
		return true;
	}
	if (at_longterm(cc)) {
		/* It is not the path that holds the rate back. */
		sl_bbr_reset_full_bw(cc, rs->delivery_rate);
		return false;
	}
	return bbr->full_bw_now;
}

static void probe_longterm_upward(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;
	uint32_t increments;

	if (!at_longterm(cc))
		return;
	bbr->bw_probe_up_acked_bytes += rs->ack->delivered_bytes;
	increments = bbr->bw_probe_up_acked_bytes / bbr->probe_up_acked_per_inc_bytes;
	bbr->bw_probe_up_acked_bytes -= increments * bbr->probe_up_acked_per_inc_bytes;
	bbr->inflight_longterm_bytes = min_u32(
	    bbr->inflight_longterm_bytes + increments * cc->mss_bytes, SL_TCP_CWND_MAX_BYTES);
	if (bbr->round_start)
		raise_slope(cc);
}

/* True if it has decided what comes next. */
static bool follow_acks(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;

	if (!bbr->round_start)
		return false;
	if (bbr->ack_phase == SL_BBR_ACKS_PROBE_STARTING)
		bbr->ack_phase = SL_BBR_ACKS_PROBE_FEEDBACK;
	if (bbr->ack_phase != SL_BBR_ACKS_PROBE_STOPPING)
		return false;
	bbr->is_bw_probe_sample = false;
	bbr->ack_phase = SL_BBR_ACKS_INIT;
	if (!sl_bbr_is_probe_bw(cc))
		return false;
	if (!rs->app_limited)
		sl_bbr_advance_max_bw(cc);
	if (!bbr->prev_probe_precautionary || bbr->prev_probe_too_high)
		return false;
	sl_bbr_start_refill(cc);
	return true;
}

static void adapt_longterm(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	struct sl_bbr *bbr = &cc->bbr;
	const struct sl_cc_rate *rate = &rs->ack->rate;

	if (bbr->inflight_longterm_bytes == SL_BBR_NO_BYTES || rs->delivery_rate == 0 ||
	    sl_bbr_is_inflight_too_high(cc, rate->lost_bytes, rate->tx_in_flight_bytes))
		return;
	bbr->inflight_longterm_bytes =
	    max_u32(bbr->inflight_longterm_bytes, rate->tx_in_flight_bytes);
	if (bbr->state == SL_BBR_UP)
		probe_longterm_upward(cc, rs);
}

void sl_bbr_probe_bw_update(struct sl_cc *cc, const struct sl_bbr_sample *rs)
{
	const struct sl_cc_ack *ack = rs->ack;

	if (!cc->bbr.full_bw_reached || follow_acks(cc, rs))
		return;
	adapt_longterm(cc, rs);
	switch (cc->bbr.state) {
	case SL_BBR_DOWN:
		if (is_time_to_probe(cc, ack->now_ns))
			sl_bbr_start_refill(cc);
		else if (is_time_to_cruise(cc, ack->flight_bytes))
			sl_bbr_start_cruise(cc);
		break;
	case SL_BBR_CRUISE:
		if (is_time_to_probe(cc, ack->now_ns))
			sl_bbr_start_refill(cc);
		break;
	case SL_BBR_REFILL:
		if (cc->bbr.round_start)
			start_up(cc, rs);
		break;
	case SL_BBR_UP:
		if (!is_time_to_go_down(cc, rs))
			break;
		cc->bbr.prev_probe_too_high = false;
		sl_bbr_start_down(cc, ack->now_ns);
		break;
	default:
		break;
	}
}

/* ---- Losses -------------------------------------------------------------------------- */

void sl_bbr_handle_inflight_too_high(struct sl_cc *cc, uint32_t tx_in_flight_bytes,
				     bool app_limited, uint64_t now_ns)
{
	uint64_t least_bytes = (uint64_t)sl_bbr_target_inflight_bytes(cc) * BETA_PERCENT / 100;

	cc->bbr.prev_probe_too_high = true;
	cc->bbr.is_bw_probe_sample = false;
	if (!app_limited)
		cc->bbr.inflight_longterm_bytes =
		    max_u32(tx_in_flight_bytes, (uint32_t)least_bytes);
	if (cc->bbr.state != SL_BBR_UP)
		return;
	cc->bbr.undo_state = SL_BBR_UP;
	sl_bbr_start_down(cc, now_ns);
}

/* How much of a burst was fine: (lost + prefix) / (in flight + prefix) = LossThresh. */
static uint32_t inflight_at_loss(const struct sl_cc *cc, const struct sl_cc_loss *loss)
{
	uint64_t before_bytes =
	    loss->tx_in_flight_bytes - min_u32(loss->tx_in_flight_bytes, loss->range_bytes);
	uint64_t lost_before_bytes = loss->lost_since_bytes - loss->lost_bytes;
	uint32_t thresh_percent = loss_thresh_percent(cc);
	uint64_t budget_bytes = before_bytes * thresh_percent / 100;

	if (lost_before_bytes >= budget_bytes)
		return (uint32_t)before_bytes;
	return (uint32_t)(before_bytes +
			  min_u64((budget_bytes - lost_before_bytes) * 100 / (100 - thresh_percent),
				  loss->range_bytes));
}

void sl_bbr_handle_lost(struct sl_cc *cc, const struct sl_cc_loss *loss)
{
	sl_bbr_note_loss(cc);
	if (!cc->bbr.is_bw_probe_sample ||
	    !sl_bbr_is_inflight_too_high(cc, loss->lost_since_bytes, loss->tx_in_flight_bytes))
		return;
	sl_bbr_handle_inflight_too_high(cc, inflight_at_loss(cc, loss), loss->app_limited,
					loss->now_ns);
}
