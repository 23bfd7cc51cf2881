/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditional: whether a request's preconditions hold (RFC 9110, 13), in the order of 13.2.2. */
#ifndef SL_HTTP_CONDITIONAL_H
#define SL_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"

struct sl_validators {           /* of a representation that exists */
	const char *etag;        /* as sent: quoted, strong; "" if there is none */
	int64_t last_modified_s; /* as sent: not after now_s */
};

/* Steps 1 to 4: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since. request is a GET
 * or HEAD. Returns 0 (go on), 304 or 412. */
int sl_conditional_check(const struct sl_request *request, const struct sl_validators *validators,
			 int64_t now_s);

/* Step 5: whether If-Range lets Range count; true without If-Range. */
bool sl_conditional_check_range(const struct sl_request *request,
				const struct sl_validators *validators, int64_t now_s);

#endif
