/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/prf.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/bug.h"
#include "tls/hmac.h"

/* P_hash: A(0) = label | seed; A(i) = HMAC(secret, A(i-1)); the output is HMAC(secret, A(1) |
 * A(0)), HMAC(secret, A(2) | A(0)), and so on. data holds A(i) with A(0) behind it. */
void sl_tls_prf(uint32_t hash_bytes, const uint8_t *secret, size_t secret_bytes, const char *label,
		const uint8_t *seed, size_t seed_bytes, uint8_t *out, size_t out_bytes)
{
	uint8_t data[SL_HMAC_MAX_BYTES + SL_PRF_SEED_MAX_BYTES], block[SL_HMAC_MAX_BYTES];
	size_t label_bytes = strlen(label), seeds_bytes = label_bytes + seed_bytes;
	uint8_t *seeds = data + hash_bytes;

	BUG_ON(hash_bytes > SL_HMAC_MAX_BYTES);
	BUG_ON(seeds_bytes > SL_PRF_SEED_MAX_BYTES);
	memcpy(seeds, label, label_bytes);
	memcpy(seeds + label_bytes, seed, seed_bytes);
	sl_tls_hmac(hash_bytes, secret, secret_bytes, seeds, seeds_bytes, data);
	while (out_bytes > 0) {
		size_t piece_bytes = out_bytes < hash_bytes ? out_bytes : hash_bytes;

		sl_tls_hmac(hash_bytes, secret, secret_bytes, data, hash_bytes + seeds_bytes,
			    block);
		memcpy(out, block, piece_bytes);
		sl_tls_hmac(hash_bytes, secret, secret_bytes, data, hash_bytes, data);
		out += piece_bytes;
		out_bytes -= piece_bytes;
	}
	OPENSSL_cleanse(data, sizeof(data));
	OPENSSL_cleanse(block, sizeof(block));
}
