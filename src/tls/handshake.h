/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handshake: OpenSSL's, over memory. It is fed the client's records one at a time, so that what
 * lies behind the Finished stays ours, and when it is done it hands over both traffic secrets, in
 * TLS 1.2 both keys, and is freed. From then on keys, seal and open do all.
 *
 * OpenSSL allocates while it shakes hands; it does so from a heap of the worker's, sized at start
 * (heap.h), never from malloc.
 */
#ifndef SL_TLS_HANDSHAKE_H
#define SL_TLS_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/credentials.h"
#include "tls/keys.h"

struct sl_handshake;

/* NULL if the handshake heap is spent: the caller drops the connection and counts it. */
struct sl_handshake *sl_handshake_start(struct sl_tls_context *context);
void sl_handshake_free(struct sl_handshake *handshake);

enum sl_handshake_verdict {
	SL_HANDSHAKE_MORE, /* wants more of the client's bytes */
	SL_HANDSHAKE_DONE,
	SL_HANDSHAKE_FAILED, /* output, if any, is an alert: send it, then close */
};

/* Consumes whole records from the front of data: *used_bytes of it, and no more once the verdict is
 * not MORE. What there is to send after this call is fetched with sl_handshake_output. */
enum sl_handshake_verdict sl_handshake_step(struct sl_handshake *handshake, const uint8_t *data,
					    uint32_t len_bytes, uint32_t *used_bytes);

/* Copies up to max_bytes of what is to be sent, in order; returns how many. Call until 0. */
uint32_t sl_handshake_output(struct sl_handshake *handshake, uint8_t *out, uint32_t max_bytes);

/* After DONE: what sl_tls_keys_derive wants of both directions, and record_no of each: what OpenSSL
 * has sealed under the application key is counted in (session tickets; in TLS 1.2, where they come
 * before, the Finished). The caller derives, restores record_no, and frees the handshake. */
void sl_handshake_secrets(const struct sl_handshake *handshake, struct sl_tls_keys *client,
			  struct sl_tls_keys *server);

/* After DONE: plain bytes of the longest record the client takes, [63, 16384] (RFC 8449; RFC 6066,
 * 4). */
uint32_t sl_handshake_record_max(const struct sl_handshake *handshake);

#endif
