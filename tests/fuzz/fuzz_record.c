/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a client's record: sealed as one of every shape that there is, with or without a bit
 * changed on the way, or as they are. Opened, and what is inside given to control.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -DSL_DEBUG -Isrc -Ibuild \
 *         tests/fuzz/fuzz_record.c src/tls/{aead,aead_evp,control,heap,hmac,keys,open,prf,seal}.c \
 *         src/base/{alloc,bug}.c -lcrypto -o fuzz_record
 *     ./fuzz_record -max_len=17000 -max_total_time=60 NEW tests/fuzz/corpus/record
 *
 * An input: which shape, content type, bit to change (two bytes; 0: none), and the text.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "tls/control.h"
#include "tls/open.h"

enum {
	HEAD_BYTES = 4,
	SHAPE_CNT = 6,
	AS_IT_IS = SHAPE_CNT, /* and more: the text is the record */
	WIRE_MAX_BYTES = SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes);

static struct sl_aead *aead;
static void *table;
static uint8_t wire[WIRE_MAX_BYTES], before[WIRE_MAX_BYTES];

static struct sl_tls_keys keys_of(uint32_t shape)
{
	enum sl_aead_kind kind = shape % SL_AEAD_KINDS;
	struct sl_tls_keys keys = { .kind = kind, .record_no = 3 };

	if (shape % SHAPE_CNT >= SL_AEAD_KINDS)
		keys.format =
		    kind == SL_AEAD_CHACHA20_POLY1305 ? SL_TLS12_IMPLICIT : SL_TLS12_EXPLICIT;
	keys.secret_bytes = kind == SL_AEAD_AES_256_GCM ? 48 : 32;
	memset(keys.secret, 0x5c, keys.secret_bytes);
	return keys;
}

static void start(struct sl_tls_keys *keys)
{
	uint64_t record_no = keys->record_no;

	if (!aead) {
		BUG_ON(sl_aead_init(&aead, "openssl"));
		table = sl_alloc(1, sl_aead_table_bytes(aead));
		BUG_ON(!table);
	}
	sl_tls_keys_derive(keys, aead, table);
	keys->record_no = record_no;
}

/* Whatever it is, it has one of the verdicts that a session knows, and keys change with a KeyUpdate
 * only. */
static void take_inside(struct sl_tls_keys *keys, const struct sl_opened *opened)
{
	struct sl_tls_keys old = *keys;
	enum sl_alert alert = SL_ALERT_CLOSE_NOTIFY;
	enum sl_control_verdict verdict = SL_CONTROL_IGNORE;
	bool is_update;

	if (opened->type == SL_TLS_HANDSHAKE)
		verdict = sl_control_handshake(opened->plain, opened->plain_bytes, keys, aead,
					       table, &alert);
	else if (opened->type == SL_TLS_ALERT)
		verdict = sl_control_alert(keys, opened->plain, opened->plain_bytes, &alert);
	is_update = verdict == SL_CONTROL_KEY_UPDATE || verdict == SL_CONTROL_KEY_UPDATE_ASKED;
	BUG_ON(verdict > SL_CONTROL_REFUSED);
	BUG_ON(is_update && keys->format != SL_TLS13);
	BUG_ON(is_update != (memcmp(keys->secret, old.secret, keys->secret_bytes) != 0));
	BUG_ON(verdict == SL_CONTROL_RENEGOTIATION && keys->format == SL_TLS13);
	BUG_ON((verdict == SL_CONTROL_REFUSED) != (alert != SL_ALERT_CLOSE_NOTIFY) &&
	       opened->type != SL_TLS_HANDSHAKE);
}

/* A stranger's bytes have no tag of ours. */
static void take_stranger(struct sl_tls_keys *keys, const uint8_t *text, uint32_t text_bytes)
{
	struct sl_opened opened;
	enum sl_open_verdict verdict;

	memcpy(wire, text, text_bytes);
	verdict = sl_open_record(aead, table, keys, wire, text_bytes, &opened);
	BUG_ON(verdict == SL_OPEN_OK);
	BUG_ON(verdict == SL_OPEN_MORE && memcmp(wire, text, text_bytes) != 0);
	BUG_ON(keys->record_no != 3);
}

static bool may_come(uint8_t type, uint32_t text_bytes)
{
	if (type == SL_TLS_APPLICATION_DATA)
		return true;
	return (type == SL_TLS_HANDSHAKE || type == SL_TLS_ALERT) && text_bytes > 0;
}

static void take_record(struct sl_tls_keys *keys, uint8_t type, uint32_t bit, const uint8_t *text,
			uint32_t text_bytes)
{
	uint32_t wire_bytes = sl_seal_wire_bytes(keys, text_bytes);
	uint8_t tag[SL_RECORD_TAG_BYTES];
	enum sl_open_verdict verdict;
	struct sl_opened opened;

	sl_seal_record(aead, table, keys, keys->record_no, type, text, text_bytes, wire, tag);
	if (bit != 0)
		wire[bit / 8 % wire_bytes] ^= 1 << bit % 8;
	memcpy(before, wire, wire_bytes);
	for (uint32_t some_bytes = 0; some_bytes < SL_RECORD_HEADER_BYTES; some_bytes++)
		BUG_ON(sl_open_record(aead, table, keys, wire, some_bytes, &opened) !=
		       SL_OPEN_MORE);
	verdict = sl_open_record(aead, table, keys, wire, wire_bytes, &opened);
	BUG_ON(verdict == SL_OPEN_MORE && memcmp(wire, before, wire_bytes) != 0);
	if (bit != 0 || !may_come(type, text_bytes)) {
		BUG_ON(verdict == SL_OPEN_OK);
		BUG_ON(keys->record_no != 3);
		return;
	}
	BUG_ON(verdict != SL_OPEN_OK);
	BUG_ON(keys->record_no != 4);
	BUG_ON(opened.type != type);
	BUG_ON(opened.wire_bytes != wire_bytes);
	BUG_ON(opened.plain_bytes != text_bytes);
	BUG_ON(memcmp(opened.plain, text, text_bytes) != 0);
	take_inside(keys, &opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes)
{
	struct sl_tls_keys keys;
	uint32_t text_bytes;

	if (len_bytes < HEAD_BYTES || len_bytes > HEAD_BYTES + SL_RECORD_PLAIN_MAX_BYTES)
		return 0;
	text_bytes = (uint32_t)len_bytes - HEAD_BYTES;
	keys = keys_of(data[0]);
	start(&keys);
	/* With type 0 the text's own end is the type, as it is for who pads. */
	if (data[0] % (SHAPE_CNT + 2) >= AS_IT_IS || data[1] == 0)
		take_stranger(&keys, data + HEAD_BYTES, text_bytes);
	else
		take_record(&keys, data[1], (uint32_t)data[2] << 8 | data[3], data + HEAD_BYTES,
			    text_bytes);
	return 0;
}
