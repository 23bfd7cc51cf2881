/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Store: what lies on the devices of a store. doc/store-format.md tells why; this is the layout.
 *
 *     0          4 KiB         data_off                                        device_bytes
 *     ├ super ───┼ catalogue ──┼ data: extents ─────────────────┼ catalogue ───┼ super ┤
 *       copy 0     copy 0        data │ sums │ data │ sums │ …    copy 1         copy 1
 *
 * Objects are immutable. The catalogue is a log of batches; a batch is there whole or not at all,
 * and never starts in a block that another one has bytes in, so appending overwrites nothing that
 * counts. Each device has two copies of the whole store's catalogue. The superblock is written
 * once.
 *
 * Integers are little-endian, and so are the machines this is for. Offsets are bytes from the start
 * of the device. Bytes called zero are zero.
 */
#ifndef SLUICE_STORE_H
#define SLUICE_STORE_H

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are as on the device");

enum {
	SLUICE_STORE_VERSION = 1,
	SLUICE_STORE_DEVICES_MAX = 16,
	SLUICE_STORE_REPLICAS_MAX = 3,
	SLUICE_STORE_COPIES = 2,          /* of superblock and catalogue, on each device */
	SLUICE_STORE_PAGE_BYTES = 4096,   /* everything starts at a multiple of it */
	SLUICE_STORE_BLOCK_BYTES = 16384, /* of data, for each checksum */
	SLUICE_STORE_EXTENT_MAX_BYTES = 1 << 30,
	SLUICE_STORE_NAME_MAX_BYTES = 1023,
	SLUICE_STORE_HASH_BYTES = 16,
};

#define SLUICE_STORE_MAGIC       UINT64_C(0x0a65726f74536c53) /* "SlStore\n" */
#define SLUICE_STORE_BATCH_MAGIC UINT64_C(0x0a68637461426c53) /* "SlBatch\n" */

/* At 0, and at device_bytes - SLUICE_STORE_PAGE_BYTES; zero up to a page behind it. */
struct sluice_store_super {
	uint64_t magic;
	uint32_t version;
	uint32_t device_idx;   /* [0, device_cnt) */
	uint8_t store_id[16];  /* the same on all devices of the store */
	uint64_t seed;         /* random, the same on all: of the checksums in the catalogue */
	int64_t created_s;     /* since 1970 */
	uint32_t device_cnt;   /* [1, SLUICE_STORE_DEVICES_MAX] */
	uint32_t replica_cnt;  /* [1, min(device_cnt, SLUICE_STORE_REPLICAS_MAX)] */
	uint64_t device_bytes; /* a multiple of a page */
	uint64_t catalogue_off_bytes[SLUICE_STORE_COPIES];
	uint64_t catalogue_bytes; /* of each copy; the same on all devices */
	uint64_t data_off_bytes, data_bytes;
	uint32_t align_bytes; /* of extents on this device: a power of two, at least a page */
	uint32_t zero;
	uint64_t checksum; /* XXH3, 64 bits, seed 0, of all before it */
};

/* At the start of a page in the catalogue. Behind it payload_bytes of records, zero up to a page;
 * then the next batch, if its generation is this one's and its batch_seq the next. The first of a
 * generation, at the start of the catalogue, says all that there is; each further one, what
 * changes. */
struct sluice_store_batch {
	uint64_t magic;
	uint64_t generation;       /* of this rewriting of the catalogue, from 1 on */
	uint64_t batch_seq;        /* counts up for ever, through all generations */
	uint64_t payload_bytes;    /* a multiple of 8 */
	uint64_t payload_checksum; /* XXH3, 64 bits, the store's seed, of the payload */
	uint64_t zero[2];
	uint64_t checksum; /* XXH3, 64 bits, the store's seed, of all before it */
};

enum sluice_store_kind {
	SLUICE_STORE_PUT = 1,    /* an object, in place of any other of that name */
	SLUICE_STORE_REMOVE = 2, /* no object has that name any more */
};

/* Behind it: extent_cnt extents; name_bytes of the name, which a zero ends; zero up to a multiple
 * of
 * 8. A name is a URL's path, decoded, without the slash in front: segments with a slash between
 * them, none of them empty, "." or "..". */
struct sluice_store_record {
	uint32_t record_bytes; /* with all that is behind it */
	uint16_t kind;         /* enum sluice_store_kind */
	uint16_t name_bytes;   /* [1, SLUICE_STORE_NAME_MAX_BYTES] */
	uint32_t extent_cnt;   /* 0 if REMOVE, or size_bytes is 0 */
	uint32_t zero;
	/* 0 if REMOVE */
	uint64_t size_bytes; /* the sum of its extents' data */
	int64_t mtime_ns;    /* since 1970 */
	uint8_t
	    hash[SLUICE_STORE_HASH_BYTES]; /* XXH3, 128 bits, canonical, of the object's bytes */
};

struct sluice_store_place {
	uint64_t off_bytes; /* a multiple of the device's align_bytes */
	uint32_t device_idx;
	uint32_t zero;
};

/* A run of an object's data, the same at replica_cnt places on as many devices (the others are
 * zero). At each: the data, zero up to a page, then its sums: a 64-bit XXH3 (seed 0) of each
 * SLUICE_STORE_BLOCK_BYTES of data (the last of what there is), zero up to a page. */
struct sluice_store_extent {
	uint64_t data_bytes;    /* [1, SLUICE_STORE_EXTENT_MAX_BYTES]; all but the object's last
				   extent:    a multiple of SLUICE_STORE_BLOCK_BYTES */
	uint64_t sums_checksum; /* XXH3, 64 bits, seed 0, of the sums */
	struct sluice_store_place places[SLUICE_STORE_REPLICAS_MAX];
};

_Static_assert(sizeof(struct sluice_store_super) == 120, "no holes");
_Static_assert(sizeof(struct sluice_store_batch) == 64, "no holes");
_Static_assert(sizeof(struct sluice_store_record) == 48, "no holes");
_Static_assert(sizeof(struct sluice_store_extent) == 64, "no holes");

#endif
