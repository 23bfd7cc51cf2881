/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/recovery.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/server.h"
#include "daemon_place.h"
#include "fake_serve.h"

Suite *make_recovery_suite(void);

static const struct sl_options options = { .iface = "d0" };
static struct sl_server server;

static void command(const char *text)
{
	ck_assert_int_eq(system(text), 0);
}

static void begin(const struct fake_script *script)
{
	fake_serve_start(script);
	place_keep_log();
	place_interface(1500);
	command("ip link add d0 type veth peer name d1 && ip link set d1 up && ip link set d0 up");
	server = (struct sl_server){ .options = &options, .mtu_bytes = 1500, .worker_cnt = 2 };
	ck_assert_int_eq(sl_steer_open(&server.steer, NULL), 0);
	for (uint32_t idx = 0; idx < 2; idx++)
		server.workers[idx] = fake_serve_worker(idx);
	sl_recovery_open(&server);
	fake_serve_start(script);
}

static void expect(int result, const char *calls)
{
	char called[256];

	ck_assert_int_eq(sl_recovery_run(&server), result);
	snprintf(called, sizeof(called), "%s", fake_serve_calls());
	/* Looking asks for the number of queues. */
	for (char *at; (at = strstr(called, "queues ")) != NULL;)
		memmove(at, at + 7, strlen(at + 7) + 1);
	ck_assert_str_eq(called, calls);
}

static void end(void)
{
	sl_link_watch_close(&server.link);
}

START_TEST(test_nothing_happens)
{
	begin(&(struct fake_script){ .queue_cnt = 2 });
	expect(0, "");
	ck_assert_str_eq(place_log(), "");
	end();
}
END_TEST

/* Gone, back but down, up: then everything in the order of the start, and once. */
START_TEST(test_gone_and_back)
{
	begin(&(struct fake_script){ .queue_cnt = 2 });
	command("ip link del d0");
	expect(0, "");
	ck_assert_ptr_nonnull(strstr(place_log(), "interface d0 is gone"));
	command("ip link add d0 type veth peer name d1");
	expect(0, "");
	ck_assert_ptr_nonnull(strstr(place_log(), "interface d0: there is one again, down"));
	command("ip link set d1 up && ip link set d0 up");
	expect(0, "steer=d0 replug0 socket0 replug1 socket1 ");
	ck_assert_ptr_nonnull(strstr(place_log(), "interface d0 is served again"));
	expect(0, "steer=d0 replug0 socket0 replug1 socket1 ");
	end();
}
END_TEST

/* It went and came between two looks. */
START_TEST(test_another_one)
{
	begin(&(struct fake_script){ .queue_cnt = 2 });
	command("ip link del d0 && ip link add d0 mtu 1400 type veth peer name d1 && "
		"ip link set d1 up && ip link set d0 up");
	expect(0, "steer=d0 replug0 socket0 replug1 socket1 mtu0=1400 mtu1=1400 ");
	ck_assert_ptr_nonnull(strstr(place_log(), "MTU is 1400 now, and was 1500"));
	end();
}
END_TEST

static const struct {
	struct fake_script script;
	int result;
	const char *calls;
} failures[] = {
	{ { .queue_cnt = 1 }, -EINVAL, "" },
	{ { .queue_cnt = 2, .steer_error = -EBUSY }, -EBUSY, "steer=d0 " },
	{ { .queue_cnt = 2, .failing_worker = 1, .worker_error = -ENOENT },
	  -ENOENT,
	  "steer=d0 replug0 socket0 replug1 " },
	{ { .queue_cnt = 2, .socket_error = -EPERM }, -EPERM, "steer=d0 replug0 socket0 " },
};

START_TEST(test_failures)
{
	begin(&(struct fake_script){ .queue_cnt = 2 });
	fake_serve_start(&failures[_i].script);
	command("ip link del d0 && ip link add d0 type veth peer name d1 && ip link set d0 up");
	expect(failures[_i].result, failures[_i].calls);
	ck_assert_ptr_nonnull(strstr(place_log(), "cannot be served again by this process"));
	end();
}
END_TEST

/* Never more than at the start, nor less than TCP takes. */
START_TEST(test_mtu)
{
	begin(&(struct fake_script){ .queue_cnt = 2 });
	command("ip link set d0 mtu 9000");
	expect(0, "mtu0=1500 mtu1=1500 ");
	command("ip link set d0 mtu 700");
	expect(0, "mtu0=1500 mtu1=1500 mtu0=1280 mtu1=1280 ");
	end();
}
END_TEST

Suite *make_recovery_suite(void)
{
	Suite *suite = suite_create("recovery");
	TCase *tcase = tcase_create("recovery");

	tcase_add_test(tcase, test_nothing_happens);
	tcase_add_test(tcase, test_gone_and_back);
	tcase_add_test(tcase, test_another_one);
	tcase_add_loop_test(tcase, test_failures, 0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tcase, test_mtu);
	suite_add_tcase(suite, tcase);
	return suite;
}
