/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening: the client's records after its Finished, in place (RFC 8446, 5.2 and 5.4).
 *
 *   data   ├hdr│ciphertext ................................│tag┤ next record ...
 *   after  ├hdr│plain (plain_bytes)  │type│zeros (padding) │tag┤
 *
 * In TLS 1.2 the text is all there is inside (RFC 5246, 6.2.3.3), and seal.h says what lies before
 * it.
 */
#ifndef SL_TLS_OPEN_H
#define SL_TLS_OPEN_H

#include <stdint.h>

#include "tls/keys.h"
#include "tls/seal.h"

enum sl_open_verdict {
	SL_OPEN_MORE, /* the record is not all there yet */
	SL_OPEN_OK,
	SL_OPEN_OVERFLOW, /* alert record_overflow */
	SL_OPEN_BAD_MAC,  /* alert bad_record_mac */
	SL_OPEN_BAD_TYPE, /* alert unexpected_message */
};

struct sl_opened {
	enum sl_content_type type; /* in TLS 1.3 the inner one */
	uint8_t *plain;            /* within data; padding removed */
	uint32_t plain_bytes;      /* [0, 16384] */
	uint32_t wire_bytes;       /* the record took so many bytes of data */
};

/* The first record of data, opened in place. Advances keys->record_no and sets *opened if OK. After
 * OVERFLOW, BAD_MAC or BAD_TYPE nothing in data may be used: send the alert and close. Only MORE
 * leaves data as it was. */
enum sl_open_verdict sl_open_record(struct sl_aead *aead, const void *table,
				    struct sl_tls_keys *keys, uint8_t *data, uint32_t len_bytes,
				    struct sl_opened *opened);

#endif
