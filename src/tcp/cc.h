/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion control: a small interface, so that one algorithm is one file. All sizes in bytes.
 *
 *   ACK ─► rate.c: a sample ─► acked ─────────────► cwnd_bytes, pacing_rate
 *          rack.c: a loss   ─► held_lost, lost ───►      "     , ssthresh_bytes
 *          undo.c: no loss  ─► undo ──────────────►      "
 *
 * There are two kinds. One that is driven by loss (CUBIC, NewReno) says how large the window is in
 * open water; within a recovery recovery.c brings the window down to ssthresh_bytes step by step
 * (RFC 9937), and cwnd_bytes is ssthresh_bytes when it ends. One that is driven by a model (BBR) is
 * asked at every ACK, in a recovery, too, and its window stands as it says.
 */
#ifndef SL_TCP_CC_H
#define SL_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "tcp/bbr.h"
#include "tcp/hystart.h"

struct sl_cubic_curve {          /* RFC 9438; names of its section 4.1.2 */
	uint64_t epoch_start_ns; /* 0: begins with the next ACK */
	uint32_t w_max_bytes, cwnd_prior_bytes, w_est_bytes;
	uint32_t k_ms;
	uint32_t mss_bytes; /* when the epoch began: a new MTU does not bend the curve */
};

struct sl_cc { /* one a connection; lies in its control block */
	uint32_t cwnd_bytes, ssthresh_bytes;
	uint32_t pacing_rate; /* bytes a second; 0: pacing.c takes it from window and RTT */
	uint16_t mss_bytes;   /* payload of a full segment; changes with the path's MTU */
	uint8_t algorithm;    /* enum sl_congestion */
	union {
		struct {
			struct sl_hystart hystart;
			struct sl_cubic_curve curve, undo;
			uint32_t undo_cwnd_bytes, undo_ssthresh_bytes;
			uint32_t grown_bytes, grown_est_bytes; /* fractions not yet added */
			uint64_t last_ns;                      /* latest ACK */
		} cubic;
		struct {
			struct sl_hystart hystart;
			uint32_t acked_bytes; /* since cwnd grew last */
			uint32_t undo_cwnd_bytes, undo_ssthresh_bytes;
		} newreno;
		struct sl_bbr bbr;
	};
};

/* Delivery rate (draft-ietf-ccwg-bbr, 4.1), of the newest sent among what an ACK delivered. */
struct sl_cc_rate {
	uint64_t interval_ns;           /* 0: there is no sample, and nothing else here counts */
	uint64_t prior_delivered_bytes; /* of the connection, when that was sent */
	uint32_t delivered_bytes;       /* within the interval */
	uint32_t lost_bytes;            /* held lost since that was sent */
	uint32_t tx_in_flight_bytes;    /* in flight once it was sent, itself included */
	bool app_limited; /* there was less to send than might have been, when it was sent */
};

struct sl_cc_ack {
	uint64_t now_ns;
	uint64_t rtt_ns; /* of the newest sent among what was delivered; 0: not known */
	uint64_t srtt_ns, min_rtt_ns;   /* 0, UINT64_MAX: not known */
	uint64_t delivered_total_bytes; /* of the connection, with this ACK */
	uint64_t una_seq, nxt_seq;      /* after it */
	uint32_t delivered_bytes;       /* newly acked or SACKed */
	uint32_t lost_bytes;            /* newly held lost by it */
	uint32_t flight_bytes;          /* in flight and being made, after it */
	bool cwnd_limited; /* the window, not the application, held sending back (RFC 9438, 5.8) */
	bool in_recovery;  /* by SACK, duplicate ACKs or timeout, after it */
	struct sl_cc_rate rate;
};

/* Bytes newly held lost, and the state of the connection when the oldest sent of them left. */
struct sl_cc_loss {
	uint64_t now_ns;
	uint32_t lost_bytes;       /* newly */
	uint32_t lost_since_bytes; /* since that was sent, these included */
	uint32_t tx_in_flight_bytes;
	uint32_t range_bytes; /* sent together with it */
	bool app_limited;
};

enum sl_cc_cause { SL_CC_LOSS, SL_CC_ECN };

struct sl_cc_ops {
	const char *name;
	bool model; /* the window is the algorithm's in a recovery, too, and after idleness */
	bool ecn;   /* lost answers SL_CC_ECN; without it ECN is not negotiated */
	/* Sets the initial window (RFC 6928). The rest of *cc is 0, mss_bytes and algorithm
	 * apart. */
	void (*init)(struct sl_cc *cc, uint64_t now_ns);
	/* Something was delivered. Driven by loss: not in a recovery by SACK or duplicate ACKs. */
	void (*acked)(struct sl_cc *cc, const struct sl_cc_ack *ack);
	/* Every time bytes are held lost; before lost. May be NULL. */
	void (*held_lost)(struct sl_cc *cc, const struct sl_cc_loss *loss);
	/* Once a recovery, or for a congestion mark. Sets both cwnd_bytes and ssthresh_bytes.
	 * flight_bytes: outstanding when it was found, at most cwnd_bytes. */
	void (*lost)(struct sl_cc *cc, enum sl_cc_cause cause, uint32_t flight_bytes,
		     uint64_t now_ns);
	/* RFC 5681, 3.1, (4): not for a timeout of what was sent again after a timeout. */
	void (*timed_out)(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns);
	/* A recovery of either kind has ended. May be NULL. */
	void (*recovered)(struct sl_cc *cc, uint64_t now_ns);
	/* What lost or timed_out answered last was no loss: back to what was before, or better. At
	 * most once for each of those. */
	void (*undo)(struct sl_cc *cc, uint64_t now_ns);
	/* Nothing is in flight, and sending begins again after idle_ns for which there was nothing
	 * to send. May be NULL: then RFC 2861 is applied by output.c. */
	void (*restarted)(struct sl_cc *cc, uint64_t idle_ns, uint64_t now_ns);
};

extern const struct sl_cc_ops sl_cc_bbr, sl_cc_cubic, sl_cc_newreno;

/* By enum sl_congestion. */
const struct sl_cc_ops *sl_cc_ops(const struct sl_cc *cc);

/* RFC 6928, section 2: min(10 * MSS, max(2 * MSS, 14600)). */
uint32_t sl_cc_initial_window(uint32_t mss_bytes);

#endif
