/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Request: the head of an HTTP/1.1 request, bytes to a struct (RFC 9112, 9110). Bounded, without
 * allocation and without state: it is given all the bytes there are and says whether a head is
 * complete. Strict where leniency has cost others dearly: no bare CR or LF inside a line, no space
 * before a colon, no folded lines, no two different Content-Lengths, no Content-Length beside
 * Transfer-Encoding.
 */
#ifndef SL_HTTP_REQUEST_H
#define SL_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct sl_slice { /* points into the request's bytes; at is NULL if the field is absent */
	const char *at;
	uint32_t len_bytes;
};

enum sl_method {
	SL_METHOD_GET,
	SL_METHOD_HEAD,
	SL_METHOD_OTHER, /* a valid token that is neither: 405 */
};

struct sl_request {
	enum sl_method method;
	uint8_t minor_version; /* HTTP/1.0 or 1.1; 1.2 and later count as 1.1 */
	bool keep_alive;       /* what version and Connection say together */
	bool has_body;         /* Content-Length above 0 or Transfer-Encoding */
	uint64_t body_bytes;   /* of Content-Length; 0 if chunked */
	bool chunked;
	struct sl_slice target; /* as it stands */
	struct sl_slice host, range, if_range, if_match, if_none_match, if_modified_since,
	    if_unmodified_since;
	struct sl_slice user_agent;
};

/* data starts at a request (empty lines before it are skipped: RFC 9112, 2.2). Returns how many
 * bytes the head took, [1, len_bytes]; 0 if it is not complete yet (the caller bounds how long it
 * waits and how much it keeps); or -status for one that never will be: -400, -414 (target longer
 * than SL_PATH_MAX_BYTES * 3), -431 (head longer than SL_REQUEST_MAX_BYTES), -501
 * (Transfer-Encoding other than chunked), -505. */
int sl_request_parse(const char *data, uint32_t len_bytes, struct sl_request *request);

#endif
