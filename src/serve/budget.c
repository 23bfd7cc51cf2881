/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/budget.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/minmax.h"

enum { CACHE_INDICES = 8 };
static const uint64_t fallback_bytes = UINT64_C(16) << 20;

/* The first line of what the kernel says of a cache; false if it says nothing. */
static bool read_line(int index, const char *name, char *line, int line_bytes)
{
	char path[96];
	FILE *file;
	bool got;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fgets(line, line_bytes, file);
	fclose(file);
	return got;
}

uint32_t sl_budget_cpus(const char *list)
{
	uint32_t cpu_cnt = 0, first, last;
	int used_bytes;

	for (;; list++) {
		if (sscanf(list, "%u%n", &first, &used_bytes) != 1)
			return 0;
		list += used_bytes;
		last = first;
		if (*list == '-') {
			if (sscanf(++list, "%u%n", &last, &used_bytes) != 1 || last < first)
				return 0;
			list += used_bytes;
		}
		cpu_cnt += last - first + 1;
		if (*list != ',')
			return cpu_cnt;
	}
}

uint64_t sl_budget_default(uint32_t worker_cnt)
{
	uint64_t largest_bytes = 0;
	uint32_t sharer_cnt = 1;
	char line[256];

	for (int index = 0; index < CACHE_INDICES; index++) {
		unsigned long long kib;

		if (!read_line(index, "size", line, sizeof(line)) ||
		    sscanf(line, "%lluK", &kib) != 1 || kib << 10 <= largest_bytes)
			continue;
		largest_bytes = kib << 10;
		if (read_line(index, "shared_cpu_list", line, sizeof(line)))
			sharer_cnt = max_u32(sl_budget_cpus(line), 1);
	}
	if (largest_bytes == 0)
		return fallback_bytes / worker_cnt;
	return largest_bytes / 2 / max_u32(sharer_cnt, worker_cnt);
}

static uint32_t clamp(uint64_t value, uint32_t least, uint32_t most)
{
	if (value < least)
		return least;
	return value > most ? most : (uint32_t)value;
}

/* A buffer of 128 KiB becomes 92 frames of 2 KiB: half and half keeps either from waiting for the
 * other. */
struct sl_budget sl_budget_split(uint64_t budget_bytes, uint32_t chunk_bytes)
{
	return (struct sl_budget){
		.buffer_cnt = clamp(budget_bytes / 2 / SL_BUFFER_BYTES, 16, 1024),
		.frame_cnt = clamp(budget_bytes / 2 / chunk_bytes, 512, 8192),
	};
}
