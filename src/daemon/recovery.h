/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recovery: what the main thread does about changes of the interface. All that takes a privilege
 * was done at the start: the program is loaded, and each worker has sockets in reserve (nic/nic.h);
 * to attach the one and to bind the others takes none.
 */
#ifndef SL_DAEMON_RECOVERY_H
#define SL_DAEMON_RECOVERY_H

struct sl_server;

/* Watches the interface from now on; what cannot be watched has a line in the log. */
void sl_recovery_open(struct sl_server *server);

/* Every second, and when sl_link_watch_fd says so: reports what has changed, tells workers the MTU,
 * and goes on on an interface that had gone and is back. Errors, with their lines in the log: that
 * cannot be done, and only a new process can. */
int sl_recovery_run(struct sl_server *server);

#endif
