/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipeline budget: how many bytes of disk buffers and untransmitted frames may be out at once. If
 * they all fit the last-level cache, a byte that the disk wrote there is still there when it is
 * sealed and sent, and DRAM stays out of the path (the paper's principle 2). Half of a core's share
 * of the cache: the other cores use theirs, and this one does something else, too. Twice as much,
 * half of the whole cache for one of two cores, made it a fourth slower (make bench-pipeline, MTU
 * 1500: 30.8 to 39.7 Gb/s with 1000 connections, 30.9 to 39.2 with 10,000).
 */
#ifndef SL_SERVE_BUDGET_H
#define SL_SERVE_BUDGET_H

#include <stdint.h>

/* For each of worker_cnt workers: half of the last-level cache that the kernel reports, divided by
 * the CPUs that share it, or by the workers if they are more; 16 MiB for all of them if it reports
 * none. Setup only. Reads /sys/devices/system/cpu. */
uint64_t sl_budget_default(uint32_t worker_cnt);

/* CPUs of a list as the kernel prints them ("0-7,16-23"); 0 if it is none. */
uint32_t sl_budget_cpus(const char *list);

struct sl_budget {
	uint32_t buffer_cnt; /* [16, 1024] */
	uint32_t frame_cnt;  /* for transmit, those for control included, [512, 8192] */
};

struct sl_budget sl_budget_split(uint64_t budget_bytes, uint32_t chunk_bytes);

#endif
