/* SPDX-License-Identifier: BSD-2-Clause */
/* The steering program under BPF_PROG_TEST_RUN: verdict by verdict, no packet leaves. The kernel
 * runs it as if the packet had come in on queue 0, where a real AF_XDP socket waits. */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "bpf/packet.h"
#include "bpf/suites.h"
#include "bpf/veth.h"
#include "nic/steer.h"

enum {
	ETHERNET_HEADER_BYTES = 14, /* BPF_PROG_TEST_RUN takes nothing shorter */
	UDP = 17,
	ICMP = 1,
	ARP = 0x0806,
	/* IPv6 next headers, RFC 8200, 4.1 */
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	ICMPV6 = 58,
	DESTINATION_OPTIONS = 60,
	/* ICMP, RFC 792; ICMPv6, RFC 4443 and 4861 */
	UNREACHABLE = 3,
	SOURCE_QUENCH = 4,
	REDIRECT = 5,
	ECHO = 8,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
	UNREACHABLE6 = 1,
	TOO_BIG6 = 2,
	TIME_EXCEEDED6 = 3,
	PARAMETER_PROBLEM6 = 4,
	ECHO6 = 128,
	NEIGHBOUR_SOLICITATION = 135,
	/* IPv4 flags, RFC 791, 3.1 */
	DO_NOT_FRAGMENT = 0x4000,
	MORE_FRAGMENTS = 0x2000,
};

static const uint8_t other_ipv4[4] = { 192, 0, 2, 99 };
static const uint8_t other_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 99 };
static const uint8_t mapped_ipv6[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

static const struct packet_shape steered[] = {
	{ .what = "IPv4" },
	{ .what = "IPv4, one tag", .tag_cnt = 1 },
	{ .what = "IPv4, one service tag", .tag_cnt = 1, .service_tag = true },
	{ .what = "IPv4, QinQ", .tag_cnt = 2, .service_tag = true },
	{ .what = "IPv4, two customer tags", .tag_cnt = 2 },
	{ .what = "IPv4, one word of options", .header_words = 6 },
	{ .what = "IPv4, all the options there can be", .header_words = 15 },
	{ .what = "IPv4, options and QinQ", .header_words = 15, .tag_cnt = 2, .service_tag = true },
	{ .what = "IPv4, don't fragment", .fragment = DO_NOT_FRAGMENT },
	{ .what = "IPv4, payload", .payload_bytes = 1000 },
	{ .what = "IPv6", .ipv6 = true },
	{ .what = "IPv6, one tag", .ipv6 = true, .tag_cnt = 1 },
	{ .what = "IPv6, QinQ", .ipv6 = true, .tag_cnt = 2, .service_tag = true },
	{ .what = "IPv6, payload", .ipv6 = true, .payload_bytes = 1000 },
	{ .what = "IPv6, second listener", .ipv6 = true, .port = 8443 },
	{ .what = "hop-by-hop options", .ipv6 = true, .extension_cnt = 1 },
	{ .what = "destination options",
	  .ipv6 = true,
	  .extension_cnt = 1,
	  .extensions = { DESTINATION_OPTIONS } },
	{ .what = "a spent routing header",
	  .ipv6 = true,
	  .extension_cnt = 1,
	  .extensions = { ROUTING } },
	{ .what = "all of them and QinQ",
	  .ipv6 = true,
	  .tag_cnt = 2,
	  .extension_cnt = 4,
	  .extensions = { HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, DESTINATION_OPTIONS } },
	{ .what = "eight extension headers",
	  .ipv6 = true,
	  .extension_cnt = 8,
	  .extensions = { HOP_BY_HOP, 60, 60, 60, 60, 60, 60, 60 } },
	{ .what = "unreachable", .quote = { .type = UNREACHABLE } },
	{ .what = "unreachable, one tag", .tag_cnt = 1, .quote = { .type = UNREACHABLE } },
	{ .what = "unreachable, options around and within",
	  .header_words = 15,
	  .quote = { .type = UNREACHABLE, .header_words = 15 } },
	{ .what = "unreachable, all of it quoted",
	  .payload_bytes = 500,
	  .quote = { .type = UNREACHABLE } },
	{ .what = "time exceeded", .quote = { .type = TIME_EXCEEDED } },
	{ .what = "parameter problem", .quote = { .type = PARAMETER_PROBLEM } },
	{ .what = "first fragment quoted",
	  .quote = { .type = UNREACHABLE, .fragment = MORE_FRAGMENTS } },
	{ .what = "IPv6 unreachable", .ipv6 = true, .quote = { .type = UNREACHABLE6 } },
	{ .what = "IPv6 too big", .ipv6 = true, .quote = { .type = TOO_BIG6 } },
	{ .what = "IPv6 too big, QinQ", .ipv6 = true, .tag_cnt = 2, .quote = { .type = TOO_BIG6 } },
	{ .what = "IPv6 too big, second listener",
	  .ipv6 = true,
	  .quote = { .type = TOO_BIG6, .port = 8443 } },
	{ .what = "IPv6 too big behind options",
	  .ipv6 = true,
	  .extension_cnt = 2,
	  .extensions = { HOP_BY_HOP, DESTINATION_OPTIONS },
	  .quote = { .type = TOO_BIG6 } },
	{ .what = "IPv6 time exceeded", .ipv6 = true, .quote = { .type = TIME_EXCEEDED6 } },
	{ .what = "IPv6 parameter problem", .ipv6 = true, .quote = { .type = PARAMETER_PROBLEM6 } },
};

static const struct packet_shape passed[] = {
	{ .what = "IPv4, other port", .port = 22 },
	{ .what = "IPv4, port of the IPv6 listener only", .port = 8443 },
	{ .what = "IPv4, other address", .to = other_ipv4 },
	{ .what = "IPv4, UDP", .protocol = UDP },
	{ .what = "IPv4, ICMP", .protocol = ICMP },
	{ .what = "IPv4, first fragment", .fragment = MORE_FRAGMENTS },
	{ .what = "IPv4, middle fragment", .fragment = MORE_FRAGMENTS | 185 },
	{ .what = "IPv4, last fragment", .fragment = 185 },
	{ .what = "IPv4, last fragment, highest offset", .fragment = 0x1fff },
	{ .what = "IPv4, header of four words", .header_words = 4 },
	{ .what = "IPv4, header of one word", .header_words = 1 },
	{ .what = "IPv4, version 6", .version = 6 },
	{ .what = "IPv4, three tags", .tag_cnt = 3 },
	{ .what = "IPv4 behind IPv6's type", .ethertype = 0x86dd },
	{ .what = "IPv6, other port", .ipv6 = true, .port = 22 },
	{ .what = "IPv6, other address", .ipv6 = true, .to = other_ipv6 },
	{ .what = "IPv6, an IPv4 address in disguise", .ipv6 = true, .to = mapped_ipv6 },
	{ .what = "IPv6, UDP", .ipv6 = true, .protocol = UDP },
	{ .what = "IPv6, fragment", .ipv6 = true, .protocol = FRAGMENT },
	{ .what = "a routing header with a way to go",
	  .ipv6 = true,
	  .extension_cnt = 1,
	  .extensions = { ROUTING },
	  .segments_left = 1 },
	{ .what = "hop-by-hop options in second place",
	  .ipv6 = true,
	  .extension_cnt = 2,
	  .extensions = { DESTINATION_OPTIONS, HOP_BY_HOP } },
	{ .what = "fragment behind options",
	  .ipv6 = true,
	  .extension_cnt = 2,
	  .extensions = { DESTINATION_OPTIONS, FRAGMENT } },
	{ .what = "authentication",
	  .ipv6 = true,
	  .extension_cnt = 1,
	  .extensions = { AUTHENTICATION } },
	{ .what = "nine extension headers",
	  .ipv6 = true,
	  .extension_cnt = 9,
	  .extensions = { 60, 60, 60, 60, 60, 60, 60, 60, 60 } },
	{ .what = "options, other port", .ipv6 = true, .extension_cnt = 1, .port = 22 },
	{ .what = "options, UDP", .ipv6 = true, .extension_cnt = 1, .protocol = UDP },
	{ .what = "IPv6, version 4", .ipv6 = true, .version = 4 },
	{ .what = "IPv6, three tags", .ipv6 = true, .tag_cnt = 3 },
	{ .what = "IPv6 behind IPv4's type", .ipv6 = true, .ethertype = 0x0800 },
	{ .what = "ping", .quote = { .type = ECHO } },
	{ .what = "redirect", .quote = { .type = REDIRECT } },
	{ .what = "source quench", .quote = { .type = SOURCE_QUENCH } },
	{ .what = "unreachable, of the kernel's port",
	  .quote = { .type = UNREACHABLE, .port = 22 } },
	{ .what = "unreachable, of another's",
	  .quote = { .type = UNREACHABLE, .from = other_ipv4 } },
	{ .what = "unreachable, to another",
	  .to = other_ipv4,
	  .quote = { .type = UNREACHABLE, .from = other_ipv4 } },
	{ .what = "unreachable, to another about ours",
	  .to = other_ipv4,
	  .quote = { .type = UNREACHABLE } },
	{ .what = "unreachable, of UDP", .quote = { .type = UNREACHABLE, .protocol = UDP } },
	{ .what = "unreachable, later fragment quoted",
	  .quote = { .type = UNREACHABLE, .fragment = 185 } },
	{ .what = "unreachable, four words quoted",
	  .quote = { .type = UNREACHABLE, .header_words = 4 } },
	{ .what = "unreachable, version 6 quoted", .quote = { .type = UNREACHABLE, .version = 6 } },
	{ .what = "unreachable, in fragments",
	  .fragment = MORE_FRAGMENTS,
	  .quote = { .type = UNREACHABLE } },
	{ .what = "ICMPv6 over IPv4", .protocol = ICMPV6, .quote = { .type = UNREACHABLE } },
	{ .what = "IPv6 ping", .ipv6 = true, .quote = { .type = ECHO6 } },
	{ .what = "neighbour solicitation",
	  .ipv6 = true,
	  .quote = { .type = NEIGHBOUR_SOLICITATION } },
	{ .what = "IPv6 error to come", .ipv6 = true, .quote = { .type = 5 } },
	{ .what = "IPv6 too big, of the kernel's port",
	  .ipv6 = true,
	  .quote = { .type = TOO_BIG6, .port = 22 } },
	{ .what = "IPv6 too big, of another's",
	  .ipv6 = true,
	  .quote = { .type = TOO_BIG6, .from = other_ipv6 } },
	{ .what = "IPv6 too big, to another about ours",
	  .ipv6 = true,
	  .to = other_ipv6,
	  .quote = { .type = TOO_BIG6 } },
	{ .what = "IPv6 too big, of UDP",
	  .ipv6 = true,
	  .quote = { .type = TOO_BIG6, .protocol = UDP } },
	{ .what = "IPv6 too big, version 4 quoted",
	  .ipv6 = true,
	  .quote = { .type = TOO_BIG6, .version = 4 } },
	{ .what = "ICMP over IPv6",
	  .ipv6 = true,
	  .protocol = ICMP,
	  .quote = { .type = UNREACHABLE } },
	{ .what = "ARP", .ethertype = ARP },
	{ .what = "a length where the type is", .ethertype = 60 },
};

enum {
	STEERED_CNT = sizeof(steered) / sizeof(*steered),
	PASSED_CNT = sizeof(passed) / sizeof(*passed),
};

static struct sl_steer *steer;
static struct sl_nic *nic;
static int program;

static void open_steering(void)
{
	struct sl_listener listeners[] = { veth_listener(443), veth_listener(443),
					   veth_listener(8443) };
	struct sl_steer_config config = {
		.iface = VETH_NEAR,
		.listeners = listeners,
		.listener_cnt = 3,
	};

	listeners[1].address = listeners[2].address = sl_address_from_ipv6(veth_near_ipv6);
	listeners[1].ipv6 = listeners[2].ipv6 = true;
	veth_open();
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	program = bpf_prog_get_fd_by_id(sl_steer_program_id(steer));
	ck_assert_int_ge(program, 0);
}

static void add_socket(void)
{
	struct sl_nic_config config = veth_nic_config();

	nic = veth_open_nic(&config);
	ck_assert_int_eq(sl_steer_add_socket(steer, 0, sl_nic_fd(nic)), 0);
}

static void close_steering(void)
{
	close(program);
	if (nic)
		sl_nic_close(nic);
	sl_steer_close(steer);
}

static uint32_t verdict(struct packet *packet, uint32_t len_bytes)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->bytes, .data_size_in = len_bytes,
		    .repeat = 1);

	ck_assert_int_eq(bpf_prog_test_run_opts(program, &opts), 0);
	return opts.retval;
}

START_TEST(good_segments_are_steered)
{
	struct packet packet;

	add_socket();
	for (uint32_t i = 0; i < STEERED_CNT; i++) {
		packet_make(&packet, &steered[i]);
		ck_assert_msg(verdict(&packet, packet.len_bytes) == XDP_REDIRECT, "row %u: %s", i,
			      steered[i].what);
	}
}
END_TEST

static void cut_short(uint32_t row)
{
	struct packet packet;

	packet_make(&packet, &steered[row]);
	for (uint32_t len = ETHERNET_HEADER_BYTES; len < packet.header_bytes; len++)
		ck_assert_msg(verdict(&packet, len) == XDP_PASS, "row %u: %s, cut to %u bytes", row,
			      steered[row].what, len);
	ck_assert_int_eq(verdict(&packet, packet.header_bytes), XDP_REDIRECT);
}

START_TEST(a_segment_cut_short_is_the_kernels)
{
	add_socket();
	for (uint32_t i = 0; i < STEERED_CNT; i++)
		cut_short(i);
}
END_TEST

START_TEST(everything_else_is_the_kernels)
{
	struct packet packet;

	add_socket();
	for (uint32_t i = 0; i < PASSED_CNT; i++) {
		packet_make(&packet, &passed[i]);
		ck_assert_msg(verdict(&packet, packet.len_bytes) == XDP_PASS, "row %u: %s", i,
			      passed[i].what);
	}
}
END_TEST

START_TEST(without_a_socket_all_is_the_kernels)
{
	struct packet packet;

	for (uint32_t i = 0; i < STEERED_CNT; i++) {
		packet_make(&packet, &steered[i]);
		ck_assert_msg(verdict(&packet, packet.len_bytes) == XDP_PASS, "row %u: %s", i,
			      steered[i].what);
	}
}
END_TEST

START_TEST(with_its_socket_steering_ends)
{
	struct packet packet;

	add_socket();
	packet_make(&packet, &steered[0]);
	ck_assert_int_eq(verdict(&packet, packet.len_bytes), XDP_REDIRECT);
	sl_nic_close(nic);
	nic = NULL;
	ck_assert_int_eq(verdict(&packet, packet.len_bytes), XDP_PASS);
}
END_TEST

Suite *suite_steer(void)
{
	Suite *suite = suite_create("steer");
	TCase *verdicts = tcase_create("verdicts");

	tcase_add_checked_fixture(verdicts, open_steering, close_steering);
	tcase_add_test(verdicts, good_segments_are_steered);
	tcase_add_test(verdicts, a_segment_cut_short_is_the_kernels);
	tcase_add_test(verdicts, everything_else_is_the_kernels);
	tcase_add_test(verdicts, without_a_socket_all_is_the_kernels);
	tcase_add_test(verdicts, with_its_socket_steering_ends);
	suite_add_tcase(suite, verdicts);
	return suite;
}
