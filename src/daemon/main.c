/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "daemon/cmd.h"

static const char usage[] =
    "usage: sluice COMMAND [OPTION]...\n"
    "\n"
    "  serve        serve a directory over HTTPS\n"
    "  stats        show the counters of the running server\n"
    "  connections  list the connections of the running server\n"
    "  store        keep files on raw devices\n"
    "  version      print the version\n"
    "  help         print this\n"
    "\n"
    "sluice COMMAND --help lists the options of a command; see sluice(8).\n";

static int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts(PACKAGE_STRING);
	return SL_EXIT_OK;
}

static int cmd_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs(usage, stdout);
	return SL_EXIT_OK;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "serve", sl_cmd_serve },
	{ "stats", sl_cmd_stats },
	{ "connections", sl_cmd_connections },
	{ "store", sl_cmd_store },
	{ "version", cmd_version },
	{ "--version", cmd_version },
	{ "help", cmd_help },
	{ "--help", cmd_help },
	{ "-h", cmd_help },
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(usage, stderr);
		return SL_EXIT_USAGE;
	}
	for (size_t idx = 0; idx < sizeof(commands) / sizeof(commands[0]); idx++) {
		if (strcmp(argv[1], commands[idx].name) == 0)
			return commands[idx].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "sluice: unknown command '%s'\n", argv[1]);
	fputs("usage: sluice serve|stats|connections|store|version|help [OPTION]...\n", stderr);
	return SL_EXIT_USAGE;
}
