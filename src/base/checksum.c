/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One's complement addition does not care how the words are grouped (RFC 1071, 2 (C)): 32-bit words
 * are added into 64 bits, which needs no carry for 2^32 of them, and the loop is one that compilers
 * turn into vector code. It is built for three instruction sets and chosen at load time.
 */
#include "base/checksum.h"

#include <string.h>

#if defined(__x86_64__) && defined(__ELF__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef CLONES
#define CLONES
#endif

/* Static, because clang 14 gives a cloned function another external name than its callers use. */
CLONES static uint64_t add(uint64_t sum, const uint8_t *bytes, size_t len_bytes)
{
	size_t words_cnt = len_bytes / sizeof(uint32_t);
	size_t rest_bytes = len_bytes % sizeof(uint32_t);
	uint32_t rest = 0;

	for (size_t i = 0; i < words_cnt; i++) {
		uint32_t word;

		memcpy(&word, bytes + i * sizeof(word), sizeof(word));
		sum += word;
	}
	/* What is missing of the last word counts as zero (RFC 1071, 1). */
	if (rest_bytes)
		memcpy(&rest, bytes + len_bytes - rest_bytes, rest_bytes);
	return sum + rest;
}

uint64_t sl_checksum_add(uint64_t sum, const void *data, size_t len_bytes)
{
	return add(sum, data, len_bytes);
}

uint16_t sl_checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16 & UINT16_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)~sum;
}
