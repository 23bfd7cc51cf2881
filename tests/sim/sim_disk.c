/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_disk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "base/minmax.h"
#include "base/pool.h"
#include "sim_clock.h"
#include "sim_random.h"
#include "sim_trace.h"

#define OP_NONE UINT32_MAX

enum {
	KIB_BYTES = 1024,
	RUBBISH = 0xa5,
};

struct file {
	char name[SL_SIM_NAME_MAX_BYTES]; /* "": has none */
	uint32_t open_cnt;
	uint64_t seed;
	const uint8_t *bytes; /* NULL: content comes from seed */
	uint64_t size_bytes, ino;
	int64_t mtime_ns;
	uint64_t overwrites_off[SL_SIM_OVERWRITES_MAX];
	uint32_t overwrite_cnt;
	int open_error, read_error;
	uint32_t open_error_cnt, read_error_cnt, short_cnt;
};

struct handle {
	struct file *file; /* NULL: closed, or an object */
	struct sl_disk_layout layout;
	bool is_object;
	uint32_t reads_cnt;
	uint32_t align_bytes;
};

enum owner { OWNER_FREE, OWNER_PUMP, OWNER_DISK };

struct op {
	enum sl_disk_kind kind;
	uint32_t next_idx;
	uint64_t ready_ns, cookie;
	const char *path; /* OPENED */
	uint32_t handle_idx, buffer_idx, len_bytes, lane_idx;
	uint64_t off_bytes;
};

struct device {
	struct sl_disk_device_counters counters;
	uint32_t error_cnt;
	uint64_t stalled_until_ns;
};

struct sl_disk {
	struct sl_sim_disk_options options;
	uint32_t file_cnt, buffer_cnt;
	struct file *files;
	uint64_t next_ino;
	struct handle *handles;
	struct sl_pool handle_pool;
	uint8_t *memory;
	enum owner *owners;
	struct sl_pool buffer_pool;
	struct op *ops;
	struct sl_pool op_pool;
	uint32_t started_idx, started_last_idx; /* not submitted yet, in order */
	uint32_t under_way_idx;                 /* the next to be ready first */
	uint32_t opens_cnt;                     /* under way or not submitted yet */
	uint64_t stalled_until_ns;
	const struct sl_device *sources;
	struct device devices[SL_DEVICES_MAX];
	uint32_t device_cnt;
	uint32_t lane_cnts[SL_DISK_LANES_MAX], lane_max;
	struct sl_disk_counters counters;
};

/* ---- files ------------------------------------------------------------------------------------
 */

void sl_sim_disk_content(uint64_t seed, uint64_t off_bytes, uint8_t *out, size_t len_bytes)
{
	while (len_bytes > 0) {
		uint64_t word = sl_sim_random_mix(seed + sl_sim_random_mix(off_bytes / 8 + 1));
		size_t skip_bytes = off_bytes % 8;
		size_t part_bytes = 8 - skip_bytes < len_bytes ? 8 - skip_bytes : len_bytes;

		memcpy(out, (uint8_t *)&word + skip_bytes, part_bytes);
		out += part_bytes;
		off_bytes += part_bytes;
		len_bytes -= part_bytes;
	}
}

/* Each overwriting turns another bit of every byte behind its place. */
static void read_file(const struct file *file, uint64_t off_bytes, uint8_t *out, size_t len_bytes)
{
	if (file->bytes)
		memcpy(out, file->bytes + off_bytes, len_bytes);
	else
		sl_sim_disk_content(file->seed, off_bytes, out, len_bytes);
	for (uint32_t i = 0; i < file->overwrite_cnt; i++) {
		uint64_t from_off = file->overwrites_off[i];

		for (size_t j = from_off > off_bytes ? from_off - off_bytes : 0; j < len_bytes; j++)
			out[j] ^= (uint8_t)(1 << i);
	}
}

static struct file *find(struct sl_disk *disk, const char *name)
{
	for (int i = 0; i < SL_SIM_FILES_MAX; i++) {
		if (disk->files[i].name[0] && strcmp(disk->files[i].name, name) == 0)
			return &disk->files[i];
	}
	return NULL;
}

static struct file *must_find(struct sl_disk *disk, const char *name)
{
	struct file *file = find(disk, name);

	BUG_ON(!file);
	return file;
}

static void touch(struct file *file)
{
	file->mtime_ns =
	    sl_clock_wall_s() * (int64_t)SL_NS_PER_S + (int64_t)(sl_clock_now_ns() % SL_NS_PER_S);
}

static struct file *add(struct sl_disk *disk, const char *name, uint64_t size_bytes)
{
	struct file *old = find(disk, name), *file = NULL;

	BUG_ON(name[0] == '\0' || strlen(name) >= SL_SIM_NAME_MAX_BYTES);
	if (old)
		old->name[0] = '\0';
	for (int i = 0; i < SL_SIM_FILES_MAX && !file; i++) {
		if (!disk->files[i].name[0] && disk->files[i].open_cnt == 0)
			file = &disk->files[i];
	}
	BUG_ON(!file);
	*file = (struct file){ .size_bytes = size_bytes, .ino = disk->next_ino++ };
	memcpy(file->name, name, strlen(name) + 1);
	touch(file);
	return file;
}

void sl_sim_disk_add(struct sl_disk *disk, const char *name, uint64_t seed, uint64_t size_bytes)
{
	add(disk, name, size_bytes)->seed = seed;
}

void sl_sim_disk_add_bytes(struct sl_disk *disk, const char *name, const void *bytes,
			   uint64_t size_bytes)
{
	add(disk, name, size_bytes)->bytes = bytes;
}

void sl_sim_disk_remove(struct sl_disk *disk, const char *name)
{
	must_find(disk, name)->name[0] = '\0';
}

void sl_sim_disk_overwrite(struct sl_disk *disk, const char *name, uint64_t off_bytes)
{
	struct file *file = must_find(disk, name);

	BUG_ON(file->overwrite_cnt == SL_SIM_OVERWRITES_MAX);
	file->overwrites_off[file->overwrite_cnt++] = off_bytes;
	touch(file);
}

void sl_sim_disk_cut(struct sl_disk *disk, const char *name, uint64_t size_bytes)
{
	struct file *file = must_find(disk, name);

	BUG_ON(size_bytes > file->size_bytes);
	file->size_bytes = size_bytes;
	touch(file);
}

void sl_sim_disk_cut_at_most(struct sl_disk *disk, const char *name, uint64_t size_bytes)
{
	if (size_bytes < must_find(disk, name)->size_bytes)
		sl_sim_disk_cut(disk, name, size_bytes);
}

void sl_sim_disk_grow(struct sl_disk *disk, const char *name, uint64_t size_bytes)
{
	struct file *file = must_find(disk, name);

	BUG_ON(size_bytes < file->size_bytes || file->bytes);
	file->size_bytes = size_bytes;
	touch(file);
}

void sl_sim_disk_stall(struct sl_disk *disk, uint64_t until_ns)
{
	disk->stalled_until_ns = until_ns;
}

void sl_sim_disk_fail_opens(struct sl_disk *disk, const char *name, int error, uint32_t cnt)
{
	struct file *file = must_find(disk, name);

	file->open_error = error;
	file->open_error_cnt = cnt;
}

void sl_sim_disk_fail_reads(struct sl_disk *disk, const char *name, int error, uint32_t cnt)
{
	struct file *file = must_find(disk, name);

	file->read_error = error;
	file->read_error_cnt = cnt;
}

void sl_sim_disk_shorten_reads(struct sl_disk *disk, const char *name, uint32_t cnt)
{
	must_find(disk, name)->short_cnt = cnt;
}

/* ---- setup ------------------------------------------------------------------------------------
 */

int sl_disk_open(struct sl_disk **disk_out, const struct sl_disk_config *config,
		 struct sl_arena *arena)
{
	struct sl_disk *disk = sl_alloc(1, sizeof(*disk));

	BUG_ON(config->buffer_cnt == 0 || config->buffer_cnt > 4096);
	BUG_ON(config->file_cnt == 0 || config->file_cnt > 65536);
	if (!disk)
		return -ENOMEM;
	disk->options = SL_SIM_DISK_OPTIONS;
	disk->file_cnt = config->file_cnt;
	disk->buffer_cnt = config->buffer_cnt;
	disk->sources = config->devices;
	disk->device_cnt = config->device_cnt;
	disk->lane_max = sl_disk_lane_share(config);
	disk->next_ino = 1;
	disk->started_idx = disk->started_last_idx = disk->under_way_idx = OP_NONE;
	disk->files = sl_alloc(SL_SIM_FILES_MAX, sizeof(*disk->files));
	disk->handles = sl_alloc(disk->file_cnt, sizeof(*disk->handles));
	disk->owners = sl_alloc(disk->buffer_cnt, sizeof(*disk->owners));
	disk->ops = sl_alloc(disk->file_cnt + disk->buffer_cnt, sizeof(*disk->ops));
	disk->memory = sl_arena_carve(arena, (size_t)disk->buffer_cnt * SL_BUFFER_BYTES,
				      SL_DISK_BUFFER_ALIGN_BYTES);
	if (!disk->files || !disk->handles || !disk->owners || !disk->ops || !disk->memory ||
	    sl_pool_init(&disk->handle_pool, disk->file_cnt) < 0 ||
	    sl_pool_init(&disk->buffer_pool, disk->buffer_cnt) < 0 ||
	    sl_pool_init(&disk->op_pool, disk->file_cnt + disk->buffer_cnt) < 0) {
		sl_disk_close(disk);
		return -ENOMEM;
	}
	*disk_out = disk;
	return 0;
}

void sl_disk_close(struct sl_disk *disk)
{
	if (!disk)
		return;
	sl_pool_fini(&disk->op_pool);
	sl_pool_fini(&disk->buffer_pool);
	sl_pool_fini(&disk->handle_pool);
	sl_free(disk->ops);
	sl_free(disk->owners);
	sl_free(disk->handles);
	sl_free(disk->files);
	sl_free(disk);
}

void sl_sim_disk_options(struct sl_disk *disk, const struct sl_sim_disk_options *options)
{
	disk->options = *options;
}

/* ---- operations -------------------------------------------------------------------------------
 */

/* One more at the end of those that wait for sl_disk_submit. */
static struct op *start(struct sl_disk *disk, enum sl_disk_kind kind, uint64_t cookie)
{
	uint32_t idx;

	BUG_ON(!sl_pool_take(&disk->op_pool, &idx));
	disk->ops[idx] = (struct op){ .kind = kind, .cookie = cookie, .next_idx = OP_NONE };
	if (disk->started_idx == OP_NONE)
		disk->started_idx = idx;
	else
		disk->ops[disk->started_last_idx].next_idx = idx;
	disk->started_last_idx = idx;
	return &disk->ops[idx];
}

void sl_disk_open_file(struct sl_disk *disk, const char *path, uint64_t cookie)
{
	BUG_ON(disk->opens_cnt == disk->file_cnt);
	disk->opens_cnt++;
	disk->counters.opens++;
	start(disk, SL_DISK_OPENED, cookie)->path = path;
}

void sl_disk_close_file(struct sl_disk *disk, struct sl_disk_file file)
{
	struct handle *handle;

	BUG_ON(file.idx >= disk->file_cnt);
	handle = &disk->handles[file.idx];
	BUG_ON(!handle->file && !handle->is_object);
	BUG_ON(handle->reads_cnt > 0);
	if (handle->file)
		handle->file->open_cnt--;
	*handle = (struct handle){ .file = NULL };
	sl_pool_give(&disk->handle_pool, file.idx);
}

void sl_disk_read(struct sl_disk *disk, struct sl_disk_file file, struct sl_disk_buffer buffer,
		  uint64_t off_bytes, uint32_t len_bytes, uint64_t cookie)
{
	struct handle *handle;
	struct op *op;

	BUG_ON(file.idx >= disk->file_cnt);
	BUG_ON(buffer.idx >= disk->buffer_cnt);
	handle = &disk->handles[file.idx];
	BUG_ON(!handle->file && !handle->is_object);
	BUG_ON(disk->owners[buffer.idx] != OWNER_PUMP);
	BUG_ON(len_bytes == 0 || len_bytes > SL_BUFFER_BYTES);
	BUG_ON((off_bytes | len_bytes) & (handle->align_bytes - 1));

	disk->owners[buffer.idx] = OWNER_DISK;
	memset(sl_disk_memory(disk, buffer), RUBBISH, SL_BUFFER_BYTES);
	handle->reads_cnt++;
	disk->counters.reads++;
	disk->counters.in_flight_cnt++;
	op = start(disk, SL_DISK_READ, cookie);
	op->handle_idx = file.idx;
	op->buffer_idx = buffer.idx;
	op->off_bytes = off_bytes;
	op->len_bytes = len_bytes;
	op->lane_idx = sl_disk_lane(disk, file, off_bytes);
	disk->lane_cnts[op->lane_idx]++;
}

/* Exponential, roughly: one more mean with a chance of one in three, as often as it comes. */
static uint64_t spread_ns(const struct sl_sim_disk_options *options)
{
	uint64_t ns = options->read_ns;

	switch (options->spread) {
	case SL_SIM_DISK_EXPONENTIAL:
		ns = sl_sim_random_below(ns + 1);
		while (sl_sim_random_below(3) == 0)
			ns += options->read_ns;
		break;
	case SL_SIM_DISK_LONG_TAIL:
		ns = sl_sim_random_below(64) == 0 ? ns * 33 : ns / 2;
		break;
	default:
		break;
	}
	return ns;
}

static uint64_t duration_ns(struct sl_disk *disk, const struct op *op)
{
	const struct sl_sim_disk_options *options = &disk->options;
	uint64_t ns = options->open_ns;
	struct file *file;

	if (op->kind == SL_DISK_READ) {
		ns = spread_ns(options) +
		     (op->len_bytes + KIB_BYTES - 1) / KIB_BYTES * options->kib_ns;
		file = disk->handles[op->handle_idx].file;
		if (file && file->short_cnt > 0) {
			file->short_cnt--;
			disk->counters.short_reads++;
			ns *= 2;
		}
	}
	if (options->jitter_ns > 0)
		ns += sl_sim_random_below(options->jitter_ns + 1);
	return ns;
}

void sl_disk_submit(struct sl_disk *disk)
{
	if (disk->started_idx != OP_NONE)
		disk->counters.submits++;
	while (disk->started_idx != OP_NONE) {
		uint32_t idx = disk->started_idx;
		struct op *op = &disk->ops[idx];
		uint32_t *link = &disk->under_way_idx;

		disk->started_idx = op->next_idx;
		op->ready_ns = sl_clock_now_ns() + duration_ns(disk, op);
		if (op->lane_idx > 0)
			op->ready_ns =
			    max_u64(op->ready_ns, disk->devices[op->lane_idx - 1].stalled_until_ns);
		while (*link != OP_NONE && disk->ops[*link].ready_ns <= op->ready_ns)
			link = &disk->ops[*link].next_idx;
		op->next_idx = *link;
		*link = idx;
	}
	disk->started_last_idx = OP_NONE;
}

uint64_t sl_sim_disk_next_ns(const struct sl_disk *disk)
{
	uint64_t ready_ns;

	if (disk->under_way_idx == OP_NONE)
		return UINT64_MAX;
	ready_ns = disk->ops[disk->under_way_idx].ready_ns;
	return ready_ns > disk->stalled_until_ns ? ready_ns : disk->stalled_until_ns;
}

uint32_t sl_sim_disk_reads(const struct sl_disk *disk)
{
	return disk->op_pool.total_cnt - disk->op_pool.free_cnt;
}

/* ---- events -----------------------------------------------------------------------------------
 */

static bool leaves_root(const char *path)
{
	const char *dots = path;

	if (path[0] == '/')
		return true;
	while ((dots = strstr(dots, "..")) != NULL) {
		if ((dots == path || dots[-1] == '/') && (dots[2] == '/' || dots[2] == '\0'))
			return true;
		dots++;
	}
	return false;
}

static bool is_directory(const struct sl_disk *disk, const char *path)
{
	size_t len_bytes = strlen(path);

	for (int i = 0; i < SL_SIM_FILES_MAX; i++) {
		const char *name = disk->files[i].name;

		if (strncmp(name, path, len_bytes) == 0 && name[len_bytes] == '/')
			return true;
	}
	return false;
}

static int resolve(struct sl_disk *disk, const char *path, struct file **file)
{
	if (leaves_root(path))
		return -EXDEV;
	*file = find(disk, path);
	if (!*file)
		return is_directory(disk, path) ? -EISDIR : -ENOENT;
	if ((*file)->open_error_cnt > 0) {
		(*file)->open_error_cnt--;
		return (*file)->open_error;
	}
	return disk->handle_pool.free_cnt == 0 ? -EMFILE : 0;
}

static void finish_open(struct sl_disk *disk, const struct op *op, struct sl_disk_event *event)
{
	struct file *file;

	disk->opens_cnt--;
	event->error = resolve(disk, op->path, &file);
	if (event->error < 0) {
		disk->counters.open_errors++;
		return;
	}
	BUG_ON(!sl_pool_take(&disk->handle_pool, &event->file.idx));
	file->open_cnt++;
	disk->handles[event->file.idx] =
	    (struct handle){ .file = file, .align_bytes = disk->options.align_bytes };
	event->info = (struct sl_disk_info){
		.size_bytes = file->size_bytes,
		.ino = file->ino,
		.dev = 1,
		.mtime_ns = file->mtime_ns,
		.align_bytes = disk->options.align_bytes,
	};
}

/* ---- objects ----------------------------------------------------------------------------------
 */

static const struct sluice_store_extent *locate(const struct sl_disk_layout *layout,
						uint64_t off_bytes, uint64_t *extent_off_bytes)
{
	const struct sluice_store_extent *extent = layout->extents;

	for (; off_bytes >= extent->data_bytes; extent++)
		off_bytes -= extent->data_bytes;
	*extent_off_bytes = off_bytes;
	return extent;
}

int sl_disk_open_object(struct sl_disk *disk, const struct sl_disk_layout *layout,
			struct sl_disk_file *file, uint32_t *align_bytes)
{
	disk->counters.opens++;
	if (!sl_pool_take(&disk->handle_pool, &file->idx)) {
		disk->counters.open_errors++;
		return -EMFILE;
	}
	*align_bytes = layout->sums ? SLUICE_STORE_BLOCK_BYTES : SLUICE_STORE_PAGE_BYTES;
	disk->handles[file->idx] =
	    (struct handle){ .is_object = true, .layout = *layout, .align_bytes = *align_bytes };
	return 0;
}

/* The replica whose device has the fewest reads. */
uint32_t sl_disk_lane(const struct sl_disk *disk, struct sl_disk_file file, uint64_t off_bytes)
{
	const struct handle *handle = &disk->handles[file.idx];
	const struct sluice_store_extent *extent;
	uint32_t best_idx = 0;
	uint64_t extent_off_bytes;

	if (!handle->is_object)
		return 0;
	extent = locate(&handle->layout, off_bytes, &extent_off_bytes);
	for (uint32_t i = 0; i < handle->layout.replica_cnt; i++) {
		uint32_t lane_idx =
		    1 + handle->layout.first_device_idx + extent->places[i].device_idx;

		if (best_idx == 0 || disk->lane_cnts[lane_idx] < disk->lane_cnts[best_idx])
			best_idx = lane_idx;
	}
	return best_idx;
}

bool sl_disk_lane_full(const struct sl_disk *disk, uint32_t lane_idx)
{
	return disk->lane_cnts[lane_idx] >= disk->lane_max;
}

/* One place of one page; false: an error. */
static bool read_page(struct sl_disk *disk, const struct sl_disk_layout *layout, uint64_t off_bytes,
		      uint32_t replica_idx, uint8_t *out)
{
	uint64_t extent_off_bytes;
	const struct sluice_store_extent *extent = locate(layout, off_bytes, &extent_off_bytes);
	const struct sluice_store_place *place = &extent->places[replica_idx];
	uint32_t device_idx = layout->first_device_idx + place->device_idx;
	struct device *device = &disk->devices[device_idx];

	device->counters.reads++;
	if (device->error_cnt > 0) {
		device->error_cnt--;
		device->counters.errors++;
		device->counters.failing = true;
		return false;
	}
	device->counters.failing = false;
	return pread(disk->sources[device_idx].read_fd, out, SLUICE_STORE_PAGE_BYTES,
		     (off_t)(place->off_bytes + extent_off_bytes)) == SLUICE_STORE_PAGE_BYTES;
}

static void finish_object_read(struct sl_disk *disk, const struct op *op,
			       struct sl_disk_event *event)
{
	const struct sl_disk_layout *layout = &disk->handles[op->handle_idx].layout;
	uint64_t end_off = min_u64(op->off_bytes + op->len_bytes, layout->size_bytes);
	uint8_t *out = sl_disk_memory(disk, event->buffer);
	uint32_t replica_idx = 0, try_cnt = 0;

	for (uint64_t off = op->off_bytes; off < end_off;) {
		if (read_page(disk, layout, off, replica_idx, out + (off - op->off_bytes))) {
			off += SLUICE_STORE_PAGE_BYTES;
		} else if (try_cnt++ > 0) {
			event->error = -EIO;
			disk->counters.read_errors++;
			return;
		}
		if (try_cnt > 0)
			replica_idx = 1 % layout->replica_cnt;
	}
	event->done_bytes = (uint32_t)(end_off - op->off_bytes);
	disk->counters.read_bytes += event->done_bytes;
}

void sl_sim_disk_fail_device(struct sl_disk *disk, uint32_t device_idx, uint32_t cnt)
{
	BUG_ON(device_idx >= disk->device_cnt);
	disk->devices[device_idx].error_cnt = cnt;
}

void sl_sim_disk_stall_device(struct sl_disk *disk, uint32_t device_idx, uint64_t until_ns)
{
	BUG_ON(device_idx >= disk->device_cnt);
	disk->devices[device_idx].stalled_until_ns = until_ns;
}

void sl_disk_device_counters(const struct sl_disk *disk, uint32_t device_idx,
			     struct sl_disk_device_counters *counters)
{
	BUG_ON(device_idx >= disk->device_cnt);
	*counters = disk->devices[device_idx].counters;
	counters->in_flight_cnt = disk->lane_cnts[1 + device_idx];
}

static void finish_read(struct sl_disk *disk, const struct op *op, struct sl_disk_event *event)
{
	struct handle *handle = &disk->handles[op->handle_idx];
	struct file *file = handle->file;
	uint64_t left_bytes;

	event->buffer.idx = op->buffer_idx;
	disk->owners[op->buffer_idx] = OWNER_PUMP;
	handle->reads_cnt--;
	disk->counters.in_flight_cnt--;
	disk->lane_cnts[op->lane_idx]--;
	if (handle->is_object) {
		finish_object_read(disk, op, event);
		return;
	}
	left_bytes = op->off_bytes < file->size_bytes ? file->size_bytes - op->off_bytes : 0;
	if (file->read_error_cnt > 0) {
		file->read_error_cnt--;
		event->error = file->read_error;
		disk->counters.read_errors++;
		return;
	}
	event->done_bytes = left_bytes < op->len_bytes ? (uint32_t)left_bytes : op->len_bytes;
	disk->counters.read_bytes += event->done_bytes;
	if (event->done_bytes > 0)
		read_file(file, op->off_bytes, sl_disk_memory(disk, event->buffer),
			  event->done_bytes);
}

static void trace(const struct sl_disk_event *event)
{
	const int64_t what[] = { event->kind, event->error, event->done_bytes };

	sl_sim_trace(SL_SIM_TRACE_DISK, event->cookie, what, sizeof(what));
}

uint32_t sl_disk_reap(struct sl_disk *disk, struct sl_disk_event *events, uint32_t max_cnt)
{
	uint32_t cnt = 0;

	while (cnt < max_cnt && sl_sim_disk_next_ns(disk) <= sl_clock_now_ns()) {
		uint32_t idx = disk->under_way_idx;
		struct op *op = &disk->ops[idx];
		struct sl_disk_event *event = &events[cnt++];

		*event = (struct sl_disk_event){ .kind = op->kind, .cookie = op->cookie };
		if (op->kind == SL_DISK_OPENED)
			finish_open(disk, op, event);
		else
			finish_read(disk, op, event);
		trace(event);
		disk->under_way_idx = op->next_idx;
		sl_pool_give(&disk->op_pool, idx);
	}
	return cnt;
}

/* ---- the rest of the seam ---------------------------------------------------------------------
 */

bool sl_disk_take(struct sl_disk *disk, struct sl_disk_buffer *buffer)
{
	if (!sl_pool_take(&disk->buffer_pool, &buffer->idx))
		return false;
	disk->owners[buffer->idx] = OWNER_PUMP;
	return true;
}

void sl_disk_give(struct sl_disk *disk, struct sl_disk_buffer buffer)
{
	BUG_ON(buffer.idx >= disk->buffer_cnt);
	BUG_ON(disk->owners[buffer.idx] != OWNER_PUMP);
	disk->owners[buffer.idx] = OWNER_FREE;
	sl_pool_give(&disk->buffer_pool, buffer.idx);
}

uint8_t *sl_disk_memory(struct sl_disk *disk, struct sl_disk_buffer buffer)
{
	BUG_ON(buffer.idx >= disk->buffer_cnt);
	return disk->memory + (size_t)buffer.idx * SL_BUFFER_BYTES;
}

uint32_t sl_disk_free_buffers(const struct sl_disk *disk)
{
	return disk->buffer_pool.free_cnt;
}

void sl_disk_counters(const struct sl_disk *disk, struct sl_disk_counters *counters)
{
	*counters = disk->counters;
}

/* Nothing has a descriptor here: packets and messages of the simulation come by themselves. */
int sl_disk_watch(struct sl_disk *disk, int fd, uint64_t cookie)
{
	(void)disk, (void)fd, (void)cookie;
	return 0;
}

void sl_disk_wait(struct sl_disk *disk, uint64_t timeout_ns)
{
	(void)disk, (void)timeout_ns;
	BUG_ON("the simulation never sleeps");
}
