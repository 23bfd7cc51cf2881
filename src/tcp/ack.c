/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ACK says: which bytes arrived, how long they took, how much more the peer can take; and
 * what follows from it for loss recovery, congestion window, timers and the layer above. The order
 * matters: the sent map is brought up to date first, the RTT next, because RACK measures with it,
 * and the congestion window last, because it depends on what RACK found.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

/* RFC 5681, section 2. */
static bool is_duplicate(const struct sl_tcb *tcb, const struct sl_segment *segment,
			 uint64_t ack_seq)
{
	return tcb->snd_una < tcb->snd_nxt && ack_seq == tcb->snd_una &&
	       segment->payload_bytes == 0 && !(segment->flags & SL_TCP_FIN) &&
	       (uint32_t)segment->window << tcb->snd_scale == tcb->snd_wnd_bytes;
}

/* Not from a segment older than the one that set it last (RFC 9293, 3.10.7.4). But one that
 * acknowledges more is later, whatever its own number: it has been sent again. RFC 9293 leaves the
 * window as it was then; as it counts from snd_una, which moves, its right edge would go where the
 * peer never put it. True if a closed window was opened. */
static bool update_window(struct sl_tcb *tcb, const struct sl_segment *segment, uint64_t seq,
			  uint64_t ack_seq)
{
	bool was_closed = tcb->snd_wnd_bytes == 0;

	if (ack_seq < tcb->snd_una)
		return false;
	if (ack_seq < tcb->snd_wl2_seq || /* which may have acknowledged our FIN, too */
	    (ack_seq == tcb->snd_wl2_seq && seq < tcb->snd_wl1_seq))
		return false;
	tcb->snd_wnd_bytes = (uint32_t)segment->window << tcb->snd_scale;
	tcb->snd_wl1_seq = max_u64(tcb->snd_wl1_seq, seq);
	tcb->snd_wl2_seq = ack_seq;
	if (tcb->snd_wnd_bytes > tcb->snd_wnd_max_bytes)
		tcb->snd_wnd_max_bytes = tcb->snd_wnd_bytes;
	return was_closed && tcb->snd_wnd_bytes;
}

/* RFC 7323, 4.2: with one ACK for two segments. */
static uint32_t samples_per_rtt(const struct sl_tcb *tcb, uint32_t flight_bytes)
{
	return flight_bytes / (2U * tcb->payload_max_bytes) + 1;
}

static void take_sample(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t sample_ns,
			uint32_t flight_bytes)
{
	sl_tcp_rtt_sample(&tcb->rtt, sample_ns, samples_per_rtt(tcb, flight_bytes), tcp->now_ns);
	tcb->tlp.unsampled = false;
}

static void sample_rtt(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		       const struct sl_tcp_delivered *delivered, uint32_t flight_bytes)
{
	uint32_t echo_ms;

	if (delivered->any_once && !delivered->any_again) {
		take_sample(tcp, tcb, tcp->now_ns - delivered->once_oldest_ns, flight_bytes);
		return;
	}
	if (delivered->acked_bytes == 0 || !tcb->timestamps || !segment->has_timestamps ||
	    segment->ts_echo == 0)
		return;
	echo_ms = sl_tcp_ts_value(tcp->now_ns, tcb->ts_offset) - segment->ts_echo;
	/* An echo from the future, or of before any timeout we would wait for, is not ours. */
	if (echo_ms > SL_TCP_GIVE_UP_NS / SL_NS_PER_MS)
		return;
	/* It was anything up to one tick longer. */
	take_sample(tcp, tcb, (echo_ms + 1) * SL_NS_PER_MS, flight_bytes);
}

static uint32_t detect_losses(struct sl_tcp *tcp, struct sl_tcb *tcb,
			      const struct sl_segment *segment, bool duplicate,
			      struct sl_tcp_delivered *delivered)
{
	if (!tcb->sack)
		return sl_tcp_newreno(tcp, tcb, duplicate, delivered->acked_bytes != 0, delivered);
	if (delivered->total_bytes == 0)
		return 0;
	sl_tcp_rack_delivered(tcp, tcb, segment, delivered);
	return sl_tcp_rack_detect(tcp, tcb);
}

static void tell_algorithm(struct sl_tcp *tcp, struct sl_tcb *tcb,
			   const struct sl_tcp_delivered *delivered, uint32_t lost_bytes,
			   bool limited)
{
	struct sl_cc_ack ack = {
		.now_ns = tcp->now_ns,
		.rtt_ns = delivered->any_once ? tcp->now_ns - delivered->once_latest_ns : 0,
		.srtt_ns = tcb->rtt.srtt_ns,
		.min_rtt_ns = tcb->rtt.min_ns,
		.delivered_total_bytes = tcb->rate.delivered_bytes,
		.una_seq = tcb->snd_una,
		.nxt_seq = tcb->snd_nxt,
		.delivered_bytes = delivered->total_bytes,
		.lost_bytes = lost_bytes,
		.flight_bytes = sl_tcp_pipe_bytes(tcb),
		.cwnd_limited = limited,
		.in_recovery = tcb->recovery != SL_TCP_OPEN,
	};

	sl_tcp_rate_sample(tcb, delivered, &ack.rate);
	sl_cc_ops(&tcb->cc)->acked(&tcb->cc, &ack);
}

/* Before a loss is certain, each segment SACKed beyond a gap lets one other leave, no more (RFC
 * 3042, RFC 6675): growth waits until snd_una moves. Not where gaps are the rule and close by
 * themselves.
 */
static bool may_grow(const struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered)
{
	return delivered->acked_bytes || tcb->reordering_seen;
}

static void control_congestion(struct sl_tcp *tcp, struct sl_tcb *tcb,
			       const struct sl_segment *segment,
			       const struct sl_tcp_delivered *delivered, uint32_t lost_bytes,
			       bool repaired, bool limited)
{
	bool model = sl_cc_ops(&tcb->cc)->model, ended = sl_tcp_recovery_ends(tcp, tcb);

	if (tcb->recovery == SL_TCP_OPEN && (lost_bytes || (ended && tcb->sent.bytes[SL_TCP_LOST])))
		sl_tcp_recovery_enter(tcp, tcb, SL_TCP_RECOVERY_FAST, delivered);
	else if (tcb->recovery == SL_TCP_RECOVERY_ECN && lost_bytes)
		sl_tcp_recovery_goes_on(tcp, tcb);
	else if (tcb->recovery == SL_TCP_OPEN && repaired)
		sl_tcp_recovery_repaired(tcp, tcb);
	/* What ends the round trip of one mark still echoes that one. */
	if (!ended)
		sl_tcp_ecn_ack(tcp, tcb, segment, delivered);
	if (sl_tcp_recovery_reduces(tcb) && !model)
		sl_tcp_recovery_acked(tcb, delivered, lost_bytes != 0);
	if (delivered->total_bytes == 0)
		return;
	if (model || (!sl_tcp_recovery_reduces(tcb) && !ended && may_grow(tcb, delivered)))
		tell_algorithm(tcp, tcb, delivered, lost_bytes, limited);
}

void sl_tcp_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		uint64_t seq, uint64_t ack_seq)
{
	struct sl_tcp_delivered delivered = { 0 };
	uint32_t flight_bytes = (uint32_t)(tcb->snd_nxt - tcb->snd_una);
	bool limited = tcb->limited_seq > tcb->snd_una;
	bool duplicate = is_duplicate(tcb, segment, ack_seq);
	bool fin_acked = tcb->fin_sent && !tcb->fin_acked && ack_seq == tcb->snd_nxt + 1;
	uint64_t data_seq = ack_seq < tcb->snd_nxt ? ack_seq : tcb->snd_nxt;
	uint32_t lost_bytes;
	uint32_t window_bytes = tcb->snd_wnd_bytes;
	bool reopened, repaired, progress, changed, waited = sl_tcp_stall_waits(tcb);

	tcp->counters.dup_acks_in += duplicate;
	if (data_seq > tcb->snd_una) {
		sl_tcp_sent_ack(&tcp->store, &tcb->sent, data_seq, &delivered);
		tcb->snd_una = data_seq;
		sl_tcp_event(tcp, tcb, SL_TCP_ACKED);
	}
	if (tcb->sack && segment->sack_cnt)
		sl_tcp_sack(tcp, tcb, segment, ack_seq, &delivered);
	sl_tcp_plpmtud_acked(tcp, tcb, delivered.acked_bytes != 0);
	reopened = update_window(tcb, segment, seq, ack_seq);
	sl_tcp_stall_note(tcp, tcb, waited);
	sample_rtt(tcp, tcb, segment, &delivered, flight_bytes);
	if (delivered.total_bytes)
		sl_tcp_rate_delivered(tcp, tcb, &delivered);
	repaired = sl_tcp_tlp_acked(tcb, segment, &delivered);
	sl_tcp_undo_ack(tcp, tcb, segment, &delivered);
	lost_bytes = detect_losses(tcp, tcb, segment, duplicate, &delivered);
	control_congestion(tcp, tcb, segment, &delivered, lost_bytes, repaired, limited);

	progress = delivered.acked_bytes || fin_acked || reopened;
	if (progress)
		tcb->backoff_cnt = 0;
	if (progress || tcb->snd_wnd_bytes < SL_TCP_WINDOW_LEAST_BYTES)
		tcb->stalled_s = 0;
	if (fin_acked)
		sl_tcp_fin_acked(tcp, tcb);
	if (tcb->state == SL_TCP_CLOSED || sl_tcp_stall_ends(tcp, tcb))
		return;
	sl_tcp_timer_resend(tcp, tcb, progress);
	if (delivered.total_bytes)
		sl_tcp_tlp_arm(tcp, tcb);
	sl_tcp_fin_check(tcp, tcb);
	changed =
	    delivered.total_bytes || lost_bytes || duplicate || tcb->snd_wnd_bytes != window_bytes;
	if (changed && sl_tcp_can_send(tcp, tcb))
		sl_tcp_event(tcp, tcb, SL_TCP_CAN_SEND);
}
