/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/aead.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "room_tls.h"

struct vector {
	const char *source;
	enum sl_aead_kind kind;
	const char *key, *nonce, *aad, *plain, *cipher, *tag;
};

static const struct vector vectors[] = {
	{ "McGrew and Viega, The Galois/Counter Mode of Operation (GCM), test case 1",
	  SL_AEAD_AES_128_GCM, "00000000000000000000000000000000", "000000000000000000000000", "",
	  "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ "the same, test case 4", SL_AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ "the same, test case 16", SL_AEAD_AES_256_GCM,
	  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
	{ "RFC 8439, 2.8.2", SL_AEAD_CHACHA20_POLY1305,
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	  "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	  "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	  "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	  "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	  "637265656e20776f756c642062652069742e",
	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	  "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	  "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	  "3ff4def08e4b7a9de576d26586cec64b6116",
	  "1ae10b594f09e26a7e902ecbd0600691" },
};
enum { VECTOR_CNT = sizeof(vectors) / sizeof(vectors[0]) };

struct bytes {
	uint8_t data[128];
	size_t len_bytes;
};

static struct bytes bytes_of(const char *text)
{
	struct bytes bytes;

	bytes.len_bytes = hex(bytes.data, text);
	return bytes;
}

/* A vector with its key expanded by one of the engines: the loop index picks both. */
struct story {
	const struct vector *vector;
	struct sl_aead *aead;
	void *table;
	struct bytes nonce, aad, plain, cipher, tag;
};

static struct story story;

static void story_begin(int loop_idx)
{
	const struct vector *vector = &vectors[loop_idx % VECTOR_CNT];
	struct bytes key = bytes_of(vector->key);

	story.vector = vector;
	ck_assert_int_eq(sl_aead_init(&story.aead, tls_engines[loop_idx / VECTOR_CNT]), 0);
	story.table = sl_alloc(1, sl_aead_table_bytes(story.aead));
	ck_assert_uint_eq(sl_aead_key_bytes(vector->kind), key.len_bytes);
	sl_aead_expand(story.aead, story.table, vector->kind, key.data);
	story.nonce = bytes_of(vector->nonce);
	story.aad = bytes_of(vector->aad);
	story.plain = bytes_of(vector->plain);
	story.cipher = bytes_of(vector->cipher);
	story.tag = bytes_of(vector->tag);
}

static void story_end(void)
{
	sl_free(story.table);
	sl_aead_fini(story.aead);
}

static bool opens(uint8_t *text)
{
	return sl_aead_open(story.aead, story.table, story.nonce.data, story.aad.data,
			    story.aad.len_bytes, text, story.cipher.len_bytes, story.tag.data);
}

START_TEST(every_engine_knows_the_published_answers)
{
	uint8_t text[128], tag[16];

	story_begin(_i);
	sl_aead_seal_begin(story.aead, story.table, story.nonce.data, story.aad.data,
			   story.aad.len_bytes);
	sl_aead_seal_put(story.aead, story.table, text, story.plain.data, story.plain.len_bytes);
	sl_aead_seal_end(story.aead, story.table, tag);
	ck_assert_mem_eq(tag, story.tag.data, sizeof(tag));
	if (story.plain.len_bytes != 0)
		ck_assert_mem_eq(text, story.cipher.data, story.cipher.len_bytes);
	ck_assert(opens(text));
	if (story.plain.len_bytes != 0)
		ck_assert_mem_eq(text, story.plain.data, story.plain.len_bytes);
	story_end();
}
END_TEST

START_TEST(a_stream_in_pieces_of_any_size_is_the_same)
{
	uint8_t text[128], tag[16];

	story_begin(_i);
	for (size_t piece_bytes = 1; piece_bytes <= story.plain.len_bytes; piece_bytes++) {
		sl_aead_seal_begin(story.aead, story.table, story.nonce.data, story.aad.data,
				   story.aad.len_bytes);
		for (size_t off = 0; off < story.plain.len_bytes; off += piece_bytes) {
			size_t left_bytes = story.plain.len_bytes - off;

			memcpy(text + off, story.plain.data + off, left_bytes);
			sl_aead_seal_put(story.aead, story.table, text + off, text + off,
					 left_bytes < piece_bytes ? left_bytes : piece_bytes);
			sl_aead_seal_put(story.aead, story.table, text + off, text + off, 0);
		}
		sl_aead_seal_end(story.aead, story.table, tag);
		ck_assert_mem_eq(text, story.cipher.data, story.cipher.len_bytes);
		ck_assert_mem_eq(tag, story.tag.data, sizeof(tag));
	}
	story_end();
}
END_TEST

START_TEST(one_wrong_bit_anywhere_is_refused)
{
	struct bytes *const parts[] = { &story.nonce, &story.aad, &story.cipher, &story.tag };

	story_begin(_i);
	for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
		for (size_t bit = 0; bit < parts[part]->len_bytes * 8; bit++) {
			uint8_t *byte = &parts[part]->data[bit / 8];
			uint8_t text[128];

			*byte ^= 1 << bit % 8;
			memcpy(text, story.cipher.data, sizeof(text));
			ck_assert(!opens(text));
			*byte ^= 1 << bit % 8;
		}
	}
	ck_assert(opens(story.cipher.data));
	story_end();
}
END_TEST

START_TEST(a_name_picks_the_engine)
{
	struct sl_aead *aead;

	for (int i = 0; i < tls_engine_cnt; i++) {
		ck_assert_int_eq(sl_aead_init(&aead, tls_engines[i]), 0);
		ck_assert_int_eq(
		    strncmp(sl_aead_name(aead), tls_engines[i], strlen(tls_engines[i])), 0);
		ck_assert_uint_eq(sl_aead_table_bytes(aead) % 64, 0);
		sl_aead_fini(aead);
	}
	ck_assert_int_eq(sl_aead_init(&aead, "rot13"), -ENOENT);
}
END_TEST

START_TEST(without_a_name_the_fastest_is_taken)
{
	const char *fastest = tls_engines[tls_engine_cnt - 1];
	struct sl_aead *aead;

	ck_assert_int_eq(sl_aead_init(&aead, NULL), 0);
	ck_assert_int_eq(strncmp(sl_aead_name(aead), fastest, strlen(fastest)), 0);
	sl_aead_fini(aead);
}
END_TEST

Suite *suite_aead(void)
{
	Suite *suite = suite_create("aead");
	TCase *tcase = tcase_create("aead");
	int story_cnt = tls_engine_cnt * VECTOR_CNT;

	tcase_add_loop_test(tcase, every_engine_knows_the_published_answers, 0, story_cnt);
	tcase_add_loop_test(tcase, a_stream_in_pieces_of_any_size_is_the_same, 0, story_cnt);
	tcase_add_loop_test(tcase, one_wrong_bit_anywhere_is_refused, 0, story_cnt);
	tcase_add_test(tcase, a_name_picks_the_engine);
	tcase_add_test(tcase, without_a_name_the_fastest_is_taken);
	suite_add_tcase(suite, tcase);
	return suite;
}
