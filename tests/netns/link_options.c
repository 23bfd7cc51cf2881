/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: getopt_long */

#include "link_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum option_name {
	DELAY,
	JITTER,
	IN_ORDER,
	RATE,
	QUEUE,
	QUEUE_BYTES,
	MARK,
	LOSS,
	REORDER,
	DUPLICATE,
	CORRUPT,
	SEED,
	FLOWS,
	TO_A,
	TO_B
};

static const struct option long_options[] = {
	{ "delay-us", required_argument, NULL, DELAY },
	{ "jitter-us", required_argument, NULL, JITTER },
	{ "in-order", no_argument, NULL, IN_ORDER },
	{ "rate-mbit", required_argument, NULL, RATE },
	{ "queue-packets", required_argument, NULL, QUEUE },
	{ "queue-bytes", required_argument, NULL, QUEUE_BYTES },
	{ "mark-us", required_argument, NULL, MARK },
	{ "loss-ppm", required_argument, NULL, LOSS },
	{ "reorder-ppm", required_argument, NULL, REORDER },
	{ "duplicate-ppm", required_argument, NULL, DUPLICATE },
	{ "corrupt-ppm", required_argument, NULL, CORRUPT },
	{ "seed", required_argument, NULL, SEED },
	{ "flows", required_argument, NULL, FLOWS },
	{ "toward-a", no_argument, NULL, TO_A },
	{ "toward-b", no_argument, NULL, TO_B },
	{ 0 },
};

__attribute__((noreturn)) static void usage(void)
{
	fprintf(stderr, "usage: bad_link IF_A IF_B [OPTION...] [--toward-a OPTION...] "
			"[--toward-b OPTION...]\noptions:");
	for (const struct option *option = long_options; option->name; option++)
		if (option->has_arg || option->val == IN_ORDER)
			fprintf(stderr, " --%s%s", option->name, option->has_arg ? " N" : "");
	fprintf(stderr, "\n");
	exit(2);
}

static uint64_t number(const char *text)
{
	char *rest;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &rest, 10);
	if (errno || *rest || rest == text || value > UINT32_MAX)
		usage();
	return value;
}

static void set(struct sl_link_direction *direction, enum option_name name, uint64_t value)
{
	struct sl_sim_link_config *config = &direction->config;

	switch (name) {
	case DELAY:
		config->delay_ns = value * SL_NS_PER_US;
		break;
	case JITTER:
		config->jitter_ns = value * SL_NS_PER_US;
		break;
	case IN_ORDER:
		config->in_order = true;
		break;
	case RATE:
		config->rate_bytes_s = value * 1000000 / 8;
		break;
	case QUEUE:
		config->queue_max = (uint32_t)value;
		break;
	case QUEUE_BYTES:
		config->queue_max_bytes = value;
		break;
	case MARK:
		direction->mark_ns = value * SL_NS_PER_US;
		break;
	case LOSS:
		config->loss_ppm = (uint32_t)value;
		break;
	case REORDER:
		config->reorder_ppm = (uint32_t)value;
		break;
	case DUPLICATE:
		config->duplicate_ppm = (uint32_t)value;
		break;
	case CORRUPT:
		config->corrupt_ppm = (uint32_t)value;
		break;
	case SEED:
		config->seed = value;
		break;
	case FLOWS:
	case TO_A:
	case TO_B:
		break;
	}
}

static void take(struct sl_link_options *options, enum option_name name, const char *value)
{
	static int first, last = SL_LINK_ENDS - 1;

	if (name == FLOWS) {
		options->flow_cnt = (uint32_t)number(value);
		if (options->flow_cnt > SL_LINK_FLOWS_MAX)
			usage();
	} else if (name == TO_A || name == TO_B) {
		first = last = name == TO_B;
	} else {
		for (int i = first; i <= last; i++)
			set(&options->toward[i], name, value ? number(value) : 1);
	}
}

void sl_link_options_parse(struct sl_link_options *options, int argc, char **argv)
{
	int name;

	*options = (struct sl_link_options){ 0 };
	while ((name = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (name == '?')
			usage();
		take(options, (enum option_name)name, optarg);
	}
	if (argc - optind != SL_LINK_ENDS)
		usage();
	for (int i = 0; i < SL_LINK_ENDS; i++)
		options->names[i] = argv[optind + i];
}
