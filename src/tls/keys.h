/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key schedule after the handshake: from a traffic secret to key and IV, and to the next secret
 * (RFC 8446, 7.2 and 7.3); in TLS 1.2 from the master secret to both keys and IVs, once and for all
 * (RFC 5246, 6.3). One direction of one connection.
 *
 * The key itself is not kept (in TLS 1.2 it is), only the secret it comes from and what it is
 * expanded into: a table of the caller's. Whoever uses keys all the time keeps the table, too
 * (about 1 KiB); whoever uses them rarely has it made again each time, which costs 0.3 us (SHA-256,
 * AES-128-GCM) to 0.7 us.
 */
#ifndef SL_TLS_KEYS_H
#define SL_TLS_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/aead.h"

enum { SL_SECRET_MAX_BYTES = 48, SL_MASTER_BYTES = 48, SL_HELLO_RANDOM_BYTES = 32 };

/* What a record looks like, and what is authenticated besides its text. */
enum sl_tls_format {
	SL_TLS13,          /* RFC 8446, 5.2 */
	SL_TLS12_EXPLICIT, /* AES-GCM: RFC 5288, 3: eight bytes of each nonce are in the record */
	SL_TLS12_IMPLICIT, /* ChaCha20-Poly1305: RFC 7905, 2 */
};

struct sl_tls_keys {
	uint64_t record_no; /* of the next record, [0, 2^64); the nonce is IV xor this */
	uint8_t iv[SL_AEAD_NONCE_BYTES];
	uint8_t kind;                        /* enum sl_aead_kind */
	uint8_t format;                      /* enum sl_tls_format */
	uint8_t secret_bytes;                /* 32 (SHA-256) or 48 (SHA-384); of a key in TLS 1.2 */
	uint8_t secret[SL_SECRET_MAX_BYTES]; /* TLS 1.2: the key itself */
};

/* Records one AES-GCM key may seal (RFC 8446, 5.5, says 2^24.5, which is 23,726,566): with the
 * first number it is worn, and the sender updates it, or, in TLS 1.2 where it cannot, ends the
 * connection with the response; with the second it is spent, and but for what ends the connection
 * seals no more. With ChaCha20-Poly1305 record numbers would run out first. */
#define SL_KEYS_RECORDS_WORN  (UINT64_C(1) << 24)
#define SL_KEYS_RECORDS_SPENT UINT64_C(23700000)

static inline bool sl_tls_keys_worn(const struct sl_tls_keys *keys)
{
	return keys->record_no >= SL_KEYS_RECORDS_WORN && keys->kind != SL_AEAD_CHACHA20_POLY1305;
}

static inline bool sl_tls_keys_spent(const struct sl_tls_keys *keys)
{
	return keys->record_no >= SL_KEYS_RECORDS_SPENT && keys->kind != SL_AEAD_CHACHA20_POLY1305;
}

/* HKDF-Expand-Label (RFC 8446, 7.1) with an empty context. hash_bytes 32 or 48 selects SHA-256 or
 * SHA-384, and is the length of secret; label without "tls13 ", up to 26 bytes; out_bytes [1, 48].
 * Does not allocate. */
void sl_tls_expand_label(const uint8_t *secret, uint32_t hash_bytes, const char *label,
			 uint8_t *out, uint32_t out_bytes);

/* TLS 1.2: cuts the key block (RFC 5246, 6.3) into what derive below wants of either direction:
 * format, secret and IV, of which with AES-GCM only the first four bytes are known (the salt), and
 * the rest is 0. hash_bytes as the suite has it. */
void sl_tls_keys_cut(struct sl_tls_keys *client, struct sl_tls_keys *server, enum sl_aead_kind kind,
		     uint32_t hash_bytes, const uint8_t master[SL_MASTER_BYTES],
		     const uint8_t client_random[SL_HELLO_RANDOM_BYTES],
		     const uint8_t server_random[SL_HELLO_RANDOM_BYTES]);

/* keys->kind, format, secret, secret_bytes, in TLS 1.2 iv, are set: derives key and IV, expands
 * into table, sets record_no to 0. */
void sl_tls_keys_derive(struct sl_tls_keys *keys, struct sl_aead *aead, void *table);

/* The same table again, of keys that were derived before. */
void sl_tls_keys_expand(const struct sl_tls_keys *keys, struct sl_aead *aead, void *table);

/* application_traffic_secret_N+1 (7.2), then as derive. TLS 1.3 only. */
void sl_tls_keys_update(struct sl_tls_keys *keys, struct sl_aead *aead, void *table);

/* The nonce of a record: IV xor its number (RFC 8446, 5.3; RFC 7905, 2). With explicit nonces,
 * whose choice is the sender's as long as none comes twice, it is ours for what we seal: the IV
 * then goes on behind the salt with the explicit nonce of OpenSSL's Finished, which is record 0. */
void sl_tls_nonce(const struct sl_tls_keys *keys, uint64_t record_no,
		  uint8_t nonce[SL_AEAD_NONCE_BYTES]);

/* Additional data of a TLS 1.2 record (RFC 5246, 6.2.3.3): its number, type and version as in the
 * header, and the length of its text. */
enum { SL_TLS12_AAD_BYTES = 13 };
void sl_tls12_aad(uint64_t record_no, const uint8_t *header, uint32_t plain_bytes,
		  uint8_t aad[SL_TLS12_AAD_BYTES]);

#endif
