/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/stats_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/stats_page.h"

const struct sl_stats_field sl_stats_fields[] = {
#define X(name, kind, help) { #name, #kind[0], help, offsetof(struct sluice_worker_stats, name) },
	SLUICE_STATS(X)
#undef X
	    { NULL, 0, NULL, 0 },
};

static int no_server(const char *run_dir)
{
	sl_error("no server runs in %s: start one with sluice serve, or name its directory with "
		 "--run-dir",
		 run_dir);
	return -ENOENT;
}

static int open_below(const char *run_dir, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", run_dir, name) >= (int)sizeof(path)) {
		sl_error("run directory %s: %s", run_dir, strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT || errno == ENOTDIR)
		return no_server(run_dir);
	fd = -errno;
	sl_error("%s cannot be opened: %s", path, strerror(-fd));
	return fd;
}

static int check_process(const struct sluice_process_stats *process, size_t size_bytes,
			 const char *run_dir)
{
	if (process->magic != SLUICE_STATS_MAGIC) {
		sl_error("%s/%s is not a page of counters; --run-dir names the server's directory",
			 run_dir, SLUICE_STATS_FILE);
		return -EINVAL;
	}
	if (process->version != SLUICE_STATS_VERSION) {
		sl_error("%s/%s has layout %u, this sluice reads %d: use the program that serves, "
			 "version %.31s",
			 run_dir, SLUICE_STATS_FILE, process->version, SLUICE_STATS_VERSION,
			 process->package_version);
		return -EPROTO;
	}
	if (process->worker_cnt == 0 || process->worker_cnt > SL_WORKERS_MAX ||
	    size_bytes <
		sizeof(*process) + process->worker_cnt * sizeof(struct sluice_worker_stats)) {
		sl_error("%s/%s is cut short: %zu bytes for %u workers", run_dir, SLUICE_STATS_FILE,
			 size_bytes, process->worker_cnt);
		return -EINVAL;
	}
	return 0;
}

static int map_page(struct sl_stats_reader *reader, int fd, const char *run_dir)
{
	struct stat status;
	void *memory;

	if (fstat(fd, &status) < 0 ||
	    (size_t)status.st_size < sizeof(struct sluice_process_stats)) {
		sl_error("%s/%s is not a page of counters; --run-dir names the server's directory",
			 run_dir, SLUICE_STATS_FILE);
		return -EINVAL;
	}
	reader->size_bytes = (size_t)status.st_size;
	memory = mmap(NULL, reader->size_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		int error = -errno;

		sl_error("%s/%s cannot be mapped: %s", run_dir, SLUICE_STATS_FILE,
			 strerror(-error));
		return error;
	}
	reader->stats = memory;
	return check_process(&reader->stats->process, reader->size_bytes, run_dir);
}

int sl_stats_reader_open(struct sl_stats_reader *reader, const char *run_dir)
{
	int fd, error;

	*reader = (struct sl_stats_reader){ .lock_fd = -1 };
	fd = open_below(run_dir, SLUICE_STATS_FILE);
	if (fd < 0)
		return fd;
	error = map_page(reader, fd, run_dir);
	close(fd);
	if (error < 0)
		goto fail;
	reader->worker_cnt = reader->stats->process.worker_cnt;
	error = reader->lock_fd = open_below(run_dir, SL_STATS_LOCK_FILE);
	if (error < 0)
		goto fail;
	if (!sl_stats_reader_alive(reader)) {
		error = no_server(run_dir);
		goto fail;
	}
	return 0;

fail:
	sl_stats_reader_close(reader);
	return error;
}

void sl_stats_reader_close(struct sl_stats_reader *reader)
{
	if (reader->stats)
		munmap((void *)reader->stats, reader->size_bytes);
	if (reader->lock_fd >= 0)
		close(reader->lock_fd);
	*reader = (struct sl_stats_reader){ .lock_fd = -1 };
}

/* Asks for the lock without taking it: a reader that held it for a moment could keep a server from
 * starting. */
bool sl_stats_reader_alive(const struct sl_stats_reader *reader)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(reader->lock_fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static uint64_t load(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

static void sample_worker(struct sluice_worker_stats *to, const struct sluice_worker_stats *from)
{
#define X(name, kind, help) to->name = load(&from->name);
	SLUICE_STATS(X)
#undef X
	to->queue = load(&from->queue);
	to->cpu = load(&from->cpu);
	to->zero_copy = load(&from->zero_copy);
	to->gso = load(&from->gso);
	to->huge_pages = load(&from->huge_pages);
	memcpy(to->aead, from->aead, sizeof(to->aead));
	to->aead[sizeof(to->aead) - 1] = '\0';
}

static void add_worker(struct sluice_worker_stats *to, const struct sluice_worker_stats *worker)
{
#define X(name, kind, help) to->name += worker->name;
	SLUICE_STATS(X)
#undef X
}

void sl_stats_reader_sample(const struct sl_stats_reader *reader, struct sl_stats_sample *sample)
{
	struct sluice_process_stats *process = &sample->process;

	sample->at_ns = sl_clock_now_ns();
	sample->wall_s = sl_clock_wall_s();
	*process = reader->stats->process;
	process->worker_cnt = reader->worker_cnt;
	process->package_version[sizeof(process->package_version) - 1] = '\0';
	process->iface[sizeof(process->iface) - 1] = '\0';
	memset(&sample->total, 0, sizeof(sample->total));
	for (uint32_t idx = 0; idx < reader->worker_cnt; idx++) {
		sample_worker(&sample->workers[idx], &reader->stats->workers[idx]);
		add_worker(&sample->total, &sample->workers[idx]);
	}
}
