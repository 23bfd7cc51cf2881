/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion control: a small interface, so that one algorithm is one file. All sizes in bytes.
 */
#ifndef SL_TCP_CC_H
#define SL_TCP_CC_H

#include <stdint.h>

struct sl_cc { /* one a connection; lies in its control block */
	uint32_t cwnd_bytes, ssthresh_bytes;
	uint32_t mss_bytes;
	union {
		struct { /* RFC 9438; names of its section 4.1.2 */
			uint64_t epoch_start_ns;
			uint32_t w_max_bytes, cwnd_epoch_bytes, w_est_bytes;
			uint64_t k_ns;
			uint32_t acked_est_bytes;
		} cubic;
		uint64_t space[8];
	};
};

struct sl_cc_ops {
	const char *name;
	void (*init)(struct sl_cc *cc, uint32_t mss_bytes);
	/* newly_acked_bytes left the flight; cwnd_limited: the window, not the application, held
	 * sending back (RFC 9438, 5.8). */
	void (*acked)(struct sl_cc *cc, uint32_t newly_acked_bytes, uint64_t srtt_ns,
		      bool cwnd_limited, uint64_t now_ns);
	void (*lost)(struct sl_cc *cc, uint32_t flight_bytes,
		     uint64_t now_ns); /* once a recovery */
	void (*timed_out)(struct sl_cc *cc, uint32_t flight_bytes,
			  uint64_t now_ns); /* RFC 5681, 3.1, (4) */
};

extern const struct sl_cc_ops sl_cc_cubic;

#endif
