/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "store/state.h"

enum { PAGE_BYTES = SLUICE_STORE_PAGE_BYTES, BLOCK_BYTES = SLUICE_STORE_BLOCK_BYTES };

uint64_t sl_store_block_sum(const void *data, uint32_t len_bytes)
{
	return XXH3_64bits(data, len_bytes);
}

uint32_t sl_store_sum_cnt(const struct sluice_store_extent *extent)
{
	return (uint32_t)((extent->data_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
}

uint64_t sl_store_sums_off_bytes(const struct sluice_store_extent *extent)
{
	return sl_round_up(extent->data_bytes, PAGE_BYTES);
}

uint64_t sl_store_extent_bytes(const struct sluice_store_extent *extent)
{
	return sl_store_sums_off_bytes(extent) +
	       sl_round_up(sl_store_sum_cnt(extent) * sizeof(uint64_t), PAGE_BYTES);
}

const struct sluice_store_extent *sl_store_locate(const struct sl_store_object *object,
						  uint64_t off_bytes, uint64_t *extent_off_bytes)
{
	const struct sluice_store_extent *extent = object->extents;

	while (off_bytes >= extent->data_bytes) {
		off_bytes -= extent->data_bytes;
		extent++;
	}
	*extent_off_bytes = off_bytes;
	return extent;
}

/* From one place. pages has room for them. */
static int read_sums(struct sl_volume *volume, const struct sluice_store_extent *extent,
		     uint64_t off_bytes, const struct sl_pages *pages)
{
	int error;

	if (!volume)
		return -ENODEV;
	error = sl_volume_read(volume, off_bytes + sl_store_sums_off_bytes(extent), pages->at,
			       pages->len_bytes);
	if (error < 0)
		return error;
	return XXH3_64bits(pages->at, sl_store_sum_cnt(extent) * sizeof(uint64_t)) ==
		       extent->sums_checksum
		   ? 0
		   : -EBADMSG;
}

/* Missing is what one is told of only if there is nothing worse. */
static int worse(int error, int other)
{
	return error == 0 || error == -ENODEV ? other : error;
}

int sl_store_sums(const struct sl_store *store, const struct sluice_store_extent *extent,
		  uint64_t *sums)
{
	size_t sums_bytes = sl_store_sum_cnt(extent) * sizeof(*sums);
	struct sl_pages pages;
	int error = 0;

	if (sl_pages_init(&pages, sums_bytes) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < store->replica_cnt; i++) {
		const struct sluice_store_place *place = &extent->places[i];
		int place_error =
		    read_sums(store->volumes[place->device_idx], extent, place->off_bytes, &pages);

		if (place_error == 0) {
			memcpy(sums, pages.at, sums_bytes);
			error = 0;
			break;
		}
		error = worse(error, place_error);
	}
	sl_pages_fini(&pages);
	return error;
}
