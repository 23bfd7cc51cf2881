/* SPDX-License-Identifier: BSD-2-Clause */
/* Format: makes an empty store of devices. */
#ifndef SL_STORE_FORMAT_H
#define SL_STORE_FORMAT_H

#include <stdbool.h>

#include "sluice/store.h"

struct sl_format {
	const char *const *paths;
	uint32_t path_cnt;        /* [1, SLUICE_STORE_DEVICES_MAX] */
	uint32_t replica_cnt;     /* [1, min(path_cnt, SLUICE_STORE_REPLICAS_MAX)] */
	uint64_t catalogue_bytes; /* of each copy, rounded up to pages; 0: by the smallest device */
};

/* All that was on the devices is lost, and what they are used for is not asked: sl_format_refuse
 * does. First no device has a superblock any more, then catalogues and superblocks are written: who
 * interrupts this has no store. Lines in the log tell of errors: -ENOSPC (a device is too small),
 * -EBUSY (one is in use, or open as a store's), -EINVAL (the same device twice), -ENOMEM, -errno.
 */
int sl_format_make(const struct sl_format *format);

/* Whether a device should not be formatted, as it has a store or something of others on it: a line
 * in the log says what. Errors: -EEXIST (it has), -errno. */
int sl_format_refuse(const char *path);

#endif
