/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/connection_filter.h"

#include <arpa/inet.h>
#include <check.h>

#include "fake_serve.h"

/* What is asked for, and whether 192.0.2.1:1000 (fake_serve_row) and [2001:db8::1]:1000 are it. */
static const struct {
	const char *peer;
	bool taken, ipv4, ipv6;
} peers[] = {
	{ "192.0.2.1", true, true, false },
	{ "192.0.2.2", true, false, false },
	{ "192.0.2.1:1000", true, true, false },
	{ "192.0.2.1:1001", true, false, false },
	{ "2001:db8::1", true, false, true },
	{ "2001:db8:0::0:1", true, false, true },
	{ "[2001:db8::1]:1000", true, false, true },
	{ "[2001:db8::1]:1001", true, false, false },
	{ "::ffff:192.0.2.1", true, true, false },
	{ "192.0.2", false, false, false },
	{ "192.0.2.1:", false, false, false },
	{ "192.0.2.1:0", false, false, false },
	{ "192.0.2.1:65536", false, false, false },
	{ "[2001:db8::1]", false, false, false },
	{ "[2001:db8::1", false, false, false },
	{ "[192.0.2.1]:1000", false, false, false },
	{ "", false, false, false },
	{ ":1000", false, false, false },
	{ "localhost", false, false, false },
	{ "1111111111111111111111111111111111111111111111111111111111111111111111", false, false,
	  false },
};

START_TEST(by_peer)
{
	struct sl_connection_filter filter = { 0 };
	struct sl_snapshot_row row = fake_serve_row(0);

	ck_assert(sl_connection_filter_peer(&filter, peers[_i].peer) == peers[_i].taken);
	if (!peers[_i].taken)
		return;
	ck_assert(sl_connection_wanted(&filter, &row) == peers[_i].ipv4);
	inet_pton(AF_INET6, "2001:db8::1", row.tcp.peer.bytes);
	ck_assert(sl_connection_wanted(&filter, &row) == peers[_i].ipv6);
}
END_TEST

START_TEST(by_state)
{
	struct sl_connection_filter filter = { 0 };
	struct sl_snapshot_row row = fake_serve_row(0);

	ck_assert(sl_connection_wanted(&filter, &row));
	ck_assert(sl_connection_filter_state(&filter, "established"));
	ck_assert(sl_connection_wanted(&filter, &row));
	row.tcp.state = SL_TCP_CLOSE_WAIT;
	ck_assert(!sl_connection_wanted(&filter, &row));
	ck_assert(sl_connection_filter_state(&filter, "close-wait"));
	ck_assert(sl_connection_wanted(&filter, &row));
	/* Both must be right. */
	ck_assert(sl_connection_filter_peer(&filter, "192.0.2.7"));
	ck_assert(!sl_connection_wanted(&filter, &row));
}
END_TEST

START_TEST(no_such_state)
{
	static const char *const names[] = { "",       "ESTABLISHED", "estab",
					     "closed", "time-wait",   "unknown" };
	struct sl_connection_filter filter = { 0 };

	ck_assert(!sl_connection_filter_state(&filter, names[_i]));
	ck_assert(!filter.has_state);
}
END_TEST

Suite *make_connection_filter_suite(void);

Suite *make_connection_filter_suite(void)
{
	Suite *suite = suite_create("connection_filter");
	TCase *tcase = tcase_create("connection_filter");

	tcase_add_loop_test(tcase, by_peer, 0, sizeof(peers) / sizeof(peers[0]));
	tcase_add_test(tcase, by_state);
	tcase_add_loop_test(tcase, no_such_state, 0, 6);
	suite_add_tcase(suite, tcase);
	return suite;
}
