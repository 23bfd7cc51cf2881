/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals are read, not handled: the main thread blocks those it wants and polls a descriptor.
 * Threads started afterwards inherit the mask and see none.
 */
#ifndef SL_DAEMON_SIGNALS_H
#define SL_DAEMON_SIGNALS_H

/* Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts; ignores SIGPIPE, since a
 * log that nobody reads any more is no reason to die. Returns a descriptor that is readable when
 * one of them has come, or -errno with a line in the log. Main thread, before any other is
 * started. */
int sl_signals_open(void);
void sl_signals_close(int fd);

/* The next one that has come, or 0. Does not wait. */
int sl_signals_next(int fd);

#endif
