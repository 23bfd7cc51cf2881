/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list under the sent map: ranges taken from the store, linked in order, split and merged. It
 * knows nothing of what their states mean, only which neighbours are alike. For sent.c alone.
 */
#ifndef SL_TCP_SENT_LIST_H
#define SL_TCP_SENT_LIST_H

#include "tcp/sent.h"

/* A range for one more member. Always true for a list with less than SL_TCP_SENT_OWN: the store
 * keeps enough for every connection's own, and nobody else may take those. */
bool sl_tcp_sent_list_take(struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
			   uint32_t *idx);

/* idx, filled in, comes behind prev_idx; first if that is SL_TCP_NONE. */
void sl_tcp_sent_list_insert(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			     uint32_t idx, uint32_t prev_idx);

/* Out of the list and back to the store. */
void sl_tcp_sent_list_remove(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			     uint32_t idx);

/* The time of a transmission matters only while it is in flight. */
bool sl_tcp_sent_list_mergeable(const struct sl_tcp_sent_range *a,
				const struct sl_tcp_sent_range *b);

/* Merges the ranges from idx on with their successors, up to the one that starts at or after
 * end_seq. */
void sl_tcp_sent_list_merge(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
			    uint64_t end_seq);

/* Cuts range idx at at_seq, strictly inside it. False if there is no range for the second part. */
bool sl_tcp_sent_list_split(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t idx,
			    uint64_t at_seq);

/* It holds what was sent at different times. */
void sl_tcp_sent_list_blur(struct sl_tcp_sent_range *range);
/* Short of ranges: neighbours of one state merge, whenever they were sent. True if any did. */
bool sl_tcp_sent_list_coarsen(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent);

/* The last resort: nothing is known any more, so everything is sent again. Costs bandwidth, never
 * correctness: what was being made becomes lost, and may then be made twice. */
void sl_tcp_sent_list_collapse(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent);

/* The first range that ends after seq; SL_TCP_NONE if the map ends before. From the nearer end:
 * SACK blocks and new retransmissions are met at either. */
uint32_t sl_tcp_sent_list_find(const struct sl_tcp_sent_store *store,
			       const struct sl_tcp_sent *sent, uint64_t seq);

#endif
