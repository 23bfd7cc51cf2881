/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/open.h"

#include "base/bug.h"

enum {
	/* RFC 8446, 5.2: what padding and other ciphers may add to 2^14. */
	BODY_MAX_BYTES = SL_RECORD_PLAIN_MAX_BYTES + 256,
};

/* TLSInnerPlaintext (RFC 8446, 5.4): content, type, any number of zeros. */
static enum sl_open_verdict inner_parse(uint8_t *inner, uint32_t inner_bytes,
					struct sl_opened *opened)
{
	while (inner_bytes != 0 && inner[inner_bytes - 1] == 0)
		inner_bytes--;
	if (inner_bytes == 0) /* zeros only: there is no type */
		return SL_OPEN_BAD_TYPE;
	opened->plain = inner;
	opened->plain_bytes = inner_bytes - 1;
	if (opened->plain_bytes > SL_RECORD_PLAIN_MAX_BYTES)
		return SL_OPEN_OVERFLOW;
	switch (inner[inner_bytes - 1]) {
	case SL_TLS_APPLICATION_DATA:
		opened->type = SL_TLS_APPLICATION_DATA;
		return SL_OPEN_OK; /* may be empty: it hides traffic */
	case SL_TLS_HANDSHAKE:
		opened->type = SL_TLS_HANDSHAKE;
		break;
	case SL_TLS_ALERT:
		opened->type = SL_TLS_ALERT;
		break;
	default:
		return SL_OPEN_BAD_TYPE;
	}
	return opened->plain_bytes == 0 ? SL_OPEN_BAD_TYPE : SL_OPEN_OK;
}

enum sl_open_verdict sl_open_record(struct sl_aead *aead, const void *table,
				    struct sl_tls_keys *keys, uint8_t *data, uint32_t len_bytes,
				    struct sl_opened *opened)
{
	uint8_t *body = data + SL_RECORD_HEADER_BYTES;
	uint8_t nonce[SL_AEAD_NONCE_BYTES];
	enum sl_open_verdict verdict;
	uint32_t body_bytes;
	uint32_t inner_bytes;

	if (len_bytes < SL_RECORD_HEADER_BYTES)
		return SL_OPEN_MORE;
	body_bytes = (uint32_t)data[3] << 8 | data[4];

	/* The header alone convicts: do not wait for a body that will never be accepted. Its
	 * version must be ignored (5.1). A change_cipher_spec is harmless before the client's
	 * Finished, where OpenSSL drops it, and an unexpected type after it (5). */
	if (data[0] != SL_TLS_APPLICATION_DATA)
		return SL_OPEN_BAD_TYPE;
	if (body_bytes > BODY_MAX_BYTES)
		return SL_OPEN_OVERFLOW;
	if (body_bytes < SL_RECORD_TAG_BYTES)
		return SL_OPEN_BAD_MAC;
	if (len_bytes < SL_RECORD_HEADER_BYTES + body_bytes)
		return SL_OPEN_MORE;

	inner_bytes = body_bytes - SL_RECORD_TAG_BYTES;
	sl_tls_nonce(keys, keys->record_no, nonce);
	if (!sl_aead_open(aead, table, nonce, data, SL_RECORD_HEADER_BYTES, body, inner_bytes,
			  body + inner_bytes))
		return SL_OPEN_BAD_MAC;
	verdict = inner_parse(body, inner_bytes, opened);
	if (verdict != SL_OPEN_OK)
		return verdict;
	opened->wire_bytes = SL_RECORD_HEADER_BYTES + body_bytes;
	keys->record_no++;
	return SL_OPEN_OK;
}
