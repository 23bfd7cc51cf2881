/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/table.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "tcp/sent.h"

int sl_tcp_table_init(struct sl_tcp_table *table, uint32_t entries_max,
		      const struct sl_hash_key *key)
{
	uint32_t chain_cnt = 64;

	/* Half of the entries are for TIME-WAIT: a chain for each connection or more, so that one
	 * is rarely longer than two. */
	while (chain_cnt < entries_max / 2)
		chain_cnt *= 2;
	table->key = *key;
	table->chain_mask = chain_cnt - 1;
	table->heads = sl_alloc(chain_cnt, sizeof(*table->heads));
	table->links = sl_alloc(entries_max, sizeof(*table->links));
	if (!table->heads || !table->links) {
		sl_tcp_table_fini(table);
		return -ENOMEM;
	}
	memset(table->heads, 0xff, chain_cnt * sizeof(*table->heads)); /* SL_TCP_NONE */
	return 0;
}

void sl_tcp_table_fini(struct sl_tcp_table *table)
{
	if (table->heads)
		sl_free(table->heads);
	if (table->links)
		sl_free(table->links);
	table->heads = NULL;
	table->links = NULL;
}

uint64_t sl_tcp_table_hash(const struct sl_hash_key *key, const struct sl_address *local,
			   uint16_t local_port, const struct sl_address *peer, uint16_t peer_port)
{
	struct {
		struct sl_address local, peer;
		uint16_t local_port, peer_port;
	} tuple = { *local, *peer, local_port, peer_port };

	_Static_assert(sizeof(tuple) == 36, "no padding is hashed");
	return sl_hash(key, &tuple, sizeof(tuple));
}

uint64_t sl_tcp_table_hash_route(const struct sl_tcp_table *table, const struct sl_route *route)
{
	return sl_tcp_table_hash(&table->key, &route->local, route->local_port, &route->peer,
				 route->peer_port);
}

static uint32_t same_hash(const struct sl_tcp_table *table, uint32_t idx, uint64_t hash)
{
	while (idx != SL_TCP_NONE && table->links[idx].hash != (uint32_t)(hash >> 32))
		idx = table->links[idx].next_idx;
	return idx;
}

uint32_t sl_tcp_table_first(const struct sl_tcp_table *table, uint64_t hash)
{
	return same_hash(table, table->heads[hash & table->chain_mask], hash);
}

uint32_t sl_tcp_table_next(const struct sl_tcp_table *table, uint32_t idx, uint64_t hash)
{
	return same_hash(table, table->links[idx].next_idx, hash);
}

void sl_tcp_table_put(struct sl_tcp_table *table, uint32_t idx, uint64_t hash)
{
	uint32_t *head = &table->heads[hash & table->chain_mask];

	table->links[idx] = (struct sl_tcp_link){ (uint32_t)(hash >> 32), *head };
	*head = idx;
}

void sl_tcp_table_remove(struct sl_tcp_table *table, uint32_t idx, uint64_t hash)
{
	uint32_t *at = &table->heads[hash & table->chain_mask];

	while (*at != idx) {
		BUG_ON(*at == SL_TCP_NONE);
		at = &table->links[*at].next_idx;
	}
	*at = table->links[idx].next_idx;
}
