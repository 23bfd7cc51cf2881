/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GSO socket: how packets leave where AF_XDP has no zero-copy. There AF_XDP makes a socket buffer
 * for each packet and copies into it; a packet socket does that, too, but takes 64 KB at a time,
 * which the NIC cuts into segments, or the kernel if the NIC cannot (wire/gso.h). AF_PACKET with
 * PACKET_VNET_HDR, packet(7); the header before each packet is virtio's
 * (include/uapi/linux/virtio_net.h).
 *
 *      stage ──► put ──► [ queue of packets ] ──flush: sendmmsg(2)──► [ sent ] ──reap──►
 *                        queue_cnt, a power of two; each has a frame, for its headers
 *
 * The kernel copies during the call, so what it has taken is sent when the call returns. Packets
 * go through the interface's queueing discipline as everybody's do: an operator's shaping and
 * tcpdump see them.
 *
 * Payload that is to be cut lies in the staging area. It is filled from the start, and is empty
 * again when all that was put has been sent: at the end of each turn, unless the socket pushes
 * back.
 *
 * Owner core only, but for open and close.
 */
#ifndef SL_NIC_GSO_SOCKET_H
#define SL_NIC_GSO_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/frame.h"

struct sl_gso_packet {
	const uint8_t *header;  /* in the frame */
	const uint8_t *payload; /* behind the header, or staged */
	uint32_t header_bytes, payload_bytes;
	uint32_t segment_bytes; /* payload of each but the last that it is cut into; 0: it is whole,
				   checksums and all */
	struct sl_frame frame;
};

struct sl_gso_batch;

struct sl_gso_socket {
	int fd;
	struct sl_gso_packet *packets; /* packet seq is at seq % queue_cnt */
	uint32_t queue_cnt;
	uint32_t put_seq, sent_seq, reaped_seq; /* counted freely; reaped ≤ sent ≤ put */
	struct sl_gso_batch *batch;             /* what one call is told */
	uint8_t *staging;                       /* SL_STAGING_BYTES */
	uint32_t staged_bytes;                  /* of it are in use */

	uint64_t call_cnt;    /* sendmmsg(2) */
	uint64_t error_cnt;   /* calls refused for good reason: link down, interface gone */
	uint64_t dropped_cnt; /* segments for which the interface's queue was full */
	uint64_t invalid_cnt; /* segments the kernel would not take: our bug */
};

/* Allocates; binds to the interface for sending only. staging: SL_STAGING_BYTES, the caller's,
 * until close. Errors, each with its line in the log: -ENOMEM, -EPERM (needs CAP_NET_RAW), -errno
 * of socket, setsockopt, bind. */
int sl_gso_socket_open(struct sl_gso_socket *gso, const char *iface, int ifindex,
		       uint32_t queue_cnt, uint8_t *staging);
void sl_gso_socket_close(struct sl_gso_socket *gso);

/* After the interface has gone and is back: sends there. All packets that were put are forgotten.
 * Takes no privilege. Main thread, while the owner stands still. Errors, with a line in the log:
 * -errno of bind. */
int sl_gso_socket_rebind(struct sl_gso_socket *gso, const char *iface, int ifindex);

/* len_bytes of the staging area; those behind them come with the next call. If there are not so
 * many left, what was put is sent first; NULL if that did not help: the socket pushes back. */
uint8_t *sl_gso_socket_stage(struct sl_gso_socket *gso, uint32_t len_bytes);

/* What was staged last, from at on, will not be put. */
static inline void sl_gso_socket_unstage(struct sl_gso_socket *gso, const uint8_t *at)
{
	gso->staged_bytes = (uint32_t)(at - gso->staging);
}

/* Packets not reaped yet; at most queue_cnt. */
static inline uint32_t sl_gso_socket_held(const struct sl_gso_socket *gso)
{
	return gso->put_seq - gso->reaped_seq;
}

/* Precondition: sl_gso_socket_held below queue_cnt. */
static inline void sl_gso_socket_put(struct sl_gso_socket *gso, struct sl_gso_packet packet)
{
	gso->packets[gso->put_seq++ & (gso->queue_cnt - 1)] = packet;
}

/* The next frame the kernel is done with; false if there is none. */
static inline bool sl_gso_socket_reap(struct sl_gso_socket *gso, struct sl_frame *frame)
{
	if (gso->reaped_seq == gso->sent_seq)
		return false;
	*frame = gso->packets[gso->reaped_seq++ & (gso->queue_cnt - 1)].frame;
	return true;
}

/* Precondition: all that is staged was put. Sends until none is left, or the kernel takes no more
 * for now (send buffer full, link down): those stay. What the interface's queue has no room for is
 * dropped and counted, and the rest stays for a later flush, too. Never blocks. */
void sl_gso_socket_flush(struct sl_gso_socket *gso);

#endif
