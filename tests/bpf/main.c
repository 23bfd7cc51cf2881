/* SPDX-License-Identifier: BSD-2-Clause */
/* These tests attach programs and make interfaces, in namespaces of their own: they need root. */
#include "unit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_SKIP = 77 };

int main(void)
{
	SRunner *runner = srunner_create(NULL);
	int failed_cnt;

	if (geteuid() != 0) {
		puts("skipped: needs root");
		return EXIT_SKIP;
	}
	for (const struct sl_suite *suite = sl_suites; suite->name; suite++)
		srunner_add_suite(runner, suite->make());
	srunner_run_all(runner, CK_NORMAL);
	failed_cnt = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_cnt ? EXIT_FAILURE : EXIT_SUCCESS;
}
