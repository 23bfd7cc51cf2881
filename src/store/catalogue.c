/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/catalogue.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/log.h"
#include "store/record.h"

enum { PAGE_BYTES = SLUICE_STORE_PAGE_BYTES };

/* As much as a read of a scan takes at once. */
enum { WINDOW_BYTES = 1024 * 1024 };

static uint64_t batch_bytes(const struct sluice_store_batch *head)
{
	return sl_round_up(sizeof(*head) + head->payload_bytes, PAGE_BYTES);
}

static uint64_t head_checksum(const struct sl_catalogue *catalogue,
			      const struct sluice_store_batch *head)
{
	return XXH3_64bits_withSeed(head, offsetof(struct sluice_store_batch, checksum),
				    catalogue->seed);
}

static bool is_head(const struct sl_catalogue *catalogue, const struct sluice_store_batch *head,
		    uint64_t off_bytes)
{
	uint64_t room_bytes = catalogue->catalogue_bytes - off_bytes - sizeof(*head);

	return head->magic == SLUICE_STORE_BATCH_MAGIC &&
	       head->checksum == head_checksum(catalogue, head) && head->generation != 0 &&
	       head->payload_bytes <= room_bytes && head->payload_bytes % 8 == 0;
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static void drop_batch(struct sl_batch *batch)
{
	sl_free(batch->payload);
	sl_free(batch);
}

static void drop_all(struct sl_catalogue *catalogue)
{
	while (catalogue->first) {
		struct sl_batch *batch = catalogue->first;

		catalogue->first = batch->next;
		drop_batch(batch);
	}
	catalogue->hint = NULL;
}

void sl_catalogue_fini(struct sl_catalogue *catalogue)
{
	drop_all(catalogue);
}

/* Where a batch of that number is, or belongs. They come in order, so it is near the last one. */
static struct sl_batch **find(struct sl_catalogue *catalogue, uint64_t batch_seq)
{
	struct sl_batch **at = &catalogue->first;

	if (catalogue->hint && catalogue->hint->head.batch_seq < batch_seq)
		at = &catalogue->hint->next;
	while (*at && (*at)->head.batch_seq < batch_seq) {
		catalogue->hint = *at;
		at = &(*at)->next;
	}
	return at;
}

/* ---- reading a copy ---------------------------------------------------------------------------
 */

struct scan {
	struct sl_catalogue *catalogue;
	struct sl_volume *volume;
	uint64_t start_bytes; /* of the copy, on the volume */
	uint32_t bit;
	struct sl_pages window;
	uint64_t window_off_bytes, window_len_bytes; /* what of the copy is in it */
};

static uint64_t min_bytes(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The page at off_bytes of the copy. */
static int look(struct scan *scan, uint64_t off_bytes, const uint8_t **page)
{
	uint64_t into_bytes = off_bytes - scan->window_off_bytes;
	int error;

	if (off_bytes < scan->window_off_bytes || into_bytes >= scan->window_len_bytes) {
		scan->window_off_bytes = off_bytes;
		scan->window_len_bytes =
		    min_bytes(scan->window.len_bytes, scan->catalogue->catalogue_bytes - off_bytes);
		error = sl_volume_read(scan->volume, scan->start_bytes + off_bytes, scan->window.at,
				       scan->window_len_bytes);
		if (error < 0) {
			scan->window_len_bytes = 0;
			return error;
		}
		into_bytes = 0;
	}
	*page = scan->window.at + into_bytes;
	return 0;
}

static int copy_payload(struct scan *scan, uint64_t off_bytes,
			const struct sluice_store_batch *head, uint8_t *payload)
{
	uint64_t skip_bytes = sizeof(*head), left_bytes = head->payload_bytes;

	while (left_bytes > 0) {
		uint64_t len_bytes = min_bytes(left_bytes, PAGE_BYTES - skip_bytes);
		const uint8_t *page;
		int error = look(scan, off_bytes, &page);

		if (error < 0)
			return error;
		memcpy(payload, page + skip_bytes, len_bytes);
		payload += len_bytes;
		left_bytes -= len_bytes;
		off_bytes += PAGE_BYTES;
		skip_bytes = 0;
	}
	return 0;
}

/* A whole batch of the generation: new, or one that another copy had. Takes batch. */
static void enter(struct scan *scan, struct sl_batch *batch)
{
	struct sl_catalogue *catalogue = scan->catalogue;
	struct sl_batch **at;

	if (batch->head.generation > catalogue->generation) {
		drop_all(catalogue);
		catalogue->generation = batch->head.generation;
	}
	at = find(catalogue, batch->head.batch_seq);
	if (!*at || (*at)->head.batch_seq != batch->head.batch_seq) {
		batch->good = scan->bit;
		batch->next = *at;
		*at = batch;
		return;
	}
	if ((*at)->off_bytes == batch->off_bytes &&
	    memcmp(&(*at)->head, &batch->head, sizeof(batch->head)) == 0)
		(*at)->good |= scan->bit;
	drop_batch(batch);
}

/* What is at off_bytes, if it is a batch. *step_bytes: how far to go on. Errors: -ENOMEM. */
static int take(struct scan *scan, uint64_t off_bytes, const struct sluice_store_batch *head,
		uint64_t *step_bytes)
{
	struct sl_catalogue *catalogue = scan->catalogue;
	struct sl_batch *batch = sl_alloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	batch->head = *head; /* the window moves on */
	batch->off_bytes = off_bytes;
	batch->payload = sl_alloc(1, head->payload_bytes);
	if (!batch->payload) {
		drop_batch(batch);
		return -ENOMEM;
	}
	if (copy_payload(scan, off_bytes, &batch->head, batch->payload) < 0 ||
	    XXH3_64bits_withSeed(batch->payload, batch->head.payload_bytes, catalogue->seed) !=
		batch->head.payload_checksum ||
	    !sl_store_record_check(batch->payload, batch->head.payload_bytes, catalogue->supers,
				   catalogue->device_cnt, catalogue->replica_cnt,
				   &batch->record_cnt)) {
		drop_batch(batch);
		return 0;
	}
	*step_bytes = batch_bytes(&batch->head);
	enter(scan, batch);
	return 0;
}

/* Errors: -ENOMEM. *damage_cnt: pages that cannot be read. */
static int read_copy(struct scan *scan, uint64_t *damage_cnt)
{
	uint64_t off_bytes = 0;

	while (off_bytes < scan->catalogue->catalogue_bytes) {
		uint64_t step_bytes = PAGE_BYTES;
		const struct sluice_store_batch *head;
		const uint8_t *page;
		int error = look(scan, off_bytes, &page);

		if (error < 0) {
			/* Page by page past what is bad, then at full stride again. */
			scan->window.len_bytes = PAGE_BYTES;
			++*damage_cnt;
			off_bytes += step_bytes;
			continue;
		}
		head = (const void *)page;
		if (head->generation >= scan->catalogue->generation &&
		    is_head(scan->catalogue, head, off_bytes)) {
			error = take(scan, off_bytes, head, &step_bytes);
			if (error < 0)
				return error;
		}
		off_bytes += step_bytes;
	}
	return 0;
}

static int load_copy(struct sl_catalogue *catalogue, uint32_t device_idx, uint32_t copy_idx)
{
	struct scan scan = {
		.catalogue = catalogue,
		.volume = catalogue->volumes[device_idx],
		.start_bytes = catalogue->supers[device_idx]->catalogue_off_bytes[copy_idx],
		.bit = 1u << (device_idx * SLUICE_STORE_COPIES + copy_idx),
	};
	uint64_t damage_cnt = 0;
	int error;

	if (sl_pages_init(&scan.window, min_bytes(WINDOW_BYTES, catalogue->catalogue_bytes)) < 0)
		return -ENOMEM;
	error = read_copy(&scan, &damage_cnt);
	sl_pages_fini(&scan.window);
	if (damage_cnt > 0)
		sl_warning("%s: of copy %u of the catalogue %llu KiB cannot be read",
			   sl_volume_path(scan.volume), copy_idx,
			   (unsigned long long)damage_cnt * (PAGE_BYTES / 1024));
	return error;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

/* Goes through what was found: whether it is one log without a hole, and where it ends. */
static void survey(struct sl_catalogue *catalogue)
{
	uint64_t expected_off_bytes = 0;

	catalogue->next_seq = catalogue->first->head.batch_seq;
	for (struct sl_batch *batch = catalogue->first; batch; batch = batch->next) {
		if (batch->off_bytes != expected_off_bytes ||
		    batch->head.batch_seq != catalogue->next_seq) {
			uint64_t gap_cnt = batch->head.batch_seq - catalogue->next_seq;

			catalogue->lost_cnt += gap_cnt > 0 ? (uint32_t)gap_cnt : 1;
			catalogue->after_hole_seq = batch->head.batch_seq;
		}
		expected_off_bytes = batch->off_bytes + batch_bytes(&batch->head);
		catalogue->next_seq = batch->head.batch_seq + 1;
	}
	catalogue->end_bytes = expected_off_bytes;
}

int sl_catalogue_load(struct sl_catalogue *catalogue)
{
	for (uint32_t idx = 0; idx < catalogue->device_cnt; idx++) {
		if (!catalogue->volumes[idx])
			continue;
		for (uint32_t copy_idx = 0; copy_idx < SLUICE_STORE_COPIES; copy_idx++) {
			int error = load_copy(catalogue, idx, copy_idx);

			if (error < 0)
				return error;
		}
	}
	if (!catalogue->first)
		return -EBADMSG;
	survey(catalogue);
	return 0;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static int flush_all(struct sl_catalogue *catalogue)
{
	for (uint32_t idx = 0; idx < catalogue->device_cnt; idx++) {
		int error = sl_volume_flush(catalogue->volumes[idx]);

		if (error < 0) {
			sl_error("%s cannot be flushed: %s",
				 sl_volume_path(catalogue->volumes[idx]), strerror(-error));
			return error;
		}
	}
	return 0;
}

static int make_image(const struct sl_batch *batch, struct sl_pages *image)
{
	int error = sl_pages_init(image, batch_bytes(&batch->head));

	if (error < 0)
		return error;
	memcpy(image->at, &batch->head, sizeof(batch->head));
	memcpy(image->at + sizeof(batch->head), batch->payload, batch->head.payload_bytes);
	return 0;
}

static int write_copy(struct sl_catalogue *catalogue, struct sl_batch *batch,
		      const struct sl_pages *image, uint32_t idx, uint32_t copy_idx)
{
	uint64_t start_bytes = catalogue->supers[idx]->catalogue_off_bytes[copy_idx];
	int error = sl_volume_write(catalogue->volumes[idx], start_bytes + batch->off_bytes,
				    image->at, image->len_bytes);

	if (error < 0)
		sl_error("%s: the catalogue cannot be written: %s",
			 sl_volume_path(catalogue->volumes[idx]), strerror(-error));
	else
		batch->good |= 1u << (idx * SLUICE_STORE_COPIES + copy_idx);
	return error;
}

/* To copy copy_idx of each device, where it is not yet. */
static int write_copies(struct sl_catalogue *catalogue, struct sl_batch *batch,
			const struct sl_pages *image, uint32_t copy_idx)
{
	for (uint32_t idx = 0; idx < catalogue->device_cnt; idx++) {
		int error;

		if (batch->good & 1u << (idx * SLUICE_STORE_COPIES + copy_idx))
			continue;
		error = write_copy(catalogue, batch, image, idx, copy_idx);
		if (error < 0)
			return error;
	}
	return 0;
}

static uint32_t all_copies(const struct sl_catalogue *catalogue)
{
	return (uint32_t)((UINT64_C(1) << catalogue->device_cnt * SLUICE_STORE_COPIES) - 1);
}

static int repair_batch(struct sl_catalogue *catalogue, struct sl_batch *batch)
{
	struct sl_pages image;
	int error = make_image(batch, &image);

	for (uint32_t copy_idx = 0; error == 0 && copy_idx < SLUICE_STORE_COPIES; copy_idx++)
		error = write_copies(catalogue, batch, &image, copy_idx);
	sl_pages_fini(&image);
	return error;
}

int sl_catalogue_repair(struct sl_catalogue *catalogue)
{
	bool flushed = false;

	for (struct sl_batch *batch = catalogue->first; batch; batch = batch->next) {
		int error = 0;

		if (batch->good == all_copies(catalogue))
			continue;
		if (!flushed)
			error = flush_all(catalogue);
		flushed = true;
		if (error == 0)
			error = repair_batch(catalogue, batch);
		if (error < 0)
			return error;
	}
	return flush_all(catalogue);
}

static struct sl_batch *make_batch(const struct sl_catalogue *catalogue, const void *payload,
				   uint64_t payload_bytes, bool rewrite)
{
	struct sl_batch *batch = sl_alloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	batch->payload = sl_alloc(1, payload_bytes);
	if (!batch->payload) {
		drop_batch(batch);
		return NULL;
	}
	memcpy(batch->payload, payload, payload_bytes);
	batch->off_bytes = rewrite ? 0 : catalogue->end_bytes;
	batch->head = (struct sluice_store_batch){
		.magic = SLUICE_STORE_BATCH_MAGIC,
		.generation = catalogue->generation + (rewrite ? 1 : 0),
		.batch_seq = catalogue->next_seq,
		.payload_bytes = payload_bytes,
		.payload_checksum = XXH3_64bits_withSeed(payload, payload_bytes, catalogue->seed),
	};
	batch->head.checksum = head_checksum(catalogue, &batch->head);
	return batch;
}

/* One copy of each device after the other if the batch is written over what counts. */
static int write_batch(struct sl_catalogue *catalogue, struct sl_batch *batch, bool rewrite)
{
	struct sl_pages image;
	int error = make_image(batch, &image);

	for (uint32_t copy_idx = 0; error == 0 && copy_idx < SLUICE_STORE_COPIES; copy_idx++) {
		error = write_copies(catalogue, batch, &image, copy_idx);
		if (error == 0 && (rewrite || copy_idx == SLUICE_STORE_COPIES - 1))
			error = flush_all(catalogue);
	}
	sl_pages_fini(&image);
	return error;
}

int sl_catalogue_write(struct sl_catalogue *catalogue, const void *payload, uint64_t payload_bytes,
		       bool rewrite)
{
	const struct sluice_store_batch head = { .payload_bytes = payload_bytes };
	uint64_t off_bytes = rewrite ? 0 : catalogue->end_bytes;
	struct sl_batch *batch;
	int error;

	BUG_ON(catalogue->after_hole_seq != 0);
	if (batch_bytes(&head) > catalogue->catalogue_bytes - off_bytes)
		return -EFBIG;
	batch = make_batch(catalogue, payload, payload_bytes, rewrite);
	if (!batch)
		return -ENOMEM;
	if (!sl_store_record_check(batch->payload, payload_bytes, catalogue->supers,
				   catalogue->device_cnt, catalogue->replica_cnt,
				   &batch->record_cnt))
		BUG_ON("what is written can be read");
	error = write_batch(catalogue, batch, rewrite);
	if (error < 0) {
		drop_batch(batch);
		return error;
	}
	if (rewrite)
		drop_all(catalogue);
	catalogue->generation = batch->head.generation;
	catalogue->end_bytes = off_bytes + batch_bytes(&batch->head);
	*find(catalogue, batch->head.batch_seq) = batch;
	catalogue->next_seq++;
	return 0;
}
