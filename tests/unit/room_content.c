/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"

#include <stddef.h>

Suite *content_suite(void);
Suite *mime_suite(void);
Suite *stores_suite(void);
Suite *table_suite(void);

const struct sl_suite sl_suites[] = {
	{ "mime", mime_suite },   { "stores", stores_suite },
	{ "table", table_suite }, { "content", content_suite },
	{ NULL, NULL },
};
