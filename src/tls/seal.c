/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/seal.h"

#include <string.h>

#include "base/bug.h"

void sl_seal_record(struct sl_aead *aead, const void *table, const struct sl_tls_keys *keys,
		    uint64_t record_no, enum sl_content_type type, const uint8_t *plain,
		    uint32_t plain_bytes, uint8_t *wire, uint8_t tag[SL_RECORD_TAG_BYTES])
{
	uint32_t body_bytes = plain_bytes + 1 + SL_RECORD_TAG_BYTES;
	const uint8_t header[SL_RECORD_HEADER_BYTES] = {
		SL_TLS_APPLICATION_DATA, 3, 3, body_bytes >> 8, body_bytes & 0xff,
	};
	const uint8_t inner_type = type;
	uint8_t *text = wire + sizeof(header), *end = text + plain_bytes;
	uint8_t nonce[SL_AEAD_NONCE_BYTES];

	BUG_ON(plain_bytes > SL_RECORD_PLAIN_MAX_BYTES);
	sl_tls_nonce(keys, record_no, nonce);
	memcpy(wire, header, sizeof(header));
	sl_aead_seal_begin(aead, table, nonce, header, sizeof(header));
	sl_aead_seal_put(aead, table, text, plain, plain_bytes);
	sl_aead_seal_put(aead, table, end, &inner_type, 1);
	sl_aead_seal_end(aead, table, tag);
	memcpy(end + 1, tag, SL_RECORD_TAG_BYTES);
}
