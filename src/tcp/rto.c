/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The retransmission timeout (RFC 6298), when no ACK has told anything for too long, and the
 * persist timer (RFC 9293, 3.8.6.1), which asks a peer with a closed window whether it has opened.
 *
 * Nothing is sent from here. A timeout marks what is lost, shuts the congestion window to one
 * segment and says so to the layer above; that reads the bytes again in its own time.
 *
 * When it lies: bytes that are lost, or being made again, are not in the network; if nothing else
 * is outstanding, it is our own disk the timer ran out on. Then it just starts anew.
 */
#include "base/bug.h"
#include "base/mutant.h"
#include "tcp/stack.h"

static bool gave_up(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->stalled_s == 0)
		tcb->stalled_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S);
	if (tcp->now_ns - tcb->stalled_s * SL_NS_PER_S < SL_TCP_GIVE_UP_NS)
		return false;
	tcp->counters.timed_out++;
	sl_tcp_end(tcp, tcb);
	return true;
}

/* The peer holds the byte it waits for: it did, and dropped it (RFC 2018, section 8). */
static bool reneged(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return tcb->sent.first_idx != SL_TCP_NONE &&
	       tcp->store.ranges[tcb->sent.first_idx].state == SL_TCP_SACKED;
}

static bool something_flies(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return tcb->sent.bytes[SL_TCP_SENT] || tcb->fin_flying || reneged(tcp, tcb);
}

/* RFC 8985, 7.3: the first, and what is older than anything that may still arrive. Without SACK,
 * all of it. */
static void lose_flight(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_tcp_sent_lost *lost)
{
	uint64_t first_end_seq;

	if (!tcb->sack || tcb->rack.sent_ns == 0) {
		sl_tcp_sent_lose(&tcp->store, &tcb->sent, tcb->snd_una, tcb->snd_nxt, lost);
		return;
	}
	if (reneged(tcp, tcb))
		sl_tcp_sent_renege(&tcp->store, &tcb->sent);
	if (tcb->sent.first_idx == SL_TCP_NONE)
		return;
	first_end_seq = sl_tcp_sent_end(&tcp->store.ranges[tcb->sent.first_idx]);
	sl_tcp_sent_lose(&tcp->store, &tcb->sent, tcb->snd_una, first_end_seq, lost);
	sl_tcp_sent_lose_older(&tcp->store, &tcb->sent, UINT64_MAX, UINT64_MAX,
			       sl_tcp_rack_wait_ns(tcb), tcp->now_ns, lost);
}

void sl_tcp_rto(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	struct sl_tcp_sent_lost lost = { 0 };

	if (SL_MUTANT(NO_RTO) || !something_flies(tcp, tcb)) {
		sl_tcp_timer_resend(tcp, tcb, true);
		goto tell;
	}
	if (gave_up(tcp, tcb))
		return;
	tcb->rto_cnt++;
	tcp->counters.rtos++;
	lose_flight(tcp, tcb, &lost);
	sl_tcp_held_lost(tcp, tcb, &lost);
	tcb->dup_ack_cnt = 0;
	tcb->undo.frto = SL_TCP_FRTO_OFF;
	tcb->fin_flying = false;
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_REORDER, SL_WHEEL_NEVER);
	sl_tcp_plpmtud_timeout(tcp, tcb, tcb->backoff_cnt + 1U);
	if (tcb->snd_una < tcb->snd_nxt)
		sl_tcp_recovery_timeout(tcp, tcb);
	tcb->backoff_cnt += tcb->backoff_cnt < UINT8_MAX;
	sl_tcp_timer_resend(tcp, tcb, true);
	sl_tcp_fin_check(tcp, tcb);
tell:
	if (sl_tcp_can_send(tcp, tcb))
		sl_tcp_event(tcp, tcb, SL_TCP_CAN_SEND);
}

void sl_tcp_persist(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (gave_up(tcp, tcb))
		return;
	tcb->backoff_cnt += tcb->backoff_cnt < UINT8_MAX;
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_PROBE);
	sl_tcp_timer_resend(tcp, tcb, true);
}
