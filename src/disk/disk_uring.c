/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring: made on the main thread, used by the worker's. It is created disabled, because with
 * IORING_SETUP_SINGLE_ISSUER the thread that enables a ring is the one that owns it: that is the
 * first that submits.
 *
 * IORING_SETUP_DEFER_TASKRUN: completions are worked off when the owner asks for them, not whenever
 * it enters the kernel, so they come in batches and nothing interrupts the cipher. The kernel says
 * by IORING_SQ_TASKRUN that there are some, so a turn of the loop without work makes no system
 * call.
 */
#include "config.h" /* _GNU_SOURCE: statx */

#include <errno.h>
#include <linux/time_types.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "disk/uring.h"

enum {
	BUFFERS_MAX = 4096,
	FILES_MAX = 65536,
	CQ_ENTRIES_MAX = 65536, /* the kernel's limit */
};

_Static_assert(BUFFERS_MAX + SL_DISK_OPENINGS_MAX + SL_DISK_CLOSES_CNT +
		       SL_DISK_WATCHES_MAX * (SL_DISK_WATCH_OPS_CNT + SL_DISK_WATCH_EVENTS_CNT) <=
		   CQ_ENTRIES_MAX,
	       "the completion queue has a place for everything in the kernel");
_Static_assert((uint64_t)BUFFERS_MAX *SL_BUFFER_BYTES <= UINT64_C(1) << 30,
	       "all buffers are one registered buffer, which the kernel limits to 1 GiB");

/* ---- names of operations ----------------------------------------------------------------------
 */

static uint64_t op_name(enum sl_disk_op_kind kind, uint32_t idx)
{
	return (uint64_t)kind << 32 | idx;
}

static enum sl_disk_op_kind op_kind(uint64_t name)
{
	return (enum sl_disk_op_kind)(name >> 32);
}

static uint32_t op_idx(uint64_t name)
{
	return (uint32_t)name;
}

/* ---- setup ------------------------------------------------------------------------------------
 */

static const char *ring_hint(int error)
{
	switch (error) {
	case -EPERM:
		return "it is forbidden: set the sysctl kernel.io_uring_disabled to 0, or allow "
		       "io_uring_setup, io_uring_enter and io_uring_register in the container's "
		       "seccomp profile";
	case -ENOSYS:
		return "the kernel has none (CONFIG_IO_URING), or a seccomp profile hides it: "
		       "allow io_uring_setup, io_uring_enter and io_uring_register";
	case -EINVAL:
		return "Linux 6.1 or later is needed";
	case -ENOMEM:
		return "raise the limit of locked memory (LimitMEMLOCK=, ulimit -l)";
	default:
		return "see io_uring_setup(2)";
	}
}

/* Commands take entries of twice the size, and so then do all operations of the ring. */
static unsigned big_entries(const struct sl_disk *disk)
{
	for (uint32_t i = 0; i < disk->device_cnt; i++)
		if (disk->devices[i].namespace_id != 0)
			return IORING_SETUP_SQE128 | IORING_SETUP_CQE32;
	return 0;
}

static int make_ring(struct sl_disk *disk)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
			 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | big_entries(disk),
	};
	int error;

	disk->kernel_max = disk->buffer_cnt + SL_DISK_OPENINGS_MAX + SL_DISK_CLOSES_CNT +
			   SL_DISK_WATCHES_MAX * SL_DISK_WATCH_OPS_CNT;
	params.cq_entries = disk->kernel_max + SL_DISK_WATCHES_MAX * SL_DISK_WATCH_EVENTS_CNT;
	if (params.cq_entries < SL_DISK_SQ_ENTRIES)
		params.cq_entries = SL_DISK_SQ_ENTRIES;
	error = io_uring_queue_init_params(SL_DISK_SQ_ENTRIES, &disk->ring, &params);
	if (error < 0) {
		sl_error("io_uring: cannot be set up: %s; %s", strerror(-error), ring_hint(error));
		return error;
	}
	disk->ring_made = true;
	return 0;
}

/* Files that will be opened, then devices, which are open. */
static int register_files(struct sl_disk *disk)
{
	uint32_t total_cnt = disk->file_cnt + disk->device_cnt;
	int error = io_uring_register_files_sparse(&disk->ring, total_cnt), fds[SL_DEVICES_MAX];

	if (error < 0) {
		sl_error("io_uring: cannot make a table of %u files: %s; raise the limit of open "
			 "files to that (LimitNOFILE=, ulimit -n)",
			 total_cnt, strerror(-error));
		return error;
	}
	for (uint32_t i = 0; i < disk->device_cnt; i++)
		fds[i] = disk->devices[i].read_fd;
	if (disk->device_cnt > 0)
		error = io_uring_register_files_update(&disk->ring, disk->file_cnt, fds,
						       disk->device_cnt);
	if (error < 0)
		sl_error("io_uring: cannot register %u devices: %s", disk->device_cnt,
			 strerror(-error));
	return error < 0 ? error : 0;
}

static int register_buffers(struct sl_disk *disk, struct sl_arena *arena)
{
	size_t len_bytes = (size_t)disk->buffer_cnt * SL_BUFFER_BYTES;
	struct iovec iovec;
	int error;

	disk->memory = sl_arena_carve(arena, len_bytes, SL_DISK_BUFFER_ALIGN_BYTES);
	if (!disk->memory) {
		sl_error("disk: the arena of %zu bytes has no room for %u buffers of %d bytes",
			 arena->size_bytes, disk->buffer_cnt, SL_BUFFER_BYTES);
		return -ENOMEM;
	}
	iovec = (struct iovec){ .iov_base = disk->memory, .iov_len = len_bytes };
	error = io_uring_register_buffers(&disk->ring, &iovec, 1);
	if (error < 0)
		sl_error("io_uring: cannot register %zu bytes of disk buffers: %s; raise the limit "
			 "of locked memory (LimitMEMLOCK=, ulimit -l)",
			 len_bytes, strerror(-error));
	return error < 0 ? error : 0;
}

static int make_tables(struct sl_disk *disk)
{
	disk->pending_max = SL_DISK_OPENINGS_MAX + disk->file_cnt + disk->buffer_cnt +
			    SL_DISK_WATCHES_MAX * SL_DISK_WATCH_OPS_CNT;
	disk->pending = sl_alloc(disk->pending_max, sizeof(*disk->pending));
	disk->waiting = sl_alloc(disk->file_cnt, sizeof(*disk->waiting));
	disk->openings = sl_alloc(SL_DISK_OPENINGS_MAX, sizeof(*disk->openings));
	disk->files = sl_alloc(disk->file_cnt, sizeof(*disk->files));
	disk->readings = sl_alloc(disk->buffer_cnt, sizeof(*disk->readings));
	if (!disk->pending || !disk->waiting || !disk->openings || !disk->files || !disk->readings)
		return -ENOMEM;
	if (sl_pool_init(&disk->opening_pool, SL_DISK_OPENINGS_MAX) < 0 ||
	    sl_pool_init(&disk->file_pool, disk->file_cnt) < 0 ||
	    sl_pool_init(&disk->buffer_pool, disk->buffer_cnt) < 0)
		return -ENOMEM;
	return 0;
}

int sl_disk_open(struct sl_disk **disk_out, const struct sl_disk_config *config,
		 struct sl_arena *arena)
{
	struct sl_disk *disk = sl_alloc(1, sizeof(*disk));
	int error;

	BUG_ON(config->buffer_cnt == 0 || config->buffer_cnt > BUFFERS_MAX);
	BUG_ON(config->file_cnt == 0 || config->file_cnt > FILES_MAX);
	BUG_ON(config->device_cnt > SL_DEVICES_MAX);
	if (!disk)
		goto no_memory;
	disk->root_fd = disk->self_fd = -1;
	disk->buffer_cnt = config->buffer_cnt;
	disk->file_cnt = config->file_cnt;
	disk->devices = config->devices;
	disk->device_cnt = config->device_cnt;
	disk->lane_max = sl_disk_lane_share(config);

	error = config->root ? sl_disk_root_open(config->root, &disk->root_fd) : 0;
	if (error == 0)
		error = sl_disk_self_open(&disk->self_fd);
	if (error == 0)
		error = make_ring(disk);
	if (error == 0)
		error = register_files(disk);
	if (error == 0)
		error = register_buffers(disk, arena);
	if (error < 0)
		goto fail;
	if (make_tables(disk) < 0)
		goto no_memory;
	*disk_out = disk;
	return 0;

no_memory:
	error = -ENOMEM;
	sl_error("disk: no memory for %u files and %u buffers", config->file_cnt,
		 config->buffer_cnt);
fail:
	sl_disk_close(disk);
	return error;
}

int sl_disk_watch(struct sl_disk *disk, int fd, uint64_t cookie)
{
	if (disk->watch_cnt == SL_DISK_WATCHES_MAX)
		return -ENOSPC;
	disk->watches[disk->watch_cnt] = (struct sl_disk_watch){ .fd = fd, .cookie = cookie };
	sl_disk_start(disk, SL_DISK_OP_WATCH, disk->watch_cnt++);
	return 0;
}

/* The kernel would keep the old descriptor's file for as long as it is watched. In this order: the
 * removal goes by the name, which is the new watch's, too. */
void sl_disk_rewatch(struct sl_disk *disk, int fd, uint64_t cookie)
{
	uint32_t idx = 0;

	while (idx < disk->watch_cnt && disk->watches[idx].cookie != cookie)
		idx++;
	BUG_ON(idx == disk->watch_cnt);
	disk->watches[idx].fd = fd;
	sl_disk_start(disk, SL_DISK_OP_UNWATCH, idx);
	sl_disk_start(disk, SL_DISK_OP_WATCH, idx);
}

/* ---- towards the kernel -----------------------------------------------------------------------
 */

void sl_disk_start(struct sl_disk *disk, enum sl_disk_op_kind kind, uint32_t idx)
{
	BUG_ON(disk->pending_cnt == disk->pending_max);
	disk->pending[(disk->pending_first + disk->pending_cnt) % disk->pending_max] =
	    op_name(kind, idx);
	disk->pending_cnt++;
}

static void prepare(struct sl_disk *disk, uint64_t name, struct io_uring_sqe *sqe)
{
	uint32_t idx = op_idx(name);

	switch (op_kind(name)) {
	case SL_DISK_OP_OPENING:
		sl_disk_opening_prepare(disk, idx, sqe);
		break;
	case SL_DISK_OP_CLOSING:
		sl_disk_closing_prepare(idx, sqe);
		break;
	case SL_DISK_OP_READING:
		sl_disk_reading_prepare(disk, idx, sqe);
		break;
	case SL_DISK_OP_WATCH:
		io_uring_prep_poll_multishot(sqe, disk->watches[idx].fd, POLLIN);
		break;
	case SL_DISK_OP_UNWATCH:
		io_uring_prep_poll_remove(sqe, op_name(SL_DISK_OP_WATCH, idx));
		break;
	}
	io_uring_sqe_set_data64(sqe, name);
}

/* Moves what is pending into the submission queue. What does not fit stays: because too much is in
 * the kernel already, or because the kernel has no memory for more just now. */
static void queue(struct sl_disk *disk)
{
	while (disk->pending_cnt > 0 && disk->kernel_cnt < disk->kernel_max) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&disk->ring);

		if (!sqe) {
			disk->counters.submits++;
			io_uring_submit(&disk->ring);
			sqe = io_uring_get_sqe(&disk->ring);
		}
		if (!sqe)
			return;
		prepare(disk, disk->pending[disk->pending_first], sqe);
		disk->pending_first = (disk->pending_first + 1) % disk->pending_max;
		disk->pending_cnt--;
		disk->kernel_cnt++;
	}
}

/* The calling thread becomes the ring's owner. */
static void enable(struct sl_disk *disk)
{
	/* liburing 2.3 declares io_uring_enable_rings, but does not export it. */
	int error =
	    io_uring_register((unsigned)disk->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);

	BUG_ON(error < 0);
	disk->enabled = true;
}

static bool has_deferred_work(const struct sl_disk *disk)
{
	return IO_URING_READ_ONCE(*disk->ring.sq.kflags) &
	       (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

void sl_disk_submit(struct sl_disk *disk)
{
	if (unlikely(!disk->enabled))
		enable(disk);
	queue(disk);
	if (io_uring_sq_ready(&disk->ring) == 0 && !has_deferred_work(disk))
		return;
	/* Failure leaves all in the queue for the next turn. */
	disk->counters.submits++;
	io_uring_submit_and_get_events(&disk->ring);
}

void sl_disk_wait(struct sl_disk *disk, uint64_t timeout_ns)
{
	struct __kernel_timespec timeout = {
		.tv_sec = (int64_t)(timeout_ns / SL_NS_PER_S),
		.tv_nsec = (long long)(timeout_ns % SL_NS_PER_S),
	};
	struct io_uring_cqe *cqe;

	if (unlikely(!disk->enabled))
		enable(disk);
	queue(disk);
	disk->counters.submits++;
	io_uring_submit_and_wait_timeout(&disk->ring, &cqe, 1,
					 timeout_ns == UINT64_MAX ? NULL : &timeout, NULL);
}

/* ---- from the kernel --------------------------------------------------------------------------
 */

/* A watch that the kernel ends is armed again, unless it failed: then the event says so. */
static bool complete_watch(struct sl_disk *disk, uint32_t watch_idx, int result, bool more,
			   struct sl_disk_event *event)
{
	*event = (struct sl_disk_event){
		.kind = SL_DISK_WOKEN,
		.error = result < 0 ? result : 0,
		.cookie = disk->watches[watch_idx].cookie,
	};
	if (!more && result >= 0)
		sl_disk_start(disk, SL_DISK_OP_WATCH, watch_idx);
	return true;
}

/* True if there is an event. */
static bool complete(struct sl_disk *disk, const struct io_uring_cqe *cqe,
		     struct sl_disk_event *event)
{
	uint64_t name = io_uring_cqe_get_data64(cqe);
	bool more = cqe->flags & IORING_CQE_F_MORE;

	if (!more)
		disk->kernel_cnt--;
	switch (op_kind(name)) {
	case SL_DISK_OP_OPENING:
		return sl_disk_opening_complete(disk, op_idx(name), cqe->res, event);
	case SL_DISK_OP_CLOSING:
		sl_disk_closing_complete(disk, op_idx(name), cqe->res);
		return false;
	case SL_DISK_OP_READING:
		return sl_disk_reading_complete(disk, op_idx(name), cqe->res, event);
	case SL_DISK_OP_WATCH:
		return complete_watch(disk, op_idx(name), cqe->res, more, event);
	case SL_DISK_OP_UNWATCH:
		return false;
	}
	BUG_ON(true);
}

uint32_t sl_disk_reap(struct sl_disk *disk, struct sl_disk_event *events, uint32_t max_cnt)
{
	uint32_t event_cnt = 0, cqe_cnt = 0;
	struct io_uring_cqe *cqe;
	unsigned head;

	io_uring_for_each_cqe(&disk->ring, head, cqe)
	{
		if (event_cnt == max_cnt)
			break;
		if (complete(disk, cqe, &events[event_cnt]))
			event_cnt++;
		cqe_cnt++;
	}
	io_uring_cq_advance(&disk->ring, cqe_cnt);
	return event_cnt;
}

void sl_disk_counters(const struct sl_disk *disk, struct sl_disk_counters *counters)
{
	*counters = disk->counters;
}

void sl_disk_device_counters(const struct sl_disk *disk, uint32_t device_idx,
			     struct sl_disk_device_counters *counters)
{
	BUG_ON(device_idx >= disk->device_cnt);
	*counters = disk->device_counters[device_idx];
	counters->in_flight_cnt = disk->lane_cnts[1 + device_idx];
}

/* ---- teardown ---------------------------------------------------------------------------------
 */

static bool is_idle(const struct sl_disk *disk)
{
	return disk->counters.in_flight_cnt == 0 && disk->closing_cnt == 0 &&
	       disk->waiting_cnt == 0 && sl_pool_used(&disk->opening_pool) == 0;
}

/* The kernel writes into buffers and records until the last operation has ended. If the owner was
 * another thread, it has ended (-EEXIST), and the kernel waited for them then. */
static void drain(struct sl_disk *disk)
{
	struct sl_disk_event event;

	while (!is_idle(disk)) {
		int result;

		queue(disk);
		result = io_uring_submit_and_wait(&disk->ring, 1);
		if (result < 0 && result != -EINTR && result != -EAGAIN)
			return;
		while (sl_disk_reap(disk, &event, 1) > 0)
			;
	}
}

void sl_disk_close(struct sl_disk *disk)
{
	if (!disk)
		return;
	if (disk->enabled)
		drain(disk);
	if (disk->ring_made)
		io_uring_queue_exit(&disk->ring);
	if (disk->self_fd >= 0)
		close(disk->self_fd);
	if (disk->root_fd >= 0)
		close(disk->root_fd);
	sl_pool_fini(&disk->buffer_pool);
	sl_pool_fini(&disk->file_pool);
	sl_pool_fini(&disk->opening_pool);
	sl_free(disk->readings);
	sl_free(disk->files);
	sl_free(disk->openings);
	sl_free(disk->waiting);
	sl_free(disk->pending);
	sl_free(disk);
}
