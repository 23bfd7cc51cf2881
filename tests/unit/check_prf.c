/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/prf.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "room_tls.h"

/* Known answers that the TLS working group's list was given for want of any in the RFC ("Test
 * vectors for TLS 1.2 PRF", 2009, SHA-256 and SHA-384). */
static const struct {
	uint32_t hash_bytes;
	const char *secret, *seed, *out;
} answers[] = {
	{ 32, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
	  "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
	  "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
	  "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
	  "87347b66" },
	{ 48, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
	  "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
	  "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
	  "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
	  "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6"
	  "91c8f3a26854308d5eaa3be85e0990703d73e56f" },
};

START_TEST(answers_are_those_that_are_known)
{
	uint8_t secret[32], seed[32], out[160];
	size_t secret_bytes = hex(secret, answers[_i].secret);
	size_t seed_bytes = hex(seed, answers[_i].seed);
	size_t out_bytes = hex(out, answers[_i].out);

	memset(out, 0, sizeof(out));
	sl_tls_prf(answers[_i].hash_bytes, secret, secret_bytes, "test label", seed, seed_bytes,
		   out, out_bytes);
	expect_hex(out, out_bytes, answers[_i].out);
}
END_TEST

static void expand_with_openssl(const char *digest, uint8_t *secret, uint8_t *seed,
				size_t seed_bytes, uint8_t *out, size_t out_bytes)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret, 48),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (char *)"key expansion", 13),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, seed_bytes),
		OSSL_PARAM_construct_end(),
	};

	ck_assert_int_eq(EVP_KDF_derive(context, out, out_bytes, params), 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
}

START_TEST(every_length_is_what_openssl_derives)
{
	uint8_t secret[48], seed[64], ours[150], theirs[150];

	fill(secret, sizeof(secret), 1);
	fill(seed, sizeof(seed), 2);
	for (size_t out_bytes = 1; out_bytes <= sizeof(ours); out_bytes++) {
		sl_tls_prf(32, secret, 48, "key expansion", seed, 64, ours, out_bytes);
		expand_with_openssl("SHA256", secret, seed, 64, theirs, out_bytes);
		ck_assert_mem_eq(ours, theirs, out_bytes);
		sl_tls_prf(48, secret, 48, "key expansion", seed, 64, ours, out_bytes);
		expand_with_openssl("SHA384", secret, seed, 64, theirs, out_bytes);
		ck_assert_mem_eq(ours, theirs, out_bytes);
	}
}
END_TEST

Suite *suite_prf(void)
{
	Suite *suite = suite_create("prf");
	TCase *tcase = tcase_create("prf");

	tcase_add_loop_test(tcase, answers_are_those_that_are_known, 0,
			    sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(tcase, every_length_is_what_openssl_derives);
	suite_add_tcase(suite, tcase);
	return suite;
}
