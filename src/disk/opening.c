/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening: from a name that a stranger chose to a file in the ring's table, and back.
 *
 *   NAME     openat2(root, path, O_PATH, RESOLVE_BENEATH)     finds the inode, touches nothing
 *   STATX    statx(name_fd, "", AT_EMPTY_PATH)                a regular file? which alignment?
 *   FILE     openat("/proc/self/fd", name_fd, O_DIRECT)       that very inode, into the file table
 *   RELEASE  close(name_fd)
 *
 * Why not open and then look? Opening is an act: a FIFO wakes its writer, a tape rewinds, a
 * watchdog starts to count. O_PATH finds the inode without opening it, and the way through
 * /proc/self/fd opens what was looked at, whatever the name means by then. Opening the name a
 * second time would need a second statx to compare, and still have touched whatever came between.
 * So no O_NONBLOCK is needed on the file, and that is well: on a file system whose reads cannot be
 * tried without waiting, io_uring fails reads of such a file with -EAGAIN instead of handing them
 * to a thread.
 *
 * The file itself lives in the ring's table only, so a read takes no reference in the process's
 * table, and the descriptors of the process are those of openings under way. statx takes no file
 * of that table, which is one more reason for the O_PATH descriptor.
 *
 * The kernel runs what could block (a directory that must be read from disk, say) in threads of its
 * own; the worker never waits.
 */
#include "config.h" /* _GNU_SOURCE: O_PATH, O_DIRECT, statx */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "disk/uring.h"

static const struct open_how find_beneath = {
	.flags = O_PATH | O_CLOEXEC,
	.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
};

/* The next one waiting gets an opening and a file, if there is one of each. A file that is being
 * closed is worth waiting for: its number was given back already, as far as the caller knows. */
void sl_disk_admit(struct sl_disk *disk)
{
	while (disk->waiting_cnt > 0) {
		struct sl_disk_waiting *waiting = &disk->waiting[disk->waiting_first];
		struct sl_disk_opening *opening;
		uint32_t opening_idx, file_idx;
		bool has_file;

		if (disk->file_pool.free_cnt == 0 && disk->closing_cnt > 0)
			return;
		if (!sl_pool_take(&disk->opening_pool, &opening_idx))
			return;
		has_file = sl_pool_take(&disk->file_pool, &file_idx);

		opening = &disk->openings[opening_idx];
		opening->stage = has_file ? SL_DISK_STAGE_NAME : SL_DISK_STAGE_REFUSED;
		opening->error = has_file ? 0 : -EMFILE;
		opening->name_fd = -1;
		opening->file_idx = has_file ? file_idx : UINT32_MAX;
		opening->retry_cnt = 0;
		opening->path = waiting->path;
		opening->cookie = waiting->cookie;
		disk->waiting_first = (disk->waiting_first + 1) % disk->file_cnt;
		disk->waiting_cnt--;
		sl_disk_start(disk, SL_DISK_OP_OPENING, opening_idx);
	}
}

void sl_disk_open_file(struct sl_disk *disk, const char *path, uint64_t cookie)
{
	uint32_t last = (disk->waiting_first + disk->waiting_cnt) % disk->file_cnt;

	BUG_ON(disk->waiting_cnt + sl_pool_used(&disk->opening_pool) >= disk->file_cnt);
	disk->waiting[last] = (struct sl_disk_waiting){ .path = path, .cookie = cookie };
	disk->waiting_cnt++;
	disk->counters.opens++;
	sl_disk_admit(disk);
}

void sl_disk_opening_prepare(struct sl_disk *disk, uint32_t opening_idx, struct io_uring_sqe *sqe)
{
	struct sl_disk_opening *opening = &disk->openings[opening_idx];

	switch (opening->stage) {
	case SL_DISK_STAGE_REFUSED:
		/* Takes the way of all others, so that its event does, too. */
		io_uring_prep_nop(sqe);
		break;
	case SL_DISK_STAGE_NAME:
		/* The kernel only reads open_how. */
		io_uring_prep_openat2(sqe, disk->root_fd, opening->path,
				      (struct open_how *)&find_beneath);
		break;
	case SL_DISK_STAGE_STATX:
		io_uring_prep_statx(sqe, opening->name_fd, "", AT_EMPTY_PATH, SL_DISK_STATX_MASK,
				    &opening->statx);
		break;
	case SL_DISK_STAGE_FILE:
		/* No O_CLOEXEC: the ring's table is not inherited, and the kernel refuses it. */
		io_uring_prep_openat_direct(sqe, disk->self_fd, opening->name_fd_text,
					    O_RDONLY | O_DIRECT | O_NOCTTY, 0, opening->file_idx);
		break;
	case SL_DISK_STAGE_RELEASE:
		io_uring_prep_close(sqe, opening->name_fd);
		break;
	}
}

/* A date that nanoseconds in 64 bits cannot say (after 2262) is the last they can. */
static int64_t timestamp_ns(const struct statx_timestamp *timestamp)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)timestamp->tv_sec, (int64_t)SL_NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)timestamp->tv_nsec, &ns))
		return timestamp->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

static int inspect(struct sl_disk_opening *opening)
{
	const struct statx *statx = &opening->statx;
	uint32_t align_bytes = sl_disk_align(statx);

	if (S_ISDIR(statx->stx_mode))
		return -EISDIR;
	if (!S_ISREG(statx->stx_mode))
		return -EINVAL;
	if (align_bytes == 0)
		return -EOPNOTSUPP;
	opening->info = (struct sl_disk_info){
		.size_bytes = statx->stx_size,
		.ino = statx->stx_ino,
		.dev = (uint64_t)statx->stx_dev_major << 32 | statx->stx_dev_minor,
		.mtime_ns = timestamp_ns(&statx->stx_mtime),
		.align_bytes = align_bytes,
	};
	return 0;
}

/* -EAGAIN is what a rename at the same moment makes of RESOLVE_BENEATH. close(2) is never repeated:
 * the descriptor is gone, whatever it says. */
static bool may_retry(struct sl_disk_opening *opening, int result)
{
	return (result == -EAGAIN || result == -EINTR) && opening->stage != SL_DISK_STAGE_RELEASE &&
	       opening->retry_cnt++ < SL_DISK_RETRIES_MAX;
}

/* What is to be done after stage; sets the error. True if there is a next stage. */
static bool advance(struct sl_disk_opening *opening, int result)
{
	switch (opening->stage) {
	case SL_DISK_STAGE_REFUSED:
	case SL_DISK_STAGE_RELEASE:
		return false;
	case SL_DISK_STAGE_NAME:
		if (result < 0) {
			opening->error = result;
			return false;
		}
		opening->name_fd = result;
		opening->stage = SL_DISK_STAGE_STATX;
		return true;
	case SL_DISK_STAGE_STATX:
		opening->error = result < 0 ? result : inspect(opening);
		snprintf(opening->name_fd_text, sizeof(opening->name_fd_text), "%d",
			 opening->name_fd);
		opening->stage = opening->error ? SL_DISK_STAGE_RELEASE : SL_DISK_STAGE_FILE;
		return true;
	case SL_DISK_STAGE_FILE:
		/* open(2): "EINVAL The filesystem does not support the O_DIRECT flag." */
		opening->error = result == -EINVAL ? -EOPNOTSUPP : result < 0 ? result : 0;
		opening->stage = SL_DISK_STAGE_RELEASE;
		return true;
	}
	BUG_ON(true);
}

static void finish(struct sl_disk *disk, struct sl_disk_opening *opening,
		   struct sl_disk_event *event)
{
	*event = (struct sl_disk_event){
		.kind = SL_DISK_OPENED,
		.error = opening->error,
		.cookie = opening->cookie,
	};
	if (opening->error == 0) {
		event->file.idx = opening->file_idx;
		event->info = opening->info;
		disk->files[opening->file_idx] = (struct sl_disk_slot){
			.open = true,
			.align_bytes = opening->info.align_bytes,
			.size_bytes = opening->info.size_bytes,
		};
		return;
	}
	disk->counters.open_errors++;
	if (opening->stage != SL_DISK_STAGE_REFUSED)
		sl_pool_give(&disk->file_pool, opening->file_idx);
}

bool sl_disk_opening_complete(struct sl_disk *disk, uint32_t opening_idx, int result,
			      struct sl_disk_event *event)
{
	struct sl_disk_opening *opening = &disk->openings[opening_idx];

	if (may_retry(opening, result) || advance(opening, result)) {
		sl_disk_start(disk, SL_DISK_OP_OPENING, opening_idx);
		return false;
	}
	finish(disk, opening, event);
	sl_pool_give(&disk->opening_pool, opening_idx);
	sl_disk_admit(disk);
	return true;
}

void sl_disk_close_file(struct sl_disk *disk, struct sl_disk_file file)
{
	struct sl_disk_slot *slot;

	BUG_ON(file.idx >= disk->file_cnt);
	slot = &disk->files[file.idx];
	BUG_ON(!slot->open);
	BUG_ON(slot->reads_cnt > 0);
	slot->open = false;
	if (slot->is_object) {
		sl_pool_give(&disk->file_pool, file.idx);
		sl_disk_admit(disk);
		return;
	}
	disk->closing_cnt++;
	sl_disk_start(disk, SL_DISK_OP_CLOSING, file.idx);
}

void sl_disk_closing_prepare(uint32_t file_idx, struct io_uring_sqe *sqe)
{
	io_uring_prep_close_direct(sqe, file_idx);
}

void sl_disk_closing_complete(struct sl_disk *disk, uint32_t file_idx, int result)
{
	/* Any other error is the file system's last word; the file is closed all the same. */
	BUG_ON(result == -EBADF);
	disk->closing_cnt--;
	sl_pool_give(&disk->file_pool, file_idx);
	sl_disk_admit(disk);
}
