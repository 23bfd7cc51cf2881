/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A segment arrives: the checks of RFC 9293, 3.10.7, in its order. A check that fails ends the
 * matter, and nothing was changed before it, with one exception: replies become due.
 *
 *   1 sequence number acceptable? (and timestamp not older than the last: PAWS, RFC 7323, 5)
 *   2 RST      exact: the connection is over; else in window: challenge ACK (RFC 5961, 3)
 *   3 SYN      challenge ACK (RFC 5961, 4)
 *   4 ACK      of something that can be acknowledged? else challenge ACK (RFC 5961, 5)
 *   5 payload  in order?
 *   6 FIN
 */
#include <string.h>

#include "base/bug.h"
#include "base/mutant.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* ---- Finding the connection ---------------------------------------------------------- */

static bool is_between(const struct sl_route *route, const struct sl_address *local,
		       uint16_t local_port, const struct sl_address *peer, uint16_t peer_port)
{
	return route->peer_port == peer_port && route->local_port == local_port &&
	       memcmp(&route->peer, peer, sizeof(route->peer)) == 0 &&
	       memcmp(&route->local, local, sizeof(route->local)) == 0;
}

static const struct sl_route *route_of(const struct sl_tcp *tcp, uint32_t idx)
{
	return idx < tcp->conns_max ? &tcp->conns[idx].route
				    : &tcp->waits.entries[idx - tcp->conns_max].route;
}

uint32_t sl_tcp_find(const struct sl_tcp *tcp, const struct sl_address *local, uint16_t local_port,
		     const struct sl_address *peer, uint16_t peer_port)
{
	uint64_t hash = sl_tcp_table_hash(&tcp->table.key, local, local_port, peer, peer_port);
	uint32_t idx = sl_tcp_table_first(&tcp->table, hash);

	while (idx != SL_TCP_NONE &&
	       !is_between(route_of(tcp, idx), local, local_port, peer, peer_port))
		idx = sl_tcp_table_next(&tcp->table, idx, hash);
	return idx;
}

/* ---- Checks -------------------------------------------------------------------------- */

/* RFC 5961, section 7. */
static void challenge(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint32_t now_ms = (uint32_t)(tcp->now_ns / SL_NS_PER_MS);

	if (now_ms - tcb->challenge_ms >= SL_TCP_CHALLENGE_PERIOD_MS) {
		tcb->challenge_ms = now_ms;
		tcb->challenge_cnt = 0;
	}
	if (tcb->challenge_cnt >= SL_TCP_CHALLENGES_MAX)
		return;
	tcb->challenge_cnt++;
	sl_tcp_ack_now(tcp, tcb);
}

/* Octets in sequence space: SYN and FIN count. */
static uint64_t segment_length(const struct sl_segment *segment)
{
	return (uint64_t)segment->payload_bytes + !!(segment->flags & SL_TCP_SYN) +
	       !!(segment->flags & SL_TCP_FIN);
}

/* RFC 9293, table 6. With a closed window the first byte beyond it is let through to the ACK check,
 * so that an acknowledgement is not lost with a window probe; receive.c takes nothing of it. */
static bool in_window(const struct sl_tcb *tcb, const struct sl_segment *segment, uint64_t seq)
{
	uint64_t end_seq = seq + segment_length(segment);

	if (tcb->rcv_edge_seq == tcb->rcv_nxt)
		return seq == tcb->rcv_nxt ||
		       (seq == tcb->rcv_nxt + 1 && segment_length(segment) == 0);
	if (seq >= tcb->rcv_edge_seq)
		return false;
	return segment_length(segment) ? end_seq > tcb->rcv_nxt : seq >= tcb->rcv_nxt;
}

/* A segment that is not acceptable: RFC 9293 wants an ACK, whoever sent it. Without payload it may
 * be the answer to an ACK just like it, so there is a limit to such conversations. */
static void refuse(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		   uint64_t seq)
{
	tcp->counters.out_of_window_in++;
	if (segment->flags & SL_TCP_RST)
		return;
	if (segment->payload_bytes == 0) {
		challenge(tcp, tcb);
		return;
	}
	if (seq + segment->payload_bytes <= tcb->rcv_nxt)
		sl_tcp_hold_duplicate(tcp, tcb, seq, seq + segment->payload_bytes);
	sl_tcp_ack_duplicate(tcp, tcb);
}

/* RFC 7323, 5.3, R1: an old duplicate from before the sequence numbers wrapped. */
static bool is_older(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
		     const struct sl_segment *segment)
{
	uint32_t now_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S);

	return tcb->timestamps && segment->has_timestamps &&
	       (int32_t)(segment->ts_value - tcb->ts_recent) < 0 &&
	       now_s - tcb->ts_recent_s < SL_TCP_TIMESTAMP_OLD_S;
}

/* RFC 7323, 4.3: only from what covers the left edge of what we acknowledged last. */
static void remember_timestamp(const struct sl_tcp *tcp, struct sl_tcb *tcb,
			       const struct sl_segment *segment, uint64_t seq)
{
	if (!tcb->timestamps || !segment->has_timestamps || seq > tcb->rcv_acked_seq)
		return;
	if (is_older(tcp, tcb, segment))
		return;
	tcb->ts_recent = segment->ts_value;
	tcb->ts_recent_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S);
}

/* Replies go where the latest valid segment came from: routers fail over, clients roam. */
static void follow_link(struct sl_tcb *tcb, const struct sl_segment *segment)
{
	const uint8_t *ours = tcb->route.link, *theirs = segment->link;

	if (tcb->route.link_bytes == segment->link_bytes && memcmp(ours, theirs + 6, 6) == 0 &&
	    memcmp(ours + 6, theirs, 6) == 0 &&
	    memcmp(ours + 12, theirs + 12, segment->link_bytes - 12U) == 0)
		return;
	sl_route_reverse(&tcb->route, segment);
}

/* ---- SYN-RECEIVED -------------------------------------------------------------------- */

/* The SYN again: our SYN-ACK was lost, or is late. */
static bool is_same_syn(const struct sl_tcb *tcb, const struct sl_segment *segment, uint64_t seq)
{
	return tcb->state == SL_TCP_SYN_RECEIVED && seq == tcb->rcv_nxt - 1 &&
	       (segment->flags & (SL_TCP_SYN | SL_TCP_ACK | SL_TCP_RST | SL_TCP_FIN)) == SL_TCP_SYN;
}

/* True if the handshake is complete. */
static bool complete_handshake(struct sl_tcp *tcp, struct sl_tcb *tcb,
			       const struct sl_segment *segment, uint64_t ack_seq)
{
	if (ack_seq != tcb->snd_una) {
		sl_tcp_reply_reset(tcp, segment);
		return false;
	}
	sl_tcp_establish(tcp, tcb);
	return true;
}

/* ---- The walk ------------------------------------------------------------------------ */

/* RFC 5961, 5.2: neither of what was never sent, nor older than any window of ours. */
static bool ack_possible(const struct sl_tcb *tcb, uint64_t ack_seq)
{
	if (SL_MUTANT(ACK_UNSENT))
		return true;
	return ack_seq <= tcb->snd_nxt + tcb->fin_sent &&
	       ack_seq >= tcb->snd_una - tcb->snd_wnd_max_bytes;
}

/* Checks 1 to 3, and that there is an ACK. True if the segment goes on to the ACK check. */
static bool acceptable(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		       uint64_t seq)
{
	if (is_same_syn(tcb, segment, seq)) {
		sl_tcp_due(tcp, tcb, SL_TCP_DUE_SYN_ACK); /* one answer to one packet */
		return false;
	}
	if (!(segment->flags & SL_TCP_RST)) {
		if (is_older(tcp, tcb, segment)) {
			refuse(tcp, tcb, segment, seq);
			return false;
		}
		/* RFC 7323, 3.2: once agreed upon, timestamps are in every segment. */
		if (tcb->timestamps && !segment->has_timestamps)
			return false;
	}
	if (!in_window(tcb, segment, seq)) {
		refuse(tcp, tcb, segment, seq);
		return false;
	}
	if (segment->flags & SL_TCP_RST) {
		if (seq != tcb->rcv_nxt && !SL_MUTANT(RST_ANYWHERE)) {
			challenge(tcp, tcb);
			return false;
		}
		tcp->counters.reset_received++;
		sl_tcp_end(tcp, tcb);
		return false;
	}
	if (segment->flags & SL_TCP_SYN) {
		if (SL_MUTANT(SYN_RESETS))
			sl_tcp_end(tcp, tcb);
		else
			challenge(tcp, tcb);
		return false;
	}
	return segment->flags & SL_TCP_ACK;
}

static void for_connection(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
			   struct sl_tcp_verdict *verdict)
{
	uint64_t seq = sl_seq_extend(segment->seq, tcb->rcv_nxt);
	uint64_t ack_seq = sl_seq_extend(segment->ack, tcb->snd_una);

	if (tcb->state == SL_TCP_SYN_SENT) {
		sl_tcp_syn_sent_input(tcp, tcb, segment, verdict);
		return;
	}
	if (sl_tcp_is_crossing(tcb, segment, seq)) {
		sl_tcp_crossing(tcp, tcb);
		return;
	}
	if (!acceptable(tcp, tcb, segment, seq))
		return;
	if (tcb->state == SL_TCP_SYN_RECEIVED && !complete_handshake(tcp, tcb, segment, ack_seq))
		return;
	if (!ack_possible(tcb, ack_seq)) {
		challenge(tcp, tcb);
		return;
	}
	remember_timestamp(tcp, tcb, segment, seq);
	follow_link(tcb, segment);
	sl_tcp_heard(tcp, tcb);
	tcp->counters.acks_in++;
	sl_tcp_ecn_input(tcb, segment);
	sl_tcp_ack(tcp, tcb, segment, seq, ack_seq);
	if (tcb->state == SL_TCP_CLOSED)
		return;
	verdict->has_conn = true;
	verdict->conn.idx = sl_tcp_idx(tcp, tcb);
	sl_tcp_receive(tcp, tcb, segment, seq, verdict);
	if (tcb->state == SL_TCP_CLOSED)
		verdict->has_conn = false;
}

/* ---- No connection ------------------------------------------------------------------- */

/* True if an ACK completes a handshake of which only a cookie remembers. Without a free control
 * block nothing happens: the peer will send it, or what it has to say, again. */
static bool complete_recalled(struct sl_tcp *tcp, const struct sl_segment *segment,
			      uint32_t listener_idx, struct sl_tcp_verdict *verdict)
{
	struct sl_segment syn;
	struct sl_tcb *tcb;

	if (!sl_tcp_cookie_recall(tcp, segment, &syn))
		return false;
	tcb = sl_tcp_open_recalled(tcp, &syn, listener_idx, segment->ack - 1);
	if (tcb)
		for_connection(tcp, tcb, segment, verdict);
	return true;
}

/* RFC 9293, 3.10.7.1 and 3.10.7.2. */
static void without_connection(struct sl_tcp *tcp, const struct sl_segment *segment,
			       bool has_isn_floor, uint32_t isn_floor,
			       struct sl_tcp_verdict *verdict)
{
	uint32_t listener_idx = sl_tcp_find_listener(tcp, segment);
	bool listened = tcp->listening && listener_idx < tcp->listener_cnt;

	if (segment->flags & SL_TCP_RST)
		return;
	if (listened && !(segment->flags & SL_TCP_ACK)) {
		if (segment->flags & SL_TCP_SYN)
			sl_tcp_open_passive(tcp, segment, listener_idx, has_isn_floor, isn_floor);
		return;
	}
	if (listened && complete_recalled(tcp, segment, listener_idx, verdict))
		return;
	tcp->counters.no_connection++;
	sl_tcp_reply_reset(tcp, segment);
}

void sl_tcp_input(struct sl_tcp *tcp, const struct sl_segment *segment, uint64_t now_ns,
		  struct sl_tcp_verdict *verdict)
{
	uint32_t idx, isn_floor;

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	tcp->counters.segments_in++;
	*verdict = (struct sl_tcp_verdict){ 0 };
	idx = sl_tcp_find(tcp, &segment->dst, segment->dst_port, &segment->src, segment->src_port);
	if (idx == SL_TCP_NONE) {
		without_connection(tcp, segment, false, 0, verdict);
	} else if (idx >= tcp->conns_max) {
		if (sl_tcp_time_wait_input(tcp, idx - tcp->conns_max, segment, &isn_floor))
			without_connection(tcp, segment, true, isn_floor, verdict);
	} else {
		for_connection(tcp, &tcp->conns[idx], segment, verdict);
		sl_tcp_check(tcp, &tcp->conns[idx]);
	}
}
