/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/number.h"
#include "daemon/serve_options.h"
#include "daemon/stats_print.h"
#include "daemon/stats_reader.h"

static const char usage[] =
    "usage: sluice stats [OPTION]...\n"
    "\n"
    "      --json             print one line of JSON\n"
    "      --watch[=SECONDS]  go on, and print rates; every second if not told otherwise\n"
    "      --run-dir DIR      the server's run directory (" SL_RUN_DIR_DEFAULT ")\n"
    "      --help             print this\n";

enum { WATCH_MAX_S = 3600 };

struct stats_options {
	const char *run_dir;
	bool json;
	bool help;
	uint64_t watch_s; /* 0: once */
};

enum { OPT_JSON = 256, OPT_WATCH, OPT_RUN_DIR, OPT_HELP };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "watch", optional_argument, NULL, OPT_WATCH },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* getopt takes an optional value only behind =; people write --watch 2. */
static bool take_watch(struct stats_options *options, int argc, char **argv)
{
	const char *text = optarg;

	if (!text && optind < argc && argv[optind][0] >= '0' && argv[optind][0] <= '9')
		text = argv[optind++];
	options->watch_s = 1;
	if (!text || sl_number_parse(text, 1, WATCH_MAX_S, &options->watch_s))
		return true;
	sl_error("--watch %s: must be a whole number of seconds from 1 to %d", text, WATCH_MAX_S);
	return false;
}

static bool parse(struct stats_options *options, int argc, char **argv)
{
	int opt;

	*options = (struct stats_options){ .run_dir = SL_RUN_DIR_DEFAULT };
	optind = 0;
	opterr = 0;
	/* + stops at the first other argument: getopt must not have moved what follows --watch. */
	while ((opt = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_JSON:
			options->json = true;
			break;
		case OPT_WATCH:
			if (!take_watch(options, argc, argv))
				return false;
			break;
		case OPT_RUN_DIR:
			options->run_dir = optarg;
			break;
		case OPT_HELP:
			options->help = true;
			break;
		case ':':
			sl_error("option %s needs a value", argv[optind - 1]);
			return false;
		default:
			sl_error("unknown option %s; sluice stats --help lists them",
				 argv[optind - 1]);
			return false;
		}
	}
	if (optind == argc)
		return true;
	sl_error("unexpected argument '%s'; sluice stats --help lists the options", argv[optind]);
	return false;
}

static void print_sample(const struct stats_options *options, const struct sl_stats_sample *now,
			 const struct sl_stats_sample *before)
{
	if (options->json)
		sl_stats_json(stdout, now, before);
	else if (options->watch_s == 0)
		sl_stats_table(stdout, now);
	else
		sl_stats_rates_line(stdout, now, before);
}

/* Draws over the rates of last time: up by as many lines, then clear to the end of the screen. */
static void redraw(const struct sl_stats_sample *now, const struct sl_stats_sample *before,
		   uint32_t *line_cnt)
{
	if (*line_cnt > 0)
		printf("\033[%uA\033[J", *line_cnt);
	*line_cnt = sl_stats_rates(stdout, now, before);
}

static void wait_s(uint64_t seconds)
{
	struct timespec left = { .tv_sec = (time_t)seconds };

	while (nanosleep(&left, &left) < 0)
		;
}

/* Static: half a megabyte for the largest server is too much for a stack. */
static struct sl_stats_sample samples[2];

/* Ends when the server does or nobody reads any more. */
static int watch(const struct stats_options *options, const struct sl_stats_reader *reader)
{
	bool in_place = isatty(STDOUT_FILENO) && !options->json;
	uint32_t line_cnt = 0;

	sl_stats_reader_sample(reader, &samples[0]);
	if (in_place)
		sl_stats_head(stdout, &samples[0]);
	for (uint32_t turn = 1;; turn ^= 1) {
		wait_s(options->watch_s);
		sl_stats_reader_sample(reader, &samples[turn]);
		if (!sl_stats_reader_alive(reader)) {
			sl_error("the server in %s has ended", options->run_dir);
			return SL_EXIT_FAILURE;
		}
		if (in_place)
			redraw(&samples[turn], &samples[turn ^ 1], &line_cnt);
		else
			print_sample(options, &samples[turn], &samples[turn ^ 1]);
		if (fflush(stdout) < 0)
			return SL_EXIT_FAILURE;
	}
}

static int once(const struct stats_options *options, const struct sl_stats_reader *reader)
{
	sl_stats_reader_sample(reader, &samples[0]);
	print_sample(options, &samples[0], NULL);
	return fflush(stdout) < 0 ? SL_EXIT_FAILURE : SL_EXIT_OK;
}

int sl_cmd_stats(int argc, char **argv)
{
	struct stats_options options;
	struct sl_stats_reader reader;
	int code;

	if (!parse(&options, argc, argv))
		return SL_EXIT_USAGE;
	if (options.help) {
		fputs(usage, stdout);
		return SL_EXIT_OK;
	}
	if (sl_stats_reader_open(&reader, options.run_dir) < 0)
		return SL_EXIT_FAILURE;
	code = options.watch_s > 0 ? watch(&options, &reader) : once(&options, &reader);
	sl_stats_reader_close(&reader);
	return code;
}
