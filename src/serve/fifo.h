/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FIFO: indices that wait their turn. The links lie with whoever waits (one uint32_t each), so
 * waiting costs no memory. link_of(idx) is that link.
 */
#ifndef SL_SERVE_FIFO_H
#define SL_SERVE_FIFO_H

#include <stddef.h>
#include <stdint.h>

struct sl_fifo {
	uint32_t head_idx, tail_idx; /* UINT32_MAX: empty */
	uint8_t *links;              /* link 0; the next one is stride_bytes further */
	size_t stride_bytes;
};

/* links: address of the uint32_t link of element 0; the following are stride_bytes apart. */
void sl_fifo_init(struct sl_fifo *fifo, void *links, size_t stride_bytes);
void sl_fifo_push(struct sl_fifo *fifo, uint32_t idx);
uint32_t sl_fifo_pop(struct sl_fifo *fifo); /* UINT32_MAX: empty */

/* Takes idx out of the middle; it is in there. O(length): for the rare case that one who waits goes
 * away. */
void sl_fifo_remove(struct sl_fifo *fifo, uint32_t idx);

#endif
