/* SPDX-License-Identifier: BSD-2-Clause */
#include "pipeline_disk.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "base/pool.h"

enum { ALIGN_BYTES = 4096, OPS = 8192 };

struct op {
	uint64_t ready_ns;
	struct sl_disk_event event;
};

struct sl_disk {
	struct sl_disk_config config;
	struct sl_pool buffers, files;
	uint8_t *memory;       /* buffer_cnt * SL_BUFFER_BYTES */
	uint32_t *off_aligned; /* where in it each buffer is now, in units of ALIGN_BYTES */
	uint32_t next_off;
	struct op *ops; /* in order: every read takes as long */
	uint32_t started_cnt, done_cnt;
	struct sl_disk_counters counters;
};

static struct pipeline_disk_options options;
static struct sl_disk *the_disk;
static uint64_t now_ns;

void pipeline_disk_configure(const struct pipeline_disk_options *wanted)
{
	options = *wanted;
}

void pipeline_disk_set_now(uint64_t ns)
{
	now_ns = ns;
}

uint64_t pipeline_disk_next_ns(void)
{
	if (the_disk->done_cnt == the_disk->started_cnt)
		return UINT64_MAX;
	return the_disk->ops[the_disk->done_cnt % OPS].ready_ns;
}

static void fill(uint8_t *memory, size_t len_bytes)
{
	uint64_t word = 1;

	for (size_t i = 0; i < ALIGN_BYTES; i++) {
		word = word * UINT64_C(6364136223846793005) + 1442695040888963407u;
		memory[i] = (uint8_t)(word >> 56);
	}
	for (size_t off = ALIGN_BYTES; off < len_bytes; off += ALIGN_BYTES)
		memcpy(memory + off, memory, ALIGN_BYTES);
}

int sl_disk_open(struct sl_disk **out, const struct sl_disk_config *config, struct sl_arena *arena)
{
	struct sl_disk *disk = sl_alloc(1, sizeof(*disk));
	size_t bytes = (size_t)config->buffer_cnt * SL_BUFFER_BYTES;

	BUG_ON(!disk || the_disk);
	disk->config = *config;
	disk->memory = sl_arena_carve(arena, bytes, SL_DISK_BUFFER_ALIGN_BYTES);
	disk->off_aligned = sl_alloc(config->buffer_cnt, sizeof(*disk->off_aligned));
	disk->ops = sl_alloc(OPS, sizeof(*disk->ops));
	BUG_ON(!disk->memory || !disk->off_aligned || !disk->ops);
	BUG_ON(sl_pool_init(&disk->buffers, config->buffer_cnt));
	BUG_ON(sl_pool_init(&disk->files, config->file_cnt));
	fill(disk->memory, bytes);
	*out = the_disk = disk;
	return 0;
}

void sl_disk_close(struct sl_disk *disk)
{
	if (!disk)
		return;
	sl_pool_fini(&disk->files);
	sl_pool_fini(&disk->buffers);
	sl_free(disk->ops);
	sl_free(disk->off_aligned);
	sl_free(disk);
	the_disk = NULL;
}

bool sl_disk_take(struct sl_disk *disk, struct sl_disk_buffer *buffer)
{
	return sl_pool_take(&disk->buffers, &buffer->idx);
}

void sl_disk_give(struct sl_disk *disk, struct sl_disk_buffer buffer)
{
	sl_pool_give(&disk->buffers, buffer.idx);
}

uint8_t *sl_disk_memory(struct sl_disk *disk, struct sl_disk_buffer buffer)
{
	return disk->memory + (size_t)disk->off_aligned[buffer.idx] * ALIGN_BYTES;
}

uint32_t sl_disk_free_buffers(const struct sl_disk *disk)
{
	return disk->buffers.free_cnt;
}

static struct sl_disk_event *start(struct sl_disk *disk, uint64_t cookie)
{
	struct op *op = &disk->ops[disk->started_cnt++ % OPS];

	BUG_ON(disk->started_cnt - disk->done_cnt > OPS);
	*op = (struct op){ .ready_ns = now_ns + options.latency_ns, .event.cookie = cookie };
	return &op->event;
}

void sl_disk_open_file(struct sl_disk *disk, const char *path, uint64_t cookie)
{
	struct sl_disk_event *event = start(disk, cookie);

	(void)path;
	event->kind = SL_DISK_OPENED;
	event->info = (struct sl_disk_info){
		.size_bytes = options.file_bytes,
		.ino = 1,
		.dev = 1,
		.align_bytes = ALIGN_BYTES,
	};
	disk->counters.opens++;
	if (!sl_pool_take(&disk->files, &event->file.idx))
		event->error = -24; /* EMFILE */
}

int sl_disk_open_object(struct sl_disk *disk, const struct sl_disk_layout *layout,
			struct sl_disk_file *file, uint32_t *align_bytes)
{
	BUG_ON(layout->size_bytes != options.file_bytes);
	*align_bytes = ALIGN_BYTES;
	return sl_pool_take(&disk->files, &file->idx) ? 0 : -24; /* EMFILE */
}

uint32_t sl_disk_lane(const struct sl_disk *disk, struct sl_disk_file file, uint64_t off_bytes)
{
	(void)disk;
	(void)file;
	(void)off_bytes;
	return 0;
}

bool sl_disk_lane_full(const struct sl_disk *disk, uint32_t lane_idx)
{
	(void)disk;
	(void)lane_idx;
	return false;
}

void sl_disk_device_counters(const struct sl_disk *disk, uint32_t device_idx,
			     struct sl_disk_device_counters *counters)
{
	BUG_ON(device_idx >= disk->config.device_cnt);
	*counters = (struct sl_disk_device_counters){ .reads = disk->counters.reads };
}

void sl_disk_close_file(struct sl_disk *disk, struct sl_disk_file file)
{
	sl_pool_give(&disk->files, file.idx);
}

/* Where the device writes next. */
static uint32_t place(struct sl_disk *disk, struct sl_disk_buffer buffer, uint32_t len_bytes)
{
	uint32_t ring = disk->config.buffer_cnt * (SL_BUFFER_BYTES / ALIGN_BYTES);
	uint32_t len = (len_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES, off;

	if (options.in_place)
		return buffer.idx * (SL_BUFFER_BYTES / ALIGN_BYTES);
	if (disk->next_off + len > ring)
		disk->next_off = 0;
	off = disk->next_off;
	disk->next_off += len;
	return off;
}

void sl_disk_read(struct sl_disk *disk, struct sl_disk_file file, struct sl_disk_buffer buffer,
		  uint64_t off_bytes, uint32_t len_bytes, uint64_t cookie)
{
	struct sl_disk_event *event = start(disk, cookie);
	uint64_t left_bytes = options.file_bytes - off_bytes;

	BUG_ON(off_bytes % ALIGN_BYTES != 0 || off_bytes >= options.file_bytes);
	disk->off_aligned[buffer.idx] = place(disk, buffer, len_bytes);
	event->kind = SL_DISK_READ;
	event->file = file;
	event->buffer = buffer;
	event->done_bytes = left_bytes < len_bytes ? (uint32_t)left_bytes : len_bytes;
	disk->counters.reads++;
	disk->counters.read_bytes += event->done_bytes;
	disk->counters.in_flight_cnt++;
}

uint32_t sl_disk_reap(struct sl_disk *disk, struct sl_disk_event *events, uint32_t max_cnt)
{
	uint32_t cnt = 0;

	while (cnt < max_cnt && disk->done_cnt != disk->started_cnt &&
	       disk->ops[disk->done_cnt % OPS].ready_ns <= now_ns) {
		events[cnt] = disk->ops[disk->done_cnt++ % OPS].event;
		disk->counters.in_flight_cnt -= events[cnt].kind == SL_DISK_READ;
		cnt++;
	}
	return cnt;
}

void sl_disk_submit(struct sl_disk *disk)
{
	disk->counters.submits++;
}

int sl_disk_watch(struct sl_disk *disk, int fd, uint64_t cookie)
{
	(void)disk;
	(void)fd;
	(void)cookie;
	return 0;
}

void sl_disk_wait(struct sl_disk *disk, uint64_t timeout_ns)
{
	(void)disk;
	(void)timeout_ns;
	BUG_ON(true); /* the benchmark drives the turns */
}

void sl_disk_counters(const struct sl_disk *disk, struct sl_disk_counters *counters)
{
	*counters = disk->counters;
}
