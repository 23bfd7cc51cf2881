/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key schedule after the handshake (RFC 8446, 7.2 and 7.3): from a traffic secret to key and IV,
 * and to the next secret. One direction of one connection.
 *
 * The key itself is not kept, only the secret it comes from and what it is expanded into: a table
 * of the caller's. Whoever uses keys all the time keeps the table, too (about 1 KiB); whoever uses
 * them rarely has it made again each time, which costs 0.3 us (SHA-256, AES-128-GCM) to 0.7 us.
 */
#ifndef SL_TLS_KEYS_H
#define SL_TLS_KEYS_H

#include <stdint.h>

#include "tls/aead.h"

enum { SL_SECRET_MAX_BYTES = 48 };

struct sl_tls_keys {
	uint64_t record_no; /* of the next record, [0, 2^64); the nonce is IV xor this */
	uint8_t iv[SL_AEAD_NONCE_BYTES];
	uint8_t kind;         /* enum sl_aead_kind */
	uint8_t secret_bytes; /* 32 (SHA-256) or 48 (SHA-384) */
	uint8_t secret[SL_SECRET_MAX_BYTES];
};

/* Records one AES-GCM key may seal (RFC 8446, 5.5, says 2^24.5): at the latest with this many, the
 * sender updates its keys. */
#define SL_KEYS_RECORDS_MAX (UINT64_C(1) << 24)

/* HKDF-Expand-Label (RFC 8446, 7.1) with an empty context. hash_bytes 32 or 48 selects SHA-256 or
 * SHA-384, and is the length of secret; label without "tls13 ", up to 26 bytes; out_bytes [1, 48].
 * Does not allocate. */
void sl_tls_expand_label(const uint8_t *secret, uint32_t hash_bytes, const char *label,
			 uint8_t *out, uint32_t out_bytes);

/* keys->kind, secret, secret_bytes are set: derives key and IV, expands into table, sets record_no
 * to 0. */
void sl_tls_keys_derive(struct sl_tls_keys *keys, struct sl_aead *aead, void *table);

/* The same table again, of keys that were derived before. */
void sl_tls_keys_expand(const struct sl_tls_keys *keys, struct sl_aead *aead, void *table);

/* application_traffic_secret_N+1 (7.2), then as derive. */
void sl_tls_keys_update(struct sl_tls_keys *keys, struct sl_aead *aead, void *table);

/* The nonce of a record: IV xor its number (5.3). */
void sl_tls_nonce(const struct sl_tls_keys *keys, uint64_t record_no,
		  uint8_t nonce[SL_AEAD_NONCE_BYTES]);

#endif
