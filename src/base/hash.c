/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4, after the description in "SipHash: a fast short-input PRF", section 2: two rounds
 * for each eight bytes, four at the end. Short inputs (a connection's four-tuple is 36 bytes) are
 * what it is for; nothing here is unrolled by hand.
 */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

enum { COMPRESSION_ROUNDS = 2, FINALIZATION_ROUNDS = 4 };

static inline uint64_t rotate_left(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void rounds(uint64_t v[4], int cnt)
{
	for (int i = 0; i < cnt; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] = rotate_left(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[2] = rotate_left(v[2], 32);
	}
}

static inline void compress(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, COMPRESSION_ROUNDS);
	v[0] ^= word;
}

uint64_t sl_hash(const struct sl_hash_key *key, const void *data, size_t len_bytes)
{
	const uint8_t *bytes = data;
	uint64_t v[4] = {
		/* "somepseudorandomlygeneratedbytes" */
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)len_bytes << 56;
	size_t off = 0;

	for (; len_bytes - off >= sizeof(uint64_t); off += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, bytes + off, sizeof(word));
		compress(v, le64toh(word));
	}
	for (unsigned int shift = 0; off < len_bytes; off++, shift += 8)
		last |= (uint64_t)bytes[off] << shift;
	compress(v, last);
	v[2] ^= 0xff;
	rounds(v, FINALIZATION_ROUNDS);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
