/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server MAY ignore any Range (RFC 9110, 14.2), so that is what happens to all we do not serve.
 * Numbers that 64 bits cannot hold are taken for the largest they can: a first byte there is past
 * every end, a last byte there is clipped to the end, a suffix of that length is the whole.
 */
#include "http/range.h"

#include <stdbool.h>

#include "http/field.h"

struct spec { /* first-last, first- (last is UINT64_MAX) or -suffix */
	bool is_suffix;
	uint64_t first, last, suffix_bytes;
};

static bool take_octet(struct sl_slice *text, char octet)
{
	if (!text->len_bytes || *text->at != octet)
		return false;
	text->at++;
	text->len_bytes--;
	return true;
}

static bool parse_spec(struct sl_slice text, struct spec *spec)
{
	*spec = (struct spec){ .last = UINT64_MAX };
	if (!sl_field_take_number(&text, &spec->first)) {
		spec->is_suffix = true;
		return take_octet(&text, '-') && sl_field_take_number(&text, &spec->suffix_bytes) &&
		       !text.len_bytes;
	}
	if (!take_octet(&text, '-'))
		return false;
	sl_field_take_number(&text, &spec->last);
	return !text.len_bytes && spec->last >= spec->first;
}

/* "bytes=" off the front; units ignore case, and no space stands around the sign. */
static bool take_unit(struct sl_slice *value)
{
	static const char unit[] = "bytes";
	const uint32_t len_bytes = sizeof(unit) - 1;

	if (value->len_bytes < len_bytes ||
	    !sl_field_is((struct sl_slice){ value->at, len_bytes }, unit))
		return false;
	value->at += len_bytes;
	value->len_bytes -= len_bytes;
	return take_octet(value, '=');
}

static enum sl_range_verdict locate(const struct spec *spec, uint64_t size_bytes,
				    uint64_t *off_bytes, uint64_t *len_bytes)
{
	if (spec->is_suffix) {
		if (!spec->suffix_bytes)
			return SL_RANGE_UNSATISFIABLE;
		/* Satisfiable by definition, but no Content-Range can say "none of nothing". */
		if (!size_bytes)
			return SL_RANGE_IGNORED;
		*len_bytes = spec->suffix_bytes < size_bytes ? spec->suffix_bytes : size_bytes;
		*off_bytes = size_bytes - *len_bytes;
		return SL_RANGE_SATISFIED;
	}
	if (spec->first >= size_bytes)
		return SL_RANGE_UNSATISFIABLE;
	*off_bytes = spec->first;
	*len_bytes = (spec->last < size_bytes ? spec->last : size_bytes - 1) - spec->first + 1;
	return SL_RANGE_SATISFIED;
}

enum sl_range_verdict sl_range_parse(struct sl_slice value, uint64_t size_bytes,
				     uint64_t *off_bytes, uint64_t *len_bytes)
{
	struct sl_slice text, other;
	struct spec spec;

	if (!take_unit(&value) || !sl_field_take_member(&value, &text) ||
	    sl_field_take_member(&value, &other) || !parse_spec(text, &spec))
		return SL_RANGE_IGNORED;
	return locate(&spec, size_bytes, off_bytes, len_bytes);
}
