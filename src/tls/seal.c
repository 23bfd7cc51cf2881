/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/seal.h"

#include <string.h>

#include "base/bug.h"

enum { FRONT_MAX_BYTES = SL_RECORD_HEADER_BYTES + SL_RECORD_EXPLICIT_BYTES };

/* Room in the span where the next byte goes, at least 1 byte. */
static uint32_t cursor_room(struct sl_span_cursor *cursor)
{
	for (;;) {
		BUG_ON(cursor->span_idx >= cursor->span_cnt);
		if (cursor->off_bytes < cursor->spans[cursor->span_idx].len_bytes)
			return cursor->spans[cursor->span_idx].len_bytes - cursor->off_bytes;
		cursor->span_idx++;
		cursor->off_bytes = 0;
	}
}

/* Takes up to want_bytes of the room; returns where they are and how many. */
static uint8_t *cursor_take(struct sl_span_cursor *cursor, uint32_t want_bytes,
			    uint32_t *taken_bytes)
{
	uint32_t room_bytes = cursor_room(cursor);
	uint8_t *place = cursor->spans[cursor->span_idx].data + cursor->off_bytes;

	*taken_bytes = want_bytes < room_bytes ? want_bytes : room_bytes;
	cursor->off_bytes += *taken_bytes;
	return place;
}

static void copy(struct sl_span_cursor *cursor, const uint8_t *data, uint32_t len_bytes)
{
	while (len_bytes != 0) {
		uint32_t piece_bytes;
		uint8_t *place = cursor_take(cursor, len_bytes, &piece_bytes);

		memcpy(place, data, piece_bytes);
		data += piece_bytes;
		len_bytes -= piece_bytes;
	}
}

static void encrypt(struct sl_aead *aead, const void *table, struct sl_span_cursor *cursor,
		    const uint8_t *plain, uint32_t len_bytes)
{
	while (len_bytes != 0) {
		uint32_t piece_bytes;
		uint8_t *place = cursor_take(cursor, len_bytes, &piece_bytes);

		sl_aead_seal_put(aead, table, place, plain, piece_bytes);
		plain += piece_bytes;
		len_bytes -= piece_bytes;
	}
}

/* What lies before the text; returns how much that is. */
static uint32_t front_write(const struct sl_tls_keys *keys, enum sl_content_type type,
			    uint32_t plain_bytes, const uint8_t nonce[SL_AEAD_NONCE_BYTES],
			    uint8_t front[FRONT_MAX_BYTES])
{
	uint32_t front_bytes = sl_seal_front_bytes(keys);
	uint32_t body_bytes =
	    front_bytes - SL_RECORD_HEADER_BYTES + plain_bytes + sl_seal_back_bytes(keys);

	front[0] = keys->format == SL_TLS13 ? SL_TLS_APPLICATION_DATA : type;
	front[1] = 3;
	front[2] = 3;
	front[3] = body_bytes >> 8;
	front[4] = body_bytes & 0xff;
	memcpy(front + SL_RECORD_HEADER_BYTES,
	       nonce + SL_AEAD_NONCE_BYTES - SL_RECORD_EXPLICIT_BYTES,
	       front_bytes - SL_RECORD_HEADER_BYTES);
	return front_bytes;
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
		    uint32_t plain_bytes, struct sl_span_cursor *cursor,
		    uint8_t tag[SL_RECORD_TAG_BYTES])
{
	const uint8_t inner_type = type;
	uint8_t front[FRONT_MAX_BYTES], nonce[SL_AEAD_NONCE_BYTES];

	BUG_ON(plain_bytes > SL_RECORD_PLAIN_MAX_BYTES);
	sl_tls_nonce(keys, record_no, nonce);
	copy(cursor, front, front_write(keys, type, plain_bytes, nonce, front));
	begin(aead, table, keys, record_no, nonce, front, plain_bytes);
	encrypt(aead, table, cursor, plain, plain_bytes);
	if (keys->format == SL_TLS13)
		encrypt(aead, table, cursor, &inner_type, 1);
	sl_aead_seal_end(aead, table, tag);
	copy(cursor, tag, SL_RECORD_TAG_BYTES);
}
