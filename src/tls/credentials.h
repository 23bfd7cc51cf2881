/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials: with what the server proves who it is. A context holds all certificates, their keys
 * and the settings of TLS, as they are read from their files once; new files take a new context.
 * Each thread that shakes hands has one of its own, so there are no locks.
 *
 * A client names the server it wants (SNI), and gets the certificate for that name, or for the
 * wildcard it falls under; the first certificate if it names none, or one that nobody here has. For
 * one name there may be a certificate of each kind of key: the client's signature algorithms
 * choose. A session is resumed only under the name it was made for.
 *
 * Beside a certificate there may be a file with an OCSP response, CERTIFICATE.ocsp, which is sent
 * to clients that ask, as long as it is good.
 */
#ifndef SL_TLS_CREDENTIALS_H
#define SL_TLS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/tickets.h"

struct sl_tls_context;

struct sl_tls_pair {
	const char *certificate_path; /* the chain, the server's own certificate first */
	const char *key_path;         /* NULL: in the same file */
};

struct sl_tls_config {
	const struct sl_tls_pair *pairs; /* for open only */
	uint32_t pair_cnt;               /* [1, 2^20] */
	struct sl_tickets *tickets;      /* outlives the context */
	bool only_13;                    /* no TLS 1.2 */
};

/* Reads the PEM files and checks that they fit. *problem (a static or thread-local string) says
 * what, where and what to do. TLS 1.3, and 1.2 (ECDHE only) if it is allowed; AES-GCM with 128 and
 * 256 bits, in this order, and ChaCha20-Poly1305 for those that like it best or have nothing else;
 * X25519, P-256, P-384; ALPN http/1.1, if the client uses ALPN at all; two stateless tickets (one
 * in 1.2); no early data; no renegotiation; no client certificates. Errors: -ENOENT, -EACCES,
 * -EINVAL (not PEM, encrypted key, refused by OpenSSL as too weak), -EKEYREJECTED (do not match),
 * -ENOMEM, -ENOTSUP (this OpenSSL cannot do it), what else fopen says. Main thread, with no
 * handshake heap current. */
int sl_tls_context_open(struct sl_tls_context **context, const struct sl_tls_config *config,
			const char **problem);

/* After the last handshake of it is freed; by the thread that shook hands, or when that is gone. */
void sl_tls_context_close(struct sl_tls_context *context);

enum { SL_STAPLE_PROBLEM_BYTES = 512 };

struct sl_tls_certificate_info {
	char path[256];   /* of the certificate; cut if it is longer */
	const char *kind; /* of the key */
	char names[256];  /* with commas between; "..." at the end if there are more */
	uint32_t name_cnt;
	int64_t not_before_s, not_after_s; /* since 1970 */
	int64_t staple_until_s;            /* 0: no staple; INT64_MAX: it does not say */
	char staple_problem[SL_STAPLE_PROBLEM_BYTES];
};

/* What idx, in the order of pairs, turned out to be. Any thread, while the context is open. */
void sl_tls_context_info(const struct sl_tls_context *context, uint32_t idx,
			 struct sl_tls_certificate_info *info);

/* Every secret of every handshake, as a line of the NSS key log format without newline, so that
 * tests can read their captures. Nothing else should ever call it. NULL: off, as at first. */
typedef void sl_tls_keylog(const char *line, void *arg);
void sl_tls_context_keylog(struct sl_tls_context *context, sl_tls_keylog *keylog, void *arg);

#endif
