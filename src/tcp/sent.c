/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/sent.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/wheel.h"

enum {
	/* Ranges per connection in the store. Most connections of a large table are idle and own
	 * none, so the busy ones find dozens. */
	RANGES_PER_CONN = 8,
	/* A small table is one of few, fast connections. */
	RANGES_MIN = 2 * SL_TCP_SENT_MAX,
};

_Static_assert((int)RANGES_PER_CONN > (int)SL_TCP_SENT_OWN, "the store has ranges to share");
_Static_assert(sizeof(struct sl_tcp_sent_range) == 32, "two ranges a cache line");

int sl_tcp_sent_store_init(struct sl_tcp_sent_store *store, uint32_t conns_max)
{
	uint32_t total_cnt = conns_max * RANGES_PER_CONN + RANGES_MIN;
	int error;

	error = sl_pool_init(&store->pool, total_cnt);
	if (error)
		return error;
	store->ranges = sl_alloc(total_cnt, sizeof(*store->ranges));
	if (!store->ranges) {
		sl_pool_fini(&store->pool);
		return -ENOMEM;
	}
	store->kept_cnt = conns_max * SL_TCP_SENT_OWN;
	return 0;
}

void sl_tcp_sent_store_fini(struct sl_tcp_sent_store *store)
{
	if (!store->ranges)
		return;
	sl_free(store->ranges);
	store->ranges = NULL;
	sl_pool_fini(&store->pool);
}

void sl_tcp_sent_init(struct sl_tcp_sent *sent)
{
	*sent = (struct sl_tcp_sent){ .first_idx = SL_TCP_NONE, .last_idx = SL_TCP_NONE };
}

/* ---- Ranges in and out of the list --------------------------------------------------- */

/* The kept ranges suffice for every connection's own: those that have less take the last ones, and
 * nobody else may. */
static bool take_range(struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
		       uint32_t *idx)
{
	if (sent->range_cnt >= SL_TCP_SENT_OWN) {
		if (sent->range_cnt >= SL_TCP_SENT_MAX || store->pool.free_cnt <= store->kept_cnt)
			return false;
	}
	return sl_pool_take(&store->pool, idx);
}

static void link_after(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
		       uint32_t prev_idx)
{
	struct sl_tcp_sent_range *range = &store->ranges[idx];

	range->prev_idx = prev_idx;
	if (prev_idx == SL_TCP_NONE) {
		range->next_idx = sent->first_idx;
		sent->first_idx = idx;
	} else {
		range->next_idx = store->ranges[prev_idx].next_idx;
		store->ranges[prev_idx].next_idx = idx;
	}
	if (range->next_idx == SL_TCP_NONE)
		sent->last_idx = idx;
	else
		store->ranges[range->next_idx].prev_idx = idx;
	sent->range_cnt++;
}

static void unlink_range(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx)
{
	struct sl_tcp_sent_range *range = &store->ranges[idx];

	if (range->prev_idx == SL_TCP_NONE)
		sent->first_idx = range->next_idx;
	else
		store->ranges[range->prev_idx].next_idx = range->next_idx;
	if (range->next_idx == SL_TCP_NONE)
		sent->last_idx = range->prev_idx;
	else
		store->ranges[range->next_idx].prev_idx = range->prev_idx;
	sent->range_cnt--;
	sl_pool_give(&store->pool, idx);
}

void sl_tcp_sent_clear(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	while (sent->first_idx != SL_TCP_NONE)
		unlink_range(store, sent, sent->first_idx);
	sl_tcp_sent_init(sent);
}

/* ---- Merging and splitting ----------------------------------------------------------- */

/* The time of a transmission matters only while it is in flight. */
static bool mergeable(const struct sl_tcp_sent_range *a, const struct sl_tcp_sent_range *b)
{
	if (a->state != b->state)
		return false;
	return a->state == SL_TCP_SACKED || (a->sent_cnt == b->sent_cnt &&
					     (a->state != SL_TCP_SENT || a->sent_ns == b->sent_ns));
}

/* Range idx takes in its successor. Of different times the later counts: lost later, never early.
 */
static void merge_next(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx)
{
	struct sl_tcp_sent_range *range = &store->ranges[idx];
	const struct sl_tcp_sent_range *next = &store->ranges[range->next_idx];

	range->len_bytes += next->len_bytes;
	if (next->sent_ns > range->sent_ns)
		range->sent_ns = next->sent_ns;
	if (next->sent_cnt > range->sent_cnt)
		range->sent_cnt = next->sent_cnt;
	unlink_range(store, sent, range->next_idx);
}

/* Merges the ranges from idx on with their successors, up to the one that starts at or after
 * end_seq. */
static void merge_from(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
		       uint64_t end_seq)
{
	while (idx != SL_TCP_NONE) {
		struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (range->next_idx == SL_TCP_NONE || range->start_seq >= end_seq)
			return;
		if (mergeable(range, &store->ranges[range->next_idx]))
			merge_next(store, sent, idx);
		else
			idx = range->next_idx;
	}
}

/* Cuts range idx at at_seq, strictly inside it. False if there is no range for the second part. */
static bool split(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
		  uint64_t at_seq)
{
	uint32_t new_idx;

	if (!take_range(store, sent, &new_idx))
		return false;

	struct sl_tcp_sent_range *range = &store->ranges[idx], *rest = &store->ranges[new_idx];
	uint32_t head_bytes = (uint32_t)(at_seq - range->start_seq);

	BUG_ON_HOT(head_bytes == 0);
	BUG_ON_HOT(head_bytes >= range->len_bytes);
	*rest = *range;
	rest->start_seq = at_seq;
	rest->len_bytes -= head_bytes;
	range->len_bytes = head_bytes;
	link_after(store, sent, new_idx, idx);
	return true;
}

/* Short of ranges: neighbours of one state merge, whenever they were sent. */
static bool coarsen(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	uint32_t before_cnt = sent->range_cnt;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE;) {
		const struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (range->next_idx != SL_TCP_NONE &&
		    store->ranges[range->next_idx].state == range->state)
			merge_next(store, sent, idx);
		else
			idx = range->next_idx;
	}
	return sent->range_cnt < before_cnt;
}

/* The last resort: nothing is known any more, so everything is sent again. Costs bandwidth, never
 * correctness: what was being made becomes lost, and may then be made twice. */
static void collapse(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	uint32_t total_bytes = 0;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE; idx = store->ranges[idx].next_idx)
		store->ranges[idx].state = SL_TCP_LOST;
	coarsen(store, sent);
	for (int state = 0; state < SL_TCP_SENT_STATES; state++) {
		total_bytes += sent->bytes[state];
		sent->bytes[state] = 0;
	}
	sent->bytes[SL_TCP_LOST] = total_bytes;
}

/* Each call leaves fewer ranges or just one, so that trying again comes to an end. */
static void make_room(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	if (!coarsen(store, sent))
		collapse(store, sent);
}

/* The first range that ends after seq; SL_TCP_NONE if the map ends before. From the nearer end:
 * SACK blocks and new retransmissions are met at either. */
static uint32_t find(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
		     uint64_t seq)
{
	uint32_t idx = sent->last_idx;

	if (idx == SL_TCP_NONE || sl_tcp_sent_end(&store->ranges[idx]) <= seq)
		return SL_TCP_NONE;
	if (seq - store->ranges[sent->first_idx].start_seq <
	    sl_tcp_sent_end(&store->ranges[idx]) - seq) {
		for (idx = sent->first_idx; sl_tcp_sent_end(&store->ranges[idx]) <= seq;)
			idx = store->ranges[idx].next_idx;
		return idx;
	}
	while (store->ranges[idx].start_seq > seq && store->ranges[idx].prev_idx != SL_TCP_NONE) {
		uint32_t prev_idx = store->ranges[idx].prev_idx;

		if (sl_tcp_sent_end(&store->ranges[prev_idx]) <= seq)
			break;
		idx = prev_idx;
	}
	return idx;
}

/* ---- Changing state ------------------------------------------------------------------ */

static void note_delivered(struct sl_tcp_delivered *delivered,
			   const struct sl_tcp_sent_range *range, uint32_t len_bytes)
{
	uint64_t end_seq = range->start_seq + len_bytes;

	delivered->total_bytes += len_bytes;
	if (end_seq > delivered->high_seq)
		delivered->high_seq = end_seq;
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
	bool must;                          /* cut ranges whatever it costs, or rather leave them */
	uint64_t now_ns;                    /* of SENT */
	struct sl_tcp_delivered *delivered; /* of SACKED */
};

/* A range that would change must not reach over at_seq. False if there is no range for the other
 * part. */
static bool cut(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t at_seq,
		const struct mark *mark)
{
	uint32_t idx = find(store, sent, at_seq);

	if (idx == SL_TCP_NONE || store->ranges[idx].start_seq >= at_seq ||
	    !(mark->from & 1U << store->ranges[idx].state))
		return true;
	return split(store, sent, idx, at_seq);
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
	coarsen(store, sent);
	if (cut_both(store, sent, start_seq, end_seq, mark))
		return;
	collapse(store, sent);
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
		range->sent_ns = mark->now_ns;
		range->sent_cnt += range->sent_cnt < UINT8_MAX;
	}
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
	first_idx = find(store, sent, start_seq);
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
	merge_from(store, sent, first_idx, end_seq);
}

/* ---- The verbs ----------------------------------------------------------------------- */

void sl_tcp_sent_append(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			uint64_t start_seq, uint32_t len_bytes, uint64_t now_ns)
{
	struct sl_tcp_sent_range new = { .start_seq = start_seq,
					 .sent_ns = now_ns,
					 .len_bytes = len_bytes,
					 .state = SL_TCP_SENT,
					 .sent_cnt = 1 };
	struct sl_tcp_sent_range *last;
	uint32_t idx = sent->last_idx;

	BUG_ON_HOT(len_bytes == 0);
	if (idx != SL_TCP_NONE) {
		last = &store->ranges[idx];
		BUG_ON_HOT(sl_tcp_sent_end(last) != start_seq);
		if (mergeable(last, &new))
			goto extend;
	}
	if (!take_range(store, sent, &idx)) {
		last = &store->ranges[sent->last_idx];
		if (last->state == SL_TCP_SENT)
			goto extend;
		do
			make_room(store, sent);
		while (!take_range(store, sent, &idx));
	}
	store->ranges[idx] = new;
	link_after(store, sent, idx, sent->last_idx);
	sent->bytes[SL_TCP_SENT] += len_bytes;
	return;

extend:
	last->len_bytes += len_bytes;
	last->sent_ns = now_ns;
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
			unlink_range(store, sent, sent->first_idx);
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
		       uint64_t start_seq, uint64_t end_seq, uint64_t now_ns)
{
	mark_stretch(store, sent, start_seq, end_seq,
		     &(struct mark){ .from = 1 << SL_TCP_SENT | 1 << SL_TCP_LOST | 1 << SL_TCP_MADE,
				     .to = SL_TCP_SENT,
				     .must = true,
				     .now_ns = now_ns });
}

void sl_tcp_sent_lose(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t start_seq,
		      uint64_t end_seq)
{
	mark_stretch(store, sent, start_seq, end_seq,
		     &(struct mark){ .from = 1 << SL_TCP_SENT, .to = SL_TCP_LOST, .must = true });
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

uint64_t sl_tcp_sent_lose_older(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
				uint64_t latest_ns, uint64_t latest_end_seq, uint64_t wait_ns,
				uint64_t now_ns)
{
	uint64_t next_ns = SL_WHEEL_NEVER;
	bool changed = false;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE;
	     idx = store->ranges[idx].next_idx) {
		struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (range->state != SL_TCP_SENT || range->sent_ns > latest_ns ||
		    (range->sent_ns == latest_ns && sl_tcp_sent_end(range) >= latest_end_seq))
			continue;
		if (range->sent_ns + wait_ns <= now_ns) {
			set_state(sent, range, SL_TCP_LOST);
			changed = true;
		} else if (range->sent_ns + wait_ns < next_ns) {
			next_ns = range->sent_ns + wait_ns;
		}
	}
	if (changed)
		merge_from(store, sent, sent->first_idx, UINT64_MAX);
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

bool sl_tcp_sent_needed(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
			uint64_t start_seq, uint64_t end_seq)
{
	uint32_t idx = find(store, sent, start_seq);

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
	uint64_t seq = una_seq;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE;
	     idx = store->ranges[idx].next_idx) {
		const struct sl_tcp_sent_range *range = &store->ranges[idx];

		BUG_ON(range->start_seq != seq);
		BUG_ON(range->len_bytes == 0);
		BUG_ON(range->prev_idx != prev_idx);
		BUG_ON(range->sent_cnt == 0);
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
