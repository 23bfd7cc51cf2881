/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that belong together, as one: what cutting it would give is what went in. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/limits.h"
#include "room_wire.h"
#include "wire/format.h"
#include "wire/gso.h"
#include "wire/segment.h"

enum { SEGMENT_BYTES = 100, SEGMENTS_MAX = 64 };

#define FIRST_SEQ UINT32_C(0xfffffff0) /* wraps on the way */

/* A frame with one segment. */
struct frame {
	uint8_t bytes[SL_FRAME_HEADROOM_BYTES + 1500];
	uint8_t *header;
	uint32_t header_bytes, payload_bytes;
};

static const struct sl_header plain = {
	.seq = FIRST_SEQ,
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

static void make(struct frame *frame, const struct sl_route *route, const struct sl_header *header,
		 uint32_t payload_bytes)
{
	uint8_t *payload = frame->bytes + SL_FRAME_HEADROOM_BYTES;

	for (uint32_t i = 0; i < payload_bytes; i++)
		payload[i] = (uint8_t)(header->seq + i);
	frame->payload_bytes = payload_bytes;
	frame->header_bytes = sl_header_write(route, header, payload, payload_bytes);
	frame->header = payload - frame->header_bytes;
}

static bool begin(struct sl_gso *gso, const struct frame *frame)
{
	return sl_gso_begin(gso, frame->header, frame->header_bytes, frame->payload_bytes);
}

static bool add(struct sl_gso *gso, const struct frame *frame)
{
	return sl_gso_add(gso, frame->header, frame->header_bytes, frame->payload_bytes);
}

/* The whole as it would be with its checksum filled in, which the parser then believes. */
static void expect_whole(const struct sl_gso *gso, const struct frame *frames, uint32_t cnt,
			 uint8_t flags)
{
	uint8_t *packet = malloc(gso->header_bytes + gso->payload_bytes), *at = packet;
	uint8_t *tcp = packet + gso->tcp_off;
	struct sl_segment segment;
	uint16_t checksum;

	sl_gso_headers(gso, packet);
	at += gso->header_bytes;
	for (uint32_t i = 0; i < cnt; at += frames[i].payload_bytes, i++)
		memcpy(at, frames[i].bytes + SL_FRAME_HEADROOM_BYTES, frames[i].payload_bytes);
	ck_assert_uint_eq((size_t)(at - packet), gso->header_bytes + gso->payload_bytes);
	checksum = sl_checksum_fold(sl_checksum_add(0, tcp, (size_t)(at - tcp)));
	memcpy(tcp + 16, &checksum, sizeof(checksum));
	ck_assert_int_eq(sl_segment_parse(packet, (uint32_t)(at - packet), &segment), SL_WIRE_OK);
	ck_assert_uint_eq(segment.seq, plain.seq);
	ck_assert_uint_eq(segment.flags, flags);
	ck_assert_uint_eq(segment.payload_bytes, gso->payload_bytes);
	ck_assert(segment.has_timestamps);
	free(packet);
}

/* In either family, behind 0, 1 or 2 tags; the last is shorter and pushes. */
START_TEST(consecutive_segments_are_one)
{
	struct sl_route route = route_with(_i % 2, (uint32_t)_i / 2);
	struct sl_header header = plain;
	struct frame frames[5];
	struct sl_gso gso;

	for (uint32_t i = 0; i < 5; i++, header.seq += SEGMENT_BYTES) {
		if (i == 4)
			header.flags |= SL_TCP_PSH;
		header.ip_id = (uint16_t)(40 + i);
		make(&frames[i], &route, &header, i == 4 ? 60 : SEGMENT_BYTES);
		ck_assert(i == 0 ? begin(&gso, &frames[0]) : add(&gso, &frames[i]));
	}
	ck_assert_uint_eq(gso.segment_bytes, SEGMENT_BYTES);
	ck_assert_uint_eq(gso.payload_bytes, 4 * SEGMENT_BYTES + 60);
	expect_whole(&gso, frames, 5, SL_TCP_ACK | SL_TCP_PSH);
}
END_TEST

START_TEST(one_alone_is_what_it_was)
{
	struct sl_route route = route_with(_i % 2, 0);
	struct frame frame;
	struct sl_gso gso;

	make(&frame, &route, &plain, 99);
	ck_assert(begin(&gso, &frame));
	expect_whole(&gso, &frame, 1, SL_TCP_ACK);
}
END_TEST

/* What may not follow a segment of 100 bytes, and, once refused, has changed nothing. */
static const struct {
	const char *what;
	struct sl_header header;
	uint32_t payload_bytes;
	bool before_also; /* nor may anything follow it */
} strangers[] = {
#define AFTER_FIRST (FIRST_SEQ + SEGMENT_BYTES)
#define NEXT        .ack = 77, .window = 501, .window_scale = -1, .timestamps = true, .ts_echo = 2
	{ "a gap", { NEXT, .seq = AFTER_FIRST + 1, .flags = SL_TCP_ACK, .ts_value = 1 }, 100, 0 },
	{ "the same again",
	  { NEXT, .seq = FIRST_SEQ, .flags = SL_TCP_ACK, .ts_value = 1 },
	  100,
	  0 },
	{ "longer", { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK, .ts_value = 1 }, 101, 0 },
	{ "empty", { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK, .ts_value = 1 }, 0, 1 },
	{ "later", { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK, .ts_value = 2 }, 100, 0 },
	{ "CWR",
	  { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK | SL_TCP_CWR, .ts_value = 1 },
	  100,
	  1 },
	{ "ECE",
	  { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK | SL_TCP_ECE, .ts_value = 1 },
	  100,
	  0 },
	{ "ECT",
	  { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK, .ts_value = 1, .ecn = 2 },
	  100,
	  0 },
	{ "another ACK",
	  { .ack = 78,
	    .window = 501,
	    .window_scale = -1,
	    .timestamps = true,
	    .ts_echo = 2,
	    .seq = AFTER_FIRST,
	    .flags = SL_TCP_ACK,
	    .ts_value = 1 },
	  100,
	  0 },
	{ "another window",
	  { .ack = 77,
	    .window = 502,
	    .window_scale = -1,
	    .timestamps = true,
	    .ts_echo = 2,
	    .seq = AFTER_FIRST,
	    .flags = SL_TCP_ACK,
	    .ts_value = 1 },
	  100,
	  0 },
	{ "SACK",
	  { NEXT, .seq = AFTER_FIRST, .flags = SL_TCP_ACK, .ts_value = 1, .sack_cnt = 1 },
	  100,
	  0 },
};

START_TEST(strangers_stay_out)
{
	struct sl_route route = route_with(false, 0);
	struct sl_header header = plain;
	struct frame first, stranger, next;
	struct sl_gso gso;

	make(&first, &route, &plain, SEGMENT_BYTES);
	make(&stranger, &route, &strangers[_i].header, strangers[_i].payload_bytes);
	ck_assert(begin(&gso, &first));
	ck_assert_msg(!add(&gso, &stranger), "%s", strangers[_i].what);
	expect_whole(&gso, &first, 1, SL_TCP_ACK);
	header.seq += SEGMENT_BYTES;
	make(&next, &route, &header, SEGMENT_BYTES);
	ck_assert(add(&gso, &next));
	if (strangers[_i].before_also && begin(&gso, &stranger)) {
		header.seq = strangers[_i].header.seq + strangers[_i].payload_bytes;
		make(&next, &route, &header, SEGMENT_BYTES);
		ck_assert(!add(&gso, &next));
	}
}
END_TEST

START_TEST(another_connection_stays_out)
{
	struct sl_route route = route_with(_i % 2, 1), others[5];
	struct sl_header header = plain;
	struct frame first, other;
	struct sl_gso gso;

	for (uint32_t i = 0; i < 5; i++)
		others[i] = route;
	others[0].peer_port++;
	others[1].local_port++;
	others[2].peer.bytes[15]++;
	others[3].local.bytes[15]++;
	others[4].link[15]++; /* VLAN */
	header.seq += SEGMENT_BYTES;
	make(&first, &route, &plain, SEGMENT_BYTES);
	for (uint32_t i = 0; i < 5; i++) {
		make(&other, &others[i], &header, SEGMENT_BYTES);
		ck_assert(begin(&gso, &first));
		ck_assert_msg(!add(&gso, &other), "%u", i);
	}
}
END_TEST

/* A shorter one, or one that pushes or ends the stream, is the last. */
START_TEST(nothing_follows_the_last)
{
	static const struct {
		uint8_t flags;
		uint32_t payload_bytes;
	} lasts[] = { { 0, SEGMENT_BYTES - 1 },
		      { SL_TCP_PSH, SEGMENT_BYTES },
		      { SL_TCP_FIN, SEGMENT_BYTES },
		      { SL_TCP_FIN | SL_TCP_PSH, 1 } };
	struct sl_route route = route_with(false, 0);
	struct sl_header header = plain;
	struct frame frames[3];
	struct sl_gso gso;

	for (uint32_t i = 0; i < 4; i++) {
		header.seq = plain.seq;
		header.flags = SL_TCP_ACK;
		make(&frames[0], &route, &header, SEGMENT_BYTES);
		header.seq += SEGMENT_BYTES;
		header.flags |= lasts[i].flags;
		make(&frames[1], &route, &header, lasts[i].payload_bytes);
		header.seq += lasts[i].payload_bytes;
		header.flags = SL_TCP_ACK;
		make(&frames[2], &route, &header, SEGMENT_BYTES);
		ck_assert(begin(&gso, &frames[0]));
		ck_assert(add(&gso, &frames[1]));
		ck_assert(!add(&gso, &frames[2]));
		expect_whole(&gso, frames, 2, SL_TCP_ACK | lasts[i].flags);
	}
}
END_TEST

/* 65535 bytes is what IPv4's length field can say. */
START_TEST(no_longer_than_ip_can_say)
{
	struct sl_route route = route_with(false, 0);
	static struct frame frames[SEGMENTS_MAX];
	struct sl_header header = plain;
	struct sl_gso gso;
	uint32_t cnt = 0;

	do {
		make(&frames[cnt], &route, &header, 1448);
		header.seq += 1448;
	} while ((cnt == 0 ? begin(&gso, &frames[0]) : add(&gso, &frames[cnt])) && ++cnt);
	ck_assert_uint_eq(cnt, 45);
	expect_whole(&gso, frames, cnt, SL_TCP_ACK);
}
END_TEST

START_TEST(what_is_no_segment_is_refused)
{
	struct sl_route route = route_with(_i % 2, 0);
	struct frame frame;
	struct sl_gso gso;

	make(&frame, &route, &plain, SEGMENT_BYTES);
	for (uint32_t cut = 1; cut <= frame.header_bytes; cut++)
		ck_assert(!sl_gso_begin(&gso, frame.header, frame.header_bytes - cut, 100));
	frame.header[12] = 0x88; /* another Ethernet type */
	ck_assert(!begin(&gso, &frame));
	make(&frame, &route, &plain, SEGMENT_BYTES);
	frame.header[14 + (_i % 2 ? 6 : 9)] = 17; /* UDP */
	ck_assert(!begin(&gso, &frame));
	make(&frame, &route, &plain, 0);
	ck_assert(!begin(&gso, &frame));
}
END_TEST

Suite *suite_gso(void)
{
	Suite *suite = suite_create("gso");
	TCase *merge = tcase_create("merge");

	tcase_add_loop_test(merge, consecutive_segments_are_one, 0, 6);
	tcase_add_loop_test(merge, one_alone_is_what_it_was, 0, 2);
	tcase_add_loop_test(merge, strangers_stay_out, 0, sizeof(strangers) / sizeof(strangers[0]));
	tcase_add_loop_test(merge, another_connection_stays_out, 0, 2);
	tcase_add_test(merge, nothing_follows_the_last);
	tcase_add_test(merge, no_longer_than_ip_can_say);
	tcase_add_loop_test(merge, what_is_no_segment_is_refused, 0, 2);
	suite_add_tcase(suite, merge);
	return suite;
}
