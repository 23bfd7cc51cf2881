/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: memfd_create */

#include "room_store.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suites.h"

Suite *catalogue_suite(void);
Suite *change_suite(void);
Suite *extent_suite(void);
Suite *format_suite(void);
Suite *objects_suite(void);
Suite *power_cut_suite(void);
Suite *read_suite(void);
Suite *record_suite(void);
Suite *space_suite(void);
Suite *store_suite(void);
Suite *super_suite(void);

const struct sl_suite sl_suites[] = {
	{ "super", super_suite },         { "record", record_suite },
	{ "format", format_suite },       { "catalogue", catalogue_suite },
	{ "extent", extent_suite },       { "objects", objects_suite },
	{ "space", space_suite },         { "change", change_suite },
	{ "read", read_suite },           { "store", store_suite },
	{ "power_cut", power_cut_suite }, { NULL, NULL },
};

void store_format(uint32_t device_cnt, uint64_t device_bytes, uint32_t replica_cnt,
		  uint64_t catalogue_bytes)
{
	const char *paths[SLUICE_STORE_DEVICES_MAX];
	const struct sl_format format = { paths, device_cnt, replica_cnt, catalogue_bytes };

	memory_reset();
	for (uint32_t idx = 0; idx < device_cnt; idx++) {
		memory_make(idx, device_bytes);
		paths[idx] = memory_path(idx);
	}
	ck_assert_int_eq(sl_format_make(&format), 0);
}

int store_try(struct sl_store **store, enum sl_store_mode mode)
{
	const char *paths[SLUICE_STORE_DEVICES_MAX];
	uint32_t cnt = 0;

	for (uint32_t idx = 0; idx < SLUICE_STORE_DEVICES_MAX; idx++) {
		if (memory_bytes(idx))
			paths[cnt++] = memory_path(idx);
	}
	return sl_store_open(store, paths, cnt, mode);
}

struct sl_store *store_open(enum sl_store_mode mode)
{
	struct sl_store *store;

	ck_assert_int_eq(store_try(&store, mode), 0);
	return store;
}

static uint8_t byte_of(uint32_t version, uint64_t off_bytes)
{
	uint64_t mixed = (off_bytes / 8 + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
			 (version + 1) * UINT64_C(0xd6e8feb86659fd93);

	mixed ^= mixed >> 32;
	mixed *= UINT64_C(0xd6e8feb86659fd93);
	return (uint8_t)(mixed >> off_bytes % 8 * 8);
}

int store_source(uint32_t version, uint64_t size_bytes)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	uint8_t bytes[4096];

	ck_assert_int_ge(fd, 0);
	for (uint64_t off_bytes = 0; off_bytes < size_bytes; off_bytes += sizeof(bytes)) {
		uint64_t len_bytes = size_bytes - off_bytes;

		if (len_bytes > sizeof(bytes))
			len_bytes = sizeof(bytes);
		for (uint64_t i = 0; i < len_bytes; i++)
			bytes[i] = byte_of(version, off_bytes + i);
		ck_assert_int_eq(write(fd, bytes, len_bytes), (ssize_t)len_bytes);
	}
	return fd;
}

int store_put(struct sl_change *change, const char *name, uint32_t version, uint64_t size_bytes,
	      bool replace)
{
	int fd = store_source(version, size_bytes);
	int error = sl_change_put(change, name, fd, size_bytes, version, replace, NULL, NULL);

	close(fd);
	return error;
}

void store_add(const char *name, uint32_t version, uint64_t size_bytes)
{
	struct sl_store *store = store_open(SL_STORE_WRITE);
	struct sl_change *change;

	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(store_put(change, name, version, size_bytes, true), 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
}

void store_remove(const char *name)
{
	struct sl_store *store = store_open(SL_STORE_WRITE);
	struct sl_change *change;

	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	ck_assert_int_eq(sl_change_remove(change, name), 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
}

struct comparison {
	uint32_t version;
	uint64_t off_bytes;
};

static int compare(void *arg, const void *data, uint32_t len_bytes)
{
	struct comparison *comparison = arg;
	const uint8_t *bytes = data;

	for (uint32_t i = 0; i < len_bytes; i++) {
		uint8_t expected = byte_of(comparison->version, comparison->off_bytes + i);

		if (bytes[i] != expected)
			ck_abort_msg("a wrong byte at %llu",
				     (unsigned long long)comparison->off_bytes + i);
	}
	comparison->off_bytes += len_bytes;
	return 0;
}

int store_compare(const struct sl_store *store, const char *name, uint32_t version,
		  uint64_t size_bytes)
{
	const struct sl_store_object *object = sl_store_find(store, name);
	struct comparison comparison = { .version = version };
	int error;

	ck_assert_msg(object != NULL, "%s is not there", name);
	ck_assert_uint_eq(object->size_bytes, size_bytes);
	ck_assert_int_eq(object->mtime_ns, version);
	error = sl_store_read(store, object, compare, &comparison);
	if (error == 0)
		ck_assert_uint_eq(comparison.off_bytes, size_bytes);
	return error;
}

struct tally {
	uint32_t cnt;
	struct sl_store_damage *last;
};

static void tell(void *arg, const struct sl_store_damage *damage, uint64_t done_bytes)
{
	struct tally *tally = arg;

	if (!damage) {
		ck_assert_uint_gt(done_bytes, 0);
		return;
	}
	tally->cnt++;
	if (tally->last)
		*tally->last = *damage;
}

uint32_t store_damages(const struct sl_store *store, struct sl_store_damage *last)
{
	struct tally tally = { .last = last };

	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		uint32_t before_cnt = tally.cnt;
		int error = sl_store_verify(store, sl_store_object(store, i), tell, &tally);

		ck_assert_int_eq(error, tally.cnt > before_cnt ? -EBADMSG : 0);
	}
	return tally.cnt;
}
