/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_reader.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* Each reader returns what follows what it read, or NULL if that is not there. */
static const char *read_value(const char *at);

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *read_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x80)
			return NULL; /* stricter than the RFC: we write ASCII only */
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u') {
			for (int digit = 1; digit <= 4; digit++) {
				if (!isxdigit((unsigned char)at[digit]))
					return NULL;
			}
			at += 4;
		} else if (!*at || !strchr("\"\\/bfnrt", *at)) {
			return NULL;
		}
	}
	return at + 1;
}

static const char *read_digits(const char *at)
{
	size_t digit_cnt = strspn(at, "0123456789");

	return digit_cnt > 0 ? at + digit_cnt : NULL;
}

static const char *read_number(const char *at)
{
	if (*at == '-')
		at++;
	if (at[0] == '0' && isdigit((unsigned char)at[1]))
		return NULL;
	at = read_digits(at);
	if (at && *at == '.')
		at = read_digits(at + 1);
	if (at && (*at == 'e' || *at == 'E')) {
		at++;
		if (*at == '+' || *at == '-')
			at++;
		at = read_digits(at);
	}
	return at;
}

static const char *read_member(const char *at)
{
	at = read_string(skip_blanks(at));
	if (!at)
		return NULL;
	at = skip_blanks(at);
	return *at == ':' ? read_value(at + 1) : NULL;
}

static const char *read_list(const char *at, char close, const char *(*read_one)(const char *))
{
	at = skip_blanks(at + 1);
	if (*at == close)
		return at + 1;
	for (;;) {
		at = read_one(at);
		if (!at)
			return NULL;
		at = skip_blanks(at);
		if (*at == close)
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

static const char *read_word(const char *at)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t idx = 0; idx < 3; idx++) {
		if (strncmp(at, words[idx], strlen(words[idx])) == 0)
			return at + strlen(words[idx]);
	}
	return NULL;
}

static const char *read_value(const char *at)
{
	at = skip_blanks(at);
	switch (*at) {
	case '{':
		return read_list(at, '}', read_member);
	case '[':
		return read_list(at, ']', read_value);
	case '"':
		return read_string(at);
	case 't':
	case 'f':
	case 'n':
		return read_word(at);
	default:
		return read_number(at);
	}
}

bool json_valid(const char *text)
{
	const char *rest = read_value(text);

	return rest && *skip_blanks(rest) == '\0';
}
