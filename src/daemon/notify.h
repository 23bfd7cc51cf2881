/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notify: tells the service manager how we are, in the protocol of sd_notify(3): datagrams of
 * VARIABLE=value lines to the socket that NOTIFY_SOCKET names. Without that variable nobody asked,
 * and every call does nothing. Main thread only.
 */
#ifndef SL_DAEMON_NOTIFY_H
#define SL_DAEMON_NOTIFY_H

#include <stdint.h>

/* Each returns 1 if the manager was told, 0 if there is none, or -errno: -EAFNOSUPPORT (neither a
 * path nor an abstract name), -ENAMETOOLONG, others of socket and sendto. System calls: socket,
 * sendto; a manager whose queue is full is not waited for. */

/* Serving; status is one line for `systemctl status`. */
int sl_notify_ready(const char *status);

/* Draining, for up to drain_ns: asks the manager to wait that long and a bit. */
int sl_notify_stopping(uint64_t drain_ns);

#endif
