/* SPDX-License-Identifier: BSD-2-Clause */
/* Privileges: what the process may do. A lot while it sets up, next to nothing when the first
 * stranger's byte arrives. */
#ifndef SL_DAEMON_PRIVILEGES_H
#define SL_DAEMON_PRIVILEGES_H

#include <stdbool.h>

/* Raises the limits of locked memory and open files as far as this process may. Before anything
 * is allocated. */
void sl_privileges_raise_limits(void);

/* Gives up every capability and the way to get one back (no-new-privs, bounding set), for this
 * thread and those it starts later: call before any other is started. dispatcher: keeps those that
 * leaving libxdp's dispatcher takes. Errors, with a line in the log: -EPERM, -errno of prctl. */
int sl_privileges_drop(bool dispatcher);

#endif
