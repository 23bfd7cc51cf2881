/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/minmax.h"

/* Not IN_MODIFY: a file that is still being written is not worth a look. */
static const uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO |
			       IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
			       IN_ONLYDIR;

int sl_watch_open(struct sl_watch *watch)
{
	*watch = (struct sl_watch){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK) };
	return watch->fd < 0 ? -errno : 0;
}

void sl_watch_close(struct sl_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

/* ---- when ---- */

static bool drain(int fd)
{
	char buffer[4096];
	bool any = false;

	while (read(fd, buffer, sizeof(buffer)) > 0)
		any = true;
	return any;
}

uint64_t sl_watch_due_ns(const struct sl_watch *watch)
{
	if (watch->first_ns == 0)
		return UINT64_MAX;
	return min_u64(watch->last_ns + SL_WATCH_QUIET_NS, watch->first_ns + SL_WATCH_PATIENCE_NS);
}

bool sl_watch_run(struct sl_watch *watch, uint64_t now_ns)
{
	if (watch->fd >= 0 && drain(watch->fd)) {
		watch->last_ns = now_ns;
		if (watch->first_ns == 0)
			watch->first_ns = now_ns;
	}
	if (now_ns < sl_watch_due_ns(watch))
		return false;
	watch->first_ns = watch->last_ns = 0;
	return true;
}

/* ---- a look ---- */

void sl_watch_look(struct sl_watch *watch)
{
	watch->first_ns = watch->last_ns = 0;
	watch->state_before = watch->state;
	watch->state = 0;
	watch->dir[0] = '\0';
}

/* A watch that is there already is renewed: the directory may be another by now. */
void sl_watch_dir(struct sl_watch *watch, const char *path)
{
	if (watch->fd < 0 || strcmp(path, watch->dir) == 0)
		return;
	snprintf(watch->dir, sizeof(watch->dir), "%s", path);
	if (inotify_add_watch(watch->fd, path, events) >= 0 || watch->said_unwatched)
		return;
	watch->said_unwatched = true;
	sl_warning("directory %s is not watched: %s; after a change of certificates there send "
		   "SIGHUP",
		   path, strerror(errno));
}

static void watch_dir_of(struct sl_watch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!slash)
		snprintf(dir, sizeof(dir), ".");
	else
		snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	sl_watch_dir(watch, dir);
}

static void mix(struct sl_watch *watch, const struct stat *status)
{
	static const struct sl_hash_key key = { { 1, 2 } }; /* nobody chooses these numbers */
	const uint64_t numbers[] = {
		watch->state,
		status->st_dev,
		status->st_ino,
		(uint64_t)status->st_size,
		(uint64_t)status->st_mtim.tv_sec,
		(uint64_t)status->st_mtim.tv_nsec,
		(uint64_t)status->st_ctim.tv_sec,
		(uint64_t)status->st_ctim.tv_nsec,
	};

	watch->state = sl_hash(&key, numbers, sizeof(numbers));
}

void sl_watch_file(struct sl_watch *watch, const char *path)
{
	struct stat status = { .st_ino = 0 };
	char target[PATH_MAX];

	/* First the watch, then the look: what happens between them is not missed. */
	watch_dir_of(watch, path);
	if (realpath(path, target) && strcmp(target, path) != 0)
		watch_dir_of(watch, target);
	if (stat(path, &status) < 0)
		status = (struct stat){ .st_ino = 0 };
	mix(watch, &status);
}

bool sl_watch_looked(struct sl_watch *watch)
{
	return watch->state_before != 0 && watch->state != watch->state_before;
}
