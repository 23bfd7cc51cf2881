/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/link_report.h"

#include <check.h>
#include <string.h>

#include "daemon_place.h"

Suite *make_link_report_suite(void);

static const struct sl_listener listener = {
	.address = { { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1 } },
	.port = 443,
};

static const struct sl_link start = {
	.name = "eth0",
	.ifindex = 7,
	.up = true,
	.carrier = true,
	.mtu_bytes = 1500,
	.queue_cnt = 2,
};

/* One line, with that in it; or none. */
static void expect(const struct sl_link *before, const struct sl_link *now, const char *text)
{
	size_t said_bytes = strlen(place_log());
	const char *line;

	sl_link_report(&start, before, now, &listener, 1);
	line = place_log() + said_bytes;
	if (!text)
		ck_assert_str_eq(line, "");
	else
		ck_assert_msg(strstr(line, text) && strchr(line, '\n') == line + strlen(line) - 1,
			      "not one line with \"%s\": %s", text, line);
}

/* What differs from the start, and what is said when it comes and when it goes. */
static const struct {
	struct sl_link other;
	const char *comes, *goes;
} cases[] = {
	{ { "eth0", 7, false, false, 1500, 2, 0 }, "eth0 was set down", "the link is up again" },
	{ { "eth0", 7, true, false, 1500, 2, 0 },
	  "eth0 has lost its link",
	  "the link is up again" },
	{ { "eth9", 7, true, true, 1500, 2, 0 }, "eth0 is called eth9", "eth9 is called eth0" },
	{ { "eth0", 7, true, true, 1400, 2, 0 },
	  "MTU is 1400 now, and was 1500",
	  "MTU is 1500 again" },
	{ { "eth0", 7, true, true, 9000, 2, 0 }, "packets stay within 1500", "MTU is 1500 again" },
	{ { "eth0", 7, true, true, 1500, 4, 0 }, "workers for 2", "2 receive queues again" },
	{ { "eth0", 7, true, true, 1500, 1, 0 }, "1 receive queue now", "2 receive queues again" },
	{ { "eth0", 7, true, true, 1500, 2, 1 },
	  "192.0.2.1:443: interface eth0 no longer",
	  "192.0.2.1:443: interface eth0 has this address again" },
	{ { "eth0", 7, true, true, 1500, 2, 0 }, NULL, NULL },
};

START_TEST(test_what_comes_and_goes)
{
	place_keep_log();
	expect(&start, &cases[_i].other, cases[_i].comes);
	expect(&cases[_i].other, &cases[_i].other, NULL);
	expect(&cases[_i].other, &start, cases[_i].goes);
}
END_TEST

START_TEST(test_presence)
{
	struct sl_link none = { 0 }, other = start;

	place_keep_log();
	sl_link_report_presence(&start, &start);
	sl_link_report_presence(&none, &none);
	ck_assert_str_eq(place_log(), "");
	sl_link_report_presence(&start, &none);
	ck_assert_ptr_nonnull(strstr(place_log(), "error: interface eth0 is gone"));
	other.ifindex = 8;
	sl_link_report_presence(&start, &other);
	ck_assert_ptr_nonnull(
	    strstr(place_log(), "\nsluice: interface eth0: there is one again, up\n"));
}
END_TEST

Suite *make_link_report_suite(void)
{
	Suite *suite = suite_create("link_report");
	TCase *tcase = tcase_create("report");

	tcase_add_loop_test(tcase, test_what_comes_and_goes, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, test_presence);
	suite_add_tcase(suite, tcase);
	return suite;
}
