/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Response: what is answered, and its head. sl_response_decide evaluates the conditionals in the
 * order of RFC 9110, 13.2.2 and the range of 14.2; sl_response_refuse is for everything that fails
 * without a representation; sl_response_head writes the head for what was decided.
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
	char etag[SL_ETAG_BYTES]; /* quoted, NUL-terminated; strong; "" if there is none */
	const char *mime;         /* static; shorter than 128 bytes */
};

struct sl_response {
	int status;
	bool has_body; /* a range of the representation follows (GET, 200 and 206); [1, …) bytes */
	bool beyond;   /* the range ends behind the representation's end, or begins there */
	uint64_t off_bytes, len_bytes; /* of it; for HEAD, what GET would have sent */
	bool keep_alive;
	bool old_client; /* of HTTP/1.0, to whom keep-alive has to be said */
};

/* 200, 206, 304, 412 or 416 for representation; 405 if the method is neither GET nor HEAD. A Range
 * that is not understood, that names more than one range, or that comes with HEAD, is ignored (RFC
 * 9110, 14.2); one that cannot be satisfied is 416. now_s in [0, SL_DATE_MAX_S]. */
void sl_response_decide(const struct sl_request *request,
			const struct sl_representation *representation, int64_t now_s,
			struct sl_response *response);

/* An error or a redirection instead: status is any that sl_response_reason knows. request is NULL
 * if there was none that could be parsed: then the connection closes. */
void sl_response_refuse(const struct sl_request *request, int status, struct sl_response *response);

/* Writes the head, empty line included; for an error (or 301) the small HTML body, too, unless the
 * request was HEAD. representation may be NULL but for 200, 206 and 304; with 416 it gives the
 * size. location is an absolute path, decoded, percent-encoded by this function; NULL but for 301.
 * now_s in [0, SL_DATE_MAX_S]; max_bytes at least SL_RESPONSE_HEAD_MAX_BYTES. Returns the length,
 * [1, SL_RESPONSE_HEAD_MAX_BYTES]; a location too long for that turns into 414. */
uint32_t sl_response_head(const struct sl_response *response,
			  const struct sl_representation *representation, bool head_only,
			  const char *location, int64_t now_s, char *out, uint32_t max_bytes);

/* Static; "Unknown" for a status that is never sent. */
const char *sl_response_reason(int status);

#endif
