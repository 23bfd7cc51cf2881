/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipeline benchmark's disk: disk/disk.h without a kernel. Every name is a file of the same
 * size; a read takes a while of the benchmark's time and no time of the core.
 *
 * A device writes what was read into memory, or into the last-level cache, behind the core's back,
 * so copying it here would charge the core for work that is not its own. But leaving it where the
 * core has just read it would be too good: it would come from the core's own second-level cache.
 * So the memory of a buffer is not always the same: reads go round in a ring as large as all
 * buffers, and what comes up next has long left the inner caches. The content depends on the
 * offset modulo 4096 only, so that a record read a second time is the same.
 */
#ifndef SL_TESTS_BENCH_PIPELINE_DISK_H
#define SL_TESTS_BENCH_PIPELINE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "disk/disk.h"

struct pipeline_disk_options {
	uint64_t file_bytes;
	uint64_t latency_ns;
	bool in_place; /* a buffer's memory is its own: data come from the inner caches */
};

/* Before sl_disk_open. */
void pipeline_disk_configure(const struct pipeline_disk_options *options);

/* The benchmark's time, for latency. */
void pipeline_disk_set_now(uint64_t now_ns);
/* When the next read is complete; UINT64_MAX if none is in flight. */
uint64_t pipeline_disk_next_ns(void);

#endif
