/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: sendmmsg */

#include "nic/gso_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "base/log.h"
#include "wire/gso.h"

enum {
	MESSAGES = 32, /* packets a call, of segments merged */
	PARTS = 64,    /* a packet at most: 64 KB in frames of 1448 bytes are 46 */

	/* A packet is charged to the socket until the receiver, or the NIC, is done with it; full,
	 * it pushes back. So this bounds what waits in the kernel: three milliseconds at 10 Gb/s,
	 * and, in packets of ten segments, just what the 256 places of a veth hold. The kernel
	 * doubles what it is told. */
	SEND_BUFFER_BYTES = 2 * 1024 * 1024,

	CHECKSUM_OFF = 16, /* in the TCP header */
};

struct message {
	struct virtio_net_hdr vnet;
	uint8_t headers[SL_FRAME_HEADROOM_BYTES]; /* follows vnet without a gap: one piece */
	struct iovec pieces[1 + PARTS];
	uint32_t piece_cnt;
	uint32_t part_cnt, segment_cnt;
};

_Static_assert(offsetof(struct message, headers) == sizeof(struct virtio_net_hdr),
	       "the headers follow the kernel's own");

struct sl_gso_batch {
	struct message messages[MESSAGES];
	struct mmsghdr calls[MESSAGES];
};

/* ---- open and close ----------------------------------------------------------------------------
 */

static int bind_to(int fd, int ifindex)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = ifindex, /* protocol 0: it receives nothing */
	};

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int prepare(int fd, int ifindex)
{
	int on = 1, buffer_bytes = SEND_BUFFER_BYTES;

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof(buffer_bytes));
	return bind_to(fd, ifindex);
}

int sl_gso_socket_open(struct sl_gso_socket *gso, const char *iface, int ifindex,
		       uint32_t queue_cnt)
{
	int error;

	memset(gso, 0, sizeof(*gso));
	gso->fd = -1;
	gso->queue_cnt = queue_cnt;
	gso->parts = sl_alloc(queue_cnt, sizeof(*gso->parts));
	gso->batch = sl_alloc(1, sizeof(*gso->batch));
	error = -ENOMEM;
	if (!gso->parts || !gso->batch)
		goto fail;
	gso->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	error = gso->fd < 0 ? -errno : prepare(gso->fd, ifindex);
	if (error == 0)
		return 0;
	sl_error("interface \"%s\": cannot open a packet socket to send with: %s%s", iface,
		 strerror(-error), error == -EPERM ? "; run as root or with CAP_NET_RAW" : "");
fail:
	sl_gso_socket_close(gso);
	return error;
}

int sl_gso_socket_rebind(struct sl_gso_socket *gso, const char *iface, int ifindex)
{
	int error = bind_to(gso->fd, ifindex);

	gso->reaped_seq = gso->sent_seq = gso->put_seq;
	if (error < 0)
		sl_error("interface \"%s\": cannot bind the packet socket to send with: %s", iface,
			 strerror(-error));
	return error;
}

void sl_gso_socket_close(struct sl_gso_socket *gso)
{
	if (gso->fd >= 0)
		close(gso->fd);
	sl_free(gso->batch);
	sl_free(gso->parts);
	memset(gso, 0, sizeof(*gso));
	gso->fd = -1;
}

/* ---- one call ----------------------------------------------------------------------------------
 */

static const struct sl_gso_part *part_at(const struct sl_gso_socket *gso, uint32_t seq)
{
	return &gso->parts[seq & (gso->queue_cnt - 1)];
}

/* Parts and payload of the packet that begins at seq. */
static uint32_t packet_parts(const struct sl_gso_socket *gso, uint32_t seq, uint32_t *payload_bytes)
{
	uint32_t part_cnt = 0;

	*payload_bytes = 0;
	do
		*payload_bytes += part_at(gso, seq + part_cnt++)->payload_bytes;
	while (seq + part_cnt != gso->put_seq && part_at(gso, seq + part_cnt)->header_bytes == 0);
	return part_cnt;
}

static void add_payload(struct message *message, const struct sl_gso_socket *gso, uint32_t seq,
			uint32_t part_cnt)
{
	for (uint32_t i = 0; i < part_cnt; i++) {
		const struct sl_gso_part *part = part_at(gso, seq + i);

		message->pieces[message->piece_cnt++] = (struct iovec){
			.iov_base = (void *)(part->data + part->header_bytes),
			.iov_len = part->payload_bytes,
		};
	}
	message->part_cnt += part_cnt;
	message->segment_cnt++;
}

static void put_headers(struct message *message, const struct sl_gso *whole)
{
	uint8_t type = whole->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;

	sl_gso_headers(whole, message->headers);
	message->vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = message->segment_cnt > 1 ? type : VIRTIO_NET_HDR_GSO_NONE,
		.hdr_len = (uint16_t)whole->header_bytes,
		.gso_size = (uint16_t)whole->segment_bytes,
		.csum_start = (uint16_t)whole->tcp_off,
		.csum_offset = CHECKSUM_OFF,
	};
}

/* The packets from seq on that can be one. Returns how many parts they have. */
static uint32_t build(struct message *message, const struct sl_gso_socket *gso, uint32_t seq)
{
	const struct sl_gso_part *first = part_at(gso, seq);
	uint32_t start_seq = seq, payload_bytes, part_cnt = packet_parts(gso, seq, &payload_bytes);
	struct sl_gso whole;
	bool merges;

	message->part_cnt = 0;
	message->segment_cnt = 0;
	message->piece_cnt = 1;
	merges = sl_gso_begin(&whole, first->data, first->header_bytes, payload_bytes);
	add_payload(message, gso, seq, part_cnt);
	while (merges && (seq += part_cnt) != gso->put_seq) {
		const struct sl_gso_part *next = part_at(gso, seq);

		part_cnt = packet_parts(gso, seq, &payload_bytes);
		if (message->part_cnt + part_cnt > PARTS ||
		    !sl_gso_add(&whole, next->data, next->header_bytes, payload_bytes))
			break;
		add_payload(message, gso, seq, part_cnt);
	}
	if (merges) {
		put_headers(message, &whole);
	} else {
		memset(&message->vnet, 0, sizeof(message->vnet));
		memcpy(message->headers, first->data, first->header_bytes);
	}
	message->pieces[0].iov_base = message;
	message->pieces[0].iov_len = sizeof(message->vnet) + first->header_bytes;
	BUG_ON_HOT(start_seq + message->part_cnt - gso->sent_seq > gso->queue_cnt);
	return message->part_cnt;
}

static uint32_t build_batch(struct sl_gso_socket *gso)
{
	uint32_t cnt = 0;

	for (uint32_t seq = gso->sent_seq; seq != gso->put_seq && cnt < MESSAGES; cnt++) {
		struct message *message = &gso->batch->messages[cnt];

		seq += build(message, gso, seq);
		gso->batch->calls[cnt].msg_hdr = (struct msghdr){
			.msg_iov = message->pieces,
			.msg_iovlen = message->piece_cnt,
		};
	}
	return cnt;
}

/* The message that was refused: dropped, if keeping it would not help. */
static void refused(struct sl_gso_socket *gso, const struct message *message, int error)
{
	switch (error) {
	case EAGAIN: /* the send buffer is full */
		return;
	case ENETDOWN:
	case ENXIO: /* the interface is gone */
		gso->error_cnt++;
		return;
	case ENOBUFS: /* the interface's queue is full, and the packet gone, */
	case ENOMEM:  /* or memory is short */
		gso->dropped_cnt += message->segment_cnt;
		break;
	default:
		gso->invalid_cnt += message->segment_cnt;
		break;
	}
	gso->sent_seq += message->part_cnt;
}

void sl_gso_socket_flush(struct sl_gso_socket *gso)
{
	while (gso->sent_seq != gso->put_seq) {
		uint32_t cnt = build_batch(gso);
		int sent_cnt = sendmmsg(gso->fd, gso->batch->calls, cnt, MSG_DONTWAIT);

		gso->call_cnt++;
		if (sent_cnt < 0) {
			refused(gso, &gso->batch->messages[0], errno);
			return;
		}
		for (int i = 0; i < sent_cnt; i++)
			gso->sent_seq += gso->batch->messages[i].part_cnt;
	}
}
