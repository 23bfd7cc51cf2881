/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tls.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "aead", suite_aead },
	{ "certificate", suite_certificate },
	{ "context", suite_context },
	{ "control", suite_control },
	{ "handshake", suite_handshake },
	{ "heap", suite_heap },
	{ "hmac", suite_hmac },
	{ "keys", suite_keys },
	{ "names", suite_names },
	{ "open", suite_open },
	{ "prf", suite_prf },
	{ "record_limit", suite_record_limit },
	{ "record_log", suite_record_log },
	{ "resumption", suite_resumption },
	{ "seal", suite_seal },
	{ "seat", suite_seat },
	{ "selection", suite_selection },
	{ "staple", suite_staple },
	{ "tickets", suite_tickets },
	{ NULL, NULL },
};

const char *const tls_engines[] = {
	"openssl",
#ifdef HAVE_IPSEC_MB
	"ipsec-mb",
#endif
};
const int tls_engine_cnt = sizeof(tls_engines) / sizeof(tls_engines[0]);

size_t hex(uint8_t *out, const char *text)
{
	size_t len_bytes = 0;
	char pair[3] = { 0 };

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		pair[0] = text[0];
		pair[1] = text[1];
		out[len_bytes++] = strtoul(pair, NULL, 16);
		text++;
	}
	return len_bytes;
}

void expect_hex(const uint8_t *data, size_t len_bytes, const char *text)
{
	uint8_t expected[512];

	ck_assert_uint_eq(hex(expected, text), len_bytes);
	ck_assert_mem_eq(data, expected, len_bytes);
}

void fill(uint8_t *out, size_t len_bytes, uint32_t seed)
{
	uint32_t state = seed * 2654435761U + 1;

	for (size_t i = 0; i < len_bytes; i++) {
		state = state * 1664525U + 1013904223U;
		out[i] = state >> 24;
	}
}

const struct tls_shape tls_shapes[TLS_SHAPE_CNT] = {
	{ SL_AEAD_AES_128_GCM, SL_TLS13 },
	{ SL_AEAD_AES_256_GCM, SL_TLS13 },
	{ SL_AEAD_CHACHA20_POLY1305, SL_TLS13 },
	{ SL_AEAD_AES_128_GCM, SL_TLS12_EXPLICIT },
	{ SL_AEAD_AES_256_GCM, SL_TLS12_EXPLICIT },
	{ SL_AEAD_CHACHA20_POLY1305, SL_TLS12_IMPLICIT },
};

void tls_side_init_shape(struct tls_side *side, const char *engine, int shape_idx, uint8_t seed)
{
	const struct tls_shape *shape = &tls_shapes[shape_idx];

	memset(side, 0, sizeof(*side));
	ck_assert_int_eq(sl_aead_init(&side->aead, engine), 0);
	side->table = sl_alloc(1, sl_aead_table_bytes(side->aead));
	ck_assert_ptr_nonnull(side->table);
	side->keys.kind = shape->kind;
	side->keys.format = shape->format;
	side->keys.secret_bytes = shape->kind == SL_AEAD_AES_256_GCM ? 48 : 32;
	for (uint8_t i = 0; i < side->keys.secret_bytes; i++)
		side->keys.secret[i] = seed + i;
	for (uint8_t i = 0; i < sizeof(side->keys.iv); i++) /* TLS 1.3 derives it */
		side->keys.iv[i] = seed - i;
	sl_tls_keys_derive(&side->keys, side->aead, side->table);
}

void tls_side_init(struct tls_side *side, const char *engine, enum sl_aead_kind kind, uint8_t seed)
{
	for (int i = 0; i < TLS_SHAPE_CNT; i++)
		if (tls_shapes[i].kind == kind && tls_shapes[i].format == SL_TLS13)
			tls_side_init_shape(side, engine, i, seed);
}

void tls_side_fini(struct tls_side *side)
{
	sl_free(side->table);
	sl_aead_fini(side->aead);
}
