/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC (RFC 2104) with SHA-256 or SHA-384, without state and without allocation. */
#ifndef SL_TLS_HMAC_H
#define SL_TLS_HMAC_H

#include <stddef.h>
#include <stdint.h>

enum { SL_HMAC_MAX_BYTES = 48 };

/* hash_bytes 32 selects SHA-256, 48 SHA-384; key_bytes up to that hash's block (64, 128), which is
 * more than TLS ever needs. mac gets hash_bytes; it may be where data or key lie. */
void sl_tls_hmac(uint32_t hash_bytes, const uint8_t *key, size_t key_bytes, const uint8_t *data,
		 size_t data_bytes, uint8_t *mac);

#endif
