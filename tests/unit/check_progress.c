/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>

#include "base/clock.h"
#include "daemon/progress.h"

START_TEST(lines)
{
	static const struct {
		uint64_t total_bytes, done_bytes, elapsed_s;
		bool terminal;
		const char *line;
	} table[] = {
		{ 4000000000, 1000000000, 2, false,
		  "imported 1.00 GB of 4.00 GB, 500 MB/s, 6 s left" },
		{ 4000000000, 4000000000, 2, false, "imported 4.00 GB of 4.00 GB, 2.00 GB/s" },
		{ 4000000000, 0, 0, false, "imported 0 B of 4.00 GB, 0 B/s" },
		{ 0, 0, 1, true, "imported 0 B of 0 B, 0 B/s" },
		/* More came than was counted. */
		{ 1000, 2000, 1, false, "imported 2.00 kB of 2.00 kB, 2.00 kB/s" },
		{ 4000, 1000, 1, true,
		  "imported 1.00 kB of 4.00 kB, 1.00 kB/s, 3 s left [======>                 ]" },
		{ 4000, 4000, 1, true,
		  "imported 4.00 kB of 4.00 kB, 4.00 kB/s [========================]" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct sl_progress progress = {
			.verb = "imported",
			.total_bytes = table[i].total_bytes,
			.done_bytes = table[i].done_bytes,
			.started_ns = 1000,
			.terminal = table[i].terminal,
		};
		char line[SL_PROGRESS_LINE_BYTES];

		sl_progress_line(&progress, 1000 + table[i].elapsed_s * SL_NS_PER_S, line);
		ck_assert_str_eq(line, table[i].line);
	}
}
END_TEST

Suite *make_progress_suite(void);
Suite *make_progress_suite(void)
{
	Suite *suite = suite_create("progress");
	TCase *test_case = tcase_create("core");

	tcase_add_test(test_case, lines);
	suite_add_tcase(suite, test_case);
	return suite;
}
