/* SPDX-License-Identifier: BSD-2-Clause */
#include "pipeline_cipher.h"

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "tls/aead.h"

/* As tests/bench/seal.c has it: plaintext and frames come from the last-level cache. */
enum { PLACES = 64, RECORDS = 64 };

static struct sl_aead *aead;
static uint8_t *plain, *sealed;
static void *table;

void pipeline_cipher_open(void)
{
	static const uint8_t key[SL_AEAD_KEY_MAX_BYTES];

	BUG_ON(sl_aead_init(&aead, NULL));
	table = sl_alloc(1, sl_aead_table_bytes(aead));
	plain = sl_alloc(PLACES, SL_RECORD_PLAIN_MAX_BYTES);
	sealed = sl_alloc(PLACES, SL_RECORD_PLAIN_MAX_BYTES);
	BUG_ON(!table || !plain || !sealed);
	sl_aead_expand(aead, table, SL_AEAD_AES_128_GCM, key);
}

void pipeline_cipher_close(void)
{
	sl_aead_fini(aead);
	sl_free(sealed);
	sl_free(plain);
	sl_free(table);
}

uint64_t pipeline_cipher_turn(void)
{
	static const uint8_t nonce[SL_AEAD_NONCE_BYTES], header[SL_RECORD_HEADER_BYTES];
	uint8_t tag[SL_AEAD_TAG_BYTES];

	for (size_t i = 0; i < RECORDS; i++) {
		size_t off = i % PLACES * SL_RECORD_PLAIN_MAX_BYTES;

		sl_aead_seal_begin(aead, table, nonce, header, sizeof(header));
		sl_aead_seal_put(aead, table, sealed + off, plain + off, SL_RECORD_PLAIN_MAX_BYTES);
		sl_aead_seal_end(aead, table, tag);
	}
	return (uint64_t)RECORDS * SL_RECORD_PLAIN_MAX_BYTES;
}
