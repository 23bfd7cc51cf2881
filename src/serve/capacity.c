/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/capacity.h"

#include "base/wheel.h"
#include "content/content.h"
#include "serve/outbox.h"
#include "serve/read.h"
#include "serve/session.h"
#include "tls/aead.h"

enum {
	/* Held from the first byte of a request to its last, and by requests behind one that is
	 * being answered. Most come whole, in one segment, and hold theirs for less than a turn. */
	INBOX_SHARE = 32,
	INBOXES_MORE = 768,
	INBOX_LARGE_SHARE = 512,
	INBOXES_LARGE_MORE = 64,
	/* Held for a round trip: response heads, handshake flights (three or so each). At 10,000
	 * requests and 2,000 handshakes a second of 100 ms each, 1600. */
	CHUNK_SHARE = 16,
	CHUNKS_MORE = 2048,
	/* A record in flight holds one. A busy connection has up to 64 MiB / 16 KiB; of slow ones,
	 * whose records are a packet each, everyone has a few. */
	RECORDS_EACH = 2,
	RECORDS_MORE = 16384,
	/* Held while the disk reads and until there are frames; by more than there are disk
	 * buffers, because many may wait for the same one. */
	READ_SHARE = 16,
	READS_MORE = 2048,
};

/* Session, its timer, its waiting for content, the index of its key table in the pool. */
#define SERVE_BYTES                                                                            \
	(sizeof(struct sl_session) + sizeof(struct sl_wheel_timer) + SL_CONTENT_WAITER_BYTES + \
	 sizeof(uint32_t))
#define OWN_BYTES (SERVE_BYTES + SL_TCP_CONN_BYTES)

_Static_assert(OWN_BYTES <= SL_CONN_OWN_BYTES,
	       "an idle connection takes a KiB at most besides its key table");

/* With each object the pool keeps an index. */
#define POOLED(share, bytes) (((bytes) + sizeof(uint32_t)) / (share))
#define POOLED_BYTES                                                                             \
	(POOLED(INBOX_SHARE, SL_INBOX_SMALL_BYTES) + POOLED(INBOX_LARGE_SHARE, SL_INBOX_BYTES) + \
	 POOLED(CHUNK_SHARE, SL_CHUNK_BYTES) +                                                   \
	 (POOLED(CHUNK_SHARE, sizeof(struct sl_outbox_node)) +                                   \
	  POOLED(1, sizeof(struct sl_outbox_node))) +                                            \
	 RECORDS_EACH * POOLED(1, sizeof(struct sl_record)) +                                    \
	 POOLED(READ_SHARE, sizeof(struct sl_read)))

_Static_assert(SL_CONN_OWN_BYTES + SL_AEAD_TABLE_MAX_BYTES + POOLED_BYTES + SL_TCP_POOLED_BYTES <=
		   SL_CONN_ALL_BYTES,
	       "and four in all, its share of every pool included");

struct sl_capacity sl_capacity_of(uint32_t conns_max)
{
	struct sl_capacity capacity = {
		.inbox_cnt = conns_max / INBOX_SHARE + INBOXES_MORE,
		.inbox_large_cnt = conns_max / INBOX_LARGE_SHARE + INBOXES_LARGE_MORE,
		.chunk_cnt = conns_max / CHUNK_SHARE + CHUNKS_MORE,
		.record_cnt = conns_max * RECORDS_EACH + RECORDS_MORE,
		.read_cnt = conns_max / READ_SHARE + READS_MORE,
	};

	capacity.node_cnt = capacity.chunk_cnt + conns_max; /* every chunk, and one file each */
	return capacity;
}

uint64_t sl_capacity_own_bytes(uint32_t conns_max, size_t table_bytes)
{
	return (uint64_t)conns_max * (OWN_BYTES + table_bytes);
}
