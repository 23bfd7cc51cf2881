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
static uint8_t record[WIRE_MAX_BYTES], other[WIRE_MAX_BYTES];

static void setup(void)
{
	fill(plain, sizeof(plain), 5);
}

static void seal(struct tls_side *side, uint64_t record_no, const uint8_t *from,
		 uint32_t plain_bytes, uint8_t *wire, uint8_t tag[16])
{
	sl_seal_record(side->aead, side->table, &side->keys, record_no, SL_TLS_APPLICATION_DATA,
		       from, plain_bytes, wire, tag);
}

/* RFC 8448, 3: the server's application data, its record 1, and its close_notify, its record 2. */
START_TEST(seals_the_records_of_rfc_8448)
{
	struct tls_side side;
	uint8_t data[50], tag[16];

	tls_side_init(&side, tls_engines[_i], SL_AEAD_AES_128_GCM, 0);
	hex(side.keys.secret, "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
	sl_tls_keys_derive(&side.keys, side.aead, side.table);
	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	seal(&side, 1, data, sizeof(data), record, tag);
	expect_hex(record, 72,
		   "17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25"
		   "d0 5f 82 aa 1b 36 e3 0e fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b"
		   "f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d");
	ck_assert_mem_eq(tag, record + 72 - 16, 16);
	sl_seal_record(side.aead, side.table, &side.keys, 2, SL_TLS_ALERT,
		       (const uint8_t *)"\x01\x00", 2, record, tag);
	expect_hex(record, 24,
		   "17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9");
	ck_assert_mem_eq(tag, record + 24 - 16, 16);
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
	seal(&side, 0x0102, plain, 0x0304, record, tag);
	expect_hex(record, front_bytes,
		   is_explicit ? "17 03 03 03 1c 3c3b3a393837 37 37" : "17 03 03 03 14");
	seal_with_openssl(&side, "40 3f 3e 3d 3c 3b 3a 39 38 37 37 37",
			  "0000000000000102 17 0303 0304", 0x0304, other);
	ck_assert_mem_eq(record + front_bytes, other, 0x0304 + 16);
	ck_assert_mem_eq(tag, other + 0x0304, 16);
	tls_side_fini(&side);
}
END_TEST

START_TEST(engines_agree_on_every_length)
{
	struct tls_side one, two;
	uint8_t tag[16];

	tls_side_init_shape(&one, tls_engines[0], _i, 1);
	tls_side_init_shape(&two, tls_engines[tls_engine_cnt - 1], _i, 1);
	for (uint32_t plain_bytes = 0; plain_bytes <= SL_RECORD_PLAIN_MAX_BYTES;
	     plain_bytes += plain_bytes < 600 ? 1 : 263) {
		seal(&one, plain_bytes, plain, plain_bytes, record, tag);
		seal(&two, plain_bytes, plain, plain_bytes, other, tag);
		ck_assert_mem_eq(record, other, sl_seal_wire_bytes(&one.keys, plain_bytes));
	}
	tls_side_fini(&one);
	tls_side_fini(&two);
}
END_TEST

/* What lies around the record stays, at any alignment. */
START_TEST(it_takes_the_room_it_says)
{
	struct tls_side side;
	uint8_t tag[16];

	tls_side_init_shape(&side, tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT, 1);
	for (uint32_t plain_bytes = 0; plain_bytes < 1000; plain_bytes += 7) {
		uint32_t wire_bytes = sl_seal_wire_bytes(&side.keys, plain_bytes);
		uint8_t *place = other + 1 + plain_bytes % 64;

		memset(other, 0x5a, sizeof(other));
		seal(&side, 12, plain, plain_bytes, place, tag);
		seal(&side, 12, plain, plain_bytes, record, tag);
		ck_assert_mem_eq(place, record, wire_bytes);
		ck_assert_uint_eq(place[-1], 0x5a);
		ck_assert_uint_eq(place[wire_bytes], 0x5a);
	}
	tls_side_fini(&side);
}
END_TEST

START_TEST(a_text_may_be_sealed_where_it_lies)
{
	struct tls_side side;
	uint8_t tag[16], other_tag[16], *text;

	tls_side_init_shape(&side, tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT, 1);
	text = other + sl_seal_front_bytes(&side.keys);
	for (uint32_t plain_bytes = 0; plain_bytes < 1000; plain_bytes += 13) {
		seal(&side, 12, plain, plain_bytes, record, tag);
		memcpy(text, plain, plain_bytes);
		seal(&side, 12, text, plain_bytes, other, other_tag);
		ck_assert_mem_eq(record, other, sl_seal_wire_bytes(&side.keys, plain_bytes));
		ck_assert_mem_eq(tag, other_tag, 16);
	}
	tls_side_fini(&side);
}
END_TEST

START_TEST(sealed_again_it_comes_out_the_same)
{
	struct tls_side side;
	uint8_t first_tag[16], second_tag[16];

	tls_side_init_shape(&side, tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT, 9);
	seal(&side, 40, plain, 1000, record, first_tag);
	seal(&side, 41, plain, 1000, other, second_tag);
	ck_assert_mem_ne(first_tag, second_tag, 16);
	seal(&side, 40, plain, 1000, other, second_tag);
	ck_assert_mem_eq(record, other, sl_seal_wire_bytes(&side.keys, 1000));
	ck_assert_mem_eq(first_tag, second_tag, 16);
	ck_assert_uint_eq(side.keys.record_no, 0); /* the caller's to count */
	tls_side_fini(&side);
}
END_TEST

START_TEST(a_text_too_long_is_a_bug)
{
	struct tls_side side;
	uint8_t tag[16];

	tls_side_init(&side, NULL, SL_AEAD_AES_128_GCM, 9);
	seal(&side, 0, plain, SL_RECORD_PLAIN_MAX_BYTES + 1, record, tag);
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
	tcase_add_loop_test(tcase, engines_agree_on_every_length, 0, TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, it_takes_the_room_it_says, 0, tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, a_text_may_be_sealed_where_it_lies, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, sealed_again_it_comes_out_the_same, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_test_raise_signal(tcase, a_text_too_long_is_a_bug, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}
