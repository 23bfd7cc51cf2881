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
	SL_EXIT_DAMAGED = 3, /* sluice store verify: something is not as it was written */
};

int sl_cmd_connections(int argc, char **argv);
int sl_cmd_serve(int argc, char **argv);
int sl_cmd_stats(int argc, char **argv);
int sl_cmd_store(int argc, char **argv);

#endif
