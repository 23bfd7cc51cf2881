/* SPDX-License-Identifier: BSD-2-Clause */
#include "pipeline_nic.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "base/pool.h"

enum { RX_OFF_BYTES = 256 }; /* as XDP does */

struct sent {
	uint32_t frame_idx;
	uint32_t header_bytes; /* 0: the frame goes on with the packet before it */
	uint32_t payload_bytes;
};

/* Positions in rings only grow; both sizes are powers of two. Receive frames come first in the
 * UMEM and go round in the order of the ring. */
struct sl_nic {
	struct sl_nic_config config;
	uint8_t *umem;
	struct sl_pool transmit; /* index + fill_cnt = frame */
	struct sent *tx_ring;
	uint32_t tx_given, tx_flushed, tx_seen, tx_reaped;
	struct sl_nic_packet *rx_ring;
	uint32_t rx_arrived, rx_taken, rx_released;
};

static struct sl_nic *the_nic;

struct sl_nic *pipeline_nic(void)
{
	return the_nic;
}

uint32_t sl_nic_chunk_bytes(uint32_t mtu_bytes)
{
	if (mtu_bytes > SL_MTU_MAX)
		return 0;
	return mtu_bytes <= 1500 ? 2048 : 4096;
}

int sl_nic_open(struct sl_nic **out, const struct sl_nic_config *config, struct sl_arena *arena)
{
	struct sl_nic *nic = sl_alloc(1, sizeof(*nic));

	BUG_ON(!nic || the_nic);
	nic->config = *config;
	nic->umem = sl_arena_carve(arena, (size_t)config->frame_cnt * config->chunk_bytes, 4096);
	nic->tx_ring = sl_alloc(config->tx_cnt, sizeof(*nic->tx_ring));
	nic->rx_ring = sl_alloc(config->fill_cnt, sizeof(*nic->rx_ring));
	BUG_ON(!nic->umem || !nic->tx_ring || !nic->rx_ring);
	BUG_ON(sl_pool_init(&nic->transmit, config->frame_cnt - config->fill_cnt));
	*out = the_nic = nic;
	return 0;
}

void sl_nic_close(struct sl_nic *nic)
{
	sl_pool_fini(&nic->transmit);
	sl_free(nic->rx_ring);
	sl_free(nic->tx_ring);
	sl_free(nic);
	the_nic = NULL;
}

int sl_nic_fd(const struct sl_nic *nic)
{
	(void)nic;
	return -1;
}

bool sl_nic_zero_copy(const struct sl_nic *nic)
{
	(void)nic;
	return true;
}

static uint8_t *chunk_of(const struct sl_nic *nic, uint32_t frame_idx)
{
	return nic->umem + (size_t)frame_idx * nic->config.chunk_bytes;
}

/* ---- the worker's side: receiving ---- */

uint32_t sl_nic_rx(struct sl_nic *nic, struct sl_nic_packet *packets, uint32_t max_cnt)
{
	uint32_t cnt = 0;

	for (; cnt < max_cnt && nic->rx_taken != nic->rx_arrived; cnt++)
		packets[cnt] = nic->rx_ring[nic->rx_taken++ & (nic->config.fill_cnt - 1)];
	return cnt;
}

void sl_nic_release(struct sl_nic *nic, struct sl_frame frame)
{
	BUG_ON(frame.idx != (nic->rx_released & (nic->config.fill_cnt - 1)));
	nic->rx_released++;
}

/* ---- sending ---- */

bool sl_nic_take(struct sl_nic *nic, struct sl_frame *frame)
{
	if (!sl_pool_take(&nic->transmit, &frame->idx))
		return false;
	frame->idx += nic->config.fill_cnt;
	return true;
}

void sl_nic_give(struct sl_nic *nic, struct sl_frame frame)
{
	sl_pool_give(&nic->transmit, frame.idx - nic->config.fill_cnt);
}

uint8_t *sl_nic_payload(struct sl_nic *nic, struct sl_frame frame)
{
	return chunk_of(nic, frame.idx) + SL_FRAME_HEADROOM_BYTES;
}

uint32_t sl_nic_tx_room(const struct sl_nic *nic)
{
	return nic->config.tx_cnt - (nic->tx_given - nic->tx_reaped);
}

uint32_t sl_nic_free_frames(const struct sl_nic *nic)
{
	return nic->transmit.free_cnt;
}

void sl_nic_tx(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
	       uint32_t payload_bytes)
{
	BUG_ON(sl_nic_tx_room(nic) == 0);
	nic->tx_ring[nic->tx_given++ & (nic->config.tx_cnt - 1)] =
	    (struct sent){ frame.idx, header_bytes, payload_bytes };
}

void sl_nic_tx_long(struct sl_nic *nic, const struct sl_frame *frames, uint32_t frame_cnt,
		    uint32_t header_bytes, uint32_t payload_bytes)
{
	for (; frame_cnt > 1; frame_cnt--, frames++) {
		sl_nic_tx(nic, *frames, header_bytes, SL_FRAME_PAYLOAD_BYTES);
		payload_bytes -= SL_FRAME_PAYLOAD_BYTES;
		header_bytes = 0;
	}
	sl_nic_tx(nic, *frames, header_bytes, payload_bytes);
}

/* A frame for each segment, as where there is zero-copy: nobody stages anything. */
bool sl_nic_segments(const struct sl_nic *nic)
{
	(void)nic;
	return false;
}

uint8_t *sl_nic_stage(struct sl_nic *nic, uint32_t len_bytes)
{
	BUG_ON(nic || len_bytes);
	return NULL;
}

void sl_nic_unstage(struct sl_nic *nic, const uint8_t *payload)
{
	BUG_ON(nic || payload);
}

uint32_t sl_nic_staged_bytes(const struct sl_nic *nic)
{
	(void)nic;
	return 0;
}

void sl_nic_tx_segmented(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
			 const uint8_t *payload, uint32_t payload_bytes, uint32_t segment_bytes)
{
	BUG_ON(nic || frame.idx || header_bytes || payload || payload_bytes || segment_bytes);
}

void sl_nic_flush(struct sl_nic *nic)
{
	nic->tx_flushed = nic->tx_given;
}

void sl_nic_kick(struct sl_nic *nic)
{
	(void)nic;
}

uint32_t sl_nic_reap(struct sl_nic *nic)
{
	uint32_t reaped_cnt = nic->tx_flushed - nic->tx_reaped;

	for (; nic->tx_reaped != nic->tx_flushed; nic->tx_reaped++) {
		uint32_t slot_idx = nic->tx_reaped & (nic->config.tx_cnt - 1);

		sl_nic_give(nic, (struct sl_frame){ nic->tx_ring[slot_idx].frame_idx });
	}
	return reaped_cnt;
}

void sl_nic_count(const struct sl_nic *nic, uint32_t owner_cnt[SL_FRAME_OWNERS])
{
	uint32_t transmit_cnt = nic->config.frame_cnt - nic->config.fill_cnt;

	owner_cnt[SL_FRAME_FILL] = nic->config.fill_cnt - (nic->rx_taken - nic->rx_released);
	owner_cnt[SL_FRAME_RX] = nic->rx_taken - nic->rx_released;
	owner_cnt[SL_FRAME_TX] = nic->tx_given - nic->tx_reaped;
	owner_cnt[SL_FRAME_FREE] = nic->transmit.free_cnt;
	owner_cnt[SL_FRAME_PUMP] = transmit_cnt - owner_cnt[SL_FRAME_TX] - owner_cnt[SL_FRAME_FREE];
}

void sl_nic_counters(const struct sl_nic *nic, struct sl_nic_counters *counters)
{
	(void)nic;
	memset(counters, 0, sizeof(*counters));
}

/* ---- the clients' side ---- */

const uint8_t *pipeline_nic_next_sent(struct sl_nic *nic, uint32_t *len_bytes)
{
	const struct sent *sent;

	if (nic->tx_seen == nic->tx_flushed)
		return NULL;
	sent = &nic->tx_ring[nic->tx_seen++ & (nic->config.tx_cnt - 1)];
	*len_bytes = sent->header_bytes + sent->payload_bytes;
	return chunk_of(nic, sent->frame_idx) + SL_FRAME_HEADROOM_BYTES - sent->header_bytes;
}

uint8_t *pipeline_nic_slot(struct sl_nic *nic)
{
	uint32_t frame_idx = nic->rx_arrived & (nic->config.fill_cnt - 1);

	if (nic->rx_arrived - nic->rx_released == nic->config.fill_cnt)
		return NULL;
	return chunk_of(nic, frame_idx) + RX_OFF_BYTES + SL_FRAME_HEADROOM_BYTES;
}

void pipeline_nic_arrived(struct sl_nic *nic, uint32_t header_bytes, uint32_t payload_bytes)
{
	uint32_t frame_idx = nic->rx_arrived & (nic->config.fill_cnt - 1);

	nic->rx_ring[frame_idx] = (struct sl_nic_packet){
		.frame = { frame_idx },
		.data = pipeline_nic_slot(nic) - header_bytes,
		.len_bytes = header_bytes + payload_bytes,
	};
	nic->rx_arrived++;
}
