/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Past the page cache where the file system can: an import of terabytes would push everything else
 * out of memory, and a server reads the same device by ways that do not look there.
 *
 * Locks are of the open file (OFD), on two bytes of the device node: they end with their holder,
 * however it dies, and do not keep udev from looking at the device, as flock(2) would.
 */
#include "config.h" /* _GNU_SOURCE: O_DIRECT, F_OFD_SETLK */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "store/volume.h"

struct sl_volume {
	int fd;
	uint64_t len_bytes;
	uint32_t align_bytes;
	char path[];
};

static int open_path(const char *path, enum sl_volume_mode mode)
{
	int flags = (mode == SL_VOLUME_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	struct stat status;
	int fd;

	if (stat(path, &status) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode) && !S_ISREG(status.st_mode))
		return -ENOTBLK;
	if (mode == SL_VOLUME_FORMAT && S_ISBLK(status.st_mode))
		flags |= O_EXCL; /* for a block device: not if it is mounted */
	fd = open(path, flags | O_DIRECT);
	if (fd < 0 && errno == EINVAL) /* tmpfs, of older kernels */
		fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

static int measure(struct sl_volume *volume)
{
	unsigned int physical_bytes;
	int logical_bytes;
	struct stat status;
	uint64_t len_bytes;

	volume->align_bytes = SLUICE_STORE_PAGE_BYTES;
	if (fstat(volume->fd, &status) < 0)
		return -errno;
	if (S_ISREG(status.st_mode)) {
		len_bytes = (uint64_t)status.st_size;
	} else {
		if (ioctl(volume->fd, BLKGETSIZE64, &len_bytes) < 0 ||
		    ioctl(volume->fd, BLKSSZGET, &logical_bytes) < 0 ||
		    ioctl(volume->fd, BLKPBSZGET, &physical_bytes) < 0)
			return -errno;
		if (logical_bytes > SLUICE_STORE_PAGE_BYTES)
			return -EMEDIUMTYPE;
		if (physical_bytes > volume->align_bytes &&
		    (physical_bytes & (physical_bytes - 1)) == 0)
			volume->align_bytes = physical_bytes;
	}
	volume->len_bytes = len_bytes & ~(uint64_t)(SLUICE_STORE_PAGE_BYTES - 1);
	return 0;
}

int sl_volume_open(struct sl_volume **volume_out, const char *path, enum sl_volume_mode mode)
{
	size_t path_bytes = strlen(path) + 1;
	struct sl_volume *volume = sl_alloc(1, sizeof(*volume) + path_bytes);
	int error;

	if (!volume)
		return -ENOMEM;
	memcpy(volume->path, path, path_bytes);
	volume->fd = open_path(path, mode);
	error = volume->fd < 0 ? volume->fd : measure(volume);
	if (error < 0) {
		sl_volume_close(volume);
		return error;
	}
	*volume_out = volume;
	return 0;
}

void sl_volume_close(struct sl_volume *volume)
{
	if (!volume)
		return;
	if (volume->fd >= 0)
		close(volume->fd);
	sl_free(volume);
}

const char *sl_volume_path(const struct sl_volume *volume)
{
	return volume->path;
}

uint64_t sl_volume_bytes(const struct sl_volume *volume)
{
	return volume->len_bytes;
}

uint32_t sl_volume_align_bytes(const struct sl_volume *volume)
{
	return volume->align_bytes;
}

int sl_volume_fd(const struct sl_volume *volume)
{
	return volume->fd;
}

int sl_volume_read(struct sl_volume *volume, uint64_t off_bytes, void *memory, uint64_t len_bytes)
{
	uint8_t *at = memory;

	while (len_bytes > 0) {
		ssize_t done_bytes = pread(volume->fd, at, len_bytes, (off_t)off_bytes);

		if (done_bytes < 0 && errno == EINTR)
			continue;
		if (done_bytes < 0)
			return -errno;
		if (done_bytes == 0)
			return -ENODATA;
		at += done_bytes;
		off_bytes += (uint64_t)done_bytes;
		len_bytes -= (uint64_t)done_bytes;
	}
	return 0;
}

int sl_volume_write(struct sl_volume *volume, uint64_t off_bytes, const void *memory,
		    uint64_t len_bytes)
{
	const uint8_t *at = memory;

	while (len_bytes > 0) {
		ssize_t done_bytes = pwrite(volume->fd, at, len_bytes, (off_t)off_bytes);

		if (done_bytes < 0 && errno == EINTR)
			continue;
		if (done_bytes < 0)
			return -errno;
		at += done_bytes;
		off_bytes += (uint64_t)done_bytes;
		len_bytes -= (uint64_t)done_bytes;
	}
	return 0;
}

int sl_volume_flush(struct sl_volume *volume)
{
	return fdatasync(volume->fd) < 0 ? -errno : 0;
}

int sl_volume_lock(struct sl_volume *volume, enum sl_volume_lock lock, enum sl_volume_hold hold,
		   bool wait)
{
	static const short types[] = {
		[SL_VOLUME_UNLOCKED] = F_UNLCK,
		[SL_VOLUME_SHARED] = F_RDLCK,
		[SL_VOLUME_EXCLUSIVE] = F_WRLCK,
	};
	struct flock range = {
		.l_type = types[hold],
		.l_whence = SEEK_SET,
		.l_start = lock,
		.l_len = 1,
	};

	while (fcntl(volume->fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range) < 0) {
		if (errno == EACCES)
			return -EAGAIN;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}
