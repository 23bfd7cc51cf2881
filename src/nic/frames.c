/* SPDX-License-Identifier: BSD-2-Clause */
#include "nic/frames.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"

int sl_frames_init(struct sl_frames *frames, uint32_t frame_cnt, uint32_t fill_cnt)
{
	int error;

	BUG_ON(fill_cnt == 0);
	BUG_ON(frame_cnt <= fill_cnt);
	memset(frames, 0, sizeof(*frames));
	frames->frame_cnt = frame_cnt;
	frames->fill_cnt = fill_cnt;
	error = sl_pool_init(&frames->receive, fill_cnt);
	if (error < 0)
		return error;
	error = sl_pool_init(&frames->transmit, frame_cnt - fill_cnt);
	if (error < 0)
		goto fail;
#ifdef SL_DEBUG
	_Static_assert(SL_FRAME_FREE == 0, "zeroed memory says that every frame is free");
	frames->owners = sl_alloc(frame_cnt, sizeof(*frames->owners));
	error = frames->owners ? 0 : -ENOMEM;
	if (error < 0)
		goto fail;
#endif
	return 0;

fail:
	sl_frames_fini(frames);
	return error;
}

void sl_frames_fini(struct sl_frames *frames)
{
	sl_free(frames->owners);
	sl_pool_fini(&frames->transmit);
	sl_pool_fini(&frames->receive);
	memset(frames, 0, sizeof(*frames));
}

/* Those that are free are taken first, so that every frame is given once. */
void sl_frames_reset(struct sl_frames *frames)
{
	uint32_t idx;

	while (sl_pool_take(&frames->receive, &idx))
		;
	for (idx = frames->fill_cnt; idx-- > 0;)
		sl_pool_give(&frames->receive, idx);
	while (sl_pool_take(&frames->transmit, &idx))
		;
	for (idx = frames->frame_cnt - frames->fill_cnt; idx-- > 0;)
		sl_pool_give(&frames->transmit, idx);
#ifdef SL_DEBUG
	memset(frames->owners, SL_FRAME_FREE, frames->frame_cnt * sizeof(*frames->owners));
#endif
}

void sl_frames_count(const struct sl_frames *frames, uint32_t owner_cnt[SL_FRAME_OWNERS])
{
	memset(owner_cnt, 0, SL_FRAME_OWNERS * sizeof(*owner_cnt));
	for (uint32_t i = 0; i < frames->frame_cnt; i++)
		owner_cnt[frames->owners[i]]++;
}
