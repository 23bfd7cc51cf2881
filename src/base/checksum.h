/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071), built for speed on payloads that are hot in cache. */
#ifndef SL_BASE_CHECKSUM_H
#define SL_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds data to a running sum. Data that follows must start at an even offset of the whole, so only
 * the last piece may have an odd length. The sum is of words in memory order; fold it once at the
 * end. */
uint64_t sl_checksum_add(uint64_t sum, const void *data, size_t len_bytes);

/* Copies from one place to another that does not overlap it, and returns sl_checksum_add over it,
 * from 0. len_bytes below 2^24. */
uint64_t sl_checksum_copy(void *restrict to, const void *restrict from, size_t len_bytes);

/* Adds a piece's own sum, when the piece starts off_bytes into the whole. At an odd offset its
 * bytes are the other halves of their words (RFC 1071, 2 (B)); in one's complement, swapping them
 * is multiplying by 256. piece_sum is of less than 2^24 bytes. */
static inline uint64_t sl_checksum_join(uint64_t sum, uint64_t piece_sum, size_t off_bytes)
{
	return sum + (piece_sum << (off_bytes % 2 * 8));
}

/* The 16-bit checksum in memory order, ready to be stored: the complement of the folded sum. */
uint16_t sl_checksum_fold(uint64_t sum);

#endif
