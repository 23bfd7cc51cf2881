/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root: the directory that is served, looked at once, at start, so that the operator learns of a
 * file system that cannot do direct I/O before the first client does. The look is a courtesy: a
 * root may hold several file systems, and each open decides for itself.
 */
#include "config.h" /* _GNU_SOURCE: O_PATH, O_DIRECT, statx */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "disk/uring.h"

/* Entries of the root looked at in search of a regular file. Most roots have one near the top, or
 * only directories; then O_TMPFILE tells. */
enum { PROBE_ENTRIES_MAX = 256 };

enum verdict {
	VERDICT_NONE, /* could not be tried */
	VERDICT_DIRECT,
	VERDICT_BUFFERED,
};

/* From open(2) with O_DIRECT: -EINVAL is the file system's no. */
static enum verdict judge(int fd)
{
	struct statx statx_result;
	enum verdict verdict = VERDICT_DIRECT;

	if (fd < 0)
		return errno == EINVAL ? VERDICT_BUFFERED : VERDICT_NONE;
	if (statx(fd, "", AT_EMPTY_PATH, SL_DISK_STATX_MASK, &statx_result) == 0 &&
	    sl_disk_align(&statx_result) == 0)
		verdict = VERDICT_BUFFERED;
	close(fd);
	return verdict;
}

static bool may_be_regular(int dir_fd, const struct dirent *entry)
{
	struct stat stat;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(dir_fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(stat.st_mode);
}

static enum verdict probe_files(int root_fd)
{
	/* A descriptor of its own: O_PATH cannot be read, and reading moves the place. */
	int dir_fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	enum verdict verdict = VERDICT_NONE;

	if (!dir) {
		if (dir_fd >= 0)
			close(dir_fd);
		return VERDICT_NONE;
	}
	for (int i = 0; i < PROBE_ENTRIES_MAX && verdict == VERDICT_NONE; i++) {
		const struct dirent *entry = readdir(dir);

		if (!entry)
			break;
		/* O_NONBLOCK: it may have become a FIFO since. */
		if (may_be_regular(dir_fd, entry))
			verdict = judge(openat(dir_fd, entry->d_name,
					       O_RDONLY | O_DIRECT | O_NONBLOCK | O_NOFOLLOW |
						   O_NOCTTY | O_CLOEXEC));
	}
	closedir(dir);
	return verdict;
}

/* A file without a name, gone when it is closed. */
static enum verdict probe_nameless(int root_fd)
{
	return judge(openat(root_fd, ".", O_TMPFILE | O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC,
			    S_IRUSR | S_IWUSR));
}

int sl_disk_root_open(const char *path, int *root_fd)
{
	enum verdict verdict;
	int error;

	*root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*root_fd < 0) {
		error = -errno;
		sl_error("root %s: cannot be opened: %s; name a directory that the server may read",
			 path, strerror(-error));
		return error;
	}
	verdict = probe_files(*root_fd);
	if (verdict == VERDICT_NONE)
		verdict = probe_nameless(*root_fd);
	if (verdict == VERDICT_BUFFERED) {
		sl_error("root %s: its file system has no direct I/O (O_DIRECT); put the files on "
			 "ext4, XFS or another one that has",
			 path);
		close(*root_fd);
		*root_fd = -1;
		return -EOPNOTSUPP;
	}
	return 0;
}

int sl_disk_self_open(int *self_fd)
{
	int error;

	*self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*self_fd >= 0)
		return 0;
	error = -errno;
	sl_error("/proc/self/fd: cannot be opened: %s; mount /proc, files are opened through it",
		 strerror(-error));
	return error;
}
