/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an AEAD engine is to aead.c, which chooses one and passes calls on. Seen by aead*.c only.
 *
 * An engine never allocates after its init. The table it expands a key into starts with whatever
 * it likes; it must find the kind again in it.
 */
#ifndef SL_TLS_AEAD_ENGINE_H
#define SL_TLS_AEAD_ENGINE_H

#include "tls/aead.h"

struct sl_aead_engine {
	/* *state is the engine's own, *detail what follows its name in sl_aead_name ("" for none).
	 * Errors: -ENOENT, -ENOMEM. */
	int (*init)(void **state, const char **detail);
	void (*fini)(void *state);
	void (*expand)(void *state, void *table, enum sl_aead_kind kind, const uint8_t *key);
	void (*seal_begin)(void *state, const void *table, const uint8_t *nonce, const uint8_t *aad,
			   size_t aad_bytes);
	void (*seal_put)(void *state, const void *table, uint8_t *dst, const uint8_t *src,
			 size_t len_bytes);
	void (*seal_end)(void *state, const void *table, uint8_t *tag);
	bool (*open)(void *state, const void *table, const uint8_t *nonce, const uint8_t *aad,
		     size_t aad_bytes, uint8_t *text, size_t len_bytes, const uint8_t *tag);
	const char *name;
	size_t table_bytes; /* a multiple of 64 */
};

struct sl_aead {
	const struct sl_aead_engine *engine;
	void *state;
	char name[32];
};

extern const struct sl_aead_engine sl_aead_evp;
#ifdef HAVE_IPSEC_MB
extern const struct sl_aead_engine sl_aead_ipsecmb;
#endif

#endif
