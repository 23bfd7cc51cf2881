/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as operators write them. */
#ifndef SL_DAEMON_NUMBER_H
#define SL_DAEMON_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits and nothing else, in [min, max]. False: not that; *number is left alone. */
bool sl_number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/* The same with an optional K or M behind it (1024 and 1024 * 1024 bytes). */
bool sl_number_parse_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *bytes);

#endif
