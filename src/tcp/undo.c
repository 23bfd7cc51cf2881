/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Undo: what was held lost was merely late, so congestion control gets back what it gave up, and
 * the recovery is over (as RFC 4015 does). Three witnesses:
 *
 *   D-SACK      all that was sent again has come twice (RFC 2883, RFC 3708). Certain, but a round
 *               trip late: the recovery may have ended by then.
 *   timestamp   what was sent again is acknowledged with the echo of an earlier sending (Eifel, RFC
 *               3522), or before it was sent at all. At once.
 *   F-RTO       where there are no timestamps, for a timeout (RFC 5682): once its first segment is
 *               acknowledged, new data are sent before the rest of what is held lost. If the next
 *               ACK is of something that was not sent again, the flight was not lost.
 *
 *        timeout     A again            E  F new                        A B C D were late
 *   ────────┼───────────┼──────ack A──────┼──┼────────ack B C────────────►
 *
 * When they lie: a network that duplicates what we sent again looks like one that lost nothing; the
 * ACKs of what came twice get lost as well, and then nothing is undone. If one late segment was
 * lost in earnest among others that were late, it is found lost again, and that counts.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

void sl_tcp_undo_arm(struct sl_tcb *tcb, bool timeout)
{
	tcb->undo = (struct sl_tcp_undo){
		.start_seq = tcb->snd_una,
		.armed = true,
		.timeout = timeout,
		.frto = timeout && !tcb->timestamps ? SL_TCP_FRTO_FIRST : SL_TCP_FRTO_OFF,
	};
}

void sl_tcp_undo_disarm(struct sl_tcb *tcb)
{
	tcb->undo = (struct sl_tcp_undo){ 0 };
}

void sl_tcp_undo_sent_again(const struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t bytes)
{
	if (!tcb->undo.armed || tcb->recovery == SL_TCP_OPEN)
		return;
	if (tcb->undo.first_again_ns == 0)
		tcb->undo.first_again_ns = tcp->now_ns;
	tcb->undo.again_bytes += bytes;
}

/* ---- Witnesses ----------------------------------------------------------------------- */

static bool all_came_twice(struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered)
{
	uint32_t bytes = (uint32_t)(delivered->dsack_end_seq - delivered->dsack_start_seq);

	if (bytes == 0 || delivered->dsack_is_probe || tcb->undo.again_bytes == 0 ||
	    delivered->dsack_start_seq < tcb->undo.start_seq)
		return false;
	tcb->undo.again_bytes -= bytes < tcb->undo.again_bytes ? bytes : tcb->undo.again_bytes;
	return tcb->undo.again_bytes == 0;
}

/* An echo tells of one segment, so nothing else that was sent again may be on its way. */
static bool echo_is_older(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
			  const struct sl_segment *segment,
			  const struct sl_tcp_delivered *delivered)
{
	uint32_t again_ts = sl_tcp_ts_value(tcb->undo.first_again_ns, tcb->ts_offset);

	if (tcb->recovery == SL_TCP_OPEN || delivered->acked_bytes == 0)
		return false;
	if (tcb->undo.first_again_ns == 0)
		return delivered->any_held_lost;
	return tcb->timestamps && segment->has_timestamps && delivered->any_again &&
	       (int32_t)(segment->ts_echo - again_ts) < 0 &&
	       !sl_tcp_sent_any_again(&tcp->store, &tcb->sent);
}

static bool may_send_new(const struct sl_tcb *tcb)
{
	return (tcb->state == SL_TCP_ESTABLISHED || tcb->state == SL_TCP_CLOSE_WAIT) &&
	       tcb->snd_una + tcb->snd_wnd_bytes > tcb->snd_res;
}

/* The flight was lost after all, and without SACK the new segments, of which duplicate ACKs speak,
 * still fill the window: one segment more, or nothing would leave until the next timeout. With the
 * two that are out these are the three of RFC 5682, 2.1, (3a). */
static void go_on_resending(struct sl_tcb *tcb)
{
	tcb->cc.cwnd_bytes =
	    max_u32(tcb->cc.cwnd_bytes, sl_tcp_pipe_bytes(tcb) + tcb->cc.mss_bytes);
}

/* RFC 5682, 2.1 and 3.1: steps 2 and 3. */
static bool frto_tells(struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered)
{
	uint8_t step = tcb->undo.frto;

	if (step == SL_TCP_FRTO_OFF)
		return false;
	tcb->undo.frto = SL_TCP_FRTO_OFF;
	if (step == SL_TCP_FRTO_SECOND) {
		if (delivered->acked_bytes == 0)
			go_on_resending(tcb);
		return delivered->any_held_lost;
	}
	if (delivered->acked_bytes && tcb->snd_una < tcb->recovery_seq && may_send_new(tcb))
		tcb->undo.frto = SL_TCP_FRTO_SECOND;
	return false;
}

bool sl_tcp_undo_new_first(const struct sl_tcb *tcb)
{
	return tcb->undo.frto == SL_TCP_FRTO_SECOND;
}

/* At once, but by the timer: events come of input and ticks only. If the pace holds everything back
 * until later, then later: this timer is the one that knows of it. */
void sl_tcp_undo_no_new(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->undo.frto != SL_TCP_FRTO_SECOND)
		return;
	tcb->undo.frto = SL_TCP_FRTO_OFF;
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_PACE, max_u64(tcp->now_ns, tcb->pace_ns));
}

/* ---- The verdict --------------------------------------------------------------------- */

static void undo(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	const struct sl_cc_ops *ops = sl_cc_ops(&tcb->cc);

	if (tcb->undo.timeout) {
		tcp->counters.undone_timeouts++;
	} else {
		tcp->counters.undone_recoveries++;
		tcb->reordering_seen = true;
	}
	if (tcb->recovery != SL_TCP_OPEN) {
		tcb->recovery = SL_TCP_OPEN;
		tcb->dup_ack_cnt = 0;
		sl_tcp_sent_unlose(&tcp->store, &tcb->sent);
		if (ops->recovered)
			ops->recovered(&tcb->cc, tcp->now_ns);
	}
	ops->undo(&tcb->cc, tcp->now_ns);
	sl_tcp_undo_disarm(tcb);
}

void sl_tcp_undo_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		     const struct sl_tcp_delivered *delivered)
{
	if (!tcb->undo.armed)
		return;
	if (all_came_twice(tcb, delivered) || echo_is_older(tcp, tcb, segment, delivered) ||
	    frto_tells(tcb, delivered))
		undo(tcp, tcb);
}
