/* SPDX-License-Identifier: BSD-2-Clause */
/* Judged on the bytes and on what http-parser made of them, not with our own parser. */
#include "http_classes.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "http/field.h"
#include "http/host.h"
#include "http/octet.h"
#include "http/target.h"

const char *const http_class_names[HTTP_CLASS_CNT] = {
	[HTTP_CLASS_LINE_END] = "line end",
	[HTTP_CLASS_REQUEST_LINE] = "request line",
	[HTTP_CLASS_TARGET] = "target",
	[HTTP_CLASS_VERSION] = "version",
	[HTTP_CLASS_FIELD_LINE] = "field line",
	[HTTP_CLASS_VALUE] = "control in a value",
	[HTTP_CLASS_HOST] = "host",
	[HTTP_CLASS_LENGTH] = "length",
	[HTTP_CLASS_CODING] = "coding",
	[HTTP_CLASS_LIMIT] = "limit",
	[HTTP_CLASS_METHOD] = "method",
	[HTTP_CLASS_TARGET_FORM] = "target form",
	[HTTP_CLASS_TAB] = "tab behind a value",
	[HTTP_CLASS_CODING_NAME] = "a coding's name",
	[HTTP_CLASS_CONNECTION] = "connection",
	[HTTP_CLASS_PROXY] = "proxy-connection",
	[HTTP_CLASS_BOTH] = "close and keep-alive",
	[HTTP_CLASS_EXPECT] = "expect",
};

/* ---- we refuse ---- */

static bool has_lone_line_end(const char *data, uint32_t len_bytes)
{
	for (uint32_t i = 0; i < len_bytes; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			return true;
		if (data[i] == '\r' && i + 1 < len_bytes && data[i + 1] != '\n')
			return true;
	}
	return false;
}

/* Up to its end, or to the end of what there is. */
static struct sl_slice line_at(const char *at, const char *end)
{
	const char *line_end = memchr(at, '\r', (size_t)(end - at));

	return (struct sl_slice){ at, (uint32_t)((line_end ? line_end : end) - at) };
}

static struct sl_slice request_line(const char *data, uint32_t len_bytes)
{
	const char *end = data + len_bytes;

	while (data < end && (*data == '\r' || *data == '\n'))
		data++;
	return line_at(data, end);
}

/* A line that is whole, but not "A B C"; or spaces where two more words can no longer be. */
static bool has_odd_spaces(struct sl_slice line, bool is_whole)
{
	uint32_t space_cnt = 0;

	for (uint32_t i = 0; i < line.len_bytes; i++) {
		if (line.at[i] != ' ')
			continue;
		space_cnt++;
		if (i == 0 || line.at[i - 1] == ' ' || (is_whole && i + 1 == line.len_bytes))
			return true;
	}
	return space_cnt > 2 || (is_whole && space_cnt < 2);
}

static bool has_odd_target(struct sl_slice line)
{
	return memchr(line.at, '#', line.len_bytes) || memchr(line.at, '\t', line.len_bytes) ||
	       memchr(line.at, '\f', line.len_bytes);
}

/* What follows the second space, as far as it has come. */
static bool has_odd_version(struct sl_slice line, bool is_whole)
{
	static const char pattern[] = "HTTP/1.#";
	const char *space = memchr(line.at, ' ', line.len_bytes);
	const char *end = line.at + line.len_bytes;
	size_t len_bytes;

	space = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;
	if (!space)
		return false;
	len_bytes = (size_t)(end - space - 1);
	for (size_t i = 0; i < len_bytes && i < sizeof(pattern) - 1; i++) {
		if (pattern[i] == '#' ? !strchr("0123456789", space[1 + i])
				      : space[1 + i] != pattern[i])
			return true;
	}
	return is_whole && len_bytes != sizeof(pattern) - 1;
}

static bool has_odd_field_line(const char *at, const char *end)
{
	while ((at = memchr(at, '\n', (size_t)(end - at))) && ++at < end) {
		struct sl_slice line = line_at(at, end);
		const char *colon = memchr(line.at, ':', line.len_bytes);
		size_t name_bytes = colon ? (size_t)(colon - line.at) : line.len_bytes;

		if (memchr(line.at, ' ', name_bytes) || memchr(line.at, '\t', name_bytes))
			return true;
	}
	return false;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* Only there does it not look. */
static bool has_control_first(const struct http_peer *peer, const char *end)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		const struct sl_slice name = peer->fields[i].name;
		const char *at = name.at + name.len_bytes;

		while (at < end && (*at == ':' || *at == ' ' || *at == '\t'))
			at++;
		if (at < end && *at != '\r' && is_control(*at))
			return true;
	}
	return false;
}

static bool has_odd_host(const struct http_peer *peer)
{
	uint32_t host_cnt = 0;

	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		if (!sl_field_is(peer->fields[i].name, "host"))
			continue;
		host_cnt++;
		if (!sl_host_valid(peer->fields[i].value))
			return true;
	}
	return host_cnt > 1 ||
	       (host_cnt == 0 && peer->minor_version > 0 && peer->verdict == HTTP_PEER_COMPLETE);
}

static bool has_odd_coding(const struct http_peer *peer)
{
	uint32_t coding_cnt = 0;

	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		if (!sl_field_is(peer->fields[i].name, "transfer-encoding"))
			continue;
		coding_cnt++;
		if (!sl_field_is(peer->fields[i].value, "chunked"))
			return true;
	}
	return coding_cnt > 1 || (coding_cnt == 1 && peer->minor_version == 0);
}

static bool has_odd_length(const struct http_peer *peer)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		struct sl_slice value = peer->fields[i].value;
		uint64_t length;

		if (sl_field_is(peer->fields[i].name, "content-length") &&
		    (!value.len_bytes ||
		     (sl_field_take_number(&value, &length) && length > INT64_MAX)))
			return true;
	}
	return false;
}

static bool is_over_limit(uint32_t len_bytes, const struct http_peer *peer)
{
	return len_bytes > SL_REQUEST_MAX_BYTES || peer->target.len_bytes > SL_TARGET_MAX_BYTES ||
	       (len_bytes == SL_REQUEST_MAX_BYTES && peer->verdict == HTTP_PEER_MORE);
}

enum http_class http_class_of_refusal(const char *data, uint32_t len_bytes,
				      const struct http_peer *peer)
{
	uint32_t head_bytes = peer->verdict == HTTP_PEER_COMPLETE ? peer->head_bytes : len_bytes;
	struct sl_slice line = request_line(data, head_bytes);
	bool is_whole = line.at + line.len_bytes < data + head_bytes;

	if (has_lone_line_end(data, head_bytes))
		return HTTP_CLASS_LINE_END;
	if (has_odd_spaces(line, is_whole))
		return HTTP_CLASS_REQUEST_LINE;
	if (has_odd_target(line))
		return HTTP_CLASS_TARGET;
	if (has_odd_version(line, is_whole))
		return HTTP_CLASS_VERSION;
	if (has_odd_field_line(line.at + line.len_bytes, data + head_bytes))
		return HTTP_CLASS_FIELD_LINE;
	if (has_control_first(peer, data + head_bytes))
		return HTTP_CLASS_VALUE;
	if (has_odd_host(peer))
		return HTTP_CLASS_HOST;
	if (has_odd_length(peer))
		return HTTP_CLASS_LENGTH;
	if (has_odd_coding(peer))
		return HTTP_CLASS_CODING;
	if (is_over_limit(head_bytes, peer))
		return HTTP_CLASS_LIMIT;
	return HTTP_CLASS_UNKNOWN;
}

/* ---- it refuses ---- */

static bool begins_with(struct sl_slice text, struct sl_slice beginning)
{
	return beginning.len_bytes <= text.len_bytes &&
	       !strncasecmp(text.at, beginning.at, beginning.len_bytes);
}

/* Values are trimmed as far as it got: what stands behind one is looked at where it stands. */
static bool has_tab_behind_value(const struct http_peer *peer)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		const struct sl_slice name = peer->fields[i].name;
		const char *at = name.at + name.len_bytes + 1;

		if (!sl_field_is(name, "content-length") && !sl_field_is(name, "transfer-encoding"))
			continue;
		at += strspn(at, " \t");
		at += strcspn(at, " \t\r");
		at += strspn(at, " ");
		if (*at == '\t')
			return true;
	}
	return false;
}

static bool has_name_like_coding(const struct http_peer *peer)
{
	const struct sl_slice coding = { "transfer-encoding", 17 };

	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		const struct sl_slice name = peer->fields[i].name;

		if (name.len_bytes > coding.len_bytes && begins_with(name, coding))
			return true;
	}
	return false;
}

enum http_class http_class_of_body(const struct http_peer *peer)
{
	if (has_tab_behind_value(peer))
		return HTTP_CLASS_TAB;
	if (has_name_like_coding(peer))
		return HTTP_CLASS_CODING_NAME;
	return HTTP_CLASS_UNKNOWN;
}

enum http_class http_class_of_acceptance(const struct sl_request *ours, struct sl_slice method,
					 const struct http_peer *peer)
{
	struct sl_target target;

	if (!strcmp(peer->reason, "HPE_INVALID_METHOD") && !http_peer_knows_method(method))
		return HTTP_CLASS_METHOD;
	if (!strcmp(peer->reason, "HPE_INVALID_URL") &&
	    (ours->method == SL_METHOD_OTHER || sl_target_parse(ours->target, &target)))
		return HTTP_CLASS_TARGET_FORM;
	if (!strcmp(peer->reason, "HPE_INVALID_CONTENT_LENGTH") ||
	    !strcmp(peer->reason, "HPE_UNEXPECTED_CONTENT_LENGTH"))
		return http_class_of_body(peer);
	return HTTP_CLASS_UNKNOWN;
}

/* ---- both accept ---- */

static bool is_token(struct sl_slice text)
{
	const char *end = text.at + text.len_bytes;

	return sl_octet_skip(text.at, end, SL_OCTET_TOKEN) == end;
}

static bool begins_an_option(struct sl_slice member)
{
	static const struct sl_slice options[] = { { "close", 5 },
						   { "keep-alive", 10 },
						   { "upgrade", 7 } };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (member.len_bytes < options[i].len_bytes && begins_with(options[i], member))
			return true;
	}
	return false;
}

/* What stands behind the trimmed value is still there to be looked at: at the least the end of the
 * line. */
static bool has_odd_list(struct sl_slice value)
{
	bool ends = false;

	if (strchr(" \t", value.at[value.len_bytes]) || memchr(value.at, '\t', value.len_bytes))
		return true;
	while (!ends) {
		const char *comma = memchr(value.at, ',', value.len_bytes);
		uint32_t len_bytes = comma ? (uint32_t)(comma - value.at) : value.len_bytes;
		struct sl_slice member = { value.at, len_bytes };

		while (member.len_bytes && *member.at == ' ') {
			member.at++;
			member.len_bytes--;
		}
		/* An empty one begins all of them; one with a space behind it is no token. */
		if (begins_an_option(member) || !is_token(member))
			return true;
		ends = !comma;
		if (comma) {
			value.at += len_bytes + 1;
			value.len_bytes -= len_bytes + 1;
		}
	}
	return false;
}

static bool has_odd_connection(const struct http_peer *peer)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		if (sl_field_is(peer->fields[i].name, "connection") &&
		    has_odd_list(peer->fields[i].value))
			return true;
	}
	return false;
}

static bool has_proxy_connection(const struct http_peer *peer)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		if (sl_field_is(peer->fields[i].name, "proxy-connection"))
			return true;
	}
	return false;
}

static bool has_option(const struct http_peer *peer, const char *lower)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		struct sl_slice list = peer->fields[i].value, option;

		if (!sl_field_is(peer->fields[i].name, "connection"))
			continue;
		while (sl_field_take_member(&list, &option)) {
			if (sl_field_is(option, lower))
				return true;
		}
	}
	return false;
}

static bool waits_for_100(const struct http_peer *peer)
{
	for (uint32_t i = 0; i < peer->field_cnt; i++) {
		if (sl_field_is(peer->fields[i].name, "expect") &&
		    sl_field_is(peer->fields[i].value, "100-continue"))
			return true;
	}
	return false;
}

enum http_class http_class_of_keep_alive(const struct sl_request *ours,
					 const struct http_peer *peer)
{
	if (peer->minor_version == 0 && has_option(peer, "close") && has_option(peer, "keep-alive"))
		return HTTP_CLASS_BOTH;
	if (has_odd_connection(peer))
		return HTTP_CLASS_CONNECTION;
	if (has_proxy_connection(peer))
		return HTTP_CLASS_PROXY;
	if (!ours->keep_alive && waits_for_100(peer) && (peer->chunked || peer->body_bytes))
		return HTTP_CLASS_EXPECT;
	return HTTP_CLASS_UNKNOWN;
}
