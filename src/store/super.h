/* SPDX-License-Identifier: BSD-2-Clause */
/* Superblock: made once, looked for at both ends of a volume, and believed if it fits the volume.
 */
#ifndef SL_STORE_SUPER_H
#define SL_STORE_SUPER_H

#include "store/volume.h"

/* What a volume of bytes has room for; align_bytes, catalogue_bytes and device_bytes are given, the
 * rest of the geometry follows. False: too small, for at least a page of data. */
bool sl_super_plan(struct sluice_store_super *super);

void sl_super_seal(struct sluice_store_super *super);

/* Checksum and geometry. */
bool sl_super_check(const struct sluice_store_super *super);

/* The first copy that is good; *good: which are, a bit each. Errors: -ENOENT (nothing like it),
 * -EPROTO (of another version, in super->version), -ENOSPC (the volume has become shorter),
 * -ENOMEM, -errno (no copy could be read). */
int sl_super_read(struct sl_volume *volume, struct sluice_store_super *super, uint32_t *good);

/* Writes a copy, [0, SLUICE_STORE_COPIES). Not flushed. */
int sl_super_write(struct sl_volume *volume, const struct sluice_store_super *super,
		   uint32_t copy_idx);

/* Whether an extent's place is inside the data and aligned. */
bool sl_super_has_room(const struct sluice_store_super *super, uint64_t off_bytes,
		       uint64_t len_bytes);

#endif
