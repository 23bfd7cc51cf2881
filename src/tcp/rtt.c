/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a segment takes there and its ACK back (RFC 6298), sampled on every ACK that tells.
 *
 * Where a sample comes from: the sent map knows when each byte last left, to the nanosecond, so the
 * time since then is the sample, as long as the byte was sent once (Karn: of a byte sent twice
 * nobody knows which one is acknowledged). Where everything newly acknowledged was sent again, the
 * echoed timestamp tells (RFC 7323, section 4), but only to the millisecond. Of several bytes the
 * oldest counts, so that the peer's delayed ACK is part of the estimate: the timeout has to outlast
 * it.
 *
 * When it lies: an ACK that fills a hole acknowledges bytes which arrived long before; without SACK
 * they look slow. Such an ACK acknowledges something sent again, too, and is left out by Karn's
 * rule. The least RTT is forgotten after five minutes, since a path may grow longer; the sample
 * that comes next stands for it then, however long it took, and lower ones replace it at once.
 *
 * RFC 6298's weights, 1/8 and 1/4, suppose one sample a round trip. With one an ACK the memory
 * would be a few ACKs long, so the weights are divided by the number expected (RFC 7323, 4.2).
 */
#include "tcp/rtt.h"

#include "base/clock.h"
#include "tcp/limits.h"

void sl_tcp_rtt_init(struct sl_tcp_rtt *rtt)
{
	*rtt = (struct sl_tcp_rtt){ .min_ns = UINT64_MAX };
}

/* old + (new - old) / divisor, without signed arithmetic. */
static uint64_t move_towards(uint64_t old, uint64_t new, uint64_t divisor)
{
	return new > old ? old + (new - old) / divisor : old - (old - new) / divisor;
}

void sl_tcp_rtt_sample(struct sl_tcp_rtt *rtt, uint64_t sample_ns, uint32_t samples_per_rtt,
		       uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / SL_NS_PER_S);
	uint64_t error_ns;

	if (sample_ns == 0)
		sample_ns = 1; /* the same turn of the loop; 0 means unknown */
	if (sample_ns <= rtt->min_ns || now_s - rtt->min_at_s > SL_TCP_MIN_RTT_S) {
		rtt->min_ns = sample_ns;
		rtt->min_at_s = now_s;
	}
	if (rtt->srtt_ns == 0) {
		rtt->srtt_ns = sample_ns;
		rtt->rttvar_ns = sample_ns / 2;
		return;
	}
	error_ns = sample_ns > rtt->srtt_ns ? sample_ns - rtt->srtt_ns : rtt->srtt_ns - sample_ns;
	rtt->rttvar_ns = move_towards(rtt->rttvar_ns, error_ns, UINT64_C(4) * samples_per_rtt);
	rtt->srtt_ns = move_towards(rtt->srtt_ns, sample_ns, UINT64_C(8) * samples_per_rtt);
	if (rtt->srtt_ns == 0)
		rtt->srtt_ns = 1;
}

uint64_t sl_tcp_rto_ns(const struct sl_tcp_rtt *rtt, uint32_t backoff_cnt)
{
	uint64_t rto_ns = rtt->syn_lost ? SL_TCP_RTO_SYN_LOST_NS : SL_TCP_RTO_FIRST_NS;

	if (rtt->srtt_ns) {
		uint64_t spread_ns = 4 * rtt->rttvar_ns;

		if (spread_ns < SL_TCP_RTO_MIN_NS)
			spread_ns = SL_TCP_RTO_MIN_NS;
		rto_ns = rtt->srtt_ns + spread_ns;
	}
	while (backoff_cnt-- > 0 && rto_ns < SL_TCP_RTO_MAX_NS)
		rto_ns *= 2;
	return rto_ns < SL_TCP_RTO_MAX_NS ? rto_ns : SL_TCP_RTO_MAX_NS;
}
