/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass from left to right; the first byte that no request could have there decides. The grammar
 * is read as narrowly as RFC 9112 allows: where it says that a recipient MAY repair something (bare
 * LF, white space around a field name, folded lines, twice the same Content-Length), some proxy in
 * front of us repairs it differently, and the difference is called request smuggling.
 *
 * Expect needs no answer of its own: a final status instead of 100 is always right (RFC 9110,
 * 10.1.1), and an expectation we do not know MAY be answered with 417, or be passed over. We do.
 */
#include "http/request.h"

#include <stddef.h>
#include <string.h>

#include "base/bug.h"
#include "http/field.h"
#include "http/host.h"
#include "http/octet.h"

enum { /* what a step returns, unless it is -status */
       MORE = 0,
       DONE = 1,
};

struct head {
	const char *at, *end;
	struct sl_request *request;
	bool says_close, says_keep_alive;
	bool has_length, has_coding, expects_continue;
};

static struct sl_slice slice(const char *first, const char *end)
{
	return (struct sl_slice){ first, (uint32_t)(end - first) };
}

/* ---- fields ---- */

static int set_once(struct sl_slice *field, struct sl_slice value)
{
	if (field->at)
		value.len_bytes = 0;
	*field = value;
	return DONE;
}

static int set_first(struct sl_slice *field, struct sl_slice value)
{
	if (!field->at)
		*field = value;
	return DONE;
}

static int set_host(struct sl_slice *field, struct sl_slice value)
{
	if (field->at || !sl_host_valid(value))
		return -400;
	*field = value;
	return DONE;
}

static int set_length(struct head *head, struct sl_slice value)
{
	uint64_t *body_bytes = &head->request->body_bytes;

	if (head->has_length || !sl_field_take_number(&value, body_bytes) || value.len_bytes ||
	    *body_bytes > INT64_MAX)
		return -400;
	head->has_length = true;
	return DONE;
}

static int set_coding(struct head *head, struct sl_slice value)
{
	struct sl_slice coding;

	if (head->has_coding)
		return -400;
	head->has_coding = true;
	if (sl_field_is(value, "chunked"))
		return DONE;
	/* Chunked and something after it has no end that could be found (RFC 9112, 6.3). */
	while (sl_field_take_member(&value, &coding)) {
		if (sl_field_is(coding, "chunked") && value.len_bytes)
			return -400;
	}
	return -501;
}

static int add_connection(struct head *head, struct sl_slice value)
{
	struct sl_slice option;

	while (sl_field_take_member(&value, &option)) {
		head->says_close |= sl_field_is(option, "close");
		head->says_keep_alive |= sl_field_is(option, "keep-alive");
	}
	return DONE;
}

static int add_expectation(struct head *head, struct sl_slice value)
{
	head->expects_continue |= sl_field_is(value, "100-continue");
	return DONE;
}

enum rule {
	ONCE,
	FIRST,
	HOST,
	LENGTH,
	CODING,
	CONNECTION,
	EXPECT,
};

static const struct known_field {
	const char *name;
	uint8_t len_bytes;
	uint8_t rule;
	uint16_t off_bytes; /* of the slice in struct sl_request, if it has one */
} known_fields[] = {
#define NAMED(text)   .name = text, .len_bytes = sizeof(text) - 1
#define SLICE(member) .off_bytes = offsetof(struct sl_request, member)
	{ NAMED("host"), .rule = HOST, SLICE(host) },
	{ NAMED("range"), .rule = ONCE, SLICE(range) },
	{ NAMED("expect"), .rule = EXPECT },
	{ NAMED("if-range"), .rule = ONCE, SLICE(if_range) },
	{ NAMED("if-match"), .rule = FIRST, SLICE(if_match) },
	{ NAMED("connection"), .rule = CONNECTION },
	{ NAMED("user-agent"), .rule = FIRST, SLICE(user_agent) },
	{ NAMED("if-none-match"), .rule = FIRST, SLICE(if_none_match) },
	{ NAMED("content-length"), .rule = LENGTH },
	{ NAMED("if-modified-since"), .rule = ONCE, SLICE(if_modified_since) },
	{ NAMED("transfer-encoding"), .rule = CODING },
	{ NAMED("if-unmodified-since"), .rule = ONCE, SLICE(if_unmodified_since) },
#undef NAMED
#undef SLICE
};

static const struct known_field *find_known_field(struct sl_slice name)
{
	for (size_t i = 0; i < sizeof(known_fields) / sizeof(known_fields[0]); i++) {
		if (known_fields[i].len_bytes == name.len_bytes &&
		    sl_field_is(name, known_fields[i].name))
			return &known_fields[i];
	}
	return NULL;
}

static int apply_field(struct head *head, struct sl_slice name, struct sl_slice value)
{
	const struct known_field *known = find_known_field(name);
	struct sl_slice *field;

	if (!known)
		return DONE;
	field = (struct sl_slice *)((char *)head->request + known->off_bytes);
	switch ((enum rule)known->rule) {
	case ONCE:
		return set_once(field, value);
	case FIRST:
		return set_first(field, value);
	case HOST:
		return set_host(field, value);
	case LENGTH:
		return set_length(head, value);
	case CODING:
		return set_coding(head, value);
	case CONNECTION:
		return add_connection(head, value);
	case EXPECT:
		return add_expectation(head, value);
	}
	BUG_ON(true);
}

/* ---- lines ---- */

/* CR LF, and nothing else, ends a line. */
static int take_line_end(struct head *head)
{
	if (head->at == head->end)
		return MORE;
	if (head->at[0] != '\r')
		return -400;
	if (head->end - head->at < 2)
		return MORE;
	if (head->at[1] != '\n')
		return -400;
	head->at += 2;
	return DONE;
}

static int skip_empty_lines(struct head *head)
{
	while (head->at < head->end && *head->at == '\r') {
		int verdict = take_line_end(head);

		if (verdict != DONE)
			return verdict;
	}
	return head->at < head->end ? DONE : MORE;
}

static int take_octet(struct head *head, char octet)
{
	if (head->at == head->end)
		return MORE;
	if (*head->at != octet)
		return -400;
	head->at++;
	return DONE;
}

static int take_method(struct head *head)
{
	const char *first = head->at;
	struct sl_slice method;

	head->at = sl_octet_skip(head->at, head->end, SL_OCTET_TOKEN);
	method = slice(first, head->at);
	/* Case matters in methods: "get" is another one. */
	if (method.len_bytes == 3 && !memcmp(first, "GET", 3))
		head->request->method = SL_METHOD_GET;
	else if (method.len_bytes == 4 && !memcmp(first, "HEAD", 4))
		head->request->method = SL_METHOD_HEAD;
	else
		head->request->method = SL_METHOD_OTHER;
	if (head->at < head->end && !method.len_bytes)
		return -400;
	return take_octet(head, ' ');
}

static int take_target(struct head *head)
{
	const char *first = head->at;

	head->at = sl_octet_skip(head->at, head->end, SL_OCTET_TARGET);
	head->request->target = slice(first, head->at);
	if (head->request->target.len_bytes > SL_TARGET_MAX_BYTES)
		return -414;
	if (head->at < head->end && !head->request->target.len_bytes)
		return -400;
	return take_octet(head, ' ');
}

/* "HTTP/1.1" and the end of the line: a malformed version is 400, another one 505. */
static int take_version(struct head *head)
{
	static const char pattern[] = "HTTP/#.#";
	const char *first = head->at;
	int verdict;

	for (const char *expected = pattern; *expected; expected++) {
		if (*expected != '#') {
			verdict = take_octet(head, *expected);
			if (verdict != DONE)
				return verdict;
			continue;
		}
		if (head->at == head->end)
			return MORE;
		if (!sl_octet_is(*head->at, SL_OCTET_DIGIT))
			return -400;
		head->at++;
	}
	verdict = take_line_end(head);
	if (verdict != DONE)
		return verdict;
	if (first[5] != '1')
		return -505;
	head->request->minor_version = first[7] == '0' ? 0 : 1;
	return DONE;
}

static int take_field(struct head *head)
{
	struct sl_slice name, value;
	const char *first = head->at;
	int verdict;

	head->at = sl_octet_skip(head->at, head->end, SL_OCTET_TOKEN);
	name = slice(first, head->at);
	if (head->at < head->end && !name.len_bytes)
		return -400;
	verdict = take_octet(head, ':');
	if (verdict != DONE)
		return verdict;
	first = head->at;
	head->at = sl_octet_skip(head->at, head->end, SL_OCTET_VALUE);
	value = slice(first, head->at);
	verdict = take_line_end(head);
	if (verdict != DONE)
		return verdict;
	return apply_field(head, name, sl_field_trim(value));
}

static int take_fields(struct head *head)
{
	const char *first = head->at;

	while (head->at < head->end && *head->at != '\r') {
		int verdict = take_field(head);

		if (verdict != DONE)
			return verdict;
	}
	head->request->fields = slice(first, head->at);
	return take_line_end(head);
}

/* What the fields mean together. */
static int settle(struct head *head)
{
	struct sl_request *request = head->request;

	if (request->minor_version >= 1 && !request->host.at)
		return -400;
	if (head->has_coding && (head->has_length || request->minor_version == 0))
		return -400;
	request->chunked = head->has_coding;
	request->has_body = request->chunked || request->body_bytes > 0;
	request->keep_alive = !head->says_close &&
			      (request->minor_version >= 1 || head->says_keep_alive) &&
			      !(head->expects_continue && request->has_body);
	return DONE;
}

static int take_head(struct head *head)
{
	int verdict = skip_empty_lines(head);

	if (verdict == DONE)
		verdict = take_method(head);
	if (verdict == DONE)
		verdict = take_target(head);
	if (verdict == DONE)
		verdict = take_version(head);
	if (verdict == DONE)
		verdict = take_fields(head);
	if (verdict == DONE)
		verdict = settle(head);
	return verdict;
}

int sl_request_parse(const char *data, uint32_t len_bytes, struct sl_request *request)
{
	/* The limit is the end of the world: what is not complete there never will be. */
	uint32_t bound_bytes =
	    len_bytes < SL_REQUEST_MAX_BYTES ? len_bytes : (uint32_t)SL_REQUEST_MAX_BYTES;
	struct head head = { .at = data, .end = data + bound_bytes, .request = request };
	int verdict;

	memset(request, 0, sizeof(*request));
	verdict = take_head(&head);
	BUG_ON_HOT(head.at > head.end);
	if (verdict == MORE)
		return bound_bytes == SL_REQUEST_MAX_BYTES ? -431 : 0;
	return verdict == DONE ? (int)(head.at - data) : verdict;
}
