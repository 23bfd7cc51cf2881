/* SPDX-License-Identifier: BSD-2-Clause */
/* Range: which bytes of a representation the Range field asks for (RFC 9110, 14.1 and 14.2). */
#ifndef SL_HTTP_RANGE_H
#define SL_HTTP_RANGE_H

#include <stdint.h>

#include "http/slice.h"

enum sl_range_verdict {
	SL_RANGE_IGNORED,       /* the whole is the answer: 200 */
	SL_RANGE_SATISFIED,     /* 206 */
	SL_RANGE_UNSATISFIABLE, /* 416 */
};

/* value is Range's, trimmed, for a representation of size_bytes. Sets *off_bytes and *len_bytes,
 * [1, size_bytes - *off_bytes], if the verdict is SL_RANGE_SATISFIED. Ignored is what is no range
 * of bytes by the grammar, and what names more than one. */
enum sl_range_verdict sl_range_parse(struct sl_slice value, uint64_t size_bytes,
				     uint64_t *off_bytes, uint64_t *len_bytes);

#endif
