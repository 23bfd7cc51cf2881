/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checks of http share: bytes that end at the end of the world. */
#ifndef SL_TESTS_UNIT_HTTP_TEXT_H
#define SL_TESTS_UNIT_HTTP_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "http/slice.h"

enum { HTTP_TEXT_MAX_BYTES = 64 * 1024 };

/* A copy whose last byte lies before a page that cannot be read: a byte read too far is a fault.
 * Valid until the next call. */
const char *http_text_guard(const void *bytes, uint32_t len_bytes);

/* The same of a string, without its NUL. */
struct sl_slice http_text_slice(const char *string);

bool http_text_is(struct sl_slice slice, const char *string);

#endif
