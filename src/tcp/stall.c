/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a peer may stall. A peer that answers nothing is given up after a while (rto.c). One
 * that answers every probe, but keeps its window closed, may do so for ever by RFC 9293 (3.8.6.1,
 * MUST-37): its printer may be out of paper. It holds what it asked for in the meantime, and some
 * do so on purpose, with a hundred thousand connections, opening the window by a byte now and then
 * so as not to look dead. Whether to bear that is not for TCP to say but for who uses it (RFC 6429,
 * section 3), and this is where it is done.
 *
 * Only who answers gets here, and an answer is when it is looked at.
 *
 * The measure is the sender's side of the silly window (RFC 9293, 3.8.6.2.1): a window that has no
 * room for a full segment, and for less than half of the largest ever offered, is as good as
 * closed, and the clock goes on however often it changes. A receiver that keeps to 3.8.6.2.2 never
 * opens its window by less.
 *
 * When it lies: what is waiting above is not known here, so a peer that has all it asked for and
 * leaves it in its buffer, which just then is full, counts as well. If the window has some room and
 * nothing of ours is in it, it is not the window that keeps us, and the clock starts anew.
 */
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

bool sl_tcp_stall_waits(const struct sl_tcb *tcb)
{
	return tcb->snd_wnd_bytes == 0 || tcb->snd_una < tcb->snd_res;
}

void sl_tcp_stall_note(const struct sl_tcp *tcp, struct sl_tcb *tcb, bool waited)
{
	uint32_t enough_bytes = min_u32(tcb->payload_max_bytes, tcb->snd_wnd_max_bytes / 2);

	if (tcb->snd_wnd_bytes && tcb->snd_wnd_bytes >= enough_bytes)
		tcb->closed_s = 0;
	else if (tcb->closed_s == 0 || !waited)
		tcb->closed_s = (uint32_t)(tcp->now_ns / SL_NS_PER_S);
}

bool sl_tcp_stall_ends(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (tcp->stall_ns == 0 || tcb->closed_s == 0)
		return false;
	if (tcp->now_ns - tcb->closed_s * SL_NS_PER_S < tcp->stall_ns)
		return false;
	tcp->counters.stalled++;
	sl_tcp_end(tcp, tcb);
	sl_tcp_due(tcp, tcb, SL_TCP_DUE_RST);
	return true;
}
