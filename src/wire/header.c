/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs once per packet sent. TCP is written first, then IP before it, then the link, and TCP's
 * checksum last. The payload's part of it comes from whoever put the payload there; the header's is
 * added word by word: loads wider than the stores before them stall.
 */
#include <string.h>

#include "base/bug.h"
#include "base/checksum.h"
#include "base/limits.h"
#include "wire/format.h"
#include "wire/segment.h"

enum { HOP_LIMIT = 64 }; /* what the IANA recommends, and what everybody uses */

/* Options are padded to four bytes each: 2 NOPs, or 1, before them. */
enum {
	MSS_PADDED_BYTES = 4,
	WINDOW_SCALE_PADDED_BYTES = 4,
	SACK_PERMITTED_PADDED_BYTES = 4,
	TIMESTAMPS_PADDED_BYTES = 12,
	SACK_PADDED_BYTES = 4, /* and eight for each block */
};

/* RFC 7323, 2.2, 2018, 2, and 9293, 3.2: these three are sent with a SYN and only then. */
static uint32_t handshake_options_bytes(const struct sl_header *header)
{
	uint32_t bytes = 0;

	if (header->mss > 0)
		bytes += MSS_PADDED_BYTES;
	if (header->window_scale >= 0)
		bytes += WINDOW_SCALE_PADDED_BYTES;
	/* It takes the place of the timestamps' NOPs if there are any. */
	if (header->sack_permitted && !header->timestamps)
		bytes += SACK_PERMITTED_PADDED_BYTES;
	return bytes;
}

uint32_t sl_header_tcp_bytes(const struct sl_header *header)
{
	uint32_t bytes = SL_TCP_MIN_BYTES;

	if (unlikely(header->flags & SL_TCP_SYN))
		bytes += handshake_options_bytes(header);
	if (header->timestamps)
		bytes += TIMESTAMPS_PADDED_BYTES;
	if (header->sack_cnt > 0)
		bytes += SACK_PADDED_BYTES + header->sack_cnt * SL_OPTION_SACK_BLOCK_BYTES;
	return bytes;
}

static uint8_t *put_sack(uint8_t *at, const struct sl_header *header)
{
	at[0] = SL_OPTION_NOP;
	at[1] = SL_OPTION_NOP;
	at[2] = SL_OPTION_SACK;
	at[3] = (uint8_t)(2 + header->sack_cnt * SL_OPTION_SACK_BLOCK_BYTES);
	at += SACK_PADDED_BYTES;
	for (uint32_t i = 0; i < header->sack_cnt; i++, at += SL_OPTION_SACK_BLOCK_BYTES) {
		sl_wire_put32(at, header->sack[i].start_seq);
		sl_wire_put32(at + 4, header->sack[i].end_seq);
	}
	return at;
}

static inline uint8_t *put_timestamps(uint8_t *at, const struct sl_header *header)
{
	bool sack_permitted = header->sack_permitted && header->flags & SL_TCP_SYN;

	at[0] = sack_permitted ? SL_OPTION_SACK_PERMITTED : SL_OPTION_NOP;
	at[1] = sack_permitted ? SL_OPTION_SACK_PERMITTED_BYTES : SL_OPTION_NOP;
	at[2] = SL_OPTION_TIMESTAMPS;
	at[3] = SL_OPTION_TIMESTAMPS_BYTES;
	sl_wire_put32(at + 4, header->ts_value);
	sl_wire_put32(at + 8, header->ts_echo);
	return at + TIMESTAMPS_PADDED_BYTES;
}

/* Rare, so out of the way. */
static uint8_t *put_handshake_options(uint8_t *at, const struct sl_header *header)
{
	if (header->mss > 0) {
		at[0] = SL_OPTION_MSS;
		at[1] = SL_OPTION_MSS_BYTES;
		sl_wire_put16(at + 2, header->mss);
		at += MSS_PADDED_BYTES;
	}
	if (header->window_scale >= 0) {
		at[0] = SL_OPTION_NOP;
		at[1] = SL_OPTION_WINDOW_SCALE;
		at[2] = SL_OPTION_WINDOW_SCALE_BYTES;
		at[3] = (uint8_t)header->window_scale;
		at += WINDOW_SCALE_PADDED_BYTES;
	}
	if (header->sack_permitted && !header->timestamps) {
		at[0] = SL_OPTION_NOP;
		at[1] = SL_OPTION_NOP;
		at[2] = SL_OPTION_SACK_PERMITTED;
		at[3] = SL_OPTION_SACK_PERMITTED_BYTES;
		at += SACK_PERMITTED_PADDED_BYTES;
	}
	return at;
}

/* All but the checksum. */
static inline void put_tcp(uint8_t *tcp, uint32_t tcp_bytes, const struct sl_route *route,
			   const struct sl_header *header)
{
	uint8_t *option = tcp + SL_TCP_MIN_BYTES;

	sl_wire_put16(tcp, route->local_port);
	sl_wire_put16(tcp + 2, route->peer_port);
	sl_wire_put32(tcp + 4, header->seq);
	sl_wire_put32(tcp + 8, header->ack);
	tcp[12] = (uint8_t)(tcp_bytes / 4 << 4);
	tcp[13] = header->flags;
	sl_wire_put16(tcp + 14, header->window);
	sl_wire_put32(tcp + 16, 0); /* checksum and urgent pointer */

	if (unlikely(header->flags & SL_TCP_SYN))
		option = put_handshake_options(option, header);
	if (header->timestamps)
		option = put_timestamps(option, header);
	if (unlikely(header->sack_cnt > 0))
		option = put_sack(option, header);
	BUG_ON_HOT(option != tcp + tcp_bytes);
}

static inline void put_ipv4(uint8_t *ip, uint32_t payload_bytes, const struct sl_route *route,
			    const struct sl_header *header)
{
	uint32_t words[3] = {
		htonl((4u << 4 | SL_IPV4_MIN_BYTES / 4) << 24 | (uint32_t)header->ecn << 16 |
		      (SL_IPV4_MIN_BYTES + payload_bytes)),
		htonl((uint32_t)header->ip_id << 16 | SL_IPV4_DF),
		htonl((uint32_t)HOP_LIMIT << 24 | SL_PROTOCOL_TCP << 16),
	};
	const uint8_t *local = route->local.bytes + 12, *peer = route->peer.bytes + 12;
	uint16_t checksum;

	checksum = sl_checksum_fold((uint64_t)words[0] + words[1] + words[2] +
				    sl_wire_sum(local, 1) + sl_wire_sum(peer, 1));
	memcpy(ip, words, sizeof(words));
	memcpy(ip + 10, &checksum, sizeof(checksum));
	memcpy(ip + 12, local, 4);
	memcpy(ip + 16, peer, 4);
}

/* The flow label stays 0 (RFC 6437, 3: allowed, routers then hash ports). */
static inline void put_ipv6(uint8_t *ip, uint32_t payload_bytes, const struct sl_route *route,
			    const struct sl_header *header)
{
	sl_wire_put32(ip, UINT32_C(6) << 28 | (uint32_t)header->ecn << 20);
	sl_wire_put16(ip + 4, (uint16_t)payload_bytes);
	ip[6] = SL_PROTOCOL_TCP;
	ip[7] = HOP_LIMIT;
	memcpy(ip + 8, route->local.bytes, 16);
	memcpy(ip + 24, route->peer.bytes, 16);
}

/* In either family from all sixteen bytes: the prefix of an IPv4 address there is ffff and zeroes,
 * and ffff is another zero in one's complement. */
static inline uint64_t pseudo_sum(const struct sl_route *route, uint32_t segment_bytes)
{
	return sl_wire_sum(route->local.bytes, 4) + sl_wire_sum(route->peer.bytes, 4) +
	       sl_wire_pseudo_sum(segment_bytes);
}

/* All but TCP's checksum. Returns the length of the headers. */
static inline uint32_t put_headers(const struct sl_route *route, const struct sl_header *header,
				   uint32_t tcp_bytes, uint8_t *payload, uint32_t payload_bytes)
{
	uint32_t segment_bytes = tcp_bytes + payload_bytes;
	uint8_t *tcp = payload - tcp_bytes;
	uint8_t *ip = tcp - (route->ipv6 ? SL_IPV6_BYTES : SL_IPV4_MIN_BYTES);
	uint8_t *link = ip - route->link_bytes;

	BUG_ON(tcp_bytes > SL_TCP_MAX_BYTES || segment_bytes > UINT16_MAX - SL_IPV4_MIN_BYTES);
	put_tcp(tcp, tcp_bytes, route, header);
	if (route->ipv6)
		put_ipv6(ip, segment_bytes, route, header);
	else
		put_ipv4(ip, segment_bytes, route, header);
	memcpy(link, route->link, route->link_bytes);
	return (uint32_t)(payload - link);
}

uint32_t sl_header_write_summed(const struct sl_route *route, const struct sl_header *header,
				uint8_t *payload, uint32_t payload_bytes, uint64_t payload_sum)
{
	uint32_t tcp_bytes = sl_header_tcp_bytes(header);
	uint32_t header_bytes = put_headers(route, header, tcp_bytes, payload, payload_bytes);
	uint64_t sum = payload_sum + pseudo_sum(route, tcp_bytes + payload_bytes);
	uint8_t *tcp = payload - tcp_bytes;
	uint16_t checksum = sl_checksum_fold(sum + sl_wire_sum(tcp, tcp_bytes / 4));

	memcpy(tcp + 16, &checksum, sizeof(checksum));
	return header_bytes;
}

uint32_t sl_header_write_partial(const struct sl_route *route, const struct sl_header *header,
				 uint8_t *payload, uint32_t payload_bytes)
{
	uint32_t tcp_bytes = sl_header_tcp_bytes(header);
	uint32_t header_bytes = put_headers(route, header, tcp_bytes, payload, payload_bytes);
	uint16_t sum = (uint16_t)~sl_checksum_fold(pseudo_sum(route, tcp_bytes + payload_bytes));

	BUG_ON(header_bytes + payload_bytes > SL_SEGMENTED_MAX_BYTES);
	memcpy(payload - tcp_bytes + 16, &sum, sizeof(sum));
	return header_bytes;
}

uint32_t sl_header_write(const struct sl_route *route, const struct sl_header *header,
			 uint8_t *payload, uint32_t payload_bytes)
{
	return sl_header_write_summed(route, header, payload, payload_bytes,
				      sl_checksum_add(0, payload, payload_bytes));
}
