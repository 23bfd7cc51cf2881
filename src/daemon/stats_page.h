/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stats page: the server's side of sluice/stats.h. It owns the run directory:
 *
 *      RUN_DIR/            0755; made if it is not there, and then removed at the end
 *        lock              locked (F_OFD_SETLK) as long as the server lives; holds its pid
 *        stats.new         the page while it is being made
 *        stats             the page: process block, then one block a worker
 *
 * The lock, not the file, says whether a server lives: it goes when the process goes, by any
 * signal. Whoever gets it may throw away what a killed server left. Main thread, setup only.
 */
#ifndef SL_DAEMON_STATS_PAGE_H
#define SL_DAEMON_STATS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sluice/stats.h"

#define SL_STATS_LOCK_FILE "lock"

struct sl_stats_page {
	struct sluice_stats *stats; /* mapped shared, populated; NULL when closed */
	size_t size_bytes;
	const char *run_dir; /* the caller's; NULL when closed */
	int dir_fd, lock_fd; /* -1: not opened yet */
	bool dir_made, locked, published;
};

/* Takes run_dir and maps a page for worker_cnt in [1, SL_WORKERS_MAX], with the process block
 * filled as far as iface and pid go. Errors, each with its line in the log: -EBUSY (a live server
 * has it: the line names its pid), -errno. On error nothing is left behind. */
int sl_stats_page_open(struct sl_stats_page *page, const char *run_dir, const char *iface,
		       uint32_t worker_cnt);

/* From now on readers find it. Errors, with a line: -errno of renameat. */
int sl_stats_page_publish(struct sl_stats_page *page);

/* Removes the files, gives up the lock, and leaves the memory mapped for workers that still count.
 * For a process that is about to exit; otherwise close. */
void sl_stats_page_remove(struct sl_stats_page *page);

/* Removes what open and publish made. Nobody may write to page->stats any more. Does nothing to a
 * page that is all zero or closed already. */
void sl_stats_page_close(struct sl_stats_page *page);

#endif
