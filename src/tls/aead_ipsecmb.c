/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of Intel's multi-buffer library, through its direct calls: no jobs, no queues. It
 * keeps round keys and powers of the hash key expanded, 1 KiB a key.
 */
#include "tls/aead_engine.h"

#include <errno.h>
#include <string.h>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "base/alloc.h"
#include "base/bug.h"

/* The library's header aligns gcm_key_data only if its user defines LINUX; without that kind finds
 * room in the last cache line. */
struct ipsecmb_table {
	_Alignas(64) union {
		struct gcm_key_data gcm;
		uint8_t chacha[SL_AEAD_KEY_MAX_BYTES];
	};
	uint8_t kind; /* enum sl_aead_kind */
};
_Static_assert(sizeof(struct ipsecmb_table) <= SL_AEAD_TABLE_MAX_BYTES, "one for each connection");

struct ipsecmb_state {
	struct gcm_context_data gcm;
	struct chacha20_poly1305_context_data chacha;
	IMB_MGR *manager;
};

static const char *const architectures[] = {
	[IMB_ARCH_SSE] = "sse",
	[IMB_ARCH_AVX] = "avx",
	[IMB_ARCH_AVX2] = "avx2",
	[IMB_ARCH_AVX512] = "avx512",
};

static void ipsecmb_fini(void *opaque)
{
	struct ipsecmb_state *state = opaque;

	sl_free(state->manager);
	sl_free(state);
}

/* Without AES instructions the library emulates them, slowly; a failed self-test speaks for itself.
 */
static bool is_usable(IMB_MGR *manager)
{
	uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;

	if (imb_get_errno(manager) != 0)
		return false;
	if ((manager->features & IMB_FEATURE_SELF_TEST) != 0)
		needed |= IMB_FEATURE_SELF_TEST_PASS;
	if ((manager->features & needed) != needed)
		return false;
	return manager->used_arch >= IMB_ARCH_SSE && manager->used_arch <= IMB_ARCH_AVX512;
}

static int ipsecmb_init(void **out, const char **detail)
{
	struct ipsecmb_state *state = sl_alloc(1, sizeof(*state));
	void *memory = sl_alloc(1, imb_get_mb_mgr_size());
	int ret = -ENOMEM;

	if (!state || !memory)
		goto fail;
	ret = -ENOENT;
	state->manager = imb_set_pointers_mb_mgr(memory, 0, 1);
	if (!state->manager)
		goto fail;
	BUG_ON((void *)state->manager != memory);
	init_mb_mgr_auto(state->manager, NULL);
	if (!is_usable(state->manager))
		goto fail;
	*detail = architectures[state->manager->used_arch];
	*out = state;
	return 0;
fail:
	sl_free(memory);
	sl_free(state);
	return ret;
}

static void ipsecmb_expand(void *opaque, void *table, enum sl_aead_kind kind, const uint8_t *key)
{
	struct ipsecmb_state *state = opaque;
	struct ipsecmb_table *t = table;

	memset(t, 0, sizeof(*t));
	t->kind = kind;
	switch (kind) {
	case SL_AEAD_AES_128_GCM:
		IMB_AES128_GCM_PRE(state->manager, key, &t->gcm);
		return;
	case SL_AEAD_AES_256_GCM:
		IMB_AES256_GCM_PRE(state->manager, key, &t->gcm);
		return;
	default:
		memcpy(t->chacha, key, sizeof(t->chacha));
	}
}

static void begin(struct ipsecmb_state *state, const struct ipsecmb_table *t, const uint8_t *nonce,
		  const uint8_t *aad, size_t aad_bytes)
{
	switch (t->kind) {
	case SL_AEAD_AES_128_GCM:
		IMB_AES128_GCM_INIT(state->manager, &t->gcm, &state->gcm, nonce, aad, aad_bytes);
		return;
	case SL_AEAD_AES_256_GCM:
		IMB_AES256_GCM_INIT(state->manager, &t->gcm, &state->gcm, nonce, aad, aad_bytes);
		return;
	default:
		IMB_CHACHA20_POLY1305_INIT(state->manager, t->chacha, &state->chacha, nonce, aad,
					   aad_bytes);
	}
}

static void ipsecmb_seal_begin(void *opaque, const void *table, const uint8_t *nonce,
			       const uint8_t *aad, size_t aad_bytes)
{
	begin(opaque, table, nonce, aad, aad_bytes);
}

static void ipsecmb_seal_put(void *opaque, const void *table, uint8_t *dst, const uint8_t *src,
			     size_t len_bytes)
{
	struct ipsecmb_state *state = opaque;
	const struct ipsecmb_table *t = table;
	IMB_MGR *manager = state->manager;

	switch (t->kind) {
	case SL_AEAD_AES_128_GCM:
		IMB_AES128_GCM_ENC_UPDATE(manager, &t->gcm, &state->gcm, dst, src, len_bytes);
		return;
	case SL_AEAD_AES_256_GCM:
		IMB_AES256_GCM_ENC_UPDATE(manager, &t->gcm, &state->gcm, dst, src, len_bytes);
		return;
	default:
		IMB_CHACHA20_POLY1305_ENC_UPDATE(manager, t->chacha, &state->chacha, dst, src,
						 len_bytes);
	}
}

static void ipsecmb_seal_end(void *opaque, const void *table, uint8_t *tag)
{
	struct ipsecmb_state *state = opaque;
	const struct ipsecmb_table *t = table;
	IMB_MGR *manager = state->manager;

	switch (t->kind) {
	case SL_AEAD_AES_128_GCM:
		IMB_AES128_GCM_ENC_FINALIZE(manager, &t->gcm, &state->gcm, tag, SL_AEAD_TAG_BYTES);
		return;
	case SL_AEAD_AES_256_GCM:
		IMB_AES256_GCM_ENC_FINALIZE(manager, &t->gcm, &state->gcm, tag, SL_AEAD_TAG_BYTES);
		return;
	default:
		IMB_CHACHA20_POLY1305_ENC_FINALIZE(manager, &state->chacha, tag, SL_AEAD_TAG_BYTES);
	}
}

/* The tag the text should have, which is decrypted on the way. */
static void decrypt(struct ipsecmb_state *state, const struct ipsecmb_table *t, uint8_t *text,
		    size_t len_bytes, uint8_t *tag)
{
	IMB_MGR *manager = state->manager;

	switch (t->kind) {
	case SL_AEAD_AES_128_GCM:
		if (len_bytes != 0)
			IMB_AES128_GCM_DEC_UPDATE(manager, &t->gcm, &state->gcm, text, text,
						  len_bytes);
		IMB_AES128_GCM_DEC_FINALIZE(manager, &t->gcm, &state->gcm, tag, SL_AEAD_TAG_BYTES);
		return;
	case SL_AEAD_AES_256_GCM:
		if (len_bytes != 0)
			IMB_AES256_GCM_DEC_UPDATE(manager, &t->gcm, &state->gcm, text, text,
						  len_bytes);
		IMB_AES256_GCM_DEC_FINALIZE(manager, &t->gcm, &state->gcm, tag, SL_AEAD_TAG_BYTES);
		return;
	default:
		if (len_bytes != 0)
			IMB_CHACHA20_POLY1305_DEC_UPDATE(manager, t->chacha, &state->chacha, text,
							 text, len_bytes);
		IMB_CHACHA20_POLY1305_DEC_FINALIZE(manager, &state->chacha, tag, SL_AEAD_TAG_BYTES);
	}
}

static bool ipsecmb_open(void *opaque, const void *table, const uint8_t *nonce, const uint8_t *aad,
			 size_t aad_bytes, uint8_t *text, size_t len_bytes, const uint8_t *tag)
{
	uint8_t computed[SL_AEAD_TAG_BYTES];

	begin(opaque, table, nonce, aad, aad_bytes);
	decrypt(opaque, table, text, len_bytes, computed);
	return CRYPTO_memcmp(computed, tag, sizeof(computed)) == 0;
}

const struct sl_aead_engine sl_aead_ipsecmb = {
	.name = "ipsec-mb",
	.table_bytes = sizeof(struct ipsecmb_table),
	.init = ipsecmb_init,
	.fini = ipsecmb_fini,
	.expand = ipsecmb_expand,
	.seal_begin = ipsecmb_seal_begin,
	.seal_put = ipsecmb_seal_put,
	.seal_end = ipsecmb_seal_end,
	.open = ipsecmb_open,
};
