/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "base/clock.h"
#include "nic/hearing.h"
#include "suites.h"
#include "veth.h"

#define LONG_NS  (5 * SL_NS_PER_S)
#define SHORT_NS (300 * SL_NS_PER_MS)

/* What a driver would do that loses all that is passed to the kernel. */
static void drop_all(void)
{
	static const struct bpf_insn drop[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "drop", "GPL", drop, 2, NULL);

	ck_assert_int_ge(program, 0);
	ck_assert_int_eq(
	    bpf_xdp_attach((int)if_nametoindex(VETH_NEAR), program, XDP_FLAGS_SKB_MODE, NULL), 0);
}

static uint64_t waited_ns(enum sl_hearing expected, uint64_t timeout_ns)
{
	uint64_t began_ns = sl_clock_now_ns();

	ck_assert_int_eq(sl_nic_hearing(VETH_NEAR, timeout_ns), expected);
	return sl_clock_now_ns() - began_ns;
}

START_TEST(the_gateway_answers)
{
	veth_run("ip neigh flush nud all dev " VETH_NEAR " && ip route add default via 192.0.2.2");
	ck_assert_uint_lt(waited_ns(SL_HEARING_YES, LONG_NS), LONG_NS / 2);
}
END_TEST

START_TEST(a_known_neighbour_answers)
{
	veth_run("ip neigh flush nud all dev " VETH_NEAR
		 " && ping -c 1 -W 2 -q 192.0.2.2 >/dev/null");
	ck_assert_uint_lt(waited_ns(SL_HEARING_YES, LONG_NS), LONG_NS / 2);
}
END_TEST

/* The answer is there, but not for the kernel. */
START_TEST(passed_packets_are_lost)
{
	veth_run("ip route add default via 192.0.2.2");
	drop_all();
	ck_assert_uint_ge(waited_ns(SL_HEARING_NO, SHORT_NS), SHORT_NS);
}
END_TEST

START_TEST(the_gateway_is_not_there)
{
	veth_run("ip route add default via 192.0.2.77");
	ck_assert_uint_ge(waited_ns(SL_HEARING_NO, SHORT_NS), SHORT_NS);
}
END_TEST

START_TEST(nobody_to_ask)
{
	veth_run("ip neigh flush nud all dev " VETH_NEAR);
	ck_assert_uint_lt(waited_ns(SL_HEARING_UNKNOWN, LONG_NS), LONG_NS / 2);
}
END_TEST

/* A second later it is: some drivers bring their link down and up for a program. */
START_TEST(a_link_that_comes_late)
{
	veth_run("ip route add default via 192.0.2.2");
	veth_run_far("ip link set " VETH_FAR " down");
	waited_ns(SL_HEARING_UNKNOWN, SHORT_NS);
	veth_run_far("(sleep 1; ip link set " VETH_FAR " up) &");
	ck_assert_uint_ge(waited_ns(SL_HEARING_YES, LONG_NS), SL_NS_PER_S / 2);
}
END_TEST

Suite *suite_hearing(void)
{
	Suite *suite = suite_create("hearing");
	TCase *tcase = tcase_create("hearing");

	tcase_set_timeout(tcase, 20);
	tcase_add_checked_fixture(tcase, veth_open, NULL);
	tcase_add_test(tcase, the_gateway_answers);
	tcase_add_test(tcase, a_known_neighbour_answers);
	tcase_add_test(tcase, passed_packets_are_lost);
	tcase_add_test(tcase, the_gateway_is_not_there);
	tcase_add_test(tcase, nobody_to_ask);
	tcase_add_test(tcase, a_link_that_comes_late);
	suite_add_tcase(suite, tcase);
	return suite;
}
