/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/privileges.h"

#include <check.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BIT(capability) (1ULL << (capability))

/* A set of capabilities of this thread, from /proc/thread-self/status. */
static unsigned long long capabilities(const char *set)
{
	FILE *status = fopen("/proc/thread-self/status", "r");
	unsigned long long bits = ~0ULL;
	char line[256];

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof(line), status)) {
		if (strncmp(line, set, strlen(set)) == 0)
			ck_assert_int_eq(sscanf(line + strlen(set), ":%llx", &bits), 1);
	}
	fclose(status);
	return bits;
}

START_TEST(test_drop_all)
{
	unsigned long long bounding = capabilities("CapBnd");
	bool may_bound = capabilities("CapEff") & BIT(CAP_SETPCAP);

	ck_assert_int_eq(sl_privileges_drop(false), 0);
	ck_assert_uint_eq(capabilities("CapEff"), 0);
	ck_assert_uint_eq(capabilities("CapPrm"), 0);
	ck_assert_uint_eq(capabilities("CapInh"), 0);
	ck_assert_uint_eq(capabilities("CapAmb"), 0);
	ck_assert_uint_eq(capabilities("CapBnd"), may_bound ? 0 : bounding);
	ck_assert_uint_eq(capabilities("NoNewPrivs"), 1);
}
END_TEST

/* Only root has something to keep. */
START_TEST(test_drop_dispatcher)
{
	const unsigned long long kept =
	    BIT(CAP_SYS_ADMIN) | BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN);

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(sl_privileges_drop(true), 0);
	ck_assert_uint_eq(capabilities("CapEff"), kept);
	ck_assert_uint_eq(capabilities("CapPrm"), kept);
	ck_assert_uint_eq(capabilities("CapAmb"), 0);
	ck_assert_uint_eq(capabilities("NoNewPrivs"), 1);
}
END_TEST

START_TEST(test_limits)
{
	struct rlimit files;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	sl_privileges_raise_limits();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
	ck_assert_uint_eq(files.rlim_cur, files.rlim_max);
}
END_TEST

Suite *make_privileges_suite(void);

Suite *make_privileges_suite(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tcase = tcase_create("privileges");

	tcase_add_test(tcase, test_drop_all);
	tcase_add_test(tcase, test_drop_dispatcher);
	tcase_add_test(tcase, test_limits);
	suite_add_tcase(suite, tcase);
	return suite;
}
