/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receiving half: payload in order is shown to the layer above, which takes what it has room
 * for. What comes out of order goes to hold.c, and is shown from there when its turn has come.
 *
 * The offered window is a promise: its right edge never moves back (RFC 9293, 3.8.6), and moves on
 * only by steps worth it, which keeps the peer from sending crumbs (3.8.6.2.2).
 *
 * ACKs (RFC 9293, 3.8.6.3, RFC 5681, 4.2): of every second segment, or after 40 ms, in the hope
 * that a response carries it; at once while there is a gap, for what fills one, and one for every
 * segment beyond it, as the peer counts them. The first segments of a connection are no exception,
 * as they are for receivers that want the peer's congestion window opened: what we receive is
 * requests.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "tcp/stack.h"

enum { WINDOW_MAX_BYTES = 65535, SEGMENTS_PER_ACK = 2 };

void sl_tcp_ack_now(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->ack_cnt == 0)
		tcb->ack_cnt = 1;
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_ACK);
}

void sl_tcp_ack_duplicate(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->ack_cnt += tcb->ack_cnt < UINT8_MAX;
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_ACK);
}

bool sl_tcp_ack_rides(const struct sl_tcb *tcb)
{
	return tcb->rcv_high_seq <= tcb->rcv_nxt && tcb->hold_no == 0 &&
	       tcb->duplicate.start_seq == tcb->duplicate.end_seq;
}

void sl_tcp_acked_now(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->rcv_acked_seq = tcb->rcv_nxt;
	tcb->ack_owed_cnt = 0;
	sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_ACK, SL_WHEEL_NEVER);
}

/* ---- Window -------------------------------------------------------------------------- */

/* RFC 9293, 3.8.6.2.2: the lesser of a full segment and half the buffer. */
static uint32_t worthwhile_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint32_t mss = tcb->route.ipv6 ? tcp->mss_ipv6 : tcp->mss_ipv4;
	uint32_t half_bytes = tcp->receive_window_bytes / 2;

	return half_bytes < mss ? half_bytes : mss;
}

static void set_room(struct sl_tcb *tcb, uint32_t window_bytes)
{
	if (window_bytes > WINDOW_MAX_BYTES)
		window_bytes = WINDOW_MAX_BYTES;
	tcb->rcv_room_seq = tcb->rcv_nxt + window_bytes;
}

uint16_t sl_tcp_offer_window(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->rcv_room_seq >= tcb->rcv_edge_seq + worthwhile_bytes(tcp, tcb))
		tcb->rcv_edge_seq = tcb->rcv_room_seq;
	BUG_ON_HOT(tcb->rcv_edge_seq < tcb->rcv_nxt);
	BUG_ON_HOT(tcb->rcv_edge_seq - tcb->rcv_nxt > WINDOW_MAX_BYTES);
	if (SL_MUTANT(WINDOW_SHRINKS) && tcb->ack_owed_cnt > 0)
		return (uint16_t)(tcb->rcv_edge_seq - tcb->rcv_nxt - 1);
	return (uint16_t)(tcb->rcv_edge_seq - tcb->rcv_nxt);
}

void sl_tcp_set_window(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t window_bytes)
{
	struct sl_tcb *tcb = &tcp->conns[conn.idx];

	if (tcb->state == SL_TCP_CLOSED)
		return;
	set_room(tcb, window_bytes);
	if (tcb->rcv_room_seq < tcb->rcv_edge_seq + worthwhile_bytes(tcp, tcb))
		return;
	/* A peer with plenty left learns of more with the next response. */
	if (2 * (tcb->rcv_edge_seq - tcb->rcv_nxt) <= tcb->rcv_room_seq - tcb->rcv_nxt)
		sl_tcp_ack_now(tcp, tcb);
}

/* ---- Payload ------------------------------------------------------------------------- */

static bool takes_payload(const struct sl_tcb *tcb)
{
	return tcb->state == SL_TCP_ESTABLISHED || tcb->state == SL_TCP_FIN_WAIT_1 ||
	       tcb->state == SL_TCP_FIN_WAIT_2;
}

/* RFC 2883, section 4: of what came twice, the first part. */
static void note_duplicate(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq, uint64_t end_seq)
{
	struct sl_tcp_run there;

	if (seq < tcb->rcv_nxt && seq < end_seq)
		sl_tcp_hold_duplicate(tcp, tcb, seq, min_u64(end_seq, tcb->rcv_nxt));
	else if (sl_tcp_hold_has(tcp, tcb, seq, end_seq, &there))
		sl_tcp_hold_duplicate(tcp, tcb, there.start_seq, there.end_seq);
}

void sl_tcp_receive(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		    uint64_t seq, struct sl_tcp_verdict *verdict)
{
	uint64_t end_seq = seq + segment->payload_bytes;
	bool fin = segment->flags & SL_TCP_FIN;

	if ((segment->payload_bytes == 0 && !fin) || !takes_payload(tcb))
		return;
	if (end_seq > tcb->rcv_edge_seq) {
		end_seq = tcb->rcv_edge_seq;
		fin = false;
	}
	if (end_seq > tcb->rcv_high_seq)
		tcb->rcv_high_seq = end_seq;
	note_duplicate(tcp, tcb, seq, end_seq);
	if (seq > tcb->rcv_nxt) {
		tcp->counters.out_of_order_in++;
		sl_tcp_hold_put(tcp, tcb, segment->payload, seq, end_seq, fin);
		sl_tcp_ack_duplicate(tcp, tcb);
		return;
	}
	if (end_seq > tcb->rcv_nxt) {
		verdict->payload = segment->payload + (tcb->rcv_nxt - seq);
		verdict->payload_bytes = (uint32_t)(end_seq - tcb->rcv_nxt);
		verdict->fin = fin;
	} else if (fin) {
		sl_tcp_fin_received(tcp, tcb);
	} else {
		sl_tcp_ack_now(tcp, tcb); /* a probe of our closed window */
	}
}

static void owe_ack(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->ack_owed_cnt++;
	if (tcb->ack_owed_cnt >= SEGMENTS_PER_ACK || !sl_tcp_ack_rides(tcb))
		sl_tcp_ack_now(tcp, tcb);
	else
		sl_tcp_timer_set(tcp, tcb, SL_TCP_TIMER_ACK, tcp->now_ns + SL_TCP_DELAYED_ACK_NS);
}

bool sl_tcp_accept(struct sl_tcp *tcp, struct sl_tcp_verdict *verdict, uint32_t took_bytes,
		   uint32_t window_bytes, uint64_t now_ns)
{
	struct sl_tcb *tcb = &tcp->conns[verdict->conn.idx];
	bool more = false;

	BUG_ON(took_bytes > verdict->payload_bytes);
	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (tcb->state == SL_TCP_CLOSED)
		return false; /* aborted because of what the payload said */
	tcb->rcv_nxt += took_bytes;
	set_room(tcb, window_bytes);
	if (took_bytes)
		owe_ack(tcp, tcb);
	sl_tcp_hold_pass(tcp, tcb);
	if (took_bytes == verdict->payload_bytes) {
		if (verdict->fin)
			sl_tcp_fin_received(tcp, tcb);
		else
			more = sl_tcp_hold_next(tcp, tcb, verdict);
	}
	sl_tcp_check(tcp, tcb);
	return more;
}
