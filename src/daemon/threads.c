/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/threads.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/log.h"

int sl_threads_cpu_cnt(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -errno;
	return CPU_COUNT(&allowed);
}

int sl_threads_cpu(uint32_t idx)
{
	cpu_set_t allowed;
	int skip;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -errno;
	skip = (int)(idx % (uint32_t)CPU_COUNT(&allowed));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed) && skip-- == 0)
			return cpu;
	}
	BUG_ON("an affinity mask has as many CPUs as it counts");
	return -EINVAL;
}

static void *run(void *argument)
{
	struct sl_thread *thread = argument;
	const uint64_t one = 1;

	__atomic_store_n(&thread->stats->cpu, thread->cpu, __ATOMIC_RELAXED);
	sl_worker_run(thread->worker);
	/* Cannot fail: the sum of all workers is far from overflowing an eventfd. */
	BUG_ON(write(thread->ended_fd, &one, sizeof(one)) != (ssize_t)sizeof(one));
	return NULL;
}

/* Pinned by attribute, not afterwards: the first page the thread touches decides where its stack
 * lies. */
static int create(struct sl_thread *thread)
{
	pthread_attr_t attributes;
	cpu_set_t only;
	int error;

	CPU_ZERO(&only);
	CPU_SET((int)thread->cpu, &only);
	error = pthread_attr_init(&attributes);
	if (error != 0)
		return -error;
	error = pthread_attr_setaffinity_np(&attributes, sizeof(only), &only);
	if (error == 0)
		error = pthread_create(&thread->id, &attributes, run, thread);
	pthread_attr_destroy(&attributes);
	return -error;
}

static int start(struct sl_threads *threads, struct sl_worker *worker,
		 struct sluice_worker_stats *stats)
{
	uint32_t idx = threads->started_cnt;
	struct sl_thread *thread = &threads->threads[idx];
	char name[16];
	int cpu, error;

	cpu = sl_threads_cpu(idx);
	if (cpu < 0)
		return cpu;
	*thread = (struct sl_thread){
		.worker = worker,
		.stats = stats,
		.cpu = (uint32_t)cpu,
		.ended_fd = threads->ended_fd,
	};
	error = create(thread);
	if (error < 0)
		return error;
	threads->started_cnt++;
	snprintf(name, sizeof(name), "sluice-w%u", idx);
	pthread_setname_np(thread->id, name);
	return 0;
}

int sl_threads_start(struct sl_threads *threads, struct sl_worker *const workers[],
		     struct sluice_worker_stats stats[], uint32_t cnt)
{
	sigset_t all, before;
	int error = 0;

	*threads = (struct sl_threads){ .ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (threads->ended_fd < 0) {
		error = -errno;
		sl_error("no thread can be started: eventfd: %s", strerror(-error));
		return error;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (uint32_t idx = 0; idx < cnt && error == 0; idx++)
		error = start(threads, workers[idx], &stats[idx]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error < 0) {
		sl_error("thread of worker %u cannot be started: %s", threads->started_cnt,
			 strerror(-error));
		for (uint32_t idx = 0; idx < threads->started_cnt; idx++)
			sl_worker_drain(threads->threads[idx].worker);
		sl_threads_join(threads);
	}
	return error;
}

bool sl_threads_ended(struct sl_threads *threads)
{
	uint64_t more;

	if (read(threads->ended_fd, &more, sizeof(more)) == (ssize_t)sizeof(more))
		threads->ended_cnt += (uint32_t)more;
	return threads->ended_cnt == threads->started_cnt;
}

void sl_threads_join(struct sl_threads *threads)
{
	for (uint32_t idx = 0; idx < threads->started_cnt; idx++)
		BUG_ON(pthread_join(threads->threads[idx].id, NULL) != 0);
	close(threads->ended_fd);
	*threads = (struct sl_threads){ .ended_fd = -1 };
}
