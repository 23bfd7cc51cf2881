/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Space: what of the devices' data no object has. Made from the catalogue for each change; nothing
 * of it is on a device.
 */
#ifndef SL_STORE_SPACE_H
#define SL_STORE_SPACE_H

#include "store/store.h"

struct sl_space_run {
	uint64_t off_bytes, len_bytes;
};

struct sl_space {
	struct sl_space_device {
		struct sl_space_run *runs; /* free, in order; some may be empty */
		uint32_t run_cnt;
		uint64_t free_bytes;
		uint32_t align_bytes;
	} devices[SLUICE_STORE_DEVICES_MAX];
	uint32_t device_cnt, replica_cnt;
};

/* with_dead: what removed objects had is not free either, as somebody may read it. Errors: -ENOMEM.
 * sl_space_fini is due in any case. */
int sl_space_init(struct sl_space *space, const struct sl_store *store, bool with_dead);
void sl_space_fini(struct sl_space *space);

/* Places for the next extent of an object that has left_bytes to go: data_bytes and places of
 * extent, as much as fits in one run of each device, up to SLUICE_STORE_EXTENT_MAX_BYTES. On the
 * devices with the most room, but on those of previous (the object's last extent, or NULL) if they
 * have enough. Errors: -ENOSPC. */
int sl_space_take(struct sl_space *space, uint64_t left_bytes,
		  const struct sluice_store_extent *previous, struct sluice_store_extent *extent);

#endif
