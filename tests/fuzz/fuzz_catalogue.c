/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as the catalogue of a store on two devices, with checksums that are right: who makes a
 * device for us can do that. What is opened is all that a reader relies on.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -DSL_DEBUG -Isrc -Iinclude -Ibuild \
 *         -Itests/unit tests/fuzz/fuzz_catalogue.c tests/fuzz/image_volume.c \
 *         $(ls src/store/[a-z]*.c | grep -v -e volume_file -e foreign)
 * src/base/{alloc,bug,clock,log,random}.c \ -lxxhash -o fuzz_catalogue
 *     ./fuzz_catalogue -max_len=16384 -max_total_time=60 NEW tests/fuzz/corpus/catalogue
 */
#include "config.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include "base/bug.h"
#include "base/log.h"
#include "image_volume.h"
#include "store/read.h"
#include "store/record.h"
#include "store/space.h"
#include "store/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes);

enum {
	PAGE_BYTES = SLUICE_STORE_PAGE_BYTES,
	CATALOGUE_BYTES = 4 * PAGE_BYTES,
	SEED = 7,
};

static struct sluice_store_super supers[IMAGE_CNT];

static void make_super(uint32_t idx, uint32_t replica_cnt)
{
	struct sluice_store_super *super = &supers[idx];

	*super = (struct sluice_store_super){
		.device_idx = idx,
		.seed = SEED,
		.device_cnt = IMAGE_CNT,
		.replica_cnt = replica_cnt,
		.device_bytes = IMAGE_BYTES,
		.catalogue_bytes = CATALOGUE_BYTES,
		.align_bytes = PAGE_BYTES,
	};
	BUG_ON(!sl_super_plan(super));
	sl_super_seal(super);
	memcpy(sl_image[idx], super, sizeof(*super));
	memcpy(sl_image[idx] + IMAGE_BYTES - PAGE_BYTES, super, sizeof(*super));
}

/* At every page of a copy that has the magic of a batch: numbers a batch may have, checksums. */
static void make_right(uint8_t *copy)
{
	for (uint32_t at = 0; at < CATALOGUE_BYTES; at += PAGE_BYTES) {
		struct sluice_store_batch *head = (void *)(copy + at);
		uint64_t room_bytes = CATALOGUE_BYTES - at - sizeof(*head);

		if (head->magic != SLUICE_STORE_BATCH_MAGIC)
			continue;
		if (head->payload_bytes <= room_bytes)
			head->payload_checksum =
			    XXH3_64bits_withSeed(head + 1, head->payload_bytes, SEED);
		head->checksum =
		    XXH3_64bits_withSeed(head, offsetof(struct sluice_store_batch, checksum), SEED);
	}
}

/* The input is what the catalogues have beside zeroes: its first byte says how many replicas there
 * are; then come runs of a byte that says where (bit 0: copy 0 of the first device or copy 1 of the
 * second, bits 1 and 2: the page), two for the length, and the bytes. */
static void make_images(const uint8_t *data, size_t len_bytes)
{
	uint8_t *copies[IMAGE_CNT];
	const uint8_t *at = data + 1, *end = data + len_bytes;

	for (uint32_t idx = 0; idx < IMAGE_CNT; idx++) {
		memset(sl_image[idx], 0, IMAGE_BYTES);
		make_super(idx, 1 + data[0] % 2);
		copies[idx] = sl_image[idx] + supers[idx].catalogue_off_bytes[idx];
	}
	while (end - at > 3) {
		uint32_t off_bytes = (at[0] >> 1 & 3) * PAGE_BYTES;
		uint32_t run_bytes = at[1] | (uint32_t)at[2] << 8;
		uint8_t *copy = copies[at[0] & 1];

		at += 3;
		if (run_bytes > (uint32_t)(end - at))
			run_bytes = (uint32_t)(end - at);
		if (run_bytes > CATALOGUE_BYTES - off_bytes)
			run_bytes = CATALOGUE_BYTES - off_bytes;
		memcpy(copy + off_bytes, at, run_bytes);
		at += run_bytes;
	}
	for (uint32_t idx = 0; idx < IMAGE_CNT; idx++)
		make_right(copies[idx]);
}

static void check_object(const struct sl_store *store, const struct sl_store_object *object)
{
	uint64_t sum_bytes = 0;

	BUG_ON(!sl_store_record_is_name(object->name, strlen(object->name)));
	BUG_ON(sl_store_find(store, object->name) != object);
	for (uint32_t i = 0; i < object->extent_cnt; i++) {
		const struct sluice_store_extent *extent = &object->extents[i];
		uint64_t extent_off_bytes;

		BUG_ON(extent->data_bytes == 0);
		BUG_ON(sl_store_locate(object, sum_bytes, &extent_off_bytes) != extent);
		BUG_ON(extent_off_bytes != 0);
		sum_bytes += extent->data_bytes;
		for (uint32_t k = 0; k < store->replica_cnt; k++) {
			const struct sluice_store_place *place = &extent->places[k];

			BUG_ON(place->device_idx >= IMAGE_CNT);
			BUG_ON(!sl_super_has_room(&supers[place->device_idx], place->off_bytes,
						  sl_store_extent_bytes(extent)));
		}
	}
	BUG_ON(sum_bytes != object->size_bytes);
	sl_store_read(store, object, sl_store_read_nowhere, NULL);
}

static void check_space(const struct sl_store *store)
{
	struct sl_space space;

	BUG_ON(sl_space_init(&space, store, true) < 0);
	for (uint32_t idx = 0; idx < IMAGE_CNT; idx++) {
		uint64_t end_bytes = supers[idx].data_off_bytes;

		for (uint32_t i = 0; i < space.devices[idx].run_cnt; i++) {
			const struct sl_space_run *run = &space.devices[idx].runs[i];

			BUG_ON(run->off_bytes < end_bytes);
			BUG_ON(!sl_super_has_room(&supers[idx], run->off_bytes, run->len_bytes));
			end_bytes = run->off_bytes + run->len_bytes;
		}
	}
	sl_space_fini(&space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes)
{
	static const char *const paths[IMAGE_CNT] = { "0", "1" };
	struct sl_store *store;

	if (len_bytes < 3)
		return 0;
	sl_log_level((enum sl_log_level)0);
	make_images(data, len_bytes);
	if (sl_store_open(&store, paths, IMAGE_CNT, SL_STORE_READ) < 0)
		return 0;
	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++)
		check_object(store, sl_store_object(store, i));
	check_space(store);
	sl_store_close(store);
	return 0;
}
