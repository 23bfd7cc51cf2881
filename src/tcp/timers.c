/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection has a few deadlines but one timer on the wheel, armed for the earliest. A deadline
 * that moves later, which is what most ACKs do to the resend timer, leaves the wheel alone: when
 * the wheel's turn comes too early, it is armed again for what is true then.
 */
#include "base/bug.h"
#include "base/mutant.h"
#include "tcp/stack.h"

void sl_tcp_timer_set(struct sl_tcp *tcp, struct sl_tcb *tcb, enum sl_tcp_timer timer,
		      uint64_t at_ns)
{
	uint32_t idx = sl_tcp_idx(tcp, tcb);

	tcb->timers_ns[timer] = at_ns;
	if (tcb->state != SL_TCP_CLOSED && at_ns < sl_wheel_at_ns(&tcp->wheel, idx))
		sl_wheel_arm(&tcp->wheel, idx, at_ns);
}

/* Nobody tells this room whether there is more to send, so every closed window is probed while we
 * may still send. A FIN is its own probe. */
static bool must_probe(const struct sl_tcb *tcb)
{
	if (tcb->snd_wnd_bytes >= SL_TCP_WINDOW_LEAST_BYTES || SL_MUTANT(NO_PROBE))
		return false;
	if (tcb->snd_wnd_bytes && sl_tcp_outstanding(tcb))
		return false;
	if (tcb->state == SL_TCP_ESTABLISHED || tcb->state == SL_TCP_CLOSE_WAIT)
		return true;
	return tcb->snd_una < tcb->snd_res;
}

void sl_tcp_timer_resend(struct sl_tcp *tcp, struct sl_tcb *tcb, bool restart)
{
	uint64_t at_ns = SL_WHEEL_NEVER;

	if (sl_tcp_outstanding(tcb) || must_probe(tcb)) {
		if (!restart && tcb->timers_ns[SL_TCP_TIMER_RESEND] != SL_WHEEL_NEVER)
			return;
		at_ns = tcp->now_ns + sl_tcp_rto_ns(&tcb->rtt, tcb->backoff_cnt);
	}
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_RESEND, at_ns);
}

static void fire(struct sl_tcp *tcp, struct sl_tcb *tcb, enum sl_tcp_timer timer)
{
	switch (timer) {
	case SL_TCP_TIMER_PROBE:
		sl_tcp_tlp_timeout(tcp, tcb);
		break;
	case SL_TCP_TIMER_RESEND:
		if (tcb->state == SL_TCP_SYN_RECEIVED)
			sl_tcp_syn_ack_again(tcp, tcb);
		else if (tcb->state == SL_TCP_SYN_SENT)
			sl_tcp_syn_again(tcp, tcb);
		else if (must_probe(tcb))
			sl_tcp_persist(tcp, tcb);
		else
			sl_tcp_rto(tcp, tcb);
		break;
	case SL_TCP_TIMER_REORDER:
		sl_tcp_rack_timeout(tcp, tcb);
		break;
	case SL_TCP_TIMER_ACK:
		sl_tcp_ack_now(tcp, tcb);
		break;
	case SL_TCP_TIMER_STATE:
		if (tcb->state != SL_TCP_FIN_WAIT_2) {
			sl_tcp_keepalive(tcp, tcb);
			break;
		}
		tcp->counters.timed_out++;
		sl_tcp_end(tcp, tcb);
		break;
	case SL_TCP_TIMER_PACE:
		sl_tcp_pace_timeout(tcp, tcb);
		break;
	case SL_TCP_TIMERS:
		break;
	}
}

static void run(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint64_t next_ns = SL_WHEEL_NEVER;

	for (int timer = 0; timer < SL_TCP_TIMERS; timer++) {
		if (tcb->timers_ns[timer] > tcp->now_ns)
			continue;
		tcb->timers_ns[timer] = SL_WHEEL_NEVER;
		fire(tcp, tcb, (enum sl_tcp_timer)timer);
		if (tcb->state == SL_TCP_CLOSED)
			return;
	}
	for (int timer = 0; timer < SL_TCP_TIMERS; timer++) {
		if (tcb->timers_ns[timer] < next_ns)
			next_ns = tcb->timers_ns[timer];
	}
	sl_wheel_arm(&tcp->wheel, sl_tcp_idx(tcp, tcb), next_ns);
	sl_tcp_check(tcp, tcb);
}

/* Of many that are due at once. */
static void expect_due(const struct sl_tcp *tcp)
{
	uint32_t idx = sl_wheel_after_next(&tcp->wheel);

	if (idx != SL_WHEEL_NONE)
		sl_tcp_expect(tcp, (struct sl_tcp_conn){ idx });
}

void sl_tcp_tick(struct sl_tcp *tcp, uint64_t now_ns)
{
	uint32_t idx;

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	while (sl_wheel_expire(&tcp->wheel, now_ns, &idx)) {
		expect_due(tcp);
		run(tcp, &tcp->conns[idx]);
	}
	sl_tcp_time_wait_tick(tcp);
}

uint64_t sl_tcp_next_ns(const struct sl_tcp *tcp)
{
	uint64_t wheel_ns = sl_wheel_next_ns(&tcp->wheel);
	uint64_t wait_ns = sl_tcp_time_wait_next_ns(tcp);

	return wheel_ns < wait_ns ? wheel_ns : wait_ns;
}
