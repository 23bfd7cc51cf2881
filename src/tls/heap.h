/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handshake heap: where OpenSSL's allocations of one worker come from, so that shaking hands
 * neither calls malloc nor takes more memory than was set aside. When it is spent OpenSSL is told
 * so, and that one handshake fails.
 *
 * A thread has a current heap, or none: then OpenSSL gets malloc, which is what setup wants. Every
 * block remembers where it came from, so it may be freed whatever is current, and by any thread:
 * one that does not have the heap as its current one hands the block back, and the heap takes it in
 * when it is entered the next time.
 *
 * A handshake holds SL_TLS_HEAP_HANDSHAKE_BYTES at its worst moment, and SL_TLS_HEAP_IDLE_BYTES
 * while it waits for the client. OpenSSL also keeps what it fetched and its random generator's
 * state, once a context: the first handshake leaves some KiB behind, later ones nothing. With an
 * RSA key there are also its blinding values and what speeds up its arithmetic,
 * SL_TLS_HEAP_KEY_BYTES for each key that was ever used.
 */
#ifndef SL_TLS_HEAP_H
#define SL_TLS_HEAP_H

#include <stdint.h>

enum {
	SL_TLS_HEAP_HANDSHAKE_BYTES = 96 * 1024,
	SL_TLS_HEAP_IDLE_BYTES = 64 * 1024, /* a quarter of it for what lies between blocks */
	SL_TLS_HEAP_MIN_BYTES = 512 * 1024, /* what stays, and a few handshakes */
	SL_TLS_HEAP_KEY_BYTES = 8 * 1024,
};

struct sl_tls_heap;

struct sl_tls_heap_usage {
	uint64_t total_bytes;
	uint64_t used_bytes; /* headers and rounding included */
	uint64_t high_bytes; /* most used_bytes ever */
	uint64_t taken_cnt;  /* allocations ever */
	uint64_t refused_cnt;
};

/* Makes OpenSSL allocate through here. Process-wide, once, before OpenSSL allocates anything: every
 * call of this room that may be the first calls it, so only a program that uses OpenSSL by itself
 * must. May be called again. Errors: -EBUSY (OpenSSL has allocated already). Main thread, setup
 * only. */
int sl_tls_heap_install(void);

/* total_bytes [SL_TLS_HEAP_MIN_BYTES, 2^31]. Errors: -EINVAL, -EBUSY (see install), -ENOMEM. Setup
 * only. */
int sl_tls_heap_init(struct sl_tls_heap **heap, uint64_t total_bytes);

/* No thread has it as its current one. If OpenSSL still holds blocks of it (the thread that used it
 * has not ended, and they are that thread's), the memory is left to the end of the process. */
void sl_tls_heap_fini(struct sl_tls_heap *heap);

/* heap, or with NULL malloc, serves this thread from now on; returns what did before. */
struct sl_tls_heap *sl_tls_heap_enter(struct sl_tls_heap *heap);

/* The heap's own thread only, or with none. */
void sl_tls_heap_usage(struct sl_tls_heap *heap, struct sl_tls_heap_usage *usage);

#endif
