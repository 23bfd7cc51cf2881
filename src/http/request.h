/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Request: the head of an HTTP/1.1 request, bytes to a struct (RFC 9112, 9110). Bounded, without
 * allocation and without state: it is given all the bytes there are and says whether a head is
 * complete. Strict where leniency has cost others dearly: no bare CR or LF inside a line, no space
 * before a colon, no folded lines, no second Content-Length, no Content-Length beside
 * Transfer-Encoding, no Transfer-Encoding in HTTP/1.0, no second Host.
 *
 * Verdicts last: what is complete or refused after n bytes is the same after n + k.
 */
#ifndef SL_HTTP_REQUEST_H
#define SL_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "http/slice.h"

enum { SL_TARGET_MAX_BYTES = SL_PATH_MAX_BYTES * 3 }; /* every byte of a path escaped */

enum sl_method {
	SL_METHOD_GET,
	SL_METHOD_HEAD,
	SL_METHOD_OTHER, /* a valid token that is neither: 405 */
};

struct sl_request {
	enum sl_method method;
	uint8_t minor_version; /* HTTP/1.0 or 1.1; 1.2 and later count as 1.1 */
	bool keep_alive;       /* what version and Connection say together; false, too, if the
				  client waits for a 100 before its body: it may then send the
				  body or leave it out, and nobody can tell which */
	bool has_body;         /* Content-Length above 0 or Transfer-Encoding */
	uint64_t body_bytes;   /* of Content-Length, [0, INT64_MAX]; 0 if chunked */
	bool chunked;
	struct sl_slice target; /* as it stands, [1, SL_TARGET_MAX_BYTES] */
	/* at is NULL if the field is absent. One that comes twice, but may come once only, has an
	 * empty value: it says nothing. Of the lists (if_match, if_none_match) it is the first
	 * line; the others are found through fields. */
	struct sl_slice host, range, if_range, if_match, if_none_match, if_modified_since,
	    if_unmodified_since;
	struct sl_slice user_agent;
	struct sl_slice fields; /* all field lines, each with its CR LF, without the empty line */
};

/* data starts at a request (empty lines before it are skipped: RFC 9112, 2.2). Returns how many
 * bytes the head took, [1, len_bytes]; 0 if it is not complete yet (the caller bounds how long it
 * waits and how much it keeps); or -status for one that never will be: -400, -414 (target longer
 * than SL_TARGET_MAX_BYTES), -431 (head longer than SL_REQUEST_MAX_BYTES, empty lines before it
 * included), -501 (Transfer-Encoding other than chunked), -505. *request is filled in only if the
 * head is complete; its slices point into data. */
int sl_request_parse(const char *data, uint32_t len_bytes, struct sl_request *request);

#endif
