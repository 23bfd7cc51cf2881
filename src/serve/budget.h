/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipeline budget: how many bytes of disk buffers and untransmitted frames may be out at once. If
 * they all fit the last-level cache, a byte that the disk wrote there is still there when it is
 * sealed and sent, and DRAM stays out of the path (the paper's principle 2). Half of the cache,
 * because the rest of the machine uses it too.
 */
#ifndef SL_SERVE_BUDGET_H
#define SL_SERVE_BUDGET_H

#include <stdint.h>

/* Half of the last-level cache that the kernel reports, for each of worker_cnt workers its share;
 * 16 MiB in all if it reports none. Setup only. Reads /sys/devices/system/cpu. */
uint64_t sl_budget_default(uint32_t worker_cnt);

struct sl_budget {
	uint32_t buffer_cnt; /* [16, 1024] */
	uint32_t frame_cnt;  /* for transmit, those for control included, [512, 8192] */
};

struct sl_budget sl_budget_split(uint64_t budget_bytes, uint32_t chunk_bytes);

#endif
