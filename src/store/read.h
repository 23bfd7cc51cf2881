/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read: an object's bytes, each block compared with its sum; what is damaged at one place is taken
 * from another. These block and allocate: for the tool. A server reads by itself, with what store.h
 * says of extents.
 */
#ifndef SL_STORE_READ_H
#define SL_STORE_READ_H

#include "store/store.h"

/* Takes the object's bytes in their order. 0, or an error that ends the reading. */
typedef int sl_store_take(void *arg, const void *data, uint32_t len_bytes);

sl_store_take sl_store_read_nowhere;

/* Errors: -EBADMSG (a block is damaged everywhere, or all of it has not the object's hash), -ENODEV
 * (a block's places are on missing devices), what take says, -ENOMEM, -errno of the device. What
 * was taken before was right. */
int sl_store_read(const struct sl_store *store, const struct sl_store_object *object,
		  sl_store_take *take, void *arg);

/* A run of bytes at one place that is not what it should be. */
struct sl_store_damage {
	const struct sl_store_object *object;
	const char *path; /* the device's; NULL if it is missing */
	uint32_t device_idx;
	uint64_t off_bytes; /* on the device */
	uint64_t len_bytes;
	int error; /* -EBADMSG: other bytes; -ENODEV: missing; or as the device said */
};

/* Called for each damage found, and (damage NULL) as bytes have been read. */
typedef void sl_store_report(void *arg, const struct sl_store_damage *damage, uint64_t done_bytes);

/* Reads every block and its sums at every place. 0, or -EBADMSG: something was reported; -ENOMEM.
 */
int sl_store_verify(const struct sl_store *store, const struct sl_store_object *object,
		    sl_store_report *report, void *arg);

#endif
