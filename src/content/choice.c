/* SPDX-License-Identifier: BSD-2-Clause */
#include "content/choice.h"

#include <string.h>

static bool take_device(struct sl_store_choice *choice, const char *path, size_t len_bytes)
{
	char *device = choice->devices[choice->device_cnt];

	if (len_bytes == 0 || len_bytes >= SL_DEVICE_PATH_BYTES ||
	    choice->device_cnt == SLUICE_STORE_DEVICES_MAX)
		return false;
	memcpy(device, path, len_bytes);
	device[len_bytes] = '\0';
	choice->device_cnt++;
	return true;
}

bool sl_store_choice_parse(const char *text, struct sl_store_choice *choice)
{
	size_t host_bytes = strcspn(text, "=/,"), len_bytes;

	*choice = (struct sl_store_choice){ .device_cnt = 0 };
	if (text[host_bytes] == '=') {
		if (host_bytes == 0 || host_bytes >= sizeof(choice->host))
			return false;
		memcpy(choice->host, text, host_bytes);
		text += host_bytes + 1;
	}
	do {
		len_bytes = strcspn(text, ",");
		if (!take_device(choice, text, len_bytes))
			return false;
		text += len_bytes;
	} while (*text++ == ',');
	return true;
}
