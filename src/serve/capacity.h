/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capacity: how many of everything a worker has, and what a connection may cost. Each of conns_max
 * connections owns what it needs while nothing moves; what it needs besides while something does
 * comes from pools, which are sized by how many move at the same time. A pool that is spent makes
 * connections wait (log entries, chunks, nodes) or lets TCP's own repair do its work (inboxes: what
 * finds none is dropped, and comes again).
 *
 *      SL_CONN_OWN_BYTES     session, timer, and what TCP and content keep for it
 *      + one AEAD key table
 *      + its share of pools
 *      ≤ SL_CONN_ALL_BYTES
 */
#ifndef SL_SERVE_CAPACITY_H
#define SL_SERVE_CAPACITY_H

#include <stddef.h>
#include <stdint.h>

enum {
	SL_CONN_OWN_BYTES = 1024,
	SL_CONN_ALL_BYTES = 4096,
};

struct sl_capacity {
	uint32_t inbox_cnt, inbox_large_cnt; /* serve/inbox.h */
	uint32_t chunk_cnt, node_cnt;        /* serve/outbox.h */
	uint32_t record_cnt;                 /* tls/record_log.h */
	uint32_t read_cnt;                   /* serve/read.h */
};

struct sl_capacity sl_capacity_of(uint32_t conns_max);

/* What conns_max connections own, with a key table of table_bytes each (0: without). */
uint64_t sl_capacity_own_bytes(uint32_t conns_max, size_t table_bytes);

#endif
