/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the room: one io_uring and what is under way in it. Nobody else includes this.
 *
 *   sl_disk_open_file ──► waiting ──► openings[] ──┐
 *   sl_disk_close_file ─────────────► files[] ─────┼──► pending ──► SQ ──► kernel ──► CQ ──┐
 *   sl_disk_read ───────────────────► readings[] ──┤       ▲                               │
 *   sl_disk_watch ──────────────────► watches[] ───┘       └── next stage, rest, again ────┤
 *                                                                                          ▼
 *                                                                           event ◄── sl_disk_reap
 *
 * An operation is named by its kind and the index of its record; that name is its user_data. It is
 * pending, in the kernel or neither, so a ring with a place for every record never overflows, and
 * nothing is lost when the submission queue is full or the kernel is short of memory: it just stays
 * pending. No more than kernel_max are in the kernel, and the completion queue has a place for each
 * of them, so that it cannot overflow either.
 */
#ifndef SL_DISK_URING_H
#define SL_DISK_URING_H

#include <liburing.h>
#include <sys/stat.h>

#include "base/pool.h"
#include "disk/disk.h"

enum {
	/* Entries of the submission queue. A loop turn starts a few dozen operations; more are
	 * submitted in several batches. The queue is walked around and around, so a long one only
	 * takes room in the cache. */
	SL_DISK_SQ_ENTRIES = 256,

	/* Opens in the kernel at once; others wait. Each may keep a thread of the kernel's pool
	 * (no more than four a core) and has one descriptor of the process meanwhile. */
	SL_DISK_OPENINGS_MAX = 64,

	/* Closes that need not wait for other operations to complete. */
	SL_DISK_CLOSES_CNT = 64,

	/* NIC and control eventfd, and room to spare. */
	SL_DISK_WATCHES_MAX = 8,

	/* Operations of one watch at once, with a margin: the old one's last word, its removal, the
	 * new one. */
	SL_DISK_WATCH_OPS_CNT = 4,

	/* What a watch may say between two reaps. Should it say more, the kernel keeps it. */
	SL_DISK_WATCH_EVENTS_CNT = 8,

	/* How often an operation that ends in -EAGAIN or -EINTR is tried again. */
	SL_DISK_RETRIES_MAX = 8,

	SL_DISK_FD_TEXT_BYTES = 12,
};

enum sl_disk_op_kind {
	SL_DISK_OP_OPENING,
	SL_DISK_OP_CLOSING,
	SL_DISK_OP_READING,
	SL_DISK_OP_WATCH,
	SL_DISK_OP_UNWATCH,
};

/* The stages of an opening (opening.c says why there are so many). */
enum sl_disk_stage {
	SL_DISK_STAGE_REFUSED, /* no file is free */
	SL_DISK_STAGE_NAME,    /* path → descriptor without access to the data */
	SL_DISK_STAGE_STATX,
	SL_DISK_STAGE_FILE,    /* that descriptor → file in the ring's table */
	SL_DISK_STAGE_RELEASE, /* the descriptor is closed */
};

struct sl_disk_opening {
	enum sl_disk_stage stage;
	int error; /* as it will be reported */
	int name_fd;
	uint32_t file_idx;
	uint32_t retry_cnt;
	const char *path;
	uint64_t cookie;
	struct sl_disk_info info;
	char name_fd_text[SL_DISK_FD_TEXT_BYTES];
	struct statx statx;
};

struct sl_disk_waiting { /* for an opening to become free */
	const char *path;
	uint64_t cookie;
};

struct sl_disk_slot { /* of the ring's file table; an object's has no file there */
	bool open, is_object;
	uint32_t align_bytes;
	uint32_t reads_cnt;           /* in flight */
	uint64_t size_bytes;          /* when it was opened */
	struct sl_disk_layout layout; /* of an object */
};

enum sl_disk_owner {
	SL_DISK_OWNER_FREE,
	SL_DISK_OWNER_PUMP,
	SL_DISK_OWNER_DISK,
};

struct sl_disk_reading { /* one a buffer */
	enum sl_disk_owner owner;
	uint32_t file_idx;
	uint32_t len_bytes;
	uint32_t done_bytes; /* where the read in the kernel starts; aligned */
	uint32_t best_bytes; /* [0, best_bytes) of the buffer are the file's */
	uint32_t retry_cnt;
	uint32_t lane_idx;
	uint32_t device_idx;  /* of an object: where the piece in the kernel is read ... */
	uint32_t piece_bytes; /* ... and its length */
	uint8_t replica_idx;  /* of an object: which place is read first */
	bool is_second_try;   /* of an object: an error is final */
	uint64_t off_bytes;
	uint64_t cookie;
};

struct sl_disk_watch {
	int fd;
	uint64_t cookie;
};

struct sl_disk {
	struct io_uring ring;
	bool ring_made, enabled;
	int root_fd;
	int self_fd; /* /proc/self/fd */
	uint32_t file_cnt, buffer_cnt, watch_cnt;

	uint64_t *pending; /* a circle of pending_max */
	uint32_t pending_first, pending_cnt, pending_max;
	uint32_t kernel_cnt, kernel_max;

	struct sl_disk_waiting *waiting; /* a circle of file_cnt */
	uint32_t waiting_first, waiting_cnt;
	struct sl_disk_opening *openings;
	struct sl_pool opening_pool;

	struct sl_disk_slot *files;
	struct sl_pool file_pool;
	uint32_t closing_cnt;

	uint8_t
	    *memory; /* buffer_cnt * SL_BUFFER_BYTES, in the arena; fixed buffer 0 of the ring */
	struct sl_disk_reading *readings;
	struct sl_pool buffer_pool;

	const struct sl_device *devices; /* in the ring's table behind the files */
	uint32_t device_cnt;
	struct sl_disk_device_counters device_counters[SL_DEVICES_MAX];
	uint32_t lane_cnts[SL_DISK_LANES_MAX]; /* reads in flight */
	uint32_t lane_max;

	struct sl_disk_watch watches[SL_DISK_WATCHES_MAX];
	struct sl_disk_counters counters;
};

/* disk_uring.c: makes an operation pending. It must be neither pending nor in the kernel. */
void sl_disk_start(struct sl_disk *disk, enum sl_disk_op_kind kind, uint32_t idx);

/* Each kind of operation knows how to write its submission queue entry, and what follows from its
 * completion: true if that is an event. */
void sl_disk_opening_prepare(struct sl_disk *disk, uint32_t opening_idx, struct io_uring_sqe *sqe);
bool sl_disk_opening_complete(struct sl_disk *disk, uint32_t opening_idx, int result,
			      struct sl_disk_event *event);
void sl_disk_closing_prepare(uint32_t file_idx, struct io_uring_sqe *sqe);
void sl_disk_closing_complete(struct sl_disk *disk, uint32_t file_idx, int result);
void sl_disk_reading_prepare(struct sl_disk *disk, uint32_t buffer_idx, struct io_uring_sqe *sqe);
bool sl_disk_reading_complete(struct sl_disk *disk, uint32_t buffer_idx, int result,
			      struct sl_disk_event *event);

/* object.c. The piece of the object that the reading needs next: its submission queue entry. */
void sl_disk_object_prepare(struct sl_disk *disk, uint32_t buffer_idx, struct io_uring_sqe *sqe);

/* A piece of an object is there, or is not. True: the reading goes on, with the next piece or in
 * another place; else *result is what comes of it: bytes of the object or -errno. */
bool sl_disk_object_advance(struct sl_disk *disk, uint32_t buffer_idx, int *result);

/* Which place of the object a read at off_bytes goes to, in [0, replica_cnt), and its device. */
uint8_t sl_disk_object_choose(const struct sl_disk *disk, const struct sl_disk_layout *layout,
			      uint64_t off_bytes, uint32_t *device_idx);

/* opening.c. Openings that wait for a file or an opening get one, if there is. */
void sl_disk_admit(struct sl_disk *disk);

/* align.c. Alignment for direct reads of what was asked about, a power of two in [1,
 * SL_BUFFER_BYTES]; 0 if there is no way to read it past the page cache into our buffers. */
uint32_t sl_disk_align(const struct statx *statx);

/* What sl_disk_align and an opening want to know. */
enum { SL_DISK_STATX_MASK = STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_INO | STATX_DIOALIGN };

/* root.c. *root_fd and *self_fd are the caller's to close. Errors, each with its line in the log:
 * -ENOENT, -ENOTDIR, -EACCES, -EOPNOTSUPP, -errno. Setup only: openat, statx, getdents. */
int sl_disk_root_open(const char *path, int *root_fd);
int sl_disk_self_open(int *self_fd);

#endif
