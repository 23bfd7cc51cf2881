/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign: what a device has on it that is not ours, by libblkid. */
#ifndef SL_STORE_FOREIGN_H
#define SL_STORE_FOREIGN_H

enum { SL_FOREIGN_BYTES = 96 };

/* Looks for a file system, a partition table, a member of a RAID and so on. 1: there is one, and
 * what says which, in words. 0: nothing known. Errors: -errno. */
int sl_foreign_find(const char *path, char what[SL_FOREIGN_BYTES]);

/* Wipes the signatures of all that there is, so that nothing takes the device for what it was.
 * Errors: -errno. */
int sl_foreign_wipe(const char *path);

#endif
