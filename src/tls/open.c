/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/open.h"

#include <stdbool.h>
#include <string.h>

#include "base/bug.h"

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

/* RFC 5246, 6.2.1: nothing but application data may be empty. */
static enum sl_open_verdict content_parse(const uint8_t *header, uint8_t *plain,
					  uint32_t plain_bytes, struct sl_opened *opened)
{
	opened->type = header[0];
	opened->plain = plain;
	opened->plain_bytes = plain_bytes;
	return plain_bytes == 0 && header[0] != SL_TLS_APPLICATION_DATA ? SL_OPEN_BAD_TYPE
									: SL_OPEN_OK;
}

/* The header alone convicts: do not wait for a body that will never be accepted. */
static enum sl_open_verdict header_check(const struct sl_tls_keys *keys, const uint8_t *header,
					 uint32_t body_bytes)
{
	bool is_13 = keys->format == SL_TLS13;
	uint32_t least_bytes = sl_seal_overhead_bytes(keys) - SL_RECORD_HEADER_BYTES;

	/* Its version must be ignored (RFC 8446, 5.1), or is authenticated. A change_cipher_spec is
	 * harmless before the client's Finished, where OpenSSL sees to it, and an unexpected type
	 * after it (5). */
	if (header[0] != SL_TLS_APPLICATION_DATA &&
	    (is_13 || (header[0] != SL_TLS_ALERT && header[0] != SL_TLS_HANDSHAKE)))
		return SL_OPEN_BAD_TYPE;
	/* Padding included (RFC 8446, 5.4), and our tags have one length: so this is all that what
	 * the RFCs allow a body besides (256 bytes, or 2048) can come to. */
	if (body_bytes > SL_RECORD_PLAIN_MAX_BYTES + least_bytes)
		return SL_OPEN_OVERFLOW;
	return body_bytes < least_bytes - is_13 ? SL_OPEN_BAD_MAC : SL_OPEN_OK;
}

/* Whether the record is the peer's; its text is then in place. */
static bool decrypt(struct sl_aead *aead, const void *table, const struct sl_tls_keys *keys,
		    uint8_t *data, uint8_t *text, uint32_t text_bytes)
{
	uint8_t nonce[SL_AEAD_NONCE_BYTES], aad[SL_TLS12_AAD_BYTES];
	const uint8_t *tag = text + text_bytes;

	sl_tls_nonce(keys, keys->record_no, nonce);
	if (keys->format == SL_TLS13)
		return sl_aead_open(aead, table, nonce, data, SL_RECORD_HEADER_BYTES, text,
				    text_bytes, tag);
	if (keys->format == SL_TLS12_EXPLICIT)
		memcpy(nonce + SL_AEAD_NONCE_BYTES - SL_RECORD_EXPLICIT_BYTES,
		       data + SL_RECORD_HEADER_BYTES, SL_RECORD_EXPLICIT_BYTES);
	sl_tls12_aad(keys->record_no, data, text_bytes, aad);
	return sl_aead_open(aead, table, nonce, aad, sizeof(aad), text, text_bytes, tag);
}

enum sl_open_verdict sl_open_record(struct sl_aead *aead, const void *table,
				    struct sl_tls_keys *keys, uint8_t *data, uint32_t len_bytes,
				    struct sl_opened *opened)
{
	uint8_t *text = data + sl_seal_front_bytes(keys);
	enum sl_open_verdict verdict;
	uint32_t wire_bytes, text_bytes;

	if (len_bytes < SL_RECORD_HEADER_BYTES)
		return SL_OPEN_MORE;
	wire_bytes = SL_RECORD_HEADER_BYTES + ((uint32_t)data[3] << 8 | data[4]);
	verdict = header_check(keys, data, wire_bytes - SL_RECORD_HEADER_BYTES);
	if (verdict != SL_OPEN_OK)
		return verdict;
	if (len_bytes < wire_bytes)
		return SL_OPEN_MORE;

	text_bytes = wire_bytes - sl_seal_front_bytes(keys) - SL_RECORD_TAG_BYTES;
	if (!decrypt(aead, table, keys, data, text, text_bytes))
		return SL_OPEN_BAD_MAC;
	verdict = keys->format == SL_TLS13 ? inner_parse(text, text_bytes, opened)
					   : content_parse(data, text, text_bytes, opened);
	if (verdict != SL_OPEN_OK)
		return verdict;
	opened->wire_bytes = wire_bytes;
	keys->record_no++;
	return SL_OPEN_OK;
}
