/* SPDX-License-Identifier: BSD-2-Clause */
#include "http_stranger.h"

#include <string.h>

/* splitmix64: any seed will do. */
static uint32_t draw(struct http_stranger *stranger, uint32_t below)
{
	uint64_t bits = stranger->state += UINT64_C(0x9e3779b97f4a7c15);

	bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((bits ^ bits >> 31) >> 32) % below;
}

/* One of the usual, now and then one of the odd. */
#define PICK(stranger, what)                                                                \
	(draw(stranger, 24)                                                                 \
	     ? usual_##what[draw(stranger, sizeof(usual_##what) / sizeof(usual_##what[0]))] \
	     : odd_##what[draw(stranger, sizeof(odd_##what) / sizeof(odd_##what[0]))])

static void put(struct http_stranger *stranger, const char *text)
{
	size_t len_bytes = strlen(text);

	if (len_bytes > sizeof(stranger->bytes) - stranger->len_bytes)
		return;
	memcpy(stranger->bytes + stranger->len_bytes, text, len_bytes);
	stranger->len_bytes += (uint32_t)len_bytes;
}

/* ---- writing ---- */

static const char *const usual_methods[] = { "GET", "GET", "HEAD", "POST", "OPTIONS" };
static const char *const odd_methods[] = { "CONNECT",  "get", "BREW", "M-SEARCH", "GETT",
					   "PROPFIND", "PRI", "G\tT", "" };
static const char *const usual_targets[] = {
	"/",
	"/a/b.mp4?c=d",
	"/video/seg-%31.m4s",
	"/../..",
	"/%00",
	"/\"<>^`{|}\\",
	"/\xc3\xa9",
	"*",
	"http://example.org/a?b",
	"https://[2001:db8::1]:443/",
};
static const char *const odd_targets[] = {
	"HTTP://user@example.org/",
	"example.org:443",
	"/a#b",
	"/a\tb",
	"/a\fb",
	"a",
	"?",
	"",
	"http:/a",
	"ftp://a/b",
	"http://a:b/",
};
static const char *const usual_versions[] = { "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0" };
static const char *const odd_versions[] = { "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/1.10",
					    "http/1.1", "ICE/1.0",  "HTTP/1",   "" };
static const char *const usual_spaces[] = { " " };
static const char *const odd_spaces[] = { "  ", "\t", "" };
static const char *const usual_line_ends[] = { "\r\n" };
static const char *const odd_line_ends[] = { "\n", "\r", "\r\r", "", "\r\n ", " \r\n" };
static const char *const usual_colons[] = { ": ", ":", ": \t", ":\t" };
static const char *const odd_colons[] = { " : ", "\t:", "" };
static const char *const usual_names[] = {
	"Accept",  "Range", "If-Match",          "If-None-Match",    "User-Agent",
	"Upgrade", "TE",    "X-!#$%&'*+-.^_`|~", "Proxy-Connection", "Content-Lengthy",
};
static const char *const odd_names[] = { "Host", "hOST", "", "X\xff", "X Y", "Transfer-Encodings" };
static const char *const usual_values[] = {
	"bytes=0-",
	"\"e\"",
	"W/\"e\", *",
	"h2c",
	"example.org",
	"Sun, 06 Nov 1994 08:49:37 GMT",
	"",
	" ",
	"\x80\xff",
	"\"quoted, \\\" : \"",
	"close",
	"5 ",
};
static const char *const odd_values[] = { "a\x01", "a\x7f", "a@b", "[2001:db8::1]:443", "a/b" };
static const char *const usual_options[] = { "close", "keep-alive", "Keep-Alive", "Upgrade, close",
					     "close,x" };
static const char *const odd_options[] = { "x ,close\t", ",,close,",       "close x", "closed",
					   "close ,",    "keep-alive , x", "" };
static const char *const usual_lengths[] = { "0", "5", "007", "9223372036854775807" };
static const char *const odd_lengths[] = {
	"5 ",
	"\t5\t",
	"+5",
	"-5",
	"5,5",
	"5 5",
	"0x5",
	"",
	"9223372036854775808",
	"18446744073709551614",
	"18446744073709551616",
};
static const char *const usual_codings[] = { "chunked", "Chunked" };
static const char *const odd_codings[] = { "xchunked", "gzip, chunked", "chunked, gzip", "chunked,",
					   "identity", "chunked ",      "chunked;a=b" };

static void put_field(struct http_stranger *stranger)
{
	const char *name = PICK(stranger, names), *value = PICK(stranger, values);

	switch (draw(stranger, 16)) {
	case 0:
	case 1:
		name = draw(stranger, 4) ? "Connection" : "cONNECTION";
		value = PICK(stranger, options);
		break;
	case 2:
		name = draw(stranger, 4) ? "Content-Length" : "CONTENT-lENGTH";
		value = PICK(stranger, lengths);
		break;
	case 3:
		name = draw(stranger, 4) ? "Transfer-Encoding" : "transfer-encodinG";
		value = PICK(stranger, codings);
		break;
	case 4:
		name = "Expect";
		value = "100-continue";
		break;
	}
	put(stranger, name);
	put(stranger, PICK(stranger, colons));
	put(stranger, value);
	put(stranger, PICK(stranger, line_ends));
}

void http_stranger_write(struct http_stranger *stranger)
{
	uint32_t field_cnt = draw(stranger, 6);

	stranger->len_bytes = 0;
	if (draw(stranger, 16) == 0)
		put(stranger, PICK(stranger, line_ends));
	put(stranger, PICK(stranger, methods));
	put(stranger, PICK(stranger, spaces));
	put(stranger, PICK(stranger, targets));
	put(stranger, PICK(stranger, spaces));
	put(stranger, PICK(stranger, versions));
	put(stranger, PICK(stranger, line_ends));
	if (draw(stranger, 24))
		put(stranger, "Host: example.org\r\n");
	while (field_cnt--)
		put_field(stranger);
	put(stranger, PICK(stranger, line_ends));
	/* What follows belongs to the body or is the next request. */
	if (draw(stranger, 4) == 0)
		put(stranger, "GET / HTTP/1.1\r\nHost: b\r\n\r\n");
}

/* ---- spoiling ---- */

/* Replaces cut_bytes at off by patch. */
static void splice(struct http_stranger *stranger, uint32_t off, uint32_t cut_bytes,
		   const char *patch, uint32_t patch_bytes)
{
	uint32_t tail_off = off + cut_bytes;

	if (stranger->len_bytes - cut_bytes + patch_bytes > sizeof(stranger->bytes))
		return;
	memmove(stranger->bytes + off + patch_bytes, stranger->bytes + tail_off,
		stranger->len_bytes - tail_off);
	memcpy(stranger->bytes + off, patch, patch_bytes);
	stranger->len_bytes += patch_bytes - cut_bytes;
}

static void spoil_once(struct http_stranger *stranger)
{
	static const char telling[] = " \t\r\n:,;/%.#?*\"\0\v\f\x7f\x80\xff"
				      "0159aAzZ-";
	uint32_t off = draw(stranger, stranger->len_bytes + 1);
	uint32_t left_bytes = stranger->len_bytes - off;
	char patch[64];
	uint32_t patch_bytes = 1;

	patch[0] = draw(stranger, 4) ? telling[draw(stranger, sizeof(telling) - 1)]
				     : (char)draw(stranger, 256);
	switch (draw(stranger, 5)) {
	case 0: /* a byte more */
		splice(stranger, off, 0, patch, 1);
		break;
	case 1: /* another byte */
		splice(stranger, off, left_bytes > 0, patch, left_bytes > 0);
		break;
	case 2: /* some less */
		splice(stranger, off, draw(stranger, left_bytes < 16 ? left_bytes + 1 : 16), patch,
		       0);
		break;
	case 3: /* some twice */
		patch_bytes = draw(stranger, sizeof(patch));
		if (patch_bytes > left_bytes)
			patch_bytes = left_bytes;
		memcpy(patch, stranger->bytes + off, patch_bytes);
		splice(stranger, off, 0, patch, patch_bytes);
		break;
	case 4: /* another case */
		if (left_bytes)
			stranger->bytes[off] ^= 0x20;
		break;
	}
}

void http_stranger_mutate(struct http_stranger *stranger)
{
	for (uint32_t i = 1 + draw(stranger, 4); i > 0; i--)
		spoil_once(stranger);
}
