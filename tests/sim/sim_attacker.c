/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_attacker.h"

#include <string.h>

#include "base/clock.h"
#include "base/seq.h"
#include "sim_clock.h"
#include "sim_random.h"

enum { TRIES = 8, DATA_BYTES = 64, FOREIGN_PORT = 1024, LINK_BYTES = 14 };

void sl_sim_attacker_init(struct sl_sim_attacker *attacker, const struct sl_sim_attack *attack)
{
	*attacker = (struct sl_sim_attacker){ .attack = *attack, .dice = attack->dice };
}

static uint64_t below(struct sl_sim_attacker *attacker, uint64_t bound_cnt)
{
	return sl_sim_dice_below(&attacker->dice, bound_cnt);
}

/* The place of somebody who is connected, or was. */
static bool pick(struct sl_sim_attacker *attacker, const struct sl_sim_world *world,
		 uint32_t victim_cnt, uint32_t *idx)
{
	for (int i = 0; i < TRIES; i++) {
		*idx = (uint32_t)below(attacker, victim_cnt);
		if (world->clients[*idx] && world->taps[*idx].open)
			return true;
	}
	return false;
}

/* In the upper half of the window that the worker offers: what the client sends meanwhile does not
 * get there. */
static uint32_t in_window(struct sl_sim_attacker *attacker, const struct sl_sim_tap *tap)
{
	uint64_t half_bytes = (tap->edge_seq - tap->ack_seq) / 2;

	return sl_seq_wire(tap->ack_seq + half_bytes + below(attacker, half_bytes + 1));
}

static void emit(struct sl_sim_world *world, uint32_t path_idx, const struct sl_route *route,
		 const struct sl_header *header, const uint8_t *data, uint32_t len_bytes)
{
	uint8_t packet[SL_FRAME_HEADROOM_BYTES + DATA_BYTES];
	uint8_t *payload = packet + SL_FRAME_HEADROOM_BYTES;
	uint32_t header_bytes;

	if (len_bytes > 0)
		memcpy(payload, data, len_bytes);
	header_bytes = sl_header_write(route, header, payload, len_bytes);
	sl_sim_world_inject(world, path_idx, payload - header_bytes, header_bytes + len_bytes);
}

static void blind(struct sl_sim_attacker *attacker, struct sl_sim_world *world, uint32_t idx)
{
	const struct sl_sim_tcp *tcp = &world->clients[idx]->tcp;
	const struct sl_sim_tap *tap = &world->taps[idx];
	uint8_t data[DATA_BYTES];
	struct sl_header header = {
		.seq = in_window(attacker, tap),
		.window = (uint16_t)below(attacker, 65536),
		.window_scale = -1,
		.timestamps = tcp->use_timestamps,
		.ts_value = sl_sim_tcp_ts_value(tcp),
		.ts_echo = tcp->ts_recent,
	};
	uint32_t len_bytes = 0;

	switch (attacker->attack.kind) {
	case SL_SIM_BLIND_RST:
		header.flags = SL_TCP_RST;
		break;
	case SL_SIM_BLIND_SYN:
		header.flags = SL_TCP_SYN;
		break;
	case SL_SIM_BLIND_DATA:
		header.flags = SL_TCP_ACK;
		header.ack = sl_seq_wire(tap->high_seq + (1 << 29) + below(attacker, 1 << 29));
		len_bytes = sizeof(data);
		break;
	default:
		header.flags = SL_TCP_ACK | (uint8_t)below(attacker, 64);
		header.seq = (uint32_t)below(attacker, UINT32_MAX);
		header.ack = (uint32_t)below(attacker, UINT32_MAX);
		break;
	}
	memset(data, 'x', sizeof(data));
	emit(world, world->path_of[idx], &tcp->route, &header, data, len_bytes);
}

static void flood(struct sl_sim_attacker *attacker, struct sl_sim_world *world)
{
	uint8_t from[4] = { 10, 1, (uint8_t)below(attacker, 256), (uint8_t)below(attacker, 256) };
	struct sl_route route = {
		.link = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 },
		.link_bytes = LINK_BYTES,
		.local_port = (uint16_t)(FOREIGN_PORT + below(attacker, 8192)),
		.peer_port = world->listeners[2 * below(attacker, 2)].port,
		.local = sl_address_from_ipv4(from),
		.peer = world->listeners[0].address,
	};
	struct sl_header header = {
		.seq = (uint32_t)below(attacker, UINT32_MAX),
		.window = 65535,
		.flags = SL_TCP_SYN,
		.mss = (uint16_t)below(attacker, 1500),
		.window_scale = (int8_t)(below(attacker, 16) - 1),
		.sack_permitted = below(attacker, 2),
		.timestamps = below(attacker, 2),
		.ts_value = (uint32_t)below(attacker, UINT32_MAX),
	};

	emit(world, attacker->attack.path_idx, &route, &header, NULL, 0);
}

/* The headers of a client's packet, bytes of it changed: nearly always a checksum is wrong. */
static void garbage(struct sl_sim_attacker *attacker, struct sl_sim_world *world, uint32_t idx)
{
	uint8_t packet[256];
	uint8_t *end = packet + SL_FRAME_HEADROOM_BYTES;
	struct sl_header header = { .flags = SL_TCP_ACK, .window_scale = -1, .timestamps = true };
	uint32_t len_bytes = sl_header_write(&world->clients[idx]->tcp.route, &header, end, 0);
	uint8_t *start = end - len_bytes;

	for (uint64_t i = 1 + below(attacker, 6); i > 0; i--)
		start[LINK_BYTES + below(attacker, len_bytes - LINK_BYTES)] =
		    (uint8_t)below(attacker, 256);
	len_bytes -= (uint32_t)below(attacker, 20);
	sl_sim_world_inject(world, world->path_of[idx], start, len_bytes);
}

static void strike(struct sl_sim_attacker *attacker, struct sl_sim_world *world,
		   uint32_t victim_cnt)
{
	uint32_t idx;

	attacker->sent_cnt++;
	if (attacker->attack.kind == SL_SIM_SYN_FLOOD)
		flood(attacker, world);
	else if (!pick(attacker, world, victim_cnt, &idx))
		return;
	else if (attacker->attack.kind == SL_SIM_GARBAGE)
		garbage(attacker, world, idx);
	else
		blind(attacker, world, idx);
}

uint64_t sl_sim_attacker_attend(struct sl_sim_attacker *attacker, struct sl_sim_world *world,
				uint32_t victim_cnt)
{
	uint64_t start_ns = SL_SIM_START_NS + attacker->attack.start_ns;

	if (world->now_ns < start_ns)
		return start_ns;
	if (attacker->sent_cnt >= attacker->attack.packet_cnt)
		return UINT64_MAX;
	strike(attacker, world, victim_cnt);
	return world->now_ns + 1 + below(attacker, 2 * attacker->attack.each_ns);
}
