/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors about what the stack sent (RFC 792; RFC 4443, 3), from a router beside the peer. */
#include <string.h>

#include "base/checksum.h"
#include "transcript.h"
#include "wire/format.h"

/* What is quoted of TCP: ports, sequence number. */
enum { QUOTED_TCP_BYTES = 8, ICMP_BYTES = 8, ICMPV6 = 58, TTL = 60, QUOTED_PAYLOAD_BYTES = 1000 };

static const char *const kinds[] = { "toobig", "unreachable", "expired" };

bool sl_icmp_line_read(const char **at, struct sl_icmp_line *line)
{
	int64_t number;

	*line = (struct sl_icmp_line){ .kind = -1 };
	for (int i = 0; i < 3; i++) {
		if (sl_text_word(at, kinds[i]))
			line->kind = i;
	}
	if (line->kind < 0)
		return false;
	if (sl_text_word(at, "mtu")) {
		if (!sl_text_number(at, &number) || number < 0 || number > UINT16_MAX)
			return false;
		line->mtu = (uint16_t)number;
	}
	if (!sl_text_word(at, "about") || !sl_text_number(at, &number))
		return false;
	line->seq = (uint32_t)number;
	return sl_text_end(at);
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	sl_wire_put16(at, (uint16_t)value);
	return at + 2;
}

static uint8_t *put_ipv4(uint8_t *at, const uint8_t src[4], const uint8_t dst[4], uint32_t protocol,
			 uint32_t payload_bytes)
{
	uint16_t checksum;

	memset(at, 0, SL_IPV4_MIN_BYTES);
	put16(at, 0x4500);
	put16(at + 2, SL_IPV4_MIN_BYTES + payload_bytes);
	put16(at + 6, protocol == SL_PROTOCOL_TCP ? SL_IPV4_DF : 0);
	put16(at + 8, TTL << 8 | protocol);
	memcpy(at + 12, src, 4);
	memcpy(at + 16, dst, 4);
	checksum = sl_checksum_fold(sl_checksum_add(0, at, SL_IPV4_MIN_BYTES));
	memcpy(at + 10, &checksum, sizeof(checksum));
	return at + SL_IPV4_MIN_BYTES;
}

static uint8_t *put_ipv6(uint8_t *at, const uint8_t src[16], const uint8_t dst[16],
			 uint32_t protocol, uint32_t payload_bytes)
{
	put16(put16(at, 0x6000), 0);
	put16(put16(at + 4, payload_bytes), protocol << 8 | TTL);
	memcpy(at + 8, src, 16);
	memcpy(at + 24, dst, 16);
	return at + SL_IPV6_BYTES;
}

static uint8_t *put_ip(uint8_t *at, bool ipv6, const struct sl_address *src,
		       const struct sl_address *dst, uint32_t protocol, uint32_t payload_bytes)
{
	return ipv6 ? put_ipv6(at, src->bytes, dst->bytes, protocol, payload_bytes)
		    : put_ipv4(at, src->bytes + 12, dst->bytes + 12, protocol, payload_bytes);
}

/* Type, code, and the MTU where each family has it. */
static void put_kind(uint8_t *icmp, bool ipv6, const struct sl_icmp_line *line)
{
	static const uint8_t ipv4_kinds[][2] = { { 3, 4 }, { 3, 1 }, { 11, 0 } };
	static const uint8_t ipv6_kinds[][2] = { { 2, 0 }, { 1, 0 }, { 3, 0 } };

	memset(icmp, 0, ICMP_BYTES);
	memcpy(icmp, ipv6 ? ipv6_kinds[line->kind] : ipv4_kinds[line->kind], 2);
	put16(icmp + 6, line->mtu);
}

uint32_t sl_icmp_build(const struct sl_world *world, const struct sl_icmp_line *line,
		       uint8_t frame[SL_FRAME_MAX_BYTES])
{
	const struct sl_peer *peer = &world->peers[0];
	uint32_t ip_bytes = world->ipv6 ? SL_IPV6_BYTES : SL_IPV4_MIN_BYTES, seq;
	uint32_t icmp_bytes = ICMP_BYTES + ip_bytes + QUOTED_TCP_BYTES;
	struct sl_address stack, other, router;
	uint8_t *ip, *icmp, *at;
	uint16_t checksum;
	uint64_t sum = 0;

	sl_frame_addresses(world, &stack, &other);
	router = other;
	router.bytes[15] = 254;
	ip = sl_frame_put_link(frame, world);
	icmp = put_ip(ip, world->ipv6, &router, &stack, world->ipv6 ? ICMPV6 : 1, icmp_bytes);
	put_kind(icmp, world->ipv6, line);
	at = put_ip(icmp + ICMP_BYTES, world->ipv6, &stack, &other, SL_PROTOCOL_TCP,
		    SL_TCP_MIN_BYTES + QUOTED_PAYLOAD_BYTES);
	at = put16(at, peer->stack_port ? peer->stack_port : world->port);
	at = put16(at, peer->port);
	seq = line->seq + peer->stack_isn;
	at = put16(put16(at, seq >> 16), seq);
	if (world->ipv6) {
		sum = (uint64_t)htonl(icmp_bytes) + htonl(ICMPV6);
		sum = sl_checksum_add(sum, ip + 8, 32);
	}
	checksum = sl_checksum_fold(sl_checksum_add(sum, icmp, icmp_bytes));
	memcpy(icmp + 2, &checksum, sizeof(checksum));
	return (uint32_t)(at - frame);
}
