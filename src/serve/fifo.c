/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/fifo.h"

#include "base/bug.h"

#define NONE UINT32_MAX

static uint32_t *link_of(const struct sl_fifo *fifo, uint32_t idx)
{
	return (uint32_t *)(void *)(fifo->links + (size_t)idx * fifo->stride_bytes);
}

void sl_fifo_init(struct sl_fifo *fifo, void *links, size_t stride_bytes)
{
	*fifo = (struct sl_fifo){
		.head_idx = NONE, .tail_idx = NONE, .links = links, .stride_bytes = stride_bytes
	};
}

void sl_fifo_push(struct sl_fifo *fifo, uint32_t idx)
{
	*link_of(fifo, idx) = NONE;
	if (fifo->head_idx == NONE)
		fifo->head_idx = idx;
	else
		*link_of(fifo, fifo->tail_idx) = idx;
	fifo->tail_idx = idx;
}

uint32_t sl_fifo_pop(struct sl_fifo *fifo)
{
	uint32_t idx = fifo->head_idx;

	if (idx != NONE)
		fifo->head_idx = *link_of(fifo, idx);
	return idx;
}

void sl_fifo_remove(struct sl_fifo *fifo, uint32_t idx)
{
	uint32_t before_idx = NONE;

	for (uint32_t at = fifo->head_idx; at != idx; at = *link_of(fifo, at)) {
		BUG_ON(at == NONE);
		before_idx = at;
	}
	if (before_idx == NONE)
		fifo->head_idx = *link_of(fifo, idx);
	else
		*link_of(fifo, before_idx) = *link_of(fifo, idx);
	if (fifo->tail_idx == idx)
		fifo->tail_idx = before_idx;
}
