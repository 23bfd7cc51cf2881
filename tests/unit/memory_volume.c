/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory_volume.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/foreign.h"
#include "store/volume.h"

enum { DISKS_MAX = 16, OPS_MAX = 65536, SECTOR_BYTES = 512, LOCK_CNT = 2 };

struct disk {
	char name[8];
	uint64_t len_bytes;
	uint8_t *seen, *start,
	    *kept_start; /* now; when memory_record was called; of what is kept */
	uint64_t bad_off_bytes, bad_len_bytes;
	struct sl_volume *exclusive[LOCK_CNT];
	uint32_t shared_cnt[LOCK_CNT];
};

struct sl_volume {
	struct disk *disk;
	enum sl_volume_hold holds[LOCK_CNT];
	bool writable;
};

/* A write, or a flush: data NULL. */
struct op {
	struct disk *disk;
	uint64_t off_bytes, len_bytes;
	uint8_t *data;
	bool kept; /* the data is not this list's */
};

static struct disk disks[DISKS_MAX];
static struct op ops[OPS_MAX], kept_ops[OPS_MAX];
static uint32_t op_cnt, kept_cnt, wipe_cnt;
static bool recording;
static uint64_t writes_left = UINT64_MAX;
static const char *foreign;

/* ---- for the tests ----------------------------------------------------------------------------
 */

static void forget(uint32_t first_cnt)
{
	while (op_cnt > first_cnt) {
		op_cnt--;
		if (!ops[op_cnt].kept)
			free(ops[op_cnt].data);
	}
}

void memory_make(uint32_t idx, uint64_t len_bytes)
{
	struct disk *disk = &disks[idx];

	free(disk->seen);
	free(disk->start);
	free(disk->kept_start);
	*disk = (struct disk){ .len_bytes = len_bytes };
	snprintf(disk->name, sizeof(disk->name), "mem%u", idx % DISKS_MAX);
	if (len_bytes > 0) {
		disk->seen = calloc(1, len_bytes);
		disk->start = calloc(1, len_bytes);
		disk->kept_start = calloc(1, len_bytes);
		ck_assert_ptr_nonnull(disk->seen);
		ck_assert_ptr_nonnull(disk->start);
		ck_assert_ptr_nonnull(disk->kept_start);
	}
}

void memory_reset(void)
{
	forget(0);
	while (kept_cnt > 0)
		free(kept_ops[--kept_cnt].data);
	recording = false;
	writes_left = UINT64_MAX;
	foreign = NULL;
	wipe_cnt = 0;
	for (uint32_t idx = 0; idx < DISKS_MAX; idx++)
		memory_make(idx, 0);
}

const char *memory_path(uint32_t idx)
{
	return disks[idx].name;
}

uint8_t *memory_bytes(uint32_t idx)
{
	return disks[idx].seen;
}

void memory_fail_reads(uint32_t idx, uint64_t off_bytes, uint64_t len_bytes)
{
	disks[idx].bad_off_bytes = off_bytes;
	disks[idx].bad_len_bytes = len_bytes;
}

void memory_fail_writes(uint64_t after_cnt)
{
	writes_left = after_cnt;
}

void memory_foreign(const char *what)
{
	foreign = what;
}

uint32_t memory_wipe_cnt(void)
{
	return wipe_cnt;
}

void memory_record(void)
{
	forget(0);
	recording = true;
	for (uint32_t idx = 0; idx < DISKS_MAX; idx++) {
		if (disks[idx].len_bytes > 0)
			memcpy(disks[idx].start, disks[idx].seen, disks[idx].len_bytes);
	}
}

uint32_t memory_op_cnt(void)
{
	return op_cnt;
}

static void apply(const struct op *op)
{
	if (op->data)
		memcpy(op->disk->seen + op->off_bytes, op->data, op->len_bytes);
}

static void rewind_all(void)
{
	for (uint32_t idx = 0; idx < DISKS_MAX; idx++) {
		struct disk *disk = &disks[idx];

		if (disk->len_bytes > 0)
			memcpy(disk->seen, disk->start, disk->len_bytes);
		memset(disk->exclusive, 0, sizeof(disk->exclusive));
		memset(disk->shared_cnt, 0, sizeof(disk->shared_cnt));
	}
}

void memory_keep(void)
{
	for (kept_cnt = 0; kept_cnt < op_cnt; kept_cnt++) {
		ops[kept_cnt].kept = true;
		kept_ops[kept_cnt] = ops[kept_cnt];
	}
	for (uint32_t idx = 0; idx < DISKS_MAX; idx++) {
		if (disks[idx].len_bytes > 0)
			memcpy(disks[idx].kept_start, disks[idx].start, disks[idx].len_bytes);
	}
}

void memory_again(void)
{
	forget(0);
	memcpy(ops, kept_ops, kept_cnt * sizeof(ops[0]));
	op_cnt = kept_cnt;
	for (uint32_t idx = 0; idx < DISKS_MAX; idx++) {
		if (disks[idx].len_bytes > 0)
			memcpy(disks[idx].start, disks[idx].kept_start, disks[idx].len_bytes);
	}
	memory_kill(op_cnt);
}

void memory_kill(uint32_t first_cnt)
{
	rewind_all();
	forget(first_cnt);
	for (uint32_t i = 0; i < op_cnt; i++)
		apply(&ops[i]);
}

/* Numbers that look random (xorshift64*). */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717) >> 16;
}

/* Some sectors of a write; of the others, some as rubbish. */
static void apply_torn(const struct op *op, uint64_t *state)
{
	for (uint64_t at_bytes = 0; at_bytes < op->len_bytes; at_bytes += SECTOR_BYTES) {
		uint8_t *sector = op->disk->seen + op->off_bytes + at_bytes;
		uint64_t chance = draw(state) % 16;

		if (chance < 8)
			memcpy(sector, op->data + at_bytes, SECTOR_BYTES);
		else if (chance == 8)
			memset(sector, (int)draw(state), SECTOR_BYTES);
	}
}

/* A write that no flush made safe. style: what becomes of such writes. */
static void apply_unsafe(const struct op *op, uint64_t style, uint64_t *state)
{
	switch (style) {
	case 0:
		return;
	case 1:
		apply(op);
		return;
	case 2:
		if (draw(state) % 2)
			apply(op);
		return;
	default:
		apply_torn(op, state);
	}
}

static bool is_safe(uint32_t idx, uint32_t end)
{
	for (uint32_t i = idx + 1; i < end; i++) {
		if (ops[i].disk == ops[idx].disk && !ops[i].data)
			return true;
	}
	return false;
}

void memory_cut(uint32_t end, uint64_t seed)
{
	static uint32_t unsafe[OPS_MAX];
	uint64_t state = seed * 2 + 1, style;
	uint32_t unsafe_cnt = 0;

	ck_assert_uint_le(end, op_cnt);
	for (int i = 0; i < 8; i++)
		draw(&state);
	style = draw(&state) % 8; /* mostly torn */
	rewind_all();
	for (uint32_t i = 0; i < end; i++) {
		if (!ops[i].data)
			continue;
		if (is_safe(i, end))
			apply(&ops[i]);
		else
			unsafe[unsafe_cnt++] = i;
	}
	while (unsafe_cnt > 0) {
		/* In their order they would make the last prefix; in any other, a reordering. */
		uint32_t pick = style == 1 ? 0 : (uint32_t)(draw(&state) % unsafe_cnt);

		apply_unsafe(&ops[unsafe[pick]], style, &state);
		memmove(&unsafe[pick], &unsafe[pick + 1],
			(unsafe_cnt - pick - 1) * sizeof(unsafe[0]));
		unsafe_cnt--;
	}
	forget(0);
}

/* ---- the seam ---------------------------------------------------------------------------------
 */

static void remember(struct disk *disk, uint64_t off_bytes, const void *memory, uint64_t len_bytes)
{
	struct op *op = &ops[op_cnt];

	if (!recording)
		return;
	ck_assert_uint_lt(op_cnt, OPS_MAX);
	*op = (struct op){ disk, off_bytes, len_bytes, NULL, false };
	if (memory) {
		op->data = malloc(len_bytes);
		ck_assert_ptr_nonnull(op->data);
		memcpy(op->data, memory, len_bytes);
	}
	op_cnt++;
}

int sl_volume_open(struct sl_volume **volume, const char *path, enum sl_volume_mode mode)
{
	for (uint32_t idx = 0; idx < DISKS_MAX; idx++) {
		if (disks[idx].len_bytes == 0 || strcmp(path, disks[idx].name) != 0)
			continue;
		*volume = calloc(1, sizeof(**volume));
		ck_assert_ptr_nonnull(*volume);
		(*volume)->disk = &disks[idx];
		(*volume)->writable = mode != SL_VOLUME_READ;
		return 0;
	}
	return -ENOENT;
}

void sl_volume_close(struct sl_volume *volume)
{
	if (!volume)
		return;
	for (int lock = 0; lock < LOCK_CNT; lock++)
		sl_volume_lock(volume, (enum sl_volume_lock)lock, SL_VOLUME_UNLOCKED, false);
	free(volume);
}

const char *sl_volume_path(const struct sl_volume *volume)
{
	return volume->disk->name;
}

uint64_t sl_volume_bytes(const struct sl_volume *volume)
{
	return volume->disk->len_bytes;
}

uint32_t sl_volume_align_bytes(const struct sl_volume *volume)
{
	(void)volume;
	return SLUICE_STORE_PAGE_BYTES;
}

int sl_volume_fd(const struct sl_volume *volume)
{
	(void)volume;
	return -1;
}

static void check_request(const struct sl_volume *volume, uint64_t off_bytes, const void *memory,
			  uint64_t len_bytes)
{
	ck_assert_uint_eq(off_bytes % SLUICE_STORE_PAGE_BYTES, 0);
	ck_assert_uint_eq(len_bytes % SLUICE_STORE_PAGE_BYTES, 0);
	ck_assert_uint_eq((uintptr_t)memory % SLUICE_STORE_PAGE_BYTES, 0);
	ck_assert_uint_le(off_bytes, volume->disk->len_bytes);
	ck_assert_uint_le(len_bytes, volume->disk->len_bytes - off_bytes);
}

int sl_volume_read(struct sl_volume *volume, uint64_t off_bytes, void *memory, uint64_t len_bytes)
{
	const struct disk *disk = volume->disk;

	check_request(volume, off_bytes, memory, len_bytes);
	if (off_bytes < disk->bad_off_bytes + disk->bad_len_bytes &&
	    off_bytes + len_bytes > disk->bad_off_bytes)
		return -EIO;
	memcpy(memory, disk->seen + off_bytes, len_bytes);
	return 0;
}

int sl_volume_write(struct sl_volume *volume, uint64_t off_bytes, const void *memory,
		    uint64_t len_bytes)
{
	check_request(volume, off_bytes, memory, len_bytes);
	ck_assert(volume->writable);
	if (writes_left == 0)
		return -EIO;
	if (writes_left != UINT64_MAX)
		writes_left--;
	remember(volume->disk, off_bytes, memory, len_bytes);
	memcpy(volume->disk->seen + off_bytes, memory, len_bytes);
	return 0;
}

int sl_volume_flush(struct sl_volume *volume)
{
	remember(volume->disk, 0, NULL, 0);
	return 0;
}

int sl_volume_lock(struct sl_volume *volume, enum sl_volume_lock lock, enum sl_volume_hold hold,
		   bool wait)
{
	struct disk *disk = volume->disk;
	struct sl_volume **exclusive = &disk->exclusive[lock];
	uint32_t others_cnt = disk->shared_cnt[lock] -
			      (volume->holds[lock] == SL_VOLUME_SHARED && disk->shared_cnt[lock]);

	if (hold != SL_VOLUME_UNLOCKED && *exclusive && *exclusive != volume) {
		ck_assert_msg(!wait, "would wait for ever");
		return -EAGAIN;
	}
	if (hold == SL_VOLUME_EXCLUSIVE && others_cnt > 0) {
		ck_assert_msg(!wait, "would wait for ever");
		return -EAGAIN;
	}
	if (*exclusive == volume)
		*exclusive = NULL;
	disk->shared_cnt[lock] = others_cnt + (hold == SL_VOLUME_SHARED);
	if (hold == SL_VOLUME_EXCLUSIVE)
		*exclusive = volume;
	volume->holds[lock] = hold;
	return 0;
}

int sl_foreign_find(const char *path, char what[SL_FOREIGN_BYTES])
{
	(void)path;
	if (foreign)
		snprintf(what, SL_FOREIGN_BYTES, "%s", foreign);
	return foreign != NULL;
}

int sl_foreign_wipe(const char *path)
{
	(void)path;
	wipe_cnt++;
	return 0;
}
