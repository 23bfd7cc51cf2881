/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table: from a segment's four-tuple to the number of its connection or TIME-WAIT entry. Chained
 * hashing under SipHash with a secret key, so that strangers cannot choose chains. Sized once; the
 * links lie in an array under the same numbers as the things found, so nothing is ever allocated.
 */
#ifndef SL_TCP_TABLE_H
#define SL_TCP_TABLE_H

#include <stdint.h>

#include "base/hash.h"
#include "wire/segment.h"

struct sl_tcp_link {
	uint32_t hash; /* the upper half: the lower one chose the chain */
	uint32_t next_idx;
};

struct sl_tcp_table {
	struct sl_hash_key key;
	uint32_t *heads; /* chain_mask + 1 of them, less than entries_max */
	struct sl_tcp_link *links;
	uint32_t chain_mask;
};

/* Errors: -ENOMEM. Setup only. */
int sl_tcp_table_init(struct sl_tcp_table *table, uint32_t entries_max,
		      const struct sl_hash_key *key);
void sl_tcp_table_fini(struct sl_tcp_table *table);

/* The hash of a four-tuple, from our side's view. */
uint64_t sl_tcp_table_hash(const struct sl_hash_key *key, const struct sl_address *local,
			   uint16_t local_port, const struct sl_address *peer, uint16_t peer_port);
uint64_t sl_tcp_table_hash_route(const struct sl_tcp_table *table, const struct sl_route *route);

/* The first candidate and the one after idx; SL_TCP_NONE at the end. A candidate has the same
 * hash; whether it has the same four-tuple the caller must see. */
uint32_t sl_tcp_table_first(const struct sl_tcp_table *table, uint64_t hash);
uint32_t sl_tcp_table_next(const struct sl_tcp_table *table, uint32_t idx, uint64_t hash);

/* idx is not in the table; idx is in it under this hash. */
void sl_tcp_table_put(struct sl_tcp_table *table, uint32_t idx, uint64_t hash);
void sl_tcp_table_remove(struct sl_tcp_table *table, uint32_t idx, uint64_t hash);

#endif
