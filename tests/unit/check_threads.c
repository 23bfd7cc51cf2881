/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/threads.h"

#include <check.h>
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "fake_serve.h"

static struct sl_worker *workers[2];
static struct sluice_worker_stats stats[2];
static struct sl_worker_config configs[2];
static struct sl_threads threads;

static void start(void)
{
	fake_serve_start(&(struct fake_script){ 0 });
	for (uint32_t idx = 0; idx < 2; idx++) {
		configs[idx].queue = idx;
		ck_assert_int_eq(sl_worker_open(&workers[idx], &configs[idx]), 0);
	}
	ck_assert_int_eq(sl_threads_start(&threads, workers, stats, 2), 0);
}

static void stop(void)
{
	sl_worker_drain(workers[0]);
	sl_worker_drain(workers[1]);
	sl_threads_join(&threads);
}

static bool wait_for_ended(void)
{
	struct pollfd ended = { .fd = threads.ended_fd, .events = POLLIN };

	ck_assert_int_eq(poll(&ended, 1, 5000), 1);
	return sl_threads_ended(&threads);
}

START_TEST(test_life)
{
	start();
	ck_assert(!sl_threads_ended(&threads));
	sl_worker_drain(workers[1]);
	ck_assert(!wait_for_ended());
	sl_worker_drain(workers[0]);
	ck_assert(wait_for_ended());
	sl_threads_join(&threads);
	ck_assert_int_eq(threads.ended_fd, -1);
}
END_TEST

START_TEST(test_name_and_place)
{
	cpu_set_t allowed;
	char name[16];

	start();
	for (uint32_t idx = 0; idx < 2; idx++) {
		char wanted[16];

		snprintf(wanted, sizeof(wanted), "sluice-w%u", idx);
		ck_assert_int_eq(pthread_getname_np(threads.threads[idx].id, name, sizeof(name)),
				 0);
		ck_assert_str_eq(name, wanted);
		ck_assert_int_eq(
		    pthread_getaffinity_np(threads.threads[idx].id, sizeof(allowed), &allowed), 0);
		ck_assert_int_eq(CPU_COUNT(&allowed), 1);
		ck_assert(CPU_ISSET(sl_threads_cpu(idx), &allowed));
	}
	stop();
	ck_assert_uint_eq(stats[0].cpu, (uint64_t)sl_threads_cpu(0));
	ck_assert_uint_eq(stats[1].cpu, (uint64_t)sl_threads_cpu(1));
}
END_TEST

/* The n-th CPU that is allowed, not CPU n; from the front again when they run out. */
START_TEST(test_affinity)
{
	cpu_set_t allowed, only;
	int last = -1;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed))
			last = cpu;
	}
	ck_assert_int_eq(sl_threads_cpu_cnt(), CPU_COUNT(&allowed));
	ck_assert_int_eq(sl_threads_cpu((uint32_t)CPU_COUNT(&allowed) - 1), last);
	ck_assert_int_eq(sl_threads_cpu((uint32_t)CPU_COUNT(&allowed)), sl_threads_cpu(0));

	CPU_ZERO(&only);
	CPU_SET(last, &only);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(only), &only), 0);
	ck_assert_int_eq(sl_threads_cpu_cnt(), 1);
	ck_assert_int_eq(sl_threads_cpu(0), last);
	ck_assert_int_eq(sl_threads_cpu(1), last);
}
END_TEST

/* SigBlk of the thread called name, from /proc; 0 if there is none. */
static unsigned long long blocked_by(const char *name)
{
	unsigned long long blocked = 0;
	DIR *tasks = opendir("/proc/self/task");
	char path[512], line[256], wanted[64];

	ck_assert_ptr_nonnull(tasks);
	snprintf(wanted, sizeof(wanted), "Name:\t%s\n", name);
	for (struct dirent *task; (task = readdir(tasks));) {
		bool found = false;

		snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
		FILE *status = fopen(path, "r");
		while (status && fgets(line, sizeof(line), status)) {
			found = found || strcmp(line, wanted) == 0;
			if (found)
				sscanf(line, "SigBlk: %llx", &blocked);
		}
		if (status)
			fclose(status);
	}
	closedir(tasks);
	return blocked;
}

START_TEST(test_signals)
{
	sigset_t before, after;
	unsigned long long blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	start();
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	blocked = blocked_by("sluice-w1");
	stop();
	for (int number = 1; number <= 31; number++) {
		ck_assert_int_eq(sigismember(&after, number), sigismember(&before, number));
		if (number != SIGKILL && number != SIGSTOP)
			ck_assert_msg(blocked & (1ULL << (number - 1)), "signal %d", number);
	}
}
END_TEST

Suite *make_threads_suite(void);

Suite *make_threads_suite(void)
{
	Suite *suite = suite_create("threads");
	TCase *tcase = tcase_create("threads");

	tcase_add_test(tcase, test_life);
	tcase_add_test(tcase, test_name_and_place);
	tcase_add_test(tcase, test_affinity);
	tcase_add_test(tcase, test_signals);
	tcase_set_timeout(tcase, 60); /* a busy machine is no failure */
	suite_add_tcase(suite, tcase);
	return suite;
}
