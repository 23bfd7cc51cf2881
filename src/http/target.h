/* SPDX-License-Identifier: BSD-2-Clause */
/* Target: from a request target (RFC 9112, 3.2: origin-form or absolute-form) to a path below the
 * root. */
#ifndef SL_HTTP_TARGET_H
#define SL_HTTP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "http/request.h"

struct sl_target {
	char path[SL_PATH_MAX_BYTES]; /* relative, decoded, no dot segments, no empty ones,
					 NUL-terminated; "" is the root */
	uint32_t len_bytes;           /* without the NUL */
	bool directory;               /* it ended with a slash, or is the root */
	struct sl_slice query;
};

/* Returns 0, or -400: not a path, a bad escape, an encoded NUL or slash, dot segments that climb
 * above the root; -414: longer than the limit. */
int sl_target_parse(struct sl_slice text, struct sl_target *target);

#endif
