/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/packet.h"

#include <check.h>
#include <string.h>

#include "bpf/veth.h"

enum { IPV4 = 0x0800, IPV6 = 0x86dd, CUSTOMER_TAG = 0x8100, SERVICE_TAG = 0x88a8 };
enum { ICMP = 1, TCP = 6, ROUTING = 43, ICMPV6 = 58 };

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
	ck_assert_uint_le(packet->len_bytes + len_bytes, PACKET_MAX_BYTES);
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

/* The checksum is nothing to the steering program. */
static void put_ipv4_header(struct packet *packet, uint32_t version, uint32_t header_words,
			    uint32_t payload_bytes, uint32_t fragment, uint32_t protocol)
{
	put8(packet, version << 4 | header_words);
	put8(packet, 0);
	put16(packet, header_words * 4 + payload_bytes);
	put16(packet, 1);
	put16(packet, fragment);
	put8(packet, 64);
	put8(packet, protocol);
	put16(packet, 0);
}

static void put_ipv4_options(struct packet *packet, uint32_t header_words)
{
	if (header_words > 5)
		pad(packet, (header_words - 5) * 4);
}

static const uint8_t far_ipv4[4] = { 192, 0, 2, 2 };
static const uint8_t far_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

static uint32_t protocol_of(const struct packet_shape *shape)
{
	if (shape->protocol)
		return shape->protocol;
	if (shape->quote.type)
		return shape->ipv6 ? ICMPV6 : ICMP;
	return TCP;
}

/* Behind IP: TCP's header, or ICMP's and what it quotes at least. */
static uint32_t upper_bytes(const struct packet_shape *shape)
{
	uint32_t words = shape->quote.header_words ? shape->quote.header_words : 5;

	if (!shape->quote.type)
		return 20;
	return 8 + (shape->ipv6 ? 40 : words * 4) + 8;
}

static void put_ipv4(struct packet *packet, const struct packet_shape *shape)
{
	uint32_t header_words = shape->header_words ? shape->header_words : 5;

	put_ipv4_header(packet, shape->version ? shape->version : 4, header_words,
			upper_bytes(shape) + shape->payload_bytes, shape->fragment,
			protocol_of(shape));
	put(packet, far_ipv4, 4);
	put(packet, shape->to ? shape->to : veth_near_ipv4, 4);
	put_ipv4_options(packet, header_words);
}

static void put_extension(struct packet *packet, const struct packet_shape *shape, uint32_t i)
{
	bool last = i + 1 == shape->extension_cnt;

	put8(packet, last ? protocol_of(shape) : shape->extensions[i + 1]);
	put8(packet, 0);
	if (shape->extensions[i] == ROUTING) {
		put8(packet, 4);
		put8(packet, shape->segments_left);
	} else {
		put8(packet, 1); /* PadN */
		put8(packet, 4);
	}
	pad(packet, 4);
}

static void put_ipv6(struct packet *packet, const struct packet_shape *shape)
{
	put8(packet, (shape->version ? shape->version : 6u) << 4);
	pad(packet, 3);
	put16(packet, shape->extension_cnt * 8u + upper_bytes(shape) + shape->payload_bytes);
	put8(packet, shape->extension_cnt ? shape->extensions[0] : protocol_of(shape));
	put8(packet, 64);
	put(packet, far_ipv6, 16);
	put(packet, shape->to ? shape->to : veth_near_ipv6, 16);
	for (uint32_t i = 0; i < shape->extension_cnt; i++)
		put_extension(packet, shape, i);
}

static void put_quoted_ipv4(struct packet *packet, const struct packet_quote *quote)
{
	uint32_t header_words = quote->header_words ? quote->header_words : 5;

	put_ipv4_header(packet, quote->version ? quote->version : 4, header_words, 1460,
			quote->fragment, quote->protocol ? quote->protocol : TCP);
	put(packet, quote->from ? quote->from : veth_near_ipv4, 4);
	put(packet, far_ipv4, 4);
	put_ipv4_options(packet, header_words);
}

static void put_quoted_ipv6(struct packet *packet, const struct packet_quote *quote)
{
	put8(packet, (quote->version ? quote->version : 6u) << 4);
	pad(packet, 3);
	put16(packet, 1440);
	put8(packet, quote->protocol ? quote->protocol : TCP);
	put8(packet, 64);
	put(packet, quote->from ? quote->from : veth_near_ipv6, 16);
	put(packet, far_ipv6, 16);
}

static void put_icmp(struct packet *packet, const struct packet_shape *shape)
{
	put8(packet, shape->quote.type);
	pad(packet, 5);
	put16(packet, 1400);
	if (shape->ipv6)
		put_quoted_ipv6(packet, &shape->quote);
	else
		put_quoted_ipv4(packet, &shape->quote);
	put16(packet, shape->quote.port ? shape->quote.port : 443);
	put16(packet, 40000);
	pad(packet, 4);
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
	packet->len_bytes = 0;
	put_ethernet(packet, shape);
	if (shape->ipv6)
		put_ipv6(packet, shape);
	else
		put_ipv4(packet, shape);
	if (shape->quote.type)
		put_icmp(packet, shape);
	else
		put_tcp(packet, shape);
	packet->header_bytes = packet->len_bytes;
	pad(packet, shape->payload_bytes);
}
