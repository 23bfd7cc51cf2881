/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/packet.h"

#include <check.h>
#include <string.h>

#include "bpf/veth.h"

enum { IPV4 = 0x0800, IPV6 = 0x86dd, CUSTOMER_TAG = 0x8100, SERVICE_TAG = 0x88a8, TCP = 6 };

/* Ethernet, three tags, IPv4 with all its options, TCP. */
enum { PACKET_HEADERS_MAX_BYTES = 14 + 3 * 4 + 60 + 20 };

static void put8(struct packet *packet, uint32_t value)
{
	packet->bytes[packet->len_bytes++] = (uint8_t)value;
}

static void put16(struct packet *packet, uint32_t value)
{
	put8(packet, value >> 8 & 0xff);
	put8(packet, value & 0xff);
}

static void put(struct packet *packet, const void *bytes, uint32_t len_bytes)
{
	memcpy(packet->bytes + packet->len_bytes, bytes, len_bytes);
	packet->len_bytes += len_bytes;
}

static void pad(struct packet *packet, uint32_t len_bytes)
{
	memset(packet->bytes + packet->len_bytes, 0, len_bytes);
	packet->len_bytes += len_bytes;
}

static void put_ethernet(struct packet *packet, const struct packet_shape *shape)
{
	put(packet, veth_near_mac, 6);
	put(packet, veth_far_mac, 6);
	for (uint32_t i = 0; i < shape->tag_cnt; i++) {
		put16(packet, i == 0 && shape->service_tag ? SERVICE_TAG : CUSTOMER_TAG);
		put16(packet, 100 + i);
	}
	put16(packet, shape->ethertype ? shape->ethertype : shape->ipv6 ? IPV6 : IPV4);
}

static void put_ipv4(struct packet *packet, const struct packet_shape *shape)
{
	static const uint8_t from[4] = { 192, 0, 2, 2 };
	uint32_t header_words = shape->header_words ? shape->header_words : 5;

	put8(packet, (shape->version ? shape->version : 4u) << 4 | header_words);
	put8(packet, 0);
	put16(packet, header_words * 4 + 20 + shape->payload_bytes);
	put16(packet, 1);
	put16(packet, shape->fragment);
	put8(packet, 64);
	put8(packet, shape->protocol ? shape->protocol : TCP);
	put16(packet, 0); /* the checksum is nothing to the steering program */
	put(packet, from, 4);
	put(packet, shape->to ? shape->to : veth_near_ipv4, 4);
	if (header_words > 5)
		pad(packet, (header_words - 5) * 4);
}

static void put_ipv6(struct packet *packet, const struct packet_shape *shape)
{
	static const uint8_t from[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

	put8(packet, (shape->version ? shape->version : 6u) << 4);
	pad(packet, 3);
	put16(packet, 20 + shape->payload_bytes);
	put8(packet, shape->protocol ? shape->protocol : TCP);
	put8(packet, 64);
	put(packet, from, 16);
	put(packet, shape->to ? shape->to : veth_near_ipv6, 16);
}

static void put_tcp(struct packet *packet, const struct packet_shape *shape)
{
	put16(packet, 40000);
	put16(packet, shape->port ? shape->port : 443);
	pad(packet, 8);
	put8(packet, 5 << 4);
	put8(packet, 0x10); /* ACK */
	pad(packet, 6);
}

void packet_make(struct packet *packet, const struct packet_shape *shape)
{
	ck_assert_uint_le(shape->payload_bytes, PACKET_MAX_BYTES - PACKET_HEADERS_MAX_BYTES);
	packet->len_bytes = 0;
	put_ethernet(packet, shape);
	if (shape->ipv6)
		put_ipv6(packet, shape);
	else
		put_ipv4(packet, shape);
	put_tcp(packet, shape);
	packet->header_bytes = packet->len_bytes;
	pad(packet, shape->payload_bytes);
}
