/* SPDX-License-Identifier: BSD-2-Clause */
/* Slice: a run of bytes inside somebody else's buffer; it lives as long as that buffer does. */
#ifndef SL_HTTP_SLICE_H
#define SL_HTTP_SLICE_H

#include <stdint.h>

struct sl_slice { /* at is NULL if there is nothing; an empty value has a place, but no length */
	const char *at;
	uint32_t len_bytes;
};

#endif
