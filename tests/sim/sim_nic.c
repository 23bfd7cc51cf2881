/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_nic.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/limits.h"
#include "base/pool.h"
#include "sim_cut.h"

enum {
	RX_OFF_BYTES = 256,
	COUNT_EACH = 64,
	PACKET_MAX_BYTES = SL_FRAME_HEADROOM_BYTES + SL_PACKET_FRAMES_MAX * SL_FRAME_PAYLOAD_BYTES,
};

struct sent {
	struct sl_frame frame;
	uint32_t header_bytes, payload_bytes;
	bool continues;         /* with the next one */
	uint8_t *staged;        /* the payload, to be cut; NULL: it is in the frame */
	uint32_t segment_bytes; /* every so many */
};

struct sl_nic {
	struct sl_nic_config config;
	uint8_t *umem;
	uint8_t *owners; /* enum sl_frame_owner of each frame */
	uint32_t owner_cnt[SL_FRAME_OWNERS];
	struct sl_pool pool;
	struct sent *tx_ring; /* given to sl_nic_tx, not flushed or not reaped */
	uint32_t tx_cnt, flushed_cnt;
	uint8_t packet[PACKET_MAX_BYTES]; /* of several frames, put together */
	struct sl_nic_packet *rx_ring;    /* fill_cnt of them */
	uint32_t rx_first, rx_cnt;
	uint8_t *staging; /* SL_STAGING_BYTES; NULL: nothing is cut */
	uint32_t staged_bytes, given_bytes;
	uint64_t dropped_cnt, check_cnt;
	sl_sim_nic_sink *sink;
	void *sink_arg;
};

static void pass(struct sl_nic *nic, struct sl_frame frame, enum sl_frame_owner from,
		 enum sl_frame_owner to)
{
	BUG_ON(frame.idx >= nic->config.frame_cnt);
	BUG_ON(nic->owners[frame.idx] != from);
	nic->owners[frame.idx] = (uint8_t)to;
	nic->owner_cnt[from]--;
	nic->owner_cnt[to]++;
}

void sl_sim_nic_connect(struct sl_nic *nic, sl_sim_nic_sink *sink, void *arg)
{
	nic->sink = sink;
	nic->sink_arg = arg;
}

static bool opened_segment;

void sl_sim_nic_set_segments(bool segments)
{
	opened_segment = segments;
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

	BUG_ON(!nic);
	nic->config = *config;
	nic->umem = sl_arena_carve(arena, (size_t)config->frame_cnt * config->chunk_bytes, 4096);
	nic->owners = calloc(config->frame_cnt, 1);
	nic->tx_ring = calloc(config->tx_cnt, sizeof(*nic->tx_ring));
	nic->rx_ring = calloc(config->fill_cnt, sizeof(*nic->rx_ring));
	BUG_ON(!nic->umem || !nic->owners || !nic->tx_ring || !nic->rx_ring);
	BUG_ON(sl_pool_init(&nic->pool, config->frame_cnt));
	nic->owner_cnt[SL_FRAME_FREE] = config->frame_cnt;
	if (opened_segment) {
		nic->staging = malloc(SL_STAGING_BYTES);
		BUG_ON(!nic->staging);
	}
	*out = nic;
	return 0;
}

void sl_nic_close(struct sl_nic *nic)
{
	sl_pool_fini(&nic->pool);
	free(nic->staging);
	free(nic->rx_ring);
	free(nic->tx_ring);
	free(nic->owners);
	free(nic);
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

void sl_sim_nic_push(struct sl_nic *nic, const uint8_t *packet, uint32_t len_bytes)
{
	struct sl_nic_packet *slot;
	uint32_t idx;

	BUG_ON(len_bytes + RX_OFF_BYTES > nic->config.chunk_bytes);
	if (nic->rx_cnt == nic->config.fill_cnt || !sl_pool_take(&nic->pool, &idx)) {
		nic->dropped_cnt++;
		return;
	}
	slot = &nic->rx_ring[(nic->rx_first + nic->rx_cnt++) % nic->config.fill_cnt];
	slot->frame.idx = idx;
	pass(nic, slot->frame, SL_FRAME_FREE, SL_FRAME_FILL);
	slot->data = chunk_of(nic, slot->frame) + RX_OFF_BYTES;
	slot->len_bytes = len_bytes;
	memcpy(slot->data, packet, len_bytes);
}

uint32_t sl_nic_rx(struct sl_nic *nic, struct sl_nic_packet *packets, uint32_t max_cnt)
{
	uint32_t cnt = 0;

	for (; cnt < max_cnt && nic->rx_cnt > 0; cnt++, nic->rx_cnt--) {
		packets[cnt] = nic->rx_ring[nic->rx_first];
		nic->rx_first = (nic->rx_first + 1) % nic->config.fill_cnt;
		pass(nic, packets[cnt].frame, SL_FRAME_FILL, SL_FRAME_RX);
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
	uint32_t kept_cnt =
	    nic->config.fill_cnt - nic->owner_cnt[SL_FRAME_FILL] - nic->owner_cnt[SL_FRAME_RX];

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

static void put_frame(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
		      uint32_t payload_bytes, bool continues)
{
	BUG_ON(sl_nic_tx_room(nic) == 0);
	BUG_ON(header_bytes > SL_FRAME_HEADROOM_BYTES);
	BUG_ON(SL_FRAME_HEADROOM_BYTES + payload_bytes > nic->config.chunk_bytes);
	pass(nic, frame, SL_FRAME_PUMP, SL_FRAME_TX);
	nic->tx_ring[nic->tx_cnt++] = (struct sent){ .frame = frame,
						     .header_bytes = header_bytes,
						     .payload_bytes = payload_bytes,
						     .continues = continues };
}

void sl_nic_tx(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
	       uint32_t payload_bytes)
{
	put_frame(nic, frame, header_bytes, payload_bytes, false);
}

void sl_nic_tx_long(struct sl_nic *nic, const struct sl_frame *frames, uint32_t frame_cnt,
		    uint32_t header_bytes, uint32_t payload_bytes)
{
	BUG_ON(frame_cnt == 0 || frame_cnt > SL_PACKET_FRAMES_MAX);
	BUG_ON(frame_cnt > 1 && (!nic->config.long_packets || nic->staging));
	for (uint32_t i = 0; i < frame_cnt; i++) {
		bool last = i + 1 == frame_cnt;
		uint32_t part_bytes = last ? payload_bytes : SL_FRAME_PAYLOAD_BYTES;

		BUG_ON(part_bytes > payload_bytes || payload_bytes == 0);
		put_frame(nic, frames[i], i == 0 ? header_bytes : 0, part_bytes, !last);
		payload_bytes -= part_bytes;
	}
}

/* The packet that begins at the next frame to be flushed. */
static uint32_t gather(struct sl_nic *nic)
{
	const struct sent *sent;
	uint32_t len_bytes = 0;

	do {
		BUG_ON(nic->flushed_cnt == nic->tx_cnt);
		sent = &nic->tx_ring[nic->flushed_cnt++];
		memcpy(nic->packet + len_bytes,
		       sl_nic_payload(nic, sent->frame) - sent->header_bytes,
		       sent->header_bytes + sent->payload_bytes);
		len_bytes += sent->header_bytes + sent->payload_bytes;
	} while (sent->continues);
	return len_bytes;
}

bool sl_nic_segments(const struct sl_nic *nic)
{
	return nic->staging;
}

/* All that was staged before has been given, or taken back. */
uint8_t *sl_nic_stage(struct sl_nic *nic, uint32_t len_bytes)
{
	BUG_ON(!nic->staging || len_bytes == 0 || len_bytes > SL_STAGING_BYTES);
	if (nic->staged_bytes + len_bytes > SL_STAGING_BYTES)
		sl_nic_flush(nic);
	nic->staged_bytes += len_bytes;
	return nic->staging + nic->staged_bytes - len_bytes;
}

void sl_nic_unstage(struct sl_nic *nic, const uint8_t *payload)
{
	BUG_ON(payload < nic->staging || payload >= nic->staging + nic->staged_bytes);
	nic->staged_bytes = (uint32_t)(payload - nic->staging);
	BUG_ON(nic->given_bytes > nic->staged_bytes);
}

uint32_t sl_nic_staged_bytes(const struct sl_nic *nic)
{
	return nic->staged_bytes;
}

void sl_nic_tx_segmented(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
			 const uint8_t *payload, uint32_t payload_bytes, uint32_t segment_bytes)
{
	uint32_t start_bytes = (uint32_t)(payload - nic->staging);

	BUG_ON(payload < nic->staging || start_bytes < nic->given_bytes);
	BUG_ON(start_bytes + payload_bytes > nic->staged_bytes || segment_bytes == 0);
	nic->given_bytes = start_bytes + payload_bytes;
	put_frame(nic, frame, header_bytes, 0, false);
	nic->tx_ring[nic->tx_cnt - 1].payload_bytes = payload_bytes;
	nic->tx_ring[nic->tx_cnt - 1].staged = nic->staging + start_bytes;
	nic->tx_ring[nic->tx_cnt - 1].segment_bytes = segment_bytes;
}

static void flush_segmented(struct sl_nic *nic, const struct sent *sent)
{
	if (nic->sink)
		sl_sim_cut(sl_nic_payload(nic, sent->frame) - sent->header_bytes,
			   sent->header_bytes, sent->staged, sent->payload_bytes,
			   sent->segment_bytes, nic->sink, nic->sink_arg);
	memset(sent->staged, 0xdb, sent->payload_bytes); /* whose it is now nobody knows */
}

void sl_nic_flush(struct sl_nic *nic)
{
	while (nic->flushed_cnt < nic->tx_cnt) {
		uint32_t len_bytes;

		if (nic->tx_ring[nic->flushed_cnt].staged) {
			flush_segmented(nic, &nic->tx_ring[nic->flushed_cnt++]);
			continue;
		}
		len_bytes = gather(nic);
		if (nic->sink)
			nic->sink(nic->sink_arg, nic->packet, len_bytes);
	}
	nic->staged_bytes = nic->given_bytes = 0;
}

void sl_nic_kick(struct sl_nic *nic)
{
	(void)nic; /* what was flushed has left: nothing gets stuck here */
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

void sl_nic_count(const struct sl_nic *nic, uint32_t owner_cnt[SL_FRAME_OWNERS])
{
	memcpy(owner_cnt, nic->owner_cnt, sizeof(nic->owner_cnt));
}

void sl_nic_counters(const struct sl_nic *nic, struct sl_nic_counters *counters)
{
	(void)nic;
	memset(counters, 0, sizeof(*counters));
}

uint32_t sl_sim_nic_waiting(const struct sl_nic *nic)
{
	return nic->rx_cnt;
}

uint64_t sl_sim_nic_dropped(const struct sl_nic *nic)
{
	return nic->dropped_cnt;
}

/* One by one only now and then: it is the sums that change. */
static void count_each(const struct sl_nic *nic)
{
	uint32_t by_owner[SL_FRAME_OWNERS] = { 0 };

	for (uint32_t i = 0; i < nic->config.frame_cnt; i++)
		by_owner[nic->owners[i]]++;
	BUG_ON(memcmp(by_owner, nic->owner_cnt, sizeof(by_owner)) != 0);
}

void sl_sim_nic_check(struct sl_nic *nic)
{
	BUG_ON(nic->owner_cnt[SL_FRAME_FREE] != nic->pool.free_cnt);
	BUG_ON(nic->owner_cnt[SL_FRAME_TX] != nic->tx_cnt);
	BUG_ON(nic->owner_cnt[SL_FRAME_FILL] != nic->rx_cnt);
	BUG_ON(nic->owner_cnt[SL_FRAME_PUMP] != 0);
	BUG_ON(nic->owner_cnt[SL_FRAME_RX] != 0);
	if (nic->check_cnt++ % COUNT_EACH == 0)
		count_each(nic);
}
