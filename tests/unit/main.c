/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"

#include <stdlib.h>

int main(void)
{
	SRunner *runner = srunner_create(NULL);
	int failed_cnt;

	for (const struct sl_suite *suite = sl_suites; suite->name; suite++)
		srunner_add_suite(runner, suite->make());
	srunner_run_all(runner, CK_NORMAL);
	failed_cnt = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_cnt ? EXIT_FAILURE : EXIT_SUCCESS;
}
