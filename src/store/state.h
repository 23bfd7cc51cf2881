/* SPDX-License-Identifier: BSD-2-Clause */
/* State: what an open store consists of. Nobody outside of the room includes this. */
#ifndef SL_STORE_STATE_H
#define SL_STORE_STATE_H

#include <stddef.h>

#include "store/catalogue.h"
#include "store/store.h"

struct sl_store {
	struct sl_volume *volumes[SLUICE_STORE_DEVICES_MAX]; /* by device_idx; NULL: missing */
	struct sluice_store_super supers[SLUICE_STORE_DEVICES_MAX];
	uint32_t good_supers[SLUICE_STORE_DEVICES_MAX]; /* which copies, a bit each */
	uint32_t device_cnt, replica_cnt;
	uint32_t damaged_cnt; /* copies of superblock and catalogue */
	enum sl_store_mode mode;
	struct sl_catalogue catalogue;

	/* Of the catalogue's records. */
	struct sl_store_object *objects; /* by name */
	uint32_t object_cnt;
	const struct sluice_store_record **dead; /* removed or replaced: their space was given up */
	uint32_t dead_cnt;
};

/* Changes what all volumes hold of SL_VOLUME_PLACES: all of them, or none. As sl_volume_lock. */
int sl_store_lock_places(struct sl_store *store, enum sl_volume_hold hold, bool wait);

/* ---- objects.c ---- */

/* Makes the list of objects from the catalogue's batches; what was a list before is given up.
 * Errors: -ENOMEM (the list is as it was). */
int sl_objects_make(struct sl_store *store);
void sl_objects_fini(struct sl_store *store);

/* What the catalogue says of an object. */
static inline const struct sluice_store_record *sl_store_record_of(
    const struct sl_store_object *object)
{
	return (const void *)(object->hash - offsetof(struct sluice_store_record, hash));
}

/* The catalogue has a hole. Reads all that was written before it and drops what is not as it was
 * written: the batches that are lost may have removed it, and others have its space. Lines in the
 * log say what. Errors: -ENOMEM. */
int sl_objects_sift(struct sl_store *store);

#endif
