/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How large a packet the path carries, found out without anybody's help (RFC 4821; RFC 8899, whose
 * names these are). A connection starts with the lesser of both MSSs, as they always did, and that
 * is nearly always right. Where it is not, a router says so (icmp.c), unless its errors are
 * filtered on the way: then full segments vanish, however often they are sent, while small ones
 * arrive. That is a black hole.
 *
 *                       ┌───────── a black hole ──────────┐
 *                       ▼                                 │
 *     start ──►  SEARCH COMPLETE ◄─── nothing left ─── SEARCHING ◄─┐ probes, larger and larger
 *                       │      ▲   ───── 10 minutes ──────►  ▲     │
 *                       │      └── a router says an MTU      │   ──┘
 *                a black hole                       something arrives
 *                       └─────────────►  BASE  ──────────────┘
 *
 * A probe is a segment of new data that is longer than the others; no other byte is sent for it.
 * If it arrives, all may be as long. If it is lost, and nothing else is at the same time, the size
 * is to blame, so it is no sign of congestion; after three times the size is given up. Between what
 * works and what does not the search goes by halves; it begins at the top, since a timeout that was
 * no black hole is the commonest way into it.
 *
 * When it lies: two timeouts in a row are also what a broken path looks like, or a peer that walked
 * through a tunnel. Then segments are shorter than need be until the probes have arrived: a few
 * round trips. Without SACK a lost probe cannot be told from other losses, so there is no search,
 * only the base.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

/* Payload of a packet of mtu_bytes. */
static uint32_t payload_of(const struct sl_tcb *tcb, uint32_t mtu_bytes)
{
	uint32_t headers_bytes =
	    SL_TCP_HEADER_BYTES + (tcb->timestamps ? SL_TCP_TIMESTAMP_BYTES : 0);

	headers_bytes += tcb->route.ipv6 ? SL_TCP_IPV6_BYTES : SL_TCP_IPV4_BYTES;
	return mtu_bytes > headers_bytes ? mtu_bytes - headers_bytes : 0;
}

void sl_tcp_plpmtud_open(struct sl_tcb *tcb)
{
	tcb->pmtu = (struct sl_tcp_pmtu){
		.raise_s = UINT32_MAX,
		.limit_bytes = tcb->payload_max_bytes,
		.state = SL_TCP_PMTU_COMPLETE,
	};
}

static void set_size(struct sl_tcb *tcb, uint32_t payload_bytes)
{
	tcb->payload_max_bytes = (uint16_t)payload_bytes;
	tcb->cc.mss_bytes = payload_bytes;
	tcb->cc.cwnd_bytes = max_u32(tcb->cc.cwnd_bytes, payload_bytes);
}

/* What is longer cannot have got through. It is sent again without ado: what is in the network has
 * become less, not slower (RFC 1191, 6.4; Linux does the same). Ranges are bursts, so some that
 * arrive are sent twice. */
static void shrink(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t payload_bytes)
{
	BUG_ON(payload_bytes >= tcb->payload_max_bytes);
	set_size(tcb, payload_bytes);
	tcb->pmtu.probe_bytes = 0;
	tcb->dup_ack_cnt = 0;
	sl_tcp_sent_lose_longer(&tcp->store, &tcb->sent, payload_bytes);
}

/* ---- Searching ----------------------------------------------------------------------- */

static void complete(const struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->pmtu.state = SL_TCP_PMTU_COMPLETE;
	tcb->pmtu.raise_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S) + SL_TCP_PMTU_RAISE_S;
}

static void search(struct sl_tcb *tcb)
{
	struct sl_tcp_pmtu *pmtu = &tcb->pmtu;

	pmtu->state = SL_TCP_PMTU_SEARCHING;
	pmtu->tries_cnt = 0;
	pmtu->next_bytes = pmtu->limit_bytes;
	pmtu->failed_bytes = pmtu->limit_bytes + 1;
}

/* Half way between what works and what does not. */
static void search_on(const struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	struct sl_tcp_pmtu *pmtu = &tcb->pmtu;
	uint32_t works_bytes = tcb->payload_max_bytes;

	pmtu->tries_cnt = 0;
	if (works_bytes + SL_TCP_PROBE_STEP_BYTES >= pmtu->failed_bytes)
		complete(tcp, tcb);
	else
		pmtu->next_bytes = (uint16_t)((works_bytes + pmtu->failed_bytes) / 2);
}

/* Size of the next probe; 0 if none is wanted. */
static uint32_t wanted_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	const struct sl_tcp_pmtu *pmtu = &tcb->pmtu;

	if (pmtu->state == SL_TCP_PMTU_SEARCHING)
		return pmtu->next_bytes;
	if (pmtu->state == SL_TCP_PMTU_COMPLETE && tcb->payload_max_bytes < pmtu->limit_bytes &&
	    tcp->now_ns >= pmtu->raise_s * SL_NS_PER_S)
		return pmtu->limit_bytes;
	return 0;
}

/* A probe whose loss would not be noticed for a while, or would add to other troubles, waits: there
 * must be more to send behind it, and room in the window for what makes three duplicates. */
static bool may_probe(const struct sl_tcb *tcb, uint64_t seq, uint32_t probe_bytes)
{
	return tcb->sack && tcb->pmtu.probe_bytes == 0 && seq == tcb->snd_nxt &&
	       tcb->recovery == SL_TCP_OPEN && tcb->sent.bytes[SL_TCP_LOST] == 0 &&
	       tcb->rate.app_limited_bytes == 0 && !tcb->closing &&
	       tcb->cc.cwnd_bytes >=
		   probe_bytes + (SL_TCP_DUP_THRESH + 1U) * tcb->payload_max_bytes;
}

uint32_t sl_tcp_first_payload_max(const struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t seq,
				  uint32_t len_bytes)
{
	const struct sl_tcb *tcb = &tcp->conns[conn.idx];
	uint32_t probe_bytes = wanted_bytes(tcp, tcb);

	if (unlikely(probe_bytes) && probe_bytes <= len_bytes && may_probe(tcb, seq, probe_bytes))
		return probe_bytes;
	return tcb->payload_max_bytes;
}

void sl_tcp_plpmtud_sent(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq,
			 uint32_t payload_bytes)
{
	BUG_ON(payload_bytes != wanted_bytes(tcp, tcb));
	BUG_ON(!may_probe(tcb, seq, payload_bytes));
	if (tcb->pmtu.state == SL_TCP_PMTU_COMPLETE)
		search(tcb);
	tcb->pmtu.probe_bytes = (uint16_t)payload_bytes;
	tcb->pmtu.probe_seq = seq;
	tcp->counters.mtu_probes++;
}

static bool probe_is(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
		     enum sl_tcp_sent_state state)
{
	uint64_t end_seq = tcb->pmtu.probe_seq + tcb->pmtu.probe_bytes;

	return sl_tcp_sent_is(&tcp->store, &tcb->sent, tcb->pmtu.probe_seq, end_seq, state);
}

static void probe_arrived(const struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	set_size(tcb, tcb->pmtu.probe_bytes);
	tcb->pmtu.probe_bytes = 0;
	search_on(tcp, tcb);
}

void sl_tcp_plpmtud_acked(const struct sl_tcp *tcp, struct sl_tcb *tcb, bool advanced)
{
	struct sl_tcp_pmtu *pmtu = &tcb->pmtu;

	if (pmtu->state == SL_TCP_PMTU_BASE && advanced && tcb->sack)
		search(tcb);
	if (pmtu->probe_bytes == 0)
		return;
	if (tcb->snd_una >= pmtu->probe_seq + pmtu->probe_bytes ||
	    probe_is(tcp, tcb, SL_TCP_SACKED))
		probe_arrived(tcp, tcb);
}

bool sl_tcp_plpmtud_lost(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t lost_bytes)
{
	struct sl_tcp_pmtu *pmtu = &tcb->pmtu;
	uint16_t probe_bytes = pmtu->probe_bytes;

	if (probe_bytes == 0 || !probe_is(tcp, tcb, SL_TCP_LOST))
		return false;
	pmtu->probe_bytes = 0;
	if (lost_bytes != probe_bytes)
		return false; /* others were lost as well: that says nothing about its size */
	tcp->counters.mtu_probes_lost++;
	pmtu->tries_cnt++;
	if (pmtu->tries_cnt >= SL_TCP_PROBES_MAX) {
		pmtu->failed_bytes = probe_bytes;
		search_on(tcp, tcb);
	}
	return true;
}

/* ---- What others say ----------------------------------------------------------------- */

/* A probe that a router would not send on: what it would have sent is the next to be tried. */
static bool probe_refused(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq,
			  uint32_t payload_bytes)
{
	struct sl_tcp_pmtu *pmtu = &tcb->pmtu;

	if (seq != pmtu->probe_seq || payload_bytes < tcb->payload_max_bytes ||
	    payload_bytes >= pmtu->probe_bytes)
		return false;
	sl_tcp_sent_lose(&tcp->store, &tcb->sent, seq, seq + pmtu->probe_bytes,
			 &(struct sl_tcp_sent_lost){ 0 });
	pmtu->probe_bytes = 0;
	pmtu->tries_cnt = 0;
	pmtu->failed_bytes = (uint16_t)(payload_bytes + 1);
	pmtu->next_bytes = (uint16_t)payload_bytes;
	if (payload_bytes == tcb->payload_max_bytes)
		complete(tcp, tcb);
	return true;
}

bool sl_tcp_plpmtud_too_big(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq,
			    uint32_t mtu_bytes)
{
	uint32_t payload_bytes;

	if (tcb->route.ipv6 && mtu_bytes < SL_TCP_PMTU_BASE_IPV6)
		return false;
	payload_bytes = payload_of(tcb, max_u32(mtu_bytes, SL_PMTU_MIN));
	if (probe_refused(tcp, tcb, seq, payload_bytes))
		return true;
	if (payload_bytes >= tcb->payload_max_bytes)
		return false;
	shrink(tcp, tcb, payload_bytes);
	complete(tcp, tcb);
	return true;
}

/* ---- Black holes --------------------------------------------------------------------- */

/* The next lower size to fall back to; what we use now if there is none. */
static uint32_t lower_bytes(const struct sl_tcb *tcb)
{
	uint32_t base_mtu = tcb->route.ipv6 ? SL_TCP_PMTU_BASE_IPV6 : SL_TCP_PMTU_BASE_IPV4;
	uint32_t now_bytes = tcb->payload_max_bytes, base_bytes = payload_of(tcb, base_mtu);

	if (now_bytes > base_bytes)
		return base_bytes;
	return tcb->route.ipv6 ? now_bytes : min_u32(now_bytes, payload_of(tcb, SL_PMTU_MIN));
}

void sl_tcp_plpmtud_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t timeout_cnt)
{
	uint32_t lower = lower_bytes(tcb);

	tcb->pmtu.probe_bytes = 0;
	if (timeout_cnt % SL_TCP_BLACK_HOLE_TIMEOUTS != 0 || lower >= tcb->payload_max_bytes)
		return;
	/* What is short would have been lost all the same. */
	if (tcb->sent.first_idx == SL_TCP_NONE ||
	    tcp->store.ranges[tcb->sent.first_idx].len_bytes <= lower)
		return;
	shrink(tcp, tcb, lower);
	tcb->pmtu.state = SL_TCP_PMTU_BASE;
	tcp->counters.black_holes++;
}
