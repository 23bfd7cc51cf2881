/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "suites.h"

Suite *foreign_suite(void);
Suite *volume_file_suite(void);

const struct sl_suite sl_suites[] = {
	{ "volume_file", volume_file_suite },
	{ "foreign", foreign_suite },
	{ NULL, NULL },
};
