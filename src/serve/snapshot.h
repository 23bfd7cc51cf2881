/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshot: what a worker's connections are doing, a few rows at a time, for the main thread to
 * show. The rows lie in the worker and have one owner at any time; state says who, and changing it
 * hands them over:
 *
 *      main                                   worker
 *      sl_snapshot_ask ──── ASKED ─── wake ──► sl_snapshot_fill, at the end of its turn
 *      sl_snapshot_rows ◄── READY ─── answer ──┘
 *
 * So the worker waits for nobody: unless asked, it looks at one word a turn. Each row is of one
 * moment; rows that took several questions are of several.
 */
#ifndef SL_SERVE_SNAPSHOT_H
#define SL_SERVE_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp.h"

struct sl_worker;

enum {
	/* A turn that answers takes some ten microseconds longer: a row costs a few hundred
	 * nanoseconds, mostly for cache lines that nobody had touched for a while, and one more for
	 * each place that turns out to be empty. */
	SL_SNAPSHOT_ROWS = 64,
	SL_SNAPSHOT_LOOKS = 512,
};

#define SL_SNAPSHOT_END UINT32_MAX

enum sl_snapshot_state {
	SL_SNAPSHOT_READY, /* the main thread's */
	SL_SNAPSHOT_ASKED, /* the worker's */
	SL_SNAPSHOT_ENDED, /* the worker has returned: nobody answers any more */
};

enum sl_snapshot_doing {
	SL_DOING_OPENING, /* TCP's handshake */
	SL_DOING_HANDSHAKE,
	SL_DOING_IDLE,
	SL_DOING_REQUEST, /* part of one has come */
	SL_DOING_LOOKUP,
	SL_DOING_RESPONSE,
	SL_DOING_CLOSING,
};

struct sl_snapshot_row {
	uint32_t conn_idx;
	struct sl_tcp_info tcp;
	enum sl_snapshot_doing doing;
	bool tls;
	uint64_t left_bytes; /* of responses, not yet given to TCP */
};

struct sl_snapshot {
	_Atomic(enum sl_snapshot_state) state;
	int answer_fd;
	uint32_t next_idx; /* ASKED: where to begin; READY: where to go on, or SL_SNAPSHOT_END */
	uint32_t row_cnt;
	struct sl_snapshot_row rows[SL_SNAPSHOT_ROWS];
};

/* ---- Main thread --------------------------------------------------------------------- */

enum sl_snapshot_state sl_snapshot_state(const struct sl_worker *worker);

/* Asks for connections from index from_idx on; overwrites the rows. When they are there, one is
 * added to answer_fd, an eventfd (-1: nobody waits). False: the worker has ended. Not while ASKED.
 */
bool sl_snapshot_ask(struct sl_worker *worker, uint32_t from_idx, int answer_fd);

/* The answer, maybe of no rows though more follow; the caller's until it asks again. READY only. */
const struct sl_snapshot *sl_snapshot_rows(const struct sl_worker *worker);

/* ---- Worker -------------------------------------------------------------------------- */

void sl_snapshot_fill(struct sl_worker *worker);
void sl_snapshot_end(struct sl_worker *worker);

#endif
