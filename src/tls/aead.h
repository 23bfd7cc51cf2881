/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bulk AEAD: one small vtable, two engines (libipsec-mb, OpenSSL EVP), chosen at run time. A call
 * seals or opens one TLS record. Owner core only.
 */
#ifndef SL_TLS_AEAD_H
#define SL_TLS_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sl_aead_kind {
	SL_AEAD_AES_128_GCM,
	SL_AEAD_AES_256_GCM,
	SL_AEAD_CHACHA20_POLY1305,
	SL_AEAD_KINDS,
};

enum { SL_AEAD_NONCE_BYTES = 12, SL_AEAD_TAG_BYTES = 16, SL_AEAD_KEY_MAX_BYTES = 32 };

uint32_t sl_aead_key_bytes(enum sl_aead_kind kind); /* 16 or 32 */

/* One worker's engine with its scratch state. */
struct sl_aead;

/* name: "ipsec-mb", "openssl", or NULL for the faster of those that are there. Errors: -ENOENT (not
 * built in, or the CPU lacks what it needs), -ENOMEM. Setup only: no call below allocates. */
int sl_aead_init(struct sl_aead **aead, const char *name);
void sl_aead_fini(struct sl_aead *aead);
const char *sl_aead_name(const struct sl_aead *aead); /* "ipsec-mb avx512", "openssl", … */

/* Bytes of one expanded key, a multiple of 64: the caller pools tables, aligned to 64. */
enum { SL_AEAD_TABLE_MAX_BYTES = 1024 };
size_t sl_aead_table_bytes(const struct sl_aead *aead);

/* Expands key (sl_aead_key_bytes of it) into table. */
void sl_aead_expand(struct sl_aead *aead, void *table, enum sl_aead_kind kind, const uint8_t *key);

/* Sealing is a stream: begin, put any number of times with any lengths, end. One stream at a time,
 * and no sl_aead_open within it. dst and src of a
 * put may be the same, not otherwise overlap. */
void sl_aead_seal_begin(struct sl_aead *aead, const void *table, const uint8_t nonce[12],
			const uint8_t *aad, size_t aad_bytes);
void sl_aead_seal_put(struct sl_aead *aead, const void *table, uint8_t *dst, const uint8_t *src,
		      size_t len_bytes);
void sl_aead_seal_end(struct sl_aead *aead, const void *table, uint8_t tag[16]);

/* Opens len_bytes in place and compares tags in constant time; false: nothing in text may be used.
 */
bool sl_aead_open(struct sl_aead *aead, const void *table, const uint8_t nonce[12],
		  const uint8_t *aad, size_t aad_bytes, uint8_t *text, size_t len_bytes,
		  const uint8_t tag[16]);

#endif
