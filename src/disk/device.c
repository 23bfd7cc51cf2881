/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: O_DIRECT, statx */

#include "disk/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "disk/nvme.h"
#include "disk/uring.h"

enum { NAME_BYTES = 64, BLOCK_MAX_BYTES = 4096, BLOCK_MIN_BYTES = 512 };

static int refuse(const char *path, int error, const char *what)
{
	sl_error("store \"%s\": %s: %s", path, strerror(-error), what);
	return error;
}

/* The kernel's name of a device by its number, from where /sys/dev/…/major:minor leads. */
static bool kernel_name(const struct stat *status, char name[NAME_BYTES])
{
	char link[NAME_BYTES], target[PATH_MAX];
	const char *last;
	ssize_t len_bytes;

	snprintf(link, sizeof(link), "/sys/dev/%s/%u:%u",
		 S_ISBLK(status->st_mode) ? "block" : "char", major(status->st_rdev),
		 minor(status->st_rdev));
	len_bytes = readlink(link, target, sizeof(target) - 1);
	if (len_bytes <= 0)
		return false;
	target[len_bytes] = '\0';
	last = strrchr(target, '/');
	if (!last || strlen(last + 1) >= NAME_BYTES)
		return false;
	memcpy(name, last + 1, strlen(last + 1) + 1);
	return true;
}

/* What has the blocks: of a namespace's character device its block device. */
static int find_block(const char *path, char block_path[SL_DEVICE_PATH_BYTES],
		      char block_name[NAME_BYTES])
{
	int controller, namespace, len_bytes = 0;
	struct stat status;

	if (stat(path, &status) < 0)
		return refuse(path, -errno, "name a namespace, a disk or a file");
	snprintf(block_path, SL_DEVICE_PATH_BYTES, "%s", path);
	block_name[0] = '\0';
	if (S_ISREG(status.st_mode))
		return 0;
	if (S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode))
		kernel_name(&status, block_name);
	if (S_ISBLK(status.st_mode))
		return 0;
	if (sscanf(block_name, "ng%dn%d%n", &controller, &namespace, &len_bytes) != 2 ||
	    block_name[len_bytes] != '\0')
		return refuse(path, -ENOTBLK, "name a namespace, a disk or a file");
	snprintf(block_name, NAME_BYTES, "nvme%dn%d", controller, namespace);
	snprintf(block_path, SL_DEVICE_PATH_BYTES, "/dev/%s", block_name);
	return 0;
}

/* Blocks and size of the block device or the file that is open. */
static int measure(struct sl_device *device)
{
	struct statx statx_result;
	int block_bytes;

	if (statx(device->block_fd, "", AT_EMPTY_PATH, SL_DISK_STATX_MASK, &statx_result) < 0)
		return -errno;
	if (S_ISREG(statx_result.stx_mode)) {
		device->block_bytes = sl_disk_align(&statx_result);
		device->size_bytes = statx_result.stx_size;
	} else {
		if (ioctl(device->block_fd, BLKSSZGET, &block_bytes) < 0 ||
		    ioctl(device->block_fd, BLKGETSIZE64, &device->size_bytes) < 0)
			return -errno;
		device->block_bytes = (uint32_t)block_bytes;
	}
	if (device->block_bytes == 0 || device->block_bytes > BLOCK_MAX_BYTES)
		return -EOPNOTSUPP;
	if (device->block_bytes < BLOCK_MIN_BYTES)
		device->block_bytes = BLOCK_MIN_BYTES;
	device->max_bytes = SL_BUFFER_BYTES;
	return 0;
}

static void report(const struct sl_device *device, const char *problem)
{
	if (device->namespace_id != 0)
		sl_info("store \"%s\": NVMe passthrough, %u-byte blocks, reads of %u KiB at most",
			device->path, device->block_bytes, device->max_bytes / 1024);
	else if (problem[0])
		sl_info("store \"%s\": O_DIRECT on %s, %u-byte blocks; no NVMe passthrough: %s",
			device->path, device->block_path, device->block_bytes, problem);
	else
		sl_info("store \"%s\": O_DIRECT, %u-byte blocks", device->path,
			device->block_bytes);
}

int sl_device_open(struct sl_device *device, const char *path)
{
	char block_name[NAME_BYTES];
	char problem[SL_NVME_PROBLEM_BYTES];
	int error;

	*device = (struct sl_device){ .read_fd = -1, .block_fd = -1 };
	if (strlen(path) >= sizeof(device->path))
		return refuse(path, -ENAMETOOLONG, "give it a shorter name by a link");
	memcpy(device->path, path, strlen(path) + 1);
	error = find_block(path, device->block_path, block_name);
	if (error < 0)
		return error;
	device->block_fd = open(device->block_path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (device->block_fd < 0)
		return refuse(path, errno == EINVAL ? -EOPNOTSUPP : -errno, device->block_path);
	error = measure(device);
	if (error < 0) {
		close(device->block_fd);
		return refuse(path, error, "it cannot be read in blocks of 4096 bytes or less");
	}
	device->read_fd = device->block_fd;
	sl_nvme_open(device, block_name, problem);
	report(device, problem);
	return 0;
}

void sl_device_close(struct sl_device *device)
{
	if (device->read_fd < 0)
		return;
	if (device->read_fd != device->block_fd)
		close(device->read_fd);
	close(device->block_fd);
	*device = (struct sl_device){ .read_fd = -1, .block_fd = -1 };
}
