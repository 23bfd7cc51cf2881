/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets made to order, right and wrong, for the steering program and for the wire. */
#ifndef SL_TESTS_BPF_PACKET_H
#define SL_TESTS_BPF_PACKET_H

#include <stdbool.h>
#include <stdint.h>

enum { PACKET_MAX_BYTES = 9014, PACKET_EXTENSIONS_MAX = 10 };

/* An ICMP error's quote of a segment that the near end of the veth sent. */
struct packet_quote {
	uint8_t type; /* of the ICMP message; 0: there is none, the packet carries TCP */
	uint8_t version;
	uint8_t header_words; /* of IPv4, 5 to 15 */
	uint8_t protocol;
	uint16_t fragment;
	const uint8_t *from; /* 4 or 16 bytes */
	uint16_t port;       /* 443 */
};

/* What is 0 is as it is in a good packet: IPv4, TCP, untagged, to the near end of the veth. */
struct packet_shape {
	const char *what;
	uint8_t tag_cnt;
	bool service_tag; /* the first tag is 802.1ad's */
	bool ipv6;
	uint16_t ethertype;
	uint8_t version;
	uint8_t header_words;  /* of IPv4, 5 to 15 */
	uint8_t protocol;      /* of IPv4, or last next header of IPv6 */
	uint8_t extension_cnt; /* extension headers of IPv6, eight bytes each, and their types */
	uint8_t extensions[PACKET_EXTENSIONS_MAX];
	uint8_t segments_left; /* of the routing headers among them */
	struct packet_quote quote;
	uint16_t fragment; /* flags and offset of IPv4 */
	const uint8_t *to; /* 4 or 16 bytes */
	uint16_t port;     /* 443 */
	uint16_t payload_bytes;
};

struct packet {
	uint8_t bytes[PACKET_MAX_BYTES];
	uint32_t len_bytes;
	uint32_t header_bytes; /* up to the TCP payload, or to the end of what must be quoted */
};

void packet_make(struct packet *packet, const struct packet_shape *shape);

#endif
