/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_TESTS_UNIT_ROOM_WIRE_H
#define SL_TESTS_UNIT_ROOM_WIRE_H

#include <check.h>

Suite *suite_extension(void);
Suite *suite_gso(void);
Suite *suite_header(void);
Suite *suite_icmp(void);
Suite *suite_parse(void);
Suite *suite_route(void);

#endif
