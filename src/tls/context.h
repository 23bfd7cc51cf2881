/* SPDX-License-Identifier: BSD-2-Clause */
/* What a context is to the files of this room that make and use it; nobody else looks inside. */
#ifndef SL_TLS_CONTEXT_H
#define SL_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "tls/certificate.h"
#include "tls/handshake.h"
#include "tls/names.h"

/* The certificates of one name, at most one of each kind. */
struct sl_choice {
	const struct sl_certificate *certificates[SL_KEY_KINDS]; /* NULL: none of that kind */
	struct sl_name pattern;
};

struct sl_tls_context {
	/* A library context of its own: OpenSSL's default one has locks that all threads share, and
	 * caches that would mix blocks of several workers' heaps. */
	OSSL_LIB_CTX *library;
	SSL_CTX *ssl;

	struct sl_certificate *certificates;
	uint32_t certificate_cnt;
	struct sl_names names;
	struct sl_choice *choices; /* by number of the name */
	struct sl_choice fallback; /* also in ssl itself, so that one certificate costs no more */

	const struct sl_tickets *tickets;
	EVP_CIPHER *aes_128, *aes_256;
	EVP_MD *sha256;

	uint32_t handshake_cnt;      /* under way; of the thread that shakes hands */
	struct sl_tls_context *next; /* of those that leave a seat, or have left it */

	sl_tls_keylog *keylog; /* or NULL */
	void *keylog_arg;
};

/* selection.c: which certificate a handshake gets. Errors: -ENOMEM, -EINVAL (refused by OpenSSL),
 * with a problem. After all certificates are loaded; setup only. */
int sl_selection_init(struct sl_tls_context *context);
void sl_selection_fini(struct sl_tls_context *context);

/* ticket_cipher.c: SSL_CTX's callback. */
int sl_tls_on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
		     EVP_MAC_CTX *mac, int is_sealing);

/* handshake.c: SSL_CTX's callbacks, which find the handshake through the SSL. */
void sl_handshake_on_keylog(const SSL *ssl, const char *line);
void sl_handshake_on_message(int is_written, int version, int content_type, const void *data,
			     size_t len_bytes, SSL *ssl, void *arg);

/* handshake.c: where selection.c keeps what it chose. */
const struct sl_choice **sl_handshake_choice(const SSL *ssl);

/* handshake.c: where record_limit.c keeps what the client said; 0: nothing. */
uint16_t *sl_handshake_record_limit(const SSL *ssl);

/* record_limit.c: setup only; false: this OpenSSL cannot. */
bool sl_record_limit_offer(SSL_CTX *ssl);
/* Plain bytes of the longest record the client takes, [63, 16384], after the handshake. */
uint32_t sl_record_limit_plain(SSL *ssl);

#endif
