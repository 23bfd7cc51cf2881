/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sockets.h"

int sl_bytes_put(struct sl_bytes *bytes, const void *data, size_t cnt)
{
	if (cnt == 0)
		return 0;
	if (bytes->start_off && bytes->start_off + bytes->cnt + cnt > bytes->room_bytes) {
		memmove(bytes->data, bytes->data + bytes->start_off, bytes->cnt);
		bytes->start_off = 0;
	}
	if (bytes->cnt + cnt > bytes->room_bytes) {
		size_t room_bytes = 2 * (bytes->cnt + cnt);
		uint8_t *grown = realloc(bytes->data, room_bytes);

		if (!grown)
			return -ENOMEM;
		bytes->data = grown;
		bytes->room_bytes = room_bytes;
	}
	memcpy(bytes->data + bytes->start_off + bytes->cnt, data, cnt);
	bytes->cnt += cnt;
	return 0;
}

void sl_bytes_drop(struct sl_bytes *bytes, size_t cnt)
{
	bytes->start_off += cnt;
	bytes->cnt -= cnt;
	if (bytes->cnt == 0)
		bytes->start_off = 0;
}

void sl_bytes_free(struct sl_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct sl_bytes){ 0 };
}
