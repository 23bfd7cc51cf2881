/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/keys.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/bug.h"
#include "tls/hmac.h"
#include "tls/prf.h"

enum {
	LABEL_MAX_BYTES = 32,                         /* "tls13 " included; TLS's longest is 18 */
	INFO_MAX_BYTES = 2 + 1 + LABEL_MAX_BYTES + 1, /* length, label, context (empty) */
	EXPAND_MAX_BYTES = SL_HMAC_MAX_BYTES,         /* key, IV, next secret: never more */
	SALT_BYTES = 4,                               /* RFC 5288, 3 */
	BLOCK_MAX_BYTES = 2 * (SL_AEAD_KEY_MAX_BYTES + SL_AEAD_NONCE_BYTES),
};

/* struct HkdfLabel of RFC 8446, 7.1. Returns its length. */
static size_t label_encode(const char *label, uint32_t out_bytes, uint8_t *info)
{
	static const char prefix[6] = "tls13 ";
	size_t label_bytes = strlen(label);
	uint8_t *p = info;

	BUG_ON(sizeof(prefix) + label_bytes > LABEL_MAX_BYTES);
	*p++ = out_bytes >> 8;
	*p++ = out_bytes & 0xff;
	*p++ = sizeof(prefix) + label_bytes;
	memcpy(p, prefix, sizeof(prefix));
	p += sizeof(prefix);
	memcpy(p, label, label_bytes);
	p += label_bytes;
	*p++ = 0; /* no context */
	return p - info;
}

/* HKDF-Expand (RFC 5869, 2.3) of at most one block of the hash, or two: T(1) = HMAC(secret, info |
 * 1), T(2) = HMAC(secret, T(1) | info | 2). */
void sl_tls_expand_label(const uint8_t *secret, uint32_t hash_bytes, const char *label,
			 uint8_t *out, uint32_t out_bytes)
{
	uint8_t data[SL_HMAC_MAX_BYTES + INFO_MAX_BYTES + 1];
	uint8_t info[INFO_MAX_BYTES];
	uint8_t block[SL_HMAC_MAX_BYTES];
	size_t info_bytes = label_encode(label, out_bytes, info);
	size_t before_bytes = 0;
	uint8_t block_no = 1;

	BUG_ON(out_bytes > EXPAND_MAX_BYTES);
	for (uint32_t done_bytes = 0; done_bytes < out_bytes; block_no++) {
		uint32_t piece_bytes = out_bytes - done_bytes;

		if (piece_bytes > hash_bytes)
			piece_bytes = hash_bytes;
		memcpy(data, block, before_bytes);
		memcpy(data + before_bytes, info, info_bytes);
		data[before_bytes + info_bytes] = block_no;
		sl_tls_hmac(hash_bytes, secret, hash_bytes, data, before_bytes + info_bytes + 1,
			    block);
		memcpy(out + done_bytes, block, piece_bytes);
		done_bytes += piece_bytes;
		before_bytes = hash_bytes;
	}
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(data, sizeof(data));
}

/* One side's share of the key block. */
static void side_cut(struct sl_tls_keys *keys, enum sl_aead_kind kind, const uint8_t *key,
		     const uint8_t *iv, uint32_t iv_bytes)
{
	keys->kind = kind;
	keys->format = kind == SL_AEAD_CHACHA20_POLY1305 ? SL_TLS12_IMPLICIT : SL_TLS12_EXPLICIT;
	keys->secret_bytes = sl_aead_key_bytes(kind);
	memcpy(keys->secret, key, keys->secret_bytes);
	memset(keys->iv, 0, sizeof(keys->iv));
	memcpy(keys->iv, iv, iv_bytes);
}

void sl_tls_keys_cut(struct sl_tls_keys *client, struct sl_tls_keys *server, enum sl_aead_kind kind,
		     uint32_t hash_bytes, const uint8_t master[SL_MASTER_BYTES],
		     const uint8_t client_random[SL_HELLO_RANDOM_BYTES],
		     const uint8_t server_random[SL_HELLO_RANDOM_BYTES])
{
	uint32_t key_bytes = sl_aead_key_bytes(kind);
	uint32_t iv_bytes = kind == SL_AEAD_CHACHA20_POLY1305 ? SL_AEAD_NONCE_BYTES : SALT_BYTES;
	uint8_t seed[2 * SL_HELLO_RANDOM_BYTES], block[BLOCK_MAX_BYTES];
	const uint8_t *ivs = block + (size_t)2 * key_bytes;

	memcpy(seed, server_random, SL_HELLO_RANDOM_BYTES);
	memcpy(seed + SL_HELLO_RANDOM_BYTES, client_random, SL_HELLO_RANDOM_BYTES);
	sl_tls_prf(hash_bytes, master, SL_MASTER_BYTES, "key expansion", seed, sizeof(seed), block,
		   (size_t)2 * (key_bytes + iv_bytes));
	side_cut(client, kind, block, ivs, iv_bytes);
	side_cut(server, kind, block + key_bytes, ivs + iv_bytes, iv_bytes);
	OPENSSL_cleanse(block, sizeof(block));
}

void sl_tls_keys_expand(const struct sl_tls_keys *keys, struct sl_aead *aead, void *table)
{
	uint8_t key[SL_AEAD_KEY_MAX_BYTES];

	if (keys->format != SL_TLS13) {
		sl_aead_expand(aead, table, keys->kind, keys->secret);
		return;
	}
	BUG_ON(keys->secret_bytes != 32 && keys->secret_bytes != 48);
	sl_tls_expand_label(keys->secret, keys->secret_bytes, "key", key,
			    sl_aead_key_bytes(keys->kind));
	sl_aead_expand(aead, table, keys->kind, key);
	OPENSSL_cleanse(key, sizeof(key));
}

void sl_tls_keys_derive(struct sl_tls_keys *keys, struct sl_aead *aead, void *table)
{
	sl_tls_keys_expand(keys, aead, table);
	if (keys->format == SL_TLS13)
		sl_tls_expand_label(keys->secret, keys->secret_bytes, "iv", keys->iv,
				    sizeof(keys->iv));
	keys->record_no = 0;
}

void sl_tls_keys_update(struct sl_tls_keys *keys, struct sl_aead *aead, void *table)
{
	uint8_t next[SL_SECRET_MAX_BYTES];

	BUG_ON(keys->format != SL_TLS13);
	sl_tls_expand_label(keys->secret, keys->secret_bytes, "traffic upd", next,
			    keys->secret_bytes);
	memcpy(keys->secret, next, keys->secret_bytes);
	OPENSSL_cleanse(next, sizeof(next));
	sl_tls_keys_derive(keys, aead, table);
}

void sl_tls_nonce(const struct sl_tls_keys *keys, uint64_t record_no,
		  uint8_t nonce[SL_AEAD_NONCE_BYTES])
{
	memcpy(nonce, keys->iv, SL_AEAD_NONCE_BYTES);
	for (int i = 0; i < 8; i++)
		nonce[SL_AEAD_NONCE_BYTES - 1 - i] ^= (uint8_t)(record_no >> (8 * i));
}

static uint8_t *put_be(uint8_t *out, uint64_t value, int byte_cnt)
{
	for (int i = byte_cnt - 1; i >= 0; i--)
		*out++ = (uint8_t)(value >> (8 * i));
	return out;
}

void sl_tls12_aad(uint64_t record_no, const uint8_t *header, uint32_t plain_bytes,
		  uint8_t aad[SL_TLS12_AAD_BYTES])
{
	aad = put_be(aad, record_no, 8);
	memcpy(aad, header, 3);
	put_be(aad + 3, plain_bytes, 2);
}
