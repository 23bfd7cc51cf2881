/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GSO (generic segmentation offload): one packet with the payload of many segments, cut into them
 * by the NIC, or by the kernel before it. What is paid for each packet is then paid once: 44
 * segments of 1448 bytes are one packet of 64 KB. Each segment gets the packet's headers, but for
 * sequence number, lengths and checksums; PSH and FIN only the last, CWR only the first.
 */
#ifndef SL_WIRE_GSO_H
#define SL_WIRE_GSO_H

#include <stdbool.h>
#include <stdint.h>

/* What has to be known of the headers to cut. */
struct sl_gso {
	uint32_t ip_off, tcp_off; /* from the Ethernet header on */
	bool ipv6;
	bool cwr; /* RFC 3168: what is cut must not repeat it */
};

/* Of headers that sl_header_write_partial wrote: IPv4 without options or IPv6 without extension
 * headers, behind up to two VLAN tags. */
struct sl_gso sl_gso_of(const uint8_t *header, uint32_t header_bytes);

#endif
