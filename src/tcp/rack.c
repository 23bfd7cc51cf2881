/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RACK (RFC 8985): a segment is lost if one sent later has arrived and enough time has passed
 * since. Time instead of counting: it works for the last segments of a flight, for segments sent
 * again, and when the network reorders.
 *
 *    sent   A   B   C   D           A and B were sent before D. D arrived. If within rtt +
 *           │   │   │   └──┐        window of their own sending they have not, they are lost.
 *    acked  ?   ?   C      D
 *
 * "Enough" is the RTT of the latest delivered segment plus a reordering window. The window is zero
 * as long as this connection has never seen reordering and three segments' worth are SACKed
 * beyond the gap (or recovery is under way): then this is the classic rule of three duplicates.
 * Otherwise it is a quarter of the least RTT, and a timer looks again when it has passed. A D-SACK
 * says that something was sent again in vain: each round trip with one makes the window a quarter
 * longer, up to the smoothed RTT, until 16 recoveries have passed without any.
 *
 * When it lies: a sample from a segment that was sent again may belong to the first sending. It is
 * left out if the echoed timestamp is older than the second one, or if it came back in less than
 * the least RTT (6.2, step 2).
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

static bool sent_after(uint64_t a_ns, uint64_t a_seq, uint64_t b_ns, uint64_t b_seq)
{
	return a_ns > b_ns || (a_ns == b_ns && a_seq > b_seq);
}

/* Step 2. */
static void note_latest(const struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t sent_ns,
			uint64_t end_seq)
{
	uint64_t rtt_us = (tcp->now_ns - sent_ns + SL_NS_PER_US - 1) / SL_NS_PER_US;

	tcb->rack.rtt_us = (uint32_t)min_u64(rtt_us, UINT32_MAX);
	if (sent_after(sent_ns, end_seq, tcb->rack.sent_ns, tcb->rack.end_seq)) {
		tcb->rack.sent_ns = sent_ns;
		tcb->rack.end_seq = end_seq;
	}
}

static bool is_ambiguous(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
			 const struct sl_segment *segment, uint64_t sent_ns)
{
	if (tcb->timestamps && segment->has_timestamps &&
	    (int32_t)(segment->ts_echo - sl_tcp_ts_value(sent_ns, tcb->ts_offset)) < 0)
		return true;
	return tcp->now_ns - sent_ns < tcb->rtt.min_ns;
}

void sl_tcp_rack_delivered(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
			   const struct sl_tcp_delivered *delivered)
{
	if (delivered->any_once)
		note_latest(tcp, tcb, delivered->once_latest_ns, delivered->once_end_seq);
	if (delivered->any_again && !is_ambiguous(tcp, tcb, segment, delivered->again_latest_ns))
		note_latest(tcp, tcb, delivered->again_latest_ns, delivered->again_end_seq);

	/* Step 3: something sent once arrived after something sent behind it. */
	if (delivered->any_once && delivered->once_low_seq < tcb->rack.fack_seq)
		tcb->reordering_seen = true;
	if (delivered->high_seq > tcb->rack.fack_seq)
		tcb->rack.fack_seq = delivered->high_seq;
}

/* Step 4. */
uint64_t sl_tcp_rack_window_ns(const struct sl_tcb *tcb)
{
	uint64_t window_ns;

	if (!tcb->reordering_seen) {
		if (tcb->recovery != SL_TCP_OPEN)
			return 0;
		if (tcb->sent.bytes[SL_TCP_SACKED] >
		    (SL_TCP_DUP_THRESH - 1U) * tcb->payload_max_bytes)
			return 0;
	}
	if (tcb->rtt.min_ns == UINT64_MAX)
		return 0;
	window_ns = tcb->rtt.min_ns / 4 * (1U + tcb->rack.wnd_more_cnt);
	return window_ns < tcb->rtt.srtt_ns ? window_ns : tcb->rtt.srtt_ns;
}

uint64_t sl_tcp_rack_wait_ns(const struct sl_tcb *tcb)
{
	return tcb->rack.rtt_us * SL_NS_PER_US + sl_tcp_rack_window_ns(tcb);
}

void sl_tcp_rack_dsack(struct sl_tcb *tcb)
{
	if (tcb->snd_una < tcb->rack.dsack_round_seq)
		return;
	tcb->rack.dsack_round_seq = tcb->snd_nxt;
	tcb->rack.wnd_more_cnt += tcb->rack.wnd_more_cnt < UINT8_MAX;
	tcb->rack.wnd_persist_cnt = SL_TCP_REORDER_PERSIST;
}

void sl_tcp_rack_recovered(struct sl_tcb *tcb)
{
	if (tcb->rack.wnd_persist_cnt && --tcb->rack.wnd_persist_cnt == 0)
		tcb->rack.wnd_more_cnt = 0;
}

/* Step 5. */
uint32_t sl_tcp_rack_detect(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint64_t wait_ns = sl_tcp_rack_wait_ns(tcb);
	struct sl_tcp_sent_lost lost = { 0 };
	uint64_t next_ns;

	next_ns = sl_tcp_sent_lose_older(&tcp->store, &tcb->sent, tcb->rack.sent_ns,
					 tcb->rack.end_seq, wait_ns, tcp->now_ns, &lost);
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_REORDER, next_ns);
	return sl_tcp_held_lost(tcp, tcb, &lost);
}

void sl_tcp_rack_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	const struct sl_tcp_delivered nothing = { 0 };

	if (sl_tcp_rack_detect(tcp, tcb) && tcb->recovery == SL_TCP_OPEN)
		sl_tcp_recovery_enter(tcp, tcb, SL_TCP_RECOVERY_FAST, &nothing);
	sl_tcp_fin_check(tcp, tcb);
	if (sl_tcp_can_send(tcp, tcb))
		sl_tcp_event(tcp, tcb, SL_TCP_CAN_SEND);
}
