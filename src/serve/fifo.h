/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FIFO: indices that wait their turn. The links lie with whoever waits, so waiting costs no memory.
 * Everything takes the same time however many wait: thousands do, and all may leave at once.
 */
#ifndef SL_SERVE_FIFO_H
#define SL_SERVE_FIFO_H

#include <stddef.h>
#include <stdint.h>

struct sl_fifo_link { /* the FIFO's while its owner waits, then without meaning */
	uint32_t next_idx, prev_idx;
};

struct sl_fifo {
	uint32_t head_idx, tail_idx; /* UINT32_MAX: empty */
	uint8_t *links;              /* link 0; the next one is stride_bytes further */
	size_t stride_bytes;
};

/* links: the link of element 0; the following are stride_bytes apart. */
void sl_fifo_init(struct sl_fifo *fifo, struct sl_fifo_link *links, size_t stride_bytes);
void sl_fifo_push(struct sl_fifo *fifo, uint32_t idx);
uint32_t sl_fifo_pop(struct sl_fifo *fifo); /* UINT32_MAX: empty */

/* Takes idx out of the middle; it is in there. */
void sl_fifo_remove(struct sl_fifo *fifo, uint32_t idx);

#endif
