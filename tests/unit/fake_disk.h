/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in the test's hand, for the tests of the content room: it notes what was asked of it, and
 * the test says what comes of it. Linked in place of the disk room.
 */
#ifndef SL_TESTS_FAKE_DISK_H
#define SL_TESTS_FAKE_DISK_H

#include "disk/disk.h"

enum { FAKE_FILES_MAX = 16, FAKE_OPENS_MAX = 16 };

struct sl_disk {
	struct {
		const char *path;
		uint64_t cookie;
	} opens[FAKE_OPENS_MAX]; /* under way, in order */
	uint32_t open_cnt;
	uint32_t opens_total_cnt;
	bool files[FAKE_FILES_MAX];   /* open */
	uint32_t file_cnt;            /* how many are */
	struct sl_disk_layout layout; /* of the last object that was opened */
	int object_error;             /* that objects open with; 0: they do */
};

/* The oldest open succeeds, with a file of that inode, size and mtime; fails. The event. */
struct sl_disk_event fake_disk_succeed(struct sl_disk *disk, uint64_t ino, uint64_t size_bytes,
				       int64_t mtime_ns);
struct sl_disk_event fake_disk_fail(struct sl_disk *disk, int error);

#endif
