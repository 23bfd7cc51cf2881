/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CUBIC (RFC 9438): the window is a cubic function of the time since the last loss, not of the
 * number of ACKs, so flows with long round trips grow as fast as those with short ones.
 *
 *      cwnd                                        W(t) = C (t - K)^3 + W_max
 *       │                               ╱
 *  W_max├─ ─ ─ ─ ─ ─ ─ ___----------~~~             below W_max: back fast, then carefully
 *       │      _--~~~                               above: carefully, then ever faster
 *       │  ╱╱
 *       ├─╱  beta W_max
 *       └──────────────────────┴──────────► t
 *       loss                   K
 *
 * Where Reno would be faster (short round trips, small windows), an estimate of its window, W_est,
 * is followed instead. Fast convergence: a flow that lost below its former W_max aims lower still,
 * which makes room for newcomers.
 *
 * The first slow start is ended by hystart.c, if no loss ends it.
 *
 * When it lies: time passes also while the application sends nothing; such time is taken out of the
 * epoch (section 5.8), or an idle flow would come back with a window it never tried.
 *
 * All of it in integers: bytes and milliseconds. A millisecond is 1 % of the shortest K that
 * matters.
 */
#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

/* Past K the cube is cut off here, at 200 s: until there nothing below overflows 64 bits, and a
 * window that grew for so long has long met its limit. */
enum { CUBE_MS_MAX = 200000 };

/* Section 4.6; for a congestion mark RFC 8511, 3.1: who marks has a short queue. */
enum { BETA_PERCENT = 70, BETA_ECN_PERCENT = 85 };

/* Largest r with r^3 <= n, bit by bit. */
static uint32_t cube_root(uint64_t n)
{
	uint64_t root = 0;

	for (int bit = 20; bit >= 0; bit--) {
		uint64_t next = root | UINT64_C(1) << bit;

		if (next * next * next <= n)
			root = next;
	}
	return (uint32_t)root;
}

static void init(struct sl_cc *cc, uint64_t now_ns)
{
	(void)now_ns;
	cc->cwnd_bytes = sl_cc_initial_window(cc->mss_bytes);
	cc->ssthresh_bytes = SL_TCP_CWND_MAX_BYTES;
}

/* C * mss * d^3 with C = 0.4 segments per second cubed, d in ms: 0.4 = 4 / 10, ms^3 = 10^-9 s^3. */
static uint64_t cube_bytes(const struct sl_cubic_curve *curve, uint64_t d_ms)
{
	if (d_ms > CUBE_MS_MAX)
		d_ms = CUBE_MS_MAX;
	return d_ms * d_ms * d_ms * 4 / 10 / 1000 * curve->mss_bytes / 1000000;
}

/* Section 4.2, figure 1. */
static uint64_t w_cubic_bytes(const struct sl_cubic_curve *curve, uint64_t t_ms)
{
	uint64_t cube;

	if (t_ms >= curve->k_ms)
		return curve->w_max_bytes + cube_bytes(curve, t_ms - curve->k_ms);
	cube = cube_bytes(curve, curve->k_ms - t_ms);
	return cube < curve->w_max_bytes ? curve->w_max_bytes - cube : 0;
}

/* Section 4.2, figure 2: K = cbrt((W_max - cwnd_epoch) / C), in ms. */
static void begin_epoch(struct sl_cc *cc, uint64_t now_ns)
{
	struct sl_cubic_curve *curve = &cc->cubic.curve;

	curve->epoch_start_ns = now_ns;
	curve->mss_bytes = cc->mss_bytes;
	curve->w_est_bytes = cc->cwnd_bytes;
	cc->cubic.grown_bytes = 0;
	cc->cubic.grown_est_bytes = 0;
	if (cc->cwnd_bytes >= curve->w_max_bytes) {
		curve->k_ms = 0; /* and after a timeout, section 4.8 */
		curve->w_max_bytes = cc->cwnd_bytes;
		return;
	}
	curve->k_ms = cube_root((uint64_t)(curve->w_max_bytes - cc->cwnd_bytes) *
				UINT64_C(2500000000) / cc->mss_bytes);
}

/* Section 4.3: what Reno with our beta would have, growing alpha segments a round trip; alpha is
 * 3 (1 - 0.7) / (1 + 0.7) = 9/17 until W_est is where the loss was, and 1 from there on. */
static void grow_estimate(struct sl_cc *cc, uint32_t acked_bytes)
{
	struct sl_cubic_curve *curve = &cc->cubic.curve;
	uint64_t grown = (uint64_t)acked_bytes * cc->mss_bytes;

	if (curve->w_est_bytes < curve->cwnd_prior_bytes)
		grown = grown * 9 / 17;
	grown += cc->cubic.grown_est_bytes;
	curve->w_est_bytes += (uint32_t)(grown / cc->cwnd_bytes);
	cc->cubic.grown_est_bytes = (uint32_t)(grown % cc->cwnd_bytes);
}

/* Sections 4.4 and 4.5: (target - cwnd) / cwnd for each acked byte. */
static void grow_towards(struct sl_cc *cc, uint64_t target_bytes, uint32_t acked_bytes)
{
	uint64_t grown;

	if (target_bytes <= cc->cwnd_bytes)
		return;
	if (target_bytes > cc->cwnd_bytes + cc->cwnd_bytes / 2)
		target_bytes = cc->cwnd_bytes + cc->cwnd_bytes / 2; /* section 4.2 */
	grown = (target_bytes - cc->cwnd_bytes) * acked_bytes + cc->cubic.grown_bytes;
	cc->cubic.grown_bytes = (uint32_t)(grown % cc->cwnd_bytes);
	cc->cwnd_bytes += (uint32_t)(grown / cc->cwnd_bytes);
}

static void avoid_congestion(struct sl_cc *cc, uint32_t acked_bytes, uint64_t srtt_ns,
			     uint64_t now_ns)
{
	const struct sl_cubic_curve *curve = &cc->cubic.curve;
	uint64_t t_ms, target_bytes;

	if (curve->epoch_start_ns == 0)
		begin_epoch(cc, now_ns);
	t_ms = (now_ns - curve->epoch_start_ns) / SL_NS_PER_MS;
	grow_estimate(cc, acked_bytes);
	if (w_cubic_bytes(curve, t_ms) < curve->w_est_bytes) {
		cc->cwnd_bytes = max_u32(cc->cwnd_bytes, curve->w_est_bytes);
		return;
	}
	target_bytes = w_cubic_bytes(curve, t_ms + srtt_ns / SL_NS_PER_MS);
	grow_towards(cc, target_bytes, acked_bytes);
}

/* Section 5.8: the clock of the curve stands still. */
static void hold_epoch(struct sl_cubic_curve *curve, uint64_t idle_ns, uint64_t now_ns)
{
	if (curve->epoch_start_ns)
		curve->epoch_start_ns = min_u64(curve->epoch_start_ns + idle_ns, now_ns);
}

static void acked(struct sl_cc *cc, const struct sl_cc_ack *ack)
{
	uint64_t idle_ns = ack->now_ns - cc->cubic.last_ns;
	uint32_t left_bytes;

	cc->cubic.last_ns = ack->now_ns;
	if (!ack->cwnd_limited) {
		hold_epoch(&cc->cubic.curve, idle_ns, ack->now_ns);
		return;
	}
	left_bytes = sl_hystart_grow(cc, &cc->cubic.hystart, ack);
	if (left_bytes)
		avoid_congestion(cc, left_bytes, ack->srtt_ns, ack->now_ns);
	cc->cwnd_bytes = min_u32(cc->cwnd_bytes, SL_TCP_CWND_MAX_BYTES);
}

/* Section 4.6, and 4.7 for W_max. It allows cwnd in the place of the flight where a window that is
 * not used does not grow; half used is used (RFC 7661, 4.3). The flight alone would count against
 * us what the pacer holds back. */
static void reduce(struct sl_cc *cc, uint32_t flight_bytes, uint32_t beta_percent)
{
	struct sl_cubic_curve *curve = &cc->cubic.curve;
	uint64_t w_max_bytes = cc->cwnd_bytes, used_bytes = flight_bytes;

	BUG_ON_HOT(flight_bytes > cc->cwnd_bytes);
	cc->cubic.undo = *curve;
	cc->cubic.undo_cwnd_bytes = cc->cwnd_bytes;
	cc->cubic.undo_ssthresh_bytes = cc->ssthresh_bytes;
	if (flight_bytes >= cc->cwnd_bytes / 2)
		used_bytes = cc->cwnd_bytes;
	if (cc->cwnd_bytes < curve->w_max_bytes)
		w_max_bytes = w_max_bytes * 17 / 20; /* (1 + beta) / 2 */
	curve->w_max_bytes = (uint32_t)w_max_bytes;
	curve->cwnd_prior_bytes = cc->cwnd_bytes;
	curve->epoch_start_ns = 0;
	cc->ssthresh_bytes =
	    max_u32((uint32_t)(used_bytes * beta_percent / 100), 2 * cc->mss_bytes);
}

static void lost(struct sl_cc *cc, enum sl_cc_cause cause, uint32_t flight_bytes, uint64_t now_ns)
{
	(void)now_ns;
	reduce(cc, flight_bytes, cause == SL_CC_ECN ? BETA_ECN_PERCENT : BETA_PERCENT);
	cc->cwnd_bytes = cc->ssthresh_bytes;
}

/* Section 4.8: slow start from one segment; the next epoch begins at its own plateau. */
static void timed_out(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns)
{
	(void)now_ns;
	reduce(cc, flight_bytes, BETA_PERCENT);
	cc->cubic.curve.w_max_bytes = 0;
	cc->cwnd_bytes = cc->mss_bytes;
}

/* Section 4.9. The time between goes on the curve's clock. */
static void undo(struct sl_cc *cc, uint64_t now_ns)
{
	(void)now_ns;
	cc->cwnd_bytes = max_u32(cc->cwnd_bytes, cc->cubic.undo_cwnd_bytes);
	cc->ssthresh_bytes = max_u32(cc->ssthresh_bytes, cc->cubic.undo_ssthresh_bytes);
	cc->cubic.curve = cc->cubic.undo;
}

const struct sl_cc_ops sl_cc_cubic = {
	.name = "cubic",
	.ecn = true,
	.init = init,
	.acked = acked,
	.lost = lost,
	.timed_out = timed_out,
	.undo = undo,
};
