/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: statx */

#include "base/limits.h"
#include "disk/uring.h"

/* Where statx knows no alignment, and calls a block what is a good size for a transfer (NFS: up to
 * 1 MiB): no device wants more than this. */
enum { BLOCK_BYTES = 4096 };

static bool usable(uint32_t align_bytes)
{
	return align_bytes > 0 && align_bytes <= SL_BUFFER_BYTES &&
	       (align_bytes & (align_bytes - 1)) == 0;
}

uint32_t sl_disk_align(const struct statx *statx)
{
	uint32_t align_bytes = statx->stx_dio_offset_align;

	if (!(statx->stx_mask & STATX_DIOALIGN))
		return usable(statx->stx_blksize) ? statx->stx_blksize : BLOCK_BYTES;
	if (align_bytes == 0 || statx->stx_dio_mem_align > SL_DISK_BUFFER_ALIGN_BYTES)
		return 0;
	if (statx->stx_dio_mem_align > align_bytes)
		align_bytes = statx->stx_dio_mem_align;
	return usable(align_bytes) ? align_bytes : 0;
}
