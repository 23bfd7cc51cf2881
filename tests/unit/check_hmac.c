/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/hmac.h"

#include <string.h>

#include "room_tls.h"

/* RFC 4231, 4.2 to 4.5: keys shorter than the hash's block, as TLS's all are. */
static const struct {
	const char *key, *data, *sha256, *sha384;
} vectors[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6" },
	{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	  "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
	  "6801dd23c4a7d679ccf8a386c674cffb" },
};

START_TEST(knows_the_answers_of_rfc_4231)
{
	uint8_t key[64], data[64], mac[SL_HMAC_MAX_BYTES];
	size_t key_bytes = hex(key, vectors[_i].key);
	size_t data_bytes = hex(data, vectors[_i].data);

	sl_tls_hmac(32, key, key_bytes, data, data_bytes, mac);
	expect_hex(mac, 32, vectors[_i].sha256);
	sl_tls_hmac(48, key, key_bytes, data, data_bytes, mac);
	expect_hex(mac, 48, vectors[_i].sha384);
}
END_TEST

START_TEST(the_result_may_overwrite_the_key)
{
	uint8_t key[SL_HMAC_MAX_BYTES] = "Jefe";

	sl_tls_hmac(32, key, 4, (const uint8_t *)"what do ya want for nothing?", 28, key);
	expect_hex(key, 32, vectors[1].sha256);
}
END_TEST

Suite *suite_hmac(void)
{
	Suite *suite = suite_create("hmac");
	TCase *tcase = tcase_create("hmac");

	tcase_add_loop_test(tcase, knows_the_answers_of_rfc_4231, 0,
			    sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_test(tcase, the_result_may_overwrite_the_key);
	suite_add_tcase(suite, tcase);
	return suite;
}
