/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_disk.h"

#include <string.h>

#include "base/bug.h"

void sl_disk_open_file(struct sl_disk *disk, const char *path, uint64_t cookie)
{
	BUG_ON(disk->open_cnt == FAKE_OPENS_MAX);
	disk->opens[disk->open_cnt].path = path;
	disk->opens[disk->open_cnt].cookie = cookie;
	disk->open_cnt++;
	disk->opens_total_cnt++;
}

int sl_disk_open_object(struct sl_disk *disk, const struct sl_disk_layout *layout,
			struct sl_disk_file *file, uint32_t *align_bytes)
{
	if (disk->object_error < 0)
		return disk->object_error;
	file->idx = 0;
	while (disk->files[file->idx])
		file->idx++;
	BUG_ON(file->idx >= FAKE_FILES_MAX);
	disk->files[file->idx] = true;
	disk->file_cnt++;
	disk->layout = *layout;
	*align_bytes = 4096;
	return 0;
}

void sl_disk_close_file(struct sl_disk *disk, struct sl_disk_file file)
{
	BUG_ON(!disk->files[file.idx]);
	disk->files[file.idx] = false;
	disk->file_cnt--;
}

static struct sl_disk_event oldest(struct sl_disk *disk)
{
	struct sl_disk_event event = { .kind = SL_DISK_OPENED };

	BUG_ON(disk->open_cnt == 0);
	event.cookie = disk->opens[0].cookie;
	disk->open_cnt--;
	memmove(&disk->opens[0], &disk->opens[1], disk->open_cnt * sizeof(disk->opens[0]));
	return event;
}

struct sl_disk_event fake_disk_succeed(struct sl_disk *disk, uint64_t ino, uint64_t size_bytes,
				       int64_t mtime_ns)
{
	struct sl_disk_event event = oldest(disk);

	while (disk->files[event.file.idx])
		event.file.idx++;
	BUG_ON(event.file.idx >= FAKE_FILES_MAX);
	disk->files[event.file.idx] = true;
	disk->file_cnt++;
	event.info = (struct sl_disk_info){
		.ino = ino,
		.dev = 1,
		.size_bytes = size_bytes,
		.mtime_ns = mtime_ns,
		.align_bytes = 512,
	};
	return event;
}

struct sl_disk_event fake_disk_fail(struct sl_disk *disk, int error)
{
	struct sl_disk_event event = oldest(disk);

	event.error = error;
	return event;
}
