/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * On OpenSSL's low-level hashes, which keep their state on the stack. They are deprecated in favour
 * of EVP; but EVP_DigestInit_ex2 (3.0) allocates a new state with every start even if the context
 * has one already, and a KeyUpdate must neither allocate nor fail.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tls/hmac.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/bug.h"

enum { BLOCK_MAX_BYTES = SHA512_CBLOCK, INNER_PAD = 0x36, OUTER_PAD = 0x5c };

static void sha256(const uint8_t *block, const uint8_t *data, size_t data_bytes, uint8_t *out)
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Update(&context, block, SHA256_CBLOCK);
	SHA256_Update(&context, data, data_bytes);
	SHA256_Final(out, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}

static void sha384(const uint8_t *block, const uint8_t *data, size_t data_bytes, uint8_t *out)
{
	SHA512_CTX context;

	SHA384_Init(&context);
	SHA384_Update(&context, block, SHA512_CBLOCK);
	SHA384_Update(&context, data, data_bytes);
	SHA384_Final(out, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}

/* H((key xor pad) | data) */
static void hash_padded(uint32_t hash_bytes, const uint8_t *key, size_t key_bytes, uint8_t pad,
			const uint8_t *data, size_t data_bytes, uint8_t *out)
{
	uint8_t block[BLOCK_MAX_BYTES];

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < key_bytes; i++)
		block[i] ^= key[i];
	if (hash_bytes == SHA256_DIGEST_LENGTH)
		sha256(block, data, data_bytes, out);
	else
		sha384(block, data, data_bytes, out);
	OPENSSL_cleanse(block, sizeof(block));
}

void sl_tls_hmac(uint32_t hash_bytes, const uint8_t *key, size_t key_bytes, const uint8_t *data,
		 size_t data_bytes, uint8_t *mac)
{
	uint8_t inner[SL_HMAC_MAX_BYTES];

	BUG_ON(hash_bytes != SHA256_DIGEST_LENGTH && hash_bytes != SHA384_DIGEST_LENGTH);
	BUG_ON(key_bytes > (hash_bytes == SHA256_DIGEST_LENGTH ? SHA256_CBLOCK : SHA512_CBLOCK));
	hash_padded(hash_bytes, key, key_bytes, INNER_PAD, data, data_bytes, inner);
	hash_padded(hash_bytes, key, key_bytes, OUTER_PAD, inner, hash_bytes, mac);
	OPENSSL_cleanse(inner, sizeof(inner));
}
