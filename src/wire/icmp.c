/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/icmp.h"

#include <string.h>

#include "wire/layers.h"

/* RFC 1191, 4: the MTU stands in the low half of what had been unused. */
static bool understand_ipv4(const uint8_t *icmp, struct sl_icmp_error *error)
{
	switch (icmp[0]) {
	case SL_ICMP_TYPE_UNREACHABLE:
		error->kind =
		    icmp[1] == SL_ICMP_CODE_TOO_BIG ? SL_ICMP_TOO_BIG : SL_ICMP_UNREACHABLE;
		error->mtu_bytes = sl_wire_get16(icmp + 6);
		return true;
	case SL_ICMP_TYPE_TIME_EXCEEDED:
		error->kind = SL_ICMP_TIME_EXCEEDED;
		return true;
	case SL_ICMP_TYPE_PARAMETER_PROBLEM:
		error->kind = SL_ICMP_PARAMETER_PROBLEM;
		return true;
	default:
		return false;
	}
}

static bool understand_ipv6(const uint8_t *icmp, struct sl_icmp_error *error)
{
	switch (icmp[0]) {
	case SL_ICMPV6_TYPE_UNREACHABLE:
		error->kind = SL_ICMP_UNREACHABLE;
		return true;
	case SL_ICMPV6_TYPE_TOO_BIG:
		error->kind = SL_ICMP_TOO_BIG;
		error->mtu_bytes = sl_wire_get32(icmp + 4);
		return true;
	case SL_ICMPV6_TYPE_TIME_EXCEEDED:
		error->kind = SL_ICMP_TIME_EXCEEDED;
		return true;
	case SL_ICMPV6_TYPE_PARAMETER_PROBLEM:
		error->kind = SL_ICMP_PARAMETER_PROBLEM;
		return true;
	default:
		return false;
	}
}

/* Both: the addresses of the quoted header, which is stepped over. Its lengths and checksum are not
 * looked at: routers have been known to quote them changed. */

static enum sl_wire_verdict unquote_ipv4(struct sl_rest *rest, struct sl_icmp_error *error)
{
	const uint8_t *ip = rest->at;
	uint32_t header_bytes;

	if (rest->len_bytes < SL_IPV4_MIN_BYTES)
		return SL_WIRE_BAD_HEADER;
	header_bytes = (ip[0] & 0x0f) * 4u;
	if (ip[0] >> 4 != 4 || header_bytes < SL_IPV4_MIN_BYTES || header_bytes > rest->len_bytes)
		return SL_WIRE_BAD_HEADER;
	if (ip[9] != SL_PROTOCOL_TCP || (sl_wire_get16(ip + 6) & SL_IPV4_OFFSET_MASK))
		return SL_WIRE_ICMP;
	error->local = sl_address_from_ipv4(ip + 12);
	error->peer = sl_address_from_ipv4(ip + 16);
	sl_rest_skip(rest, header_bytes);
	return SL_WIRE_OK;
}

static enum sl_wire_verdict unquote_ipv6(struct sl_rest *rest, struct sl_icmp_error *error)
{
	const uint8_t *ip = rest->at;

	if (rest->len_bytes < SL_IPV6_BYTES || ip[0] >> 4 != 6)
		return SL_WIRE_BAD_HEADER;
	if (ip[6] != SL_PROTOCOL_TCP)
		return SL_WIRE_ICMP;
	error->local = sl_address_from_ipv6(ip + 8);
	error->peer = sl_address_from_ipv6(ip + 24);
	sl_rest_skip(rest, SL_IPV6_BYTES);
	return SL_WIRE_OK;
}

static enum sl_wire_verdict unquote_tcp(struct sl_rest *rest, struct sl_icmp_error *error)
{
	if (rest->len_bytes < SL_TCP_QUOTED_BYTES)
		return SL_WIRE_BAD_HEADER;
	error->local_port = sl_wire_get16(rest->at);
	error->peer_port = sl_wire_get16(rest->at + 2);
	error->seq = sl_wire_get32(rest->at + 4);
	return SL_WIRE_OK;
}

/* RFC 4443, 2.3: over the pseudo-header, too; ICMP of IPv4 has none. */
static bool checksum_is_right(const struct sl_rest *rest, bool ipv6, uint64_t addresses_sum)
{
	uint64_t sum = 0;

	if (ipv6)
		sum = addresses_sum + (uint64_t)htonl(rest->len_bytes) + htonl(SL_PROTOCOL_ICMPV6);
	return sl_checksum_fold(sl_checksum_add(sum, rest->at, rest->len_bytes)) == 0;
}

/* What follows the IP headers, which said they were from packet->src to packet->dst. */
static enum sl_wire_verdict parse_message(struct sl_rest *rest, const struct sl_segment *packet,
					  struct sl_icmp_error *error)
{
	bool is_error =
	    packet->ipv6 ? understand_ipv6(rest->at, error) : understand_ipv4(rest->at, error);
	enum sl_wire_verdict verdict;

	if (!is_error)
		return SL_WIRE_ICMP;
	sl_rest_skip(rest, SL_ICMP_BYTES);
	verdict = packet->ipv6 ? unquote_ipv6(rest, error) : unquote_ipv4(rest, error);
	if (verdict != SL_WIRE_OK)
		return verdict;
	if (memcmp(&error->local, &packet->dst, sizeof(error->local)) != 0)
		return SL_WIRE_BAD_HEADER;
	return unquote_tcp(rest, error);
}

enum sl_wire_verdict sl_icmp_parse(const uint8_t *packet, uint32_t len_bytes,
				   struct sl_icmp_error *error)
{
	struct sl_rest rest = { packet, len_bytes };
	enum sl_wire_verdict verdict;
	struct sl_segment outer;
	uint8_t protocol;
	uint64_t sum;

	verdict = sl_layers_parse(&rest, &outer, &protocol, &sum);
	if (verdict != SL_WIRE_OK)
		return verdict;
	if (protocol != (outer.ipv6 ? SL_PROTOCOL_ICMPV6 : SL_PROTOCOL_ICMP))
		return SL_WIRE_ICMP;
	if (rest.len_bytes < SL_ICMP_BYTES)
		return SL_WIRE_BAD_HEADER;
	if (!checksum_is_right(&rest, outer.ipv6, sum))
		return SL_WIRE_BAD_CHECKSUM;
	*error = (struct sl_icmp_error){ .ipv6 = outer.ipv6 };
	return parse_message(&rest, &outer, error);
}
