/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/budget.h"

#include <stdio.h>

#include "base/limits.h"

enum { CACHE_INDICES = 8 };
static const uint64_t fallback_bytes = UINT64_C(16) << 20;

/* "32768K" of one cache, or 0. */
static uint64_t cache_bytes(int index)
{
	char path[96];
	unsigned long long kib;
	FILE *file;
	int got;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
	file = fopen(path, "re");
	if (!file)
		return 0;
	got = fscanf(file, "%lluK", &kib);
	fclose(file);
	return got == 1 ? kib << 10 : 0;
}

uint64_t sl_budget_default(uint32_t worker_cnt)
{
	uint64_t largest_bytes = 0;

	for (int index = 0; index < CACHE_INDICES; index++) {
		uint64_t size_bytes = cache_bytes(index);

		if (size_bytes > largest_bytes)
			largest_bytes = size_bytes;
	}
	return (largest_bytes ? largest_bytes / 2 : fallback_bytes) / worker_cnt;
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
