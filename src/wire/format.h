/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Format: what the files of this room agree on about the bytes of a packet. Offsets are those of
 * the RFCs' figures: IEEE 802.3 and 802.1Q, RFC 791 (3.1), RFC 8200 (3, 4), RFC 9293 (3.1), RFC 792
 * and 4443. All numbers are big-endian and none is aligned.
 */
#ifndef SL_WIRE_FORMAT_H
#define SL_WIRE_FORMAT_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum {
	SL_ETHERNET_BYTES = 14,
	SL_MAC_BYTES = 6,
	SL_VLAN_BYTES = 4,
	SL_VLANS_MAX = 2,
	SL_IPV4_MIN_BYTES = 20,
	SL_IPV6_BYTES = 40,
	SL_TCP_MIN_BYTES = 20,
	SL_TCP_MAX_BYTES = 60,
	SL_ICMP_BYTES = 8,       /* of an error, before what it quotes */
	SL_TCP_QUOTED_BYTES = 8, /* the least an error quotes of TCP: ports, sequence number */
};

enum {
	SL_ETHERTYPE_IPV4 = 0x0800,
	SL_ETHERTYPE_IPV6 = 0x86dd,
	SL_ETHERTYPE_8021Q = 0x8100,
	SL_ETHERTYPE_8021AD = 0x88a8,
};

enum { /* protocols, or IPv6's next headers */
       SL_PROTOCOL_HOP_BY_HOP = 0,
       SL_PROTOCOL_ICMP = 1,
       SL_PROTOCOL_TCP = 6,
       SL_PROTOCOL_ROUTING = 43,
       SL_PROTOCOL_IPV6_FRAGMENT = 44,
       SL_PROTOCOL_ICMPV6 = 58,
       SL_PROTOCOL_DESTINATION_OPTIONS = 60,
};

enum { SL_IPV4_DF = 0x4000, SL_IPV4_MF = 0x2000, SL_IPV4_OFFSET_MASK = 0x1fff };

enum { SL_ECN_MASK = 0x03 };

/* ICMP errors (RFC 792, RFC 1191, 4; RFC 4443). */
enum {
	SL_ICMP_TYPE_UNREACHABLE = 3,
	SL_ICMP_CODE_TOO_BIG = 4,
	SL_ICMP_TYPE_TIME_EXCEEDED = 11,
	SL_ICMP_TYPE_PARAMETER_PROBLEM = 12,

	SL_ICMPV6_TYPE_UNREACHABLE = 1,
	SL_ICMPV6_TYPE_TOO_BIG = 2,
	SL_ICMPV6_TYPE_TIME_EXCEEDED = 3,
	SL_ICMPV6_TYPE_PARAMETER_PROBLEM = 4,
};

/* TCP options: kind, and length where it is fixed (RFC 9293, 3.2; 7323; 2018). */
enum {
	SL_OPTION_END = 0,
	SL_OPTION_NOP = 1,
	SL_OPTION_MSS = 2,
	SL_OPTION_WINDOW_SCALE = 3,
	SL_OPTION_SACK_PERMITTED = 4,
	SL_OPTION_SACK = 5,
	SL_OPTION_TIMESTAMPS = 8,

	SL_OPTION_MSS_BYTES = 4,
	SL_OPTION_WINDOW_SCALE_BYTES = 3,
	SL_OPTION_SACK_PERMITTED_BYTES = 2,
	SL_OPTION_SACK_BLOCK_BYTES = 8,
	SL_OPTION_TIMESTAMPS_BYTES = 10,

	SL_WINDOW_SCALE_MAX = 14, /* RFC 7323, 2.3 */
};

static inline uint16_t sl_wire_get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return ntohs(value);
}

static inline uint32_t sl_wire_get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return ntohl(value);
}

static inline void sl_wire_put16(uint8_t *at, uint16_t value)
{
	value = htons(value);
	memcpy(at, &value, sizeof(value));
}

static inline void sl_wire_put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

/* A few words for a checksum, as sl_checksum_add sums them; word_cnt is a constant, so this is a
 * few instructions where a call would cost more than the sum. */
static inline uint64_t sl_wire_sum(const uint8_t *at, uint32_t word_cnt)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < word_cnt; i++) {
		uint32_t word;

		memcpy(&word, at + i * sizeof(word), sizeof(word));
		sum += word;
	}
	return sum;
}

/* What the pseudo-header adds for protocol and length, in either family (RFC 9293, 3.1; RFC 8200,
 * 8.1); the addresses come on top. */
static inline uint64_t sl_wire_pseudo_sum(uint32_t tcp_len_bytes)
{
	return (uint64_t)htonl(tcp_len_bytes) + htonl(SL_PROTOCOL_TCP);
}

#endif
