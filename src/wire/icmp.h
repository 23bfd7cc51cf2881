/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP: an error about a segment of ours, understood. A router or a host that could not do anything
 * with the segment sends its first bytes back (RFC 792, RFC 4443, 3):
 *
 *     link │ IP │ type, code, value │ IP header as we sent it │ TCP: ports, sequence number, …
 *
 * Anybody can send such a thing: what it quotes has to be compared with what was really sent.
 */
#ifndef SL_WIRE_ICMP_H
#define SL_WIRE_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "wire/segment.h"

enum sl_icmp_kind {
	SL_ICMP_TOO_BIG,     /* not sent on: it would have had to be fragmented */
	SL_ICMP_UNREACHABLE, /* network, host, port; administratively prohibited */
	SL_ICMP_TIME_EXCEEDED,
	SL_ICMP_PARAMETER_PROBLEM,
};

struct sl_icmp_error { /* no pointers: it outlives the frame it came in */
	enum sl_icmp_kind kind;
	bool ipv6;
	/* Of the quoted segment: local sent it to peer. */
	struct sl_address local, peer;
	uint16_t local_port, peer_port; /* host order */
	uint32_t seq;                   /* wire number */
	/* Of SL_ICMP_TOO_BIG: what the next hop carries, IP header included. Routers older than RFC
	 * 1191 say 0. */
	uint32_t mtu_bytes;
};

/* Understands the packet of len_bytes that sl_segment_parse called SL_WIRE_ICMP. *error is whole
 * only if the verdict is SL_WIRE_OK. Checksums are verified: the IPv4 header's and ICMP's; not the
 * quoted ones, of which there is too little. Verdicts besides: SL_WIRE_ICMP (no error about TCP),
 * BAD_CHECKSUM, BAD_HEADER (what is quoted is too short, no IP header, or was not sent from the
 * address the error came to). */
enum sl_wire_verdict sl_icmp_parse(const uint8_t *packet, uint32_t len_bytes,
				   struct sl_icmp_error *error);

#endif
