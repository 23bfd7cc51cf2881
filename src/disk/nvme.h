/* SPDX-License-Identifier: BSD-2-Clause */
/* NVMe: a namespace reached by its commands, not through the block layer. The room's own. */
#ifndef SL_DISK_NVME_H
#define SL_DISK_NVME_H

#include <liburing.h>

#include "disk/device.h"

enum { SL_NVME_PROBLEM_BYTES = 256 };

/* device has its block device open and known. If its namespace can be read by passthrough, read_fd,
 * namespace_id and max_bytes say so from now on. False: nothing has changed, and problem says why
 * ("" if the device has nothing to do with NVMe). Setup only. */
bool sl_nvme_open(struct sl_device *device, const char *block_name,
		  char problem[SL_NVME_PROBLEM_BYTES]);

/* The submission queue entry, of 128 bytes, for a read of [off_bytes, off_bytes + len_bytes) into
 * memory, which lies in fixed buffer 0. */
void sl_nvme_prepare_read(struct io_uring_sqe *sqe, const struct sl_device *device, int file_idx,
			  void *memory, uint64_t off_bytes, uint32_t len_bytes);

#endif
