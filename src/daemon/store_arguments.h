/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of the store's commands: OPTION… DEVICE… [-- WORD…]. */
#ifndef SL_DAEMON_STORE_ARGUMENTS_H
#define SL_DAEMON_STORE_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* Which options a command has, a bit each. */
enum sl_store_option {
	SL_STORE_FORCE = 1,
	SL_STORE_REPLICAS = 2,
	SL_STORE_CATALOGUE = 4,
	SL_STORE_REPLACE = 8,
	SL_STORE_PREFIX = 16,
	SL_STORE_JSON = 32,
};

struct sl_store_arguments {
	const char *const *devices; /* argv's */
	uint32_t device_cnt;        /* [1, SLUICE_STORE_DEVICES_MAX] */
	const char *const *words;   /* behind the -- */
	uint32_t word_cnt;

	bool force, replace, json, help;
	uint64_t replica_cnt, catalogue_bytes; /* 1 and 0 if not given */
	const char *prefix;                    /* "" */
};

/* False: a line in the log says what is wrong. argv is permuted. */
bool sl_store_arguments_parse(struct sl_store_arguments *arguments, int argc, char **argv,
			      uint32_t options);

/* Whether an object is one that the words (from first_idx on; none: all) name: by its name, or by a
 * word that ends in a slash if it lies below. */
bool sl_store_arguments_name(const struct sl_store_arguments *arguments, uint32_t first_idx,
			     const char *name);

/* Every one of these words names an object. False: a line in the log says which does not. */
bool sl_store_arguments_exist(const struct sl_store_arguments *arguments, uint32_t first_idx,
			      const struct sl_store *store);

#endif
