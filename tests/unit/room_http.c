/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"

Suite *conditional_suite(void);
Suite *date_suite(void);
Suite *field_suite(void);
Suite *host_suite(void);
Suite *octet_suite(void);
Suite *range_suite(void);
Suite *request_suite(void);
Suite *response_suite(void);
Suite *target_suite(void);

const struct sl_suite sl_suites[] = {
	{ "octet", octet_suite },       { "field", field_suite },
	{ "host", host_suite },         { "date", date_suite },
	{ "request", request_suite },   { "target", target_suite },
	{ "range", range_suite },       { "conditional", conditional_suite },
	{ "response", response_suite }, { NULL, NULL },
};
