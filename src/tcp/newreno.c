/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loss without SACK (RFC 5681, 3.2; RFC 6582): the third duplicate ACK says that the segment at
 * snd_una is lost; an ACK that moves snd_una within a recovery, a partial one, says that the next
 * is, too. Each duplicate stands for one segment that the peer holds beyond the gap, we do not know
 * which; that many bytes are taken off what is in flight, so new data flows meanwhile (RFC 3042's
 * limited transmit, and the inflated window of RFC 5681, in one rule).
 *
 * When it lies: duplicates also come from duplicated packets and from our own needless
 * retransmissions. After a timeout none counts until snd_una is where it was found (RFC 6582, 4.1).
 */
#include "base/bug.h"
#include "tcp/stack.h"

uint32_t sl_tcp_newreno_held_bytes(const struct sl_tcb *tcb)
{
	uint64_t held_bytes = (uint64_t)tcb->dup_ack_cnt * tcb->payload_max_bytes;
	uint32_t flight_bytes = tcb->sent.bytes[SL_TCP_SENT];

	return held_bytes < flight_bytes ? (uint32_t)held_bytes : flight_bytes;
}

static uint32_t lose_first(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint64_t end_seq = tcb->snd_una + tcb->payload_max_bytes;
	struct sl_tcp_sent_lost lost = { 0 };

	sl_tcp_sent_lose(&tcp->store, &tcb->sent, tcb->snd_una,
			 end_seq < tcb->snd_nxt ? end_seq : tcb->snd_nxt, &lost);
	return sl_tcp_held_lost(tcp, tcb, &lost);
}

/* What a partial ACK covers was counted before, all but the segment that filled the gap. */
static void forget_duplicates(struct sl_tcb *tcb, struct sl_tcp_delivered *delivered)
{
	uint32_t acked_cnt = delivered->acked_bytes / tcb->payload_max_bytes;
	uint32_t counted_cnt = acked_cnt > 1 ? acked_cnt - 1 : 0;

	if (counted_cnt > tcb->dup_ack_cnt)
		counted_cnt = tcb->dup_ack_cnt;
	tcb->dup_ack_cnt -= counted_cnt;
	delivered->total_bytes -= counted_cnt * tcb->payload_max_bytes;
}

uint32_t sl_tcp_newreno(struct sl_tcp *tcp, struct sl_tcb *tcb, bool duplicate, bool advanced,
			struct sl_tcp_delivered *delivered)
{
	if (advanced) {
		if (tcb->recovery != SL_TCP_RECOVERY_FAST || tcb->snd_una >= tcb->recovery_seq) {
			tcb->dup_ack_cnt = 0;
			return 0;
		}
		forget_duplicates(tcb, delivered);
		return lose_first(tcp, tcb);
	}
	if (!duplicate || tcb->recovery == SL_TCP_RECOVERY_TIMEOUT)
		return 0;
	tcb->dup_ack_cnt++;
	if (tcb->recovery == SL_TCP_RECOVERY_FAST) {
		delivered->total_bytes = tcb->payload_max_bytes;
		return 0;
	}
	return tcb->dup_ack_cnt == SL_TCP_DUP_THRESH ? lose_first(tcp, tcb) : 0;
}
