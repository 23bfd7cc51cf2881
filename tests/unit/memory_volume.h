/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volumes of memory, in place of volume_file.c and foreign.c. They remember every write and flush,
 * and can become what they would be had the process or the power stopped at any of them.
 */
#ifndef SL_TESTS_MEMORY_VOLUME_H
#define SL_TESTS_MEMORY_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

/* No volumes any more. */
void memory_reset(void);

/* Volume idx, named "mem0" and so on, zeroed; len_bytes 0: no such volume any more. */
void memory_make(uint32_t idx, uint64_t len_bytes);
const char *memory_path(uint32_t idx);

/* What is seen now. The test may change it. */
uint8_t *memory_bytes(uint32_t idx);

/* Reads of [off_bytes, off_bytes + len_bytes) fail with -EIO; len_bytes 0: no longer. */
void memory_fail_reads(uint32_t idx, uint64_t off_bytes, uint64_t len_bytes);

/* Writes of all volumes fail with -EIO from the nth on, counted from now; UINT64_MAX: they do not.
 */
void memory_fail_writes(uint64_t after_cnt);

/* What sl_foreign_find says of any volume; NULL: nothing known. */
void memory_foreign(const char *what);
uint32_t memory_wipe_cnt(void);

/* ---- crashes ---- */

/* Forgets what was written so far: it is there for good. From now on all is remembered. */
void memory_record(void);
uint32_t memory_op_cnt(void); /* writes and flushes since */

/* Keeps what is remembered, so that it can be had again and again; memory_again makes volumes and
 * what is remembered what they were then. Volumes are neither made nor resized meanwhile. */
void memory_keep(void);
void memory_again(void);

/* The process died after op_cnt of them. All that it had written is seen, and is as safe as it was.
 * What is written from now on comes after it. */
void memory_kill(uint32_t op_cnt);

/* The power went after op_cnt of them: what was flushed is there. Of what was written since, seed
 * chooses: nothing, all of it, some writes, some sectors of some in any order; a sector that was
 * being written may be rubbish. memory_record is due before the next one. */
void memory_cut(uint32_t op_cnt, uint64_t seed);

#endif
