/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Change: objects that come and go together. Data is written as it is put, into space that is
 * nobody's; the catalogue learns of all of it at once, in the commit. Until then, and if the
 * process or the power goes before, the store is as it was.
 */
#ifndef SL_STORE_CHANGE_H
#define SL_STORE_CHANGE_H

#include "store/store.h"

struct sl_change;

/* store is open for writing; one change at a time. Space that removed objects had is used only if
 * nobody else has the store open now; a line in the log says if that is so and matters. Errors:
 * -ENOMEM, -errno. */
int sl_change_begin(struct sl_change **change, struct sl_store *store);

/* Gives up a change that was not committed, or what is left of one that was. NULL is let be. */
void sl_change_end(struct sl_change *change);

/* Called as bytes have been written. */
typedef void sl_change_progress(void *arg, uint64_t done_bytes);

/* Writes what fd has from its start, size_bytes of it, as an object. Lines in the log tell of
 * errors: -EINVAL (not a name), -EEXIST (there is one, and replace is false), -ENOSPC, -ENODATA (fd
 * has less), -ENOMEM, -errno. After one, end the change: space it took is taken. Of two of the same
 * name the later counts. */
int sl_change_put(struct sl_change *change, const char *name, int fd, uint64_t size_bytes,
		  int64_t mtime_ns, bool replace, sl_change_progress *progress, void *arg);

/* -ENOENT: there was no such object when the change began. -ENOMEM. */
int sl_change_remove(struct sl_change *change, const char *name);

/* Flushes the data, then writes the catalogue. Then store's objects are the new ones. Errors, with
 * lines in the log: -EFBIG (the catalogue is full), -EBUSY (it must be written anew, but somebody
 * else has the store open), -ENOMEM, -errno. */
int sl_change_commit(struct sl_change *change);

#endif
