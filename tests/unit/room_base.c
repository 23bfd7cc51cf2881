/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_base.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "address", suite_address },   { "alloc", suite_alloc },
	{ "arena", suite_arena },       { "bug", suite_bug },
	{ "checksum", suite_checksum }, { "clock", suite_clock },
	{ "hash", suite_hash },         { "log", suite_log },
	{ "pool", suite_pool },         { "random", suite_random },
	{ "seq", suite_seq },           { "span", suite_span },
	{ "wheel", suite_wheel },       { NULL, NULL },
};
