/* SPDX-License-Identifier: BSD-2-Clause */
/* Target: from a request target (RFC 9112, 3.2: origin-form or absolute-form) to a path below the
 * root. */
#ifndef SL_HTTP_TARGET_H
#define SL_HTTP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "http/slice.h"

struct sl_target {
	char path[SL_PATH_MAX_BYTES]; /* relative, decoded, no dot segments, no empty ones,
					 NUL-terminated; "" is the root; any bytes but NUL, none of
					 them a slash that was escaped */
	uint32_t len_bytes;           /* without the NUL */
	bool directory;               /* it ended with a slash or a dot segment, or is the root */
	struct sl_slice query;        /* behind the first '?', as it stands; at is NULL without */
	struct sl_slice authority;    /* of the absolute-form, where it replaces Host (RFC 9112,
					 3.2.2); at is NULL for the origin-form */
};

/* Returns 0, or -400: not a path, a bad escape, an encoded NUL or slash, dot segments that climb
 * above the root, an absolute-form that is not http or https or that has no host; -414: longer than
 * the limit. *target is filled in only with 0. Slices point into text. */
int sl_target_parse(struct sl_slice text, struct sl_target *target);

#endif
