/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing: one TLS record made of its text, in one piece.
 *
 *   plain      ├──────────── plain_bytes ────────────┤
 *   wire   ├hdr│ciphertext ...                       │type│tag┤
 *
 * That is TLS 1.3 (RFC 8446, 5.2), with 22 bytes more than its text. TLS 1.2 has no type inside;
 * with AES-GCM eight bytes of the nonce follow the header (29 bytes; RFC 5288), with
 * ChaCha20-Poly1305 nothing does (21; RFC 7905).
 */
#ifndef SL_TLS_SEAL_H
#define SL_TLS_SEAL_H

#include <stdint.h>

#include "base/limits.h"
#include "tls/keys.h"

enum sl_content_type { /* RFC 8446, 5.1 */
		       SL_TLS_CHANGE_CIPHER_SPEC = 20,
		       SL_TLS_ALERT = 21,
		       SL_TLS_HANDSHAKE = 22,
		       SL_TLS_APPLICATION_DATA = 23,
};

/* Bytes of a record before its text, and behind it. */
static inline uint32_t sl_seal_front_bytes(const struct sl_tls_keys *keys)
{
	return SL_RECORD_HEADER_BYTES +
	       (keys->format == SL_TLS12_EXPLICIT ? SL_RECORD_EXPLICIT_BYTES : 0);
}

static inline uint32_t sl_seal_back_bytes(const struct sl_tls_keys *keys)
{
	return SL_RECORD_TAG_BYTES + (keys->format == SL_TLS13 ? 1 : 0);
}

/* 21, 22 or 29; SL_RECORD_OVERHEAD_MAX_BYTES at most. */
static inline uint32_t sl_seal_overhead_bytes(const struct sl_tls_keys *keys)
{
	return sl_seal_front_bytes(keys) + sl_seal_back_bytes(keys);
}

/* Bytes on the wire of a record with plain_bytes of content. */
static inline uint32_t sl_seal_wire_bytes(const struct sl_tls_keys *keys, uint32_t plain_bytes)
{
	return plain_bytes + sl_seal_overhead_bytes(keys);
}

/* Seals plain as record record_no (not necessarily keys->record_no: retransmission seals old ones
 * again): writes sl_seal_wire_bytes(keys, plain_bytes) to wire. plain may be where its ciphertext
 * will be, at wire + sl_seal_front_bytes(keys); otherwise they do not overlap. The tag is written
 * to the record and to *tag. */
void sl_seal_record(struct sl_aead *aead, const void *table, const struct sl_tls_keys *keys,
		    uint64_t record_no, enum sl_content_type type, const uint8_t *plain,
		    uint32_t plain_bytes, uint8_t *wire, uint8_t tag[SL_RECORD_TAG_BYTES]);

#endif
