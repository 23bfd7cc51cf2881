/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octet: which byte may stand where. One table for all the grammars of HTTP and of URIs, so that
 * two of our parsers cannot disagree about a byte.
 */
#ifndef SL_HTTP_OCTET_H
#define SL_HTTP_OCTET_H

#include <stdbool.h>
#include <stdint.h>

enum sl_octet_class {
	SL_OCTET_TOKEN = 1 << 0, /* tchar (RFC 9110, 5.6.2) */
	SL_OCTET_VALUE = 1 << 1, /* field-vchar, space and tab (RFC 9110, 5.5) */
	SL_OCTET_TARGET = 1 << 2,
	SL_OCTET_HOST = 1 << 3, /* reg-name (RFC 3986, 3.2.2) */
	SL_OCTET_PATH = 1 << 4, /* a byte of a path segment that needs no escape: pchar, not '%' */
	SL_OCTET_ETAG = 1 << 5, /* etagc (RFC 9110, 8.8.3) */
	SL_OCTET_DIGIT = 1 << 6,
};

/* SL_OCTET_TARGET is wider than RFC 9112, 3.2: all visible bytes but '#', and 0x80 up. Clients do
 * send names in raw UTF-8, and quotes, braces and bars as they are; no byte of these means anything
 * to a parser of request lines. '#' is out: a fragment is never sent. */

extern const uint8_t sl_octet_classes[256];

static inline bool sl_octet_is(char c, enum sl_octet_class class)
{
	return sl_octet_classes[(uint8_t)c] & class;
}

/* The first byte in [at, end) that is not of the class, or end. */
static inline const char *sl_octet_skip(const char *at, const char *end, enum sl_octet_class class)
{
	while (at < end && sl_octet_is(*at, class))
		at++;
	return at;
}

/* [0, 15], or -1. */
static inline int sl_octet_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* ASCII only, whatever the locale. */
static inline char sl_octet_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

#endif
