/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volume: a device of a store as an array of bytes. A seam: volume_file.c has block devices and
 * regular files, tests/store has memory that remembers what was written and what was flushed, and
 * loses the rest.
 *
 * Offsets, lengths and memory are multiples of SLUICE_STORE_PAGE_BYTES. What was written is there
 * for certain when a later flush has returned 0; until then any part of it may be, in any order.
 */
#ifndef SL_STORE_VOLUME_H
#define SL_STORE_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/store.h"

struct sl_volume;

enum sl_volume_mode {
	SL_VOLUME_READ,
	SL_VOLUME_WRITE,
	SL_VOLUME_FORMAT, /* to write, and nobody else may have the block device in use */
};

/* path is copied. Errors: -EBUSY (FORMAT: mounted, or part of something), -ENOTBLK (neither a block
 * device nor a regular file), -EMEDIUMTYPE (its blocks are longer than a page), -ENOMEM, -errno. No
 * line in the log. */
int sl_volume_open(struct sl_volume **volume, const char *path, enum sl_volume_mode mode);

/* With its locks. NULL is let be. */
void sl_volume_close(struct sl_volume *volume);

const char *sl_volume_path(const struct sl_volume *volume);
uint64_t sl_volume_bytes(const struct sl_volume *volume);       /* a multiple of a page */
uint32_t sl_volume_align_bytes(const struct sl_volume *volume); /* what it likes extents to have */
int sl_volume_fd(const struct sl_volume *volume);

/* Whole, or an error: -EIO and other -errno; -ENODATA beyond the end. */
int sl_volume_read(struct sl_volume *volume, uint64_t off_bytes, void *memory, uint64_t len_bytes);
int sl_volume_write(struct sl_volume *volume, uint64_t off_bytes, const void *memory,
		    uint64_t len_bytes);
int sl_volume_flush(struct sl_volume *volume);

enum sl_volume_lock {
	SL_VOLUME_WRITER, /* exclusive: who changes the store */
	SL_VOLUME_PLACES, /* shared: who reads; exclusive: who gives space to somebody else */
};
enum sl_volume_hold { SL_VOLUME_UNLOCKED, SL_VOLUME_SHARED, SL_VOLUME_EXCLUSIVE };

/* Changes what the volume holds of one lock. Errors: -EAGAIN (another is in the way, and wait is
 * false), -errno. */
int sl_volume_lock(struct sl_volume *volume, enum sl_volume_lock lock, enum sl_volume_hold hold,
		   bool wait);

/* ---- memory for all that ---- */

struct sl_pages {
	uint8_t *at; /* aligned to a page */
	uint64_t len_bytes;
	void *memory; /* as allocated */
};

/* len_bytes is rounded up to whole pages, zeroed. -ENOMEM. */
int sl_pages_init(struct sl_pages *pages, uint64_t len_bytes);
void sl_pages_fini(struct sl_pages *pages);

/* Rounds up to a power of two. */
static inline uint64_t sl_round_up(uint64_t bytes, uint64_t to_bytes)
{
	return (bytes + to_bytes - 1) & ~(to_bytes - 1);
}

#endif
