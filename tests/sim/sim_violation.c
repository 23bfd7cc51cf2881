/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_violation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_clock.h"

void sl_sim_violation(uint32_t place, const char *format, ...)
{
	uint64_t since_ns = sl_clock_now_ns() - SL_SIM_START_NS;
	va_list args;

	fprintf(stderr, "at %llu.%06llu s", (unsigned long long)(since_ns / SL_NS_PER_S),
		(unsigned long long)(since_ns % SL_NS_PER_S / SL_NS_PER_US));
	if (place != SL_SIM_NOBODY)
		fprintf(stderr, ", connection %u", place);
	fprintf(stderr, ": ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	fflush(NULL);
	_Exit(SL_SIM_VIOLATED);
}
