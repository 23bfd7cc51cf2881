/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recovery: from the first loss until everything sent before it was found has arrived. It lets
 * congestion control reduce once, and brings the window down to the new ssthresh evenly:
 * Proportional Rate Reduction (RFC 9937). For each byte delivered, ssthresh / flight bytes may be
 * sent, so the ACK clock keeps ticking at the new rate, instead of falling silent for half a round
 * trip and then bursting. The first retransmission always leaves at once.
 *
 *   cwnd = pipe + what this ACK allows
 *
 * Should losses bring the flight below ssthresh, as much is sent as was delivered, and one segment
 * more per ACK as long as snd_una moves and nothing more is lost.
 *
 * A recovery by timeout is different: slow start from one segment (RFC 5681, 3.1), and the
 * algorithm is asked at each ACK again.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

/* RFC 5681's FlightSize, bytes being made included, since they were permitted too; of what limited
 * transmit added beyond cwnd, nothing. */
uint32_t sl_tcp_recovery_flight(const struct sl_tcb *tcb)
{
	uint64_t flight_bytes = tcb->snd_res - tcb->snd_una;

	return flight_bytes < tcb->cc.cwnd_bytes ? (uint32_t)flight_bytes : tcb->cc.cwnd_bytes;
}

bool sl_tcp_recovery_reduces(const struct sl_tcb *tcb)
{
	return tcb->recovery == SL_TCP_RECOVERY_FAST || tcb->recovery == SL_TCP_RECOVERY_ECN;
}

uint32_t sl_tcp_held_lost(struct sl_tcp *tcp, struct sl_tcb *tcb,
			  const struct sl_tcp_sent_lost *lost)
{
	const struct sl_cc_ops *ops = sl_cc_ops(&tcb->cc);

	if (sl_tcp_plpmtud_lost(tcp, tcb, lost->total_bytes))
		return 0;
	tcb->rate.lost_bytes += lost->total_bytes;
	if (lost->total_bytes && ops->held_lost)
		ops->held_lost(&tcb->cc, &(struct sl_cc_loss){
					     .now_ns = tcp->now_ns,
					     .lost_bytes = lost->total_bytes,
					     .lost_since_bytes =
						 sl_tcp_rate_lost_since(tcb, &lost->oldest_mark),
					     .tx_in_flight_bytes = lost->oldest_mark.flight_bytes,
					     .range_bytes = lost->oldest_bytes,
					     .app_limited = lost->oldest_mark.app_limited,
					 });
	return lost->total_bytes;
}

/* Crumbs of permission add up only as long as ACKs come; and what was sent again can be found lost
 * again only if something was sent behind it. So there are always two segments, which is the least
 * that ssthresh may be, and no more than RFC 6675 would let be in flight. */
static void keep_two(struct sl_tcb *tcb)
{
	tcb->cc.cwnd_bytes =
	    max_u32(tcb->cc.cwnd_bytes, min_u32(2 * tcb->cc.mss_bytes, tcb->cc.ssthresh_bytes));
}

/* RFC 9937, section 6: upon entering. */
void sl_tcp_recovery_enter(struct sl_tcp *tcp, struct sl_tcb *tcb, enum sl_tcp_recovery why,
			   const struct sl_tcp_delivered *delivered)
{
	const struct sl_cc_ops *ops = sl_cc_ops(&tcb->cc);
	uint64_t flight_bytes = tcb->snd_res - tcb->snd_una + delivered->acked_bytes +
				delivered->sacked_bytes - tcb->sent.bytes[SL_TCP_SACKED];

	tcb->recovery = (uint8_t)why;
	tcb->tlp.state = SL_TCP_PROBE_NONE;
	tcb->recovery_seq = tcb->snd_nxt;
	if (why == SL_TCP_RECOVERY_FAST)
		sl_tcp_undo_arm(tcb, false);
	else
		sl_tcp_undo_disarm(tcb);
	tcb->prr_delivered_bytes = 0;
	tcb->prr_out_bytes = 0;
	tcb->prr_flight_bytes = (uint32_t)flight_bytes;
	ops->lost(&tcb->cc, why == SL_TCP_RECOVERY_ECN ? SL_CC_ECN : SL_CC_LOSS,
		  sl_tcp_recovery_flight(tcb), tcp->now_ns);
	/* Until the next ACK tells more: the first retransmission. */
	if (!ops->model) {
		tcb->cc.cwnd_bytes = sl_tcp_pipe_bytes(tcb) + tcb->cc.mss_bytes;
		keep_two(tcb);
	}
	tcp->counters.recoveries += why == SL_TCP_RECOVERY_FAST;
}

void sl_tcp_recovery_repaired(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	const struct sl_cc_ops *ops = sl_cc_ops(&tcb->cc);
	uint32_t flight_bytes = tcb->tlp.flight_bytes;

	if (flight_bytes > tcb->cc.cwnd_bytes)
		flight_bytes = tcb->cc.cwnd_bytes;
	sl_tcp_undo_disarm(tcb);
	ops->lost(&tcb->cc, SL_CC_LOSS, flight_bytes, tcp->now_ns);
	if (ops->recovered)
		ops->recovered(&tcb->cc, tcp->now_ns);
	tcp->counters.tlp_recoveries++;
}

void sl_tcp_recovery_goes_on(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	tcb->recovery = SL_TCP_RECOVERY_FAST;
	tcb->recovery_seq = tcb->snd_nxt;
	tcp->counters.recoveries++;
}

static uint32_t proportional(const struct sl_tcb *tcb)
{
	uint64_t allowed_bytes = ((uint64_t)tcb->prr_delivered_bytes * tcb->cc.ssthresh_bytes +
				  tcb->prr_flight_bytes - 1) /
				 tcb->prr_flight_bytes;

	return allowed_bytes > tcb->prr_out_bytes ? (uint32_t)(allowed_bytes - tcb->prr_out_bytes)
						  : 0;
}

static uint32_t catch_up(const struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered,
			 uint32_t pipe_bytes, bool more_lost)
{
	uint32_t allowed_bytes = delivered->total_bytes;
	uint32_t room_bytes = tcb->cc.ssthresh_bytes - pipe_bytes;

	if (tcb->prr_delivered_bytes > tcb->prr_out_bytes &&
	    tcb->prr_delivered_bytes - tcb->prr_out_bytes > allowed_bytes)
		allowed_bytes = tcb->prr_delivered_bytes - tcb->prr_out_bytes;
	if (delivered->acked_bytes && !more_lost)
		allowed_bytes += tcb->cc.mss_bytes;
	return allowed_bytes < room_bytes ? allowed_bytes : room_bytes;
}

/* RFC 9937, section 6: on every ACK. */
void sl_tcp_recovery_acked(struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered,
			   bool more_lost)
{
	uint32_t pipe_bytes = sl_tcp_pipe_bytes(tcb), allowed_bytes;

	BUG_ON_HOT(!sl_tcp_recovery_reduces(tcb));
	if (delivered->total_bytes == 0)
		return;
	tcb->prr_delivered_bytes += delivered->total_bytes;
	if (pipe_bytes > tcb->cc.ssthresh_bytes)
		allowed_bytes = proportional(tcb);
	else
		allowed_bytes = catch_up(tcb, delivered, pipe_bytes, more_lost);
	if (tcb->prr_out_bytes == 0 && allowed_bytes < tcb->cc.mss_bytes)
		allowed_bytes = tcb->cc.mss_bytes;
	tcb->cc.cwnd_bytes = pipe_bytes + allowed_bytes;
	keep_two(tcb);
}

/* RFC 5681, 3.1, and 4.3 of RFC 6675: ssthresh is set once for each flight that was lost. */
void sl_tcp_recovery_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	bool again = tcb->recovery == SL_TCP_RECOVERY_TIMEOUT && tcb->backoff_cnt > 0;
	uint32_t pipe_bytes = sl_tcp_pipe_bytes(tcb);

	if (!sl_tcp_recovery_reduces(tcb) && !again) {
		sl_tcp_undo_arm(tcb, true);
		sl_cc_ops(&tcb->cc)->timed_out(&tcb->cc, sl_tcp_recovery_flight(tcb), tcp->now_ns);
	}
	/* One segment beyond what cannot be called back: recently sent, or being made. */
	tcb->cc.cwnd_bytes = pipe_bytes + tcb->cc.mss_bytes;
	tcb->recovery = SL_TCP_RECOVERY_TIMEOUT;
	tcb->tlp.state = SL_TCP_PROBE_NONE;
	tcb->recovery_seq = tcb->snd_nxt;
}

bool sl_tcp_recovery_ends(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	const struct sl_cc_ops *ops = sl_cc_ops(&tcb->cc);

	if (tcb->recovery == SL_TCP_OPEN || tcb->snd_una < tcb->recovery_seq)
		return false;
	if (sl_tcp_recovery_reduces(tcb) && !ops->model)
		tcb->cc.cwnd_bytes = tcb->cc.ssthresh_bytes;
	tcb->recovery = SL_TCP_OPEN;
	sl_tcp_rack_recovered(tcb);
	if (ops->recovered)
		ops->recovered(&tcb->cc, tcp->now_ns);
	return true;
}
