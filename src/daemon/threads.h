/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: one for each worker, pinned to a CPU of its own, deaf to signals. Main thread only.
 */
#ifndef SL_DAEMON_THREADS_H
#define SL_DAEMON_THREADS_H

#include <pthread.h>
#include <stdint.h>

#include "base/limits.h"
#include "serve/worker.h"
#include "sluice/stats.h"

struct sl_thread {
	pthread_t id;
	struct sl_worker *worker;
	struct sluice_worker_stats *stats;
	uint32_t cpu;
	int ended_fd;
};

struct sl_threads {
	struct sl_thread threads[SL_WORKERS_MAX];
	uint32_t started_cnt;
	uint32_t ended_cnt; /* as far as sl_threads_ended has noticed */
	int ended_fd;       /* an eventfd: readable when a worker has ended */
};

/* The CPU of worker idx: the idx-th of this process's affinity mask, from the front again when it
 * has fewer. -errno of sched_getaffinity. */
int sl_threads_cpu(uint32_t idx);

/* How many CPUs the affinity mask has, or -errno. */
int sl_threads_cpu_cnt(void);

/* Starts a thread sluice-w<idx> that runs sl_worker_run for each of cnt workers; writes its CPU to
 * its block of stats. Errors, with a line in the log: -errno of eventfd and pthread_create; then
 * the threads that run already are drained and joined. */
int sl_threads_start(struct sl_threads *threads, struct sl_worker *const workers[],
		     struct sluice_worker_stats stats[], uint32_t cnt);

/* True once every worker has returned. Call when ended_fd is readable; does not wait. */
bool sl_threads_ended(struct sl_threads *threads);

/* Waits for all of them. */
void sl_threads_join(struct sl_threads *threads);

#endif
