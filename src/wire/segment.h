/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segment: a received packet, understood. Ethernet, up to two VLAN tags, IPv4 with its options or
 * IPv6 with the usual extension headers, TCP with its options: bytes to a struct, no state and no
 * side effect. Every length is checked against the bytes that are there before it is used.
 */
#ifndef SL_WIRE_SEGMENT_H
#define SL_WIRE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* TCP flags as they stand in byte 13 of the header (RFC 9293, 3.1). */
enum {
	SL_TCP_FIN = 0x01,
	SL_TCP_SYN = 0x02,
	SL_TCP_RST = 0x04,
	SL_TCP_PSH = 0x08,
	SL_TCP_ACK = 0x10,
	SL_TCP_URG = 0x20,
	SL_TCP_ECE = 0x40,
	SL_TCP_CWR = 0x80,
};

enum { SL_SACK_BLOCKS_MAX = 4, SL_LINK_MAX_BYTES = 14 + 4 + 4 };

/* Why a packet was not understood; each has its own counter (stats.h). */
enum sl_wire_verdict {
	SL_WIRE_OK,
	SL_WIRE_TRUNCATED,    /* the frame is shorter than a header says */
	SL_WIRE_ICMP,         /* of the packet's family: sl_icmp_parse may make something of it */
	SL_WIRE_NOT_TCP,      /* another protocol, an unusual IPv6 extension header, a third VLAN
			       * tag: steering should not have sent it */
	SL_WIRE_FRAGMENT,     /* of either family, the first one too */
	SL_WIRE_BAD_HEADER,   /* version, IHL, total length or data offset impossible; an IPv6
			       * option that forbids going on */
	SL_WIRE_BAD_CHECKSUM, /* IPv4 header, TCP or ICMP */
	SL_WIRE_BAD_OPTIONS,  /* an option's length runs over its end */
	SL_WIRE_VERDICTS,
};

struct sl_sack_block {
	uint32_t start_seq, end_seq; /* wire numbers; [start, end) */
};

struct sl_segment {
	/* The L2 path it came on, for the reply: the Ethernet header with its VLAN tags, as
	 * received. */
	const uint8_t *link;
	uint8_t link_bytes; /* 14, 18 or 22 */
	bool ipv6;
	uint8_t ecn; /* the two ECN bits of TOS or traffic class */
	uint8_t ttl; /* or hop limit */

	struct sl_address src, dst;
	uint16_t src_port, dst_port; /* host order */

	uint32_t seq, ack; /* wire numbers, host order; ack means nothing without SL_TCP_ACK */
	uint16_t window;   /* as it stands, unscaled */
	uint8_t flags;

	bool has_mss, has_window_scale, has_timestamps, sack_permitted;
	uint16_t mss;
	uint8_t window_scale; /* [0, 14]; larger values are read as 14 (RFC 7323, 2.3) */
	uint32_t ts_value, ts_echo;
	uint8_t sack_cnt; /* [0, 4]; blocks are as they stand, start may lie after end */
	struct sl_sack_block sack[SL_SACK_BLOCKS_MAX];

	const uint8_t *payload; /* within the packet; valid while the frame is held */
	uint32_t payload_bytes; /* Ethernet padding is not part of it */
};

/* Understands the len_bytes at packet. *segment is whole only if the verdict is SL_WIRE_OK; it
 * points into packet. Checksums are verified: the IPv4 header's and TCP's. Bytes after the IP
 * packet are Ethernet padding. Options that are unknown or of another length than their RFC says
 * are skipped; of one that comes twice the last counts. (RFC 791, 8200, 9293, 7323, 2018.) */
enum sl_wire_verdict sl_segment_parse(const uint8_t *packet, uint32_t len_bytes,
				      struct sl_segment *segment);

/*
 * The other way: headers written backwards from payload, for a packet to a peer.
 *
 *   chunk ├── headroom ──────┤link│ IP │ TCP + options │ payload ───────────┤
 *                            ▲ returned length counts from here to payload
 */
struct sl_route { /* what is the same in every packet of a connection; 64 bytes, no pointers */
	uint8_t
	    link[SL_LINK_MAX_BYTES]; /* ready to send: MACs the right way round, tags, EtherType */
	uint8_t link_bytes;
	bool ipv6;
	uint16_t local_port, peer_port; /* host order */
	struct sl_address local, peer;
};

/* The route back to where segment, whose frame is still held, came from. */
void sl_route_reverse(struct sl_route *route, const struct sl_segment *segment);

struct sl_header {
	uint32_t seq, ack; /* wire numbers */
	uint16_t window;
	uint8_t flags;
	/* With SL_TCP_SYN; not looked at without. */
	uint16_t mss;        /* 0: no option */
	int8_t window_scale; /* [0, 14]; -1: no option */
	bool sack_permitted;

	bool timestamps;
	uint32_t ts_value, ts_echo;
	uint8_t sack_cnt; /* [0, 3] with timestamps, [0, 4] without; none in a SYN */
	struct sl_sack_block sack[SL_SACK_BLOCKS_MAX];
	uint8_t ecn;    /* the two bits of TOS or traffic class */
	uint16_t ip_id; /* IPv4 only; DF is always set */
};

/* Writes link, IP and TCP headers so that they end at payload, with both checksums filled in over
 * the payload_bytes that already stand there. Precondition: the options fit into 40 bytes; all of a
 * SYN's do. Returns the length of the headers, [54, SL_FRAME_HEADROOM_BYTES). */
uint32_t sl_header_write(const struct sl_route *route, const struct sl_header *header,
			 uint8_t *payload, uint32_t payload_bytes);

/* The same for a payload that lies, but for its first bytes, elsewhere, or has been summed before:
 * payload_sum is sl_checksum_add over all of it, from 0. */
uint32_t sl_header_write_summed(const struct sl_route *route, const struct sl_header *header,
				uint8_t *payload, uint32_t payload_bytes, uint64_t payload_sum);

/* The same for a payload of any number of segments that a device, or the kernel, cuts: it lies
 * elsewhere, and the TCP checksum's field has the sum of the pseudo-header only, to which whoever
 * cuts adds the rest (CHECKSUM_PARTIAL in Linux, Documentation/networking/checksum-offloads.rst).
 * All headers and payload_bytes are SL_SEGMENTED_MAX_BYTES at most. */
uint32_t sl_header_write_partial(const struct sl_route *route, const struct sl_header *header,
				 uint8_t *payload, uint32_t payload_bytes);

/* TCP header bytes (20 and options, a multiple of 4) that sl_header_write will use for these. */
uint32_t sl_header_tcp_bytes(const struct sl_header *header);

#endif
