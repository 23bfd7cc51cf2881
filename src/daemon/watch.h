/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watch: notices that files have become others. What is watched are the directories they lie in,
 * and those that their symbolic links lead to, since tools that renew a file put a new one in its
 * place, or turn a link to it. Anything that happens there is a reason to look, after a second of
 * quiet, for a certificate and its key do not change in the same moment; and a look compares what
 * the files are (device, inode, size, times) with what they were at the look before.
 *
 *      sl_watch_run ──► true: it is time to look
 *      sl_watch_look, sl_watch_file for each of them, sl_watch_looked ──► true: they are others
 *
 * Main thread only.
 */
#ifndef SL_DAEMON_WATCH_H
#define SL_DAEMON_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define SL_WATCH_QUIET_NS    SL_NS_PER_S
#define SL_WATCH_PATIENCE_NS (5 * SL_NS_PER_S) /* then without quiet: a busy directory */

struct sl_watch {
	int fd; /* of inotify, to be polled for reading; -1: nothing is watched */
	uint64_t first_ns, last_ns; /* of what has happened since the last look; 0: nothing */
	uint64_t state, state_before;
	char dir[4096]; /* watched last, so that neighbours cost no system call */
	bool said_unwatched;
};

/* Errors: -errno of inotify_init1. */
int sl_watch_open(struct sl_watch *watch);
void sl_watch_close(struct sl_watch *watch);

/* Something may have happened: notes it. True, once, when it is time to look. */
bool sl_watch_run(struct sl_watch *watch, uint64_t now_ns);

/* When to call run even if fd is not readable; UINT64_MAX: no need. */
uint64_t sl_watch_due_ns(const struct sl_watch *watch);

/* A look begins; each file, whether it is there or not; a look ends. The first one finds nothing
 * changed. A directory that cannot be watched has one line in the log, the first of them. */
void sl_watch_look(struct sl_watch *watch);
void sl_watch_file(struct sl_watch *watch, const char *path);
void sl_watch_dir(struct sl_watch *watch, const char *path); /* files may come and go in it */
bool sl_watch_looked(struct sl_watch *watch);

#endif
