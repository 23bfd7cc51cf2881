/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "room_wire.h"
#include "wire/segment.h"
#include "wire_packets.h"

enum { TIMEOUT_S = 60 }; /* for the sanitizers on a busy machine */

enum { CANARY = 0xc5, PAYLOAD_MAX_BYTES = 1500 };

/* The route to the peer of wire_packets.h, with so many tags. */
static struct sl_route route_with(bool ipv6, int tags)
{
	const uint8_t macs[] = { 2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 1 };
	const uint8_t outer[] = { 0x88, 0xa8, 0x00, 0xc8 }, inner[] = { 0x81, 0x00, 0x00, 0x64 };
	const uint8_t ours[] = { 192, 0, 2, 1 }, theirs[] = { 198, 51, 100, 7 };
	struct sl_route route = {
		.ipv6 = ipv6,
		.local_port = 443,
		.peer_port = ipv6 ? 50001 : 50000,
		.local =
		    ipv6 ? sl_address_from_ipv6(sack_ipv6_vlan + 42) : sl_address_from_ipv4(ours),
		.peer =
		    ipv6 ? sl_address_from_ipv6(sack_ipv6_vlan + 26) : sl_address_from_ipv4(theirs),
	};
	uint8_t *at = route.link;

	memcpy(at, macs, sizeof(macs));
	at += sizeof(macs);
	if (tags == 2) {
		memcpy(at, outer, sizeof(outer));
		at += sizeof(outer);
	}
	if (tags >= 1) {
		memcpy(at, inner, sizeof(inner));
		at += sizeof(inner);
	}
	*at++ = ipv6 ? 0x86 : 0x08;
	*at++ = ipv6 ? 0xdd : 0x00;
	route.link_bytes = (uint8_t)(at - route.link);
	return route;
}

/* A chunk with its payload in place, exactly as long as it needs to be, for ASan. */
static uint8_t *new_chunk(uint32_t payload_bytes)
{
	uint8_t *chunk = malloc(SL_FRAME_HEADROOM_BYTES + payload_bytes);

	ck_assert_ptr_nonnull(chunk);
	memset(chunk, CANARY, SL_FRAME_HEADROOM_BYTES);
	for (uint32_t i = 0; i < payload_bytes; i++)
		chunk[SL_FRAME_HEADROOM_BYTES + i] = (uint8_t)(i * 7 + 3);
	return chunk;
}

START_TEST(data_over_ipv4_byte_for_byte)
{
	struct sl_route route = route_with(false, 0);
	const struct sl_header header = {
		.seq = 0x01020304,
		.ack = 0x05060708,
		.window = 501,
		.flags = SL_TCP_ACK | SL_TCP_PSH,
		.timestamps = true,
		.ts_value = 1,
		.ts_echo = 2,
		.ecn = 2,
		.ip_id = 0x1234,
	};
	uint8_t chunk[SL_FRAME_HEADROOM_BYTES + 7];
	uint8_t *payload = chunk + SL_FRAME_HEADROOM_BYTES;

	memcpy(payload, "sluice!", 7);
	ck_assert_uint_eq(sl_header_tcp_bytes(&header), 32);
	ck_assert_uint_eq(sl_header_write(&route, &header, payload, 7), 14 + 20 + 32);
	ck_assert_mem_eq(payload - 66, data_ipv4, sizeof(data_ipv4));
}
END_TEST

START_TEST(a_syn_ack_over_ipv6_byte_for_byte)
{
	struct sl_route route = route_with(true, 2);
	const struct sl_header header = {
		.seq = 0xdeadbeef,
		.ack = 1,
		.window = 0xffff,
		.flags = SL_TCP_ACK | SL_TCP_SYN,
		.mss = 1440,
		.window_scale = 0,
		.sack_permitted = true,
		.timestamps = true,
		.ts_value = 1,
		.ts_echo = 2,
		.ip_id = 0x1234,
	};
	uint8_t chunk[SL_FRAME_HEADROOM_BYTES];
	uint8_t *payload = chunk + SL_FRAME_HEADROOM_BYTES;

	ck_assert_uint_eq(sl_header_write(&route, &header, payload, 0), 22 + 40 + 40);
	ck_assert_mem_eq(payload - 102, syn_ack_ipv6_qinq, sizeof(syn_ack_ipv6_qinq));
}
END_TEST

START_TEST(a_zeroed_header_has_no_options)
{
	const struct sl_header header = { .flags = SL_TCP_ACK };

	ck_assert_uint_eq(sl_header_tcp_bytes(&header), 20);
}
END_TEST

START_TEST(options_of_a_syn_stay_out_of_other_segments)
{
	struct sl_route route = route_with(false, 0);
	const struct sl_header header = {
		.flags = SL_TCP_ACK,
		.mss = 1460,
		.window_scale = 7,
		.sack_permitted = true,
		.timestamps = true,
	};
	uint8_t chunk[SL_FRAME_HEADROOM_BYTES];
	uint8_t *payload = chunk + SL_FRAME_HEADROOM_BYTES;
	struct sl_segment segment;
	uint32_t header_bytes = sl_header_write(&route, &header, payload, 0);

	ck_assert_int_eq(sl_segment_parse(payload - header_bytes, header_bytes, &segment),
			 SL_WIRE_OK);
	ck_assert(!segment.has_mss && !segment.has_window_scale && !segment.sack_permitted);
	ck_assert(segment.has_timestamps);
}
END_TEST

START_TEST(options_beyond_forty_bytes_are_a_bug)
{
	struct sl_route route = route_with(false, 0);
	const struct sl_header header = {
		.flags = SL_TCP_ACK,
		.timestamps = true,
		.sack_cnt = 4,
	};
	uint8_t chunk[SL_FRAME_HEADROOM_BYTES];

	sl_header_write(&route, &header, chunk + SL_FRAME_HEADROOM_BYTES, 0);
}
END_TEST

/* ---- what is written is understood as what was meant ---- */

static void assert_path(const struct sl_segment *segment, const struct sl_route *route)
{
	ck_assert_uint_eq(segment->link_bytes, route->link_bytes);
	ck_assert_mem_eq(segment->link, route->link, route->link_bytes);
	ck_assert_int_eq(segment->ipv6, route->ipv6);
	ck_assert_mem_eq(&segment->src, &route->local, sizeof(route->local));
	ck_assert_mem_eq(&segment->dst, &route->peer, sizeof(route->peer));
	ck_assert_uint_eq(segment->src_port, route->local_port);
	ck_assert_uint_eq(segment->dst_port, route->peer_port);
	ck_assert_uint_eq(segment->ttl, 64);
}

static void assert_fields(const struct sl_segment *segment, const struct sl_header *header)
{
	bool syn = header->flags & SL_TCP_SYN;

	ck_assert_uint_eq(segment->seq, header->seq);
	ck_assert_uint_eq(segment->ack, header->ack);
	ck_assert_uint_eq(segment->window, header->window);
	ck_assert_uint_eq(segment->flags, header->flags);
	ck_assert_uint_eq(segment->ecn, header->ecn);
	ck_assert_int_eq(segment->has_mss, syn && header->mss > 0);
	if (segment->has_mss)
		ck_assert_uint_eq(segment->mss, header->mss);
	ck_assert_int_eq(segment->has_window_scale, syn && header->window_scale >= 0);
	if (segment->has_window_scale)
		ck_assert_int_eq(segment->window_scale, header->window_scale);
	ck_assert_int_eq(segment->sack_permitted, syn && header->sack_permitted);
	ck_assert_int_eq(segment->has_timestamps, header->timestamps);
	if (header->timestamps) {
		ck_assert_uint_eq(segment->ts_value, header->ts_value);
		ck_assert_uint_eq(segment->ts_echo, header->ts_echo);
	}
	ck_assert_uint_eq(segment->sack_cnt, header->sack_cnt);
	ck_assert_mem_eq(segment->sack, header->sack, header->sack_cnt * sizeof(header->sack[0]));
}

static void round_trip(const struct sl_route *route, const struct sl_header *header,
		       uint32_t payload_bytes)
{
	uint8_t *chunk = new_chunk(payload_bytes), *untouched = new_chunk(payload_bytes);
	uint8_t *payload = chunk + SL_FRAME_HEADROOM_BYTES;
	uint32_t header_bytes = sl_header_write(route, header, payload, payload_bytes);
	struct sl_segment segment;

	ck_assert_uint_eq(header_bytes, route->link_bytes + (route->ipv6 ? 40u : 20u) +
					    sl_header_tcp_bytes(header));
	ck_assert_mem_eq(chunk, untouched, SL_FRAME_HEADROOM_BYTES - header_bytes);
	ck_assert_mem_eq(payload, untouched + SL_FRAME_HEADROOM_BYTES, payload_bytes);

	ck_assert_int_eq(
	    sl_segment_parse(payload - header_bytes, header_bytes + payload_bytes, &segment),
	    SL_WIRE_OK);
	assert_path(&segment, route);
	assert_fields(&segment, header);
	ck_assert_ptr_eq(segment.payload, payload);
	ck_assert_uint_eq(segment.payload_bytes, payload_bytes);
	free(untouched);
	free(chunk);
}

/* Bit i of combination says whether option i is there. */
static struct sl_header header_of(unsigned int combination, uint8_t sack_cnt)
{
	struct sl_header header = {
		.seq = (uint32_t)random() << 1,
		.ack = (uint32_t)random() << 1,
		.window = (uint16_t)random(),
		.flags = SL_TCP_ACK | (combination & 16 ? SL_TCP_SYN | SL_TCP_ECE : SL_TCP_PSH),
		.mss = combination & 1 ? 1460 : 0,
		.window_scale = combination & 2 ? 14 : -1,
		.sack_permitted = combination & 4,
		.timestamps = combination & 8,
		.ts_value = (uint32_t)random() << 1,
		.ts_echo = (uint32_t)random() << 1,
		.sack_cnt = sack_cnt,
		.ecn = (uint8_t)(random() & 3),
		.ip_id = (uint16_t)random(),
	};

	for (int i = 0; i < SL_SACK_BLOCKS_MAX; i++) {
		header.sack[i].start_seq = (uint32_t)random() << 1;
		header.sack[i].end_seq = (uint32_t)random() << 1;
	}
	return header;
}

/* _i: number of tags, and family. */
START_TEST(every_combination_comes_back)
{
	static const uint32_t lengths_bytes[] = { 0, 1, 2, 3, 63, 1447, 1448, PAYLOAD_MAX_BYTES };
	struct sl_route route = route_with(_i % 2, _i / 2);
	uint32_t written_cnt = 0;

	srandom(9293);
	for (unsigned int combination = 0; combination < 32; combination++) {
		for (uint8_t sack_cnt = 0; sack_cnt <= SL_SACK_BLOCKS_MAX; sack_cnt++) {
			struct sl_header header = header_of(combination, sack_cnt);

			if (sl_header_tcp_bytes(&header) > 60)
				continue;
			for (size_t i = 0; i < 8; i++)
				round_trip(&route, &header, lengths_bytes[i]);
			written_cnt++;
		}
	}
	ck_assert_uint_gt(written_cnt, 120);
}
END_TEST

/* Sums that come out as 0 and ffff are where a fold goes wrong. */
START_TEST(every_checksum_is_right)
{
	struct sl_route route = route_with(_i, 0);
	struct sl_header header = { .flags = SL_TCP_ACK };
	uint8_t *chunk = new_chunk(2), *payload = chunk + SL_FRAME_HEADROOM_BYTES;
	uint32_t understood_cnt = 0;

	for (uint32_t value = 0; value < 65536; value++) {
		struct sl_segment segment;
		uint32_t header_bytes;

		header.window = header.ip_id = (uint16_t)value;
		header_bytes = sl_header_write(&route, &header, payload, 2);
		if (sl_segment_parse(payload - header_bytes, header_bytes + 2, &segment) ==
		    SL_WIRE_OK)
			understood_cnt++;
	}
	ck_assert_uint_eq(understood_cnt, 65536);
	free(chunk);
}
END_TEST

Suite *suite_header(void)
{
	Suite *suite = suite_create("header");
	TCase *tcase = tcase_create("write");

	tcase_set_timeout(tcase, TIMEOUT_S);
	tcase_add_test(tcase, data_over_ipv4_byte_for_byte);
	tcase_add_test(tcase, a_syn_ack_over_ipv6_byte_for_byte);
	tcase_add_test(tcase, a_zeroed_header_has_no_options);
	tcase_add_test(tcase, options_of_a_syn_stay_out_of_other_segments);
	tcase_add_test_raise_signal(tcase, options_beyond_forty_bytes_are_a_bug, SIGABRT);
	tcase_add_loop_test(tcase, every_combination_comes_back, 0, 6);
	tcase_add_loop_test(tcase, every_checksum_is_right, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
