/* SPDX-License-Identifier: BSD-2-Clause */
/* What a context is to context.c and handshake.c; nobody else looks inside. */
#ifndef SL_TLS_CONTEXT_H
#define SL_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "tls/handshake.h"

struct sl_tls_context {
	/* A library context of its own: OpenSSL's default one has locks that all threads share, and
	 * caches that would mix blocks of several workers' heaps. */
	OSSL_LIB_CTX *library;
	SSL_CTX *ssl;
	sl_tls_keylog *keylog; /* or NULL */
	void *keylog_arg;
};

/* handshake.c: SSL_CTX's callbacks, which find the handshake through the SSL. */
void sl_handshake_on_keylog(const SSL *ssl, const char *line);
void sl_handshake_on_message(int is_written, int version, int content_type, const void *data,
			     size_t len_bytes, SSL *ssl, void *arg);

#endif
