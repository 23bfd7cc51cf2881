/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "http/octet.h"
#include "http/request.h"
#include "http_text.h"

Suite *request_suite(void);

#define LINE    "GET / HTTP/1.1\r\n"
#define HOST    "Host: a\r\n"
#define MINIMAL LINE HOST "\r\n"

static int parse(const char *text, uint32_t len_bytes, struct sl_request *request)
{
	return sl_request_parse(http_text_guard(text, len_bytes), len_bytes, request);
}

static int parse_string(const char *text, struct sl_request *request)
{
	return parse(text, (uint32_t)strlen(text), request);
}

/* ---- what is accepted ---- */

enum { KEPT = true, CLOSED = false };

static const struct accepted {
	const char *text;
	enum sl_method method;
	uint8_t minor_version;
	bool keep_alive;
	const char *target;
	uint64_t body_bytes;
	bool chunked;
} accepted[] = {
	/* 0 */ { MINIMAL, SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 1 */ { "HEAD /a HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_HEAD, 1, KEPT, "/a", 0, false },
	/* 2 */
	{ "POST /a?b HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_OTHER, 1, KEPT, "/a?b", 0, false },
	/* 3: methods have a case */
	{ "get / HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_OTHER, 1, KEPT, "/", 0, false },
	/* 4 */ { "GETX / HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_OTHER, 1, KEPT, "/", 0, false },
	/* 5 */ { "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_OTHER, 1, KEPT, "*", 0, false },
	/* 6 */
	{ "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_OTHER, 1, KEPT, "a:1", 0, false },
	/* 7 */
	{ "M-S!#$%&'*+.^_`|~ / HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_OTHER, 1, KEPT, "/", 0, false },
	/* 8 */
	{ "GET http://b/c HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_GET, 1, KEPT, "http://b/c", 0,
	  false },
	/* 9 */
	{ "GET /\xc3\xa9\"|{} HTTP/1.1\r\n" HOST "\r\n", SL_METHOD_GET, 1, KEPT, "/\xc3\xa9\"|{}",
	  0, false },
	/* empty lines before it (RFC 9112, 2.2) */
	/* 10 */ { "\r\n" MINIMAL, SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 11 */ { "\r\n\r\n\r\n" MINIMAL, SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* versions (RFC 9110, 2.5) */
	/* 12 */ { "GET / HTTP/1.0\r\n\r\n", SL_METHOD_GET, 0, CLOSED, "/", 0, false },
	/* 13 */ { "GET / HTTP/1.0\r\n" HOST "\r\n", SL_METHOD_GET, 0, CLOSED, "/", 0, false },
	/* 14 */ { "GET / HTTP/1.2\r\n" HOST "\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 15 */ { "GET / HTTP/1.9\r\n" HOST "\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* Connection (RFC 9112, 9.3) */
	/* 16 */ { LINE HOST "Connection: close\r\n\r\n", SL_METHOD_GET, 1, CLOSED, "/", 0, false },
	/* 17 */ { LINE HOST "cONNECTION:CLOSE\r\n\r\n", SL_METHOD_GET, 1, CLOSED, "/", 0, false },
	/* 18 */
	{ LINE HOST "Connection: Upgrade ,, close\t\r\n\r\n", SL_METHOD_GET, 1, CLOSED, "/", 0,
	  false },
	/* 19 */
	{ LINE HOST "Connection: keep-alive, close\r\n\r\n", SL_METHOD_GET, 1, CLOSED, "/", 0,
	  false },
	/* 20: of several lines */
	{ LINE HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n", SL_METHOD_GET, 1, CLOSED,
	  "/", 0, false },
	/* 21 */ { LINE HOST "Connection: closed\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 22 */ { LINE HOST "Connection: close x\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 23 */ { LINE HOST "Connection:\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 24 */
	{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", SL_METHOD_GET, 0, KEPT, "/", 0,
	  false },
	/* 25 */
	{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", SL_METHOD_GET, 0, CLOSED, "/",
	  0, false },
	/* bodies (RFC 9112, 6) */
	/* 26 */ { LINE HOST "Content-Length: 0\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 27 */ { LINE HOST "Content-Length: 42\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 42, false },
	/* 28 */
	{ LINE HOST "Content-Length:\t 0042 \r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 42, false },
	/* 29 */
	{ LINE HOST "Content-Length: 9223372036854775807\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/",
	  INT64_MAX, false },
	/* 30 */
	{ LINE HOST "Transfer-Encoding: chunked\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, true },
	/* 31 */
	{ LINE HOST "Transfer-Encoding:CHUNKED\t\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, true },
	/* whoever waits for a 100 does not get one, and may or may not send the body */
	/* 32 */
	{ LINE HOST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", SL_METHOD_GET, 1, CLOSED,
	  "/", 1, false },
	/* 33 */
	{ LINE HOST "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n", SL_METHOD_GET, 1, CLOSED,
	  "/", 1, false },
	/* 34 */
	{ LINE HOST "Expect: 100-continue\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 35 */
	{ LINE HOST "Expect: the-unexpected\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* fields as they may be written */
	/* 36 */
	{ LINE "host:a\r\nX:\r\n!#$%&'*+-.^_`|~:y\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 37 */
	{ LINE HOST "X: \x80\xff \t \"quoted, : \\\"\"\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0,
	  false },
	/* 38 */ { LINE "Host:\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/", 0, false },
	/* 39: a name that only begins like one we know */
	{ LINE HOST "Hosts: b\r\nHos: c\r\nContent-Lengths: x\r\n\r\n", SL_METHOD_GET, 1, KEPT, "/",
	  0, false },
};

enum { ACCEPTED_CNT = sizeof(accepted) / sizeof(accepted[0]) };

START_TEST(accepted_requests)
{
	for (size_t i = 0; i < ACCEPTED_CNT; i++) {
		const struct accepted *row = &accepted[i];
		struct sl_request request;
		int len = parse_string(row->text, &request);

		ck_assert_msg(len == (int)strlen(row->text), "row %zu: %d", i, len);
		ck_assert_msg(request.method == row->method, "row %zu", i);
		ck_assert_msg(request.minor_version == row->minor_version, "row %zu", i);
		ck_assert_msg(request.keep_alive == row->keep_alive, "row %zu", i);
		ck_assert_msg(http_text_is(request.target, row->target), "row %zu", i);
		ck_assert_msg(request.body_bytes == row->body_bytes, "row %zu", i);
		ck_assert_msg(request.chunked == row->chunked, "row %zu", i);
		ck_assert_msg(request.has_body == (row->chunked || row->body_bytes), "row %zu", i);
	}
}
END_TEST

START_TEST(no_prefix_is_complete_and_nothing_after_it_matters)
{
	static const char *const tails[] = { "\r\n", "\n", MINIMAL, " x: y\r\n\r\n", "\xff" };

	for (size_t i = 0; i < ACCEPTED_CNT; i++) {
		uint32_t whole_bytes = (uint32_t)strlen(accepted[i].text);
		struct sl_request request;

		for (uint32_t len_bytes = 0; len_bytes < whole_bytes; len_bytes++)
			ck_assert_msg(!parse(accepted[i].text, len_bytes, &request),
				      "row %zu, %u bytes", i, len_bytes);
		for (size_t j = 0; j < sizeof(tails) / sizeof(tails[0]); j++) {
			char text[1024];

			snprintf(text, sizeof(text), "%s%s", accepted[i].text, tails[j]);
			ck_assert_msg(parse_string(text, &request) == (int)whole_bytes,
				      "row %zu, tail %zu", i, j);
		}
	}
}
END_TEST

/* ---- what is refused ---- */

static const struct refused {
	const char *text;
	int status;
} refused[] = {
	/* the request line */
	/* 0 */ { " " MINIMAL, 400 },
	/* 1 */ { "\n" MINIMAL, 400 },
	/* 2 */ { "\r" MINIMAL, 400 },
	/* 3 */ { "\r\r\n" MINIMAL, 400 },
	/* 4 */ { "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 5 */ { "GET /  HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 6 */ { "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
	/* 7 */ { "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 8 */ { "GET /\tHTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 9 */ { "GET /\vHTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 10 */ { "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 11 */ { "GET HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 12: HTTP/0.9 */ { "GET /\r\n", 400 },
	/* 13 */ { "GET / \r\n", 400 },
	/* 14 */ { "GET /#fragment HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 15 */ { "G(T / HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* 16: TLS where none is */ { "\x16\x03\x01\x02", 400 },
	/* 17 */ { "GET / http/1.1\r\n" HOST "\r\n", 400 },
	/* 18 */ { "GET / HTTP/11\r\n" HOST "\r\n", 400 },
	/* 19 */ { "GET / HTTP/1,1\r\n" HOST "\r\n", 400 },
	/* 20 */ { "GET / HTTP/1.10\r\n" HOST "\r\n", 400 },
	/* 21 */ { "GET / HTTP/01.1\r\n" HOST "\r\n", 400 },
	/* 22 */ { "GET / HTTP/1.\r\n" HOST "\r\n", 400 },
	/* 23 */ { "GET / HTTP/1.x\r\n" HOST "\r\n", 400 },
	/* 24 */ { "GET / HTTPS/1.1\r\n" HOST "\r\n", 400 },
	/* 25 */ { "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
	/* 26 */ { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
	/* 27 */ { "GET / HTTP/0.9\r\n\r\n", 505 },
	/* the ends of lines */
	/* 28 */ { "GET / HTTP/1.1\n" HOST "\r\n", 400 },
	/* 29 */ { "GET / HTTP/1.1\r" HOST "\r\n", 400 },
	/* 30 */ { LINE "Host: a\n\r\n", 400 },
	/* 31 */ { LINE "Host: a\r\r\n\r\n", 400 },
	/* 32 */ { LINE HOST "X: a\rb\r\n\r\n", 400 },
	/* 33 */ { LINE HOST "X: a\nb: c\r\n\r\n", 400 },
	/* 34 */ { LINE HOST "\n", 400 },
	/* 35 */ { LINE HOST "\r\r\n", 400 },
	/* 36 */ { LINE HOST "\rX: y\r\n\r\n", 400 },
	/* field lines */
	/* 37: space before the colon */
	{ LINE "Host : a\r\n\r\n", 400 },
	/* 38 */ { LINE HOST "Content-Length\t: 1\r\n\r\n", 400 },
	/* 39 */ { LINE HOST "Transfer-Encoding : chunked\r\n\r\n", 400 },
	/* 40: obs-fold */
	{ LINE HOST "X: a\r\n b\r\n\r\n", 400 },
	/* 41 */ { LINE HOST "X: a\r\n\tb\r\n\r\n", 400 },
	/* 42: before the first field */
	{ LINE " Host: a\r\n\r\n", 400 },
	/* 43 */ { LINE HOST ": a\r\n\r\n", 400 },
	/* 44 */ { LINE HOST "X\r\n\r\n", 400 },
	/* 45 */ { LINE HOST "X Y: a\r\n\r\n", 400 },
	/* 46 */ { LINE HOST "X\x80: a\r\n\r\n", 400 },
	/* 47 */ { LINE HOST "X: a\x7f\r\n\r\n", 400 },
	/* 48 */ { LINE HOST "X: a\v\r\n\r\n", 400 },
	/* 49 */ { LINE HOST "X: \x1b[2J\r\n\r\n", 400 },
	/* Host (RFC 9112, 3.2) */
	/* 50 */ { LINE "\r\n", 400 },
	/* 51 */ { LINE HOST HOST "\r\n", 400 },
	/* 52 */ { LINE "Host: a\r\nhOST: b\r\n\r\n", 400 },
	/* 53 */ { LINE "Host: a b\r\n\r\n", 400 },
	/* 54 */ { LINE "Host: a@b\r\n\r\n", 400 },
	/* 55 */ { LINE "Host: a/b\r\n\r\n", 400 },
	/* 56 */ { LINE "Host:\r\nHost:\r\n\r\n", 400 },
	/* 57 */ { "GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400 },
	/* 58: the absolute-form does not stand in for it */
	{ "GET http://a/ HTTP/1.1\r\n\r\n", 400 },
	/* Content-Length */
	/* 59 */ { LINE HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
	/* 60 */ { LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
	/* 61 */ { LINE HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400 },
	/* 62 */ { LINE HOST "Content-Length: 1, 1\r\n\r\n", 400 },
	/* 63 */ { LINE HOST "Content-Length: 1 1\r\n\r\n", 400 },
	/* 64 */ { LINE HOST "Content-Length: +1\r\n\r\n", 400 },
	/* 65 */ { LINE HOST "Content-Length: -1\r\n\r\n", 400 },
	/* 66 */ { LINE HOST "Content-Length: 0x1\r\n\r\n", 400 },
	/* 67 */ { LINE HOST "Content-Length: 1_0\r\n\r\n", 400 },
	/* 68 */ { LINE HOST "Content-Length:\r\n\r\n", 400 },
	/* 69 */ { LINE HOST "Content-Length: 9223372036854775808\r\n\r\n", 400 },
	/* 70 */ { LINE HOST "Content-Length: 18446744073709551617\r\n\r\n", 400 },
	/* Transfer-Encoding */
	/* 71 */ { LINE HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	/* 72 */ { LINE HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400 },
	/* 73 */
	{ LINE HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	/* 74 */ { LINE HOST "Transfer-Encoding: chunked, identity\r\n\r\n", 400 },
	/* 75 */ { LINE HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400 },
	/* 76 */ { "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	/* 77 */ { LINE HOST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
	/* 78 */ { LINE HOST "Transfer-Encoding: chunkedx\r\n\r\n", 501 },
	/* 79 */ { LINE HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", 501 },
	/* 80 */ { LINE HOST "Transfer-Encoding: chunked;a=b\r\n\r\n", 501 },
	/* 81 */ { LINE HOST "Transfer-Encoding: x chunked\r\n\r\n", 501 },
	/* 82 */ { LINE HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
	/* 83 */ { LINE HOST "Transfer-Encoding: identity\r\n\r\n", 501 },
	/* 84 */ { LINE HOST "Transfer-Encoding:\r\n\r\n", 501 },
	/* 85 */ { LINE HOST "Transfer-Encoding:\vchunked\r\n\r\n", 400 },
};

enum { REFUSED_CNT = sizeof(refused) / sizeof(refused[0]) };

START_TEST(refused_requests)
{
	for (size_t i = 0; i < REFUSED_CNT; i++) {
		struct sl_request request;
		int verdict = parse_string(refused[i].text, &request);

		ck_assert_msg(verdict == -refused[i].status, "row %zu: %d", i, verdict);
	}
}
END_TEST

/* Until the byte that decides, it is incomplete; from then on refused, whatever comes. */
START_TEST(refusals_stand)
{
	for (size_t i = 0; i < REFUSED_CNT; i++) {
		uint32_t whole_bytes = (uint32_t)strlen(refused[i].text);
		int before = 0;

		for (uint32_t len_bytes = 0; len_bytes <= whole_bytes; len_bytes++) {
			struct sl_request request;
			int verdict = parse(refused[i].text, len_bytes, &request);

			ck_assert_msg(
			    verdict == before || (!before && verdict == -refused[i].status),
			    "row %zu, %u bytes: %d after %d", i, len_bytes, verdict, before);
			before = verdict;
		}
	}
}
END_TEST

/* ---- every byte in every place ---- */

/* text with '@' replaced by octet. */
static int parse_with(const char *text, int octet, struct sl_request *request)
{
	static char bytes[256];
	uint32_t len_bytes = (uint32_t)strlen(text);

	memcpy(bytes, text, len_bytes);
	*(char *)memchr(bytes, '@', len_bytes) = (char)octet;
	return parse(bytes, len_bytes, request);
}

START_TEST(every_byte_in_every_place)
{
	for (int octet = 0; octet < 256; octet++) {
		char c = (char)octet;
		struct sl_request request;
		int verdict;

		verdict = parse_with("A@B / HTTP/1.1\r\n" HOST "\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == sl_octet_is(c, SL_OCTET_TOKEN), "0x%02x", octet);
		verdict = parse_with("GET /a@b HTTP/1.1\r\n" HOST "\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == sl_octet_is(c, SL_OCTET_TARGET), "0x%02x", octet);
		verdict = parse_with(LINE HOST "A@B: c\r\n\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == (sl_octet_is(c, SL_OCTET_TOKEN) || c == ':'),
			      "0x%02x", octet);
		verdict = parse_with(LINE HOST "A: b@c\r\n\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == sl_octet_is(c, SL_OCTET_VALUE), "0x%02x", octet);
		verdict = parse_with("GET / HTTP/1.@\r\n" HOST "\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == sl_octet_is(c, SL_OCTET_DIGIT), "0x%02x", octet);
		verdict = parse_with("GET / HTTP/1.1@\n" HOST "\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == (c == '\r'), "0x%02x", octet);
		verdict = parse_with("GET / HTTP/1.1\r@" HOST "\r\n", octet, &request);
		ck_assert_msg((verdict > 0) == (c == '\n'), "0x%02x", octet);
		verdict = parse_with(LINE HOST "\r@", octet, &request);
		ck_assert_msg((verdict > 0) == (c == '\n'), "0x%02x", octet);
	}
}
END_TEST

/* ---- fields ---- */

START_TEST(fields_found)
{
	static const char text[] = LINE "HOST: a:1\r\nUser-Agent: x/1 (y; z)\r\n"
					"Range:bytes=0-\r\nIF-RANGE: \"r\"\t\r\n"
					"If-Match: \"m\", *\r\nIf-None-Match: W/\"n\"\r\n"
					"If-Modified-Since: Sun, 06\r\n"
					"If-Unmodified-Since: Mon, 07\r\n\r\n";
	const char *data = http_text_guard(text, sizeof(text) - 1);
	struct sl_request request;

	ck_assert_int_eq(sl_request_parse(data, sizeof(text) - 1, &request), sizeof(text) - 1);
	ck_assert(http_text_is(request.host, "a:1"));
	ck_assert(http_text_is(request.user_agent, "x/1 (y; z)"));
	ck_assert(http_text_is(request.range, "bytes=0-"));
	ck_assert(http_text_is(request.if_range, "\"r\""));
	ck_assert(http_text_is(request.if_match, "\"m\", *"));
	ck_assert(http_text_is(request.if_none_match, "W/\"n\""));
	ck_assert(http_text_is(request.if_modified_since, "Sun, 06"));
	ck_assert(http_text_is(request.if_unmodified_since, "Mon, 07"));
	ck_assert_ptr_eq(request.fields.at, data + strlen(LINE));
	ck_assert_uint_eq(request.fields.len_bytes, strlen(text) - strlen(LINE) - 2);
}
END_TEST

START_TEST(fields_absent)
{
	struct sl_request request;

	ck_assert_int_gt(parse_string("GET / HTTP/1.0\r\n\r\n", &request), 0);
	ck_assert_ptr_null(request.host.at);
	ck_assert_ptr_null(request.user_agent.at);
	ck_assert_ptr_null(request.range.at);
	ck_assert_ptr_null(request.if_range.at);
	ck_assert_ptr_null(request.if_match.at);
	ck_assert_ptr_null(request.if_none_match.at);
	ck_assert_ptr_null(request.if_modified_since.at);
	ck_assert_ptr_null(request.if_unmodified_since.at);
	ck_assert_uint_eq(request.fields.len_bytes, 0);
}
END_TEST

/* What may come once only says nothing when it comes twice; of the others the first stands. */
START_TEST(fields_twice)
{
	struct sl_request request;

	ck_assert_int_gt(parse_string(LINE HOST "Range: bytes=0-\r\nRange: bytes=1-\r\n"
						"If-Range: \"a\"\r\nIf-Range: \"a\"\r\n"
						"If-Modified-Since: a\r\nIf-Modified-Since: a\r\n"
						"If-Unmodified-Since: a\r\n"
						"If-Unmodified-Since: a\r\n"
						"If-Match: \"a\"\r\nIf-Match: \"b\"\r\n"
						"If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n"
						"User-Agent: a\r\nUser-Agent: b\r\n\r\n",
				      &request),
			 0);
	ck_assert(http_text_is(request.range, ""));
	ck_assert(http_text_is(request.if_range, ""));
	ck_assert(http_text_is(request.if_modified_since, ""));
	ck_assert(http_text_is(request.if_unmodified_since, ""));
	ck_assert(http_text_is(request.if_match, "\"a\""));
	ck_assert(http_text_is(request.if_none_match, "\"a\""));
	ck_assert(http_text_is(request.user_agent, "a"));
}
END_TEST

/* ---- limits ---- */

static char long_text[2 * SL_REQUEST_MAX_BYTES];

/* before, then fill as often as it takes to make whole_bytes with after behind it. */
static uint32_t fill_text(const char *before, char fill, const char *after, uint32_t whole_bytes)
{
	uint32_t before_bytes = (uint32_t)strlen(before), after_bytes = (uint32_t)strlen(after);

	memcpy(long_text, before, before_bytes);
	memset(long_text + before_bytes, fill, whole_bytes - before_bytes - after_bytes);
	memcpy(long_text + whole_bytes - after_bytes, after, after_bytes);
	return whole_bytes;
}

START_TEST(heads_as_long_as_the_limit)
{
	static const struct {
		const char *before;
		char fill;
		const char *after;
	} rows[] = {
		/* 0: a value */ { LINE HOST "X: ", 'a', "\r\n\r\n" },
		/* 1: a name */ { LINE HOST, 'a', ":\r\n\r\n" },
		/* 2: spaces */ { LINE HOST "X:", ' ', "\r\n\r\n" },
		/* 3: a method */ { "", 'A', " / HTTP/1.1\r\n" HOST "\r\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_request request;
		uint32_t len_bytes =
		    fill_text(rows[i].before, rows[i].fill, rows[i].after, SL_REQUEST_MAX_BYTES);

		ck_assert_msg(parse(long_text, len_bytes, &request) == SL_REQUEST_MAX_BYTES,
			      "row %zu", i);
		ck_assert_msg(parse(long_text, len_bytes - 1, &request) == 0, "row %zu", i);
		len_bytes = fill_text(rows[i].before, rows[i].fill, rows[i].after,
				      SL_REQUEST_MAX_BYTES + 1);
		ck_assert_msg(parse(long_text, len_bytes, &request) == -431, "row %zu", i);
		/* It need not be seen to its end. */
		ck_assert_msg(parse(long_text, SL_REQUEST_MAX_BYTES, &request) == -431, "row %zu",
			      i);
	}
}
END_TEST

START_TEST(targets_as_long_as_the_limit)
{
	enum { AROUND_BYTES = sizeof("GET / HTTP/1.1\r\n" HOST "\r\n") - 2 };
	static const char after[] = " HTTP/1.1\r\n" HOST "\r\n";
	struct sl_request request;
	uint32_t len_bytes;

	len_bytes = fill_text("GET /", 'a', after, AROUND_BYTES + SL_TARGET_MAX_BYTES);
	ck_assert_int_eq(parse(long_text, len_bytes, &request), (int)len_bytes);
	ck_assert_uint_eq(request.target.len_bytes, SL_TARGET_MAX_BYTES);
	len_bytes = fill_text("GET /", 'a', after, AROUND_BYTES + SL_TARGET_MAX_BYTES + 1);
	ck_assert_int_eq(parse(long_text, len_bytes, &request), -414);
	/* As soon as it is too long. */
	ck_assert_int_eq(parse(long_text, 4 + SL_TARGET_MAX_BYTES + 1, &request), -414);
	ck_assert_int_eq(parse(long_text, 4 + SL_TARGET_MAX_BYTES, &request), 0);
}
END_TEST

START_TEST(many_lines)
{
	struct sl_request request;
	char *at = stpcpy(long_text, LINE HOST);

	while (at + 6 <= long_text + SL_REQUEST_MAX_BYTES)
		at = stpcpy(at, "a:\r\n");
	at = stpcpy(at, "\r\n");
	ck_assert_int_eq(parse_string(long_text, &request), (int)(at - long_text));
	/* Nothing but empty lines. */
	for (uint32_t i = 0; i < SL_REQUEST_MAX_BYTES; i += 2)
		memcpy(long_text + i, "\r\n", 2);
	ck_assert_int_eq(parse(long_text, SL_REQUEST_MAX_BYTES - 2, &request), 0);
	ck_assert_int_eq(parse(long_text, SL_REQUEST_MAX_BYTES, &request), -431);
}
END_TEST

START_TEST(one_after_the_other)
{
	const char *text = LINE HOST "\r\nHEAD /b HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	uint32_t len_bytes = (uint32_t)strlen(text);
	struct sl_request request;
	int first, second;

	first = sl_request_parse(text, len_bytes, &request);
	ck_assert_int_eq(first, (int)strlen(MINIMAL));
	second = sl_request_parse(text + first, len_bytes - (uint32_t)first, &request);
	ck_assert_int_eq(first + second, (int)len_bytes);
	ck_assert_int_eq(request.method, SL_METHOD_HEAD);
	ck_assert(!request.keep_alive);
}
END_TEST

Suite *request_suite(void)
{
	Suite *suite = suite_create("request");
	TCase *tcase = tcase_create("request");

	tcase_add_test(tcase, accepted_requests);
	tcase_add_test(tcase, no_prefix_is_complete_and_nothing_after_it_matters);
	tcase_add_test(tcase, refused_requests);
	tcase_add_test(tcase, refusals_stand);
	tcase_add_test(tcase, every_byte_in_every_place);
	tcase_add_test(tcase, fields_found);
	tcase_add_test(tcase, fields_absent);
	tcase_add_test(tcase, fields_twice);
	tcase_add_test(tcase, heads_as_long_as_the_limit);
	tcase_add_test(tcase, targets_as_long_as_the_limit);
	tcase_add_test(tcase, many_lines);
	tcase_add_test(tcase, one_after_the_other);
	suite_add_tcase(suite, tcase);
	return suite;
}
