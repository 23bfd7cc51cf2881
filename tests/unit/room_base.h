/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_TESTS_UNIT_ROOM_BASE_H
#define SL_TESTS_UNIT_ROOM_BASE_H

#include <check.h>

Suite *suite_address(void);
Suite *suite_alloc(void);
Suite *suite_arena(void);
Suite *suite_bug(void);
Suite *suite_checksum(void);
Suite *suite_clock(void);
Suite *suite_hash(void);
Suite *suite_log(void);
Suite *suite_pool(void);
Suite *suite_random(void);
Suite *suite_seq(void);
Suite *suite_span(void);
Suite *suite_wheel(void);

#endif
