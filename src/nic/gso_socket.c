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
	MESSAGES = 32, /* a call */

	/* A packet is charged to the socket until the receiver, or the NIC, is done with it; full,
	 * it pushes back. So this bounds what waits in the kernel: three milliseconds at 10 Gb/s,
	 * and, in packets of ten segments, just what the 256 places of a veth hold. The kernel
	 * doubles what it is told. */
	SEND_BUFFER_BYTES = 2 * 1024 * 1024,

	CHECKSUM_OFF = 16, /* in the TCP header */
};

struct message {
	struct virtio_net_hdr vnet;
	struct iovec pieces[3]; /* vnet, headers, payload */
};

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
		       uint32_t queue_cnt, uint8_t *staging)
{
	int error;

	memset(gso, 0, sizeof(*gso));
	gso->fd = -1;
	gso->queue_cnt = queue_cnt;
	gso->staging = staging;
	gso->packets = sl_alloc(queue_cnt, sizeof(*gso->packets));
	gso->batch = sl_alloc(1, sizeof(*gso->batch));
	error = -ENOMEM;
	if (!gso->packets || !gso->batch)
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
	gso->staged_bytes = 0;
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
	sl_free(gso->packets);
	memset(gso, 0, sizeof(*gso));
	gso->fd = -1;
}

/* ---- one call ----------------------------------------------------------------------------------
 */

static const struct sl_gso_packet *packet_at(const struct sl_gso_socket *gso, uint32_t seq)
{
	return &gso->packets[seq & (gso->queue_cnt - 1)];
}

static uint32_t segments_of(const struct sl_gso_packet *packet)
{
	if (packet->segment_bytes == 0)
		return 1;
	return (packet->payload_bytes + packet->segment_bytes - 1) / packet->segment_bytes;
}

/* What the kernel is to fill in and where to cut. */
static struct virtio_net_hdr vnet_of(const struct sl_gso_packet *packet)
{
	struct virtio_net_hdr vnet = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_offset = CHECKSUM_OFF };
	struct sl_gso gso;

	if (packet->segment_bytes == 0)
		return (struct virtio_net_hdr){ 0 };
	gso = sl_gso_of(packet->header, packet->header_bytes);
	vnet.csum_start = (uint16_t)gso.tcp_off;
	if (packet->payload_bytes <= packet->segment_bytes)
		return vnet;
	vnet.gso_type = gso.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	vnet.gso_type |= gso.cwr ? VIRTIO_NET_HDR_GSO_ECN : 0;
	vnet.gso_size = (uint16_t)packet->segment_bytes;
	vnet.hdr_len = (uint16_t)packet->header_bytes;
	return vnet;
}

static void build(struct message *message, const struct sl_gso_packet *packet)
{
	message->vnet = vnet_of(packet);
	message->pieces[0] =
	    (struct iovec){ .iov_base = &message->vnet, .iov_len = sizeof(message->vnet) };
	message->pieces[1] =
	    (struct iovec){ .iov_base = (void *)packet->header, .iov_len = packet->header_bytes };
	message->pieces[2] =
	    (struct iovec){ .iov_base = (void *)packet->payload, .iov_len = packet->payload_bytes };
}

static uint32_t build_batch(struct sl_gso_socket *gso)
{
	uint32_t cnt = 0;

	for (uint32_t seq = gso->sent_seq; seq != gso->put_seq && cnt < MESSAGES; seq++, cnt++) {
		struct message *message = &gso->batch->messages[cnt];

		build(message, packet_at(gso, seq));
		gso->batch->calls[cnt].msg_hdr = (struct msghdr){
			.msg_iov = message->pieces,
			.msg_iovlen = sizeof(message->pieces) / sizeof(message->pieces[0]),
		};
	}
	return cnt;
}

/* The next packet was refused: dropped, if keeping it would not help. */
static void refused(struct sl_gso_socket *gso, int error)
{
	uint32_t segment_cnt = segments_of(packet_at(gso, gso->sent_seq));

	switch (error) {
	case EAGAIN: /* the send buffer is full */
		return;
	case ENETDOWN:
	case ENXIO: /* the interface is gone */
		gso->error_cnt++;
		return;
	case ENOBUFS: /* the interface's queue is full, and the packet gone, */
	case ENOMEM:  /* or memory is short */
		gso->dropped_cnt += segment_cnt;
		break;
	default:
		gso->invalid_cnt += segment_cnt;
		break;
	}
	gso->sent_seq++;
}

void sl_gso_socket_flush(struct sl_gso_socket *gso)
{
	while (gso->sent_seq != gso->put_seq) {
		uint32_t cnt = build_batch(gso);
		int sent_cnt = sendmmsg(gso->fd, gso->batch->calls, cnt, MSG_DONTWAIT);

		gso->call_cnt++;
		if (sent_cnt < 0) {
			refused(gso, errno);
			return;
		}
		gso->sent_seq += (uint32_t)sent_cnt;
	}
	gso->staged_bytes = 0;
}

uint8_t *sl_gso_socket_stage(struct sl_gso_socket *gso, uint32_t len_bytes)
{
	uint32_t start_bytes, line_bytes = SL_CACHE_LINE_BYTES;

	gso->staged_bytes = (gso->staged_bytes + line_bytes - 1) / line_bytes * line_bytes;
	BUG_ON(len_bytes == 0 || len_bytes > SL_STAGING_BYTES);
	if (gso->staged_bytes + len_bytes > SL_STAGING_BYTES)
		sl_gso_socket_flush(gso);
	if (gso->staged_bytes + len_bytes > SL_STAGING_BYTES)
		return NULL;
	start_bytes = gso->staged_bytes;
	gso->staged_bytes += len_bytes;
	return gso->staging + start_bytes;
}
