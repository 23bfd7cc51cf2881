/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/units.h"

#include <stdio.h>

/* Cut, not rounded: 999.9 k does not become 1000 k, and a counter never looks further than it is.
 */
static const char *scaled(char out[SL_UNITS_BYTES], uint64_t number, const char *unit)
{
	static const char prefixes[] = "kMGTPE";
	const char *prefix = prefixes;
	uint64_t divisor = 1000;

	if (number < 1000) {
		snprintf(out, SL_UNITS_BYTES, "%u%s%s", (unsigned)number, *unit ? " " : "", unit);
		return out;
	}
	while (number / divisor >= 1000) {
		divisor *= 1000;
		prefix++;
	}
	unsigned whole = (unsigned)(number / divisor);
	unsigned hundredths = (unsigned)(number % divisor / (divisor / 100));

	if (whole < 10)
		snprintf(out, SL_UNITS_BYTES, "%u.%02u %c%s", whole, hundredths, *prefix, unit);
	else if (whole < 100)
		snprintf(out, SL_UNITS_BYTES, "%u.%u %c%s", whole, hundredths / 10, *prefix, unit);
	else
		snprintf(out, SL_UNITS_BYTES, "%u %c%s", whole, *prefix, unit);
	return out;
}

const char *sl_units_count(char out[SL_UNITS_BYTES], uint64_t count)
{
	return scaled(out, count, "");
}

const char *sl_units_bytes(char out[SL_UNITS_BYTES], uint64_t bytes)
{
	return scaled(out, bytes, "B");
}

const char *sl_units_seconds(char out[SL_UNITS_BYTES], uint64_t seconds)
{
	unsigned long long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (days > 0)
		snprintf(out, SL_UNITS_BYTES, "%llu d %llu h", days, hours % 24);
	else if (hours > 0)
		snprintf(out, SL_UNITS_BYTES, "%llu h %llu min", hours, minutes % 60);
	else if (minutes > 0)
		snprintf(out, SL_UNITS_BYTES, "%llu min %u s", minutes, (unsigned)(seconds % 60));
	else
		snprintf(out, SL_UNITS_BYTES, "%u s", (unsigned)seconds);
	return out;
}

const char *sl_units_share(char out[SL_UNITS_BYTES], uint64_t part, uint64_t rest)
{
	double whole = (double)part + (double)rest;

	snprintf(out, SL_UNITS_BYTES, "%.1f %%", whole > 0 ? 100.0 * (double)part / whole : 0.0);
	return out;
}
