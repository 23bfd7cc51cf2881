/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/icmp.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "room_wire.h"
#include "wire/format.h"
#include "wire_packets.h"

enum { PACKET_MAX_BYTES = 192 };

/* Parses a copy that ends where the packet ends, so that ASan sees the first byte too far. */
static enum sl_wire_verdict parse_exactly(const uint8_t *packet, uint32_t len_bytes,
					  struct sl_icmp_error *error)
{
	uint8_t *copy = malloc(len_bytes ? len_bytes : 1);
	enum sl_wire_verdict verdict;

	if (!copy)
		ck_abort_msg("no memory");
	memcpy(copy, packet, len_bytes);
	verdict = sl_icmp_parse(copy, len_bytes, error);
	free(copy);
	return verdict;
}

START_TEST(too_big_over_ipv4)
{
	struct sl_address us = sl_address_from_ipv4(data_ipv4 + 26);
	struct sl_address peer = sl_address_from_ipv4(data_ipv4 + 30);
	struct sl_segment segment;
	struct sl_icmp_error error;

	ck_assert_int_eq(sl_segment_parse(too_big_ipv4, sizeof(too_big_ipv4), &segment),
			 SL_WIRE_ICMP);
	ck_assert_int_eq(parse_exactly(too_big_ipv4, sizeof(too_big_ipv4), &error), SL_WIRE_OK);
	ck_assert_int_eq(error.kind, SL_ICMP_TOO_BIG);
	ck_assert(!error.ipv6);
	ck_assert_mem_eq(&error.local, &us, sizeof(us));
	ck_assert_mem_eq(&error.peer, &peer, sizeof(peer));
	ck_assert_uint_eq(error.local_port, 443);
	ck_assert_uint_eq(error.peer_port, 50000);
	ck_assert_uint_eq(error.seq, 0x01020304);
	ck_assert_uint_eq(error.mtu_bytes, 1400);
}
END_TEST

START_TEST(too_big_over_ipv6_behind_options_and_a_tag)
{
	struct sl_address us = sl_address_from_ipv6(syn_ack_ipv6_qinq + 30);
	struct sl_address peer = sl_address_from_ipv6(syn_ack_ipv6_qinq + 46);
	struct sl_segment segment;
	struct sl_icmp_error error;

	ck_assert_int_eq(sl_segment_parse(too_big_ipv6_vlan, sizeof(too_big_ipv6_vlan), &segment),
			 SL_WIRE_ICMP);
	ck_assert_int_eq(parse_exactly(too_big_ipv6_vlan, sizeof(too_big_ipv6_vlan), &error),
			 SL_WIRE_OK);
	ck_assert_int_eq(error.kind, SL_ICMP_TOO_BIG);
	ck_assert(error.ipv6);
	ck_assert_mem_eq(&error.local, &us, sizeof(us));
	ck_assert_mem_eq(&error.peer, &peer, sizeof(peer));
	ck_assert_uint_eq(error.local_port, 443);
	ck_assert_uint_eq(error.peer_port, 50001);
	ck_assert_uint_eq(error.seq, 0xdeadbeef);
	ck_assert_uint_eq(error.mtu_bytes, 1280);
}
END_TEST

static const struct {
	const uint8_t *packet;
	uint32_t len_bytes, ip_off, icmp_off;
} known[] = {
	{ too_big_ipv4, sizeof(too_big_ipv4), 14, 34 },
	{ too_big_ipv6_vlan, sizeof(too_big_ipv6_vlan), 18, 66 },
};

START_TEST(a_packet_cut_anywhere_is_truncated)
{
	struct sl_icmp_error error;

	for (uint32_t len_bytes = 0; len_bytes < known[_i].len_bytes; len_bytes++)
		ck_assert_int_eq(parse_exactly(known[_i].packet, len_bytes, &error),
				 SL_WIRE_TRUNCATED);
}
END_TEST

/* ---- messages that lie: one change, all checksums made right again ---- */

static uint16_t naive_checksum(const uint8_t *data, uint32_t len_bytes, uint32_t sum)
{
	for (uint32_t i = 0; i < len_bytes; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void mend(unsigned int which, uint8_t *packet, uint32_t len_bytes)
{
	uint8_t *ip = packet + known[which].ip_off, *icmp = packet + known[which].icmp_off;
	uint32_t icmp_bytes = len_bytes - known[which].icmp_off, pseudo = 0;

	if (which == 0) {
		sl_wire_put16(ip + 2, (uint16_t)(len_bytes - 14));
		sl_wire_put16(ip + 10, 0);
		sl_wire_put16(ip + 10, naive_checksum(ip, 20, 0));
	} else {
		sl_wire_put16(ip + 4, (uint16_t)(len_bytes - 18 - 40));
		pseudo = 58 + icmp_bytes + (uint16_t)~naive_checksum(ip + 8, 32, 0);
	}
	sl_wire_put16(icmp + 2, 0);
	sl_wire_put16(icmp + 2, naive_checksum(icmp, icmp_bytes, pseudo));
}

static const struct {
	const char *what;
	unsigned int known_idx, off, bytes; /* off: from the start of the ICMP message */
	uint32_t value;
	enum sl_wire_verdict verdict;
	enum sl_icmp_kind kind;
	uint32_t mtu_bytes;
} rows[] = {
	{ "as it is", 0, 1, 1, 4, SL_WIRE_OK, SL_ICMP_TOO_BIG, 1400 },
	{ "a router that says no MTU", 0, 6, 2, 0, SL_WIRE_OK, SL_ICMP_TOO_BIG, 0 },
	{ "network unreachable", 0, 0, 2, 0x0300, SL_WIRE_OK, SL_ICMP_UNREACHABLE, 1400 },
	{ "port unreachable", 0, 0, 2, 0x0303, SL_WIRE_OK, SL_ICMP_UNREACHABLE, 1400 },
	{ "time exceeded", 0, 0, 2, 0x0b00, SL_WIRE_OK, SL_ICMP_TIME_EXCEEDED, 0 },
	{ "parameter problem", 0, 0, 2, 0x0c00, SL_WIRE_OK, SL_ICMP_PARAMETER_PROBLEM, 0 },
	{ "echo", 0, 0, 2, 0x0800, SL_WIRE_ICMP, 0, 0 },
	{ "echo reply", 0, 0, 2, 0x0000, SL_WIRE_ICMP, 0, 0 },
	{ "redirect", 0, 0, 2, 0x0501, SL_WIRE_ICMP, 0, 0 },
	{ "source quench", 0, 0, 2, 0x0400, SL_WIRE_ICMP, 0, 0 },
	{ "of UDP", 0, 8 + 9, 1, 17, SL_WIRE_ICMP, 0, 0 },
	{ "of a later fragment", 0, 8 + 6, 2, 0x2001, SL_WIRE_ICMP, 0, 0 },
	{ "of a first fragment", 0, 8 + 6, 2, 0x2000, SL_WIRE_OK, SL_ICMP_TOO_BIG, 1400 },
	{ "of IPv6", 0, 8, 1, 0x65, SL_WIRE_BAD_HEADER, 0, 0 },
	{ "IHL of four words", 0, 8, 1, 0x44, SL_WIRE_BAD_HEADER, 0, 0 },
	{ "IHL beyond the packet", 0, 8, 1, 0x48, SL_WIRE_BAD_HEADER, 0, 0 },
	{ "IHL that leaves half the ports", 0, 8, 1, 0x46, SL_WIRE_BAD_HEADER, 0, 0 },
	{ "of somebody else's", 0, 8 + 15, 1, 2, SL_WIRE_BAD_HEADER, 0, 0 },
	{ "of another length", 0, 8 + 2, 2, 9999, SL_WIRE_OK, SL_ICMP_TOO_BIG, 1400 },
	{ "as it is", 1, 0, 2, 0x0200, SL_WIRE_OK, SL_ICMP_TOO_BIG, 1280 },
	{ "a jumbogram's MTU", 1, 4, 4, 0x12345678, SL_WIRE_OK, SL_ICMP_TOO_BIG, 0x12345678 },
	{ "unreachable", 1, 0, 2, 0x0103, SL_WIRE_OK, SL_ICMP_UNREACHABLE, 0 },
	{ "time exceeded", 1, 0, 2, 0x0300, SL_WIRE_OK, SL_ICMP_TIME_EXCEEDED, 0 },
	{ "parameter problem", 1, 0, 2, 0x0401, SL_WIRE_OK, SL_ICMP_PARAMETER_PROBLEM, 0 },
	{ "an unknown error", 1, 0, 2, 0x0500, SL_WIRE_ICMP, 0, 0 },
	{ "echo", 1, 0, 2, 0x8000, SL_WIRE_ICMP, 0, 0 },
	{ "neighbour solicitation", 1, 0, 2, 0x8700, SL_WIRE_ICMP, 0, 0 },
	{ "of UDP", 1, 8 + 6, 1, 17, SL_WIRE_ICMP, 0, 0 },
	{ "of a fragment", 1, 8 + 6, 1, 44, SL_WIRE_ICMP, 0, 0 },
	{ "of IPv4", 1, 8, 1, 0x45, SL_WIRE_BAD_HEADER, 0, 0 },
	{ "of somebody else's", 1, 8 + 23, 1, 2, SL_WIRE_BAD_HEADER, 0, 0 },
};

enum { ROW_CNT = sizeof(rows) / sizeof(rows[0]) };

START_TEST(messages_are_understood_or_refused)
{
	unsigned int which = rows[_i].known_idx;
	uint8_t packet[PACKET_MAX_BYTES];
	struct sl_icmp_error error;

	memcpy(packet, known[which].packet, known[which].len_bytes);
	for (unsigned int i = 0; i < rows[_i].bytes; i++)
		packet[known[which].icmp_off + rows[_i].off + i] =
		    (uint8_t)(rows[_i].value >> 8 * (rows[_i].bytes - 1 - i));
	mend(which, packet, known[which].len_bytes);
	ck_assert_msg(parse_exactly(packet, known[which].len_bytes, &error) == rows[_i].verdict,
		      "row %d, %s: not verdict %d", _i, rows[_i].what, (int)rows[_i].verdict);
	if (rows[_i].verdict != SL_WIRE_OK)
		return;
	ck_assert_int_eq(error.kind, rows[_i].kind);
	ck_assert_uint_eq(error.mtu_bytes, rows[_i].mtu_bytes);
}
END_TEST

START_TEST(too_little_quoted_is_refused)
{
	uint32_t least_bytes = known[_i].icmp_off + 8 + (_i == 0 ? 20 : 40) + 8;
	uint8_t packet[PACKET_MAX_BYTES];
	struct sl_icmp_error error;

	memcpy(packet, known[_i].packet, known[_i].len_bytes);
	for (uint32_t len_bytes = known[_i].icmp_off + 8; len_bytes <= known[_i].len_bytes;
	     len_bytes++) {
		mend((unsigned int)_i, packet, len_bytes);
		ck_assert_int_eq(parse_exactly(packet, len_bytes, &error),
				 len_bytes < least_bytes ? SL_WIRE_BAD_HEADER : SL_WIRE_OK);
	}
}
END_TEST

START_TEST(one_wrong_bit_is_found_out)
{
	uint8_t packet[PACKET_MAX_BYTES];
	struct sl_icmp_error error;

	memcpy(packet, known[_i].packet, known[_i].len_bytes);
	for (uint32_t off = known[_i].icmp_off; off < known[_i].len_bytes; off++) {
		for (int bit = 0; bit < 8; bit++) {
			packet[off] ^= (uint8_t)(1 << bit);
			ck_assert_int_eq(parse_exactly(packet, known[_i].len_bytes, &error),
					 SL_WIRE_BAD_CHECKSUM);
			packet[off] ^= (uint8_t)(1 << bit);
		}
	}
}
END_TEST

START_TEST(a_segment_is_no_error)
{
	struct sl_icmp_error error;

	ck_assert_int_eq(parse_exactly(data_ipv4, sizeof(data_ipv4), &error), SL_WIRE_ICMP);
	ck_assert_int_eq(parse_exactly(sack_ipv6_vlan, sizeof(sack_ipv6_vlan), &error),
			 SL_WIRE_ICMP);
}
END_TEST

Suite *suite_icmp(void)
{
	Suite *suite = suite_create("icmp");
	TCase *tcase = tcase_create("icmp");

	tcase_add_test(tcase, too_big_over_ipv4);
	tcase_add_test(tcase, too_big_over_ipv6_behind_options_and_a_tag);
	tcase_add_loop_test(tcase, a_packet_cut_anywhere_is_truncated, 0, 2);
	tcase_add_loop_test(tcase, messages_are_understood_or_refused, 0, ROW_CNT);
	tcase_add_loop_test(tcase, too_little_quoted_is_refused, 0, 2);
	tcase_add_loop_test(tcase, one_wrong_bit_is_found_out, 0, 2);
	tcase_add_test(tcase, a_segment_is_no_error);
	suite_add_tcase(suite, tcase);
	return suite;
}
