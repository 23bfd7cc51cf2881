/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing: one TLS 1.3 record (RFC 8446, 5.2) made of its text, in one piece.
 *
 *   plain      ├──────────── plain_bytes ────────────┤
 *   wire   ├hdr│ciphertext ...                       │type│tag┤
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

/* Bytes on the wire of a record with plain_bytes of content. */
static inline uint32_t sl_seal_wire_bytes(uint32_t plain_bytes)
{
	return plain_bytes + SL_RECORD_OVERHEAD_BYTES;
}

/* Seals plain as record record_no (not necessarily keys->record_no: retransmission seals old ones
 * again): writes sl_seal_wire_bytes(plain_bytes) to wire. plain may be where its ciphertext will
 * be, at wire + SL_RECORD_HEADER_BYTES; otherwise they do not overlap. The tag is written to the
 * record and to *tag. */
void sl_seal_record(struct sl_aead *aead, const void *table, const struct sl_tls_keys *keys,
		    uint64_t record_no, enum sl_content_type type, const uint8_t *plain,
		    uint32_t plain_bytes, uint8_t *wire, uint8_t tag[SL_RECORD_TAG_BYTES]);

#endif
