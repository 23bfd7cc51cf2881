/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peer: what another parser, Debian's http-parser, makes of a request. Everything points into the
 * bytes parsed.
 */
#ifndef SL_TESTS_INTEROP_HTTP_PEER_H
#define SL_TESTS_INTEROP_HTTP_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/slice.h"

enum { HTTP_PEER_FIELDS_MAX = 4096 };

enum http_peer_verdict {
	HTTP_PEER_MORE,
	HTTP_PEER_COMPLETE,
	HTTP_PEER_REFUSED,
};

struct http_peer {
	enum http_peer_verdict verdict;
	const char *reason; /* it gave for refusing */
	uint32_t head_bytes;
	const char *method;
	int major_version, minor_version;
	struct sl_slice target;
	struct {
		struct sl_slice name, value; /* the value trimmed: http-parser leaves its end */
	} fields[HTTP_PEER_FIELDS_MAX];
	uint32_t field_cnt;
	bool keep_alive, chunked, too_many_fields;
	uint64_t body_bytes;
};

void http_peer_parse(const char *data, uint32_t len_bytes, struct http_peer *peer);

/* Whether http-parser has ever heard of the method: it takes no other. */
bool http_peer_knows_method(struct sl_slice method);

#endif
