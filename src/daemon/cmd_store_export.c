/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes objects' bytes out of a store, or only looks at them. */
#include "config.h" /* _GNU_SOURCE: renameat2 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/cmd_store.h"
#include "daemon/progress.h"
#include "daemon/units.h"
#include "store/read.h"

static const char *why(int error)
{
	switch (error) {
	case -EBADMSG:
		return "it is damaged";
	case -ENODEV:
		return "it is on a device that is missing";
	default:
		return strerror(-error);
	}
}

/* ---- cat --------------------------------------------------------------------------------------
 */

struct sink {
	int fd;
	struct sl_progress *progress; /* may be NULL */
};

static int write_out(void *arg, const void *data, uint32_t len_bytes)
{
	const struct sink *sink = arg;
	const uint8_t *at = data;

	if (sink->progress)
		sl_progress_add(sink->progress, len_bytes);
	while (len_bytes > 0) {
		ssize_t done_bytes = write(sink->fd, at, len_bytes);

		if (done_bytes < 0 && errno == EINTR)
			continue;
		if (done_bytes < 0)
			return -errno;
		at += done_bytes;
		len_bytes -= (uint32_t)done_bytes;
	}
	return 0;
}

static int cat(const struct sl_store *store, const char *name)
{
	const struct sl_store_object *object = sl_store_find(store, name);
	struct sink sink = { .fd = STDOUT_FILENO };
	int error;

	if (!object) {
		sl_error("%s: no such object", name);
		return SL_EXIT_FAILURE;
	}
	error = sl_store_read(store, object, write_out, &sink);
	if (error == 0)
		return SL_EXIT_OK;
	sl_error("%s: %s: what was written so far is right, and not all", name, why(error));
	return SL_EXIT_FAILURE;
}

int sl_cmd_store_cat(const struct sl_store_arguments *arguments)
{
	struct sl_store *store;
	int code;

	if (sl_store_open(&store, arguments->devices, arguments->device_cnt, SL_STORE_READ) < 0)
		return SL_EXIT_FAILURE;
	code = cat(store, arguments->words[0]);
	sl_store_close(store);
	return code;
}

/* ---- export -----------------------------------------------------------------------------------
 */

/* The directories of a path below dir_fd. */
static int make_directories(int dir_fd, const char *name)
{
	char path[SLUICE_STORE_NAME_MAX_BYTES + 1];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(path, name, (size_t)(slash - name));
		path[slash - name] = '\0';
		if (mkdirat(dir_fd, path, 0777) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int fill(const struct sl_store *store, const struct sl_store_object *object, int fd,
		struct sl_progress *progress)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = object->mtime_ns / (int64_t)SL_NS_PER_S,
		  .tv_nsec = object->mtime_ns % (int64_t)SL_NS_PER_S },
	};
	struct sink sink = { .fd = fd, .progress = progress };
	int error = sl_store_read(store, object, write_out, &sink);

	if (error < 0)
		return error;
	if (times[1].tv_nsec < 0) {
		times[1].tv_sec--;
		times[1].tv_nsec += (long)SL_NS_PER_S;
	}
	return futimens(fd, times) < 0 ? -errno : 0;
}

static int make_temporary(int dir_fd, char name[NAME_MAX])
{
	snprintf(name, NAME_MAX, ".sluice-export-%ld", (long)getpid());
	unlinkat(dir_fd, name, 0); /* another process's of that number, which died */
	return openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* A file has its name when it is whole. */
static int export_object(const struct sl_store *store, const struct sl_store_object *object,
			 int dir_fd, bool replace, struct sl_progress *progress)
{
	char temporary[NAME_MAX];
	int error, fd;

	if (!replace && faccessat(dir_fd, object->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	error = make_directories(dir_fd, object->name);
	if (error < 0)
		return error;
	fd = make_temporary(dir_fd, temporary);
	if (fd < 0)
		return -errno;
	error = fill(store, object, fd, progress);
	if (close(fd) < 0 && error == 0)
		error = -errno;
	if (error == 0 &&
	    renameat2(dir_fd, temporary, dir_fd, object->name, replace ? 0 : RENAME_NOREPLACE) < 0)
		error = -errno;
	if (error < 0)
		unlinkat(dir_fd, temporary, 0);
	return error;
}

static int export_all(const struct sl_store_arguments *arguments, const struct sl_store *store,
		      int dir_fd)
{
	struct sl_progress progress;
	uint64_t total_bytes = 0;
	uint32_t done_cnt = 0, failed_cnt = 0;

	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		if (sl_store_arguments_name(arguments, 1, sl_store_object(store, i)->name))
			total_bytes += sl_store_object(store, i)->size_bytes;
	}
	sl_progress_begin(&progress, "exported", total_bytes);
	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		const struct sl_store_object *object = sl_store_object(store, i);
		int error;

		if (!sl_store_arguments_name(arguments, 1, object->name))
			continue;
		error = export_object(store, object, dir_fd, arguments->replace, &progress);
		if (error == 0) {
			done_cnt++;
			continue;
		}
		failed_cnt++;
		sl_progress_clear(&progress);
		sl_error("%s is not exported: %s", object->name,
			 error == -EEXIST ? "the file is there; --replace writes over it"
					  : why(error));
	}
	sl_progress_clear(&progress);
	printf("%u exported, %u failed\n", done_cnt, failed_cnt);
	return failed_cnt == 0 ? SL_EXIT_OK : SL_EXIT_FAILURE;
}

static int export_to(const struct sl_store_arguments *arguments, const struct sl_store *store)
{
	const char *path = arguments->words[0];
	int dir_fd, code;

	if (mkdir(path, 0777) < 0 && errno != EEXIST) {
		sl_error("%s cannot be made: %s", path, strerror(errno));
		return SL_EXIT_FAILURE;
	}
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		sl_error("%s cannot be opened: %s", path, strerror(errno));
		return SL_EXIT_FAILURE;
	}
	code = export_all(arguments, store, dir_fd);
	close(dir_fd);
	return code;
}

int sl_cmd_store_export(const struct sl_store_arguments *arguments)
{
	struct sl_store *store;
	int code = SL_EXIT_FAILURE;

	if (sl_store_open(&store, arguments->devices, arguments->device_cnt, SL_STORE_READ) < 0)
		return SL_EXIT_FAILURE;
	if (sl_store_arguments_exist(arguments, 1, store))
		code = export_to(arguments, store);
	sl_store_close(store);
	return code;
}

/* ---- verify -----------------------------------------------------------------------------------
 */

static void report(void *arg, const struct sl_store_damage *damage, uint64_t done_bytes)
{
	struct sl_progress *progress = arg;

	if (!damage) {
		sl_progress_add(progress, done_bytes);
		return;
	}
	sl_progress_clear(progress);
	if (damage->path)
		printf(
		    "damaged: %s: %s, %llu bytes at %llu: %s\n", damage->object->name, damage->path,
		    (unsigned long long)damage->len_bytes, (unsigned long long)damage->off_bytes,
		    damage->error == -EBADMSG ? "not what was written" : strerror(-damage->error));
	else
		printf("missing: %s: device %u, %llu bytes at %llu\n", damage->object->name,
		       damage->device_idx + 1, (unsigned long long)damage->len_bytes,
		       (unsigned long long)damage->off_bytes);
}

static int verify(const struct sl_store_arguments *arguments, const struct sl_store *store)
{
	struct sl_progress progress;
	uint64_t total_bytes = 0;
	uint32_t cnt = 0, damaged_cnt = 0;

	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		if (sl_store_arguments_name(arguments, 0, sl_store_object(store, i)->name))
			total_bytes += sl_store_object(store, i)->size_bytes;
	}
	sl_progress_begin(&progress, "verified", total_bytes * sl_store_replica_cnt(store));
	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		const struct sl_store_object *object = sl_store_object(store, i);
		int error;

		if (!sl_store_arguments_name(arguments, 0, object->name))
			continue;
		error = sl_store_verify(store, object, report, &progress);
		if (error == -ENOMEM) {
			sl_error("not enough memory");
			return SL_EXIT_FAILURE;
		}
		cnt++;
		damaged_cnt += error < 0;
	}
	sl_progress_clear(&progress);
	printf("%u object%s, %u damaged\n", cnt, cnt == 1 ? "" : "s", damaged_cnt);
	return damaged_cnt == 0 && sl_store_damaged_copies(store) == 0 ? SL_EXIT_OK
								       : SL_EXIT_DAMAGED;
}

int sl_cmd_store_verify(const struct sl_store_arguments *arguments)
{
	struct sl_store *store;
	int code = SL_EXIT_FAILURE;

	if (sl_store_open(&store, arguments->devices, arguments->device_cnt, SL_STORE_READ) < 0)
		return SL_EXIT_FAILURE;
	if (sl_store_arguments_exist(arguments, 0, store))
		code = verify(arguments, store);
	sl_store_close(store);
	return code;
}
