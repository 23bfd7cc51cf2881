/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Active open (RFC 9293, 3.5 and 3.10.7.3). A server has no use for it; two stacks in a test talk
 * to each other with it, and it makes the state machine whole:
 *
 *   CLOSED ──connect──► SYN-SENT ──their SYN-ACK──► ESTABLISHED
 *                          └──their SYN, crossing──► SYN-RECEIVED ──ACK or SYN-ACK──► ESTABLISHED
 *
 * Until the peer's SYN has come nothing is known of its numbers, so a segment for SYN-SENT is
 * judged by its ACK alone: it has to be of our SYN, or it is a stranger's.
 */
#include <errno.h>

#include "base/bug.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* ---- Listeners that come and go ------------------------------------------------------- */

int sl_tcp_listen(struct sl_tcp *tcp, const struct sl_listener *listener)
{
	uint32_t idx = 0;

	while (idx < tcp->listener_cnt && tcp->listeners[idx].port)
		idx++;
	if (idx == SL_LISTENERS_MAX)
		return -ENOSPC;
	tcp->listeners[idx] = *listener;
	if (idx == tcp->listener_cnt)
		tcp->listener_cnt++;
	return (int)idx;
}

void sl_tcp_unlisten(struct sl_tcp *tcp, uint32_t listener_idx)
{
	BUG_ON(listener_idx >= tcp->listener_cnt);
	tcp->listeners[listener_idx] = (struct sl_listener){ 0 }; /* no segment's address */
}

/* ---- SYN-SENT ------------------------------------------------------------------------- */

int sl_tcp_connect(struct sl_tcp *tcp, const struct sl_route *route, uint32_t listener_idx,
		   struct sl_tcp_conn *conn, uint64_t now_ns)
{
	struct sl_tcb *tcb;

	BUG_ON(listener_idx >= tcp->listener_cnt);
	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (sl_tcp_find(tcp, &route->local, route->local_port, &route->peer, route->peer_port) !=
	    SL_TCP_NONE)
		return -EADDRINUSE;
	if (!sl_pool_take(&tcp->pool, &conn->idx))
		return -ENFILE;
	tcb = &tcp->conns[conn->idx];
	*tcb = (struct sl_tcb){
		.route = *route,
		.listener_idx = (uint16_t)listener_idx,
		.state = SL_TCP_SYN_SENT,
		.opened = true,
		.isn = sl_tcp_isn(tcp, route),
		.ts_offset = sl_tcp_ts_offset(tcp, route),
		/* Offered; what remains of it the peer's SYN decides. */
		.timestamps = true,
		.sack = true,
		.window_scale = true,
	};
	tcb->snd_una = SL_SEQ_EPOCH + tcb->isn + 1;
	tcb->snd_nxt = tcb->snd_una;
	tcb->snd_res = tcb->snd_una;
	tcb->rcv_nxt = SL_SEQ_EPOCH;
	tcb->rcv_edge_seq = tcb->rcv_nxt + tcp->receive_window_bytes;
	tcb->rcv_room_seq = tcb->rcv_edge_seq;
	for (int timer = 0; timer < SL_TCP_TIMERS; timer++)
		tcb->timers_ns[timer] = SL_WHEEL_NEVER;
	sl_tcp_sent_init(&tcb->sent);
	sl_tcp_rtt_init(&tcb->rtt);
	sl_tcp_table_put(&tcp->table, conn->idx, sl_tcp_table_hash_route(&tcp->table, route));
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_SYN_ACK);
	sl_tcp_timer_resend(tcp, tcb, true);
	return 0;
}

void sl_tcp_syn_again(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->backoff_cnt >= SL_TCP_SYNS_MAX) {
		tcp->counters.timed_out++;
		sl_tcp_end(tcp, tcb);
		return;
	}
	tcb->backoff_cnt++;
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_SYN_ACK);
	sl_tcp_timer_resend(tcp, tcb, true);
}

/* The peer's SYN: what it offers of what we offered holds from now on. */
static void take_syn(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *syn)
{
	uint32_t isn = sl_seq_wire(tcb->snd_una - 1);
	uint64_t sent_ns = tcb->sent_ns;

	sl_route_reverse(&tcb->route, syn);
	sl_tcp_start_sending(tcp, tcb, syn, isn);
	sl_tcp_start_receiving(tcp, tcb, syn);
	tcb->sent_ns = sent_ns;
	tcb->state = SL_TCP_SYN_RECEIVED;
	tcp->counters.syn_received_cnt++;
}

static void establish(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	sl_tcp_establish(tcp, tcb);
	sl_tcp_timer_resend(tcp, tcb, true);
	sl_tcp_ack_now(tcp, tcb);
}

void sl_tcp_syn_sent_input(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
			   struct sl_tcp_verdict *verdict)
{
	bool has_ack = segment->flags & SL_TCP_ACK;

	if (has_ack && segment->ack != sl_seq_wire(tcb->snd_una)) {
		sl_tcp_reply_reset(tcp, segment);
		return;
	}
	if (segment->flags & SL_TCP_RST) {
		if (!has_ack)
			return;
		tcp->counters.reset_received++;
		sl_tcp_end(tcp, tcb);
		return;
	}
	if (!(segment->flags & SL_TCP_SYN))
		return;
	take_syn(tcp, tcb, segment);
	if (!has_ack) {
		/* What else it brings comes again (3.10.7.3 would have it kept). */
		tcb->backoff_cnt = 0;
		sl_tcp_due(tcp, tcb, SL_TCP_DUE_SYN_ACK);
		sl_tcp_timer_resend(tcp, tcb, true);
		return;
	}
	establish(tcp, tcb);
	verdict->has_conn = true;
	verdict->conn.idx = sl_tcp_idx(tcp, tcb);
	sl_tcp_receive(tcp, tcb, segment, tcb->rcv_nxt, verdict);
}

/* ---- SYN-RECEIVED, when both opened --------------------------------------------------- */

bool sl_tcp_is_crossing(const struct sl_tcb *tcb, const struct sl_segment *segment, uint64_t seq)
{
	return tcb->state == SL_TCP_SYN_RECEIVED && tcb->opened && seq == tcb->rcv_nxt - 1 &&
	       segment->ack == sl_seq_wire(tcb->snd_una) &&
	       (segment->flags & (SL_TCP_SYN | SL_TCP_ACK | SL_TCP_RST | SL_TCP_FIN)) ==
		   (SL_TCP_SYN | SL_TCP_ACK);
}

void sl_tcp_crossing(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	establish(tcp, tcb);
}
