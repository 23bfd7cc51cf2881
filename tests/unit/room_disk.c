/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"

#include <stddef.h>

Suite *device_suite(void);
Suite *disk_uring_suite(void);
Suite *nvme_suite(void);
Suite *object_suite(void);
Suite *opening_suite(void);
Suite *reading_suite(void);
Suite *root_suite(void);

const struct sl_suite sl_suites[] = {
	{ "root", root_suite },       { "opening", opening_suite },
	{ "reading", reading_suite }, { "disk_uring", disk_uring_suite },
	{ "device", device_suite },   { "nvme", nvme_suite },
	{ "object", object_suite },   { NULL, NULL },
};
