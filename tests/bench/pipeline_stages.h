/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the worker's time goes, without a hook in it: a timer of the thread's processor time
 * interrupts it, the handler notes where it was, and the linker's map says whose code that is.
 *
 *   rx    the loop, receiving, headers understood
 *   tcp   all of src/tcp, with wheel and hash
 *   http  sessions, requests, responses, names to files, TLS opened
 *   disk  the pump: cutting, reading, waiting
 *   seal  records sealed into frames; of plain HTTP, the copy into frames
 *   tx    bursts of frames, headers, checksums, the TX ring
 */
#ifndef SL_TESTS_BENCH_PIPELINE_STAGES_H
#define SL_TESTS_BENCH_PIPELINE_STAGES_H

#include <stdbool.h>
#include <stdint.h>

enum pipeline_stage {
	PIPELINE_RX,
	PIPELINE_TCP,
	PIPELINE_HTTP,
	PIPELINE_DISK,
	PIPELINE_SEAL,
	PIPELINE_TX,
	PIPELINE_OTHER,
};

enum { PIPELINE_STAGES = PIPELINE_OTHER + 1 };

extern const char *const pipeline_stage_names[PIPELINE_STAGES];

/* Begins to sample this thread. While the worker has a turn, counts is true. */
void pipeline_stages_start(void);
void pipeline_stages_count(bool counts);

/* Ends it; shares add up to 1 unless there is no sample or no map (all 0 then). */
void pipeline_stages_stop(double shares[PIPELINE_STAGES]);

#endif
