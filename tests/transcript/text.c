/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transcript.h"

#define NS_PER_S 1000000000U

static void skip(const char **at)
{
	while (**at == ' ' || **at == '\t')
		(*at)++;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == ':' || c == '-';
}

bool sl_text_mark(const char **at, const char *mark)
{
	size_t len = strlen(mark);

	skip(at);
	if (strncmp(*at, mark, len) != 0)
		return false;
	*at += len;
	return true;
}

bool sl_text_word(const char **at, const char *word)
{
	const char *start = *at;

	if (sl_text_mark(at, word) && !isalnum((unsigned char)**at) && **at != '_')
		return true;
	*at = start;
	return false;
}

bool sl_text_name(const char **at, char *name, size_t room_bytes)
{
	size_t len = 0;

	skip(at);
	while (is_name((*at)[len]))
		len++;
	if (len == 0 || len >= room_bytes)
		return false;
	memcpy(name, *at, len);
	name[len] = '\0';
	*at += len;
	return true;
}

bool sl_text_number(const char **at, int64_t *number)
{
	char *end;

	skip(at);
	if (!isdigit((unsigned char)**at) && !(**at == '-' && isdigit((unsigned char)(*at)[1])))
		return false;
	errno = 0;
	*number = strtoll(*at, &end, strncmp(*at, "0x", 2) == 0 ? 16 : 10);
	*at = end;
	return errno == 0;
}

bool sl_text_seconds(const char **at, uint64_t *ns)
{
	uint64_t unit_ns = NS_PER_S;

	skip(at);
	if (!isdigit((unsigned char)**at) && !(**at == '.' && isdigit((unsigned char)(*at)[1])))
		return false;
	*ns = 0;
	for (; isdigit((unsigned char)**at); (*at)++)
		*ns = *ns * 10 + (uint64_t)(**at - '0') * NS_PER_S;
	if (**at != '.')
		return true;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
		unit_ns /= 10;
		*ns += (uint64_t)(**at - '0') * unit_ns;
	}
	return true;
}

bool sl_text_end(const char **at)
{
	skip(at);
	return **at == '\0' || **at == '#';
}
