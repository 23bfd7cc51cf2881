/* SPDX-License-Identifier: BSD-2-Clause */
/* Info: a connection as its operator wants to see it. Nothing is kept for it alone: all of this is
 * what TCP works with, or a difference of two such numbers. */
#include "base/seq.h"
#include "tcp/stack.h"

enum sl_tcp_state sl_tcp_state(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return (enum sl_tcp_state)tcp->conns[conn.idx].state;
}

static void fill_identity(const struct sl_tcb *tcb, struct sl_tcp_info *info)
{
	info->state = (enum sl_tcp_state)tcb->state;
	info->local = tcb->route.local;
	info->local_port = tcb->route.local_port;
	info->peer = tcb->route.peer;
	info->peer_port = tcb->route.peer_port;
	info->listener_idx = tcb->listener_idx;
	info->congestion = (enum sl_congestion)tcb->cc.algorithm;
	info->sack = tcb->sack;
	info->timestamps = tcb->timestamps;
	info->ecn = tcb->ecn;
	info->window_scale = tcb->window_scale;
	info->peer_scale = tcb->snd_scale;
}

/* The packet that a full segment makes: what the path is known, or trusted, to carry. */
static uint32_t packet_max_bytes(const struct sl_tcb *tcb)
{
	return tcb->payload_max_bytes + (tcb->timestamps ? SL_TCP_TIMESTAMP_BYTES : 0U) +
	       SL_TCP_HEADER_BYTES +
	       (tcb->route.ipv6 ? (uint32_t)SL_TCP_IPV6_BYTES : (uint32_t)SL_TCP_IPV4_BYTES);
}

static void fill_window(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
			struct sl_tcp_info *info)
{
	info->mss_bytes = tcb->payload_max_bytes;
	info->pmtu_bytes = packet_max_bytes(tcb);
	info->cwnd_bytes = sl_tcp_cwnd_bytes(tcp, tcb);
	info->ssthresh_bytes =
	    tcb->cc.ssthresh_bytes < SL_TCP_CWND_MAX_BYTES ? tcb->cc.ssthresh_bytes : UINT32_MAX;
	info->peer_window_bytes = tcb->snd_wnd_bytes;
	info->being_made_bytes =
	    (uint32_t)(tcb->snd_res - tcb->snd_nxt) + tcb->sent.bytes[SL_TCP_MADE];
	info->in_flight_bytes = sl_tcp_pipe_bytes(tcb) - info->being_made_bytes;
	info->unacked_bytes = (uint32_t)(tcb->snd_nxt - tcb->snd_una);
	info->sacked_bytes = tcb->sent.bytes[SL_TCP_SACKED];
	info->missing_bytes = tcb->sent.bytes[SL_TCP_LOST];
}

static void fill_time(const struct sl_tcp *tcp, const struct sl_tcb *tcb, struct sl_tcp_info *info)
{
	info->srtt_ns = tcb->rtt.srtt_ns;
	info->rttvar_ns = tcb->rtt.rttvar_ns;
	info->min_rtt_ns = tcb->rtt.min_ns;
	info->rto_ns = sl_tcp_rto_ns(&tcb->rtt, tcb->backoff_cnt);
	info->quiet_ns = tcp->now_ns - tcb->sent_ns;
	info->backoff_cnt = tcb->backoff_cnt;
}

void sl_tcp_info(const struct sl_tcp *tcp, struct sl_tcp_conn conn, struct sl_tcp_info *info)
{
	const struct sl_tcb *tcb = &tcp->conns[conn.idx];

	*info = (struct sl_tcp_info){
		.pacing_rate = sl_tcp_pacing_rate(tcp, tcb),
		.delivery_rate = tcb->rate.latest,
		.delivery_app_limited = tcb->rate.latest_app_limited,
		.recovering = tcb->recovery != SL_TCP_OPEN,
		.resent_bytes = tcb->resent_bytes,
		.lost_bytes = tcb->rate.lost_bytes,
		.resent_cnt = tcb->resent_cnt,
		.rto_cnt = tcb->rto_cnt,
	};
	fill_identity(tcb, info);
	fill_window(tcp, tcb, info);
	fill_time(tcp, tcb, info);
	info->acked_bytes = tcb->snd_una - (SL_SEQ_EPOCH + tcb->isn + 1);
	info->sent_bytes = info->acked_bytes + info->unacked_bytes + info->resent_bytes;
}
