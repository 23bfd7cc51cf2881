/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/sent.h"

#include "base/bug.h"
#include "base/wheel.h"
#include "tcp/sent_list.h"

/* ---- Changing state ------------------------------------------------------------------ */

static void note_delivered(struct sl_tcp_delivered *delivered,
			   const struct sl_tcp_sent_range *range, uint32_t len_bytes)
{
	uint64_t end_seq = range->start_seq + len_bytes;

	delivered->total_bytes += len_bytes;
	if (end_seq > delivered->high_seq)
		delivered->high_seq = end_seq;
	if (range->sent_ns > delivered->newest_ns ||
	    (range->sent_ns == delivered->newest_ns && end_seq > delivered->newest_end_seq)) {
		delivered->newest_ns = range->sent_ns;
		delivered->newest_end_seq = end_seq;
		delivered->newest_mark = range->mark;
	}
	if (range->sent_cnt == 1 && (range->state == SL_TCP_LOST || range->state == SL_TCP_MADE))
		delivered->any_held_lost = true;
	if (range->sent_cnt > 1) {
		if (!delivered->any_again || range->sent_ns > delivered->again_latest_ns ||
		    (range->sent_ns == delivered->again_latest_ns &&
		     end_seq > delivered->again_end_seq)) {
			delivered->again_latest_ns = range->sent_ns;
			delivered->again_end_seq = end_seq;
		}
		delivered->any_again = true;
		return;
	}
	if (!delivered->any_once || range->sent_ns < delivered->once_oldest_ns)
		delivered->once_oldest_ns = range->sent_ns;
	if (!delivered->any_once || range->start_seq < delivered->once_low_seq)
		delivered->once_low_seq = range->start_seq;
	if (!delivered->any_once || range->sent_ns > delivered->once_latest_ns ||
	    (range->sent_ns == delivered->once_latest_ns && end_seq > delivered->once_end_seq)) {
		delivered->once_latest_ns = range->sent_ns;
		delivered->once_end_seq = end_seq;
	}
	delivered->any_once = true;
}

static void note_lost(struct sl_tcp_sent_lost *lost, const struct sl_tcp_sent_range *range)
{
	if (lost->total_bytes == 0 || range->sent_ns < lost->oldest_ns) {
		lost->oldest_ns = range->sent_ns;
		lost->oldest_bytes = range->len_bytes;
		lost->oldest_mark = range->mark;
	}
	lost->total_bytes += range->len_bytes;
}

static void set_state(struct sl_tcp_sent *sent, struct sl_tcp_sent_range *range,
		      enum sl_tcp_sent_state state)
{
	sent->bytes[range->state] -= range->len_bytes;
	range->state = state;
	sent->bytes[state] += range->len_bytes;
}

/* What one range of a marked stretch becomes. */
struct mark {
	uint8_t from; /* bits of the states that change */
	enum sl_tcp_sent_state to;
	bool must;       /* cut ranges whatever it costs, or rather leave them */
	uint64_t now_ns; /* of SENT */
	const struct sl_tcp_sent_mark *mark; /* of SENT */
	struct sl_tcp_delivered *delivered;  /* of SACKED */
	struct sl_tcp_sent_lost *lost;       /* of LOST, or NULL */
};

/* A range that would change must not reach over at_seq. False if there is no range for the other
 * part. */
static bool cut(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t at_seq,
		const struct mark *mark)
{
	uint32_t idx = sl_tcp_sent_list_find(store, sent, at_seq);

	if (idx == SL_TCP_NONE || store->ranges[idx].start_seq >= at_seq ||
	    !(mark->from & 1U << store->ranges[idx].state))
		return true;
	return sl_tcp_sent_list_split(store, sent, idx, at_seq);
}

static bool cut_both(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t start_seq,
		     uint64_t end_seq, const struct mark *mark)
{
	return cut(store, sent, start_seq, mark) && cut(store, sent, end_seq, mark);
}

/* First what blurs, then what forgets; after that, there is room for two cuts. */
static void cut_anyhow(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
		       uint64_t start_seq, uint64_t end_seq, const struct mark *mark)
{
	if (cut_both(store, sent, start_seq, end_seq, mark))
		return;
	sl_tcp_sent_list_coarsen(store, sent);
	if (cut_both(store, sent, start_seq, end_seq, mark))
		return;
	sl_tcp_sent_list_collapse(store, sent);
	BUG_ON(!cut_both(store, sent, start_seq, end_seq, mark));
}

static void mark_range(struct sl_tcp_sent *sent, struct sl_tcp_sent_range *range,
		       const struct mark *mark)
{
	if (mark->to == SL_TCP_SACKED) {
		note_delivered(mark->delivered, range, range->len_bytes);
		mark->delivered->sacked_bytes += range->len_bytes;
	}
	if (mark->to == SL_TCP_SENT) {
		sent->in_order = false;
		range->sent_ns = mark->now_ns;
		range->sent_cnt += range->sent_cnt < UINT8_MAX;
		range->mark = *mark->mark;
	}
	if (mark->to == SL_TCP_LOST && mark->lost)
		note_lost(mark->lost, range);
	set_state(sent, range, mark->to);
}

/* The one primitive under all changes of state: what of [start_seq, end_seq) is in one of the
 * states mark->from changes to mark->to. Ranges that could not be cut are left alone. */
static void mark_stretch(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			 uint64_t start_seq, uint64_t end_seq, const struct mark *mark)
{
	uint32_t idx, first_idx;

	if (mark->must)
		cut_anyhow(store, sent, start_seq, end_seq, mark);
	else
		cut_both(store, sent, start_seq, end_seq, mark);
	first_idx = sl_tcp_sent_list_find(store, sent, start_seq);
	for (idx = first_idx; idx != SL_TCP_NONE; idx = store->ranges[idx].next_idx) {
		struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (sl_tcp_sent_end(range) > end_seq)
			break;
		if (range->start_seq >= start_seq && (mark->from & 1U << range->state))
			mark_range(sent, range, mark);
	}
	if (first_idx == SL_TCP_NONE)
		return;
	if (store->ranges[first_idx].prev_idx != SL_TCP_NONE)
		first_idx = store->ranges[first_idx].prev_idx;
	sl_tcp_sent_list_merge(store, sent, first_idx, end_seq);
}

/* Each call leaves fewer ranges or just one, so that trying again comes to an end. */
static void make_room(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	if (!sl_tcp_sent_list_coarsen(store, sent))
		sl_tcp_sent_list_collapse(store, sent);
}

/* ---- The verbs ----------------------------------------------------------------------- */

void sl_tcp_sent_append(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			uint64_t start_seq, uint32_t len_bytes, uint64_t now_ns,
			const struct sl_tcp_sent_mark *mark)
{
	struct sl_tcp_sent_range new = { .start_seq = start_seq,
					 .sent_ns = now_ns,
					 .len_bytes = len_bytes,
					 .state = SL_TCP_SENT,
					 .sent_cnt = 1,
					 .mark = *mark };
	struct sl_tcp_sent_range *last;
	uint32_t idx = sent->last_idx;

	BUG_ON_HOT(len_bytes == 0);
	sent->in_order |= idx == SL_TCP_NONE;
	if (idx != SL_TCP_NONE) {
		last = &store->ranges[idx];
		BUG_ON_HOT(sl_tcp_sent_end(last) != start_seq);
		if (sl_tcp_sent_list_mergeable(last, &new))
			goto extend;
	}
	if (!sl_tcp_sent_list_take(store, sent, &idx)) {
		last = &store->ranges[sent->last_idx];
		if (last->state == SL_TCP_SENT) {
			sl_tcp_sent_list_blur(last);
			goto extend;
		}
		do
			make_room(store, sent);
		while (!sl_tcp_sent_list_take(store, sent, &idx));
	}
	store->ranges[idx] = new;
	sl_tcp_sent_list_insert(store, sent, idx, sent->last_idx);
	sent->bytes[SL_TCP_SENT] += len_bytes;
	return;

extend:
	last->len_bytes += len_bytes;
	last->sent_ns = now_ns;
	last->mark = *mark;
	sent->bytes[SL_TCP_SENT] += len_bytes;
}

void sl_tcp_sent_ack(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t una_seq,
		     struct sl_tcp_delivered *delivered)
{
	while (sent->first_idx != SL_TCP_NONE) {
		struct sl_tcp_sent_range *range = &store->ranges[sent->first_idx];
		uint32_t acked_bytes = range->len_bytes;

		if (range->start_seq >= una_seq)
			break;
		if (una_seq - range->start_seq < acked_bytes)
			acked_bytes = (uint32_t)(una_seq - range->start_seq);
		delivered->acked_bytes += acked_bytes;
		if (range->state != SL_TCP_SACKED)
			note_delivered(delivered, range, acked_bytes);
		sent->bytes[range->state] -= acked_bytes;
		range->start_seq += acked_bytes;
		range->len_bytes -= acked_bytes;
		if (range->len_bytes == 0)
			sl_tcp_sent_list_remove(store, sent, sent->first_idx);
	}
}

void sl_tcp_sent_sack(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t start_seq,
		      uint64_t end_seq, struct sl_tcp_delivered *delivered)
{
	mark_stretch(store, sent, start_seq, end_seq,
		     &(struct mark){ .from = 1 << SL_TCP_SENT | 1 << SL_TCP_LOST | 1 << SL_TCP_MADE,
				     .to = SL_TCP_SACKED,
				     .delivered = delivered });
}

void sl_tcp_sent_again(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
		       uint64_t start_seq, uint64_t end_seq, uint64_t now_ns,
		       const struct sl_tcp_sent_mark *mark)
{
	mark_stretch(store, sent, start_seq, end_seq,
		     &(struct mark){ .from = 1 << SL_TCP_SENT | 1 << SL_TCP_LOST | 1 << SL_TCP_MADE,
				     .to = SL_TCP_SENT,
				     .must = true,
				     .now_ns = now_ns,
				     .mark = mark });
}

void sl_tcp_sent_lose(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t start_seq,
		      uint64_t end_seq, struct sl_tcp_sent_lost *lost)
{
	mark_stretch(store, sent, start_seq, end_seq,
		     &(struct mark){
			 .from = 1 << SL_TCP_SENT, .to = SL_TCP_LOST, .must = true, .lost = lost });
}

void sl_tcp_sent_untake(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			uint64_t start_seq, uint64_t end_seq)
{
	mark_stretch(store, sent, start_seq, end_seq,
		     &(struct mark){ .from = 1 << SL_TCP_MADE, .to = SL_TCP_LOST, .must = true });
}

void sl_tcp_sent_renege(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	mark_stretch(store, sent, 0, UINT64_MAX,
		     &(struct mark){ .from = 1 << SL_TCP_SACKED, .to = SL_TCP_LOST, .must = true });
}

void sl_tcp_sent_unlose(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	uint32_t idx;

	for (idx = sent->first_idx; idx != SL_TCP_NONE; idx = store->ranges[idx].next_idx)
		if (store->ranges[idx].state == SL_TCP_LOST)
			set_state(sent, &store->ranges[idx], SL_TCP_SENT);
	sl_tcp_sent_list_merge(store, sent, sent->first_idx, UINT64_MAX);
}

void sl_tcp_sent_lose_longer(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			     uint32_t max_bytes)
{
	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE;
	     idx = store->ranges[idx].next_idx) {
		struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (range->state == SL_TCP_SENT && range->len_bytes > max_bytes)
			set_state(sent, range, SL_TCP_LOST);
	}
	sl_tcp_sent_list_merge(store, sent, sent->first_idx, UINT64_MAX);
}

/* Most ACKs find nothing: what was sent before that which has arrived has arrived, too, and in a
 * map that is in order the rest need not be looked at. */
uint64_t sl_tcp_sent_lose_older(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
				uint64_t latest_ns, uint64_t latest_end_seq, uint64_t wait_ns,
				uint64_t now_ns, struct sl_tcp_sent_lost *lost)
{
	uint64_t next_ns = SL_WHEEL_NEVER, before_ns = 0;
	bool changed = false, in_order = true;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE;
	     idx = store->ranges[idx].next_idx) {
		struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (sent->in_order && range->sent_ns > latest_ns)
			break;
		in_order &= range->sent_ns >= before_ns;
		before_ns = range->sent_ns;
		if (range->state != SL_TCP_SENT || range->sent_ns > latest_ns ||
		    (range->sent_ns == latest_ns && sl_tcp_sent_end(range) >= latest_end_seq))
			continue;
		if (range->sent_ns + wait_ns <= now_ns) {
			note_lost(lost, range);
			set_state(sent, range, SL_TCP_LOST);
			changed = true;
		} else if (range->sent_ns + wait_ns < next_ns) {
			next_ns = range->sent_ns + wait_ns;
		}
	}
	sent->in_order |= in_order;
	if (changed)
		sl_tcp_sent_list_merge(store, sent, sent->first_idx, UINT64_MAX);
	return next_ns;
}

uint32_t sl_tcp_sent_first_lost(const struct sl_tcp_sent_store *store,
				const struct sl_tcp_sent *sent)
{
	uint32_t idx = sent->first_idx;

	if (sent->bytes[SL_TCP_LOST] == 0)
		return SL_TCP_NONE;
	while (store->ranges[idx].state != SL_TCP_LOST)
		idx = store->ranges[idx].next_idx;
	return idx;
}

bool sl_tcp_sent_take(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t max_bytes,
		      uint64_t *start_seq, uint64_t *end_seq)
{
	uint32_t idx = sl_tcp_sent_first_lost(store, sent);

	BUG_ON_HOT(max_bytes == 0);
	if (idx == SL_TCP_NONE)
		return false;
	*start_seq = store->ranges[idx].start_seq;
	*end_seq = sl_tcp_sent_end(&store->ranges[idx]);
	if (*end_seq - *start_seq > max_bytes)
		*end_seq = *start_seq + max_bytes;
	mark_stretch(store, sent, *start_seq, *end_seq,
		     &(struct mark){ .from = 1 << SL_TCP_LOST, .to = SL_TCP_MADE, .must = true });
	return true;
}

bool sl_tcp_sent_any_again(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent)
{
	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE; idx = store->ranges[idx].next_idx)
		if (store->ranges[idx].state == SL_TCP_SENT && store->ranges[idx].sent_cnt > 1)
			return true;
	return false;
}

bool sl_tcp_sent_is(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
		    uint64_t start_seq, uint64_t end_seq, enum sl_tcp_sent_state state)
{
	uint32_t idx = sl_tcp_sent_list_find(store, sent, start_seq);

	while (idx != SL_TCP_NONE && store->ranges[idx].state == state) {
		if (sl_tcp_sent_end(&store->ranges[idx]) >= end_seq)
			return true;
		idx = store->ranges[idx].next_idx;
	}
	return false;
}

bool sl_tcp_sent_needed(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
			uint64_t start_seq, uint64_t end_seq)
{
	uint32_t idx = sl_tcp_sent_list_find(store, sent, start_seq);

	for (; idx != SL_TCP_NONE && store->ranges[idx].start_seq < end_seq;
	     idx = store->ranges[idx].next_idx) {
		if (store->ranges[idx].state != SL_TCP_SACKED)
			return true;
	}
	return false;
}

void sl_tcp_sent_check(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
		       uint64_t una_seq, uint64_t nxt_seq)
{
	uint32_t bytes[SL_TCP_SENT_STATES] = { 0 };
	uint32_t prev_idx = SL_TCP_NONE, range_cnt = 0;
	uint64_t seq = una_seq, before_ns = 0;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE;
	     idx = store->ranges[idx].next_idx) {
		const struct sl_tcp_sent_range *range = &store->ranges[idx];

		BUG_ON(range->start_seq != seq);
		BUG_ON(range->len_bytes == 0);
		BUG_ON(range->prev_idx != prev_idx);
		BUG_ON(range->sent_cnt == 0);
		BUG_ON(sent->in_order && range->sent_ns < before_ns);
		before_ns = range->sent_ns;
		bytes[range->state] += range->len_bytes;
		seq = sl_tcp_sent_end(range);
		prev_idx = idx;
		range_cnt++;
	}
	BUG_ON(seq != nxt_seq);
	BUG_ON(prev_idx != sent->last_idx);
	BUG_ON(range_cnt != sent->range_cnt);
	for (int state = 0; state < SL_TCP_SENT_STATES; state++)
		BUG_ON(bytes[state] != sent->bytes[state]);
}
