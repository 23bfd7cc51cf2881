/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stores: catalogues and devices, opened by the main thread while it still may, and from then on
 * unchanged: the workers look names up in them and read from their devices, all at the same time.
 * A place is where a host's names are: the directory, or one of the stores.
 */
#ifndef SL_CONTENT_STORES_H
#define SL_CONTENT_STORES_H

#include <stdbool.h>
#include <stdint.h>

#include "content/choice.h"
#include "disk/disk.h"

enum { SL_PLACE_ROOT = 0 }; /* place n: store n - 1 */

struct sl_stores;

/* texts: as sl_store_choice_parse takes them; cnt in [1, SL_STORES_MAX]. verify: all that is read
 * later is compared with its sums, which are read here: 8 bytes of memory for 16 KiB of content.
 * Errors, each with its line in the log: those of sl_device_open and sl_store_open, -EINVAL (a host
 * or a text twice, or bad), -E2BIG (SL_DEVICES_MAX), -ENOMEM. Setup only. */
int sl_stores_open(struct sl_stores **stores, const char *const *texts, uint32_t cnt, bool verify);

/* No disk has the devices any more. NULL is let be. */
void sl_stores_close(struct sl_stores *stores);

/* Of all stores; NULL has none. */
const struct sl_device *sl_stores_devices(const struct sl_stores *stores, uint32_t *device_cnt);

/* Where the names of a host are; host is that of the request, with its port or without, and of
 * len_bytes, 0 if there is none. NULL: the root has all. Any thread. */
uint32_t sl_stores_place(const struct sl_stores *stores, const char *host, uint32_t len_bytes);

struct sl_store_found {
	struct sl_disk_layout layout;
	int64_t mtime_ns;
	const struct sl_store_object *object;
};

/* The object of that name in place, which is not the root. Errors: -ENOENT, -EISDIR (names begin
 * with it and a slash), -EIO (its sums cannot be had). Any thread. */
int sl_stores_find(const struct sl_stores *stores, uint32_t place_idx, const char *name,
		   struct sl_store_found *found);

#endif
