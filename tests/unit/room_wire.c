/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_wire.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "parse", suite_parse },
	{ "route", suite_route },
	{ "header", suite_header },
	{ NULL, NULL },
};
