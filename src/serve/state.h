/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State: everything one worker owns, for the files of this room only. Sized at open, never after.
 */
#ifndef SL_SERVE_STATE_H
#define SL_SERVE_STATE_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/wheel.h"
#include "content/content.h"
#include "disk/disk.h"
#include "nic/nic.h"
#include "serve/fifo.h"
#include "serve/handshakes.h"
#include "serve/interest.h"
#include "serve/mailbox.h"
#include "serve/outbox.h"
#include "serve/poll.h"
#include "serve/pump.h"
#include "serve/session.h"
#include "serve/snapshot.h"
#include "serve/watchdog.h"
#include "serve/worker.h"
#include "tcp/tcp.h"
#include "tls/record_log.h"
#include "tls/seat.h"

enum {
	/* Frames and TX slots the pump leaves alone, so that ACKs, FINs and RSTs always find one.
	 */
	SL_CONTROL_FRAMES = 64,
	/* Most frames of one burst, and most packets of one frame: a whole disk buffer with its
	 * records' overhead at usual segment sizes; peers with smaller ones get smaller bursts. The
	 * first packet of a burst may be a probe of the path's MTU, and have as many frames as a
	 * packet may have. */
	SL_BURST_PACKETS = 112,
	SL_BURST_FRAMES = SL_BURST_PACKETS - 1 + SL_PACKET_FRAMES_MAX,
	SL_RX_BATCH = 64,
	SL_DISK_BATCH = 64,
};
_Static_assert(SL_BURST_PACKETS * 1208 > SL_BUFFER_BYTES + 8 * SL_RECORD_OVERHEAD_MAX_BYTES,
	       "one read fits one burst at IPv6's minimum MTU");
_Static_assert(SL_BURST_PACKETS *(SL_PMTU_MIN - 20 - 32) >
		   SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES,
	       "and one record whatever a router says the path's MTU is");
_Static_assert(SL_BURST_FRAMES *SL_FRAME_PAYLOAD_BYTES <= SL_STAGING_BYTES,
	       "a burst in one piece fits the staging area");

enum { SL_WAKE_NIC, SL_WAKE_PEOPLE }; /* cookies of the watches */

/* The main thread asks a worker to stand still between two turns (serve/replug.c). */
enum sl_park {
	SL_PARK_RUNS,   /* set by the main thread */
	SL_PARK_ASKED,  /* set by the main thread */
	SL_PARK_STANDS, /* set by the worker: it touches nothing until it runs again */
	SL_PARK_ENDED,  /* set by the worker: its loop is over */
};

struct sl_worker {
	const struct sl_worker_config *config;
	struct sluice_worker_stats *stats;
	uint64_t now_ns; /* of this turn */
	int64_t wall_s;

	struct sl_arena arena;
	struct sl_nic *nic;
	uint32_t chunk_bytes; /* of a frame */
	struct sl_disk *disk;
	struct sl_content *content;
	struct sl_tcp *tcp;
	struct sl_aead *aead;
	struct sl_tls_heap *tls_heap;
	struct sl_handshakes handshakes;
	struct sl_tls_seat tls;

	struct sl_session *sessions; /* conns_max, by connection index */
	struct sl_wheel timers;      /* one a session */

	struct sl_pool inbox_pool;
	uint8_t *inboxes; /* SL_INBOX_SMALL_BYTES each */
	struct sl_pool inbox_large_pool;
	uint8_t *inboxes_large; /* SL_INBOX_BYTES each */
	struct sl_pool chunk_pool;
	uint8_t *chunks; /* SL_CHUNK_BYTES each */
	struct sl_pool node_pool;
	struct sl_outbox_node *nodes;
	struct sl_record_pool records;
	struct sl_pool table_pool;
	uint8_t *tables;     /* expanded AEAD keys for sealing, table_bytes each */
	uint8_t *open_table; /* one for opening, of whoever has sent something; else wiped */
	size_t table_bytes;

	struct sl_blocks blocks; /* what the disk buffers hold */
	struct sl_pool read_pool;
	struct sl_read *reads;
	struct sl_interest *interests;                /* one an object */
	struct sl_fifo work;                          /* sessions with fresh input */
	struct sl_fifo wait_buffer;                   /* sessions that want a buffer or frames */
	struct sl_fifo wait_lanes[SL_DISK_LANES_MAX]; /* sessions whose device has its share */
	uint32_t wait_lanes_cnt;                      /* in all of these */
	uint32_t full_lane_idx;                       /* the last that was asked for in vain */
	struct sl_fifo wait_frames; /* reads whose bytes are there and want frames */
	uint8_t *scratch;           /* one record, between cipher and frames */

	struct sl_worker *peers[SL_WORKERS_MAX]; /* all workers, itself included */
	uint32_t peer_cnt, own_idx;

	struct sl_poll poll;
	struct sl_watchdog watchdog;
	bool draining;
	uint64_t drain_until_ns;
	uint32_t mtu_taken_bytes; /* what TCP was told last */
	bool counted_all;         /* nothing has happened since then */
	uint64_t counted_ns;      /* when the page of counters was last brought up to date */

	/* What other threads look at, or write when they have something to say. The loop writes
	 * nothing here but its answers, so it costs a load or two a turn of a line it has. */
	_Alignas(SL_CACHE_LINE_BYTES) atomic_bool drain;
	bool drained;
	atomic_uint park;      /* enum sl_park */
	atomic_uint mtu_bytes; /* of the interface, and of segments to come */
	int wake_fd;           /* eventfd: the main thread or another worker wants to be heard */
	struct sl_mailbox *mailbox; /* NULL: this worker is the only one */
	_Alignas(SL_CACHE_LINE_BYTES) struct sl_snapshot snapshot;
};
_Static_assert(offsetof(struct sl_worker, snapshot) - offsetof(struct sl_worker, drain) ==
		   SL_CACHE_LINE_BYTES,
	       "what others look at is a line of its own");
_Static_assert(sizeof(struct sluice_worker_stats) % SL_CACHE_LINE_BYTES == 0 &&
		   _Alignof(struct sluice_worker_stats) >= SL_CACHE_LINE_BYTES,
	       "and each worker's counters are pages of their own");

static inline struct sl_session *sl_session_of(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	return &worker->sessions[conn.idx];
}

/* What the session's server keys are expanded into. */
static inline void *sl_table_of(struct sl_worker *worker, const struct sl_session *session)
{
	return worker->tables + (size_t)session->table_idx * worker->table_bytes;
}

static inline uint8_t *sl_chunk_of(struct sl_worker *worker, uint32_t chunk_idx)
{
	return worker->chunks + (size_t)chunk_idx * SL_CHUNK_BYTES;
}

#define SL_COUNT_EVERY_NS (10 * SL_NS_PER_MS)

/* Ends its sleep, or keeps it from the next one. Any thread. */
void sl_worker_wake(struct sl_worker *worker);

/* Takes the sums of all rooms over into the page of counters: at once (before sleeping, so that an
 * idle server's levels are true), or if it is a while ago. */
void sl_worker_count(struct sl_worker *worker);
void sl_worker_count_sometimes(struct sl_worker *worker);

#endif
