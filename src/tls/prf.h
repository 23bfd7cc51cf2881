/* SPDX-License-Identifier: BSD-2-Clause */
/* The pseudorandom function of TLS 1.2 (RFC 5246, 5), without allocation. */
#ifndef SL_TLS_PRF_H
#define SL_TLS_PRF_H

#include <stddef.h>
#include <stdint.h>

enum { SL_PRF_SEED_MAX_BYTES = 128 };

/* PRF(secret, label, seed). hash_bytes 32 selects SHA-256, 48 SHA-384 (the suite says which);
 * secret up to that hash's block; label and seed together up to SL_PRF_SEED_MAX_BYTES. */
void sl_tls_prf(uint32_t hash_bytes, const uint8_t *secret, size_t secret_bytes, const char *label,
		const uint8_t *seed, size_t seed_bytes, uint8_t *out, size_t out_bytes);

#endif
