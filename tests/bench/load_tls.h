/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The load client's TLS 1.3: OpenSSL shakes hands, then both directions are ours, so that a body
 * can be counted by its record headers and dropped in the kernel without being decrypted. One
 * cipher suite, TLS_AES_128_GCM_SHA256; certificates are not verified. Single-threaded.
 */
#ifndef SL_TESTS_BENCH_LOAD_TLS_H
#define SL_TESTS_BENCH_LOAD_TLS_H

#include <openssl/ssl.h>
#include <stdint.h>

enum {
	LOAD_RECORD_HEADER_BYTES = 5,
	LOAD_RECORD_TAG_BYTES = 16,
	LOAD_RECORD_MAX_BYTES = LOAD_RECORD_HEADER_BYTES + 16384 + 256, /* RFC 8446, 5.2 */
	LOAD_SECRET_BYTES = 32,                                         /* SHA-256 */
};

enum load_record_type { /* RFC 8446, 5.1 */
			LOAD_RECORD_ALERT = 21,
			LOAD_RECORD_HANDSHAKE = 22,
			LOAD_RECORD_DATA = 23,
};

/* One direction. */
struct load_keys {
	EVP_CIPHER_CTX *cipher;
	uint8_t iv[12];
	uint64_t record_idx; /* of the next record */
};

struct load_tls {
	SSL *ssl; /* NULL after the handshake */
	uint8_t client_secret[LOAD_SECRET_BYTES], server_secret[LOAD_SECRET_BYTES];
	struct load_keys tx, rx;
};

SSL_CTX *load_tls_context(void);

/* Errors: -ENOMEM. */
int load_tls_init(struct load_tls *tls, SSL_CTX *context);
void load_tls_fini(struct load_tls *tls);

/* Takes len_bytes from the server. Returns 1 when the handshake is done, 0 if it goes on, -EPROTO.
 * After 0 and 1 there may be bytes to send (load_tls_output); after 1 bytes the handshake did not
 * use (load_tls_rest), then load_tls_finish. */
int load_tls_input(struct load_tls *tls, const uint8_t *data, int len_bytes);
int load_tls_output(struct load_tls *tls, uint8_t *out, int max_bytes);
int load_tls_rest(struct load_tls *tls, uint8_t *out, int max_bytes);

/* Derives the record keys and frees the SSL object. Errors: -EPROTO. */
int load_tls_finish(struct load_tls *tls);

/* Seals len_bytes of application data, at most 16384; returns the record's bytes or -EPROTO. */
int load_tls_seal(struct load_keys *keys, const uint8_t *plain, int len_bytes, uint8_t *out);

/* Opens a whole record in place, header included; the plaintext is at record + 5. Returns its
 * length and *type, or -EBADMSG. */
int load_tls_open(struct load_keys *keys, uint8_t *record, int record_bytes, uint8_t *type);

#endif
