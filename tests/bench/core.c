/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "core.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void core_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		perror("cannot pin");
}

double core_busy_s(int cpu)
{
	char line[512], name[16];
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	double busy_s = 0;
	FILE *stat = fopen("/proc/stat", "r");

	snprintf(name, sizeof(name), "cpu%d ", cpu);
	while (stat && fgets(line, sizeof(line), stat))
		if (strncmp(line, name, strlen(name)) == 0 &&
		    sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu", &user, &nice,
			   &system, &idle, &iowait, &irq, &softirq) == 7)
			busy_s = (double)(user + nice + system + irq + softirq) /
				 (double)sysconf(_SC_CLK_TCK);
	if (stat)
		fclose(stat);
	return busy_s;
}

static double thread_s(const char *tasks, const char *tid)
{
	char path[512];
	unsigned long long ran_ns = 0;
	FILE *schedstat;

	snprintf(path, sizeof(path), "%s/%s/schedstat", tasks, tid);
	schedstat = fopen(path, "r");
	if (!schedstat)
		return 0;
	if (fscanf(schedstat, "%llu", &ran_ns) != 1)
		ran_ns = 0;
	fclose(schedstat);
	return (double)ran_ns / 1e9;
}

double core_process_s(int pid)
{
	char tasks[64];
	struct dirent *entry;
	double sum_s = 0;
	DIR *dir;

	snprintf(tasks, sizeof(tasks), "/proc/%d/task", pid);
	dir = opendir(tasks);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			sum_s += thread_s(tasks, entry->d_name);
	if (dir)
		closedir(dir);
	return sum_s;
}
