/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "room_wire.h"
#include "wire/format.h"
#include "wire/segment.h"
#include "wire_packets.h"

enum { IPV6_OFF = 18, NEXT_OFF = IPV6_OFF + 6, TCP_OFF = IPV6_OFF + SL_IPV6_BYTES, MAX_BYTES = 80 };

/* Rows are extension headers as they stand, up to their last; that says 6, TCP. */
static const struct {
	const char *what;
	uint8_t first; /* next header of IPv6's own */
	uint8_t bytes[MAX_BYTES];
	uint32_t len_bytes;
	enum sl_wire_verdict verdict;
} chains[] = {
	{ "hop-by-hop, padding", 0, { 6, 0, 1, 4 }, 8, SL_WIRE_OK },
	{ "hop-by-hop, router alert", 0, { 6, 0, 5, 2, 0, 0, 1, 0 }, 8, SL_WIRE_OK },
	{ "destination options, six bytes of Pad1", 60, { 6, 0 }, 8, SL_WIRE_OK },
	{ "destination options of two units", 60, { 6, 1, 1, 12 }, 16, SL_WIRE_OK },
	{ "a routing header that is spent", 43, { 6, 0, 4, 0 }, 8, SL_WIRE_OK },
	{ "a routing header with a way to go", 43, { 6, 2, 0, 1 }, 24, SL_WIRE_NOT_TCP },
	{ "all three",
	  0,
	  { 60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 4, 0 },
	  24,
	  SL_WIRE_OK },
	{ "destination options twice, around routing",
	  60,
	  { 43, 0, 1, 4, 0, 0, 0, 0, 60, 0, 4, 0, 0, 0, 0, 0, 6, 0, 1, 4 },
	  24,
	  SL_WIRE_OK },
	{ "hop-by-hop in second place",
	  60,
	  { 0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4 },
	  16,
	  SL_WIRE_NOT_TCP },
	{ "a fragment behind options",
	  60,
	  { 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 0 },
	  16,
	  SL_WIRE_FRAGMENT },
	{ "authentication", 51, { 6, 4 }, 24, SL_WIRE_NOT_TCP },
	{ "mobility", 135, { 6, 0 }, 8, SL_WIRE_NOT_TCP },
	{ "nothing", 59, { 6, 0 }, 8, SL_WIRE_NOT_TCP },
	{ "options, then UDP", 60, { 17, 0, 1, 4 }, 8, SL_WIRE_NOT_TCP },
	{ "options, then ICMPv6", 60, { 58, 0, 1, 4 }, 8, SL_WIRE_ICMP },
	{ "an unknown option to skip", 60, { 6, 0, 0x3e, 4, 9, 9, 9, 9 }, 8, SL_WIRE_OK },
	{ "an unknown option to drop for",
	  60,
	  { 6, 0, 0x7e, 4, 9, 9, 9, 9 },
	  8,
	  SL_WIRE_BAD_HEADER },
	{ "one to complain about", 60, { 6, 0, 0x9e, 4, 9, 9, 9, 9 }, 8, SL_WIRE_BAD_HEADER },
	{ "a jumbogram", 0, { 6, 0, 0xc2, 4, 0, 1, 0, 0 }, 8, SL_WIRE_BAD_HEADER },
	{ "an option one beyond its header", 60, { 6, 0, 1, 5 }, 8, SL_WIRE_BAD_HEADER },
	{ "a kind without its length", 60, { 6, 0, 1, 3, 0, 0, 0, 1 }, 8, SL_WIRE_BAD_HEADER },
	{ "a header longer than the packet", 60, { 6, 255 }, 8, SL_WIRE_BAD_HEADER },
};

enum { CHAIN_CNT = sizeof(chains) / sizeof(chains[0]) };

/* sack_ipv6_vlan with the bytes put between IPv6 and TCP, whose checksum they do not change. */
static uint32_t insert(uint8_t *packet, uint8_t first, const uint8_t *bytes, uint32_t len_bytes)
{
	memcpy(packet, sack_ipv6_vlan, TCP_OFF);
	packet[NEXT_OFF] = first;
	packet[IPV6_OFF + 5] = (uint8_t)(packet[IPV6_OFF + 5] + len_bytes);
	memcpy(packet + TCP_OFF, bytes, len_bytes);
	memcpy(packet + TCP_OFF + len_bytes, sack_ipv6_vlan + TCP_OFF,
	       sizeof(sack_ipv6_vlan) - TCP_OFF);
	return (uint32_t)sizeof(sack_ipv6_vlan) + len_bytes;
}

START_TEST(extension_headers_are_stepped_over_or_refused)
{
	uint8_t packet[sizeof(sack_ipv6_vlan) + MAX_BYTES];
	uint32_t len_bytes =
	    insert(packet, chains[_i].first, chains[_i].bytes, chains[_i].len_bytes);
	struct sl_segment segment;

	ck_assert_msg(sl_segment_parse(packet, len_bytes, &segment) == chains[_i].verdict,
		      "%s: not verdict %d", chains[_i].what, (int)chains[_i].verdict);
	if (chains[_i].verdict != SL_WIRE_OK)
		return;
	ck_assert_uint_eq(segment.src_port, 50001);
	ck_assert_uint_eq(segment.seq, 0x01020304);
	ck_assert_uint_eq(segment.sack_cnt, 2);
	ck_assert_ptr_eq(segment.payload, packet + len_bytes);
}
END_TEST

START_TEST(a_chain_cut_anywhere_is_truncated)
{
	uint8_t packet[sizeof(sack_ipv6_vlan) + MAX_BYTES];
	uint32_t whole_bytes =
	    insert(packet, chains[_i].first, chains[_i].bytes, chains[_i].len_bytes);
	struct sl_segment segment;

	for (uint32_t len_bytes = 0; len_bytes < whole_bytes; len_bytes++) {
		uint8_t *copy = malloc(len_bytes ? len_bytes : 1);

		if (!copy)
			ck_abort_msg("no memory");
		memcpy(copy, packet, len_bytes);
		ck_assert_int_eq(sl_segment_parse(copy, len_bytes, &segment), SL_WIRE_TRUNCATED);
		free(copy);
	}
}
END_TEST

/* The IPv6 header says less than the chain needs: every length of it. */
START_TEST(a_chain_longer_than_the_payload_is_refused)
{
	uint8_t packet[sizeof(sack_ipv6_vlan) + MAX_BYTES];
	uint32_t whole_bytes =
	    insert(packet, chains[_i].first, chains[_i].bytes, chains[_i].len_bytes);
	uint32_t chain_end = chains[_i].len_bytes + SL_TCP_MIN_BYTES;
	struct sl_segment segment;

	for (uint32_t payload_bytes = 0; payload_bytes < chain_end; payload_bytes++) {
		packet[IPV6_OFF + 5] = (uint8_t)payload_bytes;
		ck_assert_int_ne(sl_segment_parse(packet, whole_bytes, &segment), SL_WIRE_OK);
	}
}
END_TEST

START_TEST(eight_headers_are_stepped_over_and_no_more)
{
	uint8_t packet[sizeof(sack_ipv6_vlan) + MAX_BYTES], bytes[MAX_BYTES] = { 0 };
	struct sl_segment segment;

	for (uint32_t cnt = 1; cnt <= 9; cnt++) {
		uint32_t len_bytes;

		for (uint32_t i = 0; i < cnt; i++)
			bytes[i * 8] = i + 1 == cnt ? SL_PROTOCOL_TCP : 60;
		len_bytes = insert(packet, 60, bytes, cnt * 8);
		ck_assert_int_eq(sl_segment_parse(packet, len_bytes, &segment),
				 cnt <= 8 ? SL_WIRE_OK : SL_WIRE_NOT_TCP);
	}
}
END_TEST

Suite *suite_extension(void)
{
	Suite *suite = suite_create("extension");
	TCase *tcase = tcase_create("extension");

	tcase_add_loop_test(tcase, extension_headers_are_stepped_over_or_refused, 0, CHAIN_CNT);
	tcase_add_loop_test(tcase, a_chain_cut_anywhere_is_truncated, 0, CHAIN_CNT);
	tcase_add_loop_test(tcase, a_chain_longer_than_the_payload_is_refused, 0, CHAIN_CNT);
	tcase_add_test(tcase, eight_headers_are_stepped_over_and_no_more);
	suite_add_tcase(suite, tcase);
	return suite;
}
