/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes a store: one change each, so all of it is done or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/cmd_store.h"
#include "daemon/progress.h"
#include "daemon/store_sources.h"
#include "daemon/units.h"
#include "store/change.h"

static void add_progress(void *arg, uint64_t done_bytes)
{
	sl_progress_add(arg, done_bytes);
}

static int64_t mtime_ns(const struct stat *status)
{
	return status->st_mtim.tv_sec * (int64_t)SL_NS_PER_S + status->st_mtim.tv_nsec;
}

static int put_open(struct sl_change *change, const struct sl_source *source, int fd, bool replace,
		    struct sl_progress *progress)
{
	struct stat before, after;
	int error;

	if (fstat(fd, &before) < 0)
		return -errno;
	if (!S_ISREG(before.st_mode)) {
		sl_error("%s is no regular file any more", source->path);
		return -EINVAL;
	}
	error = sl_change_put(change, source->name, fd, (uint64_t)before.st_size, mtime_ns(&before),
			      replace, add_progress, progress);
	if (error < 0)
		return error;
	if (fstat(fd, &after) < 0)
		return -errno;
	if (after.st_size == before.st_size && mtime_ns(&after) == mtime_ns(&before))
		return 0;
	sl_error("%s has changed while it was read: import it when nobody writes to it",
		 source->path);
	return -EAGAIN;
}

static int put(struct sl_change *change, const struct sl_source *source, bool replace,
	       struct sl_progress *progress)
{
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0) {
		error = -errno;
		sl_error("%s cannot be opened: %s", source->path, strerror(errno));
		return error;
	}
	/* Read once, from the front, and not again. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	error = put_open(change, source, fd, replace, progress);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return error;
}

static int put_all(struct sl_change *change, const struct sl_sources *sources, bool replace)
{
	struct sl_progress progress;
	char line[SL_PROGRESS_LINE_BYTES];

	sl_progress_begin(&progress, "imported", sources->total_bytes);
	for (uint32_t i = 0; i < sources->cnt; i++) {
		int error = put(change, &sources->list[i], replace, &progress);

		if (error < 0) {
			sl_progress_clear(&progress);
			return error;
		}
	}
	sl_progress_clear(&progress);
	progress.terminal = false; /* what follows stays */
	sl_progress_line(&progress, sl_clock_now_ns(), line);
	fprintf(stderr, "%s\n", line);
	return 0;
}

static int import(const struct sl_store_arguments *arguments, struct sl_store *store,
		  const struct sl_sources *sources)
{
	struct sl_change *change;
	int error = sl_change_begin(&change, store);

	if (error < 0)
		return error;
	error = put_all(change, sources, arguments->replace);
	if (error < 0)
		sl_error("nothing was imported");
	else
		error = sl_change_commit(change);
	sl_change_end(change);
	return error;
}

/* In the way of the first one of --replace: before a byte is written, not after hours. */
static int refuse_existing(const struct sl_store_arguments *arguments, const struct sl_store *store,
			   const struct sl_sources *sources)
{
	for (uint32_t i = 0; i < sources->cnt && !arguments->replace; i++) {
		if (!sl_store_find(store, sources->list[i].name))
			continue;
		sl_error("%s is there already: --replace puts another one in its place",
			 sources->list[i].name);
		return -EEXIST;
	}
	return 0;
}

static void print_imported(const struct sl_sources *sources)
{
	char size[SL_UNITS_BYTES];

	printf("%u object%s, %s", sources->cnt, sources->cnt == 1 ? "" : "s",
	       sl_units_bytes(size, sources->total_bytes));
	if (sources->skipped_cnt > 0)
		printf("; %u skipped", sources->skipped_cnt);
	puts("");
}

int sl_cmd_store_import(const struct sl_store_arguments *arguments)
{
	struct sl_sources sources;
	struct sl_store *store = NULL;
	int error =
	    sl_sources_find(&sources, arguments->words, arguments->word_cnt, arguments->prefix);

	if (error == 0)
		error = sl_store_open(&store, arguments->devices, arguments->device_cnt,
				      SL_STORE_WRITE);
	if (error == 0)
		error = refuse_existing(arguments, store, &sources);
	if (error == 0)
		error = import(arguments, store, &sources);
	if (error == 0)
		print_imported(&sources);
	sl_store_close(store);
	sl_sources_fini(&sources);
	return error == 0 ? SL_EXIT_OK : SL_EXIT_FAILURE;
}

/* ---- rm ---------------------------------------------------------------------------------------
 */

static int remove_all(const struct sl_store_arguments *arguments, struct sl_store *store)
{
	struct sl_change *change;
	uint32_t cnt = 0;
	int error = sl_change_begin(&change, store);

	if (error < 0)
		return error;
	for (uint32_t i = 0; i < sl_store_object_cnt(store) && error == 0; i++) {
		const char *name = sl_store_object(store, i)->name;

		if (!sl_store_arguments_name(arguments, 0, name))
			continue;
		error = sl_change_remove(change, name);
		cnt++;
	}
	if (error == 0)
		error = sl_change_commit(change);
	sl_change_end(change);
	if (error == 0)
		printf("%u object%s removed\n", cnt, cnt == 1 ? "" : "s");
	return error;
}

int sl_cmd_store_rm(const struct sl_store_arguments *arguments)
{
	struct sl_store *store;
	int error =
	    sl_store_open(&store, arguments->devices, arguments->device_cnt, SL_STORE_WRITE);

	if (error < 0)
		return SL_EXIT_FAILURE;
	if (sl_store_arguments_exist(arguments, 0, store))
		error = remove_all(arguments, store);
	else
		error = -ENOENT;
	sl_store_close(store);
	return error == 0 ? SL_EXIT_OK : SL_EXIT_FAILURE;
}
