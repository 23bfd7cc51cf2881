/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/fifo.h"

#include "base/bug.h"

#define NONE UINT32_MAX

static struct sl_fifo_link *link_of(const struct sl_fifo *fifo, uint32_t idx)
{
	return (struct sl_fifo_link *)(void *)(fifo->links + (size_t)idx * fifo->stride_bytes);
}

void sl_fifo_init(struct sl_fifo *fifo, struct sl_fifo_link *links, size_t stride_bytes)
{
	*fifo = (struct sl_fifo){ .head_idx = NONE,
				  .tail_idx = NONE,
				  .links = (uint8_t *)links,
				  .stride_bytes = stride_bytes };
}

void sl_fifo_push(struct sl_fifo *fifo, uint32_t idx)
{
	*link_of(fifo, idx) = (struct sl_fifo_link){ .next_idx = NONE, .prev_idx = fifo->tail_idx };
	if (fifo->head_idx == NONE)
		fifo->head_idx = idx;
	else
		link_of(fifo, fifo->tail_idx)->next_idx = idx;
	fifo->tail_idx = idx;
}

uint32_t sl_fifo_pop(struct sl_fifo *fifo)
{
	uint32_t idx = fifo->head_idx;

	if (idx != NONE)
		sl_fifo_remove(fifo, idx);
	return idx;
}

void sl_fifo_remove(struct sl_fifo *fifo, uint32_t idx)
{
	const struct sl_fifo_link *link = link_of(fifo, idx);

	if (link->prev_idx == NONE) {
		BUG_ON(fifo->head_idx != idx);
		fifo->head_idx = link->next_idx;
	} else {
		link_of(fifo, link->prev_idx)->next_idx = link->next_idx;
	}
	if (link->next_idx == NONE) {
		BUG_ON(fifo->tail_idx != idx);
		fifo->tail_idx = link->prev_idx;
	} else {
		link_of(fifo, link->next_idx)->prev_idx = link->prev_idx;
	}
}
