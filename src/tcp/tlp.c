/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tail loss probe (RFC 8985, section 7). RACK needs something sent later to arrive; behind the last
 * segments of a flight nothing is sent. Instead of waiting for the timeout, which shuts the window,
 * one segment more is sent two round trips after the last sign of life: its SACK tells RACK what is
 * missing.
 *
 *   sent    A   B   C ─ ─ ─ 2 SRTT ─ ─ ─►  D, if there is new data; else C again
 *   lost        x   x                      └─ SACK of D (or C): B is lost, and C
 *
 * Nothing is sent from here. TCP does not know whether there is new data: it permits a segment, one
 * beyond the congestion window if need be, and the layer above reserves it or says that it has
 * none. Then the last segment is put with what is to be made again. It is no longer held to be in
 * flight, so no window is exceeded; but neither is it counted as lost.
 *
 * When it lies: if C again was all that was lost, C itself has repaired it, and nobody would reduce
 * the window. So an ACK beyond it counts as a loss, unless a D-SACK says that C came twice (7.4.2).
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

/* Section 7.2. */
static bool wants_probe(const struct sl_tcb *tcb)
{
	return tcb->sack && tcb->recovery == SL_TCP_OPEN && tcb->tlp.state == SL_TCP_PROBE_NONE &&
	       !tcb->tlp.unsampled && tcb->snd_wnd_bytes && tcb->sent.bytes[SL_TCP_SENT] &&
	       tcb->sent.bytes[SL_TCP_SACKED] == 0;
}

static uint64_t timeout_ns(const struct sl_tcb *tcb)
{
	uint64_t flight_bytes = tcb->snd_nxt - tcb->snd_una;

	if (tcb->rtt.srtt_ns == 0)
		return SL_TCP_RTO_FIRST_NS;
	/* A single segment may wait for its ACK. */
	return 2 * tcb->rtt.srtt_ns + (flight_bytes <= tcb->payload_max_bytes
					   ? SL_TCP_ACK_DELAY_MAX_NS
					   : SL_TCP_PROBE_LATE_NS);
}

void sl_tcp_tlp_arm(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint64_t at_ns = SL_WHEEL_NEVER;

	if (wants_probe(tcb))
		at_ns = min_u64(tcp->now_ns + timeout_ns(tcb), tcb->timers_ns[SL_TCP_TIMER_RESEND]);
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_PROBE, at_ns);
}

bool sl_tcp_probes(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return tcp->conns[conn.idx].tlp.state == SL_TCP_PROBE_NEW;
}

static bool may_reserve(const struct sl_tcb *tcb)
{
	return (tcb->state == SL_TCP_ESTABLISHED || tcb->state == SL_TCP_CLOSE_WAIT) &&
	       tcb->snd_una + tcb->snd_wnd_bytes > tcb->snd_res;
}

static void lose_last_segment(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint64_t len_bytes = min_u64(tcb->payload_max_bytes, tcb->snd_nxt - tcb->snd_una);

	tcb->tlp.flight_bytes = sl_tcp_recovery_flight(tcb);
	tcb->tlp.end_seq = tcb->snd_nxt;
	tcb->tlp.state = SL_TCP_PROBE_AGAIN;
	sl_tcp_sent_lose(&tcp->store, &tcb->sent, tcb->snd_nxt - len_bytes, tcb->snd_nxt, NULL);
}

/* Section 7.3. */
void sl_tcp_tlp_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	bool no_new = tcb->tlp.state == SL_TCP_PROBE_NO_NEW;

	BUG_ON_HOT(tcb->tlp.state > SL_TCP_PROBE_NO_NEW);
	tcb->tlp.state = SL_TCP_PROBE_NONE;
	if (!wants_probe(tcb))
		return;
	if (may_reserve(tcb) && !no_new)
		tcb->tlp.state = SL_TCP_PROBE_NEW;
	else
		lose_last_segment(tcp, tcb);
	sl_tcp_timer_resend(tcp, tcb, true);
	if (sl_tcp_can_send(tcp, tcb))
		sl_tcp_event(tcp, tcb, SL_TCP_CAN_SEND);
}

/* At once, but by the timer: events come of input and ticks only. */
void sl_tcp_tlp_no_new(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->tlp.state != SL_TCP_PROBE_NEW)
		return;
	tcb->tlp.state = SL_TCP_PROBE_NO_NEW;
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_PROBE, tcp->now_ns);
}

static void sent_probe(struct sl_tcp *tcp, struct sl_tcb *tcb, bool is_retrans)
{
	tcb->tlp.state = SL_TCP_PROBE_OUT;
	tcb->tlp.is_retrans = is_retrans;
	tcb->tlp.unsampled = true;
	tcp->counters.tlp_probes++;
}

void sl_tcp_tlp_reserved(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->tlp.state != SL_TCP_PROBE_NEW)
		return;
	tcb->tlp.end_seq = tcb->snd_res;
	sent_probe(tcp, tcb, false);
}

void sl_tcp_tlp_sent_again(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t end_seq)
{
	if (tcb->tlp.state == SL_TCP_PROBE_AGAIN && tcb->tlp.end_seq == end_seq)
		sent_probe(tcp, tcb, true);
}

/* Section 7.4.2. A peer without D-SACK repeats its ACK when something comes twice. */
static bool came_twice(const struct sl_tcb *tcb, const struct sl_segment *segment,
		       const struct sl_tcp_delivered *delivered)
{
	if (delivered->dsack_end_seq == tcb->tlp.end_seq)
		return true;
	return tcb->snd_una == tcb->tlp.end_seq && delivered->total_bytes == 0 &&
	       segment->sack_cnt == 0 && segment->payload_bytes == 0;
}

bool sl_tcp_tlp_acked(struct sl_tcb *tcb, const struct sl_segment *segment,
		      const struct sl_tcp_delivered *delivered)
{
	struct sl_tcp_tlp *tlp = &tcb->tlp;

	if (tlp->state == SL_TCP_PROBE_NONE)
		return false;
	if (tlp->state == SL_TCP_PROBE_NEW || tlp->state == SL_TCP_PROBE_NO_NEW) {
		if (delivered->total_bytes)
			tlp->state = SL_TCP_PROBE_NONE; /* a sign of life */
		return false;
	}
	if (tcb->snd_una < tlp->end_seq)
		return false;
	if (tlp->state == SL_TCP_PROBE_AGAIN || !tlp->is_retrans ||
	    came_twice(tcb, segment, delivered)) {
		tlp->state = SL_TCP_PROBE_NONE;
		return false;
	}
	if (tcb->snd_una == tlp->end_seq)
		return false; /* the next one will tell */
	tlp->state = SL_TCP_PROBE_NONE;
	return true;
}
