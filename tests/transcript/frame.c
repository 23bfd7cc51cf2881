/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets to the stack are made here byte by byte, so that they may be wrong in any way; those from
 * it must be understood by the wire room, which checks lengths and checksums. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "transcript.h"
#include "wire/format.h"

static const uint8_t stack_mac[6] = { 2, 0, 0, 0, 0, 0x51 };
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 0xc1 };
static const uint8_t stack_ipv4[4] = { 198, 51, 100, 1 }, peer_ipv4[4] = { 192, 0, 2, 1 };
static const uint8_t stack_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
static const uint8_t peer_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

enum { TTL = 64, FIRST_STAMP = 1000 };

/* ---- Options ------------------------------------------------------------------------- */

static uint8_t *put8(uint8_t *at, uint32_t value)
{
	*at = (uint8_t)value;
	return at + 1;
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	return put8(put8(at, value >> 8), value);
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value);
}

/* The peer's clock: milliseconds, 1000 at the start. */
static uint32_t peer_stamp(const struct sl_world *world)
{
	return (uint32_t)((world->now_ns - world->start_ns) / SL_NS_PER_MS) + FIRST_STAMP;
}

static uint8_t *put_stamp(uint8_t *at, const struct sl_world *world, const struct sl_peer *peer,
			  const struct sl_packet_line *line)
{
	bool given = line->stamp == SL_STAMP_GIVEN;
	bool ack = line->flags & SL_TCP_ACK;
	uint32_t echo = given && !line->any_echo ? line->echo : peer->latest_stamp;

	at = put16(at, SL_OPTION_NOP << 8 | SL_OPTION_NOP);
	at = put16(at, SL_OPTION_TIMESTAMPS << 8 | SL_OPTION_TIMESTAMPS_BYTES);
	at = put32(at, given && !line->any_value ? line->value : peer_stamp(world));
	return put32(at, ack ? echo + peer->stamp_base : 0);
}

static uint8_t *put_sack(uint8_t *at, const struct sl_peer *peer, const struct sl_packet_line *line)
{
	at = put16(at, SL_OPTION_NOP << 8 | SL_OPTION_NOP);
	at = put8(at, SL_OPTION_SACK);
	at = put8(at, 2 + line->sack_cnt * SL_OPTION_SACK_BLOCK_BYTES);
	for (uint32_t i = 0; i < line->sack_cnt; i++) {
		at = put32(at, line->sack[i].start_seq + peer->stack_isn);
		at = put32(at, line->sack[i].end_seq + peer->stack_isn);
	}
	return at;
}

/* Timestamps that were agreed upon go without saying, but for <> and in a SYN. */
static bool implies_stamp(const struct sl_peer *peer, const struct sl_packet_line *line)
{
	if (!peer->stack_stamps || !peer->peer_stamps ||
	    (line->flags & (SL_TCP_SYN | SL_TCP_RST)) || line->no_stamp)
		return false;
	return !line->has_options || line->sack_cnt || line->any_options;
}

static uint32_t build_options(const struct sl_world *world, const struct sl_peer *peer,
			      const struct sl_packet_line *line, uint8_t *options)
{
	uint8_t *at = options;

	if (line->has_mss) {
		at = put16(at, SL_OPTION_MSS << 8 | SL_OPTION_MSS_BYTES);
		at = put16(at, line->mss);
	}
	if (line->sack_permitted)
		at = put32(at, SL_OPTION_NOP << 24 | SL_OPTION_NOP << 16 |
				   SL_OPTION_SACK_PERMITTED << 8 | SL_OPTION_SACK_PERMITTED_BYTES);
	if (line->has_scale)
		at = put32(at, SL_OPTION_NOP << 24 | SL_OPTION_WINDOW_SCALE << 16 |
				   SL_OPTION_WINDOW_SCALE_BYTES << 8 | line->scale);
	if (line->stamp != SL_STAMP_NONE || implies_stamp(peer, line))
		at = put_stamp(at, world, peer, line);
	if (line->sack_cnt)
		at = put_sack(at, peer, line);
	return (uint32_t)(at - options);
}

/* ---- To the stack -------------------------------------------------------------------- */

static uint8_t *put_link(uint8_t *at, const struct sl_world *world,
			 const struct sl_packet_line *line)
{
	int vlan = line->vlan >= 0 ? line->vlan : world->vlan;

	memcpy(at, stack_mac, sizeof(stack_mac));
	if (line->group_mac)
		at[0] |= 1;
	memcpy(at + 6, line->has_mac ? line->mac : peer_mac, sizeof(peer_mac));
	at += 12;
	if (vlan >= 0)
		at = put32(at, (uint32_t)SL_ETHERTYPE_8021Q << 16 | (uint32_t)vlan);
	return put16(at, world->ipv6 ? SL_ETHERTYPE_IPV6 : SL_ETHERTYPE_IPV4);
}

void sl_frame_addresses(const struct sl_world *world, struct sl_address *stack,
			struct sl_address *peer)
{
	*stack = world->ipv6 ? sl_address_from_ipv6(stack_ipv6) : sl_address_from_ipv4(stack_ipv4);
	*peer = world->ipv6 ? sl_address_from_ipv6(peer_ipv6) : sl_address_from_ipv4(peer_ipv4);
}

uint8_t *sl_frame_put_link(uint8_t *at, const struct sl_world *world)
{
	const struct sl_packet_line plain = { .vlan = -1 };

	return put_link(at, world, &plain);
}

static uint8_t *put_ip(uint8_t *at, const struct sl_world *world, const struct sl_packet_line *line,
		       uint32_t tcp_bytes, uint64_t *sum)
{
	struct sl_address src, dst;
	uint32_t ecn = line->ecn > 0 ? (uint32_t)line->ecn : 0;
	uint16_t checksum;

	sl_frame_addresses(world, &dst, &src);
	if (line->has_src)
		src = line->src;
	if (line->has_dst)
		dst = line->dst;
	*sum = sl_wire_pseudo_sum(tcp_bytes);
	if (world->ipv6) {
		at = put32(at, 6U << 28 | ecn << 20);
		at = put32(at, tcp_bytes << 16 | SL_PROTOCOL_TCP << 8 | TTL);
		memcpy(at, src.bytes, 16);
		memcpy(at + 16, dst.bytes, 16);
		*sum = sl_checksum_add(*sum, at, 32);
		return at + 32;
	}
	memset(at, 0, SL_IPV4_MIN_BYTES);
	put16(at, 0x4500 | ecn);
	put16(at + 2, SL_IPV4_MIN_BYTES + tcp_bytes);
	put16(at + 6, SL_IPV4_DF);
	put16(at + 8, TTL << 8 | SL_PROTOCOL_TCP);
	memcpy(at + 12, src.bytes + 12, 4);
	memcpy(at + 16, dst.bytes + 12, 4);
	checksum = sl_checksum_fold(sl_checksum_add(0, at, SL_IPV4_MIN_BYTES));
	memcpy(at + 10, &checksum, sizeof(checksum));
	*sum = sl_checksum_add(*sum, at + 12, 8);
	return at + SL_IPV4_MIN_BYTES;
}

static uint8_t *put_tcp(uint8_t *at, const struct sl_world *world, const struct sl_peer *peer,
			const struct sl_packet_line *line, const uint8_t *options,
			uint32_t options_bytes)
{
	uint32_t ack = line->has_ack ? line->ack + peer->stack_isn : 0;

	if (line->ack_all)
		ack = peer->left_seq + peer->stack_isn;

	at = put16(at, line->has_sport ? line->sport : peer->port);
	at = put16(at, line->has_dport    ? line->dport
		       : peer->stack_port ? peer->stack_port
					  : world->port);
	at = put32(at, line->seq + peer->isn);
	at = put32(at, ack);
	at = put16(at, (SL_TCP_MIN_BYTES + options_bytes) / 4 << 12 | line->flags);
	at = put16(at, peer->win);
	at = put16(at, 0);
	at = put16(at, line->urg);
	memcpy(at, options, options_bytes);
	at += options_bytes;
	for (uint32_t i = 0; i < line->payload_bytes; i++)
		*at++ = sl_stream_byte(line->seq + i);
	return at;
}

uint32_t sl_frame_build(struct sl_world *world, const struct sl_packet_line *line,
			uint8_t frame[SL_FRAME_MAX_BYTES])
{
	struct sl_peer *peer = &world->peers[line->peer];
	uint8_t options[SL_OPTIONS_MAX_BYTES + 16], *tcp, *end;
	uint32_t options_bytes = build_options(world, peer, line, options);
	uint32_t tcp_bytes = SL_TCP_MIN_BYTES + options_bytes + line->payload_bytes;
	uint16_t checksum;
	uint64_t sum;

	if (line->has_win)
		peer->win = line->win;
	if (line->flags & SL_TCP_SYN)
		peer->peer_stamps = line->stamp != SL_STAMP_NONE;
	tcp = put_ip(put_link(frame, world, line), world, line, tcp_bytes, &sum);
	end = put_tcp(tcp, world, peer, line, options, options_bytes);
	checksum = sl_checksum_fold(sl_checksum_add(sum, tcp, tcp_bytes));
	if (line->bad_checksum)
		checksum ^= 0x0101;
	memcpy(tcp + 16, &checksum, sizeof(checksum));
	return (uint32_t)(end - frame);
}

/* ---- From the stack ------------------------------------------------------------------ */

static int peer_of(struct sl_world *world, const struct sl_segment *segment)
{
	for (int i = 0; i < SL_PEERS_MAX; i++) {
		struct sl_peer *peer = &world->peers[i];

		if (peer->port != segment->dst_port)
			continue;
		if (peer->stack_port == 0)
			peer->stack_port = segment->src_port;
		return i;
	}
	return -1;
}

static void learn(struct sl_peer *peer, const struct sl_segment *segment)
{
	uint32_t end_seq;

	if (segment->flags & SL_TCP_SYN) {
		peer->stack_isn = segment->seq;
		peer->stack_stamps = segment->has_timestamps;
	}
	end_seq = segment->seq - peer->stack_isn + segment->payload_bytes +
		  !!(segment->flags & SL_TCP_SYN) + !!(segment->flags & SL_TCP_FIN);
	if ((int32_t)(end_seq - peer->left_seq) > 0)
		peer->left_seq = end_seq;
	if (segment->has_timestamps && !peer->has_stack_stamp) {
		peer->has_stack_stamp = true;
		peer->stamp_base = segment->ts_value;
	}
	if (segment->has_timestamps)
		peer->latest_stamp = segment->ts_value - peer->stamp_base;
}

bool sl_frame_read(struct sl_world *world, const uint8_t *frame, uint32_t bytes,
		   struct sl_seen *seen, const char **problem)
{
	struct sl_segment *segment = &seen->segment;
	struct sl_peer *peer;

	*problem = "it is not understood: a length or checksum is wrong";
	if (sl_segment_parse(frame, bytes, segment) != SL_WIRE_OK)
		return false;
	seen->peer = peer_of(world, segment);
	*problem = "it is to a port that is no peer's";
	if (seen->peer < 0)
		return false;
	peer = &world->peers[seen->peer];
	learn(peer, segment);
	seen->seq = segment->seq - peer->stack_isn;
	seen->ack = segment->ack - peer->isn;
	seen->value = segment->ts_value - peer->stamp_base;
	seen->echo = segment->ts_echo;
	*problem = "its payload is not the stream's bytes there";
	for (uint32_t i = 0; i < segment->payload_bytes; i++) {
		if (segment->payload[i] != sl_stream_byte(seen->seq + i))
			return false;
	}
	return true;
}

/* ---- Comparing ----------------------------------------------------------------------- */

static const char *link_problem(const struct sl_world *world, const struct sl_packet_line *line,
				const struct sl_segment *segment)
{
	int vlan = line->vlan >= 0 ? line->vlan : world->vlan;
	int tag = segment->link_bytes > SL_ETHERNET_BYTES
		      ? sl_wire_get16(segment->link + SL_ETHERNET_BYTES) & 0xfff
		      : -1;

	if (memcmp(segment->link, line->has_mac ? line->mac : peer_mac, 6) != 0)
		return "the destination's MAC";
	if (memcmp(segment->link + 6, stack_mac, 6) != 0)
		return "the source's MAC";
	if (vlan != tag)
		return "the VLAN tag";
	if (line->has_dst && memcmp(&line->dst, &segment->dst, sizeof(line->dst)) != 0)
		return "the destination's address";
	if (line->has_src && memcmp(&line->src, &segment->src, sizeof(line->src)) != 0)
		return "the source's address";
	if (line->has_sport && line->sport != segment->src_port)
		return "the source's port";
	if (line->has_dport && line->dport != segment->dst_port)
		return "the destination's port";
	if (line->ecn >= 0 && line->ecn != segment->ecn)
		return "the ECN bits";
	return NULL;
}

static const char *stamp_problem(const struct sl_peer *peer, const struct sl_packet_line *line,
				 const struct sl_seen *seen)
{
	bool wanted = line->stamp != SL_STAMP_NONE || implies_stamp(peer, line);

	if (wanted != seen->segment.has_timestamps)
		return wanted ? "timestamps are missing" : "timestamps are there";
	if (line->stamp != SL_STAMP_GIVEN)
		return NULL;
	if (!line->any_value && line->value != seen->value)
		return "the timestamp's value";
	if (!line->any_echo && line->echo != seen->echo)
		return "the timestamp's echo";
	return NULL;
}

static const char *options_problem(const struct sl_peer *peer, const struct sl_packet_line *line,
				   const struct sl_seen *seen)
{
	const struct sl_segment *segment = &seen->segment;

	if (line->any_options || (!line->has_options && (line->flags & (SL_TCP_SYN | SL_TCP_RST))))
		return NULL;
	if (line->has_mss != segment->has_mss || (line->has_mss && line->mss != segment->mss))
		return "the MSS";
	if (line->has_scale != segment->has_window_scale ||
	    (line->has_scale && line->scale != segment->window_scale))
		return "the window scale";
	if (line->sack_permitted != segment->sack_permitted)
		return "SACK permitted";
	if (line->sack_cnt != segment->sack_cnt)
		return "the number of SACK blocks";
	for (uint32_t i = 0; i < line->sack_cnt; i++) {
		if (line->sack[i].start_seq != segment->sack[i].start_seq - peer->isn ||
		    line->sack[i].end_seq != segment->sack[i].end_seq - peer->isn)
			return "a SACK block";
	}
	return stamp_problem(peer, line, seen);
}

static const char *header_problem(const struct sl_packet_line *line, const struct sl_seen *seen)
{
	const struct sl_segment *segment = &seen->segment;

	if (line->peer != seen->peer)
		return "the peer";
	if (line->flags != segment->flags)
		return "the flags";
	if (line->seq != seen->seq)
		return "the sequence number";
	if (line->payload_bytes != segment->payload_bytes)
		return "the number of bytes";
	if ((segment->flags & SL_TCP_ACK) && line->ack != seen->ack)
		return "the ACK";
	if (line->has_win && line->win != segment->window)
		return "the window";
	return NULL;
}

bool sl_frame_matches(const struct sl_world *world, const struct sl_packet_line *line,
		      const struct sl_seen *seen, const char **problem)
{
	*problem = header_problem(line, seen);
	if (!*problem)
		*problem = link_problem(world, line, &seen->segment);
	if (!*problem)
		*problem = options_problem(&world->peers[seen->peer], line, seen);
	return !*problem;
}

/* ---- Printing ------------------------------------------------------------------------ */

static void add(char *out, size_t room_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char *out, size_t room_bytes, const char *format, ...)
{
	size_t len = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out + len, room_bytes - len, format, arguments);
	va_end(arguments);
}

static void print_options(const struct sl_seen *seen, uint32_t peer_isn, char *out, size_t room)
{
	const struct sl_segment *segment = &seen->segment;
	const char *comma = "";

	if (segment->has_mss) {
		add(out, room, "mss %u", segment->mss);
		comma = ",";
	}
	if (segment->sack_permitted) {
		add(out, room, "%ssackOK", comma);
		comma = ",";
	}
	if (segment->has_timestamps) {
		add(out, room, "%sTS val %u ecr %u", comma, seen->value, seen->echo);
		comma = ",";
	}
	if (segment->has_window_scale)
		add(out, room, "%swscale %u", comma, segment->window_scale);
	for (uint32_t i = 0; i < segment->sack_cnt; i++)
		add(out, room, "%s%u:%u",
		    i        ? " "
		    : *comma ? ",sack "
			     : "sack ",
		    segment->sack[i].start_seq - peer_isn, segment->sack[i].end_seq - peer_isn);
}

const char *sl_frame_print(const struct sl_seen *seen, char *out, size_t room_bytes)
{
	static const char letters[] = "FSRP.UEW";
	const struct sl_segment *segment = &seen->segment;

	out[0] = '\0';
	if (seen->peer > 0)
		add(out, room_bytes, "{peer %d} ", seen->peer + 1);
	for (int i = 0; i < 8; i++) {
		if (segment->flags & 1 << i)
			add(out, room_bytes, "%c", letters[i]);
	}
	add(out, room_bytes, " %u:%u(%u)", seen->seq, seen->seq + segment->payload_bytes,
	    segment->payload_bytes);
	if (segment->flags & SL_TCP_ACK)
		add(out, room_bytes, " ack %u", seen->ack);
	add(out, room_bytes, " win %u <", segment->window);
	print_options(seen, segment->ack - seen->ack, out, room_bytes);
	add(out, room_bytes, ">%s", segment->ecn ? " (ECN)" : "");
	return out;
}
