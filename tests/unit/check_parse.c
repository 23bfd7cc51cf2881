/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "room_wire.h"
#include "wire/segment.h"
#include "wire_packets.h"

enum { TIMEOUT_S = 60 }; /* for the sanitizers on a busy machine */

/* Parses a copy that ends where the packet ends, so that ASan sees the first byte too far. Pointers
 * of *segment are turned to the original. */
static enum sl_wire_verdict parse_exactly(const uint8_t *packet, uint32_t len_bytes,
					  struct sl_segment *segment)
{
	uint8_t *copy = malloc(len_bytes ? len_bytes : 1);
	enum sl_wire_verdict verdict;

	if (!copy)
		ck_abort_msg("no memory");
	memcpy(copy, packet, len_bytes);
	memset(segment, 0xa5, sizeof(*segment));
	verdict = sl_segment_parse(len_bytes ? copy : copy + 1, len_bytes, segment);
	if (verdict == SL_WIRE_OK) {
		if (segment->link != copy)
			ck_abort_msg("the link starts elsewhere");
		segment->link = packet;
		segment->payload = packet + (segment->payload - copy);
	}
	free(copy);
	return verdict;
}

static void assert_address(const struct sl_address *address, const uint8_t *bytes, bool ipv6)
{
	struct sl_address expected =
	    ipv6 ? sl_address_from_ipv6(bytes) : sl_address_from_ipv4(bytes);

	ck_assert_mem_eq(address, &expected, sizeof(expected));
}

/* ---- known packets ---- */

START_TEST(a_syn_over_ipv4)
{
	struct sl_segment segment;

	ck_assert_int_eq(parse_exactly(syn_ipv4, sizeof(syn_ipv4), &segment), SL_WIRE_OK);
	ck_assert_uint_eq(segment.link_bytes, 14);
	ck_assert(!segment.ipv6);
	ck_assert_uint_eq(segment.ecn, 2);
	ck_assert_uint_eq(segment.ttl, 61);
	assert_address(&segment.src, syn_ipv4 + 26, false);
	assert_address(&segment.dst, syn_ipv4 + 30, false);
	ck_assert_uint_eq(segment.src_port, 50000);
	ck_assert_uint_eq(segment.dst_port, 443);
	ck_assert_uint_eq(segment.seq, 0xfffffff0);
	ck_assert_uint_eq(segment.ack, 0);
	ck_assert_uint_eq(segment.window, 64240);
	ck_assert_uint_eq(segment.flags, SL_TCP_SYN | SL_TCP_ECE | SL_TCP_CWR);
	ck_assert(segment.has_mss && segment.has_window_scale && segment.has_timestamps);
	ck_assert(segment.sack_permitted);
	ck_assert_uint_eq(segment.mss, 1460);
	ck_assert_uint_eq(segment.window_scale, 10);
	ck_assert_uint_eq(segment.ts_value, 0x00112233);
	ck_assert_uint_eq(segment.ts_echo, 0);
	ck_assert_uint_eq(segment.sack_cnt, 0);
	ck_assert_uint_eq(segment.payload_bytes, 0);
}
END_TEST

START_TEST(sack_blocks_over_ipv6_behind_a_tag)
{
	struct sl_segment segment;

	ck_assert_int_eq(parse_exactly(sack_ipv6_vlan, sizeof(sack_ipv6_vlan), &segment),
			 SL_WIRE_OK);
	ck_assert_uint_eq(segment.link_bytes, 18);
	ck_assert(segment.ipv6);
	ck_assert_uint_eq(segment.ecn, 1);
	ck_assert_uint_eq(segment.ttl, 57);
	assert_address(&segment.src, sack_ipv6_vlan + 26, true);
	assert_address(&segment.dst, sack_ipv6_vlan + 42, true);
	ck_assert_uint_eq(segment.src_port, 50001);
	ck_assert_uint_eq(segment.seq, 0x01020304);
	ck_assert_uint_eq(segment.ack, 0xa0b0c0d0);
	ck_assert_uint_eq(segment.window, 502);
	ck_assert_uint_eq(segment.flags, SL_TCP_ACK);
	ck_assert(!segment.has_mss && !segment.has_window_scale && !segment.sack_permitted);
	ck_assert(segment.has_timestamps);
	ck_assert_uint_eq(segment.ts_value, 0xaabbccdd);
	ck_assert_uint_eq(segment.ts_echo, 0x44556677);
	ck_assert_uint_eq(segment.sack_cnt, 2);
	ck_assert_uint_eq(segment.sack[0].start_seq, 0xa0b0d000);
	ck_assert_uint_eq(segment.sack[0].end_seq, 0xa0b0e000);
	ck_assert_uint_eq(segment.sack[1].start_seq, 0xffffff00);
	ck_assert_uint_eq(segment.sack[1].end_seq, 0x00000100);
}
END_TEST

START_TEST(data_behind_two_tags_and_an_ip_option)
{
	struct sl_segment segment;

	ck_assert_int_eq(parse_exactly(request_ipv4_qinq, sizeof(request_ipv4_qinq), &segment),
			 SL_WIRE_OK);
	ck_assert_uint_eq(segment.link_bytes, 22);
	ck_assert_uint_eq(segment.dst_port, 80);
	ck_assert_uint_eq(segment.flags, SL_TCP_ACK | SL_TCP_PSH);
	ck_assert(!segment.has_timestamps);
	ck_assert_uint_eq(segment.payload_bytes, 7); /* without the padding */
	ck_assert_mem_eq(segment.payload, "GET /\r\n", 7);
}
END_TEST

static const struct {
	const uint8_t *packet;
	uint32_t len_bytes, padding_bytes, ip_off;
} known[] = {
	{ syn_ipv4, sizeof(syn_ipv4), 0, 14 },
	{ sack_ipv6_vlan, sizeof(sack_ipv6_vlan), 0, 18 },
	{ request_ipv4_qinq, sizeof(request_ipv4_qinq), 3, 22 },
	{ data_ipv4, sizeof(data_ipv4), 0, 14 },
	{ syn_ack_ipv6_qinq, sizeof(syn_ack_ipv6_qinq), 0, 22 },
};

enum { KNOWN_CNT = sizeof(known) / sizeof(known[0]) };

/* ---- lengths ---- */

START_TEST(a_packet_cut_anywhere_is_truncated)
{
	uint32_t whole_bytes = known[_i].len_bytes - known[_i].padding_bytes;
	struct sl_segment segment;

	for (uint32_t len_bytes = 0; len_bytes < whole_bytes; len_bytes++)
		ck_assert_int_eq(parse_exactly(known[_i].packet, len_bytes, &segment),
				 SL_WIRE_TRUNCATED);
	for (uint32_t len_bytes = whole_bytes; len_bytes <= known[_i].len_bytes; len_bytes++)
		ck_assert_int_eq(parse_exactly(known[_i].packet, len_bytes, &segment), SL_WIRE_OK);
}
END_TEST

START_TEST(padding_is_no_payload)
{
	uint8_t padded[256];
	struct sl_segment bare, segment;

	memset(padded, 0x5a, sizeof(padded));
	memcpy(padded, known[_i].packet, known[_i].len_bytes);
	ck_assert_int_eq(parse_exactly(known[_i].packet, known[_i].len_bytes, &bare), SL_WIRE_OK);
	for (uint32_t more_bytes = 1; more_bytes < 100; more_bytes++) {
		ck_assert_int_eq(parse_exactly(padded, known[_i].len_bytes + more_bytes, &segment),
				 SL_WIRE_OK);
		ck_assert_uint_eq(segment.payload_bytes, bare.payload_bytes);
	}
}
END_TEST

/* ---- headers that lie: one change to a known packet, its IPv4 checksum made right again ---- */

static uint16_t naive_checksum(const uint8_t *data, uint32_t len_bytes, uint32_t sum)
{
	for (uint32_t i = 0; i < len_bytes; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void store(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void fix_ipv4_checksum(uint8_t *ip)
{
	store(ip + 10, 0);
	store(ip + 10, naive_checksum(ip, (ip[0] & 15) * 4, 0));
}

static const struct {
	const char *what;
	unsigned int known_idx, off, bytes;
	uint32_t value;
	enum sl_wire_verdict verdict;
} lies[] = {
	{ "ARP", 0, 12, 2, 0x0806, SL_WIRE_NOT_TCP },
	{ "802.3 length", 0, 12, 2, 60, SL_WIRE_NOT_TCP },
	{ "a third tag", 2, 20, 2, 0x8100, SL_WIRE_NOT_TCP },
	{ "the old QinQ EtherType", 1, 12, 2, 0x9100, SL_WIRE_NOT_TCP },
	{ "IPv6 in IPv4's EtherType", 0, 14, 1, 0x65, SL_WIRE_BAD_HEADER },
	{ "IPv4 in IPv6's EtherType", 1, 18, 1, 0x4b, SL_WIRE_BAD_HEADER },
	{ "IHL of 4 words", 0, 14, 1, 0x44, SL_WIRE_BAD_HEADER },
	{ "IHL of none", 0, 14, 1, 0x40, SL_WIRE_BAD_HEADER },
	{ "total length below IHL", 0, 16, 2, 19, SL_WIRE_BAD_HEADER },
	{ "total length 0", 0, 16, 2, 0, SL_WIRE_BAD_HEADER },
	{ "total length without a TCP header", 0, 16, 2, 20, SL_WIRE_BAD_HEADER },
	{ "total length with part of one", 0, 16, 2, 39, SL_WIRE_BAD_HEADER },
	{ "total length shorter than the data offset", 0, 16, 2, 59, SL_WIRE_BAD_HEADER },
	{ "total length larger than the frame", 0, 16, 2, 61, SL_WIRE_TRUNCATED },
	{ "total length of 64 KiB", 0, 16, 2, 65535, SL_WIRE_TRUNCATED },
	{ "UDP", 0, 23, 1, 17, SL_WIRE_NOT_TCP },
	{ "more fragments", 0, 20, 2, 0x2000, SL_WIRE_FRAGMENT },
	{ "a later fragment", 0, 20, 2, 0x0001, SL_WIRE_FRAGMENT },
	{ "the last fragment", 0, 20, 2, 0x1fff, SL_WIRE_FRAGMENT },
	{ "may be fragmented, but is not", 0, 20, 2, 0x0000, SL_WIRE_OK },
	{ "IPv6 length without a TCP header", 1, 22, 2, 0, SL_WIRE_BAD_HEADER },
	{ "IPv6 length with part of one", 1, 22, 2, 19, SL_WIRE_BAD_HEADER },
	{ "IPv6 length larger than the frame", 1, 22, 2, 53, SL_WIRE_TRUNCATED },
	{ "IPv6 fragment header", 1, 24, 1, 44, SL_WIRE_FRAGMENT },
	{ "IPv6 hop-by-hop options that are none", 1, 24, 1, 0, SL_WIRE_BAD_HEADER },
	{ "ICMPv6", 1, 24, 1, 58, SL_WIRE_ICMP },
	{ "ICMPv6 over IPv4", 0, 23, 1, 58, SL_WIRE_NOT_TCP },
	{ "ICMP", 0, 23, 1, 1, SL_WIRE_ICMP },
	{ "ICMP over IPv6", 1, 24, 1, 1, SL_WIRE_NOT_TCP },
	{ "data offset of 4 words", 0, 46, 1, 0x40, SL_WIRE_BAD_HEADER },
	{ "data offset of none", 0, 46, 1, 0x00, SL_WIRE_BAD_HEADER },
	{ "data offset beyond the packet", 0, 46, 1, 0xb0, SL_WIRE_BAD_HEADER },
	{ "data offset beyond the packet", 1, 70, 1, 0xe0, SL_WIRE_BAD_HEADER },
	{ "another port", 0, 36, 2, 444, SL_WIRE_BAD_CHECKSUM },
	{ "another source", 0, 26, 1, 0xc7, SL_WIRE_BAD_CHECKSUM },
	{ "another destination", 1, 57, 1, 0x02, SL_WIRE_BAD_CHECKSUM },
};

START_TEST(a_header_that_lies_is_found_out)
{
	unsigned int which = lies[_i].known_idx;
	struct sl_segment segment;
	uint8_t packet[256];

	memcpy(packet, known[which].packet, known[which].len_bytes);
	for (unsigned int i = 0; i < lies[_i].bytes; i++)
		packet[lies[_i].off + i] =
		    (uint8_t)(lies[_i].value >> 8 * (lies[_i].bytes - 1 - i));
	if (which != 1 && (packet[known[which].ip_off] & 15) >= 5)
		fix_ipv4_checksum(packet + known[which].ip_off);
	ck_assert_msg(parse_exactly(packet, known[which].len_bytes, &segment) == lies[_i].verdict,
		      "%s: not verdict %d", lies[_i].what, (int)lies[_i].verdict);
}
END_TEST

START_TEST(one_wrong_bit_is_found_out)
{
	uint32_t end_off = known[_i].len_bytes - known[_i].padding_bytes;
	/* IPv6's first four bytes and its hop limit have no checksum. */
	bool ipv6 = known[_i].packet[known[_i].ip_off] >> 4 == 6;
	struct sl_segment segment;
	uint8_t packet[256];

	memcpy(packet, known[_i].packet, known[_i].len_bytes);
	for (uint32_t off = known[_i].ip_off + (ipv6 ? 4 : 0); off < end_off; off++) {
		if (ipv6 && off == known[_i].ip_off + 7)
			continue;
		for (int bit = 0; bit < 8; bit++) {
			packet[off] ^= (uint8_t)(1 << bit);
			ck_assert_msg(parse_exactly(packet, known[_i].len_bytes, &segment) !=
					  SL_WIRE_OK,
				      "byte %u, bit %d", off, bit);
			packet[off] ^= (uint8_t)(1 << bit);
		}
	}
}
END_TEST

/* ---- options ---- */

enum { MSS = 1, SCALE = 2, PERMITTED = 4, STAMPS = 8 };

static const struct {
	const char *what;
	unsigned int bytes;
	uint8_t options[40];
	enum sl_wire_verdict verdict;
	int seen;
	uint8_t sack_cnt;
} options[] = {
	{ "none", 0, { 0 }, SL_WIRE_OK, 0, 0 },
	{ "NOPs only", 4, { 1, 1, 1, 1 }, SL_WIRE_OK, 0, 0 },
	{ "END, then rubbish", 8, { 0, 2, 4, 5, 0xb4, 3, 77, 1 }, SL_WIRE_OK, 0, 0 },
	{ "MSS at the end", 4, { 2, 4, 5, 0xb4 }, SL_WIRE_OK, MSS, 0 },
	{ "MSS and END", 8, { 1, 2, 4, 5, 0xb4, 0, 9, 9 }, SL_WIRE_OK, MSS, 0 },
	{ "unknown ones are skipped",
	  12,
	  { 254, 6, 2, 4, 9, 9, 2, 4, 5, 0xb4, 34, 2 },
	  SL_WIRE_OK,
	  MSS,
	  0 },
	{ "timestamps unaligned",
	  12,
	  { 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0 },
	  SL_WIRE_OK,
	  STAMPS,
	  0 },
	{ "MSS of another length", 8, { 2, 6, 5, 0xb4, 5, 0xb4, 1, 1 }, SL_WIRE_OK, 0, 0 },
	{ "window scale of another length", 4, { 3, 2, 4, 2 }, SL_WIRE_OK, PERMITTED, 0 },
	{ "SACK permitted of another length", 4, { 4, 3, 4, 1 }, SL_WIRE_OK, 0, 0 },
	{ "timestamps of another length", 12, { 8, 9, [9] = 3, 3, 7 }, SL_WIRE_OK, SCALE, 0 },
	{ "SACK without a block", 4, { 5, 2, 1, 1 }, SL_WIRE_OK, 0, 0 },
	{ "SACK with half a block", 8, { 5, 6, 1, 1, 1, 1, 1, 1 }, SL_WIRE_OK, 0, 0 },
	{ "SACK with one block", 12, { 5, 10, [10] = 1, 1 }, SL_WIRE_OK, 0, 1 },
	{ "SACK with four blocks", 36, { 1, 1, 5, 34 }, SL_WIRE_OK, 0, 4 },
	{ "a length of 0", 4, { 2, 0, 5, 0xb4 }, SL_WIRE_BAD_OPTIONS, 0, 0 },
	{ "a length of 1", 4, { 99, 1, 1, 1 }, SL_WIRE_BAD_OPTIONS, 0, 0 },
	{ "a kind without its length", 4, { 1, 1, 1, 2 }, SL_WIRE_BAD_OPTIONS, 0, 0 },
	{ "a length one beyond the end", 4, { 1, 2, 4, 5 }, SL_WIRE_BAD_OPTIONS, 0, 0 },
	{ "a length far beyond the end", 4, { 99, 255, 1, 1 }, SL_WIRE_BAD_OPTIONS, 0, 0 },
	{ "SACK one beyond the end",
	  40,
	  { 1, 1, 1, 1, 1, 1, 1, 5, 34 },
	  SL_WIRE_BAD_OPTIONS,
	  0,
	  0 },
};

/* data_ipv4's headers around these options, no payload. Returns the length. */
static uint32_t packet_with_options(uint8_t packet[128], const uint8_t *bytes, uint32_t len_bytes)
{
	uint8_t *ip = packet + 14, *tcp = ip + 20;
	uint32_t tcp_bytes = 20 + len_bytes, pseudo;

	memcpy(packet, data_ipv4, 14 + 20 + 20);
	memcpy(tcp + 20, bytes, len_bytes);
	store(ip + 2, (uint16_t)(20 + tcp_bytes));
	fix_ipv4_checksum(ip);
	tcp[12] = (uint8_t)(tcp_bytes / 4 << 4);
	store(tcp + 16, 0);
	pseudo = 6 + tcp_bytes + (uint16_t)~naive_checksum(ip + 12, 8, 0);
	store(tcp + 16, naive_checksum(tcp, tcp_bytes, pseudo));
	return 14 + 20 + tcp_bytes;
}

START_TEST(options_are_read_or_refused)
{
	uint8_t packet[128];
	uint32_t len_bytes = packet_with_options(packet, options[_i].options, options[_i].bytes);
	struct sl_segment segment;
	int seen;

	ck_assert_msg(parse_exactly(packet, len_bytes, &segment) == options[_i].verdict,
		      "%s: not verdict %d", options[_i].what, (int)options[_i].verdict);
	if (options[_i].verdict != SL_WIRE_OK)
		return;
	seen = (segment.has_mss ? MSS : 0) | (segment.has_window_scale ? SCALE : 0) |
	       (segment.sack_permitted ? PERMITTED : 0) | (segment.has_timestamps ? STAMPS : 0);
	ck_assert_msg(seen == options[_i].seen, "%s: %d", options[_i].what, seen);
	ck_assert_uint_eq(segment.sack_cnt, options[_i].sack_cnt);
	if (segment.has_mss)
		ck_assert_uint_eq(segment.mss, 1460);
	if (segment.has_timestamps)
		ck_assert_uint_eq(segment.ts_echo, 0x05060708);
}
END_TEST

START_TEST(a_window_scale_above_14_is_14)
{
	uint8_t packet[128], bytes[4] = { 1, 3, 3, (uint8_t)_i };
	uint32_t len_bytes = packet_with_options(packet, bytes, sizeof(bytes));
	struct sl_segment segment;

	ck_assert_int_eq(parse_exactly(packet, len_bytes, &segment), SL_WIRE_OK);
	ck_assert(segment.has_window_scale);
	ck_assert_uint_eq(segment.window_scale, _i > 14 ? 14 : _i);
}
END_TEST

START_TEST(any_options_at_all_stay_within_bounds)
{
	uint8_t packet[128], bytes[40];
	struct sl_segment segment;
	uint32_t ok_cnt = 0;

	srandom(2018);
	for (int turn = 0; turn < 200000; turn++) {
		uint32_t len_bytes = (uint32_t)random() % 11 * 4;

		for (uint32_t i = 0; i < len_bytes; i++)
			bytes[i] = (uint8_t)(random() % (random() % 4 ? 12 : 256));
		len_bytes = packet_with_options(packet, bytes, len_bytes);
		if (parse_exactly(packet, len_bytes, &segment) != SL_WIRE_OK)
			continue;
		ok_cnt++;
		ck_assert_uint_le(segment.sack_cnt, SL_SACK_BLOCKS_MAX);
		if (segment.has_window_scale)
			ck_assert_uint_le(segment.window_scale, 14);
	}
	ck_assert_uint_gt(ok_cnt, 20000);
}
END_TEST

/* ---- anything ---- */

START_TEST(mutated_packets_never_lead_astray)
{
	uint8_t packet[256];

	srandom((unsigned int)_i + 1);
	for (int turn = 0; turn < 100000; turn++) {
		uint32_t len_bytes = known[_i].len_bytes;
		struct sl_segment segment;

		memcpy(packet, known[_i].packet, len_bytes);
		for (long i = random() % 8; i >= 0; i--)
			packet[(uint32_t)random() % len_bytes] = (uint8_t)random();
		if (random() % 4 == 0)
			len_bytes = (uint32_t)random() % len_bytes;
		if (parse_exactly(packet, len_bytes, &segment) != SL_WIRE_OK)
			continue;
		ck_assert(segment.payload > packet);
		ck_assert_uint_le((size_t)(segment.payload - packet) + segment.payload_bytes,
				  len_bytes);
		ck_assert_uint_le(segment.sack_cnt, SL_SACK_BLOCKS_MAX);
	}
}
END_TEST

Suite *suite_parse(void)
{
	Suite *suite = suite_create("parse");
	TCase *tcase = tcase_create("parse");

	tcase_set_timeout(tcase, TIMEOUT_S);
	tcase_add_test(tcase, a_syn_over_ipv4);
	tcase_add_test(tcase, sack_blocks_over_ipv6_behind_a_tag);
	tcase_add_test(tcase, data_behind_two_tags_and_an_ip_option);
	tcase_add_loop_test(tcase, a_packet_cut_anywhere_is_truncated, 0, KNOWN_CNT);
	tcase_add_loop_test(tcase, padding_is_no_payload, 0, KNOWN_CNT);
	tcase_add_loop_test(tcase, a_header_that_lies_is_found_out, 0,
			    sizeof(lies) / sizeof(lies[0]));
	tcase_add_loop_test(tcase, one_wrong_bit_is_found_out, 0, KNOWN_CNT);
	tcase_add_loop_test(tcase, options_are_read_or_refused, 0,
			    sizeof(options) / sizeof(options[0]));
	tcase_add_loop_test(tcase, a_window_scale_above_14_is_14, 0, 256);
	tcase_add_test(tcase, any_options_at_all_stay_within_bounds);
	tcase_add_loop_test(tcase, mutated_packets_never_lead_astray, 0, KNOWN_CNT);
	suite_add_tcase(suite, tcase);
	return suite;
}
