/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selective acknowledgements (RFC 2018): blocks the peer holds beyond snd_una. What it says is
 * advice and may be withdrawn, so only a cumulative ACK lets bytes be forgotten.
 *
 * Blocks are strangers' numbers: each is believed only if it lies within what was sent. Part of a
 * block below snd_una is a duplicate report (D-SACK, RFC 2883) or an older ACK overtaken by a newer
 * one; what lies above is true all the same.
 */
#include "base/seq.h"
#include "tcp/stack.h"

void sl_tcp_sack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		 struct sl_tcp_delivered *delivered)
{
	for (uint32_t i = 0; i < segment->sack_cnt; i++) {
		uint64_t start_seq = sl_seq_extend(segment->sack[i].start_seq, tcb->snd_una);
		uint64_t end_seq = sl_seq_extend(segment->sack[i].end_seq, tcb->snd_una);

		if (start_seq >= end_seq || end_seq > tcb->snd_nxt + tcb->fin_sent)
			continue;
		if (end_seq > tcb->snd_nxt)
			end_seq = tcb->snd_nxt; /* our FIN came early */
		if (start_seq < tcb->snd_una)
			start_seq = tcb->snd_una;
		if (start_seq < end_seq)
			sl_tcp_sent_sack(&tcp->store, &tcb->sent, start_seq, end_seq, delivered);
	}
}
