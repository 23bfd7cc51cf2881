/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"

#include <stddef.h>

Suite *disk_uring_suite(void);
Suite *opening_suite(void);
Suite *reading_suite(void);
Suite *root_suite(void);

const struct sl_suite sl_suites[] = {
	{ "root", root_suite },
	{ "opening", opening_suite },
	{ "reading", reading_suite },
	{ "disk_uring", disk_uring_suite },
	{ NULL, NULL },
};
