/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selective acknowledgements (RFC 2018): blocks the peer holds beyond snd_una. What it says is
 * advice and may be withdrawn, so only a cumulative ACK lets bytes be forgotten.
 *
 * Blocks are strangers' numbers: each is believed only if it lies within what was sent. Part of a
 * block below snd_una is a duplicate report or an older ACK overtaken by a newer one; what lies
 * above is true all the same.
 *
 * A first block below the ACK it comes with, or within the second block, reports what came twice
 * (D-SACK, RFC 2883). Networks duplicate, too; but only as much as we sent again ourselves says
 * anything about us.
 */
#include "base/mutant.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* RFC 2883, section 4. */
static bool is_dsack(const struct sl_segment *segment)
{
	const struct sl_sack_block *first = &segment->sack[0], *second = &segment->sack[1];

	if ((int32_t)(first->end_seq - first->start_seq) <= 0)
		return false;
	if ((int32_t)(first->end_seq - segment->ack) <= 0)
		return true;
	return segment->sack_cnt > 1 && (int32_t)(first->start_seq - second->start_seq) >= 0 &&
	       (int32_t)(second->end_seq - first->end_seq) >= 0;
}

static void note_dsack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_sack_block *block,
		       struct sl_tcp_delivered *delivered)
{
	uint32_t bytes = block->end_seq - block->start_seq;

	if (bytes > (uint32_t)tcb->resent_bytes - tcb->dsacked_bytes)
		return;
	tcb->dsacked_bytes += bytes;
	tcp->counters.dsacks_in++;
	delivered->dsack_start_seq = sl_seq_extend(block->start_seq, tcb->snd_una);
	delivered->dsack_end_seq = delivered->dsack_start_seq + bytes;
	delivered->dsack_is_probe = tcb->tlp.state == SL_TCP_PROBE_OUT && tcb->tlp.is_retrans &&
				    tcb->tlp.end_seq == delivered->dsack_end_seq;
	/* What a probe says of a tail is no news of reordering. */
	if (!delivered->dsack_is_probe)
		sl_tcp_rack_dsack(tcb);
}

void sl_tcp_sack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		 uint64_t ack_seq, struct sl_tcp_delivered *delivered)
{
	/* An ACK older than the latest has been heard of by now. */
	if (ack_seq >= tcb->snd_una && is_dsack(segment))
		note_dsack(tcp, tcb, &segment->sack[0], delivered);
	for (uint32_t i = 0; i < segment->sack_cnt; i++) {
		uint64_t start_seq = sl_seq_extend(segment->sack[i].start_seq, tcb->snd_una);
		uint64_t end_seq = sl_seq_extend(segment->sack[i].end_seq, tcb->snd_una);

		if (start_seq >= end_seq || end_seq > tcb->snd_nxt + tcb->fin_sent)
			continue;
		if (end_seq > tcb->snd_nxt)
			end_seq = tcb->snd_nxt; /* our FIN came early */
		if (start_seq < tcb->snd_una)
			start_seq = tcb->snd_una;
		end_seq += SL_MUTANT(SACK_OFF_BY_ONE) && end_seq < tcb->snd_nxt;
		if (start_seq < end_seq)
			sl_tcp_sent_sack(&tcp->store, &tcb->sent, start_seq, end_seq, delivered);
	}
}
