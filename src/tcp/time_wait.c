/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/time_wait.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* A new connection's numbers begin this far above the old one's, beyond what any old duplicate's
 * window reaches. */
enum { ISN_DISTANCE = 65535 + 2 };

int sl_tcp_time_waits_init(struct sl_tcp_time_waits *waits, uint32_t entries_max)
{
	int error = sl_pool_init(&waits->pool, entries_max);

	if (error)
		return error;
	waits->entries = sl_alloc(entries_max, sizeof(*waits->entries));
	if (!waits->entries) {
		sl_pool_fini(&waits->pool);
		return -ENOMEM;
	}
	waits->oldest_idx = SL_TCP_NONE;
	waits->newest_idx = SL_TCP_NONE;
	return 0;
}

void sl_tcp_time_waits_fini(struct sl_tcp_time_waits *waits)
{
	if (!waits->entries)
		return;
	sl_free(waits->entries);
	waits->entries = NULL;
	sl_pool_fini(&waits->pool);
}

/* ---- The queue ----------------------------------------------------------------------- */

static void append(struct sl_tcp *tcp, uint32_t idx)
{
	struct sl_tcp_time_waits *waits = &tcp->waits;
	struct sl_tcp_time_wait *wait = &waits->entries[idx];

	wait->until_ns = tcp->now_ns + SL_TCP_TIME_WAIT_NS;
	wait->next_idx = SL_TCP_NONE;
	wait->prev_idx = waits->newest_idx;
	if (waits->newest_idx == SL_TCP_NONE)
		waits->oldest_idx = idx;
	else
		waits->entries[waits->newest_idx].next_idx = idx;
	waits->newest_idx = idx;
}

static void detach(struct sl_tcp_time_waits *waits, uint32_t idx)
{
	const struct sl_tcp_time_wait *wait = &waits->entries[idx];

	if (wait->prev_idx == SL_TCP_NONE)
		waits->oldest_idx = wait->next_idx;
	else
		waits->entries[wait->prev_idx].next_idx = wait->next_idx;
	if (wait->next_idx == SL_TCP_NONE)
		waits->newest_idx = wait->prev_idx;
	else
		waits->entries[wait->next_idx].prev_idx = wait->prev_idx;
}

static void forget(struct sl_tcp *tcp, uint32_t idx)
{
	const struct sl_tcp_time_wait *wait = &tcp->waits.entries[idx];

	detach(&tcp->waits, idx);
	sl_tcp_table_remove(&tcp->table, tcp->conns_max + idx,
			    sl_tcp_table_hash_route(&tcp->table, &wait->route));
	sl_pool_give(&tcp->waits.pool, idx);
	tcp->counters.time_wait_cnt--;
}

void sl_tcp_time_wait_enter(struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	uint32_t idx;

	if (!sl_pool_take(&tcp->waits.pool, &idx)) {
		forget(tcp, tcp->waits.oldest_idx);
		BUG_ON(!sl_pool_take(&tcp->waits.pool, &idx));
	}
	tcp->waits.entries[idx] = (struct sl_tcp_time_wait){
		.route = tcb->route,
		.snd_nxt = sl_seq_wire(tcb->snd_nxt + 1),
		.rcv_nxt = sl_seq_wire(tcb->rcv_nxt),
		.ts_recent = tcb->ts_recent,
		.ts_offset = tcb->ts_offset,
		.window = (uint16_t)(tcb->rcv_edge_seq - tcb->rcv_nxt),
		.timestamps = tcb->timestamps,
	};
	append(tcp, idx);
	sl_tcp_table_put(&tcp->table, tcp->conns_max + idx,
			 sl_tcp_table_hash_route(&tcp->table, &tcb->route));
	tcp->counters.time_wait_cnt++;
}

void sl_tcp_time_wait_tick(struct sl_tcp *tcp)
{
	while (sl_tcp_time_wait_next_ns(tcp) <= tcp->now_ns)
		forget(tcp, tcp->waits.oldest_idx);
}

uint64_t sl_tcp_time_wait_next_ns(const struct sl_tcp *tcp)
{
	if (tcp->waits.oldest_idx == SL_TCP_NONE)
		return SL_WHEEL_NEVER;
	return tcp->waits.entries[tcp->waits.oldest_idx].until_ns;
}

/* ---- Segments ------------------------------------------------------------------------ */

static void reply_ack(struct sl_tcp *tcp, const struct sl_tcp_time_wait *wait)
{
	struct sl_header header = {
		.seq = wait->snd_nxt,
		.ack = wait->rcv_nxt,
		.window = wait->window,
		.flags = SL_TCP_ACK,
		.window_scale = -1,
		.timestamps = wait->timestamps,
	};

	if (wait->timestamps) {
		header.ts_value = sl_tcp_ts_value(tcp->now_ns, wait->ts_offset);
		header.ts_echo = wait->ts_recent;
	}
	sl_tcp_reply(tcp, &wait->route, &header);
}

/* RFC 6191, section 2: no segment of the old connection can be mistaken for one of the new, because
 * timestamps tell them apart, or sequence numbers do. */
static bool is_new_life(const struct sl_tcp_time_wait *wait, const struct sl_segment *segment)
{
	int32_t later = (int32_t)(segment->ts_value - wait->ts_recent);

	if ((segment->flags & (SL_TCP_SYN | SL_TCP_ACK | SL_TCP_FIN)) != SL_TCP_SYN)
		return false;
	if (segment->has_timestamps && !wait->timestamps)
		return true; /* what comes without them is of the old one */
	if (segment->has_timestamps && later != 0)
		return later > 0;
	return (int32_t)(segment->seq - wait->rcv_nxt) > 0;
}

static bool is_their_fin(const struct sl_tcp_time_wait *wait, const struct sl_segment *segment)
{
	return (segment->flags & (SL_TCP_FIN | SL_TCP_SYN)) == SL_TCP_FIN &&
	       segment->seq + segment->payload_bytes + 1 == wait->rcv_nxt;
}

bool sl_tcp_time_wait_input(struct sl_tcp *tcp, uint32_t idx, const struct sl_segment *segment,
			    uint32_t *isn_floor)
{
	struct sl_tcp_time_wait *wait = &tcp->waits.entries[idx];

	if (segment->flags & SL_TCP_RST)
		return false; /* RFC 1337: it would end the wait that protects the next one */
	if (is_new_life(wait, segment)) {
		if (!sl_tcp_may_reopen(tcp))
			return false; /* the peer will ask again */
		*isn_floor = wait->snd_nxt + ISN_DISTANCE;
		forget(tcp, idx);
		return true;
	}
	if (is_their_fin(wait, segment)) {
		/* Our last ACK was lost: wait once more (RFC 9293, 3.10.7.4, eighth). */
		detach(&tcp->waits, idx);
		append(tcp, idx);
	}
	/* An ACK alone gets none back, or two of us would never stop. */
	if (segment->payload_bytes || segment->flags & (SL_TCP_SYN | SL_TCP_FIN))
		reply_ack(tcp, wait);
	return false;
}
