/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/record.h"

#include <string.h>

#include "store/store.h"

enum { BLOCK_BYTES = SLUICE_STORE_BLOCK_BYTES };

uint32_t sl_store_record_bytes(uint32_t name_bytes, uint32_t extent_cnt)
{
	uint64_t bytes = sizeof(struct sluice_store_record) +
			 extent_cnt * sizeof(struct sluice_store_extent) + name_bytes + 1;

	return (uint32_t)sl_round_up(bytes, 8);
}

bool sl_store_record_is_name(const char *name, size_t name_bytes)
{
	const char *at = name, *end = name + name_bytes;

	if (name_bytes == 0 || name_bytes > SLUICE_STORE_NAME_MAX_BYTES ||
	    memchr(name, '\0', name_bytes))
		return false;
	for (;;) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t segment_bytes = (size_t)((slash ? slash : end) - at);

		if (segment_bytes == 0 || (segment_bytes == 1 && at[0] == '.') ||
		    (segment_bytes == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		if (!slash)
			return true;
		at = slash + 1;
	}
}

struct context {
	const struct sluice_store_super *const *supers;
	uint32_t device_cnt, replica_cnt;
};

static bool check_places(const struct sluice_store_extent *extent, const struct context *context)
{
	uint64_t len_bytes = sl_store_extent_bytes(extent);
	uint32_t seen = 0;

	for (uint32_t i = 0; i < SLUICE_STORE_REPLICAS_MAX; i++) {
		const struct sluice_store_place *place = &extent->places[i];

		if (place->zero != 0)
			return false;
		if (i >= context->replica_cnt) {
			if (place->off_bytes != 0 || place->device_idx != 0)
				return false;
			continue;
		}
		if (place->device_idx >= context->device_cnt || seen & 1u << place->device_idx)
			return false;
		seen |= 1u << place->device_idx;
		if (context->supers[place->device_idx] &&
		    !sl_super_has_room(context->supers[place->device_idx], place->off_bytes,
				       len_bytes))
			return false;
	}
	return true;
}

static bool check_extents(const struct sluice_store_record *record, const struct context *context)
{
	const struct sluice_store_extent *extents = sl_store_record_extents(record);
	uint64_t left_bytes = record->size_bytes;

	for (uint32_t i = 0; i < record->extent_cnt; i++) {
		uint64_t data_bytes = extents[i].data_bytes;

		if (data_bytes == 0 || data_bytes > SLUICE_STORE_EXTENT_MAX_BYTES ||
		    data_bytes > left_bytes)
			return false;
		if (i + 1 < record->extent_cnt && data_bytes % BLOCK_BYTES != 0)
			return false;
		if (!check_places(&extents[i], context))
			return false;
		left_bytes -= data_bytes;
	}
	return left_bytes == 0;
}

static bool check_record(const struct sluice_store_record *record, uint64_t left_bytes,
			 const struct context *context)
{
	static const uint8_t no_hash[SLUICE_STORE_HASH_BYTES];
	const char *name;
	uint64_t need_bytes;

	if (left_bytes < sizeof(*record) || record->record_bytes > left_bytes || record->zero != 0)
		return false;
	/* Before sl_store_record_bytes, which would wrap around. */
	need_bytes = sizeof(*record) + record->name_bytes + 1 +
		     (uint64_t)record->extent_cnt * sizeof(struct sluice_store_extent);
	if (record->record_bytes != sl_round_up(need_bytes, 8))
		return false;
	name = sl_store_record_name(record);
	if (!sl_store_record_is_name(name, record->name_bytes) || name[record->name_bytes] != '\0')
		return false;
	if (record->kind == SLUICE_STORE_REMOVE)
		return record->extent_cnt == 0 && record->size_bytes == 0 &&
		       record->mtime_ns == 0 && !memcmp(record->hash, no_hash, sizeof(no_hash));
	return record->kind == SLUICE_STORE_PUT && record->size_bytes <= INT64_MAX &&
	       check_extents(record, context);
}

bool sl_store_record_check(const void *payload, uint64_t payload_bytes,
			   const struct sluice_store_super *const *supers, uint32_t device_cnt,
			   uint32_t replica_cnt, uint32_t *record_cnt)
{
	const struct context context = { supers, device_cnt, replica_cnt };
	const uint8_t *at = payload, *end = at + payload_bytes;

	*record_cnt = 0;
	while (at < end) {
		const struct sluice_store_record *record = (const void *)at;

		if (!check_record(record, (uint64_t)(end - at), &context))
			return false;
		at += record->record_bytes;
		++*record_cnt;
	}
	return true;
}
