/* SPDX-License-Identifier: BSD-2-Clause */
/* The ready list: connections with events for the layer above, each once, in the order of their
 * first one. */
#include "base/bug.h"
#include "tcp/stack.h"

void sl_tcp_event(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t events)
{
	uint32_t idx = sl_tcp_idx(tcp, tcb);

	BUG_ON_HOT(!tcb->opened);
	BUG_ON_HOT(tcb->events & SL_TCP_GONE); /* it is the last one */
	if (tcb->events == 0) {
		tcb->ready_next_idx = SL_TCP_NONE;
		if (tcp->ready.last_idx == SL_TCP_NONE)
			tcp->ready.first_idx = idx;
		else
			tcp->conns[tcp->ready.last_idx].ready_next_idx = idx;
		tcp->ready.last_idx = idx;
	}
	tcb->events |= (uint8_t)events;
	if (events & SL_TCP_GONE)
		tcb->events &= (uint8_t)~SL_TCP_CAN_SEND;
}

bool sl_tcp_ready(struct sl_tcp *tcp, struct sl_tcp_conn *conn, uint32_t *events)
{
	uint32_t idx = tcp->ready.first_idx;
	struct sl_tcb *tcb;

	if (idx == SL_TCP_NONE)
		return false;
	tcb = &tcp->conns[idx];
	tcp->ready.first_idx = tcb->ready_next_idx;
	if (tcp->ready.first_idx == SL_TCP_NONE)
		tcp->ready.last_idx = SL_TCP_NONE;
	conn->idx = idx;
	*events = tcb->events;
	tcb->events = 0;
	if (*events & SL_TCP_GONE)
		sl_tcp_free(tcp, tcb);
	return true;
}
