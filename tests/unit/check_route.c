/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "room_wire.h"
#include "wire/segment.h"
#include "wire_packets.h"

static struct sl_route route_back(const uint8_t *packet, uint32_t len_bytes)
{
	struct sl_segment segment;
	struct sl_route route;

	memset(&route, 0xa5, sizeof(route));
	ck_assert_int_eq(sl_segment_parse(packet, len_bytes, &segment), SL_WIRE_OK);
	sl_route_reverse(&route, &segment);
	ck_assert_mem_eq(&route.local, &segment.dst, sizeof(route.local));
	ck_assert_mem_eq(&route.peer, &segment.src, sizeof(route.peer));
	return route;
}

START_TEST(macs_addresses_and_ports_change_places)
{
	const uint8_t link[] = { 2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 1, 0x08, 0x00 };
	struct sl_route route = route_back(syn_ipv4, sizeof(syn_ipv4));

	ck_assert_uint_eq(route.link_bytes, sizeof(link));
	ck_assert_mem_eq(route.link, link, sizeof(link));
	ck_assert(!route.ipv6);
	ck_assert_uint_eq(route.local_port, 443);
	ck_assert_uint_eq(route.peer_port, 50000);
}
END_TEST

START_TEST(a_tag_comes_back_with_its_priority)
{
	const uint8_t link[] = { 2, 0, 0, 0,    0,    10,   2,    0,    0,
				 0, 0, 1, 0x81, 0x00, 0x20, 0x64, 0x86, 0xdd };
	struct sl_route route = route_back(sack_ipv6_vlan, sizeof(sack_ipv6_vlan));

	ck_assert_uint_eq(route.link_bytes, sizeof(link));
	ck_assert_mem_eq(route.link, link, sizeof(link));
	ck_assert(route.ipv6);
	ck_assert_uint_eq(route.local_port, 443);
	ck_assert_uint_eq(route.peer_port, 50001);
}
END_TEST

START_TEST(and_so_do_two)
{
	struct sl_route route = route_back(request_ipv4_qinq, sizeof(request_ipv4_qinq));

	ck_assert_uint_eq(route.link_bytes, 22);
	ck_assert_mem_eq(route.link + 12, request_ipv4_qinq + 12, 10);
}
END_TEST

Suite *suite_route(void)
{
	Suite *suite = suite_create("route");
	TCase *tcase = tcase_create("reverse");

	tcase_add_test(tcase, macs_addresses_and_ports_change_places);
	tcase_add_test(tcase, a_tag_comes_back_with_its_priority);
	tcase_add_test(tcase, and_so_do_two);
	suite_add_tcase(suite, tcase);
	return suite;
}
