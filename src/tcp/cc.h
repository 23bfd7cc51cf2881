/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion control: a small interface, so that one algorithm is one file. All sizes in bytes.
 *
 * An algorithm says how large the window is in open water. Within a loss recovery it is asked
 * nothing: recovery.c brings the window down to ssthresh_bytes step by step, and cwnd_bytes is
 * ssthresh_bytes when it ends.
 */
#ifndef SL_TCP_CC_H
#define SL_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

struct sl_cc { /* one a connection; lies in its control block */
	uint32_t cwnd_bytes, ssthresh_bytes;
	uint32_t mss_bytes; /* payload of a full segment */
	union {
		struct {                         /* RFC 9438; names of its section 4.1.2 */
			uint64_t epoch_start_ns; /* 0: begins with the next ACK */
			uint64_t last_ns;        /* latest ACK */
			uint32_t w_max_bytes, cwnd_prior_bytes, w_est_bytes;
			uint32_t k_ms;
			uint32_t grown_bytes, grown_est_bytes; /* fractions not yet added */
		} cubic;
		uint64_t space[5];
	};
};

struct sl_cc_ops {
	const char *name;
	/* Sets the initial window (RFC 6928). */
	void (*init)(struct sl_cc *cc, uint32_t mss_bytes);
	/* newly_acked_bytes were delivered; cwnd_limited: the window, not the application, held
	 * sending back (RFC 9438, 5.8). Not called in a recovery by SACK or duplicate ACKs. */
	void (*acked)(struct sl_cc *cc, uint32_t newly_acked_bytes, uint64_t srtt_ns,
		      bool cwnd_limited, uint64_t now_ns);
	/* Once a recovery. Sets both cwnd_bytes and ssthresh_bytes. flight_bytes: outstanding when
	 * the loss was found, at most cwnd_bytes. */
	void (*lost)(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns);
	/* RFC 5681, 3.1, (4): not for a timeout of what was sent again after a timeout. */
	void (*timed_out)(struct sl_cc *cc, uint32_t flight_bytes, uint64_t now_ns);
};

extern const struct sl_cc_ops sl_cc_cubic;

/* RFC 6928, section 2: min(10 * MSS, max(2 * MSS, 14600)). */
uint32_t sl_cc_initial_window(uint32_t mss_bytes);

#endif
