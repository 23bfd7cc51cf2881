/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stats reader: the other side of the stats page. Maps a running server's page read-only and takes
 * samples of it; costs the workers nothing. Any process that may read RUN_DIR.
 */
#ifndef SL_DAEMON_STATS_READER_H
#define SL_DAEMON_STATS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "sluice/stats.h"

struct sl_stats_reader {
	const struct sluice_stats *stats;
	size_t size_bytes;
	uint32_t worker_cnt; /* [1, SL_WORKERS_MAX] */
	int lock_fd;         /* locked by the server while it lives */
};

/* Errors, each with its line in the log: -ENOENT (no server runs there), -EINVAL (not a page, or
 * cut short), -EPROTO (a layout of another version), -errno of open and mmap. */
int sl_stats_reader_open(struct sl_stats_reader *reader, const char *run_dir);
void sl_stats_reader_close(struct sl_stats_reader *reader);

/* False once the server has ended, by whatever cause. */
bool sl_stats_reader_alive(const struct sl_stats_reader *reader);

struct sl_stats_sample {
	uint64_t at_ns; /* monotonic */
	int64_t wall_s;
	struct sluice_process_stats process;
	struct sluice_worker_stats workers[SL_WORKERS_MAX]; /* process.worker_cnt of them */
	struct sluice_worker_stats total;                   /* counters and levels added up */
};

/* Each number is read whole; different numbers may be of slightly different moments. Strings end
 * with a NUL, whatever the page says. */
void sl_stats_reader_sample(const struct sl_stats_reader *reader, struct sl_stats_sample *sample);

/* One of SLUICE_STATS. */
struct sl_stats_field {
	const char *name;
	char kind; /* 'C' or 'G' */
	const char *help;
	size_t off_bytes; /* of the number in struct sluice_worker_stats */
};

extern const struct sl_stats_field sl_stats_fields[]; /* ends with a NULL name */

static inline uint64_t sl_stats_number(const struct sluice_worker_stats *worker, size_t off_bytes)
{
	return *(const uint64_t *)((const char *)worker + off_bytes);
}

#endif
