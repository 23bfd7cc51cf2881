/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handshakes: those under way on this worker, and those that wait for their turn. A step of one
 * costs OpenSSL 20 to 150 us (with RSA keys a millisecond): as long as a hundred packets. So a turn
 * of the loop takes few of them, in order of arrival, and streams go on in between.
 *
 *      first bytes ──► NEW ──────┐ if fewer than SL_HANDSHAKES_BEGUN_MAX are under way
 *                                ├──► step ──► done: keys, and the place here is given up
 *      more bytes ──► BEGUN ─────┘ │    ▲
 *                      ▲  these    ▼    │
 *                      └─ first ─ IDLE: the client's turn
 *
 * Those that have begun go first: they hold memory, and the end is near. While there is no room
 * new ones wait, and who has kept us waiting the longest is dropped, but not before
 * SL_HANDSHAKES_PATIENCE_NS.
 */
#ifndef SL_SERVE_HANDSHAKES_H
#define SL_SERVE_HANDSHAKES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/pool.h"
#include "tcp/tcp.h"
#include "tls/handshake.h"

struct sl_worker;
struct sl_session;

enum {
	/* Under way at the same time; the heap is sized by it. Enough for all that a core can do if
	 * clients answer within 60 ms; those that are further away wait for each other. */
	SL_HANDSHAKES_BEGUN_MAX = 384,
	/* New ones that wait, and keep their ClientHello in an inbox, leave this share of the
	 * inboxes to requests: one in so many. */
	SL_HANDSHAKES_INBOX_SHARE = 2,
};

/* What handshakes may take of a turn; the step under way is finished. A turn of streams that have
 * all they want takes about as long, so each gets its half; with a tenth of it, a turn's fixed cost
 * (a system call or two) would begin to count for a server that only shakes hands. */
#define SL_HANDSHAKES_TURN_NS (100 * SL_NS_PER_US)

/* How long a client may keep a place that others wait for: a bad mobile link's round trip. */
#define SL_HANDSHAKES_PATIENCE_NS (500 * SL_NS_PER_MS)

enum sl_handshakes_list {
	SL_HANDSHAKES_NEW,
	SL_HANDSHAKES_BEGUN,
	SL_HANDSHAKES_IDLE,
	SL_HANDSHAKES_LISTS,
};

struct sl_handshakes_place {
	struct sl_handshake *handshake; /* owned; NULL: not begun */
	uint64_t stepped_ns;            /* IDLE: since when */
	uint32_t conn_idx;
	uint32_t next_idx, prev_idx;
	enum sl_handshakes_list list;
};

struct sl_handshakes {
	struct sl_handshakes_place *places;
	struct sl_pool pool;
	uint32_t first_idx[SL_HANDSHAKES_LISTS], last_idx[SL_HANDSHAKES_LISTS];
	uint32_t cnt[SL_HANDSHAKES_LISTS];
	uint32_t new_max;
};

/* For a worker with so many inboxes. Errors: -ENOMEM. Setup only. */
int sl_handshakes_init(struct sl_handshakes *handshakes, uint32_t inbox_cnt);
void sl_handshakes_fini(struct sl_handshakes *handshakes);

/* May the session take bytes in? Not if it is new and too many others wait: its client sends them
 * again. */
bool sl_handshakes_open(const struct sl_worker *worker, const struct sl_session *session);

/* The session, in its handshake, has taken bytes in: it stands in line. */
void sl_handshakes_wait(struct sl_worker *worker, struct sl_tcp_conn conn);

/* Runs the sessions whose turn it is (sl_session_run). True if there was one. */
bool sl_handshakes_run(struct sl_worker *worker);

/* The session's own, begun if it was not; called by its run. NULL: the heap is spent all the same.
 */
struct sl_handshake *sl_handshakes_begin(struct sl_worker *worker, struct sl_session *session);

/* The session's handshake is over: done, failed or given up. Frees it. Idempotent. */
void sl_handshakes_leave(struct sl_worker *worker, struct sl_session *session);

/* When somebody may be dropped for those that wait, or UINT64_MAX. */
uint64_t sl_handshakes_next_ns(const struct sl_worker *worker);

#endif
