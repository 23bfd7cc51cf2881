/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: memfd_create */

#include "base/arena.h"

#include <errno.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bug.h"

/* Two MiB by name: where the default huge page is 1 GiB, a small arena would waste most of one. */
enum { HUGE_PAGE_BYTES = 2 << 20 };

/* Multiples of page_bytes, a power of two; 0 if that overflows. */
static size_t round_up(size_t bytes, size_t page_bytes)
{
	return (bytes + page_bytes - 1) & ~(page_bytes - 1);
}

static int map(struct sl_arena *arena)
{
	int error;

	arena->base =
	    mmap(NULL, arena->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, arena->fd, 0);
	if (arena->base == MAP_FAILED)
		return -errno;
	/* A wish: the kernel's setting for shared memory may say no, and small pages do too. */
	if (!arena->huge)
		madvise(arena->base, arena->size_bytes, MADV_HUGEPAGE);
	/* Not MAP_POPULATE: that comes before the wish, and keeps silent when memory runs short. */
	if (madvise(arena->base, arena->size_bytes, MADV_POPULATE_WRITE) == 0)
		return 0;
	error = errno == EFAULT ? -ENOMEM : -errno;
	munmap(arena->base, arena->size_bytes);
	return error;
}

static int create(struct sl_arena *arena, size_t size_bytes, bool huge)
{
	size_t page_bytes = huge ? HUGE_PAGE_BYTES : (size_t)sysconf(_SC_PAGESIZE);
	unsigned int flags = MFD_CLOEXEC | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
	int error;

	*arena = (struct sl_arena){
		.size_bytes = round_up(size_bytes, page_bytes),
		.huge = huge,
	};
	if (arena->size_bytes < size_bytes)
		return -ENOMEM;
	arena->fd = memfd_create("sluice arena", flags);
	if (arena->fd < 0)
		return -errno;
	error = ftruncate(arena->fd, (off_t)arena->size_bytes) < 0 ? -errno : map(arena);
	if (error < 0)
		close(arena->fd);
	return error;
}

int sl_arena_init(struct sl_arena *arena, size_t size_bytes)
{
	int error;

	BUG_ON(size_bytes == 0);
	error = create(arena, size_bytes, true);
	if (error < 0)
		error = create(arena, size_bytes, false);
	if (error < 0)
		*arena = (struct sl_arena){ .fd = -1 };
	return error;
}

void sl_arena_fini(struct sl_arena *arena)
{
	if (arena->base) {
		munmap(arena->base, arena->size_bytes);
		close(arena->fd);
	}
	*arena = (struct sl_arena){ .fd = -1 };
}

void *sl_arena_carve(struct sl_arena *arena, size_t len_bytes, size_t align_bytes)
{
	size_t start_off;

	BUG_ON(align_bytes == 0 || (align_bytes & (align_bytes - 1)) != 0);
	/* The address is aligned, not the offset: base is aligned to its pages only. */
	start_off = round_up((uintptr_t)arena->base + arena->used_bytes, align_bytes) -
		    (uintptr_t)arena->base;
	if (start_off > arena->size_bytes || len_bytes > arena->size_bytes - start_off)
		return NULL;
	arena->used_bytes = start_off + len_bytes;
	return arena->base + start_off;
}
