/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/hmac.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/bug.h"

enum { BLOCK_MAX_BYTES = 128 };

/* A context that keeps its algorithm: starting it again costs no fetch and no allocation. */
static EVP_MD_CTX *digest_open(const char *name)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (md && context && EVP_DigestInit_ex2(context, md, NULL)) {
		EVP_MD_free(md); /* the context holds its own reference */
		return context;
	}
	EVP_MD_free(md);
	EVP_MD_CTX_free(context);
	return NULL;
}

int sl_tls_hmac_init(struct sl_tls_hmac *hmac)
{
	hmac->sha256 = digest_open("SHA256");
	hmac->sha384 = digest_open("SHA384");
	if (hmac->sha256 && hmac->sha384)
		return 0;
	sl_tls_hmac_fini(hmac);
	return -ENOMEM;
}

void sl_tls_hmac_fini(struct sl_tls_hmac *hmac)
{
	EVP_MD_CTX_free(hmac->sha256);
	EVP_MD_CTX_free(hmac->sha384);
	memset(hmac, 0, sizeof(*hmac));
}

/* H((key xor pad) | data) */
static void digest_padded(EVP_MD_CTX *context, const uint8_t *key, size_t key_bytes, uint8_t pad,
			  const uint8_t *data, size_t data_bytes, uint8_t *out)
{
	size_t block_bytes = EVP_MD_CTX_get_block_size(context);
	uint8_t block[BLOCK_MAX_BYTES];

	BUG_ON(block_bytes > sizeof(block));
	BUG_ON(key_bytes > block_bytes);
	memset(block, pad, block_bytes);
	for (size_t i = 0; i < key_bytes; i++)
		block[i] ^= key[i];
	BUG_ON(!EVP_DigestInit_ex2(context, NULL, NULL));
	BUG_ON(!EVP_DigestUpdate(context, block, block_bytes));
	BUG_ON(!EVP_DigestUpdate(context, data, data_bytes));
	BUG_ON(!EVP_DigestFinal_ex(context, out, NULL));
	OPENSSL_cleanse(block, sizeof(block));
}

void sl_tls_hmac(struct sl_tls_hmac *hmac, uint32_t hash_bytes, const uint8_t *key,
		 size_t key_bytes, const uint8_t *data, size_t data_bytes, uint8_t *mac)
{
	EVP_MD_CTX *context = hash_bytes == 32 ? hmac->sha256 : hmac->sha384;
	uint8_t inner[SL_HMAC_MAX_BYTES];

	BUG_ON(hash_bytes != 32 && hash_bytes != 48);
	digest_padded(context, key, key_bytes, 0x36, data, data_bytes, inner);
	digest_padded(context, key, key_bytes, 0x5c, inner, hash_bytes, mac);
	OPENSSL_cleanse(inner, sizeof(inner));
}
