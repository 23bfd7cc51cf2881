/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a connection ends (RFC 9293, 3.6):
 *
 *   ESTABLISHED ──close──► FIN-WAIT-1 ──FIN acked──► FIN-WAIT-2 ──their FIN──► TIME-WAIT
 *        │                      └──their FIN──► CLOSING ──FIN acked──► TIME-WAIT
 *        └──their FIN──► CLOSE-WAIT ──close──► LAST-ACK ──FIN acked──► gone
 *
 * Our FIN waits until everything before it has been sent and nothing of it is held lost, so that a
 * peer that got the FIN in order got it all. TIME-WAIT is no state of a control block: it becomes
 * an entry of time_wait.c.
 */
#include "base/bug.h"
#include "tcp/stack.h"

void sl_tcp_fin_check(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->closing && !tcb->fin_acked && !tcb->fin_flying && tcb->snd_nxt == tcb->snd_res &&
	    tcb->sent.bytes[SL_TCP_LOST] == 0 && tcb->sent.bytes[SL_TCP_MADE] == 0)
		sl_tcp_due(tcp, tcb, SL_TCP_DUE_FIN);
	else
		sl_tcp_due_clear(tcp, tcb, SL_TCP_DUE_FIN);
}

void sl_tcp_close(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t now_ns)
{
	struct sl_tcb *tcb = &tcp->conns[conn.idx];

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (tcb->state == SL_TCP_ESTABLISHED)
		tcb->state = SL_TCP_FIN_WAIT_1;
	else if (tcb->state == SL_TCP_CLOSE_WAIT)
		tcb->state = SL_TCP_LAST_ACK;
	else if (tcb->state == SL_TCP_SYN_SENT)
		sl_tcp_end(tcp, tcb);
	else
		return;
	if (tcb->state == SL_TCP_CLOSED)
		return;
	tcb->closing = true;
	sl_tcp_tlp_no_new(tcp, tcb);
	sl_tcp_undo_no_new(tcp, tcb);
	sl_tcp_fin_check(tcp, tcb);
}

void sl_tcp_abort(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t now_ns)
{
	struct sl_tcb *tcb = &tcp->conns[conn.idx];
	bool answered;

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (tcb->state == SL_TCP_CLOSED)
		return;
	answered = tcb->state != SL_TCP_SYN_SENT; /* who never answered has nothing to forget */
	sl_tcp_end(tcp, tcb);
	if (answered)
		sl_tcp_due(tcp, tcb, SL_TCP_DUE_RST);
}

static void wait_out(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	sl_tcp_end(tcp, tcb);
	sl_tcp_time_wait_enter(tcp, tcb);
}

void sl_tcp_fin_acked(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->fin_acked = true;
	tcb->fin_flying = false;
	if (tcb->state == SL_TCP_FIN_WAIT_1) {
		tcb->state = SL_TCP_FIN_WAIT_2;
		sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_STATE, tcp->now_ns + SL_TCP_FIN_WAIT_2_NS);
	} else if (tcb->state == SL_TCP_CLOSING) {
		wait_out(tcp, tcb);
	} else if (tcb->state == SL_TCP_LAST_ACK) {
		sl_tcp_end(tcp, tcb);
	}
}

void sl_tcp_fin_received(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->rcv_nxt++;
	if (tcb->rcv_edge_seq < tcb->rcv_nxt)
		tcb->rcv_edge_seq = tcb->rcv_nxt; /* a FIN right behind the window does no harm */
	tcb->rcv_high_seq = tcb->rcv_nxt;
	sl_tcp_hold_drop(tcp, tcb); /* nothing follows a FIN */
	sl_tcp_event(tcp, tcb, SL_TCP_PEER_CLOSED);
	if (tcb->state == SL_TCP_ESTABLISHED)
		tcb->state = SL_TCP_CLOSE_WAIT;
	else if (tcb->state == SL_TCP_FIN_WAIT_1)
		tcb->state = SL_TCP_CLOSING; /* had our FIN been acked, this were FIN-WAIT-2 */
	else
		wait_out(tcp, tcb);
	sl_tcp_ack_now(tcp, tcb);
}

void sl_tcp_end(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint32_t idx = sl_tcp_idx(tcp, tcb);

	BUG_ON(tcb->state == SL_TCP_CLOSED);
	if (tcb->state == SL_TCP_SYN_RECEIVED)
		tcp->counters.syn_received_cnt--;
	else if (tcb->state != SL_TCP_SYN_SENT)
		tcp->counters.open_cnt--;
	tcb->state = SL_TCP_CLOSED;
	sl_tcp_table_remove(&tcp->table, idx, sl_tcp_table_hash_route(&tcp->table, &tcb->route));
	for (int timer = 0; timer < SL_TCP_TIMERS; timer++)
		tcb->timers_ns[timer] = SL_WHEEL_NEVER;
	sl_wheel_arm(&tcp->wheel, idx, SL_WHEEL_NEVER);
	sl_tcp_sent_clear(&tcp->store, &tcb->sent);
	sl_tcp_hold_drop(tcp, tcb);
	sl_tcp_due_clear(tcp, tcb, UINT8_MAX);
	if (tcb->opened)
		sl_tcp_event(tcp, tcb, SL_TCP_GONE);
	else
		sl_tcp_free(tcp, tcb);
}

void sl_tcp_free(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->state == SL_TCP_CLOSED && tcb->events == 0 && tcb->due == 0)
		sl_pool_give(&tcp->pool, sl_tcp_idx(tcp, tcb));
}
