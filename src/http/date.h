/* SPDX-License-Identifier: BSD-2-Clause */
/* Date: HTTP's times (RFC 9110, 5.6.7), without locale and without time zone files. */
#ifndef SL_HTTP_DATE_H
#define SL_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum { SL_DATE_BYTES = 29 };

#define SL_DATE_MAX_S INT64_C(253402300799) /* the last second of 9999 */

/* "Sun, 06 Nov 1994 08:49:37 GMT", 29 bytes and a NUL. unix_s in [0, SL_DATE_MAX_S]. */
void sl_date_format(int64_t unix_s, char out[SL_DATE_BYTES + 1]);

/* All three forms a recipient must accept (IMF-fixdate, RFC 850, asctime); false if it is none of
 * them, or no day of the calendar. Which weekday it says is not compared with the date. now_s, in
 * [0, SL_DATE_MAX_S], settles two-digit years. *unix_s is negative before 1970. */
bool sl_date_parse(const char *text, uint32_t len_bytes, int64_t now_s, int64_t *unix_s);

#endif
