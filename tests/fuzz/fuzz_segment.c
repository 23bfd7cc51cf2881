/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a packet, a segment or an ICMP error about one. Nearly all changes break a checksum
 * and get no farther, so each input is understood twice: as it is, and with its checksums made
 * right. What is understood must lie within the packet, and a reply to it that says the same must
 * be understood as the same.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -DSL_DEBUG -Isrc -Iinclude \
 *         tests/fuzz/fuzz_segment.c src/wire/[a-z]*.c src/base/{address,bug,checksum}.c \
 *         -o fuzz_segment
 *     ./fuzz_segment -max_len=2048 -max_total_time=60 NEW tests/fuzz/corpus/segment
 */
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/checksum.h"
#include "base/limits.h"
#include "wire/format.h"
#include "wire/icmp.h"
#include "wire/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes);

/* ---- a packet with its checksums made right, as far as it goes ---- */

static uint32_t skip_link(const uint8_t *packet, uint32_t len_bytes)
{
	uint32_t off = SL_ETHERNET_BYTES;

	for (int tags = 0; tags < SL_VLANS_MAX && off <= len_bytes; tags++) {
		uint16_t ethertype = sl_wire_get16(packet + off - 2);

		if (ethertype != SL_ETHERTYPE_8021Q && ethertype != SL_ETHERTYPE_8021AD)
			break;
		off += SL_VLAN_BYTES;
	}
	return off;
}

static void mend_tcp(uint8_t *tcp, uint32_t len_bytes, const uint8_t *addresses,
		     uint32_t addresses_bytes)
{
	uint16_t checksum;
	uint64_t sum;

	if (len_bytes < SL_TCP_MIN_BYTES)
		return;
	sl_wire_put16(tcp + 16, 0);
	sum = sl_wire_pseudo_sum(len_bytes);
	sum = sl_checksum_add(sum, addresses, addresses_bytes);
	checksum = sl_checksum_fold(sl_checksum_add(sum, tcp, len_bytes));
	memcpy(tcp + 16, &checksum, sizeof(checksum));
}

/* ICMPv6's has the pseudo-header, with the protocol in place of TCP's. */
static void mend_icmp(uint8_t *icmp, uint32_t len_bytes, const uint8_t *addresses,
		      uint32_t addresses_bytes)
{
	uint16_t checksum;
	uint64_t sum = 0;

	if (len_bytes < SL_ICMP_BYTES)
		return;
	sl_wire_put16(icmp + 2, 0);
	if (addresses)
		sum = sl_checksum_add((uint64_t)htonl(len_bytes) + htonl(SL_PROTOCOL_ICMPV6),
				      addresses, addresses_bytes);
	checksum = sl_checksum_fold(sl_checksum_add(sum, icmp, len_bytes));
	memcpy(icmp + 2, &checksum, sizeof(checksum));
}

static void mend_ipv4(uint8_t *ip, uint32_t len_bytes)
{
	uint32_t header_bytes = (ip[0] & 15) * 4u, total_bytes = sl_wire_get16(ip + 2);
	uint16_t checksum;

	if (header_bytes < SL_IPV4_MIN_BYTES || total_bytes < header_bytes ||
	    total_bytes > len_bytes)
		return;
	sl_wire_put16(ip + 10, 0);
	checksum = sl_checksum_fold(sl_checksum_add(0, ip, header_bytes));
	memcpy(ip + 10, &checksum, sizeof(checksum));
	if (ip[9] == SL_PROTOCOL_ICMP)
		mend_icmp(ip + header_bytes, total_bytes - header_bytes, NULL, 0);
	else
		mend_tcp(ip + header_bytes, total_bytes - header_bytes, ip + 12, 8);
}

static void mend_ipv6(uint8_t *ip, uint32_t payload_bytes)
{
	uint8_t *at = ip + SL_IPV6_BYTES, next = ip[6];

	while (next != SL_PROTOCOL_TCP && next != SL_PROTOCOL_ICMPV6) {
		uint32_t len_bytes;

		if (payload_bytes < 8)
			return;
		len_bytes = (at[1] + 1u) * 8;
		if (len_bytes > payload_bytes)
			return;
		next = at[0];
		at += len_bytes;
		payload_bytes -= len_bytes;
	}
	if (next == SL_PROTOCOL_TCP)
		mend_tcp(at, payload_bytes, ip + 8, 32);
	else
		mend_icmp(at, payload_bytes, ip + 8, 32);
}

static void mend(uint8_t *packet, uint32_t len_bytes)
{
	uint32_t off = skip_link(packet, len_bytes), left_bytes;
	uint8_t *ip = packet + off;

	if (off > len_bytes)
		return;
	left_bytes = len_bytes - off;
	if (left_bytes >= SL_IPV4_MIN_BYTES && ip[0] >> 4 == 4)
		mend_ipv4(ip, left_bytes);
	else if (left_bytes >= SL_IPV6_BYTES && ip[0] >> 4 == 6 &&
		 sl_wire_get16(ip + 4) <= left_bytes - SL_IPV6_BYTES)
		mend_ipv6(ip, sl_wire_get16(ip + 4));
}

/* ---- what must hold ---- */

static void check_bounds(const struct sl_segment *segment, const uint8_t *packet,
			 uint32_t len_bytes)
{
	BUG_ON(segment->link != packet);
	BUG_ON(segment->link_bytes != 14 && segment->link_bytes != 18 && segment->link_bytes != 22);
	BUG_ON(segment->payload <
	       packet + segment->link_bytes + SL_IPV4_MIN_BYTES + SL_TCP_MIN_BYTES);
	BUG_ON(segment->payload > packet + len_bytes);
	BUG_ON(segment->payload_bytes > (size_t)(packet + len_bytes - segment->payload));
	BUG_ON(segment->ecn > 3);
	BUG_ON(segment->has_window_scale && segment->window_scale > SL_WINDOW_SCALE_MAX);
	BUG_ON(segment->sack_cnt > SL_SACK_BLOCKS_MAX);
	BUG_ON(!segment->ipv6 && !sl_address_is_ipv4(&segment->src));
	BUG_ON(!segment->ipv6 && !sl_address_is_ipv4(&segment->dst));
}

/* The end of the segment is where it says, neither before nor after. */
static void check_end(const struct sl_segment *segment, const uint8_t *packet)
{
	uint32_t end_off = (uint32_t)(segment->payload - packet) + segment->payload_bytes;
	struct sl_segment other;

	BUG_ON(sl_segment_parse(packet, end_off, &other) != SL_WIRE_OK);
	BUG_ON(other.payload != segment->payload || other.payload_bytes != segment->payload_bytes);
	BUG_ON(sl_segment_parse(packet, end_off - 1, &other) != SL_WIRE_TRUNCATED);
}

static struct sl_header header_of(const struct sl_segment *segment)
{
	bool syn = segment->flags & SL_TCP_SYN;
	struct sl_header header = {
		.seq = segment->seq,
		.ack = segment->ack,
		.window = segment->window,
		.flags = segment->flags,
		.mss = segment->has_mss ? segment->mss : 0,
		.window_scale = segment->has_window_scale ? (int8_t)segment->window_scale : -1,
		.sack_permitted = segment->sack_permitted,
		.timestamps = segment->has_timestamps,
		.ts_value = segment->ts_value,
		.ts_echo = segment->ts_echo,
		.sack_cnt = syn ? 0 : segment->sack_cnt,
		.ecn = segment->ecn,
	};

	if (header.timestamps && header.sack_cnt == SL_SACK_BLOCKS_MAX)
		header.sack_cnt--;
	for (uint32_t i = 0; i < header.sack_cnt; i++)
		header.sack[i] = segment->sack[i];
	return header;
}

static void check_same(const struct sl_segment *reply, const struct sl_header *header,
		       const struct sl_segment *segment)
{
	bool syn = segment->flags & SL_TCP_SYN;

	BUG_ON(memcmp(&reply->src, &segment->dst, sizeof(reply->src)) != 0);
	BUG_ON(memcmp(&reply->dst, &segment->src, sizeof(reply->dst)) != 0);
	BUG_ON(reply->src_port != segment->dst_port || reply->dst_port != segment->src_port);
	BUG_ON(reply->ipv6 != segment->ipv6 || reply->link_bytes != segment->link_bytes);
	BUG_ON(reply->seq != segment->seq || reply->ack != segment->ack);
	BUG_ON(reply->window != segment->window || reply->flags != segment->flags);
	BUG_ON(reply->ecn != segment->ecn);
	BUG_ON(reply->has_timestamps != segment->has_timestamps);
	BUG_ON(reply->has_timestamps &&
	       (reply->ts_value != segment->ts_value || reply->ts_echo != segment->ts_echo));
	BUG_ON(reply->sack_cnt != header->sack_cnt);
	BUG_ON(memcmp(reply->sack, header->sack, reply->sack_cnt * sizeof(reply->sack[0])) != 0);
	BUG_ON(reply->has_mss != (syn && header->mss > 0));
	BUG_ON(reply->has_mss && reply->mss != segment->mss);
	BUG_ON(reply->has_window_scale != (syn && header->window_scale >= 0));
	BUG_ON(reply->has_window_scale && reply->window_scale != segment->window_scale);
	BUG_ON(reply->sack_permitted != (syn && header->sack_permitted));
	BUG_ON(reply->payload_bytes != segment->payload_bytes);
	BUG_ON(memcmp(reply->payload, segment->payload, reply->payload_bytes) != 0);
}

static void check_reply(const struct sl_segment *segment)
{
	struct sl_header header = header_of(segment);
	uint8_t *chunk, *payload;
	struct sl_segment reply;
	struct sl_route route;
	uint32_t header_bytes;

	if (segment->payload_bytes > SL_MTU_MAX) /* none of ours is longer */
		return;
	chunk = malloc(SL_FRAME_HEADROOM_BYTES + segment->payload_bytes);
	BUG_ON(!chunk);
	payload = chunk + SL_FRAME_HEADROOM_BYTES;
	memcpy(payload, segment->payload, segment->payload_bytes);
	sl_route_reverse(&route, segment);
	header_bytes = sl_header_write(&route, &header, payload, segment->payload_bytes);
	BUG_ON(sl_segment_parse(payload - header_bytes, header_bytes + segment->payload_bytes,
				&reply) != SL_WIRE_OK);
	check_same(&reply, &header, segment);
	free(chunk);
}

/* Of a segment that we sent to somebody; no error says anything else. */
static void check_error(const uint8_t *packet, uint32_t len_bytes, bool expected)
{
	struct sl_icmp_error error;

	memset(&error, 0xa5, sizeof(error));
	if (sl_icmp_parse(packet, len_bytes, &error) != SL_WIRE_OK)
		return;
	BUG_ON(!expected);
	BUG_ON(error.kind > SL_ICMP_PARAMETER_PROBLEM);
	BUG_ON(!error.ipv6 && error.mtu_bytes > UINT16_MAX);
	BUG_ON(!error.ipv6 && !sl_address_is_ipv4(&error.local));
	BUG_ON(!error.ipv6 && !sl_address_is_ipv4(&error.peer));
}

static void check(const uint8_t *packet, uint32_t len_bytes)
{
	enum sl_wire_verdict verdict;
	struct sl_segment segment;

	memset(&segment, 0xa5, sizeof(segment));
	verdict = sl_segment_parse(packet, len_bytes, &segment);
	BUG_ON(verdict >= SL_WIRE_VERDICTS);
	check_error(packet, len_bytes, verdict == SL_WIRE_ICMP);
	if (verdict != SL_WIRE_OK)
		return;
	check_bounds(&segment, packet, len_bytes);
	check_end(&segment, packet);
	check_reply(&segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes)
{
	uint8_t *mended;

	if (len_bytes > UINT32_MAX)
		return 0;
	check(data, (uint32_t)len_bytes);

	mended = malloc(len_bytes ? len_bytes : 1);
	BUG_ON(!mended);
	memcpy(mended, data, len_bytes);
	mend(mended, (uint32_t)len_bytes);
	check(mended, (uint32_t)len_bytes);
	free(mended);
	return 0;
}
