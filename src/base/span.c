/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

#include "base/bug.h"
#include "base/checksum.h"
#include "base/minmax.h"

void sl_span_put(struct sl_span_cursor *cursor, const uint8_t *data, uint32_t len_bytes)
{
	while (len_bytes > 0) {
		struct sl_span *span = &cursor->spans[cursor->span_idx];
		uint32_t part_bytes;
		uint64_t sum;

		BUG_ON(sl_span_full(cursor));
		part_bytes = min_u32(len_bytes, span->len_bytes - cursor->off_bytes);
		sum = sl_checksum_copy(span->data + cursor->off_bytes, data, part_bytes);
		span->sum = sl_checksum_join(span->sum, sum, cursor->off_bytes);
		data += part_bytes;
		len_bytes -= part_bytes;
		cursor->off_bytes += part_bytes;
		if (cursor->off_bytes == span->len_bytes) {
			cursor->span_idx++;
			cursor->off_bytes = 0;
		}
	}
}
