/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A unit test program is main.c and the check_*.c files of one room. Its room_*.c names the suites,
 * one a source file.
 */
#ifndef SL_TESTS_UNIT_SUITES_H
#define SL_TESTS_UNIT_SUITES_H

#include <check.h>

struct sl_suite {
	const char *name;
	Suite *(*make)(void);
};

/* Ends with a NULL name; each room_*.c defines it. */
extern const struct sl_suite sl_suites[];

#endif
