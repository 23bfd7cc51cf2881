/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/sent_list.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/minmax.h"

enum {
	/* Ranges to share: as many again as are everybody's own, or, since most connections of a
	 * large table are idle, what the worker's whole flight needs at most: one a burst, a burst
	 * a millisecond, over a hundred milliseconds, of 655 fast connections. */
	SHARED_EACH = SL_TCP_SENT_ALL - SL_TCP_SENT_OWN,
	SHARED_ENOUGH = 65536,
	/* A small table is one of few, fast connections. */
	SHARED_MIN = 2 * SL_TCP_SENT_MAX,
};

_Static_assert(sizeof(struct sl_tcp_sent_range) == 64, "one range a cache line");

static uint32_t shared_cnt(uint32_t conns_max)
{
	return SHARED_MIN + min_u32(conns_max * SHARED_EACH, SHARED_ENOUGH + conns_max);
}

int sl_tcp_sent_store_init(struct sl_tcp_sent_store *store, uint32_t conns_max)
{
	uint32_t total_cnt = conns_max * SL_TCP_SENT_OWN + shared_cnt(conns_max);
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

bool sl_tcp_sent_list_take(struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
			   uint32_t *idx)
{
	if (sent->range_cnt >= SL_TCP_SENT_OWN) {
		if (sent->range_cnt >= SL_TCP_SENT_MAX || store->pool.free_cnt <= store->kept_cnt)
			return false;
	}
	return sl_pool_take(&store->pool, idx);
}

void sl_tcp_sent_list_insert(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			     uint32_t idx, uint32_t prev_idx)
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

void sl_tcp_sent_list_remove(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			     uint32_t idx)
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
		sl_tcp_sent_list_remove(store, sent, sent->first_idx);
	sl_tcp_sent_init(sent);
}

/* ---- Merging and splitting ----------------------------------------------------------- */

bool sl_tcp_sent_list_mergeable(const struct sl_tcp_sent_range *a,
				const struct sl_tcp_sent_range *b)
{
	if (a->state != b->state)
		return false;
	return a->state == SL_TCP_SACKED || (a->sent_cnt == b->sent_cnt &&
					     (a->state != SL_TCP_SENT || a->sent_ns == b->sent_ns));
}

void sl_tcp_sent_list_blur(struct sl_tcp_sent_range *range)
{
	if (range->sent_cnt == 1)
		range->sent_cnt = 2;
}

/* Range idx takes in its successor. Of different times the later counts: lost later, never early.
 * When it was sent nobody knows then, as if it had been sent twice: no RTT comes of it. */
static void merge_next(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx)
{
	struct sl_tcp_sent_range *range = &store->ranges[idx];
	const struct sl_tcp_sent_range *next = &store->ranges[range->next_idx];

	if (range->state == SL_TCP_SENT && range->sent_ns != next->sent_ns)
		sl_tcp_sent_list_blur(range);
	range->len_bytes += next->len_bytes;
	if (next->sent_ns >= range->sent_ns) {
		range->sent_ns = next->sent_ns;
		range->mark = next->mark;
	}
	if (next->sent_cnt > range->sent_cnt)
		range->sent_cnt = next->sent_cnt;
	sl_tcp_sent_list_remove(store, sent, range->next_idx);
}

void sl_tcp_sent_list_merge(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
			    uint64_t end_seq)
{
	while (idx != SL_TCP_NONE) {
		struct sl_tcp_sent_range *range = &store->ranges[idx];

		if (range->next_idx == SL_TCP_NONE || range->start_seq >= end_seq)
			return;
		if (sl_tcp_sent_list_mergeable(range, &store->ranges[range->next_idx]))
			merge_next(store, sent, idx);
		else
			idx = range->next_idx;
	}
}

bool sl_tcp_sent_list_split(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
			    uint64_t at_seq)
{
	uint32_t new_idx;

	if (!sl_tcp_sent_list_take(store, sent, &new_idx))
		return false;

	struct sl_tcp_sent_range *range = &store->ranges[idx], *rest = &store->ranges[new_idx];
	uint32_t head_bytes = (uint32_t)(at_seq - range->start_seq);

	BUG_ON_HOT(head_bytes == 0);
	BUG_ON_HOT(head_bytes >= range->len_bytes);
	*rest = *range;
	rest->start_seq = at_seq;
	rest->len_bytes -= head_bytes;
	range->len_bytes = head_bytes;
	sl_tcp_sent_list_insert(store, sent, new_idx, idx);
	return true;
}

bool sl_tcp_sent_list_coarsen(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
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

void sl_tcp_sent_list_collapse(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent)
{
	uint32_t total_bytes = 0;

	for (uint32_t idx = sent->first_idx; idx != SL_TCP_NONE; idx = store->ranges[idx].next_idx)
		store->ranges[idx].state = SL_TCP_LOST;
	sl_tcp_sent_list_coarsen(store, sent);
	for (int state = 0; state < SL_TCP_SENT_STATES; state++) {
		total_bytes += sent->bytes[state];
		sent->bytes[state] = 0;
	}
	sent->bytes[SL_TCP_LOST] = total_bytes;
}

uint32_t sl_tcp_sent_list_find(const struct sl_tcp_sent_store *store,
			       const struct sl_tcp_sent *sent, uint64_t seq)
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
