/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Passive open: from a SYN for a listener to ESTABLISHED (RFC 9293, 3.10.7.2 and 3.10.7.4).
 * A connection exists from the SYN on, but the layer above hears of it when the handshake is
 * complete. When many are half open a connection exists from the last ACK on only: cookie.c.
 */
#include <string.h>

#include "base/bug.h"
#include "base/minmax.h"
#include "base/seq.h"
#include "tcp/stack.h"

enum { ETHERNET_BYTES = 14, TAG_BYTES = 4 };

uint32_t sl_tcp_find_listener(const struct sl_tcp *tcp, const struct sl_segment *segment)
{
	uint32_t idx;

	for (idx = 0; idx < tcp->listener_cnt; idx++) {
		const struct sl_listener *listener = &tcp->listeners[idx];

		if (listener->port != segment->dst_port || listener->ipv6 != segment->ipv6)
			continue;
		if (listener->any ||
		    memcmp(&listener->address, &segment->dst, sizeof(segment->dst)) == 0)
			break;
	}
	return idx;
}

static bool is_multicast(const struct sl_segment *segment, const struct sl_address *address)
{
	/* 224.0.0.0/4 and above, which is broadcast and reserved; or ff00::/8. */
	return segment->ipv6 ? address->bytes[0] == 0xff : address->bytes[12] >= 224;
}

/* Addresses no honest peer sends a SYN from or to (RFC 9293, 3.9.2.3), and the one that would have
 * us talk to ourselves. */
static bool is_martian(const struct sl_segment *segment)
{
	if (segment->link[0] & 1) /* a group address of Ethernet */
		return true;
	if (segment->src_port == 0)
		return true;
	if (is_multicast(segment, &segment->src) || is_multicast(segment, &segment->dst))
		return true;
	return segment->src_port == segment->dst_port &&
	       memcmp(&segment->src, &segment->dst, sizeof(segment->src)) == 0;
}

uint16_t sl_tcp_own_mss(const struct sl_tcp *tcp, const struct sl_route *route,
			uint32_t listener_idx)
{
	uint16_t mss = route->ipv6 ? tcp->mss_ipv6 : tcp->mss_ipv4;
	uint16_t clamp = tcp->listeners[listener_idx].mss_clamp;

	/* Interfaces carry one VLAN tag beside a full packet; a second one takes its room from it.
	 */
	if (route->link_bytes > ETHERNET_BYTES + TAG_BYTES)
		mss -= TAG_BYTES;
	return clamp && clamp < mss ? clamp : mss;
}

uint16_t sl_tcp_offered_mss(const struct sl_tcp *tcp, const struct sl_route *route,
			    uint32_t listener_idx)
{
	uint32_t headers_bytes =
	    SL_TCP_HEADER_BYTES + (route->ipv6 ? SL_TCP_IPV6_BYTES : SL_TCP_IPV4_BYTES);

	return (uint16_t)min_u32(sl_tcp_own_mss(tcp, route, listener_idx),
				 SL_MTU_FRAME_MAX - headers_bytes);
}

uint16_t sl_tcp_peer_mss(const struct sl_segment *syn)
{
	if (!syn->has_mss)
		return syn->ipv6 ? SL_TCP_MSS_DEFAULT_IPV6 : SL_TCP_MSS_DEFAULT_IPV4;
	return syn->mss < SL_TCP_MSS_MIN ? SL_TCP_MSS_MIN : syn->mss;
}

/* Payload of a full segment: the smaller MSS (RFC 9293, 3.7.1), less the options we always send. */
static uint16_t payload_max(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
			    const struct sl_segment *syn)
{
	uint16_t own_mss = sl_tcp_own_mss(tcp, &tcb->route, tcb->listener_idx);
	uint16_t mss = sl_tcp_peer_mss(syn);

	if (mss > own_mss)
		mss = own_mss;
	return syn->has_timestamps ? mss - SL_TCP_TIMESTAMP_BYTES : mss;
}

void sl_tcp_start_sending(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *syn,
			  uint32_t isn)
{
	tcb->isn = isn;
	tcb->snd_una = SL_SEQ_EPOCH + isn + 1;
	tcb->snd_nxt = tcb->snd_una;
	tcb->snd_res = tcb->snd_una;
	tcb->snd_wnd_bytes = syn->window; /* never scaled in a SYN (RFC 7323, 2.2) */
	tcb->snd_wnd_max_bytes = syn->window;
	tcb->snd_scale = syn->has_window_scale ? syn->window_scale : 0;
	tcb->window_scale = syn->has_window_scale;
	tcb->sack = syn->sack_permitted;
	tcb->payload_max_bytes = payload_max(tcp, tcb, syn);
	sl_tcp_plpmtud_open(tcb);
	tcb->recovery_seq = tcb->snd_una;
	tcb->rack.fack_seq = tcb->snd_una;
	sl_tcp_sent_init(&tcb->sent);
	sl_tcp_rtt_init(&tcb->rtt);
	tcb->cc = (struct sl_cc){ .mss_bytes = tcb->payload_max_bytes,
				  .algorithm = tcp->listeners[tcb->listener_idx].congestion };
	sl_cc_ops(&tcb->cc)->init(&tcb->cc, tcp->now_ns);
	tcb->ecn = sl_tcp_ecn_agreed(&tcb->cc, syn);
}

void sl_tcp_start_receiving(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *syn)
{
	tcb->rcv_nxt = SL_SEQ_EPOCH + syn->seq + 1;
	tcb->rcv_edge_seq = tcb->rcv_nxt + tcp->receive_window_bytes;
	tcb->rcv_room_seq = tcb->rcv_edge_seq;
	tcb->rcv_acked_seq = tcb->rcv_nxt;
	tcb->rcv_high_seq = tcb->rcv_nxt;
	tcb->snd_wl1_seq = tcb->rcv_nxt - 1;
	tcb->snd_wl2_seq = tcb->snd_una;
	tcb->timestamps = syn->has_timestamps;
	tcb->ts_recent = syn->ts_value;
	tcb->ts_recent_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S);
	tcb->ts_offset = sl_tcp_ts_offset(tcp, &tcb->route);
}

/* Else the SYN gets no answer. */
static bool is_welcome(const struct sl_segment *segment)
{
	if (is_martian(segment))
		return false;
	/* SYN with FIN or RST is nobody's handshake. */
	return (segment->flags & (SL_TCP_SYN | SL_TCP_FIN | SL_TCP_RST | SL_TCP_ACK)) == SL_TCP_SYN;
}

static bool has_block(struct sl_tcp *tcp)
{
	if (tcp->pool.free_cnt > 0)
		return true;
	tcp->counters.table_full++;
	return false;
}

bool sl_tcp_may_reopen(struct sl_tcp *tcp)
{
	if (!has_block(tcp))
		return false;
	if (tcp->counters.syn_received_cnt < tcp->backlog_max)
		return true;
	tcp->counters.backlog_full++;
	return false;
}

static struct sl_tcb *create(struct sl_tcp *tcp, const struct sl_segment *syn,
			     uint32_t listener_idx, const struct sl_route *route, uint32_t isn)
{
	struct sl_tcb *tcb;
	uint32_t idx;

	BUG_ON(!sl_pool_take(&tcp->pool, &idx));
	tcb = &tcp->conns[idx];
	*tcb = (struct sl_tcb){ .route = *route,
				.state = SL_TCP_SYN_RECEIVED,
				.listener_idx = (uint16_t)listener_idx };
	for (int timer = 0; timer < SL_TCP_TIMERS; timer++)
		tcb->timers_ns[timer] = SL_WHEEL_NEVER;
	sl_tcp_start_sending(tcp, tcb, syn, isn);
	sl_tcp_start_receiving(tcp, tcb, syn);
	sl_tcp_table_put(&tcp->table, idx, sl_tcp_table_hash_route(&tcp->table, &tcb->route));
	tcp->counters.syn_received_cnt++;
	return tcb;
}

/* Rounded up, so that the smallest backlog, too, has room for one. */
static bool wants_cookie(const struct sl_tcp *tcp)
{
	uint32_t threshold = (tcp->backlog_max + SL_TCP_COOKIE_SHARE - 1) / SL_TCP_COOKIE_SHARE;

	return tcp->counters.syn_received_cnt >= threshold;
}

void sl_tcp_open_passive(struct sl_tcp *tcp, const struct sl_segment *segment,
			 uint32_t listener_idx, bool has_isn_floor, uint32_t isn_floor)
{
	struct sl_route route;
	struct sl_tcb *tcb;
	uint32_t isn;

	/* With all control blocks in use a cookie would be an invitation to nowhere. */
	if (!is_welcome(segment) || !has_block(tcp))
		return;
	/* A cookie heeds no floor: the rest of the backlog is for those who need one. */
	if (wants_cookie(tcp) && !has_isn_floor) {
		sl_tcp_cookie_send(tcp, segment, listener_idx);
		return;
	}
	sl_route_reverse(&route, segment);
	isn = sl_tcp_isn(tcp, &route);
	if (has_isn_floor && (int32_t)(isn - isn_floor) < 0)
		isn = isn_floor;
	tcb = create(tcp, segment, listener_idx, &route, isn);
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_SYN_ACK);
	sl_tcp_timer_resend(tcp, tcb, true);
}

struct sl_tcb *sl_tcp_open_recalled(struct sl_tcp *tcp, const struct sl_segment *syn,
				    uint32_t listener_idx, uint32_t isn)
{
	struct sl_route route;

	if (!has_block(tcp))
		return NULL;
	sl_route_reverse(&route, syn);
	tcp->counters.cookies_accepted++;
	return create(tcp, syn, listener_idx, &route, isn);
}

void sl_tcp_syn_ack_again(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcb->backoff_cnt >= SL_TCP_SYN_ACKS_MAX) {
		tcp->counters.timed_out++;
		sl_tcp_end(tcp, tcb);
		return;
	}
	tcb->backoff_cnt++;
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_SYN_ACK);
	sl_tcp_timer_resend(tcp, tcb, true);
}

void sl_tcp_establish(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	BUG_ON(tcb->state != SL_TCP_SYN_RECEIVED);
	tcb->state = SL_TCP_ESTABLISHED;
	tcb->opened = true;
	tcp->counters.syn_received_cnt--;
	tcp->counters.open_cnt++;
	tcp->counters.opened++;
	if (tcb->backoff_cnt == 0 && tcb->sent_ns)
		sl_tcp_rtt_sample(&tcb->rtt, tcp->now_ns - tcb->sent_ns, 1, tcp->now_ns);
	/* One lost SYN-ACK may be a timer of one second that was too short; two are congestion. */
	if (tcb->backoff_cnt > 1)
		tcb->cc.cwnd_bytes = tcb->cc.mss_bytes;
	tcb->rtt.syn_lost = tcb->backoff_cnt > 0;
	tcb->backoff_cnt = 0;
	tcb->sent_ns = tcp->now_ns;
	sl_tcp_due_clear(tcp, tcb, SL_TCP_DUE_SYN_ACK);
	sl_tcp_keepalive_start(tcp, tcb);
	sl_tcp_event(tcp, tcb, SL_TCP_OPENED);
}
