/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of BBR share: cc_bbr.c says what to do, bbr_model.c what the path is like,
 * bbr_probe.c and bbr_rtt.c try it out. Names are those of draft-ietf-ccwg-bbr, sections 2 and 5,
 * but for their "BBR.".
 */
#ifndef SL_TCP_BBR_H
#define SL_TCP_BBR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct sl_cc;
struct sl_cc_ack;
struct sl_cc_loss;

#define SL_BBR_NO_RATE  UINT32_MAX /* "Infinity" */
#define SL_BBR_NO_BYTES UINT32_MAX
#define SL_BBR_NO_RTT   UINT32_MAX
/* Bytes a second: no connection is held to be faster than 34 Gb/s. */
#define SL_BBR_RATE_MAX (SL_BBR_NO_RATE - 1)

enum sl_bbr_state {
	SL_BBR_STARTUP,
	SL_BBR_DRAIN,
	SL_BBR_DOWN, /* ProbeBW_DOWN, and so on */
	SL_BBR_CRUISE,
	SL_BBR_REFILL,
	SL_BBR_UP,
	SL_BBR_PROBE_RTT,
	SL_BBR_NONE, /* of undo_state */
};

enum sl_bbr_ack_phase {
	SL_BBR_ACKS_INIT,
	SL_BBR_ACKS_REFILLING,
	SL_BBR_ACKS_PROBE_STARTING,
	SL_BBR_ACKS_PROBE_FEEDBACK,
	SL_BBR_ACKS_PROBE_STOPPING,
};

struct sl_bbr {
	uint64_t delivered_bytes; /* C.delivered, as of the latest ACK */
	uint64_t next_round_delivered_bytes, loss_round_delivered_bytes;
	uint64_t app_limited_bytes; /* samples of what was sent before so much was delivered are */

	uint64_t probe_rtt_done_ns; /* 0: not known yet */
	uint64_t extra_acked_start_ns;

	/* Bytes a second. */
	uint32_t max_bw[2]; /* greatest of the cycle before, and of this one */
	uint32_t bw_shortterm, undo_bw_shortterm;
	uint32_t bw_latest;
	uint32_t full_bw;

	/* Moments, by sl_bbr_ms. */
	uint32_t min_rtt_stamp_ms, probe_rtt_min_stamp_ms;
	uint32_t cycle_ms;
	uint32_t min_rtt_us, probe_rtt_min_us;
	uint32_t round_rtt_us; /* least of the round */
	uint32_t bw_probe_wait_ms;

	uint32_t inflight_longterm_bytes, undo_inflight_longterm_bytes;
	uint32_t inflight_shortterm_bytes, undo_inflight_shortterm_bytes;
	uint32_t inflight_latest_bytes;
	uint32_t prior_cwnd_bytes;
	uint32_t bw_probe_up_acked_bytes, probe_up_acked_per_inc_bytes;
	uint32_t extra_acked_bytes[2]; /* greatest of five to ten round trips */
	uint32_t extra_acked_delivered_bytes;

	uint8_t state, undo_state; /* enum sl_bbr_state */
	uint8_t ack_phase;         /* enum sl_bbr_ack_phase */
	uint8_t full_bw_cnt;
	uint8_t bw_probe_up_rounds;
	uint8_t rounds_since_probe_up, drain_rounds, extra_acked_rounds;
	uint8_t loss_events_cnt; /* of the loss round */
	bool full_bw_reached : 1;
	bool full_bw_now : 1;
	bool round_start : 1;
	bool loss_round_start : 1;
	bool is_loss_in_round : 1;
	bool is_mark_in_round : 1;
	bool is_bw_probe_sample : 1;
	bool prev_probe_too_high : 1;
	bool prev_probe_precautionary : 1;
	bool probe_rtt_expired : 1;
	bool probe_rtt_round_done : 1;
	bool idle_restart : 1;
	bool in_recovery : 1;
	bool cwnd_limited : 1; /* at any time of the former round; of this one */
	bool cwnd_limited_now : 1;
};

/* A moment of late: what lies seconds back is far from wrapping. */
static inline uint32_t sl_bbr_ms(uint64_t now_ns)
{
	return (uint32_t)(now_ns / SL_NS_PER_MS);
}

struct sl_bbr_sample { /* RS */
	const struct sl_cc_ack *ack;
	uint32_t delivery_rate; /* bytes a second; 0: there is none */
	bool app_limited;
};

/* ---- bbr_model.c --------------------------------------------------------------------- */

uint32_t sl_bbr_max_bw(const struct sl_cc *cc);
uint32_t sl_bbr_bw(const struct sl_cc *cc);
/* What is in flight on a full pipe without a queue, times a gain. */
uint32_t sl_bbr_bdp_bytes(const struct sl_cc *cc, uint32_t bw, uint32_t gain_percent);
/* The same, and no less than hosts need to keep going: Inflight(). */
uint32_t sl_bbr_inflight_bytes(const struct sl_cc *cc, uint32_t bw, uint32_t gain_percent);
uint32_t sl_bbr_at_least_bytes(const struct sl_cc *cc, uint32_t inflight_bytes);
uint32_t sl_bbr_target_inflight_bytes(const struct sl_cc *cc);
uint32_t sl_bbr_extra_acked_bytes(const struct sl_cc *cc);

void sl_bbr_start_round(struct sl_cc *cc);
void sl_bbr_reset_full_bw(struct sl_cc *cc, uint32_t bw);
void sl_bbr_reset_shortterm(struct sl_cc *cc);
void sl_bbr_reset_congestion(struct sl_cc *cc);
void sl_bbr_advance_max_bw(struct sl_cc *cc);
void sl_bbr_note_loss(struct sl_cc *cc);
bool sl_bbr_sees_queue(const struct sl_cc *cc);

/* In this order, each ACK. */
void sl_bbr_model_update(struct sl_cc *cc, const struct sl_bbr_sample *rs);
void sl_bbr_model_advance(struct sl_cc *cc, const struct sl_bbr_sample *rs);

/* ---- bbr_probe.c --------------------------------------------------------------------- */

bool sl_bbr_is_probe_bw(const struct sl_cc *cc);
/* Is the loss rate of what was sent with tx_in_flight_bytes in flight above LossThresh? */
bool sl_bbr_is_inflight_too_high(const struct sl_cc *cc, uint32_t lost_bytes,
				 uint32_t tx_in_flight_bytes);
uint32_t sl_bbr_inflight_with_headroom_bytes(const struct sl_cc *cc);
void sl_bbr_start_down(struct sl_cc *cc, uint64_t now_ns);
void sl_bbr_start_cruise(struct sl_cc *cc);
void sl_bbr_start_refill(struct sl_cc *cc);
void sl_bbr_probe_bw_update(struct sl_cc *cc, const struct sl_bbr_sample *rs);
void sl_bbr_handle_lost(struct sl_cc *cc, const struct sl_cc_loss *loss);
/* What is in flight is too much: at most once a probe. */
void sl_bbr_handle_inflight_too_high(struct sl_cc *cc, uint32_t tx_in_flight_bytes,
				     bool app_limited, uint64_t now_ns);

/* ---- bbr_rtt.c ----------------------------------------------------------------------- */

uint32_t sl_bbr_probe_rtt_cwnd_bytes(const struct sl_cc *cc);
void sl_bbr_probe_rtt_update(struct sl_cc *cc, const struct sl_bbr_sample *rs);
/* Leaves ProbeRTT if it has lasted long enough. */
void sl_bbr_check_probe_rtt_done(struct sl_cc *cc, uint64_t now_ns);

/* ---- cc_bbr.c ------------------------------------------------------------------------ */

void sl_bbr_enter_startup(struct sl_cc *cc);
void sl_bbr_save_cwnd(struct sl_cc *cc);
void sl_bbr_restore_cwnd(struct sl_cc *cc);

#endif
