/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a request, and all that http does with one: properties that hold whatever comes in.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -DSL_DEBUG -Isrc -Ibuild \
 *         tests/fuzz/fuzz_request.c src/http/[a-z]*.c src/base/bug.c -o fuzz_request
 *     ./fuzz_request -max_len=1024 -max_total_time=60 NEW tests/fuzz/corpus/request
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "http/date.h"
#include "http/octet.h"
#include "http/range.h"
#include "http/request.h"
#include "http/response.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes);

static const int64_t now_s = 1735689600;

static const struct sl_representation representations[] = {
	{ 10000, 784111777, "\"e\"", "video/mp4" },
	{ 0, 0, "", "text/plain" },
	{ 1, INT64_MAX, "\"a,b\"", "application/vnd.apple.mpegurl" },
	{ INT64_MAX, INT64_MIN, "\"1-2-3\"", "application/octet-stream" },
};

/* ---- the request ---- */

static bool is_inside(struct sl_slice slice, const char *data, uint32_t len_bytes)
{
	return !slice.at || (slice.at >= data && slice.at + slice.len_bytes <= data + len_bytes);
}

enum { SLICE_CNT = 10 };

static void slices_of(const struct sl_request *request, struct sl_slice slices[SLICE_CNT])
{
	const struct sl_slice all[SLICE_CNT] = {
		request->target,     request->host,
		request->range,      request->if_range,
		request->if_match,   request->if_none_match,
		request->user_agent, request->if_modified_since,
		request->fields,     request->if_unmodified_since,
	};

	memcpy(slices, all, sizeof(all));
}

static bool is_same(const struct sl_request *a, const struct sl_request *b)
{
	struct sl_slice of_a[SLICE_CNT], of_b[SLICE_CNT];

	slices_of(a, of_a);
	slices_of(b, of_b);
	for (size_t i = 0; i < SLICE_CNT; i++) {
		if (of_a[i].at != of_b[i].at || of_a[i].len_bytes != of_b[i].len_bytes)
			return false;
	}
	return a->method == b->method && a->minor_version == b->minor_version &&
	       a->keep_alive == b->keep_alive && a->has_body == b->has_body &&
	       a->body_bytes == b->body_bytes && a->chunked == b->chunked;
}

static void check_request(const struct sl_request *request, const char *data, uint32_t len_bytes)
{
	struct sl_slice slices[SLICE_CNT];

	slices_of(request, slices);
	for (size_t i = 0; i < SLICE_CNT; i++)
		BUG_ON(!is_inside(slices[i], data, len_bytes));
	BUG_ON(!request->target.len_bytes);
	BUG_ON(request->target.len_bytes > SL_TARGET_MAX_BYTES);
	BUG_ON(request->minor_version > 1);
	BUG_ON(request->minor_version == 1 && !request->host.at);
	BUG_ON(request->chunked && request->body_bytes);
	BUG_ON(request->has_body != (request->chunked || request->body_bytes));
	BUG_ON(request->body_bytes > INT64_MAX);
}

static void check_verdict(int verdict, uint32_t len_bytes)
{
	BUG_ON(verdict > 0 && (uint32_t)verdict > len_bytes);
	BUG_ON(verdict > SL_REQUEST_MAX_BYTES);
	BUG_ON(verdict == 0 && len_bytes >= SL_REQUEST_MAX_BYTES);
	BUG_ON(verdict < 0 && verdict != -400 && verdict != -414 && verdict != -431 &&
	       verdict != -501 && verdict != -505);
}

/* What a prefix says, the whole says, too. */
static void check_prefixes(const char *data, uint32_t len_bytes, int verdict_of_all,
			   const struct sl_request *request_of_all)
{
	uint32_t step_bytes = 1 + len_bytes / 2048;

	for (uint32_t prefix_bytes = 0; prefix_bytes < len_bytes; prefix_bytes += step_bytes) {
		struct sl_request request;
		int verdict = sl_request_parse(data, prefix_bytes, &request);

		check_verdict(verdict, prefix_bytes);
		BUG_ON(verdict != 0 && verdict != verdict_of_all);
		BUG_ON(verdict_of_all > 0 &&
		       (verdict > 0) != (prefix_bytes >= (uint32_t)verdict_of_all));
		BUG_ON(verdict > 0 && !is_same(&request, request_of_all));
	}
}

/* ---- the target ---- */

static void check_path(const struct sl_target *target)
{
	const char *segment = target->path;

	BUG_ON(target->len_bytes >= SL_PATH_MAX_BYTES);
	BUG_ON(strlen(target->path) != target->len_bytes);
	while (*segment) {
		size_t segment_bytes = strcspn(segment, "/");

		BUG_ON(segment_bytes == 0);
		BUG_ON(segment_bytes == 1 && segment[0] == '.');
		BUG_ON(segment_bytes == 2 && segment[0] == '.' && segment[1] == '.');
		segment += segment_bytes;
		if (!*segment)
			break;
		segment++;
		BUG_ON(!*segment); /* no slash at the end */
	}
	BUG_ON(!target->len_bytes && !target->directory);
}

/* A redirection to the path leads to the path. */
static void check_location(const struct sl_target *target)
{
	char location[SL_PATH_MAX_BYTES + 2], out[SL_RESPONSE_HEAD_MAX_BYTES];
	struct sl_response response;
	struct sl_target again;
	struct sl_slice text;
	uint32_t len_bytes;

	location[0] = '/';
	memcpy(location + 1, target->path, target->len_bytes + 1);
	sl_response_refuse(NULL, 301, &response);
	len_bytes = sl_response_head(&response, NULL, true, location, now_s, out, sizeof(out));
	if (!memcmp(out, "HTTP/1.1 414", 12))
		return;
	text.at = memmem(out, len_bytes, "\r\nLocation: ", 12);
	BUG_ON(!text.at);
	text.at += 12;
	text.len_bytes =
	    (uint32_t)((const char *)memchr(text.at, '\r', out + len_bytes - text.at) - text.at);
	BUG_ON(sl_target_parse(text, &again) != 0);
	BUG_ON(strcmp(again.path, target->path) != 0);
}

static void check_target(struct sl_slice text)
{
	struct sl_target target;
	int error = sl_target_parse(text, &target);

	BUG_ON(error != 0 && error != -400 && error != -414);
	if (error)
		return;
	BUG_ON(!is_inside(target.query, text.at, text.len_bytes));
	BUG_ON(!is_inside(target.authority, text.at, text.len_bytes));
	check_path(&target);
	check_location(&target);
}

/* ---- the answer ---- */

static void check_range(struct sl_slice value, uint64_t size_bytes)
{
	uint64_t off_bytes, len_bytes;

	if (sl_range_parse(value, size_bytes, &off_bytes, &len_bytes) != SL_RANGE_SATISFIED)
		return;
	BUG_ON(off_bytes >= size_bytes);
	BUG_ON(len_bytes == 0);
	BUG_ON(len_bytes > size_bytes - off_bytes);
}

static void check_date(struct sl_slice value)
{
	char text[SL_DATE_BYTES + 1];
	int64_t unix_s, again_s;

	if (!sl_date_parse(value.at, value.len_bytes, now_s, &unix_s) || unix_s < 0 ||
	    unix_s > SL_DATE_MAX_S)
		return;
	sl_date_format(unix_s, text);
	BUG_ON(!sl_date_parse(text, SL_DATE_BYTES, now_s, &again_s));
	BUG_ON(again_s != unix_s);
}

/* Lines end in CR LF and hold nothing that could end one or begin another. Returns the first byte
 * of the body. */
static const char *check_lines(const char *at, const char *end)
{
	for (;;) {
		const char *line_end = sl_octet_skip(at, end, SL_OCTET_VALUE);

		BUG_ON(end - line_end < 2);
		BUG_ON(memcmp(line_end, "\r\n", 2) != 0);
		if (line_end == at)
			return line_end + 2;
		at = line_end + 2;
	}
}

static void check_head(const struct sl_response *response,
		       const struct sl_representation *representation, bool head_only)
{
	char out[SL_RESPONSE_HEAD_MAX_BYTES];
	uint32_t len_bytes =
	    sl_response_head(response, representation, head_only, NULL, now_s, out, sizeof(out));
	const char *body;

	BUG_ON(len_bytes == 0);
	BUG_ON(len_bytes > sizeof(out));
	BUG_ON(memcmp(out, "HTTP/1.1 ", 9) != 0);
	body = check_lines(out, out + len_bytes);
	/* A body in memory is an error's page; one of the file is not in memory. */
	BUG_ON((response->has_body || head_only || response->status < 400) &&
	       body != out + len_bytes);
	BUG_ON(response->status >= 400 && !head_only && body == out + len_bytes);
}

static void check_response(const struct sl_request *request,
			   const struct sl_representation *representation)
{
	struct sl_response response;

	sl_response_decide(request, representation, now_s, &response);
	BUG_ON(response.has_body && response.status != 200 && response.status != 206);
	BUG_ON(response.has_body && request->method != SL_METHOD_GET);
	BUG_ON(response.has_body != (request->method == SL_METHOD_GET && response.len_bytes > 0));
	BUG_ON(response.off_bytes > representation->size_bytes);
	BUG_ON(response.len_bytes > representation->size_bytes - response.off_bytes);
	BUG_ON(response.status == 200 && response.len_bytes != representation->size_bytes);
	BUG_ON(response.keep_alive != request->keep_alive);
	check_head(&response, representation, request->method == SL_METHOD_HEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes)
{
	const char *text = (const char *)data;
	struct sl_request request;
	int verdict;

	if (!len_bytes || len_bytes > 2 * SL_REQUEST_MAX_BYTES)
		return 0;
	verdict = sl_request_parse(text, (uint32_t)len_bytes, &request);
	check_verdict(verdict, (uint32_t)len_bytes);
	check_prefixes(text, (uint32_t)len_bytes, verdict, &request);
	/* These take any bytes. */
	check_target((struct sl_slice){ text, (uint32_t)len_bytes });
	check_range((struct sl_slice){ text, (uint32_t)len_bytes }, 10000);
	check_date((struct sl_slice){ text, (uint32_t)len_bytes });
	if (verdict <= 0)
		return 0;
	check_request(&request, text, (uint32_t)verdict);
	check_target(request.target);
	if (request.if_modified_since.at)
		check_date(request.if_modified_since);
	for (size_t i = 0; i < sizeof(representations) / sizeof(representations[0]); i++) {
		if (request.range.at)
			check_range(request.range, representations[i].size_bytes);
		check_response(&request, &representations[i]);
	}
	return 0;
}
