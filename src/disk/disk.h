/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disk: files opened and read without blocking, into registered buffers, past the page cache; and
 * objects that lie in extents on devices, read through O_DIRECT or NVMe commands. A seam:
 * disk_uring.c drives an io_uring; tests/sim serves files and devices from memory with latency and
 * faults. One for each worker; owner core only, but for open and close.
 *
 * The worker sleeps in this room too: its one blocking wait wakes on a completion, on a packet (the
 * NIC's descriptor is polled through the ring), on a message of the main thread (an eventfd,
 * likewise) or at the deadline.
 *
 * Buffers are SL_BUFFER_BYTES each, carved from the worker's arena and registered with the ring.
 * Owner of a buffer: free, disk (a read is in flight) or pump (between its completion and
 * sl_disk_give).
 */
#ifndef SL_DISK_DISK_H
#define SL_DISK_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "disk/device.h"
#include "sluice/store.h"

struct sl_disk;

struct sl_disk_config {
	const char *root;    /* directory below which all names are resolved; NULL: none is */
	uint32_t buffer_cnt; /* [1, 4096] */
	uint32_t file_cnt;   /* files open at once, [1, 65536] */
	const struct sl_device *devices; /* the caller's; outlive the disk */
	uint32_t device_cnt;             /* [0, SL_DEVICES_MAX] */
};

enum {
	SL_DISK_BUFFER_ALIGN_BYTES = 4096,      /* of the first buffer, in the arena */
	SL_DISK_LANES_MAX = 1 + SL_DEVICES_MAX, /* the root's, and one a device */
};

/* Opens the ring, carves buffer_cnt * SL_BUFFER_BYTES from arena, registers them, opens root. The
 * thread that first submits or waits becomes the owner. Errors, each with its line in the log:
 * -ENOENT, -ENOTDIR, -EACCES (root), -EOPNOTSUPP (root's file system has no O_DIRECT), -ENOSYS or
 * -EPERM (io_uring missing or disabled: the line names kernel.io_uring_disabled and seccomp),
 * -EINVAL (kernel older than 6.1), -EMFILE (limit of open files below file_cnt), -ENOMEM (arena or
 * locked memory), -errno. Needs /proc and no capability. */
int sl_disk_open(struct sl_disk **disk, const struct sl_disk_config *config,
		 struct sl_arena *arena);

/* Waits for what is in flight. Files still open are closed by the kernel, a moment later. NULL is
 * let be. The owner, or another thread after the owner has ended (and then its operations with it).
 */
void sl_disk_close(struct sl_disk *disk);

struct sl_disk_file {
	uint32_t idx; /* [0, file_cnt) */
};

struct sl_disk_info {
	uint64_t size_bytes, ino, dev;
	int64_t mtime_ns;     /* since 1970 */
	uint32_t align_bytes; /* of offset, length and memory, for O_DIRECT: STATX_DIOALIGN, else
				 the block size; a power of two */
};

struct sl_disk_buffer {
	uint32_t idx; /* [0, buffer_cnt) */
};

bool sl_disk_take(struct sl_disk *disk,
		  struct sl_disk_buffer *buffer); /* free → pump; false: none free */
void sl_disk_give(struct sl_disk *disk, struct sl_disk_buffer buffer); /* pump → free */
uint8_t *sl_disk_memory(struct sl_disk *disk, struct sl_disk_buffer buffer);
uint32_t sl_disk_free_buffers(const struct sl_disk *disk);

/* Starts to open path (relative, NUL-terminated, the caller's until the event), beneath root: no
 * "..", no symbolic link that leaves it (openat2, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS). Never
 * waits for a FIFO, never opens a device's data path. No more than file_cnt opens may await their
 * event. Event: SL_DISK_OPENED with error 0 and file and info, or -ENOENT, -EACCES, -EISDIR,
 * -EXDEV, -ELOOP, -ENAMETOOLONG, -ENOTDIR, -EMFILE (file_cnt), -EINVAL (not a regular file),
 * -EOPNOTSUPP (no O_DIRECT), -errno. */
void sl_disk_open_file(struct sl_disk *disk, const char *path, uint64_t cookie);

/* Where an object lies. Of an extent's places the first replica_cnt count; device_idx of a place is
 * one of this object's store: the disk's devices[first_device_idx + device_idx]. */
struct sl_disk_layout {
	const struct sluice_store_extent *extents; /* the caller's until the file is closed */
	uint32_t extent_cnt;                       /* 0 if size_bytes is */
	uint32_t replica_cnt;                      /* [1, SLUICE_STORE_REPLICAS_MAX] */
	uint32_t first_device_idx;
	uint64_t size_bytes;  /* the sum of the extents' data_bytes */
	const uint64_t *sums; /* of each SLUICE_STORE_BLOCK_BYTES: reads are verified, and their
				 alignment is that; NULL: they are not. The caller's, likewise */
};

/* A file of an object; closed by sl_disk_close_file. *align_bytes: as in sl_disk_info. No system
 * call. Errors: -EMFILE (file_cnt), -ENODEV (a part of it is on no device that is there). */
int sl_disk_open_object(struct sl_disk *disk, const struct sl_disk_layout *layout,
			struct sl_disk_file *file, uint32_t *align_bytes);

/* Starts to close; no event. No read of it may be in flight. The file no longer counts for
 * file_cnt.
 */
void sl_disk_close_file(struct sl_disk *disk, struct sl_disk_file file);

/* Starts to read [off_bytes, off_bytes + len_bytes) into buffer: pump → disk. off_bytes and
 * len_bytes are multiples of align_bytes, len_bytes ≤ SL_BUFFER_BYTES; the end may lie past the end
 * of the file. Event: SL_DISK_READ, buffer is the pump's again, done_bytes in [0, len_bytes] (short
 * only at the end of the file, as it was when it was opened or as it is now: the room itself goes
 * on after a short read in the middle), or error. What lies behind done_bytes is undefined.
 *
 * Of an object the room reads what is best reached of the places where it is, and once more, in
 * another place if there is one, when that fails or is not what its sum says; the error then is
 * -EIO, or -EBADMSG for a wrong sum. */
void sl_disk_read(struct sl_disk *disk, struct sl_disk_file file, struct sl_disk_buffer buffer,
		  uint64_t off_bytes, uint32_t len_bytes, uint64_t cookie);

/* Lanes: what may stall on its own. A read goes down the lane of its device, or that of the root;
 * each has a share of the buffers that it may have in flight, so that one that stalls leaves some
 * to the others. The read that would be next at off_bytes: its lane; is that full? Then wait: it
 * can only get room by an event. */
uint32_t sl_disk_lane(const struct sl_disk *disk, struct sl_disk_file file, uint64_t off_bytes);
bool sl_disk_lane_full(const struct sl_disk *disk, uint32_t lane_idx);

/* Of n lanes each may have 2 / (n + 1) of the buffers: all, two thirds, half, two fifths and so on.
 * When one stalls, a third of them is left at least; and no lane is held to its nth part when most
 * of the load happens to be its. */
static inline uint32_t sl_disk_lane_share(const struct sl_disk_config *config)
{
	uint32_t lane_cnt = config->device_cnt + (config->root ? 1 : 0);
	uint32_t share_cnt = 2 * config->buffer_cnt / (lane_cnt + 1);

	if (lane_cnt < 2)
		return config->buffer_cnt;
	return share_cnt > 0 ? share_cnt : 1;
}

enum sl_disk_kind {
	SL_DISK_OPENED,
	SL_DISK_READ,
	SL_DISK_WOKEN, /* a watched descriptor became readable; cookie is the watch's. With an
			  error: the watch has ended */
};

struct sl_disk_event {
	enum sl_disk_kind kind;
	int error; /* 0 or -errno */
	uint64_t cookie;
	struct sl_disk_file file;     /* OPENED */
	struct sl_disk_info info;     /* OPENED */
	struct sl_disk_buffer buffer; /* READ */
	uint32_t done_bytes;          /* READ */
};

/* Up to max_cnt events: of what sl_disk_submit and sl_disk_wait have found done. No system call. */
uint32_t sl_disk_reap(struct sl_disk *disk, struct sl_disk_event *events, uint32_t max_cnt);

/* Shows the kernel all that was started since the last call, and lets it show what is done. One
 * system call, which does not wait, or none if there is nothing to show; more when hundreds of
 * operations were started. */
void sl_disk_submit(struct sl_disk *disk);

/* From now on fd becoming readable ends sl_disk_wait, with a WOKEN event: becoming, so read it
 * until it is empty before the next wait. Setup only. Errors: -ENOSPC (8 are watched). */
int sl_disk_watch(struct sl_disk *disk, int fd, uint64_t cookie);

/* fd is watched in the place of what was under that cookie, whose descriptor may be closed by now;
 * one event with an error is the old watch's last. Precondition: it was watched. The owner, or
 * another thread while the owner stands still. */
void sl_disk_rewatch(struct sl_disk *disk, int fd, uint64_t cookie);

/* Submits, then sleeps until an event is there or timeout_ns has passed (UINT64_MAX: no limit). May
 * return early. */
void sl_disk_wait(struct sl_disk *disk, uint64_t timeout_ns);

struct sl_disk_counters {
	uint64_t opens, open_errors, reads, read_bytes, read_errors, short_reads, submits;
	uint32_t in_flight_cnt; /* reads now */
};
void sl_disk_counters(const struct sl_disk *disk, struct sl_disk_counters *counters);

struct sl_disk_device_counters {
	uint64_t reads, read_bytes;
	uint64_t errors;        /* reads that failed, wrong sums included */
	uint64_t wrong_sums;    /* of them */
	uint32_t in_flight_cnt; /* reads now */
	bool failing;           /* the last read failed */
};
/* device_idx in [0, device_cnt) of the configuration. */
void sl_disk_device_counters(const struct sl_disk *disk, uint32_t device_idx,
			     struct sl_disk_device_counters *counters);

#endif
