/* SPDX-License-Identifier: BSD-2-Clause */
/* Choice: which store is for whom, as the operator says it. */
#ifndef SL_CONTENT_CHOICE_H
#define SL_CONTENT_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "disk/device.h"
#include "sluice/store.h"

enum { SL_STORES_MAX = 8, SL_STORE_HOST_BYTES = 256 };

/* "[HOST=]DEVICE[,DEVICE]...", as --store has it; HOST is empty for all hosts that have no store of
 * their own. */
struct sl_store_choice {
	char host[SL_STORE_HOST_BYTES];
	char devices[SLUICE_STORE_DEVICES_MAX][SL_DEVICE_PATH_BYTES];
	uint32_t device_cnt; /* [1, SLUICE_STORE_DEVICES_MAX] */
};

/* False: not such a text, or its parts are too long or too many. */
bool sl_store_choice_parse(const char *text, struct sl_store_choice *choice);

#endif
