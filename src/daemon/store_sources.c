/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/store_sources.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/log.h"

static char *join(const char *head, const char *tail)
{
	size_t bytes = strlen(head) + strlen(tail) + 1;
	char *text = sl_alloc(1, bytes);

	if (text)
		snprintf(text, bytes, "%s%s", head, tail);
	return text;
}

static int grow(struct sl_sources *sources)
{
	uint32_t max = sources->max ? 2 * sources->max : 256;
	struct sl_source *list;

	if (sources->cnt < sources->max)
		return 0;
	list = sl_alloc(max, sizeof(*list));
	if (!list)
		return -ENOMEM;
	if (sources->list)
		memcpy(list, sources->list, sources->cnt * sizeof(*list));
	sl_free(sources->list);
	sources->list = list;
	sources->max = max;
	return 0;
}

static int add(struct sl_sources *sources, const FTSENT *entry, size_t root_bytes,
	       const char *prefix)
{
	const char *name = entry->fts_path + root_bytes;
	struct sl_source *source;

	if (grow(sources) < 0)
		return -ENOMEM;
	if (entry->fts_level == 0)
		name = entry->fts_name;
	while (*name == '/')
		name++;
	source = &sources->list[sources->cnt];
	source->path = join("", entry->fts_path);
	source->name = join(prefix, name);
	sources->cnt++;
	if (!source->path || !source->name)
		return -ENOMEM;
	sources->total_bytes += (uint64_t)entry->fts_statp->st_size;
	return 0;
}

static int take(struct sl_sources *sources, const FTSENT *entry, size_t root_bytes,
		const char *prefix)
{
	switch (entry->fts_info) {
	case FTS_F:
		return add(sources, entry, root_bytes, prefix);
	case FTS_D:
	case FTS_DP:
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		sl_error("%s cannot be read: %s", entry->fts_path, strerror(entry->fts_errno));
		return -entry->fts_errno;
	default:
		sl_warning("%s is skipped: it is neither a file nor a directory", entry->fts_path);
		sources->skipped_cnt++;
		return 0;
	}
}

static int walk(struct sl_sources *sources, const char *path, const char *prefix)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int error = 0;

	if (!tree)
		return -errno;
	errno = 0;
	while (error == 0 && (entry = fts_read(tree)) != NULL) {
		error = take(sources, entry, strlen(path), prefix);
		errno = 0;
	}
	if (error == 0 && errno != 0) {
		error = -errno;
		sl_error("%s cannot be read: %s", path, strerror(errno));
	}
	fts_close(tree);
	return error;
}

static int by_name(const void *one, const void *other)
{
	return strcmp(((const struct sl_source *)one)->name,
		      ((const struct sl_source *)other)->name);
}

int sl_sources_find(struct sl_sources *sources, const char *const *paths, uint32_t path_cnt,
		    const char *prefix)
{
	*sources = (struct sl_sources){ 0 };
	for (uint32_t i = 0; i < path_cnt; i++) {
		int error = walk(sources, paths[i], prefix);

		if (error == -ENOMEM)
			sl_error("not enough memory for the names of what is to be imported");
		if (error < 0)
			return error;
	}
	if (sources->cnt > 0)
		qsort(sources->list, sources->cnt, sizeof(*sources->list), by_name);
	for (uint32_t i = 1; i < sources->cnt; i++) {
		const struct sl_source *a = &sources->list[i - 1], *b = &sources->list[i];

		if (strcmp(a->name, b->name) != 0)
			continue;
		sl_error("%s and %s would both be %s: import one of them with another --prefix",
			 a->path, b->path, a->name);
		return -EEXIST;
	}
	return 0;
}

void sl_sources_fini(struct sl_sources *sources)
{
	for (uint32_t i = 0; i < sources->cnt; i++) {
		sl_free(sources->list[i].path);
		sl_free(sources->list[i].name);
	}
	sl_free(sources->list);
	*sources = (struct sl_sources){ 0 };
}
