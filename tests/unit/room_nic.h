/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_TESTS_UNIT_ROOM_NIC_H
#define SL_TESTS_UNIT_ROOM_NIC_H

#include <check.h>

Suite *suite_frames(void);
Suite *suite_interface(void);
Suite *suite_ring(void);

#endif
