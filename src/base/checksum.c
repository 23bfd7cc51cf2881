/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One's complement addition does not care how the words are grouped (RFC 1071, 2 (C)): halves of
 * 64-bit words are added into 64 bits, which needs no carry for 2^32 of them, and the loops are
 * such that compilers turn them into vector code. They are built for three instruction sets and
 * chosen at load time. Copying and adding at once takes as long as copying, if the loop has several
 * vectors a turn.
 */
#include "base/checksum.h"

#include <endian.h>
#include <string.h>

#if defined(__x86_64__) && defined(__ELF__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef CLONES
#define CLONES
#endif

/* GCC leaves one vector a turn. Clang takes several by itself, and the more it is told to, the more
 * words it leaves to a loop without vectors. */
#if defined(__GNUC__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 8")
#else
#define UNROLL
#endif

static inline uint64_t halves(uint64_t word)
{
	return (word & UINT32_MAX) + (word >> 32);
}

/* to is a constant NULL where nothing is to be copied: each clone of the callers has a loop of its
 * own. */
static inline __attribute__((always_inline)) uint64_t pass(uint8_t *restrict to,
							   const uint8_t *restrict from,
							   size_t len_bytes)
{
	size_t words_cnt = len_bytes / sizeof(uint64_t);
	size_t rest_bytes = len_bytes % sizeof(uint64_t);
	uint64_t sum = 0, rest = 0;

	UNROLL
	for (size_t i = 0; i < words_cnt; i++) {
		uint64_t word;

		memcpy(&word, from + i * sizeof(word), sizeof(word));
		if (to)
			memcpy(to + i * sizeof(word), &word, sizeof(word));
		sum += halves(word);
	}
	/* What is missing of the last word counts as zero (RFC 1071, 1). A loop over single bytes
	 * would end where no branch predictor expects it; eight at once overlap the word before. */
	if (words_cnt > 0 && rest_bytes > 0) {
		memcpy(&rest, from + len_bytes - sizeof(rest), sizeof(rest));
		if (to)
			memcpy(to + len_bytes - sizeof(rest), &rest, sizeof(rest));
		rest = htole64(le64toh(rest) >> 8 * (sizeof(rest) - rest_bytes));
	} else if (rest_bytes > 0) {
		memcpy(&rest, from, rest_bytes);
		if (to)
			memcpy(to, &rest, rest_bytes);
	}
	return sum + halves(rest);
}

/* Static, because clang 14 gives a cloned function another external name than its callers use. */
CLONES static uint64_t add(const uint8_t *bytes, size_t len_bytes)
{
	return pass(NULL, bytes, len_bytes);
}

CLONES static uint64_t copy(uint8_t *restrict to, const uint8_t *restrict from, size_t len_bytes)
{
	return pass(to, from, len_bytes);
}

uint64_t sl_checksum_add(uint64_t sum, const void *data, size_t len_bytes)
{
	return sum + add(data, len_bytes);
}

uint64_t sl_checksum_copy(void *restrict to, const void *restrict from, size_t len_bytes)
{
	return copy(to, from, len_bytes);
}

uint16_t sl_checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16 & UINT16_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)~sum;
}
