/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Classes: on what, and on what only, our request parser and http-parser may differ. Debian builds
 * http-parser 2.9.4 in its non-strict mode.
 */
#ifndef SL_TESTS_INTEROP_HTTP_CLASSES_H
#define SL_TESTS_INTEROP_HTTP_CLASSES_H

#include "http/request.h"
#include "http_peer.h"

enum http_class {
	/* We refuse, it does not (yet). */
	HTTP_CLASS_LINE_END,     /* a CR or an LF alone (RFC 9112, 2.2: it MAY be taken) */
	HTTP_CLASS_REQUEST_LINE, /* not two single spaces, or no version (3) */
	HTTP_CLASS_TARGET,       /* '#', tab or form feed in the target (3.2) */
	HTTP_CLASS_VERSION,      /* it does not compare "HTTP/"; other major versions are 505 */
	HTTP_CLASS_FIELD_LINE,   /* white space in front of the colon or of the line (5.1, 5.2) */
	HTTP_CLASS_VALUE,        /* it takes any byte as the first of a value (RFC 9110, 5.5) */
	HTTP_CLASS_HOST,         /* none, two, or one that is no host (3.2) */
	HTTP_CLASS_LENGTH, /* Content-Length above INT64_MAX; empty, which it sees a line later */
	HTTP_CLASS_CODING, /* Transfer-Encoding but one "chunked" in HTTP/1.1 (6.1, 6.3) */
	HTTP_CLASS_LIMIT,  /* our 414 and 431 */
	/* We accept, it does not. */
	HTTP_CLASS_METHOD,      /* it has a list of methods; ours are tokens, and get 405 */
	HTTP_CLASS_TARGET_FORM, /* it looks for a URL; a target that is none gets 400 or 405 */
	/* We accept, it does not, or both accept, but the body differs. */
	HTTP_CLASS_TAB,         /* it takes no tab behind "5" or "chunked" (RFC 9110, 5.6.3) */
	HTTP_CLASS_CODING_NAME, /* it takes a name that Transfer-Encoding begins for that */
	/* Both accept, keep-alive differs. */
	HTTP_CLASS_CONNECTION, /* it misses an option next to a tab or an empty member, in front of
				  a space, or behind a member that is no token or the beginning of
				  an option ("clo, close"; RFC 9110, 5.6.1) */
	HTTP_CLASS_PROXY,      /* it takes Proxy-Connection, which no RFC knows, for Connection */
	HTTP_CLASS_BOTH,       /* to it, keep-alive outdoes close in HTTP/1.0 (9.3) */
	HTTP_CLASS_EXPECT,     /* we close after Expect: 100-continue with a body */
	HTTP_CLASS_CNT,
	HTTP_CLASS_UNKNOWN = HTTP_CLASS_CNT,
};

extern const char *const http_class_names[HTTP_CLASS_CNT];

enum http_class http_class_of_refusal(const char *data, uint32_t len_bytes,
				      const struct http_peer *peer);
enum http_class http_class_of_acceptance(const struct sl_request *ours, struct sl_slice method,
					 const struct http_peer *peer);
enum http_class http_class_of_body(const struct http_peer *peer);
enum http_class http_class_of_keep_alive(const struct sl_request *ours,
					 const struct http_peer *peer);

#endif
