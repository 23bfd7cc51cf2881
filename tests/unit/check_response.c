/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"
#include "http/target.h"
#include "http_text.h"

Suite *response_suite(void);

#define NOW_S 1735689600 /* Wed, 01 Jan 2025 00:00:00 GMT */
#define DATE  "Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
#define MTIME "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define ETAG  "ETag: \"e-1\"\r\n"

static const struct sl_representation video = { 10000, 784111777, "\"e-1\"", "video/mp4" };
static const struct sl_representation nothing = { 0, 784111777, "\"e-0\"", "text/plain" };

static void parse(const char *text, struct sl_request *request)
{
	struct sl_slice slice = http_text_slice(text);

	ck_assert_int_eq(sl_request_parse(slice.at, slice.len_bytes, request), slice.len_bytes);
}

static const char *head_of(const struct sl_response *response,
			   const struct sl_representation *representation, bool head_only,
			   const char *location)
{
	static char out[SL_RESPONSE_HEAD_MAX_BYTES + 1];
	uint32_t len_bytes = sl_response_head(response, representation, head_only, location, NOW_S,
					      out, SL_RESPONSE_HEAD_MAX_BYTES);

	ck_assert_uint_ge(len_bytes, 1);
	ck_assert_uint_le(len_bytes, SL_RESPONSE_HEAD_MAX_BYTES);
	out[len_bytes] = '\0';
	ck_assert_uint_eq(strlen(out), len_bytes);
	return out;
}

/* ---- deciding ---- */

START_TEST(decisions)
{
	static const struct {
		const char *line, *fields;
		const struct sl_representation *representation;
		int status;
		bool has_body;
		uint64_t off_bytes, len_bytes;
	} rows[] = {
		/* 0 */ { "GET", "", &video, 200, true, 0, 10000 },
		/* 1 */ { "HEAD", "", &video, 200, false, 0, 10000 },
		/* 2 */ { "GET", "", &nothing, 200, false, 0, 0 },
		/* 3 */ { "GET", "Range: bytes=500-999\r\n", &video, 206, true, 500, 500 },
		/* 4 */ { "GET", "Range: bytes=0-\r\n", &video, 206, true, 0, 10000 },
		/* 5 */ { "GET", "Range: bytes=-1\r\n", &video, 206, true, 9999, 1 },
		/* 6 */ { "GET", "Range: bytes=10000-\r\n", &video, 416, false, 0, 0 },
		/* 7 */ { "GET", "Range: bytes=0-1,2-3\r\n", &video, 200, true, 0, 10000 },
		/* 8 */ { "GET", "Range: lines=0-1\r\n", &video, 200, true, 0, 10000 },
		/* 9 */
		{ "GET", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n", &video, 200, true, 0, 10000 },
		/* 10: a range is for GET only (14.2) */
		{ "HEAD", "Range: bytes=500-999\r\n", &video, 200, false, 0, 10000 },
		/* 11 */ { "HEAD", "Range: bytes=10000-\r\n", &video, 200, false, 0, 10000 },
		/* 12 */ { "GET", "Range: bytes=0-\r\n", &nothing, 416, false, 0, 0 },
		/* 13 */ { "GET", "Range: bytes=-5\r\n", &nothing, 200, false, 0, 0 },
		/* 14 */
		{ "GET", "Range: bytes=0-1\r\nIf-Range: \"e-1\"\r\n", &video, 206, true, 0, 2 },
		/* 15 */
		{ "GET", "Range: bytes=0-1\r\nIf-Range: \"e-2\"\r\n", &video, 200, true, 0, 10000 },
		/* 16: and no 416 for another representation's range */
		{ "GET", "Range: bytes=20000-\r\nIf-Range: \"e-2\"\r\n", &video, 200, true, 0,
		  10000 },
		/* 17 */ { "GET", "If-Range: \"e-1\"\r\n", &video, 200, true, 0, 10000 },
		/* 18: conditions before ranges */
		{ "GET", "Range: bytes=0-1\r\nIf-None-Match: \"e-1\"\r\n", &video, 304, false, 0,
		  0 },
		/* 19 */
		{ "GET", "Range: bytes=20000-\r\nIf-Match: \"e-2\"\r\n", &video, 412, false, 0, 0 },
		/* 20 */ { "HEAD", "If-None-Match: *\r\n", &video, 304, false, 0, 0 },
		/* 21 */ { "POST", "If-Match: \"e-2\"\r\n", &video, 405, false, 0, 0 },
		/* 22 */ { "OPTIONS", "", &video, 405, false, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_request request;
		struct sl_response response;
		char text[256];

		snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", rows[i].line,
			 rows[i].fields);
		parse(text, &request);
		sl_response_decide(&request, rows[i].representation, NOW_S, &response);
		ck_assert_msg(response.status == rows[i].status, "row %zu: %d", i, response.status);
		ck_assert_msg(response.has_body == rows[i].has_body, "row %zu", i);
		ck_assert_msg(response.off_bytes == rows[i].off_bytes, "row %zu", i);
		ck_assert_msg(response.len_bytes == rows[i].len_bytes, "row %zu", i);
		ck_assert_msg(response.keep_alive && !response.old_client, "row %zu", i);
	}
}
END_TEST

/* What a file that grows may have by now. */
START_TEST(ranges_beyond_the_end)
{
	static const struct {
		const char *range;
		bool beyond;
	} rows[] = {
		{ "bytes=0-9998", false },
		{ "bytes=0-9999", false },
		{ "bytes=0-10000", true },
		{ "bytes=9999-10000", true },
		{ "bytes=10000-10000", true },
		{ "bytes=10000-", true },
		{ "bytes=20000-30000", true },
		/* All there is from there on; the last ones; no range that is understood. */
		{ "bytes=0-", false },
		{ "bytes=9999-", false },
		{ "bytes=-1", false },
		{ "bytes=-20000", false },
		{ "bytes=0-1,9000-20000", false },
		{ "lines=0-20000", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_request request;
		struct sl_response response;
		char text[128];

		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nRange: %s\r\n\r\n",
			 rows[i].range);
		parse(text, &request);
		sl_response_decide(&request, &video, NOW_S, &response);
		ck_assert_msg(response.beyond == rows[i].beyond, "%s", rows[i].range);
	}
}
END_TEST

/* A file from the future was last modified now (8.8.2.1): whoever asks again is told so. */
START_TEST(no_modification_after_now)
{
	static const struct sl_representation future = { 1, NOW_S + 3600, "\"f\"", "text/plain" };
	static const struct sl_representation ancient = { 1, -3600, "\"f\"", "text/plain" };
	struct sl_request request;
	struct sl_response response;

	parse("GET / HTTP/1.1\r\nHost: a\r\n"
	      "If-Modified-Since: Wed, 01 Jan 2025 00:00:00 GMT\r\n\r\n",
	      &request);
	sl_response_decide(&request, &future, NOW_S, &response);
	ck_assert_int_eq(response.status, 304);
	ck_assert_ptr_nonnull(strstr(head_of(&response, &future, false, NULL),
				     "Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n"));
	ck_assert_ptr_nonnull(strstr(head_of(&response, &ancient, false, NULL),
				     "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
}
END_TEST

/* ---- heads ---- */

#define PAGE(what)                                                      \
	"<!DOCTYPE html>\n<html><head><title>" what "</title></head>\n" \
	"<body><h1>" what "</h1></body></html>\n"
#define REFUSED(what, fields, connection, len)                           \
	"HTTP/1.1 " what "\r\nServer: sluice\r\n" DATE connection fields \
	"Content-Type: text/html\r\nContent-Length: " len "\r\n\r\n"

static const struct head_row {
	const char *request;
	int refusal; /* 0: decide */
	const struct sl_representation *representation;
	const char *location;
	const char *head; /* with the body, if it has one in memory */
} heads[] = {
	/* 0 */ { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, &video, NULL,
		  "HTTP/1.1 200 OK\r\nServer: sluice\r\n" DATE
		  "Content-Type: video/mp4\r\nContent-Length: 10000\r\n" MTIME ETAG
		  "Accept-Ranges: bytes\r\n\r\n" },
	/* 1: HEAD differs in nothing */
	{ "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 0, &video, NULL,
	  "HTTP/1.1 200 OK\r\nServer: sluice\r\n" DATE
	  "Content-Type: video/mp4\r\nContent-Length: 10000\r\n" MTIME ETAG
	  "Accept-Ranges: bytes\r\n\r\n" },
	/* 2 */
	{ "GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=500-999\r\nConnection: close\r\n\r\n", 0,
	  &video, NULL,
	  "HTTP/1.1 206 Partial Content\r\nServer: sluice\r\n" DATE "Connection: close\r\n"
	  "Content-Type: video/mp4\r\nContent-Length: 500\r\n" MTIME ETAG
	  "Accept-Ranges: bytes\r\nContent-Range: bytes 500-999/10000\r\n\r\n" },
	/* 3: an old client is told that the connection stays */
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0, &nothing, NULL,
	  "HTTP/1.1 200 OK\r\nServer: sluice\r\n" DATE "Connection: keep-alive\r\n"
	  "Content-Type: text/plain\r\nContent-Length: 0\r\n" MTIME "ETag: \"e-0\"\r\n"
	  "Accept-Ranges: bytes\r\n\r\n" },
	/* 4 */
	{ "GET / HTTP/1.0\r\n\r\n", 0, &nothing, NULL,
	  "HTTP/1.1 200 OK\r\nServer: sluice\r\n" DATE "Connection: close\r\n"
	  "Content-Type: text/plain\r\nContent-Length: 0\r\n" MTIME "ETag: \"e-0\"\r\n"
	  "Accept-Ranges: bytes\r\n\r\n" },
	/* 5 */
	{ "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n", 0, &video, NULL,
	  "HTTP/1.1 304 Not Modified\r\nServer: sluice\r\n" DATE MTIME ETAG "\r\n" },
	/* 6 */
	{ "GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=10000-\r\n\r\n", 0, &video, NULL,
	  REFUSED("416 Range Not Satisfiable", "Content-Range: bytes */10000\r\n", "", "131")
	      PAGE("416 Range Not Satisfiable") },
	/* 7 */
	{ "GET / HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n", 0, &video, NULL,
	  REFUSED("412 Precondition Failed", "", "", "127") PAGE("412 Precondition Failed") },
	/* 8 */
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL, NULL,
	  REFUSED("404 Not Found", "", "", "107") PAGE("404 Not Found") },
	/* 9: what GET would get, but no body */
	{ "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL, NULL,
	  REFUSED("404 Not Found", "", "", "107") },
	/* 10 */
	{ "DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405, NULL, NULL,
	  REFUSED("405 Method Not Allowed", "Allow: GET, HEAD\r\n", "Connection: close\r\n", "125")
	      PAGE("405 Method Not Allowed") },
	/* 11 */
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 403, NULL, NULL,
	  REFUSED("403 Forbidden", "", "Connection: keep-alive\r\n", "107") PAGE("403 Forbidden") },
	/* 12 */
	{ "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 301, NULL, "/a b/",
	  REFUSED("301 Moved Permanently", "Location: /a%20b/\r\n", "", "123")
	      PAGE("301 Moved Permanently") },
	/* 13: no request that could be read */
	{ NULL, 400, NULL, NULL,
	  REFUSED("400 Bad Request", "", "Connection: close\r\n", "111") PAGE("400 Bad Request") },
	/* 14: no tag */
	{ "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  &(const struct sl_representation){ UINT64_MAX, 784111777, "", "a/b" }, NULL,
	  "HTTP/1.1 200 OK\r\nServer: sluice\r\n" DATE
	  "Content-Type: a/b\r\nContent-Length: 18446744073709551615\r\n" MTIME
	  "Accept-Ranges: bytes\r\n\r\n" },
};

START_TEST(heads_in_full)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		const struct head_row *row = &heads[i];
		struct sl_request request = { 0 };
		struct sl_response response;
		const char *head;

		if (row->request)
			parse(row->request, &request);
		if (row->refusal)
			sl_response_refuse(row->request ? &request : NULL, row->refusal, &response);
		else
			sl_response_decide(&request, row->representation, NOW_S, &response);
		head = head_of(&response, row->representation, request.method == SL_METHOD_HEAD,
			       row->location);
		ck_assert_msg(!strcmp(head, row->head), "row %zu:\n%s---- not:\n%s", i, head,
			      row->head);
	}
}
END_TEST

/* Every status has a reason, a page of the length it says, and one empty line. */
START_TEST(every_refusal)
{
	static const int statuses[] = { 301, 400, 403, 404, 405, 408, 412, 413,
					414, 416, 431, 500, 501, 503, 505 };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct sl_response response;
		const char *head, *body, *length;

		ck_assert_str_ne(sl_response_reason(statuses[i]), "Unknown");
		sl_response_refuse(NULL, statuses[i], &response);
		ck_assert(!response.keep_alive && !response.has_body);
		head = head_of(&response, NULL, false, NULL);
		body = strstr(head, "\r\n\r\n") + 4;
		length = strstr(head, "Content-Length: ") + strlen("Content-Length: ");
		ck_assert_uint_eq(strtoul(length, NULL, 10), strlen(body));
		ck_assert(strstr(head, "Allow") ? statuses[i] == 405 : statuses[i] != 405);
	}
	ck_assert_str_eq(sl_response_reason(299), "Unknown");
}
END_TEST

/* ---- Location ---- */

static const char *location_of(const char *path)
{
	static char location[SL_RESPONSE_HEAD_MAX_BYTES];
	struct sl_response response;
	const char *at;

	sl_response_refuse(NULL, 301, &response);
	at = strstr(head_of(&response, NULL, true, path), "Location: ");
	ck_assert_int_eq(sscanf(at, "Location: %1000[^\r]\r\nContent-Type", location), 1);
	return location;
}

START_TEST(locations_are_escaped)
{
	static const struct {
		const char *path, *location;
	} rows[] = {
		/* 0 */ { "/", "/" },
		/* 1 */ { "/a/b-c_d.e~/", "/a/b-c_d.e~/" },
		/* 2: RFC 3986's pchar as it is */ { "/!$&'()*+,;=:@/", "/!$&'()*+,;=:@/" },
		/* 3 */ { "/a b/", "/a%20b/" },
		/* 4 */ { "/100%/", "/100%25/" },
		/* 5 */ { "/a?b#c/", "/a%3Fb%23c/" },
		/* 6 */ { "/caf\xc3\xa9/", "/caf%C3%A9/" },
		/* 7: no second header */
		{ "/a\r\nSet-Cookie: b=c\r\n\r\n/", "/a%0D%0ASet-Cookie:%20b=c%0D%0A%0D%0A/" },
		/* 8: no host */ { "//evil.example/", "/evil.example/" },
		/* 9 */ { "/\\evil.example/", "/%5Cevil.example/" },
		/* 10 */ { "/\"<>^`{|}/", "/%22%3C%3E%5E%60%7B%7C%7D/" },
		/* 11 */ { "/\x01\x7f\x80\xff/", "/%01%7F%80%FF/" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *location = location_of(rows[i].path);

		ck_assert_msg(!strcmp(location, rows[i].location), "row %zu: %s", i, location);
	}
}
END_TEST

/* Where we send somebody is where they wanted to go. */
START_TEST(locations_lead_back)
{
	for (int octet = 1; octet < 256; octet++) {
		char path[8] = { '/', 'x', (char)octet, 'y', '/', '\0' };
		struct sl_target target;

		if (octet == '/')
			continue;
		ck_assert_int_eq(sl_target_parse(http_text_slice(location_of(path)), &target), 0);
		ck_assert(target.directory);
		ck_assert_uint_eq(target.len_bytes, 3);
		ck_assert(!memcmp(target.path, path + 1, 3));
	}
}
END_TEST

START_TEST(a_location_too_long_is_414)
{
	static char path[SL_PATH_MAX_BYTES];
	struct sl_response response;
	bool was_too_long = false;

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	sl_response_refuse(NULL, 301, &response);
	for (size_t len_bytes = 1; len_bytes < sizeof(path); len_bytes++) {
		const char *head;
		bool too_long;

		path[len_bytes] = '\0';
		head = head_of(&response, NULL, false, path);
		path[len_bytes] = 'a';
		too_long = !strncmp(head, "HTTP/1.1 414 ", 13);
		ck_assert(too_long || !strncmp(head, "HTTP/1.1 301 ", 13));
		ck_assert_ptr_nonnull(strstr(head, "</html>\n"));
		ck_assert(too_long == !strstr(head, "Location"));
		ck_assert(too_long || !was_too_long);
		was_too_long = too_long;
	}
	ck_assert(was_too_long);
}
END_TEST

Suite *response_suite(void)
{
	Suite *suite = suite_create("response");
	TCase *tcase = tcase_create("response");

	tcase_add_test(tcase, decisions);
	tcase_add_test(tcase, ranges_beyond_the_end);
	tcase_add_test(tcase, no_modification_after_now);
	tcase_add_test(tcase, heads_in_full);
	tcase_add_test(tcase, every_refusal);
	tcase_add_test(tcase, locations_are_escaped);
	tcase_add_test(tcase, locations_lead_back);
	tcase_add_test(tcase, a_location_too_long_is_414);
	suite_add_tcase(suite, tcase);
	return suite;
}
