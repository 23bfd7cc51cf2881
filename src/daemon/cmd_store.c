/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/units.h"
#include "store/format.h"

static const char usage[] =
    "usage: sluice store format [OPTION]... DEVICE...\n"
    "       sluice store import [OPTION]... DEVICE... -- PATH...\n"
    "       sluice store ls     [--json] DEVICE... [-- NAME...]\n"
    "       sluice store cat    DEVICE... -- NAME\n"
    "       sluice store rm     DEVICE... -- NAME...\n"
    "       sluice store verify DEVICE... [-- NAME...]\n"
    "       sluice store export [--replace] DEVICE... -- DIRECTORY [NAME...]\n"
    "\n"
    "DEVICE is a block device or a regular file; a store has 1 to 16 of them, in any\n"
    "order. PATH is a file, or a directory, of which all files below are taken. NAME is\n"
    "an object's, the path of its URL without the slash in front; one that ends in a\n"
    "slash means all objects below it.\n"
    "\n"
    "  format:\n"
    "      --replicas N       keep N copies of each object, on N devices (1 to 3; 1)\n"
    "      --catalogue BYTES  room for the catalogue, with K or M behind the number\n"
    "                         (a 256th of the smallest device, 64K to 64M)\n"
    "      --force            though there is something on a device\n"
    "  import:\n"
    "      --prefix NAME      put NAME in front of the objects' names\n"
    "      --replace          put objects in the place of those of the same name\n"
    "  ls:\n"
    "      --json             print one line of JSON for each object\n"
    "  export:\n"
    "      --replace          write over files that are there\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 not understood, 3 verify found damage.\n";

/* ---- format -----------------------------------------------------------------------------------
 */

static int may_format(const struct sl_store_arguments *arguments)
{
	int code = SL_EXIT_OK;

	for (uint32_t i = 0; i < arguments->device_cnt && !arguments->force; i++) {
		if (sl_format_refuse(arguments->devices[i]) < 0)
			code = SL_EXIT_FAILURE;
	}
	return code;
}

static int print_room(const struct sl_store_arguments *arguments)
{
	struct sl_store *store;
	uint64_t room_bytes = 0;
	char room[SL_UNITS_BYTES];

	if (sl_store_open(&store, arguments->devices, arguments->device_cnt, SL_STORE_READ) < 0)
		return SL_EXIT_FAILURE;
	for (uint32_t i = 0; i < arguments->device_cnt; i++) {
		struct sl_store_member member;

		sl_store_member(store, i, &member);
		room_bytes += member.data_bytes;
	}
	sl_store_close(store);
	sl_units_bytes(room, room_bytes / arguments->replica_cnt);
	printf("a store of %u device%s, with room for %s", arguments->device_cnt,
	       arguments->device_cnt == 1 ? "" : "s", room);
	if (arguments->replica_cnt > 1)
		printf(", each object on %u of them", (unsigned)arguments->replica_cnt);
	puts("");
	return SL_EXIT_OK;
}

static int format(const struct sl_store_arguments *arguments)
{
	const struct sl_format format = {
		.paths = arguments->devices,
		.path_cnt = arguments->device_cnt,
		.replica_cnt = (uint32_t)arguments->replica_cnt,
		.catalogue_bytes = arguments->catalogue_bytes,
	};
	int code;

	if (format.replica_cnt > format.path_cnt) {
		sl_error("--replicas %u: needs as many devices", format.replica_cnt);
		return SL_EXIT_USAGE;
	}
	code = may_format(arguments);
	if (code != SL_EXIT_OK)
		return code;
	if (sl_format_make(&format) < 0)
		return SL_EXIT_FAILURE;
	return print_room(arguments);
}

/* ---- all of them ------------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	int (*run)(const struct sl_store_arguments *arguments);
	uint32_t options;
	uint32_t word_min, word_max;
} commands[] = {
	{ "format", format, SL_STORE_FORCE | SL_STORE_REPLICAS | SL_STORE_CATALOGUE, 0, 0 },
	{ "import", sl_cmd_store_import, SL_STORE_REPLACE | SL_STORE_PREFIX, 1, UINT32_MAX },
	{ "ls", sl_cmd_store_ls, SL_STORE_JSON, 0, UINT32_MAX },
	{ "cat", sl_cmd_store_cat, 0, 1, 1 },
	{ "rm", sl_cmd_store_rm, 0, 1, UINT32_MAX },
	{ "verify", sl_cmd_store_verify, 0, 0, UINT32_MAX },
	{ "export", sl_cmd_store_export, SL_STORE_REPLACE, 1, UINT32_MAX },
};

static int run(uint32_t idx, int argc, char **argv)
{
	struct sl_store_arguments arguments;

	if (!sl_store_arguments_parse(&arguments, argc, argv, commands[idx].options))
		return SL_EXIT_USAGE;
	if (arguments.help) {
		fputs(usage, stdout);
		return SL_EXIT_OK;
	}
	if (arguments.word_cnt < commands[idx].word_min ||
	    arguments.word_cnt > commands[idx].word_max) {
		sl_error("sluice store %s: %s; sluice store --help shows how", argv[0],
			 arguments.word_cnt < commands[idx].word_min
			     ? "something must come behind a --"
			     : "too much comes behind the --");
		return SL_EXIT_USAGE;
	}
	return commands[idx].run(&arguments);
}

int sl_cmd_store(int argc, char **argv)
{
	if (argc < 2) {
		fputs(usage, stderr);
		return SL_EXIT_USAGE;
	}
	for (uint32_t idx = 0; idx < sizeof(commands) / sizeof(commands[0]); idx++) {
		if (strcmp(argv[1], commands[idx].name) == 0)
			return run(idx, argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return SL_EXIT_OK;
	}
	sl_error("unknown command sluice store %s; sluice store --help lists them", argv[1]);
	return SL_EXIT_USAGE;
}
