/* SPDX-License-Identifier: BSD-2-Clause */
/* Units: numbers as people read them, three digits and a decimal prefix. */
#ifndef SL_DAEMON_UNITS_H
#define SL_DAEMON_UNITS_H

#include <stdint.h>

enum { SL_UNITS_BYTES = 32 };

/* Each writes to out and returns it. */
const char *sl_units_count(char out[SL_UNITS_BYTES], uint64_t count);     /* "999", "1.23 M" */
const char *sl_units_bytes(char out[SL_UNITS_BYTES], uint64_t bytes);     /* "999 B", "1.23 MB" */
const char *sl_units_seconds(char out[SL_UNITS_BYTES], uint64_t seconds); /* "59 s", "2 h 3 min" */
const char *sl_units_share(char out[SL_UNITS_BYTES], uint64_t part, uint64_t rest); /* "12.3 %" */

#endif
