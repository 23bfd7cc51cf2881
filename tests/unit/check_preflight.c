/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/preflight.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "daemon_place.h"

static const struct {
	int mtu_bytes;
	int error;
	const char *line;
} mtus[] = {
	{ 1500, 0, "" },
	{ SL_MTU_MIN, 0, "" },
	{ SL_MTU_MAX, 0, "" },
	{ SL_MTU_MIN - 1, -EMSGSIZE,
	  "sluice: error: interface lo: its MTU is 1279, Sluice needs 1280 to 9216: ip link set "
	  "dev lo mtu 1500\n" },
	{ SL_MTU_MAX + 1, -EMSGSIZE,
	  "sluice: error: interface lo: its MTU is 9217, Sluice needs 1280 to 9216: ip link set "
	  "dev lo mtu 1500\n" },
};

START_TEST(test_mtu)
{
	uint32_t mtu_bytes = 0;

	place_keep_log();
	place_interface(mtus[_i].mtu_bytes);
	ck_assert_int_eq(sl_preflight_iface("lo", &mtu_bytes), mtus[_i].error);
	ck_assert_int_eq((int)mtu_bytes, mtus[_i].mtu_bytes);
	ck_assert_str_eq(place_log(), mtus[_i].line);
}
END_TEST

START_TEST(test_iface_missing)
{
	uint32_t mtu_bytes;

	place_keep_log();
	ck_assert_int_eq(sl_preflight_iface("nosuch0", &mtu_bytes), -ENODEV);
	ck_assert_str_eq(place_log(), "sluice: error: interface nosuch0: no such interface; ip "
				      "link lists those that are there\n");
}
END_TEST

START_TEST(test_iface_down)
{
	uint32_t mtu_bytes;

	place_keep_log();
	place_interface_down();
	ck_assert_int_eq(sl_preflight_iface("lo", &mtu_bytes), -ENETDOWN);
	ck_assert_str_eq(place_log(),
			 "sluice: error: interface lo is down: ip link set dev lo up\n");
}
END_TEST

START_TEST(test_root)
{
	const char *directory = place_directory();
	char line[512];

	place_keep_log();
	ck_assert_int_eq(sl_preflight_root(directory), 0);
	ck_assert_str_eq(place_log(), "");

	ck_assert_int_eq(sl_preflight_root("/no/such/root"), -ENOENT);
	ck_assert_str_eq(place_log(),
			 "sluice: error: root /no/such/root: No such file or directory; --root "
			 "names the directory to serve\n");

	place_keep_log();
	place_write(place_path(directory, "file"), "");
	ck_assert_int_eq(sl_preflight_root(place_path(directory, "file")), -ENOTDIR);
	snprintf(line, sizeof(line),
		 "sluice: error: root %s/file: not a directory; --root names the directory to "
		 "serve\n",
		 directory);
	ck_assert_str_eq(place_log(), line);
}
END_TEST

/* Without privileges another's private directory cannot be served, and the line says so. */
START_TEST(test_root_unreadable)
{
	const char *directory = place_directory();

	place_keep_log();
	ck_assert_int_eq(chmod(directory, 0), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(sl_preflight_root(directory), -EACCES);
	ck_assert_ptr_nonnull(strstr(place_log(), "may not read it: Permission denied"));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(test_workers)
{
	uint32_t worker_cnt = 0;

	place_keep_log();
	ck_assert_int_eq(sl_preflight_workers("eth0", 8, 0, &worker_cnt), 0);
	ck_assert_uint_eq(worker_cnt, 8);
	ck_assert_int_eq(sl_preflight_workers("eth0", 8, 8, &worker_cnt), 0);
	ck_assert_uint_eq(worker_cnt, 8);
	ck_assert_str_eq(place_log(), "");

	ck_assert_int_eq(sl_preflight_workers("eth0", 8, 4, &worker_cnt), -EINVAL);
	ck_assert_str_eq(place_log(),
			 "sluice: error: interface eth0 has 8 receive queues, --workers says 4: "
			 "each queue needs a worker, so leave --workers out, or: ethtool -L eth0 "
			 "combined 4\n");

	place_keep_log();
	ck_assert_int_eq(sl_preflight_workers("eth0", 128, 0, &worker_cnt), -EINVAL);
	ck_assert_str_eq(place_log(),
			 "sluice: error: interface eth0 has 128 receive queues, Sluice serves 64 "
			 "at most: ethtool -L eth0 combined 64\n");
}
END_TEST

Suite *make_preflight_suite(void);

Suite *make_preflight_suite(void)
{
	Suite *suite = suite_create("preflight");
	TCase *tcase = tcase_create("preflight");

	tcase_add_loop_test(tcase, test_mtu, 0, sizeof(mtus) / sizeof(mtus[0]));
	tcase_add_test(tcase, test_iface_missing);
	tcase_add_test(tcase, test_iface_down);
	tcase_add_test(tcase, test_root);
	tcase_add_test(tcase, test_root_unreadable);
	tcase_add_test(tcase, test_workers);
	suite_add_tcase(suite, tcase);
	return suite;
}
