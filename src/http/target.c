/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every byte is unescaped exactly once, and dot segments are judged after that: %2e%2e is "..". An
 * escaped slash is refused, for it would be a slash to the file system and none to anybody who
 * filtered the URL on its way. Names are bytes: no notion of UTF-8, so no second spelling of a
 * slash or a dot. Climbing above the root is refused rather than clipped: no client needs it.
 */
#include "http/target.h"

#include <string.h>
#include <strings.h>

#include "base/bug.h"
#include "http/host.h"
#include "http/octet.h"

/* The path while it grows: finished segments, each with a slash behind it, then the one at hand. */
struct build {
	char *path;
	uint32_t len_bytes;
	uint32_t segment_off; /* of the one at hand */
	bool directory;       /* the last one finished was empty or made of dots */
};

static bool segment_is(const struct build *build, const char *text)
{
	size_t len_bytes = strlen(text);

	return build->len_bytes - build->segment_off == len_bytes &&
	       !memcmp(build->path + build->segment_off, text, len_bytes);
}

static bool append(struct build *build, char octet)
{
	if (build->len_bytes == SL_PATH_MAX_BYTES)
		return false;
	build->path[build->len_bytes++] = octet;
	return true;
}

/* "a/b/" and ".." at hand: the one at hand starts again where b did. */
static int drop_parent(struct build *build)
{
	if (!build->segment_off)
		return -400;
	build->segment_off--;
	while (build->segment_off && build->path[build->segment_off - 1] != '/')
		build->segment_off--;
	build->len_bytes = build->segment_off;
	return 0;
}

static int finish_segment(struct build *build)
{
	build->directory = true;
	if (segment_is(build, ".."))
		return drop_parent(build);
	if (segment_is(build, "."))
		build->len_bytes = build->segment_off;
	if (build->len_bytes == build->segment_off)
		return 0;
	build->directory = false;
	if (!append(build, '/'))
		return -414;
	build->segment_off = build->len_bytes;
	return 0;
}

/* The byte at *at, unescaped; *at moves past it. */
static int take_decoded(const char **at, const char *end, char *octet)
{
	int high, low;

	if (!sl_octet_is(**at, SL_OCTET_TARGET))
		return -400;
	if (**at != '%') {
		*octet = *(*at)++;
		return 0;
	}
	if (end - *at < 3)
		return -400;
	high = sl_octet_hex((*at)[1]);
	low = sl_octet_hex((*at)[2]);
	if (high < 0 || low < 0)
		return -400;
	*octet = (char)(high << 4 | low);
	*at += 3;
	return *octet == '\0' || *octet == '/' ? -400 : 0;
}

static int build_path(struct build *build, const char *at, const char *end)
{
	int error = 0;

	while (at < end && !error) {
		char octet;

		if (*at == '/') {
			at++;
			error = finish_segment(build);
			continue;
		}
		error = take_decoded(&at, end, &octet);
		if (!error && !append(build, octet))
			error = -414;
	}
	return error ? error : finish_segment(build);
}

/* "http://host:port" off the front of *text. */
static int take_authority(struct sl_slice *text, struct sl_slice *authority)
{
	const char *end = text->at + text->len_bytes;
	const char *at = text->at;

	if (text->len_bytes >= 7 && !strncasecmp(at, "http://", 7))
		at += 7;
	else if (text->len_bytes >= 8 && !strncasecmp(at, "https://", 8))
		at += 8;
	else
		return -400;
	authority->at = at;
	while (at < end && *at != '/' && *at != '?')
		at++;
	authority->len_bytes = (uint32_t)(at - authority->at);
	text->at = at;
	text->len_bytes = (uint32_t)(end - at);
	/* An http URI without a host is none (RFC 9110, 4.2.1). */
	if (!authority->len_bytes || *authority->at == ':' || !sl_host_valid(*authority))
		return -400;
	return 0;
}

static struct sl_slice take_query(struct sl_slice *text)
{
	const char *mark = text->len_bytes ? memchr(text->at, '?', text->len_bytes) : NULL;
	struct sl_slice query = { NULL, 0 };

	if (mark) {
		query.at = mark + 1;
		query.len_bytes = (uint32_t)(text->at + text->len_bytes - query.at);
		text->len_bytes = (uint32_t)(mark - text->at);
	}
	return query;
}

int sl_target_parse(struct sl_slice text, struct sl_target *target)
{
	struct build build = { .path = target->path };
	int error;

	target->authority = (struct sl_slice){ NULL, 0 };
	if (!text.len_bytes)
		return -400;
	if (*text.at != '/') {
		error = take_authority(&text, &target->authority);
		if (error)
			return error;
	}
	target->query = take_query(&text);
	error = build_path(&build, text.at, text.at + text.len_bytes);
	if (error)
		return error;
	target->directory = build.directory;
	if (build.len_bytes) /* the last slash is what directory says */
		build.len_bytes--;
	BUG_ON(build.len_bytes >= SL_PATH_MAX_BYTES);
	target->len_bytes = build.len_bytes;
	target->path[build.len_bytes] = '\0';
	return 0;
}
