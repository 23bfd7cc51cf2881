/* SPDX-License-Identifier: BSD-2-Clause */
/* Place: what the daemon's tests stand on: a directory that is gone afterwards, an interface of
 * their own, and the lines that were logged. */
#ifndef SL_TESTS_UNIT_DAEMON_PLACE_H
#define SL_TESTS_UNIT_DAEMON_PLACE_H

#include <stdbool.h>

/* A new directory, removed at exit with all that is in it. */
const char *place_directory(void);

/* directory/name; valid until the next but three calls. */
const char *place_path(const char *directory, const char *name);

void place_write(const char *path, const char *text);
bool place_exists(const char *path);

/* From now on this process is in a network namespace of its own, where lo is up with this MTU. */
void place_interface(int mtu_bytes);

/* The same, but lo stays down as it begins. */
void place_interface_down(void);

/* From now on what is written to standard error is kept; place_log returns all of it so far. */
void place_keep_log(void);
const char *place_log(void);

#endif
