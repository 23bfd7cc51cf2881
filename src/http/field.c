/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/field.h"

#include <string.h>

#include "base/bug.h"
#include "http/octet.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void drop_front(struct sl_slice *text, uint32_t len_bytes)
{
	BUG_ON_HOT(len_bytes > text->len_bytes);
	text->at += len_bytes;
	text->len_bytes -= len_bytes;
}

bool sl_field_is(struct sl_slice text, const char *lower)
{
	for (uint32_t i = 0; i < text.len_bytes; i++) {
		/* A NUL in text does not match lower's end: that is asked for first. */
		if (!lower[i] || sl_octet_lower(text.at[i]) != lower[i])
			return false;
	}
	return !lower[text.len_bytes];
}

struct sl_slice sl_field_trim(struct sl_slice text)
{
	while (text.len_bytes && is_blank(text.at[0]))
		drop_front(&text, 1);
	while (text.len_bytes && is_blank(text.at[text.len_bytes - 1]))
		text.len_bytes--;
	return text;
}

bool sl_field_take_member(struct sl_slice *list, struct sl_slice *member)
{
	while (list->len_bytes) {
		const char *comma = memchr(list->at, ',', list->len_bytes);
		uint32_t len_bytes = comma ? (uint32_t)(comma - list->at) : list->len_bytes;

		*member = sl_field_trim((struct sl_slice){ list->at, len_bytes });
		drop_front(list, comma ? len_bytes + 1 : len_bytes);
		if (member->len_bytes)
			return true;
	}
	return false;
}

bool sl_field_take_number(struct sl_slice *text, uint64_t *number)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < text->len_bytes && sl_octet_is(text->at[i], SL_OCTET_DIGIT); i++) {
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(text->at[i] - '0'), &sum)) {
			/* It stays at the top: the digits left are only skipped. */
			sum = UINT64_MAX;
			i = (uint32_t)(sl_octet_skip(text->at + i, text->at + text->len_bytes,
						     SL_OCTET_DIGIT) -
				       text->at);
			break;
		}
	}
	if (!i)
		return false;
	drop_front(text, i);
	*number = sum;
	return true;
}

bool sl_field_take_line(struct sl_slice *fields, struct sl_slice *name, struct sl_slice *value)
{
	const char *colon, *line_feed;

	if (!fields->len_bytes)
		return false;
	line_feed = memchr(fields->at, '\n', fields->len_bytes);
	BUG_ON(!line_feed || line_feed == fields->at);
	colon = memchr(fields->at, ':', line_feed - fields->at);
	BUG_ON(!colon);
	*name = (struct sl_slice){ fields->at, (uint32_t)(colon - fields->at) };
	/* Between the colon and CR LF. */
	*value =
	    sl_field_trim((struct sl_slice){ colon + 1, (uint32_t)(line_feed - 1 - (colon + 1)) });
	drop_front(fields, (uint32_t)(line_feed + 1 - fields->at));
	return true;
}
