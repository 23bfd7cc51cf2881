/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entity tags are compared strongly where bytes will be put together from two answers (If-Match,
 * If-Range), weakly where a copy is only asked whether it will do (If-None-Match). What cannot be
 * read matches nothing, and a date that cannot be read is no condition.
 */
#include "http/conditional.h"

#include <string.h>

#include "http/date.h"
#include "http/field.h"
#include "http/octet.h"

enum comparison {
	STRONG,
	WEAK,
};

struct etag {
	bool is_weak;
	struct sl_slice opaque; /* with its quotes */
};

/* entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE off the front (RFC 9110, 8.8.3). */
static bool take_etag(struct sl_slice *text, struct etag *etag)
{
	const char *end = text->at + text->len_bytes;
	const char *at = text->at;
	const char *open;

	etag->is_weak = text->len_bytes >= 2 && !memcmp(at, "W/", 2);
	open = at += etag->is_weak ? 2 : 0;
	if (at == end || *at != '"')
		return false;
	at = sl_octet_skip(at + 1, end, SL_OCTET_ETAG);
	if (at == end || *at != '"')
		return false;
	at++;
	etag->opaque = (struct sl_slice){ open, (uint32_t)(at - open) };
	*text = (struct sl_slice){ at, (uint32_t)(end - at) };
	return true;
}

/* RFC 9110, 8.8.3.2; current is strong. */
static bool etag_matches(const struct etag *etag, const char *current, enum comparison comparison)
{
	if (comparison == STRONG && etag->is_weak)
		return false;
	return etag->opaque.len_bytes == strlen(current) &&
	       !memcmp(etag->opaque.at, current, etag->opaque.len_bytes);
}

/* One member of a list and what parts it from the next. An opaque tag may hold commas, so the list
 * is not cut at them first. */
static bool take_listed_etag(struct sl_slice *list, struct etag *etag)
{
	while (list->len_bytes && (*list->at == ',' || *list->at == ' ' || *list->at == '\t')) {
		list->at++;
		list->len_bytes--;
	}
	if (!take_etag(list, etag))
		return false;
	*list = sl_field_trim(*list);
	return !list->len_bytes || *list->at == ',';
}

static bool line_matches(struct sl_slice value, const char *current, enum comparison comparison)
{
	struct etag etag;

	if (sl_field_is(value, "*"))
		return true;
	while (take_listed_etag(&value, &etag)) {
		if (etag_matches(&etag, current, comparison))
			return true;
	}
	return false;
}

/* A list goes on in further lines of its name (RFC 9110, 5.3). */
static bool list_matches(struct sl_slice fields, const char *name_wanted, const char *current,
			 enum comparison comparison)
{
	struct sl_slice name, value;

	while (sl_field_take_line(&fields, &name, &value)) {
		if (sl_field_is(name, name_wanted) && line_matches(value, current, comparison))
			return true;
	}
	return false;
}

static bool parse_date(struct sl_slice value, int64_t now_s, int64_t *unix_s)
{
	return value.at && sl_date_parse(value.at, value.len_bytes, now_s, unix_s);
}

int sl_conditional_check(const struct sl_request *request, const struct sl_validators *validators,
			 int64_t now_s)
{
	int64_t since_s;

	if (request->if_match.at) {
		if (!list_matches(request->fields, "if-match", validators->etag, STRONG))
			return 412;
	} else if (parse_date(request->if_unmodified_since, now_s, &since_s)) {
		if (validators->last_modified_s > since_s)
			return 412;
	}
	if (request->if_none_match.at) {
		if (list_matches(request->fields, "if-none-match", validators->etag, WEAK))
			return 304;
	} else if (parse_date(request->if_modified_since, now_s, &since_s)) {
		if (validators->last_modified_s <= since_s)
			return 304;
	}
	return 0;
}

bool sl_conditional_check_range(const struct sl_request *request,
				const struct sl_validators *validators, int64_t now_s)
{
	struct sl_slice text = request->if_range;
	struct etag etag;
	int64_t date_s;

	if (!request->if_range.at)
		return true;
	if (take_etag(&text, &etag))
		return !text.len_bytes && etag_matches(&etag, validators->etag, STRONG);
	/* A date is a strong validator only if the file cannot have changed again within that
	 * second (RFC 9110, 8.8.2.2): so not while that second lasts. */
	return parse_date(request->if_range, now_s, &date_s) &&
	       date_s == validators->last_modified_s && date_s < now_s;
}
