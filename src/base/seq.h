/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequence numbers. On the wire they have 32 bits and wrap (RFC 9293, 3.4); inside they are
 * *extended* to 64 bits, where the low 32 bits are the number on the wire. So comparison is plain <
 * everywhere but here, and the one place where wrapping is thought about is sl_seq_extend.
 *
 * A connection's extended numbers start at SL_SEQ_EPOCH + its initial sequence number, so that
 * nothing near the start underflows; 2^64 bytes are not reached by any connection.
 */
#ifndef SL_BASE_SEQ_H
#define SL_BASE_SEQ_H

#include <stdint.h>

#include "base/mutant.h"

#define SL_SEQ_EPOCH (UINT64_C(1) << 32)

/* The extended number closest to near_seq whose low 32 bits are wire_seq. Any wire_seq within 2^31
 * of near_seq, before or after, is found right. */
static inline uint64_t sl_seq_extend(uint32_t wire_seq, uint64_t near_seq)
{
	if (SL_MUTANT(WRAP))
		return (near_seq & ~(uint64_t)UINT32_MAX) | wire_seq;
	return near_seq + (uint64_t)(int64_t)(int32_t)(wire_seq - (uint32_t)near_seq);
}

static inline uint32_t sl_seq_wire(uint64_t seq)
{
	return (uint32_t)seq;
}

#endif
