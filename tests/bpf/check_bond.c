/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/bond.h"
#include "suites.h"
#include "veth.h"

START_TEST(kind_and_master)
{
	struct sl_nic_link link;

	ck_assert_int_eq(sl_nic_link(VETH_NEAR, &link), 0);
	ck_assert_str_eq(link.kind, "veth");
	ck_assert_str_eq(link.master, "");
	veth_run("ip link add sl-bridge type bridge && ip link set " VETH_NEAR " master sl-bridge");
	ck_assert_int_eq(sl_nic_link(VETH_NEAR, &link), 0);
	ck_assert_str_eq(link.master, "sl-bridge");
	ck_assert_int_eq(sl_nic_link("sl-bridge", &link), 0);
	ck_assert_str_eq(link.kind, "bridge");
	ck_assert_int_eq(sl_nic_refuse_bond("sl-bridge"), 0);
	ck_assert_int_eq(sl_nic_refuse_bond(VETH_NEAR), 0);
	veth_run("ip link del sl-bridge");
	ck_assert_int_eq(sl_nic_link("sl-bridge", &link), -ENODEV);
}
END_TEST

/* The line names the members. Many kernels have no bonds. */
START_TEST(a_bond_is_refused)
{
	if (system("ip link add sl-bond type bond 2>/dev/null") != 0) {
		puts("SKIP: a_bond_is_refused (this kernel has no bonding driver)");
		return;
	}
	veth_run("ip link set " VETH_NEAR " down && ip link set " VETH_NEAR " master sl-bond");
	veth_catch_log();
	ck_assert_int_eq(sl_nic_refuse_bond("sl-bond"), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(veth_take_log(), "from those: " VETH_NEAR " only"));
	veth_run("ip link del sl-bond");
}
END_TEST

Suite *suite_bond(void)
{
	Suite *suite = suite_create("bond");
	TCase *tcase = tcase_create("bond");

	tcase_add_checked_fixture(tcase, veth_open, NULL);
	tcase_add_test(tcase, kind_and_master);
	tcase_add_test(tcase, a_bond_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
