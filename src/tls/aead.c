/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/aead.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "tls/aead_engine.h"
#include "tls/heap.h"

/* Fastest first. With VAES the first does 16 KiB of AES-128-GCM three times as fast as the second,
 * and it keeps expanded keys, where EVP expands the key again for every record. */
static const struct sl_aead_engine *const engines[] = {
#ifdef HAVE_IPSEC_MB
	&sl_aead_ipsecmb,
#endif
	&sl_aead_evp,
};

static const uint32_t key_bytes[SL_AEAD_KINDS] = {
	[SL_AEAD_AES_128_GCM] = 16,
	[SL_AEAD_AES_256_GCM] = 32,
	[SL_AEAD_CHACHA20_POLY1305] = 32,
};

uint32_t sl_aead_key_bytes(enum sl_aead_kind kind)
{
	BUG_ON(kind >= SL_AEAD_KINDS);
	return key_bytes[kind];
}

static int engine_start(struct sl_aead *aead, const char *name)
{
	const char *detail = "";
	int ret = -ENOENT;

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		const struct sl_aead_engine *engine = engines[i];

		if (name && strcmp(name, engine->name) != 0)
			continue;
		ret = engine->init(&aead->state, &detail);
		if (ret == -ENOENT)
			continue;
		if (ret == 0) {
			aead->engine = engine;
			snprintf(aead->name, sizeof(aead->name), "%s%s%s", engine->name,
				 *detail ? " " : "", detail);
		}
		return ret;
	}
	return ret;
}

int sl_aead_init(struct sl_aead **out, const char *name)
{
	struct sl_aead *aead = sl_alloc(1, sizeof(*aead));
	int ret;

	if (!aead)
		return -ENOMEM;
	sl_tls_heap_install();
	ret = engine_start(aead, name);
	if (ret) {
		sl_aead_fini(aead);
		return ret;
	}
	*out = aead;
	return 0;
}

void sl_aead_fini(struct sl_aead *aead)
{
	if (!aead)
		return;
	if (aead->engine)
		aead->engine->fini(aead->state);
	sl_free(aead);
}

const char *sl_aead_name(const struct sl_aead *aead)
{
	return aead->name;
}

size_t sl_aead_table_bytes(const struct sl_aead *aead)
{
	return aead->engine->table_bytes;
}

void sl_aead_expand(struct sl_aead *aead, void *table, enum sl_aead_kind kind, const uint8_t *key)
{
	BUG_ON(kind >= SL_AEAD_KINDS);
	BUG_ON((uintptr_t)table % 64 != 0);
	aead->engine->expand(aead->state, table, kind, key);
}

void sl_aead_seal_begin(struct sl_aead *aead, const void *table, const uint8_t nonce[12],
			const uint8_t *aad, size_t aad_bytes)
{
	aead->engine->seal_begin(aead->state, table, nonce, aad, aad_bytes);
}

void sl_aead_seal_put(struct sl_aead *aead, const void *table, uint8_t *dst, const uint8_t *src,
		      size_t len_bytes)
{
	if (len_bytes != 0) /* the engines differ on what an empty update means */
		aead->engine->seal_put(aead->state, table, dst, src, len_bytes);
}

void sl_aead_seal_end(struct sl_aead *aead, const void *table, uint8_t tag[16])
{
	aead->engine->seal_end(aead->state, table, tag);
}

bool sl_aead_open(struct sl_aead *aead, const void *table, const uint8_t nonce[12],
		  const uint8_t *aad, size_t aad_bytes, uint8_t *text, size_t len_bytes,
		  const uint8_t tag[16])
{
	return aead->engine->open(aead->state, table, nonce, aad, aad_bytes, text, len_bytes, tag);
}
