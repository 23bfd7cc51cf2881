/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of stores have in common: small stores in memory, objects of known bytes. */
#ifndef SL_TESTS_ROOM_STORE_H
#define SL_TESTS_ROOM_STORE_H

#include <check.h>

#include "memory_volume.h"
#include "store/change.h"
#include "store/format.h"
#include "store/read.h"
#include "store/state.h"

/* Formats volumes 0 to device_cnt - 1 of device_bytes each. */
void store_format(uint32_t device_cnt, uint64_t device_bytes, uint32_t replica_cnt,
		  uint64_t catalogue_bytes);

/* All volumes from 0 on that there are; must succeed. */
struct sl_store *store_open(enum sl_store_mode mode);
int store_try(struct sl_store **store, enum sl_store_mode mode);

/* A descriptor of what an object of that version has: any other version has other bytes. */
int store_source(uint32_t version, uint64_t size_bytes);

/* Puts version of that size; 0 or what sl_change_put says. */
int store_put(struct sl_change *change, const char *name, uint32_t version, uint64_t size_bytes,
	      bool replace);

/* The same as a change of its own, in a store opened for it. Must succeed. */
void store_add(const char *name, uint32_t version, uint64_t size_bytes);
void store_remove(const char *name);

/* Reads the object and compares every byte. 0: it is version; or what sl_store_read says. */
int store_compare(const struct sl_store *store, const char *name, uint32_t version,
		  uint64_t size_bytes);

/* How many damages sl_store_verify reports, of all objects; the last of them. */
uint32_t store_damages(const struct sl_store *store, struct sl_store_damage *last);

#endif
