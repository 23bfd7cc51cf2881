/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON reader: says whether a text is one JSON value (RFC 8259) and finds numbers in it. */
#ifndef SL_TESTS_UNIT_JSON_READER_H
#define SL_TESTS_UNIT_JSON_READER_H

#include <stdbool.h>

/* The whole text, blanks around it allowed, is one value. */
bool json_valid(const char *text);

#endif
