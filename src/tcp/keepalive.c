/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keepalive (RFC 9293, 3.8.4): is a peer that says nothing, and to whom we say nothing, still
 * there? A client that lost its power or its address cannot say goodbye; nothing is outstanding, so
 * no other timer would ever notice. After a time of silence it is sent a byte it has, as a probe of
 * a closed window is, which it must answer with an ACK, or with RST if it knows nothing of the
 * connection any more. A single probe left without answer means nothing, as a network need not
 * deliver it; all of them together mean that the peer is gone.
 *
 * Off unless asked for: an application with an idle timeout of its own, shorter than this one, has
 * no use for it.
 *
 * Hearing something only notes the time, so the timer is set rarely: when it fires and something
 * was heard meanwhile, it goes back to sleep until it would be due.
 */
#include "base/bug.h"
#include "tcp/stack.h"

void sl_tcp_heard(const struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->heard_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S);
	tcb->keepalive_cnt = 0;
}

static void sleep_until(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t at_ns)
{
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_STATE, at_ns);
}

void sl_tcp_keepalive_start(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	sl_tcp_heard(tcp, tcb);
	if (tcp->keepalive_ns)
		sleep_until(tcp, tcb, tcp->now_ns + tcp->keepalive_ns);
}

void sl_tcp_keepalive(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint64_t due_ns = tcb->heard_s * SL_NS_PER_S + tcp->keepalive_ns;

	BUG_ON(tcp->keepalive_ns == 0);
	/* Whatever is outstanding, or waits for a window, has a timer that sees to the peer. */
	if (tcb->timers_ns[SL_TCP_TIMER_RESEND] != SL_WHEEL_NEVER) {
		sl_tcp_heard(tcp, tcb);
		due_ns = tcp->now_ns + tcp->keepalive_ns;
	}
	if (tcp->now_ns < due_ns) {
		sleep_until(tcp, tcb, due_ns);
		return;
	}
	if (tcb->keepalive_cnt == SL_TCP_KEEPALIVES_MAX) {
		tcp->counters.timed_out++;
		sl_tcp_end(tcp, tcb);
		sl_tcp_due(tcp, tcb, SL_TCP_DUE_RST); /* in case it lives, but is not heard */
		return;
	}
	tcb->keepalive_cnt++;
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_PROBE);
	sleep_until(tcp, tcb, tcp->now_ns + SL_TCP_KEEPALIVE_AGAIN_NS);
}
