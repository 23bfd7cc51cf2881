/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layers: what lies below TCP and ICMP. Each layer takes its header off the front of what is left
 * and narrows what is left to what the header says is its payload. So the end of what is left is at
 * first the frame's, then the IP packet's (Ethernet padding is gone), then the segment's.
 *
 * For this room only, inline because it runs for every packet.
 */
#ifndef SL_WIRE_LAYERS_H
#define SL_WIRE_LAYERS_H

#include "base/bug.h"
#include "base/checksum.h"
#include "wire/format.h"
#include "wire/segment.h"

struct sl_rest {
	const uint8_t *at;
	uint32_t len_bytes;
};

static inline void sl_rest_skip(struct sl_rest *rest, uint32_t bytes)
{
	rest->at += bytes;
	rest->len_bytes -= bytes;
}

/* Ethernet and its tags, up to and with the EtherType of what follows. */
static inline enum sl_wire_verdict sl_layers_link(struct sl_rest *rest, struct sl_segment *segment,
						  uint16_t *ethertype)
{
	uint32_t link_bytes = SL_ETHERNET_BYTES;

	if (unlikely(rest->len_bytes < link_bytes))
		return SL_WIRE_TRUNCATED;
	*ethertype = sl_wire_get16(rest->at + link_bytes - 2);
	for (int tags = 0; tags < SL_VLANS_MAX; tags++) {
		if (likely(*ethertype != SL_ETHERTYPE_8021Q && *ethertype != SL_ETHERTYPE_8021AD))
			break;
		link_bytes += SL_VLAN_BYTES;
		if (unlikely(rest->len_bytes < link_bytes))
			return SL_WIRE_TRUNCATED;
		*ethertype = sl_wire_get16(rest->at + link_bytes - 2);
	}
	segment->link = rest->at;
	segment->link_bytes = (uint8_t)link_bytes;
	sl_rest_skip(rest, link_bytes);
	return SL_WIRE_OK;
}

/* extension.c: steps over IPv6's extension headers up to TCP or ICMPv6. Verdicts: SL_WIRE_OK,
 * NOT_TCP, FRAGMENT, BAD_HEADER. */
enum sl_wire_verdict sl_extensions_skip(struct sl_rest *rest, uint8_t *protocol);

/* Both: *sum becomes the part of TCP's pseudo-header that is in the IP header. */

static inline enum sl_wire_verdict sl_layers_ipv4(struct sl_rest *rest, struct sl_segment *segment,
						  uint8_t *protocol, uint64_t *sum)
{
	const uint8_t *ip = rest->at;
	uint32_t header_bytes, total_bytes;
	uint64_t header_sum;
	uint16_t fragment;

	if (unlikely(rest->len_bytes < SL_IPV4_MIN_BYTES))
		return SL_WIRE_TRUNCATED;
	header_bytes = (ip[0] & 0x0f) * 4u;
	total_bytes = sl_wire_get16(ip + 2);
	if (unlikely(ip[0] >> 4 != 4 || header_bytes < SL_IPV4_MIN_BYTES ||
		     total_bytes < header_bytes))
		return SL_WIRE_BAD_HEADER;
	if (unlikely(total_bytes > rest->len_bytes))
		return SL_WIRE_TRUNCATED;
	header_sum = sl_wire_sum(ip, SL_IPV4_MIN_BYTES / 4);
	if (unlikely(header_bytes > SL_IPV4_MIN_BYTES))
		header_sum = sl_checksum_add(header_sum, ip + SL_IPV4_MIN_BYTES,
					     header_bytes - SL_IPV4_MIN_BYTES);
	if (unlikely(sl_checksum_fold(header_sum) != 0))
		return SL_WIRE_BAD_CHECKSUM;
	*protocol = ip[9];
	if (unlikely(*protocol != SL_PROTOCOL_TCP && *protocol != SL_PROTOCOL_ICMP))
		return SL_WIRE_NOT_TCP;
	fragment = sl_wire_get16(ip + 6);
	if (unlikely(fragment & (SL_IPV4_MF | SL_IPV4_OFFSET_MASK)))
		return SL_WIRE_FRAGMENT;

	segment->ipv6 = false;
	segment->ecn = ip[1] & SL_ECN_MASK;
	segment->ttl = ip[8];
	segment->src = sl_address_from_ipv4(ip + 12);
	segment->dst = sl_address_from_ipv4(ip + 16);
	*sum = sl_wire_sum(ip + 12, 2);
	rest->len_bytes = total_bytes;
	sl_rest_skip(rest, header_bytes);
	return SL_WIRE_OK;
}

static inline enum sl_wire_verdict sl_layers_ipv6(struct sl_rest *rest, struct sl_segment *segment,
						  uint8_t *protocol, uint64_t *sum)
{
	const uint8_t *ip = rest->at;
	uint32_t payload_bytes;

	if (unlikely(rest->len_bytes < SL_IPV6_BYTES))
		return SL_WIRE_TRUNCATED;
	payload_bytes = sl_wire_get16(ip + 4);
	if (unlikely(ip[0] >> 4 != 6))
		return SL_WIRE_BAD_HEADER;
	if (unlikely(payload_bytes > rest->len_bytes - SL_IPV6_BYTES))
		return SL_WIRE_TRUNCATED;
	segment->ipv6 = true;
	segment->ecn = ip[1] >> 4 & SL_ECN_MASK;
	segment->ttl = ip[7];
	segment->src = sl_address_from_ipv6(ip + 8);
	segment->dst = sl_address_from_ipv6(ip + 24);
	*sum = sl_wire_sum(ip + 8, 8);
	sl_rest_skip(rest, SL_IPV6_BYTES);
	rest->len_bytes = payload_bytes;
	*protocol = ip[6];
	if (likely(*protocol == SL_PROTOCOL_TCP))
		return SL_WIRE_OK;
	return sl_extensions_skip(rest, protocol);
}

/* Link and IP: what they say into segment, what follows into protocol (TCP or the family's ICMP),
 * its part of the pseudo-header into *sum. */
static inline enum sl_wire_verdict sl_layers_parse(struct sl_rest *rest, struct sl_segment *segment,
						   uint8_t *protocol, uint64_t *sum)
{
	enum sl_wire_verdict verdict;
	uint16_t ethertype;

	verdict = sl_layers_link(rest, segment, &ethertype);
	if (unlikely(verdict != SL_WIRE_OK))
		return verdict;
	if (ethertype == SL_ETHERTYPE_IPV4)
		return sl_layers_ipv4(rest, segment, protocol, sum);
	if (ethertype == SL_ETHERTYPE_IPV6)
		return sl_layers_ipv6(rest, segment, protocol, sum);
	return SL_WIRE_NOT_TCP;
}

#endif
