/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/number.h"

#include <stddef.h>

/* Not strtoull: it takes blanks, signs and wraps "-1" around. Returns what follows the digits, NULL
 * if there are none or the number does not fit. */
static const char *take_digits(const char *text, uint64_t *number)
{
	const char *at = text;
	uint64_t sum = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
			return NULL;
	}
	*number = sum;
	return at == text ? NULL : at;
}

static bool in_range(uint64_t value, uint64_t min, uint64_t max, uint64_t *number)
{
	if (value < min || value > max)
		return false;
	*number = value;
	return true;
}

bool sl_number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t value;
	const char *rest = take_digits(text, &value);

	return rest && !*rest && in_range(value, min, max, number);
}

bool sl_number_parse_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *bytes)
{
	uint64_t value, unit_bytes = 1;
	const char *rest = take_digits(text, &value);

	if (!rest)
		return false;
	if (*rest == 'K' || *rest == 'M')
		unit_bytes = *rest++ == 'K' ? 1024 : 1024 * 1024;
	if (*rest || __builtin_mul_overflow(value, unit_bytes, &value))
		return false;
	return in_range(value, min, max, bytes);
}
