/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers of packets that are to be cut into segments. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/limits.h"
#include "room_wire.h"
#include "wire/format.h"
#include "wire/gso.h"
#include "wire/segment.h"

enum { PAYLOAD_MAX_BYTES = SL_SEGMENTED_MAX_BYTES - SL_FRAME_HEADROOM_BYTES };

static uint8_t packet[SL_FRAME_HEADROOM_BYTES + PAYLOAD_MAX_BYTES];

static const struct sl_header plain = {
	.seq = UINT32_C(0xfffffff0), /* wraps on the way */
	.ack = 77,
	.window = 501,
	.flags = SL_TCP_ACK,
	.window_scale = -1,
	.timestamps = true,
	.ts_value = 1,
	.ts_echo = 2,
	.ip_id = 0,
};

static struct sl_route route_with(bool ipv6, uint32_t tags)
{
	static const uint8_t macs[] = { 2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 1 };
	static const uint8_t tag[2][4] = { { 0x81, 0x00, 0x00, 0x64 }, { 0x88, 0xa8, 0x00, 0xc8 } };
	static const uint8_t ours[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t theirs[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	struct sl_route route = { .ipv6 = ipv6, .local_port = 443, .peer_port = 50000 };
	uint8_t *at = route.link;

	route.local = ipv6 ? sl_address_from_ipv6(ours) : sl_address_from_ipv4(ours);
	route.peer = ipv6 ? sl_address_from_ipv6(theirs) : sl_address_from_ipv4(theirs);
	memcpy(at, macs, sizeof(macs));
	at += sizeof(macs);
	for (; tags > 0; tags--, at += sizeof(tag[0]))
		memcpy(at, tag[tags - 1], sizeof(tag[0]));
	*at++ = ipv6 ? 0x86 : 0x08;
	*at++ = ipv6 ? 0xdd : 0x00;
	route.link_bytes = (uint8_t)(at - route.link);
	return route;
}

/* Headers, and a payload behind them. Returns where they begin. */
static uint8_t *make(const struct sl_route *route, const struct sl_header *header,
		     uint32_t payload_bytes, uint32_t *header_bytes)
{
	uint8_t *payload = packet + SL_FRAME_HEADROOM_BYTES;

	for (uint32_t i = 0; i < payload_bytes; i++)
		payload[i] = (uint8_t)(i * 7 / 3);
	*header_bytes = sl_header_write_partial(route, header, payload, payload_bytes);
	return payload - *header_bytes;
}

/* With its checksum filled in as a device would, from where it is told to, the whole is a packet
 * that the parser believes. In either family, behind 0, 1 or 2 tags. */
START_TEST(the_device_finds_what_it_needs)
{
	static const uint32_t lengths[] = { 1, 1448, 1449, PAYLOAD_MAX_BYTES };
	struct sl_route route = route_with(_i % 2, (uint32_t)_i / 2 % 3);
	uint32_t payload_bytes = lengths[_i / 6], header_bytes;
	uint8_t *start = make(&route, &plain, payload_bytes, &header_bytes), *tcp;
	struct sl_gso gso = sl_gso_of(start, header_bytes);
	struct sl_segment segment;
	uint16_t checksum;

	ck_assert_uint_eq(gso.ip_off, route.link_bytes);
	ck_assert_uint_eq(gso.ipv6, route.ipv6);
	ck_assert_uint_eq(gso.tcp_off, header_bytes - sl_header_tcp_bytes(&plain));
	tcp = start + gso.tcp_off;
	checksum =
	    sl_checksum_fold(sl_checksum_add(0, tcp, header_bytes - gso.tcp_off + payload_bytes));
	memcpy(tcp + 16, &checksum, sizeof(checksum));
	ck_assert_int_eq(sl_segment_parse(start, header_bytes + payload_bytes, &segment),
			 SL_WIRE_OK);
	ck_assert_uint_eq(segment.seq, plain.seq);
	ck_assert_uint_eq(segment.flags, plain.flags);
	ck_assert_uint_eq(segment.ts_echo, plain.ts_echo);
	ck_assert_uint_eq(segment.payload_bytes, payload_bytes);
}
END_TEST

START_TEST(only_the_first_may_say_cwr)
{
	struct sl_route route = route_with(_i, 0);
	struct sl_header header = plain;
	uint32_t header_bytes;
	uint8_t *start = make(&route, &header, 5000, &header_bytes);

	ck_assert(!sl_gso_of(start, header_bytes).cwr);
	header.flags |= SL_TCP_CWR;
	start = make(&route, &header, 5000, &header_bytes);
	ck_assert(sl_gso_of(start, header_bytes).cwr);
}
END_TEST

Suite *suite_gso(void)
{
	Suite *suite = suite_create("gso");
	TCase *headers = tcase_create("headers");

	tcase_add_loop_test(headers, the_device_finds_what_it_needs, 0, 4 * 6);
	tcase_add_loop_test(headers, only_the_first_may_say_cwr, 0, 2);
	suite_add_tcase(suite, headers);
	return suite;
}
