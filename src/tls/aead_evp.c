/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OpenSSL engine. A provided cipher context allocates when its algorithm is set, not when its
 * key is: so there is one context a kind and direction, made at start, and every record sets key
 * and nonce. A connection then costs its raw key. Expanding an AES key takes about 100 ns, a few
 * percent of a full record.
 */
#include "tls/aead_engine.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/bug.h"

struct evp_table {
	uint8_t key[SL_AEAD_KEY_MAX_BYTES];
	uint8_t kind; /* enum sl_aead_kind */
	uint8_t reserved[31];
};
_Static_assert(sizeof(struct evp_table) == 64, "one cache line");

struct evp_state {
	EVP_CIPHER_CTX *seal[SL_AEAD_KINDS];
	EVP_CIPHER_CTX *open[SL_AEAD_KINDS];
};

static const char *const names[SL_AEAD_KINDS] = {
	[SL_AEAD_AES_128_GCM] = "AES-128-GCM",
	[SL_AEAD_AES_256_GCM] = "AES-256-GCM",
	[SL_AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

static void evp_fini(void *opaque)
{
	struct evp_state *state = opaque;

	for (int kind = 0; kind < SL_AEAD_KINDS; kind++) {
		EVP_CIPHER_CTX_free(state->seal[kind]);
		EVP_CIPHER_CTX_free(state->open[kind]);
	}
	sl_free(state);
}

static int open_kind(struct evp_state *state, int kind)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, names[kind], NULL);
	int ret = -ENOMEM;

	if (!cipher)
		return -ENOENT;
	state->seal[kind] = EVP_CIPHER_CTX_new();
	state->open[kind] = EVP_CIPHER_CTX_new();
	if (state->seal[kind] && state->open[kind] &&
	    EVP_EncryptInit_ex2(state->seal[kind], cipher, NULL, NULL, NULL) &&
	    EVP_DecryptInit_ex2(state->open[kind], cipher, NULL, NULL, NULL))
		ret = 0;
	EVP_CIPHER_free(cipher); /* the contexts hold their own references */
	return ret;
}

static int evp_init(void **out, const char **detail)
{
	struct evp_state *state = sl_alloc(1, sizeof(*state));
	int ret = 0;

	if (!state)
		return -ENOMEM;
	for (int kind = 0; kind < SL_AEAD_KINDS && ret == 0; kind++)
		ret = open_kind(state, kind);
	if (ret) {
		evp_fini(state);
		return ret;
	}
	*detail = "";
	*out = state;
	return 0;
}

static void evp_expand(void *opaque, void *table, enum sl_aead_kind kind, const uint8_t *key)
{
	struct evp_table *t = table;

	(void)opaque;
	memset(t, 0, sizeof(*t));
	memcpy(t->key, key, sl_aead_key_bytes(kind));
	t->kind = kind;
}

static void evp_seal_begin(void *opaque, const void *table, const uint8_t *nonce,
			   const uint8_t *aad, size_t aad_bytes)
{
	const struct evp_state *state = opaque;
	const struct evp_table *t = table;
	int done_bytes;

	BUG_ON(!EVP_EncryptInit_ex2(state->seal[t->kind], NULL, t->key, nonce, NULL));
	BUG_ON(!EVP_EncryptUpdate(state->seal[t->kind], NULL, &done_bytes, aad, (int)aad_bytes));
}

static void evp_seal_put(void *opaque, const void *table, uint8_t *dst, const uint8_t *src,
			 size_t len_bytes)
{
	const struct evp_state *state = opaque;
	const struct evp_table *t = table;
	int done_bytes;

	BUG_ON_HOT(len_bytes > INT_MAX);
	BUG_ON(!EVP_EncryptUpdate(state->seal[t->kind], dst, &done_bytes, src, (int)len_bytes));
	BUG_ON_HOT((size_t)done_bytes != len_bytes);
}

static void evp_seal_end(void *opaque, const void *table, uint8_t *tag)
{
	const struct evp_state *state = opaque;
	const struct evp_table *t = table;
	EVP_CIPHER_CTX *context = state->seal[t->kind];
	uint8_t nothing[16];
	int done_bytes;

	BUG_ON(!EVP_EncryptFinal_ex(context, nothing, &done_bytes));
	BUG_ON(!EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SL_AEAD_TAG_BYTES, tag));
}

static bool evp_open(void *opaque, const void *table, const uint8_t *nonce, const uint8_t *aad,
		     size_t aad_bytes, uint8_t *text, size_t len_bytes, const uint8_t *tag)
{
	const struct evp_state *state = opaque;
	const struct evp_table *t = table;
	EVP_CIPHER_CTX *context = state->open[t->kind];
	uint8_t expected[SL_AEAD_TAG_BYTES];
	uint8_t nothing[16];
	int done_bytes;

	memcpy(expected, tag, sizeof(expected)); /* the call below wants it writable */
	BUG_ON_HOT(len_bytes > INT_MAX);
	BUG_ON(!EVP_DecryptInit_ex2(context, NULL, t->key, nonce, NULL));
	BUG_ON(!EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(expected), expected));
	BUG_ON(!EVP_DecryptUpdate(context, NULL, &done_bytes, aad, (int)aad_bytes));
	if (len_bytes != 0)
		BUG_ON(!EVP_DecryptUpdate(context, text, &done_bytes, text, (int)len_bytes));
	return EVP_DecryptFinal_ex(context, nothing, &done_bytes) == 1;
}

const struct sl_aead_engine sl_aead_evp = {
	.name = "openssl",
	.table_bytes = sizeof(struct evp_table),
	.init = evp_init,
	.fini = evp_fini,
	.expand = evp_expand,
	.seal_begin = evp_seal_begin,
	.seal_put = evp_seal_put,
	.seal_end = evp_seal_end,
	.open = evp_open,
};
