/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources: the files that an import takes, found before anything is written. */
#ifndef SL_DAEMON_STORE_SOURCES_H
#define SL_DAEMON_STORE_SOURCES_H

#include <stdint.h>

struct sl_source {
	char *path; /* of the file */
	char *name; /* of the object */
};

struct sl_sources {
	struct sl_source *list; /* by name */
	uint32_t cnt, max;
	uint64_t total_bytes;
	uint32_t skipped_cnt; /* neither files nor directories: a line in the log for each */
};

/* Paths are files, which have their last part as name, and directories, of which all files below
 * have the rest of their paths. The prefix comes before each. Errors, with a line in the log:
 * -EEXIST (two of one name), -ENOMEM, -errno. sl_sources_fini is due in any case. */
int sl_sources_find(struct sl_sources *sources, const char *const *paths, uint32_t path_cnt,
		    const char *prefix);
void sl_sources_fini(struct sl_sources *sources);

#endif
