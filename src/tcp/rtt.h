/* SPDX-License-Identifier: BSD-2-Clause */
/* Round-trip time: the smoothed estimate, its variation, the least of late, and the timeout that
 * follows. */
#ifndef SL_TCP_RTT_H
#define SL_TCP_RTT_H

#include <stdbool.h>
#include <stdint.h>

struct sl_tcp_rtt {
	uint64_t srtt_ns; /* 0: no sample yet */
	uint64_t rttvar_ns;
	uint64_t min_ns; /* the least of SL_TCP_MIN_RTT_S; UINT64_MAX: no sample yet */
	uint32_t min_at_s;
	bool syn_lost; /* a SYN or SYN-ACK had to be sent again (RFC 6298, (5.7)) */
};

void sl_tcp_rtt_init(struct sl_tcp_rtt *rtt);

/* One sample. samples_per_rtt is how many are expected in a round trip, [1, …): the weights are
 * made smaller by it (RFC 7323, 4.2). */
void sl_tcp_rtt_sample(struct sl_tcp_rtt *rtt, uint64_t sample_ns, uint32_t samples_per_rtt,
		       uint64_t now_ns);

/* The retransmission timeout after backoff_cnt doublings, at most SL_TCP_RTO_MAX_NS. */
uint64_t sl_tcp_rto_ns(const struct sl_tcp_rtt *rtt, uint32_t backoff_cnt);

#endif
