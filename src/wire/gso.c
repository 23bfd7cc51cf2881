/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/gso.h"

#include "base/bug.h"
#include "base/checksum.h"
#include "wire/format.h"
#include "wire/segment.h"

enum {
	TOTAL_MAX_BYTES = UINT16_MAX, /* what IPv4 says of itself; IPv6 less its own header */

	/* Flags that cutting leaves on the last segment only. CWR, which it leaves on the first
	 * only, and whatever is rarer, goes alone. */
	LAST_ONLY = SL_TCP_PSH | SL_TCP_FIN,
	MAY_BE_MANY = SL_TCP_ACK | SL_TCP_ECE | LAST_ONLY,
};

enum { FLAGS_AT = 13, WINDOW_AT = 14, CHECKSUM_AT = 16 }; /* in the TCP header */

/* Where the IP header is, or 0 if it is not IP. */
static uint32_t find_ip(const uint8_t *header, uint32_t header_bytes, bool *ipv6)
{
	uint32_t off = SL_ETHERNET_BYTES;

	for (int tags = 0; off + SL_IPV4_MIN_BYTES + SL_TCP_MIN_BYTES <= header_bytes; tags++) {
		uint16_t ethertype = sl_wire_get16(header + off - 2);

		*ipv6 = ethertype == SL_ETHERTYPE_IPV6;
		if (*ipv6 || ethertype == SL_ETHERTYPE_IPV4)
			return off;
		if ((ethertype != SL_ETHERTYPE_8021Q && ethertype != SL_ETHERTYPE_8021AD) ||
		    tags == SL_VLANS_MAX)
			return 0;
		off += SL_VLAN_BYTES;
	}
	return 0;
}

static uint32_t find_tcp(const uint8_t *ip, uint32_t ip_off, bool ipv6)
{
	if (ipv6)
		return ip[6] == SL_PROTOCOL_TCP ? ip_off + SL_IPV6_BYTES : 0;
	if (ip[0] != (4 << 4 | SL_IPV4_MIN_BYTES / 4) || ip[9] != SL_PROTOCOL_TCP)
		return 0;
	return ip_off + SL_IPV4_MIN_BYTES;
}

bool sl_gso_begin(struct sl_gso *gso, const uint8_t *header, uint32_t header_bytes,
		  uint32_t payload_bytes)
{
	uint32_t ip_off = find_ip(header, header_bytes, &gso->ipv6), tcp_off;
	const uint8_t *tcp;

	if (ip_off == 0 || payload_bytes == 0)
		return false;
	tcp_off = find_tcp(header + ip_off, ip_off, gso->ipv6);
	if (tcp_off == 0 || tcp_off + SL_TCP_MIN_BYTES > header_bytes)
		return false;
	tcp = header + tcp_off;
	if (tcp_off + (tcp[12] >> 4) * 4u != header_bytes)
		return false;
	gso->first = header;
	gso->last = tcp;
	gso->header_bytes = header_bytes;
	gso->ip_off = ip_off;
	gso->tcp_off = tcp_off;
	gso->segment_bytes = payload_bytes;
	gso->payload_bytes = payload_bytes;
	gso->next_seq = sl_wire_get32(tcp + 4) + payload_bytes;
	gso->closed = tcp[FLAGS_AT] & ~(SL_TCP_ACK | SL_TCP_ECE);
	return true;
}

static bool same(const uint8_t *a, const uint8_t *b, uint32_t from_off, uint32_t end_off)
{
	return memcmp(a + from_off, b + from_off, end_off - from_off) == 0;
}

/* All of IP but its length and what follows from it. */
static bool same_ip(const uint8_t *a, const uint8_t *b, bool ipv6)
{
	if (ipv6)
		return same(a, b, 0, 4) && same(a, b, 6, SL_IPV6_BYTES);
	return same(a, b, 0, 2) && same(a, b, 6, 10) && same(a, b, 12, SL_IPV4_MIN_BYTES);
}

/* Ports, acknowledgement, window, options; flags but for those of the last. */
static bool same_tcp(const uint8_t *a, const uint8_t *b, uint32_t tcp_bytes)
{
	return same(a, b, 0, 4) && same(a, b, 8, FLAGS_AT) &&
	       (a[FLAGS_AT] | LAST_ONLY) == (b[FLAGS_AT] | LAST_ONLY) &&
	       !(b[FLAGS_AT] & ~MAY_BE_MANY) && same(a, b, WINDOW_AT, CHECKSUM_AT) &&
	       same(a, b, CHECKSUM_AT + 2, tcp_bytes);
}

bool sl_gso_add(struct sl_gso *gso, const uint8_t *header, uint32_t header_bytes,
		uint32_t payload_bytes)
{
	const uint8_t *tcp = header + gso->tcp_off;

	if (gso->closed || header_bytes != gso->header_bytes || payload_bytes == 0 ||
	    payload_bytes > gso->segment_bytes ||
	    header_bytes + gso->payload_bytes + payload_bytes > TOTAL_MAX_BYTES)
		return false;
	if (sl_wire_get32(tcp + 4) != gso->next_seq || !same(gso->first, header, 0, gso->ip_off) ||
	    !same_ip(gso->first + gso->ip_off, header + gso->ip_off, gso->ipv6) ||
	    !same_tcp(gso->first + gso->tcp_off, tcp, header_bytes - gso->tcp_off))
		return false;
	gso->last = tcp;
	gso->payload_bytes += payload_bytes;
	gso->next_seq += payload_bytes;
	gso->closed = payload_bytes < gso->segment_bytes || tcp[FLAGS_AT] & LAST_ONLY;
	return true;
}

static void put_ipv4_length(uint8_t *ip, uint32_t total_bytes)
{
	uint16_t checksum;

	sl_wire_put16(ip + 2, (uint16_t)total_bytes);
	memset(ip + 10, 0, sizeof(checksum));
	checksum = sl_checksum_fold(sl_wire_sum(ip, SL_IPV4_MIN_BYTES / 4));
	memcpy(ip + 10, &checksum, sizeof(checksum));
}

void sl_gso_headers(const struct sl_gso *gso, uint8_t *to)
{
	uint8_t *ip = to + gso->ip_off, *tcp = to + gso->tcp_off;
	uint32_t segment_bytes = gso->header_bytes - gso->tcp_off + gso->payload_bytes;
	uint64_t sum = sl_wire_pseudo_sum(segment_bytes);
	uint16_t folded;

	memcpy(to, gso->first, gso->header_bytes);
	if (gso->ipv6) {
		sl_wire_put16(ip + 4, (uint16_t)segment_bytes);
		sum += sl_wire_sum(ip + 8, 2 * 16 / 4);
	} else {
		put_ipv4_length(ip, SL_IPV4_MIN_BYTES + segment_bytes);
		sum += sl_wire_sum(ip + 12, 2 * 4 / 4);
	}
	tcp[FLAGS_AT] = gso->last[FLAGS_AT];
	folded = (uint16_t)~sl_checksum_fold(sum);
	memcpy(tcp + CHECKSUM_AT, &folded, sizeof(folded));
}
