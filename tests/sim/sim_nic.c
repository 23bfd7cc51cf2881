/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_nic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/limits.h"
#include "base/pool.h"

enum { OWNERS = SL_FRAME_PUMP + 1, RX_OFF_BYTES = 256 };

struct sent {
	struct sl_frame frame;
	uint32_t header_bytes, payload_bytes;
};

struct sl_nic {
	struct sl_nic_config config;
	uint8_t *umem;
	uint8_t *owners; /* enum sl_frame_owner of each frame */
	struct sl_pool pool;
	struct sent *tx_ring; /* given to sl_nic_tx, not flushed or not reaped */
	uint32_t tx_cnt, flushed_cnt;
	struct sl_sim_link *out, *in;
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];
};

static struct sl_nic *current;
static struct sl_sim_link_config next_out, next_in;

static void pass(struct sl_nic *nic, struct sl_frame frame, enum sl_frame_owner from,
		 enum sl_frame_owner to)
{
	BUG_ON(frame.idx >= nic->config.frame_cnt);
	BUG_ON(nic->owners[frame.idx] != from);
	nic->owners[frame.idx] = (uint8_t)to;
}

struct sl_nic *sl_sim_nic(void)
{
	return current;
}

void sl_sim_nic_links(const struct sl_sim_link_config *out, const struct sl_sim_link_config *in)
{
	next_out = *out;
	next_in = *in;
}

void sl_sim_nic_set_links(struct sl_nic *nic, const struct sl_sim_link_config *out,
			  const struct sl_sim_link_config *in)
{
	sl_sim_link_set(nic->out, out);
	sl_sim_link_set(nic->in, in);
}

uint32_t sl_nic_chunk_bytes(uint32_t mtu_bytes)
{
	if (mtu_bytes > SL_MTU_MAX)
		return 0;
	return mtu_bytes <= 1500 ? 2048 : 4096;
}

int sl_nic_open(struct sl_nic **out, const struct sl_nic_config *config, struct sl_arena *arena)
{
	struct sl_nic *nic = calloc(1, sizeof(*nic));

	BUG_ON(!nic || current);
	nic->config = *config;
	nic->umem = sl_arena_carve(arena, (size_t)config->frame_cnt * config->chunk_bytes, 4096);
	nic->owners = calloc(config->frame_cnt, 1);
	nic->tx_ring = calloc(config->tx_cnt, sizeof(*nic->tx_ring));
	BUG_ON(!nic->umem || !nic->owners || !nic->tx_ring);
	BUG_ON(sl_pool_init(&nic->pool, config->frame_cnt));
	nic->out = sl_sim_link_open(&next_out);
	nic->in = sl_sim_link_open(&next_in);
	current = nic;
	*out = nic;
	return 0;
}

void sl_nic_close(struct sl_nic *nic)
{
	sl_sim_link_close(nic->in);
	sl_sim_link_close(nic->out);
	sl_pool_fini(&nic->pool);
	free(nic->tx_ring);
	free(nic->owners);
	free(nic);
	current = NULL;
}

int sl_nic_fd(const struct sl_nic *nic)
{
	(void)nic;
	return -1;
}

bool sl_nic_zero_copy(const struct sl_nic *nic)
{
	(void)nic;
	return false;
}

static uint8_t *chunk_of(struct sl_nic *nic, struct sl_frame frame)
{
	return nic->umem + (size_t)frame.idx * nic->config.chunk_bytes;
}

/* As a real one: what arrives when no frame is left for it is lost. */
uint32_t sl_nic_rx(struct sl_nic *nic, struct sl_nic_packet *packets, uint32_t max_cnt)
{
	uint32_t cnt = 0, len_bytes;

	while (cnt < max_cnt && (len_bytes = sl_sim_link_get(nic->in, nic->packet)) > 0) {
		struct sl_nic_packet *packet = &packets[cnt];

		if (!sl_pool_take(&nic->pool, &packet->frame.idx))
			continue;
		pass(nic, packet->frame, SL_FRAME_FREE, SL_FRAME_RX);
		packet->data = chunk_of(nic, packet->frame) + RX_OFF_BYTES;
		packet->len_bytes = len_bytes;
		memcpy(packet->data, nic->packet, len_bytes);
		cnt++;
	}
	return cnt;
}

void sl_nic_release(struct sl_nic *nic, struct sl_frame frame)
{
	pass(nic, frame, SL_FRAME_RX, SL_FRAME_FREE);
	sl_pool_give(&nic->pool, frame.idx);
}

uint32_t sl_nic_free_frames(const struct sl_nic *nic)
{
	uint32_t kept_cnt = nic->config.fill_cnt;

	return nic->pool.free_cnt > kept_cnt ? nic->pool.free_cnt - kept_cnt : 0;
}

bool sl_nic_take(struct sl_nic *nic, struct sl_frame *frame)
{
	if (sl_nic_free_frames(nic) == 0)
		return false;
	BUG_ON(!sl_pool_take(&nic->pool, &frame->idx));
	pass(nic, *frame, SL_FRAME_FREE, SL_FRAME_PUMP);
	return true;
}

void sl_nic_give(struct sl_nic *nic, struct sl_frame frame)
{
	pass(nic, frame, SL_FRAME_PUMP, SL_FRAME_FREE);
	sl_pool_give(&nic->pool, frame.idx);
}

uint8_t *sl_nic_payload(struct sl_nic *nic, struct sl_frame frame)
{
	return chunk_of(nic, frame) + SL_FRAME_HEADROOM_BYTES;
}

uint32_t sl_nic_tx_room(const struct sl_nic *nic)
{
	return nic->config.tx_cnt - nic->tx_cnt;
}

void sl_nic_tx(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
	       uint32_t payload_bytes)
{
	BUG_ON(sl_nic_tx_room(nic) == 0);
	BUG_ON(header_bytes > SL_FRAME_HEADROOM_BYTES);
	BUG_ON(SL_FRAME_HEADROOM_BYTES + payload_bytes > nic->config.chunk_bytes);
	pass(nic, frame, SL_FRAME_PUMP, SL_FRAME_TX);
	nic->tx_ring[nic->tx_cnt++] = (struct sent){ frame, header_bytes, payload_bytes };
}

void sl_nic_flush(struct sl_nic *nic)
{
	for (; nic->flushed_cnt < nic->tx_cnt; nic->flushed_cnt++) {
		const struct sent *sent = &nic->tx_ring[nic->flushed_cnt];
		const uint8_t *packet = sl_nic_payload(nic, sent->frame) - sent->header_bytes;

		sl_sim_link_put(nic->out, packet, sent->header_bytes + sent->payload_bytes);
	}
}

/* A turn later: what was flushed has left. */
uint32_t sl_nic_reap(struct sl_nic *nic)
{
	uint32_t reaped_cnt = nic->flushed_cnt;

	BUG_ON(nic->flushed_cnt != nic->tx_cnt); /* every turn ends with a flush */
	for (uint32_t i = 0; i < reaped_cnt; i++) {
		pass(nic, nic->tx_ring[i].frame, SL_FRAME_TX, SL_FRAME_FREE);
		sl_pool_give(&nic->pool, nic->tx_ring[i].frame.idx);
	}
	nic->tx_cnt = 0;
	nic->flushed_cnt = 0;
	return reaped_cnt;
}

void sl_nic_count(const struct sl_nic *nic, uint32_t owner_cnt[5])
{
	memset(owner_cnt, 0, OWNERS * sizeof(*owner_cnt));
	owner_cnt[SL_FRAME_TX] = nic->tx_cnt;
	owner_cnt[SL_FRAME_FREE] = nic->pool.free_cnt;
	owner_cnt[SL_FRAME_PUMP] = nic->config.frame_cnt - nic->pool.free_cnt - nic->tx_cnt;
}

void sl_nic_counters(const struct sl_nic *nic, struct sl_nic_counters *counters)
{
	(void)nic;
	memset(counters, 0, sizeof(*counters));
}

uint32_t sl_sim_nic_pull(struct sl_nic *nic, uint8_t *packet)
{
	return sl_sim_link_get(nic->out, packet);
}

void sl_sim_nic_push(struct sl_nic *nic, const uint8_t *packet, uint32_t len_bytes)
{
	sl_sim_link_put(nic->in, packet, len_bytes);
}

uint64_t sl_sim_nic_worker_next_ns(const struct sl_nic *nic)
{
	return sl_sim_link_next_ns(nic->in);
}

uint64_t sl_sim_nic_client_next_ns(const struct sl_nic *nic)
{
	return sl_sim_link_next_ns(nic->out);
}

void sl_sim_nic_check(const struct sl_nic *nic)
{
	uint32_t by_owner[OWNERS] = { 0 };

	for (uint32_t i = 0; i < nic->config.frame_cnt; i++)
		by_owner[nic->owners[i]]++;
	BUG_ON(by_owner[SL_FRAME_FREE] != nic->pool.free_cnt);
	BUG_ON(by_owner[SL_FRAME_TX] != nic->tx_cnt);
	BUG_ON(by_owner[SL_FRAME_PUMP] != 0);
	BUG_ON(by_owner[SL_FRAME_RX] != 0);
}

const struct sl_sim_link_counters *sl_sim_nic_out_counters(const struct sl_nic *nic)
{
	return sl_sim_link_counters(nic->out);
}
