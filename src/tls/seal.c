/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/seal.h"

#include <string.h>

#include "base/bug.h"

/* What lies before the text. */
static void front_write(const struct sl_tls_keys *keys, enum sl_content_type type,
			uint32_t plain_bytes, const uint8_t nonce[SL_AEAD_NONCE_BYTES],
			uint8_t *front)
{
	uint32_t explicit_bytes = sl_seal_front_bytes(keys) - SL_RECORD_HEADER_BYTES;
	uint32_t body_bytes = explicit_bytes + plain_bytes + sl_seal_back_bytes(keys);

	front[0] = keys->format == SL_TLS13 ? SL_TLS_APPLICATION_DATA : type;
	front[1] = 3;
	front[2] = 3;
	front[3] = body_bytes >> 8;
	front[4] = body_bytes & 0xff;
	memcpy(front + SL_RECORD_HEADER_BYTES,
	       nonce + SL_AEAD_NONCE_BYTES - SL_RECORD_EXPLICIT_BYTES, explicit_bytes);
}

static void begin(struct sl_aead *aead, const void *table, const struct sl_tls_keys *keys,
		  uint64_t record_no, const uint8_t *nonce, const uint8_t *front,
		  uint32_t plain_bytes)
{
	uint8_t aad[SL_TLS12_AAD_BYTES];

	if (keys->format == SL_TLS13) {
		sl_aead_seal_begin(aead, table, nonce, front, SL_RECORD_HEADER_BYTES);
		return;
	}
	sl_tls12_aad(record_no, front, plain_bytes, aad);
	sl_aead_seal_begin(aead, table, nonce, aad, sizeof(aad));
}

void sl_seal_record(struct sl_aead *aead, const void *table, const struct sl_tls_keys *keys,
		    uint64_t record_no, enum sl_content_type type, const uint8_t *plain,
		    uint32_t plain_bytes, uint8_t *wire, uint8_t tag[SL_RECORD_TAG_BYTES])
{
	const uint8_t inner_type = type;
	uint8_t *text = wire + sl_seal_front_bytes(keys), *end = text + plain_bytes;
	uint8_t nonce[SL_AEAD_NONCE_BYTES];

	BUG_ON(plain_bytes > SL_RECORD_PLAIN_MAX_BYTES);
	sl_tls_nonce(keys, record_no, nonce);
	front_write(keys, type, plain_bytes, nonce, wire);
	begin(aead, table, keys, record_no, nonce, wire, plain_bytes);
	sl_aead_seal_put(aead, table, text, plain, plain_bytes);
	if (keys->format == SL_TLS13)
		sl_aead_seal_put(aead, table, end++, &inner_type, 1);
	sl_aead_seal_end(aead, table, tag);
	memcpy(end, tag, SL_RECORD_TAG_BYTES);
}
