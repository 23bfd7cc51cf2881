/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slow start and its end, for algorithms that are driven by loss. See hystart.c.
 */
#ifndef SL_TCP_HYSTART_H
#define SL_TCP_HYSTART_H

#include <stdint.h>

struct sl_cc;
struct sl_cc_ack;

struct sl_hystart {                 /* all 0 at first; names of RFC 9406, 4.2 */
	uint64_t window_end_seq;    /* the round ends when this is acknowledged */
	uint64_t last_round_rtt_ns; /* least of the round before; 0: none */
	uint64_t round_rtt_ns;      /* and of this one */
	uint64_t css_baseline_ns;   /* 0: not in conservative slow start */
	uint8_t sample_cnt;         /* RTT samples of this round, no more than count */
	uint8_t css_round_cnt;
};

/* RFC 5681, 3.1: an ACK of a window in full use. Grows cwnd_bytes if it is below ssthresh_bytes;
 * may lower ssthresh_bytes to cwnd_bytes, once. Returns how many of the ACK's bytes are left for
 * congestion avoidance. */
uint32_t sl_hystart_grow(struct sl_cc *cc, struct sl_hystart *hystart, const struct sl_cc_ack *ack);

#endif
