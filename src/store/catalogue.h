/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Catalogue: a log of batches of records, in two copies on each device. All copies of a generation
 * are alike byte for byte, so a batch that one copy has lost is taken from any other.
 *
 *     ┌ batch 0: all there is ┬ batch 1 ┬ batch 2 ┬ what an older generation or a crash has left
 *     0                                            end_bytes                       catalogue_bytes
 *
 * A batch counts from the moment that it is whole in one copy. Reading is looking at every page of
 * every copy for batches; those of the newest generation, in the order of their numbers, are the
 * catalogue. A number that is missing between two others is a hole: a crash makes none.
 */
#ifndef SL_STORE_CATALOGUE_H
#define SL_STORE_CATALOGUE_H

#include "store/super.h"

struct sl_batch {
	struct sl_batch *next; /* of the generation, by number */
	struct sluice_store_batch head;
	uint64_t off_bytes;  /* in the catalogue */
	uint32_t good;       /* copies that have it, a bit each: device_idx * COPIES + copy_idx */
	uint32_t record_cnt; /* in the payload */
	uint8_t *payload;    /* checked, head.payload_bytes of it */
};

struct sl_catalogue {
	/* Given before sl_catalogue_load; volumes[i] is NULL if device i is missing. */
	struct sl_volume *volumes[SLUICE_STORE_DEVICES_MAX];
	const struct sluice_store_super *supers[SLUICE_STORE_DEVICES_MAX];
	uint32_t device_cnt, replica_cnt;
	uint64_t seed, catalogue_bytes;

	struct sl_batch *first;
	struct sl_batch *hint; /* one of them: where to look first */
	uint64_t generation, next_seq;
	uint64_t end_bytes;      /* where the next batch goes */
	uint64_t after_hole_seq; /* 0: no hole; else the first batch behind the last one */
	uint32_t lost_cnt;       /* batches, at least */
};

/* Reads all copies. A copy that cannot be read is one that has nothing; a line in the log says so.
 * Errors: -EBADMSG (not one batch in any copy), -ENOMEM. sl_catalogue_fini is due in any case. */
int sl_catalogue_load(struct sl_catalogue *catalogue);
void sl_catalogue_fini(struct sl_catalogue *catalogue);

/* Writes, where a copy has no such batch, the batch, and flushes. All devices are there, and no
 * hole is. First everything that was read is flushed: what a killed process wrote may be in no
 * device yet, and must be before another copy is written over. Errors: -errno. */
int sl_catalogue_repair(struct sl_catalogue *catalogue);

/* Adds a batch of payload (whole records) to all copies, and flushes. All data the records speak of
 * has been flushed before. With rewrite the payload is all that there is: it begins a new
 * generation, in one copy of each device, and when they are safe in the other. Errors: -EFBIG (no
 * room; nothing was written), -ENOMEM, -errno: whether the batch counts is not known until the
 * catalogue is loaded again. */
int sl_catalogue_write(struct sl_catalogue *catalogue, const void *payload, uint64_t payload_bytes,
		       bool rewrite);

#endif
