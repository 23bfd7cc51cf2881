/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/host.h"

#include <stddef.h>

#include "http/octet.h"

/* What stands in brackets: IPv6 with an IPv4 tail perhaps, or "v1.…" of a future version. */
static bool is_literal_octet(char c)
{
	return sl_octet_is(c, SL_OCTET_HOST) ? c != '%' : c == ':';
}

/* Past the host, or NULL. */
static const char *skip_host(const char *at, const char *end)
{
	const char *first = at;

	if (at < end && *at == '[') {
		for (at = ++first; at < end && is_literal_octet(*at); at++)
			;
		return at < end && *at == ']' && at > first ? at + 1 : NULL;
	}
	for (; at < end && sl_octet_is(*at, SL_OCTET_HOST); at++) {
		if (*at == '%' &&
		    (end - at < 3 || sl_octet_hex(at[1]) < 0 || sl_octet_hex(at[2]) < 0))
			return NULL;
	}
	return at;
}

bool sl_host_valid(struct sl_slice text)
{
	const char *end = text.at + text.len_bytes;
	const char *at = skip_host(text.at, end);

	if (!at)
		return false;
	if (at < end && *at == ':')
		at = sl_octet_skip(at + 1, end, SL_OCTET_DIGIT);
	return at == end;
}
