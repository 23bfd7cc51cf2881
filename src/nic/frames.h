/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: which are free, and in debug builds who owns each of the others. There are two
 * populations that never mix, so sending cannot eat up the frames that wait for packets:
 *
 *      0                    fill_cnt                                     frame_cnt
 *      ├── receive ─────────┼── transmit ────────────────────────────────┤
 *      │ free, fill, rx     │ free, pump, tx                             │
 *
 * Both free lists are LIFO: the frame freed last is the one still in cache.
 */
#ifndef SL_NIC_FRAMES_H
#define SL_NIC_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bug.h"
#include "base/frame.h"
#include "base/pool.h"

struct sl_frames {
	struct sl_pool receive;  /* index = frame */
	struct sl_pool transmit; /* index + fill_cnt = frame */
	uint32_t frame_cnt, fill_cnt;
	uint8_t *owners; /* enum sl_frame_owner of each frame; NULL without SL_DEBUG */
};

/* Errors: -ENOMEM. Setup only. */
int sl_frames_init(struct sl_frames *frames, uint32_t frame_cnt, uint32_t fill_cnt);
void sl_frames_fini(struct sl_frames *frames);

/* All frames are free again, whosever they were. */
void sl_frames_reset(struct sl_frames *frames);

/* Frames by owner, counted one by one. Only with SL_DEBUG. */
void sl_frames_count(const struct sl_frames *frames, uint32_t owner_cnt[SL_FRAME_OWNERS]);

/* frame passes from its owner to the next; anybody else's frame is a BUG. */
static inline void sl_frames_move(struct sl_frames *frames, uint32_t frame_idx,
				  enum sl_frame_owner from, enum sl_frame_owner to)
{
	BUG_ON_HOT(frame_idx >= frames->frame_cnt);
#ifdef SL_DEBUG
	BUG_ON(frames->owners[frame_idx] != from);
	frames->owners[frame_idx] = (uint8_t)to;
#else
	(void)from;
	(void)to;
#endif
}

/* free → to; false if none is free. */
static inline bool sl_frames_take_receive(struct sl_frames *frames, uint32_t *frame_idx,
					  enum sl_frame_owner to)
{
	if (!sl_pool_take(&frames->receive, frame_idx))
		return false;
	sl_frames_move(frames, *frame_idx, SL_FRAME_FREE, to);
	return true;
}

static inline bool sl_frames_take_transmit(struct sl_frames *frames, uint32_t *frame_idx,
					   enum sl_frame_owner to)
{
	if (!sl_pool_take(&frames->transmit, frame_idx))
		return false;
	*frame_idx += frames->fill_cnt;
	sl_frames_move(frames, *frame_idx, SL_FRAME_FREE, to);
	return true;
}

/* from → free */
static inline void sl_frames_give_receive(struct sl_frames *frames, uint32_t frame_idx,
					  enum sl_frame_owner from)
{
	BUG_ON_HOT(frame_idx >= frames->fill_cnt);
	sl_frames_move(frames, frame_idx, from, SL_FRAME_FREE);
	sl_pool_give(&frames->receive, frame_idx);
}

static inline void sl_frames_give_transmit(struct sl_frames *frames, uint32_t frame_idx,
					   enum sl_frame_owner from)
{
	BUG_ON_HOT(frame_idx < frames->fill_cnt);
	sl_frames_move(frames, frame_idx, from, SL_FRAME_FREE);
	sl_pool_give(&frames->transmit, frame_idx - frames->fill_cnt);
}

#endif
