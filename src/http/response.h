/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Response: what is answered, and its head. sl_response_decide evaluates the conditionals in the
 * order of RFC 9110, 13.2.2 and the range of 14.2; sl_response_head writes the head for what was
 * decided.
 */
#ifndef SL_HTTP_RESPONSE_H
#define SL_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"

enum { SL_ETAG_BYTES = 48, SL_RESPONSE_HEAD_MAX_BYTES = 1024 };

struct sl_representation { /* what there is to serve */
	uint64_t size_bytes;
	int64_t mtime_s;
	char etag[SL_ETAG_BYTES]; /* quoted, NUL-terminated; strong */
	const char *mime;         /* static */
};

struct sl_response {
	int status;
	bool has_body; /* a range of the representation follows (GET, 200 and 206) */
	uint64_t off_bytes, len_bytes; /* of it; for HEAD, what GET would have sent */
	bool keep_alive;
};

/* 200, 206, 304, 412 or 416 for representation. A Range that is not understood, or that names more
 * than one range, is ignored (RFC 9110, 14.2); one that cannot be satisfied is 416. */
void sl_response_decide(const struct sl_request *request,
			const struct sl_representation *representation, int64_t now_s,
			struct sl_response *response);

/* Writes the head, empty line included; for an error (or 301) the small HTML body, too, unless the
 * request was HEAD. representation is NULL for errors; location (percent-encoded by this function,
 * an absolute path) is NULL but for 301. Returns its length, [1, SL_RESPONSE_HEAD_MAX_BYTES] bytes;
 * a location too long for that turns into 414. */
uint32_t sl_response_head(const struct sl_response *response,
			  const struct sl_representation *representation, bool head_only,
			  const char *location, int64_t now_s, char *out, uint32_t max_bytes);

const char *sl_response_reason(int status);

#endif
