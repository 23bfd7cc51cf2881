/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery rate: how fast bytes have been arriving at the peer (draft-ietf-ccwg-bbr, 4.1; formerly
 * draft-cheng-iccrg-delivery-rate-estimation).
 *
 *   sent      ──┤P0├──────────┤P├────────────────►      P leaves: it remembers how much had been
 *                 ◄─ sending ──►                        delivered then (D0, at T0), and when the
 *   delivered ──────┤D0,T0├──────────────┤D,T├──►       packet left that had told us so (P0)
 *                        ◄──── acking ─────►
 *
 * When P is acknowledged, D - D0 bytes have arrived in the longer of two intervals: that in which
 * they were sent, and that in which they were acknowledged. The longer, because ACKs that were held
 * up somewhere come in a bunch and would make the path look faster than it is; no link is faster
 * than what was put into it.
 *
 * When it lies: while there was less to send than might have been, the rate is the application's,
 * not the path's. Such samples are marked from the moment the pump runs dry until everything that
 * was in flight then has arrived. A sample over less than the least round trip (all ACKs at once)
 * is none.
 *
 * A range of the sent map is a burst that left in one turn, so its mark is that of its last packet.
 */
#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/stack.h"

void sl_tcp_rate_mark(const struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t payload_bytes,
		      struct sl_tcp_sent_mark *mark)
{
	struct sl_tcp_rate *rate = &tcb->rate;

	/* After silence both intervals begin anew. */
	if (tcb->sent.bytes[SL_TCP_SENT] == 0) {
		rate->first_sent_ns = tcp->now_ns;
		rate->delivered_ns = tcp->now_ns;
	}
	*mark = (struct sl_tcp_sent_mark){
		.delivered_bytes = rate->delivered_bytes,
		.delivered_ns = rate->delivered_ns,
		.first_sent_ns = rate->first_sent_ns,
		.flight_bytes = tcb->sent.bytes[SL_TCP_SENT] + payload_bytes,
		.lost_bytes = (uint32_t)rate->lost_bytes & SL_TCP_MARK_LOST_MASK,
		.app_limited = rate->app_limited_bytes != 0,
	};
}

uint32_t sl_tcp_rate_lost_since(const struct sl_tcb *tcb, const struct sl_tcp_sent_mark *mark)
{
	return ((uint32_t)tcb->rate.lost_bytes - mark->lost_bytes) & SL_TCP_MARK_LOST_MASK;
}

void sl_tcp_rate_delivered(const struct sl_tcp *tcp, struct sl_tcb *tcb,
			   const struct sl_tcp_delivered *delivered)
{
	struct sl_tcp_rate *rate = &tcb->rate;

	rate->delivered_bytes += delivered->total_bytes;
	rate->delivered_ns = tcp->now_ns;
	if (rate->app_limited_bytes && rate->delivered_bytes > rate->app_limited_bytes)
		rate->app_limited_bytes = 0;
	/* Without SACK some of it is only guessed at, and nobody knows when it left. */
	if (delivered->newest_ns)
		rate->first_sent_ns = delivered->newest_ns;
}

void sl_tcp_rate_sample(struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered,
			struct sl_cc_rate *sample)
{
	const struct sl_tcp_sent_mark *mark = &delivered->newest_mark;
	uint64_t sending_ns, acking_ns, interval_ns, rate;

	*sample = (struct sl_cc_rate){ 0 };
	if (delivered->newest_ns == 0)
		return;
	/* Marks are coarse sometimes: output.c. */
	sending_ns = delivered->newest_ns - min_u64(delivered->newest_ns, mark->first_sent_ns);
	acking_ns = tcb->rate.delivered_ns - mark->delivered_ns;
	interval_ns = sending_ns > acking_ns ? sending_ns : acking_ns;
	if (interval_ns == 0 || interval_ns < tcb->rtt.min_ns)
		return;
	*sample = (struct sl_cc_rate){
		.interval_ns = interval_ns,
		.prior_delivered_bytes = mark->delivered_bytes,
		.delivered_bytes = (uint32_t)(tcb->rate.delivered_bytes - mark->delivered_bytes),
		.lost_bytes = sl_tcp_rate_lost_since(tcb, mark),
		.tx_in_flight_bytes = mark->flight_bytes,
		.app_limited = mark->app_limited,
	};
	rate = (uint64_t)sample->delivered_bytes * SL_NS_PER_S / interval_ns;
	tcb->rate.latest = (uint32_t)min_u64(rate, UINT32_MAX);
	tcb->rate.latest_app_limited = sample->app_limited;
}

void sl_tcp_app_limited(struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	struct sl_tcb *tcb = &tcp->conns[conn.idx];
	uint64_t flight_bytes = sl_tcp_pipe_bytes(tcb);

	sl_tcp_tlp_no_new(tcp, tcb);
	sl_tcp_undo_no_new(tcp, tcb);
	if (tcb->state == SL_TCP_CLOSED || tcb->sent.bytes[SL_TCP_LOST] ||
	    flight_bytes >= tcb->cc.cwnd_bytes)
		return;
	tcb->rate.app_limited_bytes = tcb->rate.delivered_bytes + flight_bytes;
	if (tcb->rate.app_limited_bytes == 0)
		tcb->rate.app_limited_bytes = 1;
}
