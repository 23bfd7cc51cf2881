/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a gigabyte from a device costs: the production disk room reads it at random places, by
 * NVMe passthrough and, of the same namespace, by O_DIRECT, by turns. Nothing else is done with the
 * bytes. The drive is only read, from its start on.
 *
 *     device DEVICE [ROUNDS]
 *
 * CPU time is that of the whole machine, less what is idle (/proc/stat), since completions are
 * worked off by whoever is interrupted; and the process's own. Run it on a machine that does
 * nothing else. Prints a table and one last line, "device: key=value …", all in CPU seconds for
 * each GB.
 */
#include "config.h" /* _GNU_SOURCE */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "disk/disk.h"

enum {
	ROUNDS_DEFAULT = 5,
	ROUNDS_MAX = 99,
	BUFFER_CNT = 64,
	IN_FLIGHT_CNT = 32,
	ROUND_BYTES = 1024 * 1024 * 1024,
	SIZES = 2,
};

static const uint32_t sizes[SIZES] = { 16 * 1024, 128 * 1024 };

enum way { BY_COMMAND, BY_BLOCK, WAYS };
static const char *const way_names[WAYS] = { "passthrough", "direct" };

struct cost {
	double busy_s, process_s, wall_s; /* for each GB */
};

/* Seconds that the CPUs were not idle. */
static double busy_s(void)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	FILE *stat = fopen("/proc/stat", "r");
	int cnt = stat ? fscanf(stat, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
				&system, &idle, &iowait, &irq, &softirq)
		       : 0;

	if (stat)
		fclose(stat);
	if (cnt != 7) {
		fputs("/proc/stat cannot be read\n", stderr);
		exit(1);
	}
	return (double)(user + nice + system + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}

static double process_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Places are a function of the number of the read, so that both ways read the same. */
static uint64_t place_of(uint32_t number, uint64_t size_bytes, uint32_t read_bytes)
{
	uint64_t word = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

	word ^= word >> 29;
	return word % (size_bytes / read_bytes) * read_bytes;
}

static void start_read(struct sl_disk *disk, struct sl_disk_file file, uint32_t number,
		       uint64_t size_bytes, uint32_t read_bytes)
{
	struct sl_disk_buffer buffer;

	if (!sl_disk_take(disk, &buffer))
		abort();
	sl_disk_read(disk, file, buffer, place_of(number, size_bytes, read_bytes), read_bytes, 0);
}

static void read_all(struct sl_disk *disk, struct sl_disk_file file, uint64_t size_bytes,
		     uint32_t read_bytes)
{
	uint32_t total_cnt = ROUND_BYTES / read_bytes, started_cnt = 0, done_cnt = 0;
	struct sl_disk_event events[IN_FLIGHT_CNT];

	while (done_cnt < total_cnt) {
		uint32_t cnt;

		while (started_cnt < total_cnt && started_cnt - done_cnt < IN_FLIGHT_CNT)
			start_read(disk, file, started_cnt++, size_bytes, read_bytes);
		sl_disk_wait(disk, UINT64_MAX);
		cnt = sl_disk_reap(disk, events, IN_FLIGHT_CNT);
		for (uint32_t i = 0; i < cnt; i++) {
			if (events[i].error || events[i].done_bytes != read_bytes) {
				fprintf(stderr, "a read failed: %s\n", strerror(-events[i].error));
				exit(1);
			}
			sl_disk_give(disk, events[i].buffer);
		}
		done_cnt += cnt;
	}
}

static struct cost measure(const struct sl_device *device, uint32_t read_bytes)
{
	const struct sluice_store_extent extent = { .data_bytes = device->size_bytes };
	const struct sl_disk_layout layout = { .extents = &extent,
					       .extent_cnt = 1,
					       .replica_cnt = 1,
					       .size_bytes = device->size_bytes };
	const struct sl_disk_config config = {
		.buffer_cnt = BUFFER_CNT, .file_cnt = 1, .devices = device, .device_cnt = 1
	};
	double before_busy_s, before_process_s, gb = ROUND_BYTES / 1e9;
	uint64_t before_ns;
	struct sl_arena arena;
	struct sl_disk *disk;
	struct sl_disk_file file;
	uint32_t align_bytes;
	struct cost cost;

	if (sl_arena_init(&arena, (size_t)BUFFER_CNT * SL_BUFFER_BYTES) < 0 ||
	    sl_disk_open(&disk, &config, &arena) < 0 ||
	    sl_disk_open_object(disk, &layout, &file, &align_bytes) < 0)
		exit(1);
	before_ns = sl_clock_now_ns();
	before_busy_s = busy_s();
	before_process_s = process_s();
	read_all(disk, file, device->size_bytes, read_bytes);
	cost = (struct cost){ .busy_s = (busy_s() - before_busy_s) / gb,
			      .process_s = (process_s() - before_process_s) / gb,
			      .wall_s = (double)(sl_clock_now_ns() - before_ns) / 1e9 / gb };
	sl_disk_close_file(disk, file);
	sl_disk_close(disk);
	sl_arena_fini(&arena);
	return cost;
}

static int compare(const void *one, const void *other)
{
	double difference =
	    ((const struct cost *)one)->busy_s - ((const struct cost *)other)->busy_s;

	return (difference > 0) - (difference < 0);
}

/* The one in the middle, by the process's time. */
static struct cost median(struct cost costs[], int cnt)
{
	qsort(costs, (size_t)cnt, sizeof(costs[0]), compare);
	return costs[cnt / 2];
}

int main(int argc, char **argv)
{
	int round_cnt = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT;
	static struct cost costs[SIZES][WAYS][ROUNDS_MAX];
	struct sl_device devices[WAYS];
	char last[256] = "device:";

	if (argc < 2 || round_cnt < 1 || round_cnt > ROUNDS_MAX) {
		fprintf(stderr, "usage: device DEVICE [ROUNDS]\n");
		return 2;
	}
	if (sl_device_open(&devices[BY_COMMAND], argv[1]) < 0)
		return 1;
	if (devices[BY_COMMAND].namespace_id == 0) {
		fprintf(stderr, "%s: no passthrough, nothing to compare\n", argv[1]);
		return 77;
	}
	devices[BY_BLOCK] = devices[BY_COMMAND];
	devices[BY_BLOCK].read_fd = devices[BY_BLOCK].block_fd;
	devices[BY_BLOCK].namespace_id = 0;
	devices[BY_BLOCK].max_bytes = SL_BUFFER_BYTES;
	for (int i = 0; i < round_cnt; i++)
		for (int size = 0; size < SIZES; size++)
			for (int way = 0; way < WAYS; way++)
				costs[size][way][i] = measure(&devices[way], sizes[size]);

	printf("%-12s %8s %14s %14s %10s\n", "way", "KiB", "process s/GB", "machine s/GB", "MB/s");
	for (int size = 0; size < SIZES; size++) {
		for (int way = 0; way < WAYS; way++) {
			struct cost cost = median(costs[size][way], round_cnt);
			size_t used = strlen(last);

			printf("%-12s %8u %14.3f %14.3f %10.0f\n", way_names[way],
			       sizes[size] / 1024, cost.process_s, cost.busy_s, 1000 / cost.wall_s);
			snprintf(last + used, sizeof(last) - used, " %s_%uk=%.3f", way_names[way],
				 sizes[size] / 1024, cost.process_s);
		}
	}
	puts(last);
	sl_device_close(&devices[BY_COMMAND]);
	return 0;
}
