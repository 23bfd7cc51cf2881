/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device: a whole NVMe namespace, another block device or a regular file, read by byte offset
 * without a file system. Opened once, by the main thread while it still may; the disks of all
 * workers read through the same descriptors.
 *
 *     /dev/ng0n1, /dev/nvme0n1 ──► NVMe passthrough ──(cannot)──► O_DIRECT on /dev/nvme0n1
 *     another block device, a regular file ─────────────────────► O_DIRECT
 *
 * Both ways bring the same bytes, which is looked at when the device is opened. Passthrough spares
 * the block layer: a read is a command that goes from the ring into the drive's queue.
 */
#ifndef SL_DISK_DEVICE_H
#define SL_DISK_DEVICE_H

#include <stdint.h>

enum {
	SL_DEVICE_PATH_BYTES = 256,
	SL_DEVICES_MAX = 16, /* of one process, in all its stores */
};

struct sl_device {                             /* unchanged while it is open */
	char path[SL_DEVICE_PATH_BYTES];       /* as it was named */
	char block_path[SL_DEVICE_PATH_BYTES]; /* of the block device or the file */
	int read_fd;           /* where reads go: O_DIRECT, or the namespace's character device */
	int block_fd;          /* of the block device or the file, O_DIRECT */
	uint32_t namespace_id; /* of passthrough; 0: there is none */
	uint32_t block_bytes;  /* a power of two in [512, 4096]: of offset, length and memory */
	uint32_t max_bytes;    /* of one read: a multiple of block_bytes */
	uint64_t size_bytes;
};

/* Opens what path names, and says in one line of the log how it will be read, and why not by
 * passthrough if it might have been. Errors, each with its line in the log: -ENOENT, -EACCES,
 * -ENAMETOOLONG, -ENOTBLK (neither namespace nor disk nor file), -EOPNOTSUPP (a file whose file
 * system has no O_DIRECT, or blocks above 4096 bytes), -errno. Setup only: open, ioctl, reads
 * /sys. Needs no capability but what the device's mode asks for. */
int sl_device_open(struct sl_device *device, const char *path);

/* One that is not open (read_fd below 0) is let be. */
void sl_device_close(struct sl_device *device);

#endif
