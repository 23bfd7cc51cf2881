/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spans: consecutive bytes of a stream over several places, with a checksum for each place. Bytes
 * are put in where the cursor stands; what is put in next goes on there.
 *
 *   put    ├──── first ─────┤├──────── second ────────┤├── third ──┤
 *   spans  ├──── 0 ────┤ ├──── 1 ────┤ ├──── 2 ────┤ ├──── 3 ────┤
 */
#ifndef SL_BASE_SPAN_H
#define SL_BASE_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct sl_span { /* room in one frame; the caller's memory */
	uint8_t *data;
	uint32_t len_bytes; /* below 2^24 */
	uint64_t sum;       /* sl_checksum_add over what was put in; 0 before */
};

struct sl_span_cursor {
	struct sl_span *spans;
	uint32_t span_cnt;
	uint32_t span_idx;  /* the one being filled; span_cnt when all are full */
	uint32_t off_bytes; /* in it, less than its length */
};

/* Copies len_bytes in and advances the cursor. The spans have that much room left, or it is a
 * BUG. */
void sl_span_put(struct sl_span_cursor *cursor, const uint8_t *data, uint32_t len_bytes);

static inline bool sl_span_full(const struct sl_span_cursor *cursor)
{
	return cursor->span_idx == cursor->span_cnt;
}

#endif
