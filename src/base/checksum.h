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

/* The 16-bit checksum in memory order, ready to be stored: the complement of the folded sum. */
uint16_t sl_checksum_fold(uint64_t sum);

#endif
