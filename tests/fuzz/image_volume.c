/* SPDX-License-Identifier: BSD-2-Clause */
#include "image_volume.h"

#include <errno.h>
#include <string.h>

#include "base/bug.h"
#include "store/foreign.h"
#include "store/volume.h"

struct sl_volume {
	const char *path;
	uint8_t *bytes;
};

uint8_t sl_image[IMAGE_CNT][IMAGE_BYTES];

static struct sl_volume volumes[IMAGE_CNT] = { { "0", sl_image[0] }, { "1", sl_image[1] } };

int sl_volume_open(struct sl_volume **volume, const char *path, enum sl_volume_mode mode)
{
	BUG_ON(mode != SL_VOLUME_READ);
	*volume = &volumes[path[0] - '0'];
	return 0;
}

void sl_volume_close(struct sl_volume *volume)
{
	(void)volume;
}

const char *sl_volume_path(const struct sl_volume *volume)
{
	return volume->path;
}

uint64_t sl_volume_bytes(const struct sl_volume *volume)
{
	(void)volume;
	return IMAGE_BYTES;
}

uint32_t sl_volume_align_bytes(const struct sl_volume *volume)
{
	(void)volume;
	return SLUICE_STORE_PAGE_BYTES;
}

int sl_volume_fd(const struct sl_volume *volume)
{
	(void)volume;
	return -1;
}

/* Beyond the end is a bug of the reader's: it has been told how much there is. */
int sl_volume_read(struct sl_volume *volume, uint64_t off_bytes, void *memory, uint64_t len_bytes)
{
	BUG_ON(off_bytes > IMAGE_BYTES);
	BUG_ON(len_bytes > IMAGE_BYTES - off_bytes);
	memcpy(memory, volume->bytes + off_bytes, len_bytes);
	return 0;
}

int sl_volume_write(struct sl_volume *volume, uint64_t off_bytes, const void *memory,
		    uint64_t len_bytes)
{
	(void)volume;
	(void)off_bytes;
	(void)memory;
	(void)len_bytes;
	return -EROFS;
}

int sl_volume_flush(struct sl_volume *volume)
{
	(void)volume;
	return -EROFS;
}

int sl_volume_lock(struct sl_volume *volume, enum sl_volume_lock lock, enum sl_volume_hold hold,
		   bool wait)
{
	(void)volume;
	(void)lock;
	(void)hold;
	(void)wait;
	return 0;
}

int sl_foreign_find(const char *path, char what[SL_FOREIGN_BYTES])
{
	(void)path;
	(void)what;
	return 0;
}

int sl_foreign_wipe(const char *path)
{
	(void)path;
	return -EROFS;
}
