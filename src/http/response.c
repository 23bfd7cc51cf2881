/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/response.h"

#include <string.h>

#include "base/bug.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/octet.h"
#include "http/range.h"

static const struct reason {
	int status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *sl_response_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].text;
	}
	return "Unknown";
}

/* ---- deciding ---- */

/* Last-Modified is never after Date (RFC 9110, 8.8.2.1), nor before what a date can say. */
static int64_t last_modified_s(const struct sl_representation *representation, int64_t now_s)
{
	int64_t mtime_s = representation->mtime_s < now_s ? representation->mtime_s : now_s;

	return mtime_s > 0 ? mtime_s : 0;
}

/* Of no end at all, where every range is satisfied, one that has no last byte takes all the rest.
 */
static bool reaches_beyond(struct sl_slice range, uint64_t size_bytes)
{
	uint64_t off_bytes, len_bytes;

	return sl_range_parse(range, UINT64_MAX, &off_bytes, &len_bytes) == SL_RANGE_SATISFIED &&
	       off_bytes + len_bytes > size_bytes && off_bytes + len_bytes < UINT64_MAX;
}

static void decide_range(const struct sl_request *request,
			 const struct sl_representation *representation,
			 struct sl_response *response)
{
	switch (sl_range_parse(request->range, representation->size_bytes, &response->off_bytes,
			       &response->len_bytes)) {
	case SL_RANGE_IGNORED:
		break;
	case SL_RANGE_SATISFIED:
		response->status = 206;
		response->beyond = reaches_beyond(request->range, representation->size_bytes);
		break;
	case SL_RANGE_UNSATISFIABLE:
		response->status = 416;
		response->beyond = true;
		response->len_bytes = 0;
		break;
	}
}

static struct sl_response without_body(const struct sl_request *request, int status)
{
	return (struct sl_response){
		.status = status,
		.keep_alive = request && request->keep_alive,
		.old_client = request && request->minor_version == 0,
	};
}

void sl_response_decide(const struct sl_request *request,
			const struct sl_representation *representation, int64_t now_s,
			struct sl_response *response)
{
	const struct sl_validators validators = {
		.etag = representation->etag,
		.last_modified_s = last_modified_s(representation, now_s),
	};
	int status;

	*response = without_body(request, 405);
	if (request->method == SL_METHOD_OTHER)
		return;
	status = sl_conditional_check(request, &validators, now_s);
	response->status = status ? status : 200;
	if (status)
		return;
	response->len_bytes = representation->size_bytes;
	if (request->method == SL_METHOD_GET && request->range.at &&
	    sl_conditional_check_range(request, &validators, now_s))
		decide_range(request, representation, response);
	response->has_body = request->method == SL_METHOD_GET && response->len_bytes > 0;
}

void sl_response_refuse(const struct sl_request *request, int status, struct sl_response *response)
{
	*response = without_body(request, status);
}

/* ---- writing ---- */

struct text {
	char *at, *end;
	bool overflows; /* and nothing after that is of any use */
};

static void put_bytes(struct text *text, const char *bytes, size_t len_bytes)
{
	if (len_bytes > (size_t)(text->end - text->at)) {
		text->overflows = true;
		return;
	}
	memcpy(text->at, bytes, len_bytes);
	text->at += len_bytes;
}

static void put(struct text *text, const char *string)
{
	put_bytes(text, string, strlen(string));
}

static void put_number(struct text *text, uint64_t number)
{
	char digits[20];
	char *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put_bytes(text, at, (size_t)(digits + sizeof(digits) - at));
}

static void put_field(struct text *text, const char *name, const char *value)
{
	put(text, name);
	put(text, ": ");
	put(text, value);
	put(text, "\r\n");
}

static void put_number_field(struct text *text, const char *name, uint64_t number)
{
	put(text, name);
	put(text, ": ");
	put_number(text, number);
	put(text, "\r\n");
}

static void put_date_field(struct text *text, const char *name, int64_t unix_s)
{
	char date[SL_DATE_BYTES + 1];

	sl_date_format(unix_s, date);
	put_field(text, name, date);
}

/* What is not plainly a byte of a path is escaped, CR and LF with the rest. Two slashes in front
 * would make the path a host (RFC 3986, 4.2): one is left. */
static void put_path(struct text *text, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";

	put(text, "/");
	while (*path == '/')
		path++;
	for (; *path && !text->overflows; path++) {
		const uint8_t octet = (uint8_t)*path;
		const char escape[3] = { '%', hex[octet >> 4], hex[octet & 15] };

		if (*path == '/' || sl_octet_is(*path, SL_OCTET_PATH))
			put_bytes(text, path, 1);
		else
			put_bytes(text, escape, sizeof(escape));
	}
}

static void put_status(struct text *text, int status)
{
	put_number(text, (uint64_t)status);
	put(text, " ");
	put(text, sl_response_reason(status));
}

static void put_start(struct text *text, const struct sl_response *response, int64_t now_s)
{
	put(text, "HTTP/1.1 ");
	put_status(text, response->status);
	put(text, "\r\nServer: sluice\r\n");
	put_date_field(text, "Date", now_s);
	if (!response->keep_alive)
		put_field(text, "Connection", "close");
	else if (response->old_client)
		put_field(text, "Connection", "keep-alive");
}

static void put_validators(struct text *text, const struct sl_representation *representation,
			   int64_t now_s)
{
	put_date_field(text, "Last-Modified", last_modified_s(representation, now_s));
	if (representation->etag[0])
		put_field(text, "ETag", representation->etag);
}

/* Which bytes of how many; a star for which, if the answer is that there are none (416). */
static void put_content_range(struct text *text, const struct sl_response *response,
			      uint64_t size_bytes)
{
	put(text, "Content-Range: bytes ");
	if (response->status == 206) {
		put_number(text, response->off_bytes);
		put(text, "-");
		put_number(text, response->off_bytes + response->len_bytes - 1);
	} else {
		put(text, "*");
	}
	put(text, "/");
	put_number(text, size_bytes);
	put(text, "\r\n");
}

static void put_representation_fields(struct text *text, const struct sl_response *response,
				      const struct sl_representation *representation, int64_t now_s)
{
	put_field(text, "Content-Type", representation->mime);
	put_number_field(text, "Content-Length", response->len_bytes);
	put_validators(text, representation, now_s);
	put_field(text, "Accept-Ranges", "bytes");
	if (response->status == 206)
		put_content_range(text, response, representation->size_bytes);
	put(text, "\r\n");
}

static void put_page(struct text *text, int status)
{
	put(text, "<!DOCTYPE html>\n<html><head><title>");
	put_status(text, status);
	put(text, "</title></head>\n<body><h1>");
	put_status(text, status);
	put(text, "</h1></body></html>\n");
}

static void put_refusal(struct text *text, const struct sl_response *response,
			const struct sl_representation *representation, bool head_only,
			const char *location)
{
	char bytes[256];
	struct text page = { bytes, bytes + sizeof(bytes), false };

	put_page(&page, response->status);
	BUG_ON(page.overflows);
	if (response->status == 405)
		put_field(text, "Allow", "GET, HEAD");
	if (response->status == 416 && representation)
		put_content_range(text, response, representation->size_bytes);
	if (location) {
		put(text, "Location: ");
		put_path(text, location);
		put(text, "\r\n");
	}
	put_field(text, "Content-Type", "text/html");
	put_number_field(text, "Content-Length", (uint64_t)(page.at - bytes));
	put(text, "\r\n");
	if (!head_only)
		put_bytes(text, bytes, (size_t)(page.at - bytes));
}

static void put_response(struct text *text, const struct sl_response *response,
			 const struct sl_representation *representation, bool head_only,
			 const char *location, int64_t now_s)
{
	put_start(text, response, now_s);
	switch (response->status) {
	case 200:
	case 206:
		put_representation_fields(text, response, representation, now_s);
		break;
	case 304: /* what would refresh a stored answer, and no more (RFC 9110, 15.4.5) */
		put_validators(text, representation, now_s);
		put(text, "\r\n");
		break;
	default:
		put_refusal(text, response, representation, head_only, location);
	}
}

uint32_t sl_response_head(const struct sl_response *response,
			  const struct sl_representation *representation, bool head_only,
			  const char *location, int64_t now_s, char *out, uint32_t max_bytes)
{
	struct text text = { out, out + SL_RESPONSE_HEAD_MAX_BYTES, false };

	BUG_ON(max_bytes < SL_RESPONSE_HEAD_MAX_BYTES);
	put_response(&text, response, representation, head_only, location, now_s);
	if (text.overflows) {
		struct sl_response too_long = *response;

		BUG_ON(!location);
		too_long.status = 414;
		text = (struct text){ out, out + SL_RESPONSE_HEAD_MAX_BYTES, false };
		put_response(&text, &too_long, NULL, head_only, NULL, now_s);
	}
	return (uint32_t)(text.at - out);
}
