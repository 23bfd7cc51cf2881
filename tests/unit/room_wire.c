/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_wire.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "parse", suite_parse }, { "extension", suite_extension }, { "icmp", suite_icmp },
	{ "route", suite_route }, { "header", suite_header },       { "gso", suite_gso },
	{ NULL, NULL },
};
