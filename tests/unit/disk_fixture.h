/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory on a real file system and a disk over it, for the tests of the disk room. The
 * directory is made in $SL_TEST_DIR, or where the tests run.
 */
#ifndef SL_TESTS_DISK_FIXTURE_H
#define SL_TESTS_DISK_FIXTURE_H

#include "config.h" /* _GNU_SOURCE, before the first system header */

#include <check.h>

#include "disk/disk.h"

extern char disk_dir[]; /* the directory, while a test runs */
extern int disk_dir_fd;

/* Unchecked fixture: it goes away even when a test fails. */
void disk_dir_setup(void);
void disk_dir_teardown(void);

/* The disk over disk_dir, or another root. From here on the thread may not allocate. */
struct sl_disk *disk_setup(uint32_t buffer_cnt, uint32_t file_cnt);
struct sl_disk *disk_setup_at(const char *root, uint32_t buffer_cnt, uint32_t file_cnt);
/* The same, with devices and without a root. */
struct sl_disk *disk_setup_devices(const struct sl_device *devices, uint32_t device_cnt,
				   uint32_t buffer_cnt, uint32_t file_cnt);
void disk_teardown(struct sl_disk *disk);

/* disk_teardown in two steps: the buffers outlive the disk. */
void disk_close(struct sl_disk *disk);
void disk_free_buffers(void);

/* A file of size bytes in disk_dir, each a function of its offset, written through to the disk. */
void make_file(const char *name, uint64_t size_bytes);
uint8_t byte_at(uint64_t off_bytes);

/* Waits for one event, at most some seconds. */
struct sl_disk_event next_event(struct sl_disk *disk);

/* No event comes any more, of what is under way. */
void expect_no_event(struct sl_disk *disk);

/* Opens and waits; the event. */
struct sl_disk_event open_path(struct sl_disk *disk, const char *path);

/* Opens and waits; must succeed. */
struct sl_disk_event open_regular(struct sl_disk *disk, const char *path);

/* How many the process has. */
int descriptor_cnt(void);

struct sl_disk_buffer take_buffer(struct sl_disk *disk);

#endif
