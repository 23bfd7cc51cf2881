/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC (RFC 2104) with SHA-256 or SHA-384 that never allocates: the digest contexts are made once a
 * worker. OpenSSL's own HMAC objects copy and free contexts with every key.
 */
#ifndef SL_TLS_HMAC_H
#define SL_TLS_HMAC_H

#include <stddef.h>
#include <stdint.h>

enum { SL_HMAC_MAX_BYTES = 48 };

struct evp_md_ctx_st;

struct sl_tls_hmac {
	struct evp_md_ctx_st *sha256;
	struct evp_md_ctx_st *sha384;
};

/* Errors: -ENOMEM. Setup only. */
int sl_tls_hmac_init(struct sl_tls_hmac *hmac);
void sl_tls_hmac_fini(struct sl_tls_hmac *hmac);

/* hash_bytes 32 selects SHA-256, 48 SHA-384; key_bytes up to that hash's block (64, 128), which is
 * more than TLS ever needs. mac gets hash_bytes; it may be where data or key lie. */
void sl_tls_hmac(struct sl_tls_hmac *hmac, uint32_t hash_bytes, const uint8_t *key,
		 size_t key_bytes, const uint8_t *data, size_t data_bytes, uint8_t *mac);

#endif
