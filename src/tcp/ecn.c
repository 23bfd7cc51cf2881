/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explicit congestion notification (RFC 3168): a router with a growing queue marks packets instead
 * of dropping some, the receiver echoes the mark, the sender reduces as if one had been lost.
 *
 *   us ──data, ECT(0)──► router: CE ──► peer
 *      ◄────── ACKs with ECE ──────────  until it sees CWR
 *      ──new data, CWR──────────────────►
 *
 * It is agreed upon in the handshake, if the algorithm of the listener answers marks. Only new data
 * is marked as capable: not what is sent again, not ACKs, not probes (section 6.1).
 *
 * One reduction a round trip: the state it puts recovery.c in lasts that long, and so does the
 * echo, which ends when the peer has seen CWR on a segment that was sent after the reduction.
 */
#include "tcp/stack.h"

enum { ECT_0 = 2, CE = 3, SETUP = SL_TCP_ECE | SL_TCP_CWR };

bool sl_tcp_ecn_agreed(const struct sl_cc *cc, const struct sl_segment *syn)
{
	return (syn->flags & SETUP) == SETUP && sl_cc_ops(cc)->ecn;
}

void sl_tcp_ecn_input(struct sl_tcb *tcb, const struct sl_segment *segment)
{
	if (!tcb->ecn || segment->payload_bytes == 0)
		return;
	if (segment->flags & SL_TCP_CWR)
		tcb->ecn_echo = false;
	if (segment->ecn == CE)
		tcb->ecn_echo = true;
}

void sl_tcp_ecn_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		    const struct sl_tcp_delivered *delivered)
{
	if (!tcb->ecn || !(segment->flags & SL_TCP_ECE) || tcb->cwr_due ||
	    tcb->recovery != SL_TCP_OPEN || tcb->snd_una == tcb->snd_nxt)
		return;
	tcb->cwr_due = true;
	tcp->counters.ecn_reductions++;
	sl_tcp_recovery_enter(tcp, tcb, SL_TCP_RECOVERY_ECN, delivered);
}

void sl_tcp_ecn_fill(const struct sl_tcb *tcb, struct sl_header *header)
{
	if (tcb->ecn_echo)
		header->flags |= SL_TCP_ECE;
}

void sl_tcp_ecn_fill_new(struct sl_tcb *tcb, struct sl_header *header)
{
	if (!tcb->ecn)
		return;
	header->ecn = ECT_0;
	if (tcb->cwr_due)
		header->flags |= SL_TCP_CWR;
	tcb->cwr_due = false;
}
