/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/super.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

enum { PAGE_BYTES = SLUICE_STORE_PAGE_BYTES };

static uint64_t checksum(const struct sluice_store_super *super)
{
	return XXH3_64bits(super, offsetof(struct sluice_store_super, checksum));
}

void sl_super_seal(struct sluice_store_super *super)
{
	super->magic = SLUICE_STORE_MAGIC;
	super->version = SLUICE_STORE_VERSION;
	super->zero = 0;
	super->checksum = checksum(super);
}

bool sl_super_plan(struct sluice_store_super *super)
{
	uint64_t end_bytes = super->device_bytes - PAGE_BYTES;
	uint64_t data_end_bytes;

	if (super->device_bytes < 2 * PAGE_BYTES ||
	    super->catalogue_bytes > (super->device_bytes - 2 * PAGE_BYTES) / SLUICE_STORE_COPIES)
		return false;
	super->catalogue_off_bytes[0] = PAGE_BYTES;
	super->catalogue_off_bytes[1] = end_bytes - super->catalogue_bytes;
	super->data_off_bytes =
	    sl_round_up(PAGE_BYTES + super->catalogue_bytes, super->align_bytes);
	data_end_bytes = super->catalogue_off_bytes[1] & ~(uint64_t)(super->align_bytes - 1);
	if (data_end_bytes < super->data_off_bytes + super->align_bytes)
		return false;
	super->data_bytes = data_end_bytes - super->data_off_bytes;
	return true;
}

static bool is_power_of_two(uint64_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

/* All that is computed with: a checksum is no proof against somebody who makes a device for us. */
bool sl_super_check(const struct sluice_store_super *super)
{
	struct sluice_store_super plan = *super;

	if (super->magic != SLUICE_STORE_MAGIC || super->version != SLUICE_STORE_VERSION ||
	    super->checksum != checksum(super))
		return false;
	if (super->device_cnt == 0 || super->device_cnt > SLUICE_STORE_DEVICES_MAX ||
	    super->device_idx >= super->device_cnt || super->replica_cnt == 0 ||
	    super->replica_cnt > SLUICE_STORE_REPLICAS_MAX ||
	    super->replica_cnt > super->device_cnt)
		return false;
	if (super->device_bytes % PAGE_BYTES != 0 || super->device_bytes > INT64_MAX ||
	    super->catalogue_bytes % PAGE_BYTES != 0 || super->catalogue_bytes == 0 ||
	    !is_power_of_two(super->align_bytes) || super->align_bytes < PAGE_BYTES)
		return false;
	return sl_super_plan(&plan) && memcmp(&plan, super, sizeof(plan)) == 0;
}

/* Finds a copy at off_bytes. 0, or as sl_super_read. */
static int look(struct sl_volume *volume, uint64_t off_bytes, uint8_t *page,
		struct sluice_store_super *super)
{
	int error = sl_volume_read(volume, off_bytes, page, PAGE_BYTES);

	if (error < 0)
		return error;
	memcpy(super, page, sizeof(*super));
	if (super->magic != SLUICE_STORE_MAGIC)
		return -ENOENT;
	if (super->version != SLUICE_STORE_VERSION)
		return -EPROTO;
	if (!sl_super_check(super))
		return -ENOENT;
	if (super->device_bytes > sl_volume_bytes(volume))
		return -ENOSPC;
	return 0;
}

int sl_super_read(struct sl_volume *volume, struct sluice_store_super *super, uint32_t *good)
{
	uint64_t last_off_bytes = sl_volume_bytes(volume) - PAGE_BYTES;
	struct sluice_store_super other;
	struct sl_pages pages;
	int error, other_error;

	*good = 0;
	if (sl_volume_bytes(volume) < 2 * PAGE_BYTES)
		return -ENOENT;
	if (sl_pages_init(&pages, PAGE_BYTES) < 0)
		return -ENOMEM;
	error = look(volume, 0, pages.at, super);
	if (error == 0)
		last_off_bytes = super->device_bytes - PAGE_BYTES;
	other_error = look(volume, last_off_bytes, pages.at, &other);
	sl_pages_fini(&pages);
	if (error == 0)
		*good |= 1;
	if (other_error == 0 && (error < 0 || memcmp(&other, super, sizeof(other)) == 0))
		*good |= 2;
	if (error == 0)
		return 0;
	if (error == -ENOENT || other_error == 0) {
		*super = other;
		return other_error;
	}
	return error;
}

int sl_super_write(struct sl_volume *volume, const struct sluice_store_super *super,
		   uint32_t copy_idx)
{
	struct sl_pages pages;
	int error;

	if (sl_pages_init(&pages, PAGE_BYTES) < 0)
		return -ENOMEM;
	memcpy(pages.at, super, sizeof(*super));
	error = sl_volume_write(volume, copy_idx == 0 ? 0 : super->device_bytes - PAGE_BYTES,
				pages.at, PAGE_BYTES);
	sl_pages_fini(&pages);
	return error;
}

bool sl_super_has_room(const struct sluice_store_super *super, uint64_t off_bytes,
		       uint64_t len_bytes)
{
	return off_bytes >= super->data_off_bytes && off_bytes % super->align_bytes == 0 &&
	       off_bytes - super->data_off_bytes <= super->data_bytes &&
	       len_bytes <= super->data_bytes - (off_bytes - super->data_off_bytes);
}
