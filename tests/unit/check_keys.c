/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/keys.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/alloc.h"
#include "room_tls.h"

static struct sl_aead *aead;
static void *table;

static void setup(void)
{
	ck_assert_int_eq(sl_aead_init(&aead, NULL), 0);
	table = sl_alloc(1, sl_aead_table_bytes(aead));
}

static void teardown(void)
{
	sl_free(table);
	sl_aead_fini(aead);
}

/* RFC 8448, 3: the application traffic secrets of the simple 1-RTT handshake. */
static const struct {
	const char *secret, *key, *iv;
} directions[] = {
	{ "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
	  "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984" },
	{ "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
	  "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9" },
};

START_TEST(key_and_iv_are_those_of_rfc_8448)
{
	uint8_t secret[32], out[16];

	hex(secret, directions[_i].secret);
	sl_tls_expand_label(secret, 32, "key", out, 16);
	expect_hex(out, 16, directions[_i].key);
	sl_tls_expand_label(secret, 32, "iv", out, 12);
	expect_hex(out, 12, directions[_i].iv);
}
END_TEST

/* RFC 9001, A.1: QUIC uses the same function. */
START_TEST(label_and_length_are_those_of_rfc_9001)
{
	uint8_t secret[32], out[32];

	hex(secret, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
	sl_tls_expand_label(secret, 32, "quic key", out, 16);
	expect_hex(out, 16, "1f369613dd76d5467730efcbe3b1a22d");
	sl_tls_expand_label(secret, 32, "quic iv", out, 12);
	expect_hex(out, 12, "fa044b2f42a3fd3b46fb255c");
	sl_tls_expand_label(secret, 32, "quic hp", out, 16);
	expect_hex(out, 16, "9f50449e04a0e810283a1e9933adedd2");
}
END_TEST

static void expand_with_openssl(const char *digest, uint8_t *secret, size_t secret_bytes,
				const char *label, uint8_t *out, size_t out_bytes)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, secret_bytes),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (char *)"tls13 ", 6),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (char *)label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	ck_assert_int_eq(EVP_KDF_derive(context, out, out_bytes, params), 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
}

/* RFC 8448 has no SHA-384, and nothing longer than one block of the hash. */
START_TEST(every_length_is_what_openssl_derives)
{
	uint8_t secret[48], ours[48], theirs[48];

	fill(secret, sizeof(secret), 1);
	for (uint32_t out_bytes = 1; out_bytes <= 48; out_bytes++) {
		sl_tls_expand_label(secret, 32, "traffic upd", ours, out_bytes);
		expand_with_openssl("SHA256", secret, 32, "traffic upd", theirs, out_bytes);
		ck_assert_mem_eq(ours, theirs, out_bytes);
		sl_tls_expand_label(secret, 48, "traffic upd", ours, out_bytes);
		expand_with_openssl("SHA384", secret, 48, "traffic upd", theirs, out_bytes);
		ck_assert_mem_eq(ours, theirs, out_bytes);
	}
}
END_TEST

START_TEST(derive_fills_iv_and_table_and_starts_at_zero)
{
	struct sl_tls_keys keys = { .kind = SL_AEAD_AES_128_GCM,
				    .secret_bytes = 32,
				    .record_no = 7 };
	const uint8_t nonce[12] = { 0 };
	uint8_t key[16], from_secret[16], from_key[16];

	hex(keys.secret, directions[0].secret);
	sl_tls_keys_derive(&keys, aead, table);
	expect_hex(keys.iv, sizeof(keys.iv), directions[0].iv);
	ck_assert_uint_eq(keys.record_no, 0);

	sl_aead_seal_begin(aead, table, nonce, nonce, 1);
	sl_aead_seal_end(aead, table, from_secret);
	hex(key, directions[0].key);
	sl_aead_expand(aead, table, SL_AEAD_AES_128_GCM, key);
	sl_aead_seal_begin(aead, table, nonce, nonce, 1);
	sl_aead_seal_end(aead, table, from_key);
	ck_assert_mem_eq(from_secret, from_key, 16);
}
END_TEST

START_TEST(expand_makes_the_table_again_and_leaves_the_rest)
{
	struct sl_tls_keys keys = { .kind = SL_AEAD_AES_128_GCM, .secret_bytes = 32 }, before;
	const uint8_t nonce[12] = { 0 };
	uint8_t first[16], again[16];

	hex(keys.secret, directions[0].secret);
	sl_tls_keys_derive(&keys, aead, table);
	keys.record_no = 7;
	before = keys;
	sl_aead_seal_begin(aead, table, nonce, nonce, 1);
	sl_aead_seal_end(aead, table, first);

	memset(table, 0, sl_aead_table_bytes(aead));
	sl_tls_keys_expand(&keys, aead, table);
	ck_assert_mem_eq(&keys, &before, sizeof(keys));
	sl_aead_seal_begin(aead, table, nonce, nonce, 1);
	sl_aead_seal_end(aead, table, again);
	ck_assert_mem_eq(first, again, 16);
}
END_TEST

START_TEST(update_goes_to_the_next_secret_and_back_to_record_0)
{
	struct sl_tls_keys keys = { .kind = SL_AEAD_AES_256_GCM, .secret_bytes = 48 };
	uint8_t secret[48], next[48], iv[12];

	fill(keys.secret, 48, 3);
	memcpy(secret, keys.secret, 48);
	sl_tls_keys_derive(&keys, aead, table);
	keys.record_no = 99;
	sl_tls_keys_update(&keys, aead, table);

	expand_with_openssl("SHA384", secret, 48, "traffic upd", next, 48);
	expand_with_openssl("SHA384", next, 48, "iv", iv, 12);
	ck_assert_mem_eq(keys.secret, next, 48);
	ck_assert_mem_eq(keys.iv, iv, 12);
	ck_assert_uint_eq(keys.record_no, 0);
}
END_TEST

START_TEST(the_nonce_is_iv_xor_record_number_aligned_right)
{
	struct sl_tls_keys keys = { .kind = SL_AEAD_AES_128_GCM };
	uint8_t nonce[12];

	hex(keys.iv, "cf782b88dd83549aadf1e984");
	sl_tls_nonce(&keys, 0, nonce);
	expect_hex(nonce, 12, "cf782b88dd83549aadf1e984");
	sl_tls_nonce(&keys, 1, nonce);
	expect_hex(nonce, 12, "cf782b88dd83549aadf1e985");
	sl_tls_nonce(&keys, UINT64_C(0x0102030405060708), nonce);
	expect_hex(nonce, 12, "cf782b88 dc81579e a8f7ee8c");
}
END_TEST

Suite *suite_keys(void)
{
	Suite *suite = suite_create("keys");
	TCase *tcase = tcase_create("keys");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, key_and_iv_are_those_of_rfc_8448, 0, 2);
	tcase_add_test(tcase, label_and_length_are_those_of_rfc_9001);
	tcase_add_test(tcase, every_length_is_what_openssl_derives);
	tcase_add_test(tcase, derive_fills_iv_and_table_and_starts_at_zero);
	tcase_add_test(tcase, expand_makes_the_table_again_and_leaves_the_rest);
	tcase_add_test(tcase, update_goes_to_the_next_secret_and_back_to_record_0);
	tcase_add_test(tcase, the_nonce_is_iv_xor_record_number_aligned_right);
	suite_add_tcase(suite, tcase);
	return suite;
}
