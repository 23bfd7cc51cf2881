/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NIC over AF_XDP. The address of a frame in the rings is its chunk's offset in the UMEM plus where
 * in the chunk the packet starts; the frame is the address divided by the chunk size.
 *
 * Without zero-copy packets are received over AF_XDP all the same, but leave through a packet
 * socket (gso_socket.h), which takes many segments as one. But only if they leave on the worker's
 * queue: a packet socket cannot say which one, and there are devices on which a flow is received on
 * the queue that it was sent on last (a virtio NIC on a tap; filters that learn, as ixgbe's ATR):
 * it would leave its worker.
 *
 * Completion and TX ring have the same size, and a frame counts as in tx from sl_nic_tx until it
 * has been reaped. So sl_nic_tx_room, the ring size less those frames, bounds both: the kernel
 * always finds room for a completion, and never has to stop for want of it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "base/log.h"
#include "nic/compat.h"
#include "nic/frames.h"
#include "nic/gso_socket.h"
#include "nic/interface.h"
#include "nic/nic.h"
#include "nic/xsk.h"

struct sl_nic {
	struct sl_xsk xsk;
	struct sl_gso_socket gso; /* sends, if by_socket */
	bool by_socket;
	struct sl_frames frames;
	uint8_t *umem;
	uint32_t chunk_bytes, chunk_shift;
	bool rx_continues; /* the descriptor read last was not its packet's last */
	uint64_t rx_too_long, tx_kicks, tx_kick_errors, tx_dropped;

	struct sl_nic_config config;
	struct sl_xsk spares[SL_NIC_SPARES_CNT]; /* made, not opened */
	uint32_t spare_cnt;
	struct xdp_statistics before; /* of sockets that are closed */
};

/* ---- open and close ----------------------------------------------------------------------------
 */

static bool is_power_of_2(uint32_t number)
{
	return number && (number & (number - 1)) == 0;
}

static void check_config(const struct sl_nic_config *config)
{
	BUG_ON(!is_power_of_2(config->fill_cnt));
	BUG_ON(config->fill_cnt < 64 || config->fill_cnt > 4096);
	BUG_ON(!is_power_of_2(config->tx_cnt));
	BUG_ON(config->tx_cnt < 64 || config->tx_cnt > 8192);
	BUG_ON(config->chunk_bytes != 2048 && config->chunk_bytes != 4096);
	BUG_ON(config->long_packets && config->chunk_bytes != 4096);
	BUG_ON(config->frame_cnt <= config->fill_cnt);
}

static int carve_umem(struct sl_nic *nic, const struct sl_nic_config *config,
		      struct sl_arena *arena)
{
	size_t umem_bytes = (size_t)config->frame_cnt * config->chunk_bytes;

	nic->chunk_bytes = config->chunk_bytes;
	nic->chunk_shift = (uint32_t)__builtin_ctz(config->chunk_bytes);
	nic->umem = sl_arena_carve(arena, umem_bytes, (size_t)sysconf(_SC_PAGESIZE));
	if (nic->umem)
		return 0;
	sl_error("interface \"%s\" queue %u: the worker's memory has no room for %u packet buffers "
		 "of %u bytes",
		 config->iface, config->queue, config->frame_cnt, config->chunk_bytes);
	return -ENOMEM;
}

static uint64_t chunk_address(const struct sl_nic *nic, uint32_t frame_idx)
{
	return (uint64_t)frame_idx << nic->chunk_shift;
}

static uint32_t frame_of(const struct sl_nic *nic, uint64_t address)
{
	return (uint32_t)(address >> nic->chunk_shift);
}

/* free → fill for all that wait. */
static void refill(struct sl_nic *nic)
{
	uint32_t frame_idx;

	if (nic->frames.receive.free_cnt == 0)
		return;
	while (sl_frames_take_receive(&nic->frames, &frame_idx, SL_FRAME_FILL))
		sl_producer_put_address(&nic->xsk.fill, chunk_address(nic, frame_idx));
	sl_producer_publish(&nic->xsk.fill);
}

static void close_spares(struct sl_nic *nic)
{
	while (nic->spare_cnt > 0)
		sl_xsk_close(&nic->spares[--nic->spare_cnt]);
}

/* Memory that cannot be pinned five times now may be had when the socket before is closed. */
static int make_sockets(struct sl_nic *nic)
{
	int error = sl_xsk_make(&nic->xsk, &nic->config);

	while (error == 0 && nic->spare_cnt < SL_NIC_SPARES_CNT) {
		struct sl_xsk *spare = &nic->spares[nic->spare_cnt];

		error = sl_xsk_make(spare, &nic->config);
		if (error < 0) {
			sl_xsk_close(&nic->xsk);
			return error;
		}
		nic->spare_cnt++;
		(void)sl_xsk_register(spare, &nic->config, nic->umem);
	}
	return error;
}

/* The socket that was made gets its memory, and its place at the queue. It is closed if it does
 * not. */
static int open_socket(struct sl_nic *nic, int ifindex)
{
	int error = sl_xsk_open(&nic->xsk, &nic->config, nic->umem);

	if (error < 0)
		return error;
	refill(nic);
	error = sl_xsk_bind(&nic->xsk, &nic->config, ifindex);
	if (error < 0)
		sl_xsk_close(&nic->xsk);
	return error;
}

static int open_gso_socket(struct sl_nic *nic, int ifindex, struct sl_arena *arena)
{
	uint8_t *staging = sl_arena_carve(arena, SL_STAGING_BYTES, SL_CACHE_LINE_BYTES);

	if (!staging) {
		sl_error("interface \"%s\" queue %u: the worker's memory has no room for a staging "
			 "area of %d bytes",
			 nic->config.iface, nic->config.queue, SL_STAGING_BYTES);
		return -ENOMEM;
	}
	return sl_gso_socket_open(&nic->gso, nic->config.iface, ifindex, nic->config.tx_cnt,
				  staging);
}

int sl_nic_open(struct sl_nic **out, const struct sl_nic_config *config, struct sl_arena *arena)
{
	int ifindex, error;
	struct sl_nic *nic;

	check_config(config);
	ifindex = sl_nic_ifindex(config->iface);
	if (ifindex < 0)
		return ifindex;
	error = sl_nic_check_mtu(config->iface);
	if (error < 0)
		return error;
	nic = sl_alloc(1, sizeof(*nic));
	if (!nic)
		return -ENOMEM;
	error = sl_frames_init(&nic->frames, config->frame_cnt, config->fill_cnt);
	if (error < 0)
		goto fail_frames;
	nic->config = *config;
	error = carve_umem(nic, config, arena);
	if (error < 0)
		goto fail_socket;
	error = make_sockets(nic);
	if (error < 0)
		goto fail_socket;
	error = open_socket(nic, ifindex);
	if (error < 0)
		goto fail_socket;
	nic->by_socket =
	    !nic->xsk.zero_copy && sl_nic_sends_on(config->iface, config->cpu, config->queue);
	if (nic->by_socket)
		error = open_gso_socket(nic, ifindex, arena);
	if (error < 0)
		goto fail_bind;
	*out = nic;
	return 0;

fail_bind:
	sl_xsk_close(&nic->xsk);
fail_socket:
	close_spares(nic);
	sl_frames_fini(&nic->frames);
fail_frames:
	sl_free(nic);
	return error;
}

static struct xdp_statistics statistics_of(const struct sl_nic *nic)
{
	struct xdp_statistics statistics = { 0 };
	socklen_t len_bytes = sizeof(statistics);

	/* Cannot fail on a socket of ours; zeros would do no harm. */
	(void)getsockopt(nic->xsk.fd, SOL_XDP, XDP_STATISTICS, &statistics, &len_bytes);
	statistics.rx_dropped += nic->before.rx_dropped;
	statistics.rx_invalid_descs += nic->before.rx_invalid_descs;
	statistics.rx_ring_full += nic->before.rx_ring_full;
	statistics.rx_fill_ring_empty_descs += nic->before.rx_fill_ring_empty_descs;
	statistics.tx_invalid_descs += nic->before.tx_invalid_descs;
	return statistics;
}

/* In the mode of before: the packet socket was there, or not. */
static int open_again(struct sl_nic *nic, bool zero_copy, int ifindex)
{
	int error;

	nic->config.copy_only = !zero_copy;
	error = open_socket(nic, ifindex);
	if (error < 0 || nic->xsk.zero_copy == zero_copy)
		return error;
	sl_xsk_close(&nic->xsk);
	sl_error("interface \"%s\" queue %u no longer has zero-copy", nic->config.iface,
		 nic->config.queue);
	return -EOPNOTSUPP;
}

/* Once the interface has gone, the kernel has let go of all that was in the rings, and what it has
 * received since nobody will miss. */
int sl_nic_reopen(struct sl_nic *nic)
{
	int ifindex = sl_nic_ifindex(nic->config.iface), error;
	bool zero_copy = nic->xsk.zero_copy;

	if (ifindex < 0)
		return ifindex;
	if (nic->spare_cnt == 0) {
		sl_error("interface \"%s\" queue %u: all %d spare sockets are used up",
			 nic->config.iface, nic->config.queue, SL_NIC_SPARES_CNT);
		return -ENOENT;
	}
	nic->before = statistics_of(nic);
	sl_xsk_close(&nic->xsk);
	sl_frames_reset(&nic->frames);
	nic->rx_continues = false;
	nic->xsk = nic->spares[--nic->spare_cnt];
	error = open_again(nic, zero_copy, ifindex);
	if (error == 0 && nic->by_socket)
		error = sl_gso_socket_rebind(&nic->gso, nic->config.iface, ifindex);
	return error;
}

void sl_nic_close(struct sl_nic *nic)
{
	if (nic->by_socket)
		sl_gso_socket_close(&nic->gso);
	sl_xsk_close(&nic->xsk);
	close_spares(nic);
	sl_frames_fini(&nic->frames);
	sl_free(nic);
}

int sl_nic_fd(const struct sl_nic *nic)
{
	return nic->xsk.fd;
}

bool sl_nic_zero_copy(const struct sl_nic *nic)
{
	return nic->xsk.zero_copy;
}

/* ---- receive -----------------------------------------------------------------------------------
 */

/* One frame of a packet that has several. */
static void drop_long(struct sl_nic *nic, const struct xdp_desc *desc, uint32_t frame_idx)
{
	if (!nic->rx_continues)
		nic->rx_too_long++;
	nic->rx_continues = desc->options & XDP_PKT_CONTD;
	sl_frames_give_receive(&nic->frames, frame_idx, SL_FRAME_RX);
}

/* The packets of one batch of descriptors; *out_cnt is how many there were. */
static uint32_t receive(struct sl_nic *nic, struct sl_nic_packet *packets, uint32_t max_cnt,
			uint32_t *out_cnt)
{
	uint32_t desc_cnt = sl_consumer_peek(&nic->xsk.rx, max_cnt), packet_cnt = 0;

	for (uint32_t i = 0; i < desc_cnt; i++) {
		struct xdp_desc desc = sl_consumer_get_desc(&nic->xsk.rx);
		uint32_t frame_idx = frame_of(nic, desc.addr);

		sl_frames_move(&nic->frames, frame_idx, SL_FRAME_FILL, SL_FRAME_RX);
		if (unlikely(nic->rx_continues || desc.options & XDP_PKT_CONTD)) {
			drop_long(nic, &desc, frame_idx);
			continue;
		}
		packets[packet_cnt++] = (struct sl_nic_packet){
			.frame = { frame_idx },
			.data = nic->umem + desc.addr,
			.len_bytes = desc.len,
		};
	}
	if (desc_cnt)
		sl_consumer_release(&nic->xsk.rx);
	*out_cnt = desc_cnt;
	return packet_cnt;
}

/* None means that none is there: who is told so goes to sleep, and the kernel does not wake him for
 * what he has left behind. */
uint32_t sl_nic_rx(struct sl_nic *nic, struct sl_nic_packet *packets, uint32_t max_cnt)
{
	uint32_t packet_cnt, desc_cnt;

	do
		packet_cnt = receive(nic, packets, max_cnt, &desc_cnt);
	while (unlikely(packet_cnt == 0 && desc_cnt > 0));
	return packet_cnt;
}

void sl_nic_release(struct sl_nic *nic, struct sl_frame frame)
{
	sl_frames_give_receive(&nic->frames, frame.idx, SL_FRAME_RX);
}

/* ---- transmit ----------------------------------------------------------------------------------
 */

bool sl_nic_take(struct sl_nic *nic, struct sl_frame *frame)
{
	return sl_frames_take_transmit(&nic->frames, &frame->idx, SL_FRAME_PUMP);
}

void sl_nic_give(struct sl_nic *nic, struct sl_frame frame)
{
	sl_frames_give_transmit(&nic->frames, frame.idx, SL_FRAME_PUMP);
}

uint8_t *sl_nic_payload(struct sl_nic *nic, struct sl_frame frame)
{
	BUG_ON_HOT(frame.idx >= nic->frames.frame_cnt);
	return nic->umem + chunk_address(nic, frame.idx) + SL_FRAME_HEADROOM_BYTES;
}

/* From sl_nic_tx until reaped. */
static uint32_t in_tx(const struct sl_nic *nic)
{
	if (nic->by_socket)
		return sl_gso_socket_held(&nic->gso);
	return nic->xsk.tx.producer_seq - nic->xsk.completion.consumer_seq;
}

uint32_t sl_nic_tx_room(const struct sl_nic *nic)
{
	return nic->xsk.tx.ring.size_cnt - in_tx(nic);
}

uint32_t sl_nic_free_frames(const struct sl_nic *nic)
{
	return nic->frames.transmit.free_cnt;
}

/* The kernel skips a descriptor it does not like without a completion: the frame would be lost. */
static void put_frame(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
		      uint32_t payload_bytes, uint32_t options)
{
	uint64_t payload = chunk_address(nic, frame.idx) + SL_FRAME_HEADROOM_BYTES;

	BUG_ON_HOT(header_bytes > SL_FRAME_HEADROOM_BYTES);
	BUG_ON_HOT(payload_bytes > nic->chunk_bytes - SL_FRAME_HEADROOM_BYTES);
	BUG_ON_HOT(header_bytes + payload_bytes == 0);
	BUG_ON_HOT(sl_nic_tx_room(nic) == 0);
	sl_frames_move(&nic->frames, frame.idx, SL_FRAME_PUMP, SL_FRAME_TX);
	if (nic->by_socket) {
		sl_gso_socket_put(&nic->gso, (struct sl_gso_packet){
						 .header = nic->umem + payload - header_bytes,
						 .payload = nic->umem + payload,
						 .header_bytes = header_bytes,
						 .payload_bytes = payload_bytes,
						 .frame = frame,
					     });
		return;
	}
	sl_producer_put_desc(&nic->xsk.tx, payload - header_bytes, header_bytes + payload_bytes,
			     options);
}

void sl_nic_tx(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
	       uint32_t payload_bytes)
{
	BUG_ON_HOT(header_bytes == 0);
	put_frame(nic, frame, header_bytes, payload_bytes, 0);
}

void sl_nic_tx_long(struct sl_nic *nic, const struct sl_frame *frames, uint32_t frame_cnt,
		    uint32_t header_bytes, uint32_t payload_bytes)
{
	BUG_ON_HOT(header_bytes == 0);
	BUG_ON_HOT(frame_cnt == 0 || frame_cnt > SL_PACKET_FRAMES_MAX);
	BUG_ON_HOT(frame_cnt > 1 && (!nic->xsk.long_packets || nic->by_socket));
	for (; frame_cnt > 1; frame_cnt--, frames++) {
		put_frame(nic, *frames, header_bytes, SL_FRAME_PAYLOAD_BYTES, XDP_PKT_CONTD);
		payload_bytes -= SL_FRAME_PAYLOAD_BYTES;
		header_bytes = 0;
	}
	put_frame(nic, *frames, header_bytes, payload_bytes, 0);
}

bool sl_nic_segments(const struct sl_nic *nic)
{
	return nic->by_socket;
}

uint8_t *sl_nic_stage(struct sl_nic *nic, uint32_t len_bytes)
{
	BUG_ON_HOT(!nic->by_socket);
	return sl_gso_socket_stage(&nic->gso, len_bytes);
}

void sl_nic_unstage(struct sl_nic *nic, const uint8_t *payload)
{
	sl_gso_socket_unstage(&nic->gso, payload);
}

uint32_t sl_nic_staged_bytes(const struct sl_nic *nic)
{
	return nic->gso.staged_bytes;
}

void sl_nic_tx_segmented(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
			 const uint8_t *payload, uint32_t payload_bytes, uint32_t segment_bytes)
{
	BUG_ON_HOT(!nic->by_socket || sl_nic_tx_room(nic) == 0);
	BUG_ON_HOT(header_bytes + payload_bytes > SL_SEGMENTED_MAX_BYTES);
	sl_frames_move(&nic->frames, frame.idx, SL_FRAME_PUMP, SL_FRAME_TX);
	sl_gso_socket_put(&nic->gso, (struct sl_gso_packet){
					 .header = sl_nic_payload(nic, frame) - header_bytes,
					 .payload = payload,
					 .header_bytes = header_bytes,
					 .payload_bytes = payload_bytes,
					 .segment_bytes = segment_bytes,
					 .frame = frame,
				     });
}

static uint32_t reap_sent(struct sl_nic *nic)
{
	struct sl_frame frame;
	uint32_t reaped_cnt = 0;

	for (; sl_gso_socket_reap(&nic->gso, &frame); reaped_cnt++)
		sl_frames_give_transmit(&nic->frames, frame.idx, SL_FRAME_TX);
	return reaped_cnt;
}

static uint32_t reap_completed(struct sl_nic *nic)
{
	uint32_t reaped_cnt = sl_consumer_peek(&nic->xsk.completion, UINT32_MAX);

	for (uint32_t i = 0; i < reaped_cnt; i++)
		sl_frames_give_transmit(
		    &nic->frames, frame_of(nic, sl_consumer_get_address(&nic->xsk.completion)),
		    SL_FRAME_TX);
	if (reaped_cnt)
		sl_consumer_release(&nic->xsk.completion);
	return reaped_cnt;
}

/* The fill ring first: it gets back the frames that were released this turn. */
uint32_t sl_nic_reap(struct sl_nic *nic)
{
	refill(nic);
	return nic->by_socket ? reap_sent(nic) : reap_completed(nic);
}

/* False if it is better not to call again: what failed will fail, or the driver's queue is full and
 * the kernel has just dropped a packet for it. More calls would drop more; what stays in the ring
 * leaves with the next flush. */
static bool kick_once(struct sl_nic *nic)
{
	nic->tx_kicks++;
	if (sendto(nic->xsk.fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0 || errno == EAGAIN)
		return true;
	if (errno == EBUSY)
		nic->tx_dropped++;
	else
		nic->tx_kick_errors++;
	return false;
}

/*
 * Zero-copy: one call wakes the driver, which sends on its own time. Copy mode: the call itself
 * sends, and before 6.17 only a batch at a time, so as many calls are made as there are batches.
 * Those kernels do not show how far they got before the ring is empty; one that shows it and got
 * nowhere is not called again.
 */
static bool kick_tx(struct sl_nic *nic)
{
	uint32_t left_cnt = sl_producer_backlog(&nic->xsk.tx);
	uint32_t calls_max = nic->xsk.zero_copy ? 1 : left_cnt / SL_XSK_TX_BATCH + 1;
	uint32_t before_cnt;

	if (left_cnt == 0 || !sl_producer_needs_wakeup(&nic->xsk.tx))
		return false;
	for (uint32_t i = 0; i < calls_max && left_cnt > 0; i++) {
		before_cnt = left_cnt;
		if (!kick_once(nic))
			break;
		left_cnt = sl_producer_backlog(&nic->xsk.tx);
		if (nic->xsk.budget_granted && left_cnt == before_cnt)
			break;
	}
	return true;
}

/* True if a call was made on the AF_XDP socket. */
static bool flush_tx(struct sl_nic *nic)
{
	if (nic->by_socket) {
		sl_gso_socket_flush(&nic->gso);
		return false;
	}
	sl_producer_publish(&nic->xsk.tx);
	return kick_tx(nic);
}

void sl_nic_flush(struct sl_nic *nic)
{
	bool kicked = flush_tx(nic);

	/* With busy polling any call on the socket runs the driver's poll, and nothing else does.
	 */
	if (sl_producer_needs_wakeup(&nic->xsk.fill) || (nic->xsk.busy_poll && !kicked))
		(void)recvfrom(nic->xsk.fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

void sl_nic_kick(struct sl_nic *nic)
{
	if (!flush_tx(nic) && !nic->by_socket)
		kick_once(nic);
	(void)recvfrom(nic->xsk.fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

/* ---- counting ----------------------------------------------------------------------------------
 */

/* From the indices of rings and pools. What is in nobody's ring and not free is with the caller. */
void sl_nic_count(const struct sl_nic *nic, uint32_t owner_cnt[SL_FRAME_OWNERS])
{
	const struct sl_frames *frames = &nic->frames;
	uint32_t fill_cnt = nic->xsk.fill.producer_seq - nic->xsk.rx.consumer_seq;

	owner_cnt[SL_FRAME_FREE] = frames->receive.free_cnt + frames->transmit.free_cnt;
	owner_cnt[SL_FRAME_FILL] = fill_cnt;
	owner_cnt[SL_FRAME_RX] = sl_pool_used(&frames->receive) - fill_cnt;
	owner_cnt[SL_FRAME_TX] = in_tx(nic);
	owner_cnt[SL_FRAME_PUMP] = sl_pool_used(&frames->transmit) - in_tx(nic);
#ifdef SL_DEBUG
	uint32_t counted[SL_FRAME_OWNERS];

	sl_frames_count(frames, counted);
	BUG_ON(memcmp(counted, owner_cnt, sizeof(counted)) != 0);
#endif
}

void sl_nic_counters(const struct sl_nic *nic, struct sl_nic_counters *counters)
{
	struct xdp_statistics statistics = statistics_of(nic);

	*counters = (struct sl_nic_counters){
		.rx_dropped = statistics.rx_dropped,
		.rx_invalid = statistics.rx_invalid_descs,
		.rx_ring_full = statistics.rx_ring_full,
		.fill_ring_empty = statistics.rx_fill_ring_empty_descs,
		.tx_invalid = statistics.tx_invalid_descs + nic->gso.invalid_cnt,
		.rx_too_long = nic->rx_too_long,
		.tx_kicks = nic->tx_kicks + nic->gso.call_cnt,
		.tx_kick_errors = nic->tx_kick_errors + nic->gso.error_cnt,
		.tx_dropped = nic->tx_dropped + nic->gso.dropped_cnt,
	};
}
