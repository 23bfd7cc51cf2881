/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Link options: the command line of bad_link, which see.
 */
#ifndef SL_TESTS_LINK_OPTIONS_H
#define SL_TESTS_LINK_OPTIONS_H

#include <stdint.h>

#include "sim_link.h"

enum { SL_LINK_ENDS = 2, SL_LINK_FLOWS_MAX = 64 };

struct sl_link_direction {
	struct sl_sim_link_config config;
	uint64_t mark_ns; /* a packet that would wait longer gets congestion experienced; 0: none */
};

struct sl_link_options {
	const char *names[SL_LINK_ENDS];
	struct sl_link_direction toward[SL_LINK_ENDS];
	uint32_t flow_cnt; /* 0: all share one link */
};

/* Ends the process if the command line is wrong. */
void sl_link_options_parse(struct sl_link_options *options, int argc, char **argv);

#endif
