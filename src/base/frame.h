/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frame: the handle of one UMEM chunk. The one thing siblings share about packets: the nic room
 * hands frames out and takes them back, serve fills them, and neither can mistake one for a count.
 *
 * A frame has exactly one owner:
 *
 *      free ──take──► pump ──tx──► tx (ring, kernel, completion ring) ──reap──► free
 *        │ ▲            └──give──► free
 *        │ └──release── rx ◄──rx── fill (fill ring, kernel, rx ring)
 *        └────refill──────────────► fill
 */
#ifndef SL_BASE_FRAME_H
#define SL_BASE_FRAME_H

#include <stdint.h>

struct sl_frame {
	uint32_t idx; /* chunk number, [0, frames of the worker) */
};

enum sl_frame_owner {
	SL_FRAME_FREE,
	SL_FRAME_FILL,
	SL_FRAME_RX,
	SL_FRAME_TX,
	SL_FRAME_PUMP,
};

enum { SL_FRAME_OWNERS = SL_FRAME_PUMP + 1 };

#endif
