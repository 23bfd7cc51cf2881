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

#include "tls/keys.h"

struct sl_tls_context; /* certificate, key, settings: one a worker, no locks */

/* Reads the PEM files and checks that they fit. *problem (a static or thread-local string) says
 * what, where and what to do. TLS 1.3 and 1.2 (ECDHE only); AES-GCM with 128 and 256 bits
 * and ChaCha20-Poly1305, whichever the client prefers; X25519, P-256, P-384; ALPN http/1.1, if the
 * client uses ALPN at all; two stateless tickets (one in 1.2); no early data; no renegotiation; no
 * client certificates. Errors:
 * -ENOENT, -EACCES, -EINVAL (not PEM, encrypted key, refused by OpenSSL as too weak), -EKEYREJECTED
 * (do not match), -ENOMEM, -ENOTSUP (this OpenSSL cannot do it), what else fopen says. Setup only,
 * with no handshake heap current. */
int sl_tls_context_open(struct sl_tls_context **context, const char *certificate_path,
			const char *key_path, const char **problem);
/* After the last handshake of it is freed; by the thread that shook hands, or when that is gone. */
void sl_tls_context_close(struct sl_tls_context *context);

/* Makes to open the tickets that from sealed, and the other way round: a client that comes back
 * lands on whatever worker its new port hashes to. Errors: -ENOTSUP. Setup only. */
int sl_tls_context_share_tickets(struct sl_tls_context *to, struct sl_tls_context *from);

/* Every secret of every handshake, as a line of the NSS key log format without newline, so that
 * tests can read their captures. Nothing else should ever call it. NULL: off, as at first. */
typedef void sl_tls_keylog(const char *line, void *arg);
void sl_tls_context_keylog(struct sl_tls_context *context, sl_tls_keylog *keylog, void *arg);

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

#endif
