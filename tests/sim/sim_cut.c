/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_cut.h"

#include <string.h>

#include "base/bug.h"
#include "base/checksum.h"
#include "base/limits.h"
#include "base/minmax.h"
#include "wire/format.h"
#include "wire/gso.h"
#include "wire/segment.h"

enum { FLAGS_AT = 13, CHECKSUM_AT = 16 }; /* in the TCP header */

/* Of the addresses that stand in the packet, and length and protocol. */
static uint64_t pseudo_sum(const uint8_t *ip, bool ipv6, uint32_t tcp_bytes)
{
	uint64_t sum = ipv6 ? sl_wire_sum(ip + 8, 8) : sl_wire_sum(ip + 12, 2);

	return sum + sl_wire_pseudo_sum(tcp_bytes);
}

static void put_lengths(uint8_t *ip, bool ipv6, uint32_t tcp_bytes)
{
	uint16_t checksum;

	if (ipv6) {
		sl_wire_put16(ip + 4, (uint16_t)tcp_bytes);
		return;
	}
	sl_wire_put16(ip + 2, (uint16_t)(SL_IPV4_MIN_BYTES + tcp_bytes));
	memset(ip + 10, 0, 2);
	checksum = sl_checksum_fold(sl_wire_sum(ip, SL_IPV4_MIN_BYTES / 4));
	memcpy(ip + 10, &checksum, sizeof(checksum));
}

/* That of the whole: one more bit in it would be a wrong checksum in every segment. */
static void check_whole(const uint8_t *header, const struct sl_gso *gso, uint32_t tcp_bytes)
{
	const uint8_t *ip = header + gso->ip_off;
	uint32_t said_bytes =
	    gso->ipv6 ? sl_wire_get16(ip + 4) + SL_IPV6_BYTES : sl_wire_get16(ip + 2);
	uint16_t sum = (uint16_t)~sl_checksum_fold(pseudo_sum(ip, gso->ipv6, tcp_bytes));

	BUG_ON(said_bytes != gso->tcp_off - gso->ip_off + tcp_bytes);
	BUG_ON(memcmp(header + gso->tcp_off + CHECKSUM_AT, &sum, sizeof(sum)) != 0);
}

void sl_sim_cut(const uint8_t *header, uint32_t header_bytes, const uint8_t *payload,
		uint32_t payload_bytes, uint32_t segment_bytes, sl_sim_nic_sink *sink, void *arg)
{
	struct sl_gso gso = sl_gso_of(header, header_bytes);
	uint32_t options_end = header_bytes - gso.tcp_off, part_bytes;
	uint8_t packet[SL_FRAME_HEADROOM_BYTES + SL_MTU_MAX];
	uint8_t *ip = packet + gso.ip_off, *tcp = packet + gso.tcp_off;

	BUG_ON(payload_bytes == 0 || segment_bytes > SL_MTU_MAX);
	BUG_ON(header_bytes + payload_bytes > SL_SEGMENTED_MAX_BYTES);
	check_whole(header, &gso, options_end + payload_bytes);
	for (uint32_t off = 0; off < payload_bytes; off += part_bytes) {
		uint8_t not_here = 0;
		uint64_t sum;
		uint16_t checksum;

		part_bytes = min_u32(segment_bytes, payload_bytes - off);
		memcpy(packet, header, header_bytes);
		memcpy(packet + header_bytes, payload + off, part_bytes);
		put_lengths(ip, gso.ipv6, options_end + part_bytes);
		sl_wire_put32(tcp + 4, sl_wire_get32(header + gso.tcp_off + 4) + off);
		if (off > 0)
			not_here |= SL_TCP_CWR;
		if (off + part_bytes < payload_bytes)
			not_here |= SL_TCP_PSH | SL_TCP_FIN;
		tcp[FLAGS_AT] &= (uint8_t)~not_here;
		memset(tcp + CHECKSUM_AT, 0, sizeof(checksum));
		sum = pseudo_sum(ip, gso.ipv6, options_end + part_bytes);
		checksum = sl_checksum_fold(sl_checksum_add(sum, tcp, options_end + part_bytes));
		memcpy(tcp + CHECKSUM_AT, &checksum, sizeof(checksum));
		sink(arg, packet, header_bytes + part_bytes);
	}
}
