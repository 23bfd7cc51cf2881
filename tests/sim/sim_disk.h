/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated disk: disk/disk.h's functions over files that exist by description only, in virtual
 * time. What is started begins with sl_disk_submit and is done when the simulated clock has come to
 * its time. sl_disk_wait is a BUG: the simulation never sleeps.
 *
 * Stricter than the real one where that finds mistakes: a path is looked at when the open is done,
 * not when it begins; a buffer is filled when the read is reaped, and holds rubbish until then.
 *
 * Config: root may be anything and is not looked at. Devices are real ones, of regular files, that
 * are read when the read is reaped; the time is virtual, and so are errors and stalls. Sums are not
 * compared.
 */
#ifndef SL_TESTS_SIM_DISK_H
#define SL_TESTS_SIM_DISK_H

#include <stddef.h>
#include <stdint.h>

#include "disk/disk.h"

enum {
	SL_SIM_FILES_MAX = 256, /* with a name, or still open without */
	SL_SIM_NAME_MAX_BYTES = 128,
	SL_SIM_OVERWRITES_MAX = 8, /* a file */
};

/* How the time of a read is spread, about its mean of read_ns. */
enum sl_sim_disk_spread {
	SL_SIM_DISK_FIXED,
	SL_SIM_DISK_EXPONENTIAL,
	SL_SIM_DISK_LONG_TAIL, /* most take half as long, one in 64 takes 33 times as long */
	SL_SIM_DISK_SPREADS,
};

struct sl_sim_disk_options {
	uint64_t open_ns;     /* an open takes this long */
	uint64_t read_ns;     /* a read takes this long ... */
	uint64_t kib_ns;      /* ... and this for each KiB begun ... */
	uint64_t jitter_ns;   /* ... and, by chance, from 0 to this; opens, too */
	uint32_t align_bytes; /* of all files */
	enum sl_sim_disk_spread spread;
};

#define SL_SIM_DISK_OPTIONS            \
	((struct sl_sim_disk_options){ \
	    .open_ns = 50000, .read_ns = 80000, .kib_ns = 300, .align_bytes = 512 })

/* SL_SIM_DISK_OPTIONS to begin with. For what is submitted from now on. */
void sl_sim_disk_options(struct sl_disk *disk, const struct sl_sim_disk_options *options);

/* When the next event will be there to be reaped: now or earlier if one is; UINT64_MAX if nothing
 * is under way. */
uint64_t sl_sim_disk_next_ns(const struct sl_disk *disk);

/* Reads and opens that have begun and were not reaped. */
uint32_t sl_sim_disk_reads(const struct sl_disk *disk);

/* A new file called name: a new inode, changed just now. One that had the name loses it, as with
 * rename(2); who has it open reads on. Directories are there as far as names go through them. */
void sl_sim_disk_add(struct sl_disk *disk, const char *name, uint64_t seed, uint64_t size_bytes);

/* The same with given content, the caller's, who keeps it. */
void sl_sim_disk_add_bytes(struct sl_disk *disk, const char *name, const void *bytes,
			   uint64_t size_bytes);

void sl_sim_disk_remove(struct sl_disk *disk, const char *name);

/* In place: from now on every byte from off_bytes on is another one. */
void sl_sim_disk_overwrite(struct sl_disk *disk, const char *name, uint64_t off_bytes);

/* In place: from now on the file ends there. */
void sl_sim_disk_cut(struct sl_disk *disk, const char *name, uint64_t size_bytes);

/* The same, if it is longer now. */
void sl_sim_disk_cut_at_most(struct sl_disk *disk, const char *name, uint64_t size_bytes);

/* In place: the file is longer now, as a recording is that is appended to; its content goes on by
 * its seed. */
void sl_sim_disk_grow(struct sl_disk *disk, const char *name, uint64_t size_bytes);

/* Nothing is done before until_ns, whenever it was submitted. */
void sl_sim_disk_stall(struct sl_disk *disk, uint64_t until_ns);

/* The next cnt opens, or reads, of the file end in error (-errno). */
void sl_sim_disk_fail_opens(struct sl_disk *disk, const char *name, int error, uint32_t cnt);
void sl_sim_disk_fail_reads(struct sl_disk *disk, const char *name, int error, uint32_t cnt);

/* The next cnt reads of the file come in two parts: they take twice as long, and are counted. */
void sl_sim_disk_shorten_reads(struct sl_disk *disk, const char *name, uint32_t cnt);

/* The next cnt reads of the device fail, and are tried again where else the object is. */
void sl_sim_disk_fail_device(struct sl_disk *disk, uint32_t device_idx, uint32_t cnt);

/* Reads that are submitted from now on and go to the device are not done before until_ns. */
void sl_sim_disk_stall_device(struct sl_disk *disk, uint32_t device_idx, uint64_t until_ns);

/* [off_bytes, off_bytes + len_bytes) of a file with that seed, as it was when it was added. */
void sl_sim_disk_content(uint64_t seed, uint64_t off_bytes, uint8_t *out, size_t len_bytes);

#endif
