/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every fixed limit of the server, with its reason. All memory is sized from these (and from the
 * few options that scale them) before the first packet; see doc/memory.md.
 */
#ifndef SL_BASE_LIMITS_H
#define SL_BASE_LIMITS_H

#include <stdint.h>

enum {
	SL_CACHE_LINE_BYTES = 64,

	SL_WORKERS_MAX = 64,   /* one a NIC queue; stats.h has a block for each */
	SL_LISTENERS_MAX = 64, /* after wildcards are spread over the interface's addresses */

	/* Each is read once for each worker, a millisecond a time. */
	SL_CERTIFICATES_MAX = 4096,

	/* Connections, of 2 KiB each with TLS, and 1.2 KiB in pools: doc/memory.md. */
	SL_CONNS_DEFAULT = 16384,
	SL_CONNS_MAX = 1 << 20,

	/* Largest MTU whose packets fit one frame: 4096 bytes less the kernel's 256 bytes of XDP
	 * headroom, the Ethernet header with two VLAN tags, and room to spare. "3000 is safe, 3500
	 * is not." */
	SL_MTU_FRAME_MAX = 3000,
	/* Largest MTU served: 9000 is usual, 9216 the most that is. Above SL_MTU_FRAME_MAX a packet
	 * is sent in several frames, which takes Linux 6.6. */
	SL_MTU_MAX = 9216,
	SL_MTU_MIN = 1280, /* IPv6's minimum */
	/* No path makes us send packets smaller than this, whatever an ICMP error claims (IPv4;
	 * IPv6 has a least MTU): 512 bytes and headers, which is also what Linux believes at least.
	 */
	SL_PMTU_MIN = 552,

	/* Where a packet's TCP payload starts in a transmit frame. Headers are written backwards
	 * from here: Ethernet 14, two VLAN tags 8, IPv6 40, TCP with options 60 = 122. A multiple
	 * of 64 so that the cipher's stores are aligned. */
	SL_FRAME_HEADROOM_BYTES = 128,

	/* Payload of each frame of a packet that has several, but the last: thirds of MTU 9000. In
	 * copy mode the kernel makes a page of each frame. Two full frames and a rest were slower
	 * (1.6 to 1.9 us a packet against 1.4), and so were five of 2 KiB (2.3 us). Even, so that
	 * checksums of parts add up. */
	SL_FRAME_PAYLOAD_BYTES = 3008,
	SL_PACKET_FRAMES_MAX = 4,

	/* A packet that is cut into segments on its way, headers included: what IPv4 can say of its
	 * length. */
	SL_SEGMENTED_MAX_BYTES = UINT16_MAX,

	/* Where the payload of such packets lies until the kernel has copied it, at once: four of
	 * the longest bursts or so. It should stay in the second-level cache. */
	SL_STAGING_BYTES = 512 * 1024,

	/* Disk buffers: one read. 16 KiB costs about 7 us of CPU with O_DIRECT, 128 KiB about 10.
	 */
	SL_BUFFER_BYTES = 128 * 1024,

	/* TLS (RFC 8446, 5.1 and 5.2). Header and tag are always there; between header and text
	 * lies an explicit nonce in TLS 1.2 with AES-GCM (RFC 5288), behind the text its type in
	 * TLS 1.3: tls/seal.h knows what a connection's records have. */
	SL_RECORD_PLAIN_MAX_BYTES = 16384,
	SL_RECORD_HEADER_BYTES = 5,
	SL_RECORD_EXPLICIT_BYTES = 8,
	SL_RECORD_TAG_BYTES = 16,
	SL_RECORD_OVERHEAD_MAX_BYTES =
	    SL_RECORD_HEADER_BYTES + SL_RECORD_EXPLICIT_BYTES + SL_RECORD_TAG_BYTES,

	/* What one client may have waiting to be read: a whole TLS record and the request before
	 * it. It is the largest receive window offered, too. */
	SL_INBOX_BYTES = 32 * 1024,
	/* And for what is smaller, as most is: a hello with a post-quantum key share, a request
	 * with its cookies. */
	SL_INBOX_SMALL_BYTES = 4096,
	SL_REQUEST_MAX_BYTES = 8192, /* request line and header fields, as nginx's default */

	/* Bytes from memory on their way out (handshake flights, response heads) are held in chunks
	 * until they are acked. */
	SL_CHUNK_BYTES = 2048,

	SL_PATH_MAX_BYTES = 1024, /* decoded path of a request, below the root */
};

_Static_assert(SL_FRAME_HEADROOM_BYTES >= 14 + 8 + 40 + 60, "all headers fit before the payload");
_Static_assert(SL_FRAME_HEADROOM_BYTES % 64 == 0, "payload starts on a cache line");
_Static_assert(SL_FRAME_PAYLOAD_BYTES % 64 == 0, "parts end on a cache line");
_Static_assert(SL_FRAME_HEADROOM_BYTES + SL_FRAME_PAYLOAD_BYTES <= 4096, "a part fits a frame");
_Static_assert(SL_MTU_FRAME_MAX - 40 <= SL_FRAME_PAYLOAD_BYTES, "a short packet is one part");
_Static_assert(SL_MTU_MAX - 40 <= SL_FRAME_PAYLOAD_BYTES * SL_PACKET_FRAMES_MAX,
	       "and the longest packet has no more parts than it may");
_Static_assert(SL_INBOX_BYTES >= SL_REQUEST_MAX_BYTES + SL_RECORD_PLAIN_MAX_BYTES + 256 + 5,
	       "a request that fills its limit and one more record fit the inbox");

#endif
