/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seat: the context that one thread shakes hands with, and how the main thread puts another in its
 * place while handshakes are under way. Those go on with the context they began with.
 *
 *      main thread                            the seat's own thread
 *      opens a context
 *      sl_tls_seat_offer ──────offered─────►  sl_tls_seat_turn: it is the current one
 *                                             ... the last handshake of the one before is over
 *      sl_tls_seat_collect ◄────left────────  sl_tls_seat_turn: the one before leaves
 *      closes it
 *
 * Whose memory is it? A context is made by the main thread, of malloc's memory, and the main thread
 * frees it: the seat's thread neither mallocs nor frees. What handshakes have OpenSSL add to it
 * (fetched algorithms, a key's blinding values) comes from the heap of the seat's thread, and goes
 * back to it by way of that heap (heap.h), whose thread takes it in at its next turn. Only what
 * OpenSSL keeps per thread, the state of the library context's random generators, must be given up
 * by the thread it belongs to; the seat's thread does that before a context leaves. That takes a
 * lock of OpenSSL's, which the main thread has for no longer than some microseconds, once for each
 * context that leaves.
 */
#ifndef SL_TLS_SEAT_H
#define SL_TLS_SEAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tls/credentials.h"

struct sl_tls_seat {
	struct sl_tls_context *current; /* NULL: no TLS */
	struct sl_tls_context *leaving; /* the seat's thread's; a list */
	_Atomic(struct sl_tls_context *) offered;
	_Atomic(struct sl_tls_context *) left; /* a list */
	uint32_t old_cnt;                      /* main thread's: offered away and not yet closed */
};

/* Owns context from now on, which may be NULL. Setup only. */
void sl_tls_seat_init(struct sl_tls_seat *seat, struct sl_tls_context *context);

/* Closes all contexts that there are. The seat's thread has ended, and all handshakes are freed. */
void sl_tls_seat_fini(struct sl_tls_seat *seat);

/* ---- Main thread ---- */

/* context is the seat's from now on. One that was offered before and never taken is closed. The
 * caller wakes the thread. */
void sl_tls_seat_offer(struct sl_tls_seat *seat, struct sl_tls_context *context);

/* Closes those that have left. True if there are others that have yet to leave. */
bool sl_tls_seat_collect(struct sl_tls_seat *seat);

/* ---- The seat's own thread ---- */

void sl_tls_seat_change(struct sl_tls_seat *seat);

/* Between handshakes' steps, with the thread's heap entered. Two loads if there is nothing new. */
static inline void sl_tls_seat_turn(struct sl_tls_seat *seat)
{
	if (atomic_load_explicit(&seat->offered, memory_order_relaxed) || seat->leaving)
		sl_tls_seat_change(seat);
}

#endif
