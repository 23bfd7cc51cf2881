/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pacing: permission to send is given in quanta, spread evenly over time, so that a window does not
 * become a burst that overflows some queue on the way. What is paced is the permission, which
 * starts the disk read; the packets follow as soon as the read is back.
 *
 *   quantum: what goes at once    ▐█▌      ▐█▌      ▐█▌      ▐█▌
 *                                  └ pace ──┘ quantum / rate
 *
 * The rate is the congestion control's if it has one (BBR). Else it is the window over the smoothed
 * RTT, and somewhat more, so that the pace alone never holds back what ACKs have opened: twice as
 * much while the window doubles every round trip, a fifth more afterwards.
 *
 * A quantum is a millisecond of the rate, which is also what one disk read is worth; at low rates,
 * up to ten segments (an initial window, RFC 6928, is no larger), but not more than a quarter of
 * the window, or nothing would be left to spread.
 *
 * When it lies: the loop and the wheel are late, always. Up to half a quantum of lateness is given
 * back with the next one, or the rate would never be reached. And who had to wait because there is
 * more to do than the core can do gets what has added up meanwhile, up to the window, as from a
 * sender without a pacer, and to one disk read: with small bursts a core that is late would be
 * slower still. Not who had nothing to send: its path is not what it was.
 */
#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "tcp/stack.h"

static uint64_t own_rate(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint64_t per_round_trip = sl_tcp_cwnd_bytes(tcp, tcb);

	if (tcb->cc.pacing_rate)
		return tcb->cc.pacing_rate;
	if (tcb->rtt.srtt_ns == 0)
		return 0;
	if (per_round_trip < tcb->cc.ssthresh_bytes)
		per_round_trip *= 2;
	else
		per_round_trip += per_round_trip / 5;
	return per_round_trip * SL_NS_PER_S / tcb->rtt.srtt_ns;
}

uint64_t sl_tcp_pacing_rate(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint64_t rate = own_rate(tcp, tcb);

	if (tcb->rate_cap && (rate == 0 || rate > tcb->rate_cap))
		return tcb->rate_cap;
	return rate;
}

/* What the rate would have let go since the pacer's time came and the latest ACK opened the window:
 * it is not the network that we wait for since then. */
static uint64_t waited_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb, uint64_t rate)
{
	uint64_t since_ns = max_u64(tcb->pace_ns, tcb->rate.delivered_ns);
	uint64_t late_ns = tcp->now_ns - min_u64(tcp->now_ns, since_ns);
	uint32_t most_bytes = min_u32(tcb->cc.cwnd_bytes, SL_TCP_WAITED_BYTES);

	if (since_ns == 0 || tcb->rate.app_limited_bytes || tcb->recovery != SL_TCP_OPEN)
		return 0;
	return min_u64(rate * min_u64(late_ns, SL_NS_PER_S) / SL_NS_PER_S, most_bytes);
}

uint32_t sl_tcp_quantum_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint64_t rate = sl_tcp_pacing_rate(tcp, tcb);
	uint32_t segment_bytes = tcb->payload_max_bytes;
	uint64_t few_bytes, quantum_bytes;

	if (tcp->unpaced || SL_MUTANT(NO_PACING))
		return SL_TCP_CWND_MAX_BYTES;
	few_bytes = min_u64(SL_TCP_BURST_SEGMENTS * segment_bytes, tcb->cc.cwnd_bytes / 4);
	few_bytes = max_u64(few_bytes, waited_bytes(tcp, tcb, rate));
	quantum_bytes = max_u64(rate / (SL_NS_PER_S / SL_TCP_BURST_NS), few_bytes);
	quantum_bytes = min_u64(quantum_bytes, SL_TCP_CWND_MAX_BYTES);
	/* Whole segments; the receiver acknowledges every second one. */
	return max_u32((uint32_t)quantum_bytes / segment_bytes, 2) * segment_bytes;
}

bool sl_tcp_pace_allows(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return tcp->now_ns >= tcb->pace_ns;
}

/* A window that is no more than a burst needs no spreading: ACKs do it, and the timers of a local
 * network's round trips would cost more than they smooth. */
static bool is_one_burst(const struct sl_tcb *tcb, uint64_t rate)
{
	return tcb->cc.pacing_rate == 0 && tcb->rate_cap == 0 &&
	       rate / (SL_NS_PER_S / SL_TCP_BURST_NS) >= tcb->cc.cwnd_bytes;
}

void sl_tcp_pace(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t bytes)
{
	uint64_t rate = sl_tcp_pacing_rate(tcp, tcb), cost_ns, late_ns;

	if (rate == 0 || tcp->unpaced || is_one_burst(tcb, rate))
		return;
	cost_ns = bytes * SL_NS_PER_S / rate;
	late_ns = min_u64(tcp->now_ns - min_u64(tcp->now_ns, tcb->pace_ns), cost_ns / 2);
	tcb->pace_ns = tcp->now_ns + cost_ns - late_ns;
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_PACE, tcb->pace_ns);
}

void sl_tcp_pace_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (sl_tcp_can_send(tcp, tcb))
		sl_tcp_event(tcp, tcb, SL_TCP_CAN_SEND);
}

void sl_tcp_set_rate_cap(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t rate_cap)
{
	tcp->conns[conn.idx].rate_cap = (uint32_t)min_u64(rate_cap, UINT32_MAX);
}

uint64_t sl_tcp_rate(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return sl_tcp_pacing_rate(tcp, &tcp->conns[conn.idx]);
}

uint32_t sl_tcp_quantum(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return sl_tcp_quantum_bytes(tcp, &tcp->conns[conn.idx]);
}
