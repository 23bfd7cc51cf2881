/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands: what may follow `sluice` on the command line. Each gets its own name as argv[0] and
 * returns the exit code of the process.
 */
#ifndef SL_DAEMON_CMD_H
#define SL_DAEMON_CMD_H

enum sl_exit {
	SL_EXIT_OK = 0,
	SL_EXIT_FAILURE = 1, /* something named on the command line cannot be used, or failed */
	SL_EXIT_USAGE = 2,   /* the command line itself is wrong, or lacks something */
};

int sl_cmd_connections(int argc, char **argv);
int sl_cmd_serve(int argc, char **argv);
int sl_cmd_stats(int argc, char **argv);

#endif
