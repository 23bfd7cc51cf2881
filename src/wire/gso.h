/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GSO (generic segmentation offload): consecutive segments of one connection, handed on as one
 * packet that the NIC, or the kernel before it, cuts into the same segments again. What was paid
 * for each is then paid once: 44 segments of 1448 bytes are one packet of 64 KB.
 *
 *     headers │ payload      headers │ payload      headers │ rest
 *        │         │                      │                    │
 *     headers of the whole │ payload │ payload │ ... │ rest        one header, length of all
 *
 * The segments must be such that cutting makes them: same headers but for sequence number, IP's
 * length and identification, checksums, and flags that only the last may have; same payload length,
 * but for the last, which may be shorter. Ours come from sl_header_write; anything else is refused.
 */
#ifndef SL_WIRE_GSO_H
#define SL_WIRE_GSO_H

#include <stdbool.h>
#include <stdint.h>

struct sl_gso {
	const uint8_t *first;   /* headers of the first segment, from the Ethernet header; the
				   caller's, unchanged until sl_gso_headers */
	const uint8_t *last;    /* TCP header of the last one, likewise */
	uint32_t header_bytes;  /* of each, up to the payload */
	uint32_t ip_off;        /* of the IP header */
	uint32_t tcp_off;       /* and of TCP's */
	uint32_t segment_bytes; /* payload of each, but the last may have less */
	uint32_t payload_bytes; /* of all */
	uint32_t next_seq;      /* what the next one must begin with, as on the wire */
	bool ipv6, closed;      /* closed: nothing may follow */
};

/* Begins with a packet: header_bytes of headers at header, and payload_bytes that lie elsewhere.
 * False if it is no TCP segment with payload in IPv4 without options or IPv6 without extension
 * headers, behind up to two VLAN tags. */
bool sl_gso_begin(struct sl_gso *gso, const uint8_t *header, uint32_t header_bytes,
		  uint32_t payload_bytes);

/* One more; false, and nothing changed, if it is not what must follow, or the whole would become
 * longer than IP can say. */
bool sl_gso_add(struct sl_gso *gso, const uint8_t *header, uint32_t header_bytes,
		uint32_t payload_bytes);

/* Writes the headers of the whole, header_bytes of them, to to. TCP's checksum field has the sum of
 * the pseudo-header only: who cuts, or the NIC, adds the rest (CHECKSUM_PARTIAL in Linux,
 * Documentation/networking/checksum-offloads.rst). */
void sl_gso_headers(const struct sl_gso *gso, uint8_t *to);

#endif
