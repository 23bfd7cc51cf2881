/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets without payload. A connection that owes one is on the due list, once, with a bit for each
 * kind; what belongs to no connection waits in a short ring. Both are drained by sl_tcp_control
 * after input, so a burst of segments costs one ACK where one is enough.
 */
#include "base/bug.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* ---- The due list -------------------------------------------------------------------- */

static void link_last(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	uint32_t idx = sl_tcp_idx(tcp, tcb);

	tcb->due_next_idx = SL_TCP_NONE;
	tcb->due_prev_idx = tcp->due.last_idx;
	if (tcp->due.last_idx == SL_TCP_NONE)
		tcp->due.first_idx = idx;
	else
		tcp->conns[tcp->due.last_idx].due_next_idx = idx;
	tcp->due.last_idx = idx;
}

static void unlink_due(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->due_prev_idx == SL_TCP_NONE)
		tcp->due.first_idx = tcb->due_next_idx;
	else
		tcp->conns[tcb->due_prev_idx].due_next_idx = tcb->due_next_idx;
	if (tcb->due_next_idx == SL_TCP_NONE)
		tcp->due.last_idx = tcb->due_prev_idx;
	else
		tcp->conns[tcb->due_next_idx].due_prev_idx = tcb->due_prev_idx;
}

void sl_tcp_due(struct sl_tcp *tcp, struct sl_tcb *tcb, uint8_t due)
{
	if (tcb->due == 0)
		link_last(tcp, tcb);
	tcb->due |= due;
}

void sl_tcp_due_clear(struct sl_tcp *tcp, struct sl_tcb *tcb, uint8_t due)
{
	if (tcb->due == 0)
		return;
	tcb->due &= (uint8_t)~due;
	if (tcb->due == 0)
		unlink_due(tcp, tcb);
}

bool sl_tcp_control_due(const struct sl_tcp *tcp)
{
	return tcp->reply_cnt || tcp->due.first_idx != SL_TCP_NONE;
}

/* ---- Replies without connection ------------------------------------------------------ */

bool sl_tcp_reply(struct sl_tcp *tcp, const struct sl_route *route, const struct sl_header *header)
{
	struct sl_tcp_reply *reply;

	if (tcp->reply_cnt == SL_TCP_REPLIES_MAX)
		return false;
	reply = &tcp->replies[(tcp->reply_first + tcp->reply_cnt) % SL_TCP_REPLIES_MAX];
	reply->route = *route;
	reply->header = *header;
	tcp->reply_cnt++;
	return true;
}

void sl_tcp_reply_reset(struct sl_tcp *tcp, const struct sl_segment *segment)
{
	struct sl_header header = { .flags = SL_TCP_RST, .window_scale = -1 };
	struct sl_route route;

	if ((segment->flags & SL_TCP_RST) || (segment->link[0] & 1))
		return;
	if (segment->flags & SL_TCP_ACK) {
		header.seq = segment->ack;
	} else {
		header.flags |= SL_TCP_ACK;
		header.ack = segment->seq + segment->payload_bytes +
			     !!(segment->flags & SL_TCP_SYN) + !!(segment->flags & SL_TCP_FIN);
	}
	sl_route_reverse(&route, segment);
	sl_tcp_reply(tcp, &route, &header);
}

static uint32_t write_reply(struct sl_tcp *tcp, uint8_t *payload)
{
	const struct sl_tcp_reply *reply = &tcp->replies[tcp->reply_first];

	tcp->reply_first = (tcp->reply_first + 1) % SL_TCP_REPLIES_MAX;
	tcp->reply_cnt--;
	return sl_header_write(&reply->route, &reply->header, payload, 0);
}

/* ---- Packets of connections ---------------------------------------------------------- */

/* SND.NXT, but never beyond a window that the peer took back, or it would not look at the ACK. */
static uint64_t next_seq(const struct sl_tcb *tcb)
{
	uint64_t edge_seq = tcb->snd_una + tcb->snd_wnd_bytes;
	uint64_t seq = tcb->snd_nxt + tcb->fin_sent;

	return tcb->snd_una < tcb->snd_nxt && edge_seq < seq ? edge_seq : seq;
}

/* Or a SYN alone, while nothing of the peer's is there to be acknowledged. */
static void fill_syn_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header)
{
	if (tcb->state == SL_TCP_SYN_SENT) {
		header->flags = 0;
		header->ack = 0;
	}
	header->seq = sl_seq_wire(tcb->snd_una - 1);
	header->flags |= SL_TCP_SYN;
	if (tcb->ecn)
		header->flags |= SL_TCP_ECE;
	header->mss = sl_tcp_offered_mss(tcp, &tcb->route, tcb->listener_idx);
	header->window_scale = tcb->window_scale ? 0 : -1;
	header->sack_permitted = tcb->sack;
	tcb->sent_ns = tcp->now_ns;
}

static void fill_fin(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header)
{
	header->seq = sl_seq_wire(tcb->snd_nxt);
	header->flags |= SL_TCP_FIN;
	tcb->fin_sent = true;
	tcb->fin_flying = true;
	sl_tcp_timer_resend(tcp, tcb, tcb->snd_una == tcb->snd_nxt);
}

static void fill_reset(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header)
{
	header->seq = sl_seq_wire(next_seq(tcb));
	header->flags |= SL_TCP_RST;
	tcp->counters.reset_sent++;
}

/* The most important of what is due; every kind says what an ACK would say, too. */
static uint8_t fill(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header)
{
	uint8_t done = 0;

	sl_tcp_fill_header(tcp, tcb, header);
	if (tcb->due & SL_TCP_DUE_RST) {
		fill_reset(tcp, tcb, header);
		return UINT8_MAX;
	}
	if (tcb->due & SL_TCP_DUE_SYN_ACK) {
		fill_syn_ack(tcp, tcb, header);
		return SL_TCP_DUE_SYN_ACK | SL_TCP_DUE_ACK;
	}
	sl_tcp_hold_report(tcp, tcb, header);
	if (tcb->ack_cnt)
		tcb->ack_cnt--;
	if (tcb->ack_cnt == 0)
		done = SL_TCP_DUE_ACK;
	if (tcb->due & SL_TCP_DUE_FIN) {
		fill_fin(tcp, tcb, header);
		return done | SL_TCP_DUE_FIN;
	}
	if (tcb->due & SL_TCP_DUE_PROBE) {
		/* A byte the peer has: it must answer, and tells its window (RFC 9293, 3.8.4). */
		header->seq = sl_seq_wire(tcb->snd_una - 1);
		return done | SL_TCP_DUE_PROBE;
	}
	header->seq = sl_seq_wire(next_seq(tcb));
	return done;
}

uint32_t sl_tcp_control(struct sl_tcp *tcp, uint8_t *payload, uint64_t now_ns)
{
	struct sl_header header = { 0 };
	struct sl_tcb *tcb;
	uint32_t header_bytes;

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (!sl_tcp_control_due(tcp))
		return 0;
	tcp->counters.control_out++;
	if (tcp->reply_cnt)
		return write_reply(tcp, payload);
	tcb = &tcp->conns[tcp->due.first_idx];
	sl_tcp_due_clear(tcp, tcb, fill(tcp, tcb, &header));
	header_bytes = sl_header_write(&tcb->route, &header, payload, 0);
	sl_tcp_free(tcp, tcb);
	return header_bytes;
}
