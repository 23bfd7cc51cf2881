/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/store_arguments.h"

#include <getopt.h>
#include <string.h>

#include "base/log.h"
#include "daemon/number.h"

enum { OPT_FORCE = 256, OPT_REPLICAS, OPT_CATALOGUE, OPT_REPLACE, OPT_PREFIX, OPT_JSON, OPT_HELP };

static const struct {
	struct option option;
	uint32_t bit; /* 0: every command has it */
} all_options[] = {
	{ { "force", no_argument, NULL, OPT_FORCE }, SL_STORE_FORCE },
	{ { "replicas", required_argument, NULL, OPT_REPLICAS }, SL_STORE_REPLICAS },
	{ { "catalogue", required_argument, NULL, OPT_CATALOGUE }, SL_STORE_CATALOGUE },
	{ { "replace", no_argument, NULL, OPT_REPLACE }, SL_STORE_REPLACE },
	{ { "prefix", required_argument, NULL, OPT_PREFIX }, SL_STORE_PREFIX },
	{ { "json", no_argument, NULL, OPT_JSON }, SL_STORE_JSON },
	{ { "help", no_argument, NULL, OPT_HELP }, 0 },
};

enum { ALL_CNT = sizeof(all_options) / sizeof(all_options[0]) };

static bool take_number(struct sl_store_arguments *arguments, int opt)
{
	if (opt == OPT_REPLICAS) {
		if (sl_number_parse(optarg, 1, SLUICE_STORE_REPLICAS_MAX, &arguments->replica_cnt))
			return true;
		sl_error("--replicas %s: must be 1 to %u", optarg, SLUICE_STORE_REPLICAS_MAX);
		return false;
	}
	if (sl_number_parse_bytes(optarg, SLUICE_STORE_PAGE_BYTES, UINT64_C(1) << 40,
				  &arguments->catalogue_bytes))
		return true;
	sl_error("--catalogue %s: must be bytes, or with K or M behind them, and 4K at least",
		 optarg);
	return false;
}

static bool take_option(struct sl_store_arguments *arguments, int opt, char **argv)
{
	switch (opt) {
	case OPT_FORCE:
		arguments->force = true;
		return true;
	case OPT_REPLACE:
		arguments->replace = true;
		return true;
	case OPT_JSON:
		arguments->json = true;
		return true;
	case OPT_HELP:
		arguments->help = true;
		return true;
	case OPT_PREFIX:
		arguments->prefix = optarg;
		return true;
	case OPT_REPLICAS:
	case OPT_CATALOGUE:
		return take_number(arguments, opt);
	case ':':
		sl_error("option %s needs a value", argv[optind - 1]);
		return false;
	default:
		sl_error("unknown option %s; sluice store --help lists them", argv[optind - 1]);
		return false;
	}
}

/* Where the words begin: behind the first "--", or at the end. */
static int find_words(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i;
	}
	return argc;
}

bool sl_store_arguments_parse(struct sl_store_arguments *arguments, int argc, char **argv,
			      uint32_t options)
{
	struct option long_options[ALL_CNT + 1] = { 0 };
	int end = find_words(argc, argv), cnt = 0, opt;

	*arguments = (struct sl_store_arguments){ .replica_cnt = 1, .prefix = "" };
	for (uint32_t i = 0; i < ALL_CNT; i++) {
		if (all_options[i].bit == 0 || all_options[i].bit & options)
			long_options[cnt++] = all_options[i].option;
	}
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(end, argv, ":", long_options, NULL)) != -1) {
		if (!take_option(arguments, opt, argv))
			return false;
	}
	if (arguments->help)
		return true;
	arguments->devices = (const char *const *)argv + optind;
	arguments->device_cnt = (uint32_t)(end - optind);
	if (end < argc) {
		arguments->words = (const char *const *)argv + end + 1;
		arguments->word_cnt = (uint32_t)(argc - end - 1);
	}
	if (arguments->device_cnt >= 1 && arguments->device_cnt <= SLUICE_STORE_DEVICES_MAX)
		return true;
	sl_error("sluice store %s needs the devices of the store, 1 to %u of them", argv[0],
		 SLUICE_STORE_DEVICES_MAX);
	return false;
}

static bool matches(const char *word, const char *name)
{
	size_t word_bytes = strlen(word);

	if (word_bytes > 0 && word[word_bytes - 1] == '/')
		return strncmp(word, name, word_bytes) == 0;
	return strcmp(word, name) == 0;
}

bool sl_store_arguments_name(const struct sl_store_arguments *arguments, uint32_t first_idx,
			     const char *name)
{
	for (uint32_t i = first_idx; i < arguments->word_cnt; i++) {
		if (matches(arguments->words[i], name))
			return true;
	}
	return arguments->word_cnt <= first_idx;
}

static bool exists(const char *word, const struct sl_store *store)
{
	if (sl_store_find(store, word))
		return true;
	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		if (matches(word, sl_store_object(store, i)->name))
			return true;
	}
	return false;
}

bool sl_store_arguments_exist(const struct sl_store_arguments *arguments, uint32_t first_idx,
			      const struct sl_store *store)
{
	for (uint32_t i = first_idx; i < arguments->word_cnt; i++) {
		if (exists(arguments->words[i], store))
			continue;
		sl_error("%s: no such object; names end in a slash if all below them is meant",
			 arguments->words[i]);
		return false;
	}
	return true;
}
