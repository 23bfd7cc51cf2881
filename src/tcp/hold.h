/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hold: payload that came before its turn, kept until the gap before it is filled. One of a pool,
 * taken by a connection while it has such payload, so that others cost nothing.
 *
 *        rcv_nxt                                       rcv_nxt + SL_TCP_HOLD_BYTES
 *     ──────┼─ gap ─┤▒ run ▒├── gap ──┤▒▒ run ▒▒├─────────┼──── as if lost
 *
 * A byte lies at its sequence number modulo the size, so nothing is moved when rcv_nxt does.
 */
#ifndef SL_TCP_HOLD_H
#define SL_TCP_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "tcp/limits.h"
#include "wire/segment.h"

struct sl_tcp;
struct sl_tcb;
struct sl_tcp_verdict;

struct sl_tcp_run {
	uint64_t start_seq, end_seq;
};

struct sl_tcp_hold {
	struct sl_tcp_run runs[SL_TCP_HOLD_RUNS]; /* neither overlap nor touch; the latest first */
	uint32_t run_cnt;
	bool fin; /* theirs has come */
	uint64_t fin_seq;
	uint8_t bytes[SL_TCP_HOLD_BYTES];
};

struct sl_tcp_holds {
	struct sl_tcp_hold *entries;
	struct sl_pool pool;
};

/* Errors: -ENOMEM. Setup only. */
int sl_tcp_holds_init(struct sl_tcp_holds *holds, uint32_t entries_max);
void sl_tcp_holds_fini(struct sl_tcp_holds *holds);

/* Keeps what it can of [start_seq, end_seq), rcv_nxt < start_seq ≤ end_seq, and of a FIN behind it.
 * What is kept stays until it is passed or the connection ends. */
void sl_tcp_hold_put(struct sl_tcp *tcp, struct sl_tcb *tcb, const uint8_t *payload,
		     uint64_t start_seq, uint64_t end_seq, bool fin);

/* rcv_nxt has moved: what lies before it is forgotten. */
void sl_tcp_hold_pass(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* Shows what is next in order now, if it is here: true, and the verdict is filled anew. Its payload
 * is good until it is passed. A FIN alone that is next is taken. */
bool sl_tcp_hold_next(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_tcp_verdict *verdict);

/* All of it is forgotten; harmless without a hold. */
void sl_tcp_hold_drop(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* The part of [start_seq, end_seq) that is here already, the first if there are several. False, and
 * empty, if there is none. */
bool sl_tcp_hold_has(const struct sl_tcp *tcp, const struct sl_tcb *tcb, uint64_t start_seq,
		     uint64_t end_seq, struct sl_tcp_run *there);

/* The SACK blocks of an ACK that leaves now (RFC 2018, RFC 2883). */
void sl_tcp_hold_report(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header);
/* The next ACK says that [start_seq, end_seq) came once more. */
void sl_tcp_hold_duplicate(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t start_seq,
			   uint64_t end_seq);

/* A BUG if anything is amiss. */
void sl_tcp_hold_check(const struct sl_tcp *tcp, const struct sl_tcb *tcb);

#endif
