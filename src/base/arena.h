/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arena: one worker's big memory, UMEM frames and disk buffers side by side. A memfd, so that a
 * later process can map it again; huge pages when there are any.
 *
 *      base                                                             base + size_bytes
 *      ├── UMEM frames ─────────────┼── disk buffers ────────────────────────┤
 */
#ifndef SL_BASE_ARENA_H
#define SL_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sl_arena {
	uint8_t *base;
	size_t size_bytes; /* multiple of the page size in use */
	size_t used_bytes;
	int fd; /* the memfd */
	bool huge;
};

/* Maps and populates at least size_bytes. First with huge pages, then without; *arena says which
 * was got. Errors: -ENOMEM, -EMFILE, others of memfd_create, ftruncate, mmap. Setup only. */
int sl_arena_init(struct sl_arena *arena, size_t size_bytes);
void sl_arena_fini(struct sl_arena *arena);

/* The next len_bytes of the arena, aligned to align_bytes (a power of two); NULL if they do not
 * fit. There is no way to give them back: they live as long as the arena. */
void *sl_arena_carve(struct sl_arena *arena, size_t len_bytes, size_t align_bytes);

#endif
