/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interest: whether an object is wanted by several at about the same time, and whether reading more
 * of it than was asked for has paid so far. One for each object that content may have open.
 *
 * Shared is what two responses are being made of, or what two connections asked for within a second
 * (one that comes back for more is alone all the same): what was read of it is kept if it can be
 * (serve/block.h).
 *
 * Reading wide, whole blocks where a few packets were asked for, makes what several want coincide;
 * but if they are far apart it only reads more. So each byte that nobody asked for is paid for with
 * one that somebody had without a read. An object has credit for two blocks to begin with, so
 *
 *     bytes read of an object ≤ bytes that would have been read without sharing + 256 KiB
 */
#ifndef SL_SERVE_INTEREST_H
#define SL_SERVE_INTEREST_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp.h"

struct sl_worker;

struct sl_interest {
	uint64_t version; /* whose this is */
	uint64_t asked_ns,
	    shared_ns; /* when it was last asked for, by asked; until when it is shared */
	uint64_t credit_bytes;
	struct sl_tcp_conn asked;
	uint32_t user_cnt; /* responses that have yet to read some of it */
};

/* A response of conn's begins to be made of the object (it holds a reference), or has read all it
 * needs. */
void sl_interest_begin(struct sl_worker *worker, struct sl_tcp_conn conn, uint32_t object_idx);
void sl_interest_end(struct sl_worker *worker, uint32_t object_idx);

/* object_idx may be another's by now; then it is not shared. */
bool sl_interest_shared(const struct sl_worker *worker, uint32_t object_idx, uint64_t version);

/* Whether to read wide: it is shared, and there is credit for a whole block. */
bool sl_interest_wide(const struct sl_worker *worker, uint32_t object_idx);

/* So many bytes are read that nobody has asked for; so many were had without a read. */
void sl_interest_spend(struct sl_worker *worker, uint32_t object_idx, uint64_t bytes);
void sl_interest_earn(struct sl_worker *worker, uint32_t object_idx, uint64_t bytes);

#endif
