/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Store: a set of devices opened, and the objects on it. What is read here is complete when
 * sl_store_open returns and does not change until sl_store_close: any number of threads may look
 * names up meanwhile, without a lock. Opening reads the catalogue and takes as long as that; only
 * the tool and the start of a server do.
 *
 * While a store is open for reading nobody gives space that an object of its had to another one, so
 * bytes stay what they were, even when `sluice store rm` or `import --replace` has changed the
 * catalogue. Who is to learn of such changes opens anew.
 */
#ifndef SL_STORE_STORE_H
#define SL_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/store.h"

struct sl_store;

enum sl_store_mode {
	SL_STORE_READ,  /* members may be missing */
	SL_STORE_WRITE, /* all members, one at a time; damaged copies of the catalogue are repaired
			 */
};

/* Opens the devices (block devices or regular files, in any order) of one store; the paths are
 * copied. Lines in the log tell of damage, of what is lost, and of errors: -EINVAL (no store, not
 * all of one store, of an unknown version, one of them twice), -ENODEV (WRITE, and a member is
 * missing), -EBUSY (WRITE, and another writes), -EBADMSG (no catalogue; WRITE: or it has a hole),
 * -ENOMEM, -errno. Has the catalogue a hole, READ gives what verifies: all data from before the
 * hole is read, and what is not as it was written is not there. */
int sl_store_open(struct sl_store **store, const char *const *paths, uint32_t path_cnt,
		  enum sl_store_mode mode);

/* NULL is let be. */
void sl_store_close(struct sl_store *store);

/* How many copies of superblock and catalogue were damaged when the store was opened; those that
 * interrupted writers have left behind count, too. Whoever opens it for writing repairs them. */
uint32_t sl_store_damaged_copies(const struct sl_store *store);

/* ---- Objects. Pointers are the store's, until sl_store_close or a commit. ----------------------
 */

struct sl_store_object {
	const char *name; /* NUL-terminated: "live/7.ts" */
	uint64_t size_bytes;
	int64_t mtime_ns;                          /* since 1970 */
	const uint8_t *hash;                       /* [SLUICE_STORE_HASH_BYTES] */
	const struct sluice_store_extent *extents; /* in the order of the bytes */
	uint32_t extent_cnt;                       /* 0 if size_bytes is 0 */
};

/* idx in [0, cnt), in the order of strcmp. */
uint32_t sl_store_object_cnt(const struct sl_store *store);
const struct sl_store_object *sl_store_object(const struct sl_store *store, uint32_t idx);

/* NULL: none of that name. */
const struct sl_store_object *sl_store_find(const struct sl_store *store, const char *name);

enum { SL_STORE_ETAG_BYTES = 1 + 2 * SLUICE_STORE_HASH_BYTES + 1 + 1 };

/* A strong entity tag, in its quotes: the hash in hex. */
void sl_store_etag(const struct sl_store_object *object, char etag[SL_STORE_ETAG_BYTES]);

/* ---- Where bytes are ---------------------------------------------------------------------------
 */

struct sl_store_member {
	const char *path; /* as given to sl_store_open; NULL: missing */
	int fd; /* -1: missing. Opened with O_DIRECT if the file system can. The store's */
	uint32_t align_bytes;            /* of extents: at least what direct reads need */
	uint64_t data_bytes, used_bytes; /* room for extents; of it, taken by objects */
};

/* idx is a place's device_idx: [0, device_cnt). */
uint32_t sl_store_device_cnt(const struct sl_store *store);
uint32_t sl_store_replica_cnt(const struct sl_store *store);
void sl_store_member(const struct sl_store *store, uint32_t device_idx,
		     struct sl_store_member *member);

/* The byte at off_bytes of an object, [0, size_bytes): *extent_off_bytes is where it lies in the
 * extent's data, so at places[i].off_bytes + *extent_off_bytes of device places[i].device_idx, for
 * i in [0, replica_cnt). The extent's bytes end at data_bytes; a read may go on to the next
 * multiple of a page, which is zero. */
const struct sluice_store_extent *sl_store_locate(const struct sl_store_object *object,
						  uint64_t off_bytes, uint64_t *extent_off_bytes);

/* ---- Checksums ---------------------------------------------------------------------------------
 */

/* Of one block: all bytes of [n * SLUICE_STORE_BLOCK_BYTES, …) that the extent has, at most
 * SLUICE_STORE_BLOCK_BYTES. No allocation; any thread. */
uint64_t sl_store_block_sum(const void *data, uint32_t len_bytes);

/* How many sums an extent has, where they begin (from the place's off_bytes on) and what both take,
 * in whole pages. */
uint32_t sl_store_sum_cnt(const struct sluice_store_extent *extent);
uint64_t sl_store_sums_off_bytes(const struct sluice_store_extent *extent);
uint64_t sl_store_extent_bytes(const struct sluice_store_extent *extent);

/* Reads the sums of an extent, sl_store_sum_cnt of them, from the first place where they verify.
 * Blocks. Errors: -EBADMSG (nowhere), -ENODEV (all its members are missing), -ENOMEM, -errno. */
int sl_store_sums(const struct sl_store *store, const struct sluice_store_extent *extent,
		  uint64_t *sums);

#endif
