/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): the keyed hash for tables that strangers fill, and
 * the PRF for initial sequence numbers (RFC 6528).
 */
#ifndef SL_BASE_HASH_H
#define SL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct sl_hash_key {
	uint64_t k[2]; /* little-endian halves of the 16-byte key */
};

uint64_t sl_hash(const struct sl_hash_key *key, const void *data, size_t len_bytes);

#endif
