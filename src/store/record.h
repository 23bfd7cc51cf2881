/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Record: what a batch of the catalogue consists of. Checked once, when it comes from a device;
 * from then on who walks records need not look out.
 */
#ifndef SL_STORE_RECORD_H
#define SL_STORE_RECORD_H

#include <stddef.h>

#include "store/super.h"

/* Any bytes. supers: of all devices, device_cnt of them; NULL for one that is missing. False: these
 * are not records of such a store. *record_cnt: how many they are. */
bool sl_store_record_check(const void *payload, uint64_t payload_bytes,
			   const struct sluice_store_super *const *supers, uint32_t device_cnt,
			   uint32_t replica_cnt, uint32_t *record_cnt);

/* A relative path, as a request's is after decoding: store.h of the format says which. */
bool sl_store_record_is_name(const char *name, size_t name_bytes);

uint32_t sl_store_record_bytes(uint32_t name_bytes, uint32_t extent_cnt);

static inline const struct sluice_store_extent *sl_store_record_extents(
    const struct sluice_store_record *record)
{
	return (const struct sluice_store_extent *)(record + 1);
}

static inline const char *sl_store_record_name(const struct sluice_store_record *record)
{
	return (const char *)(sl_store_record_extents(record) + record->extent_cnt);
}

static inline const struct sluice_store_record *sl_store_record_next(
    const struct sluice_store_record *record)
{
	return (const void *)((const uint8_t *)record + record->record_bytes);
}

#endif
