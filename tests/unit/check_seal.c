/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/seal.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "room_tls.h"
#include "tls/open.h"

enum { WIRE_MAX_BYTES = SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES };

static uint8_t plain[SL_RECORD_PLAIN_MAX_BYTES];
static uint8_t whole[WIRE_MAX_BYTES];  /* sealed into one span */
static uint8_t pieces[WIRE_MAX_BYTES]; /* sealed into many */

static void setup(void)
{
	fill(plain, sizeof(plain), 5);
}

/* One record into spans of at most span_bytes each, which lie one behind the other in out. */
static void seal_in_spans(struct tls_side *side, uint64_t record_no, uint32_t plain_bytes,
			  uint8_t *out, uint32_t span_bytes, uint8_t tag[16])
{
	static struct sl_span spans[WIRE_MAX_BYTES];
	uint32_t wire_bytes = sl_seal_wire_bytes(&side->keys, plain_bytes);
	struct sl_span_cursor cursor = { .spans = spans };

	for (uint32_t off = 0; off < wire_bytes; off += span_bytes) {
		uint32_t left_bytes = wire_bytes - off;

		spans[cursor.span_cnt++] = (struct sl_span){
			.data = out + off,
			.len_bytes = left_bytes < span_bytes ? left_bytes : span_bytes,
		};
	}
	sl_seal_record(side->aead, side->table, &side->keys, record_no, SL_TLS_APPLICATION_DATA,
		       plain, plain_bytes, &cursor, tag);
	ck_assert_uint_eq(cursor.span_idx, cursor.span_cnt - 1);
	ck_assert_uint_eq(cursor.off_bytes, spans[cursor.span_idx].len_bytes);
}

/* RFC 8448, 3: the server's application data, its record 1, and its close_notify, its record 2. */
START_TEST(seals_the_records_of_rfc_8448)
{
	struct tls_side side;
	struct sl_span span = { whole, sizeof(whole) };
	struct sl_span_cursor cursor = { .spans = &span, .span_cnt = 1 };
	uint8_t data[50], tag[16];

	tls_side_init(&side, tls_engines[_i], SL_AEAD_AES_128_GCM, 0);
	hex(side.keys.secret, "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
	sl_tls_keys_derive(&side.keys, side.aead, side.table);
	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	sl_seal_record(side.aead, side.table, &side.keys, 1, SL_TLS_APPLICATION_DATA, data,
		       sizeof(data), &cursor, tag);
	sl_seal_record(side.aead, side.table, &side.keys, 2, SL_TLS_ALERT,
		       (const uint8_t *)"\x01\x00", 2, &cursor, tag);
	ck_assert_uint_eq(cursor.off_bytes, 72 + 24);
	expect_hex(whole, 72,
		   "17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25"
		   "d0 5f 82 aa 1b 36 e3 0e fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b"
		   "f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d");
	expect_hex(whole + 72, 24,
		   "17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9");
	ck_assert_mem_eq(tag, whole + 72 + 24 - 16, 16);
	tls_side_fini(&side);
}
END_TEST

static const EVP_CIPHER *cipher_of(enum sl_aead_kind kind)
{
	return kind == SL_AEAD_AES_128_GCM   ? EVP_aes_128_gcm()
	       : kind == SL_AEAD_AES_256_GCM ? EVP_aes_256_gcm()
					     : EVP_chacha20_poly1305();
}

/* Nonce and additional data put together by hand; out gets the text, then the tag. */
static void seal_with_openssl(const struct tls_side *side, const char *nonce_hex,
			      const char *aad_hex, uint32_t plain_bytes, uint8_t *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t nonce[12], aad[13];
	int done_bytes;

	hex(nonce, nonce_hex);
	ck_assert_uint_eq(hex(aad, aad_hex), sizeof(aad));
	ck_assert(EVP_EncryptInit_ex(context, cipher_of(side->keys.kind), NULL, side->keys.secret,
				     nonce));
	ck_assert(EVP_EncryptUpdate(context, NULL, &done_bytes, aad, sizeof(aad)));
	ck_assert(EVP_EncryptUpdate(context, out, &done_bytes, plain, (int)plain_bytes));
	ck_assert(EVP_EncryptFinal_ex(context, out + plain_bytes, &done_bytes));
	ck_assert(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out + plain_bytes));
	EVP_CIPHER_CTX_free(context);
}

/* RFC 5288, 3, and RFC 7905, 2: record 0x0102 of type 23 with 0x0304 bytes, whose IV counts down
 * from 0x40; the explicit nonce is the IV's end xor the number, as it is all of the nonce's end. */
START_TEST(seals_as_openssl_would_by_the_rules_of_tls_1_2)
{
	int shape_idx = _i % TLS_SHAPE_CNT;
	bool is_explicit = tls_shapes[shape_idx].format == SL_TLS12_EXPLICIT;
	uint32_t front_bytes = is_explicit ? 13 : 5;
	uint8_t tag[16];
	struct tls_side side;

	if (tls_shapes[shape_idx].format == SL_TLS13)
		return;
	tls_side_init_shape(&side, tls_engines[_i / TLS_SHAPE_CNT], shape_idx, 0x40);
	seal_in_spans(&side, 0x0102, 0x0304, whole, WIRE_MAX_BYTES, tag);
	expect_hex(whole, front_bytes,
		   is_explicit ? "17 03 03 03 1c 3c3b3a393837 37 37" : "17 03 03 03 14");
	seal_with_openssl(&side, "40 3f 3e 3d 3c 3b 3a 39 38 37 37 37",
			  "0000000000000102 17 0303 0304", 0x0304, pieces);
	ck_assert_mem_eq(whole + front_bytes, pieces, 0x0304 + 16);
	ck_assert_mem_eq(tag, pieces + 0x0304, 16);
	tls_side_fini(&side);
}
END_TEST

/* Header, ciphertext, type and tag each straddle a border at one of these sizes, at every place. */
START_TEST(spans_of_any_size_hold_the_same_bytes)
{
	uint8_t whole_tag[16], tag[16];
	struct tls_side side;
	uint32_t wire_bytes;

	tls_side_init_shape(&side, tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT, 1);
	wire_bytes = sl_seal_wire_bytes(&side.keys, 4096);
	seal_in_spans(&side, 12, 4096, whole, WIRE_MAX_BYTES, whole_tag);
	for (uint32_t span_bytes = 1; span_bytes <= wire_bytes; span_bytes++) {
		memset(pieces, 0, sizeof(pieces));
		seal_in_spans(&side, 12, 4096, pieces, span_bytes, tag);
		ck_assert_mem_eq(pieces, whole, wire_bytes);
		ck_assert_mem_eq(tag, whole_tag, 16);
	}
	ck_assert_mem_eq(whole + wire_bytes - 16, whole_tag, 16);
	tls_side_fini(&side);
}
END_TEST

START_TEST(engines_agree_on_every_length)
{
	struct tls_side one, other;
	uint8_t tag[16];

	tls_side_init_shape(&one, tls_engines[0], _i, 1);
	tls_side_init_shape(&other, tls_engines[tls_engine_cnt - 1], _i, 1);
	for (uint32_t plain_bytes = 0; plain_bytes <= SL_RECORD_PLAIN_MAX_BYTES;
	     plain_bytes += plain_bytes < 600 ? 1 : 263) {
		seal_in_spans(&one, plain_bytes, plain_bytes, whole, WIRE_MAX_BYTES, tag);
		seal_in_spans(&other, plain_bytes, plain_bytes, pieces, 1448, tag);
		ck_assert_mem_eq(whole, pieces, sl_seal_wire_bytes(&one.keys, plain_bytes));
	}
	tls_side_fini(&one);
	tls_side_fini(&other);
}
END_TEST

START_TEST(spans_may_be_ragged_and_empty)
{
	static const uint32_t lengths[] = { 0, 3, 0, 0, 1, 1, 97, 0, 1, 13, 2, 400, 0 };
	enum { SPAN_CNT = sizeof(lengths) / sizeof(lengths[0]) };
	struct sl_span spans[SPAN_CNT];
	struct sl_span_cursor cursor = { .spans = spans, .span_cnt = SPAN_CNT };
	struct tls_side side;
	uint8_t tag[16];
	uint8_t *place = pieces;

	tls_side_init(&side, tls_engines[_i], SL_AEAD_AES_128_GCM, 1);
	for (int i = 0; i < SPAN_CNT; i++) {
		spans[i] = (struct sl_span){ place, lengths[i] };
		place += lengths[i];
	}
	/* 112 bytes: the tag ends in the span of 13. */
	sl_seal_record(side.aead, side.table, &side.keys, 0, SL_TLS_APPLICATION_DATA, plain, 90,
		       &cursor, tag);
	ck_assert_uint_eq(cursor.span_idx, 9);
	ck_assert_uint_eq(cursor.off_bytes, 112 - 3 - 1 - 1 - 97 - 1);
	/* The next record goes on where the first one ended. */
	sl_seal_record(side.aead, side.table, &side.keys, 1, SL_TLS_APPLICATION_DATA, plain, 300,
		       &cursor, tag);
	seal_in_spans(&side, 0, 90, whole, WIRE_MAX_BYTES, tag);
	ck_assert_mem_eq(pieces, whole, 112);
	seal_in_spans(&side, 1, 300, whole, WIRE_MAX_BYTES, tag);
	ck_assert_mem_eq(pieces + 112, whole, 322);
	tls_side_fini(&side);
}
END_TEST

START_TEST(sealed_again_it_comes_out_the_same)
{
	struct tls_side side;
	uint8_t first_tag[16], second_tag[16];

	tls_side_init_shape(&side, tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT, 9);
	seal_in_spans(&side, 40, 1000, whole, 100, first_tag);
	seal_in_spans(&side, 41, 1000, pieces, 100, second_tag);
	ck_assert_mem_ne(first_tag, second_tag, 16);
	seal_in_spans(&side, 40, 1000, pieces, 1448, second_tag);
	ck_assert_mem_eq(whole, pieces, sl_seal_wire_bytes(&side.keys, 1000));
	ck_assert_mem_eq(first_tag, second_tag, 16);
	ck_assert_uint_eq(side.keys.record_no, 0); /* the caller's to count */
	tls_side_fini(&side);
}
END_TEST

START_TEST(too_little_room_is_a_bug)
{
	struct tls_side side;
	struct sl_span span = { .data = whole };
	struct sl_span_cursor cursor = { .spans = &span, .span_cnt = 1 };
	uint8_t tag[16];

	tls_side_init_shape(&side, NULL, _i, 9);
	span.len_bytes = sl_seal_wire_bytes(&side.keys, 100) - 1;
	sl_seal_record(side.aead, side.table, &side.keys, 0, SL_TLS_APPLICATION_DATA, plain, 100,
		       &cursor, tag);
}
END_TEST

Suite *suite_seal(void)
{
	Suite *suite = suite_create("seal");
	TCase *tcase = tcase_create("seal");

	tcase_set_timeout(tcase, 60); /* thousands of records; sanitizers are slow */
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, seals_the_records_of_rfc_8448, 0, tls_engine_cnt);
	tcase_add_loop_test(tcase, seals_as_openssl_would_by_the_rules_of_tls_1_2, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, spans_of_any_size_hold_the_same_bytes, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, engines_agree_on_every_length, 0, TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, spans_may_be_ragged_and_empty, 0, tls_engine_cnt);
	tcase_add_loop_test(tcase, sealed_again_it_comes_out_the_same, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_loop_test_raise_signal(tcase, too_little_room_is_a_bug, SIGABRT, 0,
					 TLS_SHAPE_CNT);
	suite_add_tcase(suite, tcase);
	return suite;
}
