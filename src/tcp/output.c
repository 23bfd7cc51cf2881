/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sending half, as the layer above sees it: how much may be started, what is to be started
 * again, and headers for what has been made. Between permission and sending lies a disk, so a range
 * may be acknowledged, SACKed or lost once more before its frames are ready; each call takes the
 * sent map as it finds it.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "base/seq.h"
#include "tcp/stack.h"

static struct sl_tcb *tcb_of(struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	BUG_ON_HOT(conn.idx >= tcp->conns_max);
	return &tcp->conns[conn.idx];
}

static const struct sl_tcb *const_tcb_of(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	BUG_ON_HOT(conn.idx >= tcp->conns_max);
	return &tcp->conns[conn.idx];
}

uint64_t sl_tcp_stream_seq(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return const_tcb_of(tcp, conn)->snd_res;
}

uint64_t sl_tcp_acked_seq(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return const_tcb_of(tcp, conn)->snd_una;
}

uint32_t sl_tcp_payload_max(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return const_tcb_of(tcp, conn)->payload_max_bytes;
}

/* ---- How much ------------------------------------------------------------------------ */

static uint32_t made_bytes(const struct sl_tcb *tcb)
{
	return (uint32_t)(tcb->snd_res - tcb->snd_nxt) + tcb->sent.bytes[SL_TCP_MADE];
}

static uint32_t in_flight_bytes(const struct sl_tcb *tcb)
{
	return tcb->sent.bytes[SL_TCP_SENT] - sl_tcp_newreno_held_bytes(tcb);
}

uint32_t sl_tcp_pipe_bytes(const struct sl_tcb *tcb)
{
	return in_flight_bytes(tcb) + made_bytes(tcb);
}

bool sl_tcp_outstanding(const struct sl_tcb *tcb)
{
	return tcb->snd_una < tcb->snd_nxt || (tcb->fin_sent && !tcb->fin_acked) ||
	       tcb->state == SL_TCP_SYN_RECEIVED || tcb->state == SL_TCP_SYN_SENT;
}

/* RFC 5681, 4.1: after an idle RTO the ACK clock has stopped, and the path may have changed. A
 * model of the path has its own opinion. */
static bool restarts(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return tcb->snd_una == tcb->snd_res && !sl_cc_ops(&tcb->cc)->model &&
	       tcp->now_ns - tcb->sent_ns > sl_tcp_rto_ns(&tcb->rtt, 0) &&
	       tcb->cc.cwnd_bytes > sl_cc_initial_window(tcb->cc.mss_bytes);
}

/* A probe for a lost tail may be one segment more (RFC 8985, 7.3): as long as it is out, the window
 * in force is larger by what it exceeds cwnd. That permits nothing else. */
static uint32_t probed_cwnd_bytes(const struct sl_tcb *tcb)
{
	uint32_t pipe_bytes = sl_tcp_pipe_bytes(tcb), cwnd_bytes = tcb->cc.cwnd_bytes;

	if (tcb->tlp.state == SL_TCP_PROBE_NEW)
		return max_u32(cwnd_bytes, pipe_bytes + tcb->payload_max_bytes);
	if (tcb->tlp.state == SL_TCP_PROBE_OUT && !tcb->tlp.is_retrans)
		return max_u32(cwnd_bytes, pipe_bytes);
	return cwnd_bytes;
}

uint32_t sl_tcp_cwnd_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return restarts(tcp, tcb) ? sl_cc_initial_window(tcb->cc.mss_bytes)
				  : probed_cwnd_bytes(tcb);
}

/* The window shrinks, what was learned stays: RFC 2861's ssthresh. */
static void restart(const struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	const struct sl_cc_ops *ops = sl_cc_ops(&tcb->cc);
	uint32_t learned_bytes = tcb->cc.cwnd_bytes / 4 * 3;

	if (ops->restarted && sl_tcp_pipe_bytes(tcb) == 0 && tcb->rate.app_limited_bytes)
		ops->restarted(&tcb->cc, tcp->now_ns - tcb->sent_ns, tcp->now_ns);
	if (!restarts(tcp, tcb))
		return;
	if (tcb->cc.ssthresh_bytes < learned_bytes)
		tcb->cc.ssthresh_bytes = learned_bytes;
	tcb->cc.cwnd_bytes = sl_cc_initial_window(tcb->cc.mss_bytes);
}

static bool may_send_new(const struct sl_tcb *tcb)
{
	return tcb->state == SL_TCP_ESTABLISHED || tcb->state == SL_TCP_CLOSE_WAIT;
}

/* Of cwnd. */
static uint32_t room_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint32_t cwnd_bytes = sl_tcp_cwnd_bytes(tcp, tcb), pipe_bytes = sl_tcp_pipe_bytes(tcb);

	if (SL_MUTANT(CWND) && tcb->recovery != SL_TCP_OPEN)
		return SL_TCP_INITIAL_BYTES;
	return cwnd_bytes > pipe_bytes ? cwnd_bytes - pipe_bytes : 0;
}

static uint32_t window_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint64_t edge_seq = tcb->snd_una + tcb->snd_wnd_bytes;
	uint32_t room = room_bytes(tcp, tcb);
	uint32_t lost_bytes = sl_tcp_undo_new_first(tcb) ? 0 : tcb->sent.bytes[SL_TCP_LOST];

	if (SL_MUTANT(PEER_WINDOW))
		edge_seq += tcb->payload_max_bytes;
	if (!may_send_new(tcb) || edge_seq <= tcb->snd_res || !sl_tcp_pace_allows(tcp, tcb))
		return 0;
	if (room <= lost_bytes)
		return 0; /* what is lost goes first */
	room = min_u32(room - lost_bytes, sl_tcp_quantum_bytes(tcp, tcb));
	return (uint32_t)min_u64(room, edge_seq - tcb->snd_res);
}

uint32_t sl_tcp_window(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return window_bytes(tcp, const_tcb_of(tcp, conn));
}

void sl_tcp_flight(const struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t *out_bytes,
		   uint32_t *max_bytes)
{
	const struct sl_tcb *tcb = const_tcb_of(tcp, conn);

	*out_bytes = sl_tcp_pipe_bytes(tcb);
	*max_bytes = min_u32(sl_tcp_cwnd_bytes(tcp, tcb), tcb->snd_wnd_bytes);
}

/* How much of the oldest lost range may be made again. A piece smaller than a segment only if the
 * range is no longer, or the peer's window ends there. */
static uint32_t lost_allowed_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb,
				   uint32_t max_bytes)
{
	uint64_t edge_seq = tcb->snd_una + tcb->snd_wnd_bytes;
	uint32_t idx = sl_tcp_sent_first_lost(&tcp->store, &tcb->sent), wanted_bytes, room;
	const struct sl_tcp_sent_range *range;

	if (idx == SL_TCP_NONE || tcb->state == SL_TCP_CLOSED || !sl_tcp_pace_allows(tcp, tcb) ||
	    sl_tcp_undo_new_first(tcb))
		return 0;
	range = &tcp->store.ranges[idx];
	if (range->start_seq >= edge_seq)
		return 0;
	wanted_bytes =
	    min_u32(range->len_bytes, min_u32(max_bytes, sl_tcp_quantum_bytes(tcp, tcb)));
	if (edge_seq - range->start_seq < wanted_bytes)
		wanted_bytes = (uint32_t)(edge_seq - range->start_seq);
	room = room_bytes(tcp, tcb);
	return room < min_u32(wanted_bytes, tcb->payload_max_bytes) ? 0
								    : min_u32(wanted_bytes, room);
}

bool sl_tcp_can_send(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return lost_allowed_bytes(tcp, tcb, UINT32_MAX) || window_bytes(tcp, tcb);
}

/* ---- Permission ---------------------------------------------------------------------- */

static void permitted(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t bytes)
{
	sl_tcp_pace(tcp, tcb, bytes);
	if (sl_tcp_recovery_reduces(tcb))
		tcb->prr_out_bytes += bytes;
	/* RFC 7661, 4.3: a window half used is a window tried. */
	if (sl_tcp_pipe_bytes(tcb) >= tcb->cc.cwnd_bytes / 2)
		tcb->limited_seq = tcb->snd_res;
	BUG_ON_HOT(sl_tcp_pipe_bytes(tcb) > sl_tcp_cwnd_bytes(tcp, tcb));
}

void sl_tcp_reserve(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t bytes)
{
	struct sl_tcb *tcb = tcb_of(tcp, conn);

	BUG_ON(bytes == 0);
	BUG_ON(bytes > window_bytes(tcp, tcb));
	restart(tcp, tcb);
	tcb->snd_res += bytes;
	permitted(tcp, tcb, bytes);
	sl_tcp_tlp_reserved(tcp, tcb);
	BUG_ON_HOT(tcb->snd_res > tcb->snd_una + tcb->snd_wnd_bytes);
}

bool sl_tcp_lost(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t max_bytes,
		 struct sl_tcp_range *range)
{
	struct sl_tcb *tcb = tcb_of(tcp, conn);
	uint32_t bytes = lost_allowed_bytes(tcp, tcb, max_bytes);

	if (bytes == 0)
		return false;
	sl_tcp_sent_take(&tcp->store, &tcb->sent, bytes, &range->start_seq, &range->end_seq);
	permitted(tcp, tcb, bytes);
	return true;
}

void sl_tcp_lost_cancel(struct sl_tcp *tcp, struct sl_tcp_conn conn,
			const struct sl_tcp_range *range)
{
	struct sl_tcb *tcb = tcb_of(tcp, conn);
	uint32_t before_bytes = tcb->sent.bytes[SL_TCP_MADE], bytes;

	if (tcb->state == SL_TCP_CLOSED)
		return;
	sl_tcp_sent_untake(&tcp->store, &tcb->sent, range->start_seq, range->end_seq);
	bytes = before_bytes - tcb->sent.bytes[SL_TCP_MADE];
	if (sl_tcp_recovery_reduces(tcb))
		tcb->prr_out_bytes -= min_u32(bytes, tcb->prr_out_bytes);
	sl_tcp_check(tcp, tcb);
}

/* ---- Segments ------------------------------------------------------------------------ */

void sl_tcp_fill_header(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header)
{
	header->ack = sl_seq_wire(tcb->rcv_nxt);
	header->window = sl_tcp_offer_window(tcp, tcb);
	header->flags = SL_TCP_ACK;
	header->window_scale = -1;
	header->timestamps = tcb->timestamps;
	if (tcb->timestamps) {
		header->ts_value = sl_tcp_ts_value(tcp->now_ns, tcb->ts_offset);
		header->ts_echo = tcb->ts_recent;
	}
	sl_tcp_ecn_fill(tcb, header);
	sl_tcp_acked_now(tcp, tcb);
}

/* What leaves is marked with the time. A connection may have SL_TCP_SENT_MAX ranges; when an ACK
 * lets two segments go, and thousands are in flight, that is not enough for a range each time. So
 * times become coarser when there are many, by so little that no RTT is wrong by a hundredth, and
 * what leaves close together is one range. They never go back: RACK asks what was sent later. */
static uint64_t mark_time_ns(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint64_t grain_ns = tcb->rtt.min_ns / 128;

	if (tcb->sent.range_cnt < SL_TCP_SENT_MAX / 4 || tcb->rtt.min_ns == UINT64_MAX ||
	    grain_ns == 0)
		return tcp->now_ns;
	return max_u64(tcp->now_ns - tcp->now_ns % grain_ns, tcb->sent_ns);
}

static void note_new(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t bytes)
{
	struct sl_tcp_sent_mark mark;

	BUG_ON(bytes > tcb->snd_res - tcb->snd_nxt);
	sl_tcp_rate_mark(tcp, tcb, bytes, &mark);
	sl_tcp_sent_append(&tcp->store, &tcb->sent, tcb->snd_nxt, bytes, tcb->sent_ns, &mark);
	tcb->snd_nxt += bytes;
}

static void note_again(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq, uint32_t bytes,
		       uint32_t segment_cnt)
{
	struct sl_tcp_sent_mark mark;

	BUG_ON(seq + bytes > tcb->snd_nxt);
	sl_tcp_rate_mark(tcp, tcb, bytes, &mark);
	sl_tcp_sent_again(&tcp->store, &tcb->sent, seq, seq + bytes, tcb->sent_ns, &mark);
	sl_tcp_tlp_sent_again(tcp, tcb, seq + bytes);
	sl_tcp_undo_sent_again(tcp, tcb, bytes);
	tcb->resent_bytes += bytes;
	tcb->resent_cnt += segment_cnt;
	tcp->counters.resent_segments += segment_cnt;
	tcp->counters.resent_bytes += bytes;
}

/* A FIN rides on the last byte if nothing before it is missing. */
static bool fin_rides(const struct sl_tcb *tcb, uint64_t end_seq)
{
	return tcb->closing && !tcb->fin_acked && end_seq == tcb->snd_res &&
	       tcb->sent.bytes[SL_TCP_LOST] == 0 && made_bytes(tcb) == 0;
}

static void note_sent(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq, uint32_t bytes,
		      uint32_t segment_cnt)
{
	/* The timer covers what flies: it starts with the first, and anew with the one that the
	 * peer waits for (RFC 6298, (5.1)); what waited for our disk was not in the network. */
	bool restart_timer = tcb->sent.bytes[SL_TCP_SENT] == 0 || seq <= tcb->snd_una;
	bool is_new = seq == tcb->snd_nxt;

	tcb->sent_ns = mark_time_ns(tcp, tcb);
	if (is_new)
		note_new(tcp, tcb, bytes);
	else
		note_again(tcp, tcb, seq, bytes, segment_cnt);
	tcp->counters.data_segments_out += segment_cnt;
	tcp->counters.data_bytes_out += bytes;
	sl_tcp_timer_resend(tcp, tcb, restart_timer);
	if (is_new)
		sl_tcp_tlp_arm(tcp, tcb);
}

bool sl_tcp_wanted(const struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t seq,
		   uint32_t payload_bytes)
{
	const struct sl_tcb *tcb = const_tcb_of(tcp, conn);

	if (tcb->state == SL_TCP_CLOSED)
		return false;
	return seq >= tcb->snd_nxt ||
	       sl_tcp_sent_needed(&tcp->store, &tcb->sent, seq, seq + payload_bytes);
}

uint32_t sl_tcp_segment(struct sl_tcp *tcp, struct sl_tcp_conn conn,
			const struct sl_tcp_payload *payload, uint64_t seq, bool push,
			uint64_t now_ns)
{
	struct sl_tcb *tcb = tcb_of(tcp, conn);
	struct sl_header header = { .seq = sl_seq_wire(seq) };
	uint32_t payload_bytes = payload->len_bytes;
	uint32_t each_bytes = payload->segment_bytes ? payload->segment_bytes : payload_bytes;
	bool is_new = seq == tcb->snd_nxt;

	BUG_ON_HOT(now_ns < tcp->now_ns);
	tcp->now_ns = now_ns;
	if (tcb->state == SL_TCP_CLOSED)
		return 0;
	BUG_ON(payload_bytes == 0);
	if (unlikely(each_bytes > tcb->payload_max_bytes))
		sl_tcp_plpmtud_sent(tcp, tcb, seq, payload_bytes);
	note_sent(tcp, tcb, seq, payload_bytes, (payload_bytes + each_bytes - 1) / each_bytes);
	sl_tcp_fill_header(tcp, tcb, &header);
	if (is_new)
		sl_tcp_ecn_fill_new(tcb, &header);
	if (sl_tcp_ack_rides(tcb)) {
		tcb->ack_cnt = 0;
		sl_tcp_due_clear(tcp, tcb, SL_TCP_DUE_ACK);
	}
	if (push)
		header.flags |= SL_TCP_PSH;
	if (fin_rides(tcb, seq + payload_bytes)) {
		header.flags |= SL_TCP_FIN;
		tcb->fin_sent = true;
		tcb->fin_flying = true;
		sl_tcp_due_clear(tcp, tcb, SL_TCP_DUE_FIN);
	}
	sl_tcp_fin_check(tcp, tcb);
	sl_tcp_check(tcp, tcb);
	if (payload->segment_bytes)
		return sl_header_write_partial(&tcb->route, &header, payload->data, payload_bytes);
	return sl_header_write_summed(&tcb->route, &header, payload->data, payload_bytes,
				      payload->sum);
}
