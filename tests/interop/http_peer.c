/* SPDX-License-Identifier: BSD-2-Clause */
#include "http_peer.h"

#include <http_parser.h>
#include <string.h>

#include "http/field.h"

/* The parts come in one or more pieces that follow upon each other; a folded value has its line end
 * in the gap. */
static void extend(struct sl_slice *slice, const char *at, size_t len_bytes)
{
	if (!slice->at)
		slice->at = at;
	slice->len_bytes = (uint32_t)(at + len_bytes - slice->at);
}

static int on_url(http_parser *parser, const char *at, size_t len_bytes)
{
	struct http_peer *peer = parser->data;

	extend(&peer->target, at, len_bytes);
	return 0;
}

static int on_field(http_parser *parser, const char *at, size_t len_bytes)
{
	struct http_peer *peer = parser->data;

	if (peer->field_cnt == HTTP_PEER_FIELDS_MAX) {
		peer->too_many_fields = true;
		return 0;
	}
	if (!peer->field_cnt || peer->fields[peer->field_cnt - 1].value.at) {
		memset(&peer->fields[peer->field_cnt], 0, sizeof(peer->fields[0]));
		peer->field_cnt++;
	}
	extend(&peer->fields[peer->field_cnt - 1].name, at, len_bytes);
	return 0;
}

static int on_value(http_parser *parser, const char *at, size_t len_bytes)
{
	struct http_peer *peer = parser->data;

	extend(&peer->fields[peer->field_cnt - 1].value, at, len_bytes);
	return 0;
}

static int on_complete(http_parser *parser)
{
	struct http_peer *peer = parser->data;

	peer->verdict = HTTP_PEER_COMPLETE;
	peer->keep_alive = http_should_keep_alive(parser);
	peer->chunked = parser->flags & F_CHUNKED;
	peer->body_bytes = parser->content_length == UINT64_MAX ? 0 : parser->content_length;
	http_parser_pause(parser, 1);
	return 0;
}

void http_peer_parse(const char *data, uint32_t len_bytes, struct http_peer *peer)
{
	static const http_parser_settings settings = {
		.on_url = on_url,
		.on_header_field = on_field,
		.on_header_value = on_value,
		.on_headers_complete = on_complete,
	};
	http_parser parser;
	size_t used_bytes;

	peer->verdict = HTTP_PEER_MORE;
	peer->target = (struct sl_slice){ NULL, 0 };
	peer->field_cnt = 0;
	peer->too_many_fields = false;
	http_parser_init(&parser, HTTP_REQUEST);
	parser.data = peer;
	used_bytes = http_parser_execute(&parser, &settings, data, len_bytes);
	peer->reason = http_errno_name(HTTP_PARSER_ERRNO(&parser));
	if (peer->verdict == HTTP_PEER_MORE && HTTP_PARSER_ERRNO(&parser) != HPE_OK)
		peer->verdict = HTTP_PEER_REFUSED;
	/* It stops at the last byte of the head, not behind it. */
	peer->head_bytes = peer->verdict == HTTP_PEER_COMPLETE ? (uint32_t)used_bytes + 1 : 0;
	peer->method = http_method_str(parser.method);
	peer->major_version = parser.http_major;
	peer->minor_version = parser.http_minor;
	for (uint32_t i = 0; i < peer->field_cnt; i++)
		peer->fields[i].value = sl_field_trim(peer->fields[i].value);
}

bool http_peer_knows_method(struct sl_slice method)
{
	static const char *const names[] = {
#define NAME(number, name, string) #string,
		HTTP_METHOD_MAP(NAME)
#undef NAME
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == method.len_bytes &&
		    !memcmp(names[i], method.at, method.len_bytes))
			return true;
	}
	return false;
}
