/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segregated free lists with immediate coalescing (Masmano, Ripoll, Crespo, Real: "TLSF: a new
 * dynamic memory allocator for real-time systems", 2004): take and give in constant time, no lock,
 * no system call. The sizes that OpenSSL asks for span 16 bytes to 17 KiB and come and go with
 * handshakes of strangers' choosing, so free neighbours are joined at once: nobody can wear the
 * heap down to crumbs of one size.
 *
 *   memory  ├ block │ block (free) │ block │ ... │ end mark ┤
 *   block   ├ header: owner, own size, size of the one before │ payload ┤
 *
 * A class holds free blocks of [2^n + k 2^n/4, 2^n + (k+1) 2^n/4). A request is rounded up to the
 * next class's lower end, so that any block of the list will do: at most a quarter is passed over.
 */
#include "tls/heap.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/alloc.h"
#include "base/bug.h"

enum {
	GRAIN_BYTES = 16,     /* what malloc aligns to on this machine */
	HEADER_BYTES = 16,    /* keeps that alignment */
	BLOCK_MIN_BYTES = 32, /* header and two links */
	CLASS_CNT = 64,       /* one bit each in a word; 4 a doubling: 32 bytes to 1.75 MiB */
	FREE_BIT = 1,         /* in size_bytes, whose low four bits are zero otherwise */
};

struct block {
	struct sl_tls_heap *owner; /* NULL: from malloc */
	uint32_t size_bytes;       /* header included; FREE_BIT */
	uint32_t before_bytes;     /* size of the block before; 0: this is the first */
	struct block *next, *prev; /* of the class's list, if free; payload otherwise */
};
_Static_assert(offsetof(struct block, next) == HEADER_BYTES, "links lie in the payload");
_Static_assert(sizeof(struct block) == BLOCK_MIN_BYTES, "the smallest block can be free");

struct sl_tls_heap {
	uint64_t nonempty_bits; /* bit n: first[n] is not NULL */
	struct block *first[CLASS_CNT];
	uint8_t *memory;
	struct sl_tls_heap_usage usage;
	/* What other threads have freed. They only push, the heap's thread only takes all. */
	_Atomic(struct block *) handed_back;
};

static _Thread_local struct sl_tls_heap *current;

/* ---- classes ---- */

static uint32_t class_of(uint64_t size_bytes)
{
	uint32_t log2 = 63 - __builtin_clzll(size_bytes);
	uint32_t class_idx = (log2 - 5) * 4 + ((size_bytes >> (log2 - 2)) & 3);

	return class_idx < CLASS_CNT ? class_idx : CLASS_CNT - 1;
}

static bool class_that_fits(uint64_t size_bytes, uint32_t *class_idx)
{
	uint32_t log2 = 63 - __builtin_clzll(size_bytes);
	uint64_t rounded_bytes = size_bytes + (UINT64_C(1) << (log2 - 2)) - 1;

	if (rounded_bytes >= UINT64_C(1) << 21) /* above the last class's lower end */
		return false;
	*class_idx = class_of(rounded_bytes);
	return true;
}

static void list_add(struct sl_tls_heap *heap, struct block *block)
{
	uint32_t class_idx = class_of(block->size_bytes);

	block->prev = NULL;
	block->next = heap->first[class_idx];
	if (block->next)
		block->next->prev = block;
	heap->first[class_idx] = block;
	heap->nonempty_bits |= UINT64_C(1) << class_idx;
	block->size_bytes |= FREE_BIT;
}

static void list_remove(struct sl_tls_heap *heap, struct block *block)
{
	uint32_t class_idx;

	block->size_bytes &= ~(uint32_t)FREE_BIT;
	class_idx = class_of(block->size_bytes);
	if (block->next)
		block->next->prev = block->prev;
	if (block->prev)
		block->prev->next = block->next;
	else
		heap->first[class_idx] = block->next;
	if (!heap->first[class_idx])
		heap->nonempty_bits &= ~(UINT64_C(1) << class_idx);
}

/* ---- blocks ---- */

static struct block *block_after(struct block *block)
{
	return (struct block *)((uint8_t *)block + (block->size_bytes & ~(uint32_t)FREE_BIT));
}

static struct block *block_before(struct block *block)
{
	return (struct block *)((uint8_t *)block - block->before_bytes);
}

static void split(struct sl_tls_heap *heap, struct block *block, uint32_t size_bytes)
{
	uint32_t rest_bytes = block->size_bytes - size_bytes;
	struct block *rest;

	if (rest_bytes < BLOCK_MIN_BYTES)
		return;
	block->size_bytes = size_bytes;
	rest = block_after(block);
	rest->owner = heap;
	rest->size_bytes = rest_bytes;
	rest->before_bytes = size_bytes;
	block_after(rest)->before_bytes = rest_bytes;
	list_add(heap, rest);
}

static struct block *block_take(struct sl_tls_heap *heap, uint64_t payload_bytes)
{
	struct sl_tls_heap_usage *usage = &heap->usage;
	uint64_t size_bytes = HEADER_BYTES + payload_bytes;
	uint64_t fitting_bits = 0;
	struct block *block;
	uint32_t class_idx;

	size_bytes = (size_bytes + GRAIN_BYTES - 1) & ~(uint64_t)(GRAIN_BYTES - 1);
	if (size_bytes < BLOCK_MIN_BYTES)
		size_bytes = BLOCK_MIN_BYTES;
	if (class_that_fits(size_bytes, &class_idx))
		fitting_bits = heap->nonempty_bits >> class_idx << class_idx;
	if (fitting_bits == 0) {
		usage->refused_cnt++;
		return NULL;
	}
	block = heap->first[__builtin_ctzll(fitting_bits)];
	list_remove(heap, block);
	split(heap, block, size_bytes);
	usage->taken_cnt++;
	usage->used_bytes += block->size_bytes;
	if (usage->used_bytes > usage->high_bytes)
		usage->high_bytes = usage->used_bytes;
	return block;
}

static void block_give(struct sl_tls_heap *heap, struct block *block)
{
	struct block *after = block_after(block);

	BUG_ON(block->size_bytes & FREE_BIT);
	heap->usage.used_bytes -= block->size_bytes;
	if (after->size_bytes & FREE_BIT) {
		list_remove(heap, after);
		block->size_bytes += after->size_bytes;
	}
	if (block->before_bytes != 0 && (block_before(block)->size_bytes & FREE_BIT)) {
		struct block *before = block_before(block);

		list_remove(heap, before);
		before->size_bytes += block->size_bytes;
		block = before;
	}
	block_after(block)->before_bytes = block->size_bytes;
	list_add(heap, block);
}

/* ---- from other threads ---- */

static void block_hand_back(struct block *block)
{
	struct sl_tls_heap *heap = block->owner;

	block->next = atomic_load_explicit(&heap->handed_back, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&heap->handed_back, &block->next, block,
						      memory_order_release, memory_order_relaxed))
		;
}

static void take_back(struct sl_tls_heap *heap)
{
	struct block *block;

	if (!atomic_load_explicit(&heap->handed_back, memory_order_relaxed))
		return;
	block = atomic_exchange_explicit(&heap->handed_back, NULL, memory_order_acquire);
	while (block) {
		struct block *next = block->next;

		block_give(heap, block);
		block = next;
	}
}

/* ---- what OpenSSL calls ---- */

static void *heap_malloc(size_t len_bytes, const char *file, int line)
{
	struct block *block;

	(void)file;
	(void)line;
	if (len_bytes == 0 || len_bytes > INT32_MAX)
		return NULL;
	if (current) {
		block = block_take(current, len_bytes);
	} else {
		block = malloc(HEADER_BYTES + len_bytes);
		if (block) {
			block->owner = NULL;
			block->size_bytes = HEADER_BYTES + len_bytes;
			block->before_bytes = 0;
		}
	}
	return block ? (uint8_t *)block + HEADER_BYTES : NULL;
}

static struct block *block_of(void *payload)
{
	return (struct block *)((uint8_t *)payload - HEADER_BYTES);
}

static void heap_free(void *payload, const char *file, int line)
{
	struct block *block;

	(void)file;
	(void)line;
	if (!payload)
		return;
	block = block_of(payload);
	if (!block->owner)
		free(block);
	else if (block->owner == current)
		block_give(current, block);
	else
		block_hand_back(block);
}

static void *heap_realloc(void *payload, size_t len_bytes, const char *file, int line)
{
	struct block *block;
	size_t old_bytes;
	void *moved;

	if (!payload)
		return heap_malloc(len_bytes, file, line);
	if (len_bytes == 0) {
		heap_free(payload, file, line);
		return NULL;
	}
	block = block_of(payload);
	old_bytes = block->size_bytes - HEADER_BYTES;
	if (len_bytes <= old_bytes && len_bytes >= old_bytes / 2)
		return payload;
	moved = heap_malloc(len_bytes, file, line);
	if (!moved)
		return NULL;
	memcpy(moved, payload, old_bytes < len_bytes ? old_bytes : len_bytes);
	heap_free(payload, file, line);
	return moved;
}

/* ---- setup ---- */

int sl_tls_heap_install(void)
{
	CRYPTO_malloc_fn malloc_fn;
	CRYPTO_realloc_fn realloc_fn;
	CRYPTO_free_fn free_fn;

	CRYPTO_get_mem_functions(&malloc_fn, &realloc_fn, &free_fn);
	if (malloc_fn == heap_malloc)
		return 0;
	return CRYPTO_set_mem_functions(heap_malloc, heap_realloc, heap_free) ? 0 : -EBUSY;
}

/* One free block, and an end mark that is never free, so that joining stops there. */
static void memory_format(struct sl_tls_heap *heap, uint32_t total_bytes)
{
	struct block *all = (struct block *)heap->memory;
	struct block *end;

	all->owner = heap;
	all->before_bytes = 0;
	all->size_bytes = total_bytes - HEADER_BYTES;
	end = block_after(all);
	end->owner = heap;
	end->before_bytes = all->size_bytes;
	end->size_bytes = HEADER_BYTES;
	list_add(heap, all);
}

int sl_tls_heap_init(struct sl_tls_heap **out, uint64_t total_bytes)
{
	struct sl_tls_heap *heap;
	int ret = sl_tls_heap_install();

	if (ret)
		return ret;
	if (total_bytes < SL_TLS_HEAP_MIN_BYTES || total_bytes > UINT64_C(1) << 31)
		return -EINVAL;
	total_bytes &= ~(uint64_t)(GRAIN_BYTES - 1);
	heap = sl_alloc(1, sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	heap->memory = sl_alloc(1, total_bytes);
	if (!heap->memory) {
		sl_free(heap);
		return -ENOMEM;
	}
	heap->usage.total_bytes = total_bytes;
	memory_format(heap, total_bytes);
	*out = heap;
	return 0;
}

void sl_tls_heap_fini(struct sl_tls_heap *heap)
{
	if (!heap)
		return;
	BUG_ON(heap == current);
	take_back(heap);
	if (heap->usage.used_bytes != 0)
		return;
	sl_free(heap->memory);
	sl_free(heap);
}

struct sl_tls_heap *sl_tls_heap_enter(struct sl_tls_heap *heap)
{
	struct sl_tls_heap *before = current;

	/* The thread's error queue lives as long as the thread, longer than any heap: let it come
	 * from malloc. */
	if (heap && !before)
		ERR_clear_error();
	if (heap)
		take_back(heap);
	current = heap;
	return before;
}

void sl_tls_heap_usage(struct sl_tls_heap *heap, struct sl_tls_heap_usage *usage)
{
	take_back(heap);
	*usage = heap->usage;
}
