/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors about our segments. Anybody on the Internet can send one, so each is first held
 * against what the connection has in flight (RFC 5927, 4.1): an attacker who sees no packets has to
 * guess the peer's port and a sequence number within the flight. And what is believed can do little
 * harm:
 *
 *   too big       segments become shorter, but not absurdly short (plpmtud.c), and the congestion
 *                 window stays as it is
 *   all others    end a handshake that nobody will complete, and are ignored afterwards (RFC 5927,
 *                 5.2): routes come back, and if one does not, the connection times out by itself
 */
#include "base/bug.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* Synchronized states: what is quoted is in flight. The FIN occupies one number. */
static bool quotes_flight(const struct sl_tcb *tcb, uint64_t seq)
{
	return seq >= tcb->snd_una && seq < tcb->snd_nxt + (tcb->fin_sent && !tcb->fin_acked);
}

static void too_big(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq, uint32_t mtu_bytes)
{
	if (!sl_tcp_plpmtud_too_big(tcp, tcb, seq, mtu_bytes))
		return;
	tcp->counters.too_big_in++;
	sl_tcp_fin_check(tcp, tcb);
	if (sl_tcp_can_send(tcp, tcb))
		sl_tcp_event(tcp, tcb, SL_TCP_CAN_SEND);
}

static void for_handshake(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_icmp_error *error)
{
	if (error->seq != sl_seq_wire(tcb->snd_una - 1)) {
		tcp->counters.icmp_refused++;
		return;
	}
	if (error->kind == SL_ICMP_TOO_BIG)
		return; /* a SYN-ACK is not */
	sl_tcp_end(tcp, tcb);
}

static void for_connection(struct sl_tcp *tcp, struct sl_tcb *tcb,
			   const struct sl_icmp_error *error)
{
	uint64_t seq = sl_seq_extend(error->seq, tcb->snd_una);

	if (!quotes_flight(tcb, seq))
		tcp->counters.icmp_refused++;
	else if (error->kind == SL_ICMP_TOO_BIG)
		too_big(tcp, tcb, seq, error->mtu_bytes);
	sl_tcp_check(tcp, tcb);
}

bool sl_tcp_icmp(struct sl_tcp *tcp, const struct sl_icmp_error *error, uint64_t now_ns)
{
	uint32_t idx =
	    sl_tcp_find(tcp, &error->local, error->local_port, &error->peer, error->peer_port);

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (idx == SL_TCP_NONE)
		return false;
	tcp->counters.icmp_in++;
	if (idx >= tcp->conns_max)
		return true; /* TIME-WAIT: nothing of ours is on its way */
	if (tcp->conns[idx].state == SL_TCP_SYN_RECEIVED)
		for_handshake(tcp, &tcp->conns[idx], error);
	else
		for_connection(tcp, &tcp->conns[idx], error);
	return true;
}
