/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings in plain memory; the test is the kernel. All begins just before the counters wrap. */
#include <signal.h>

#include "nic/ring.h"
#include "room_nic.h"

enum { SIZE = 4 };

#define START (UINT32_MAX - 1) /* counters pass 0 with the third entry */

static uint32_t producer_cnt, consumer_cnt, flags;
static struct xdp_desc descs[SIZE];
static struct sl_producer tx;
static struct sl_consumer rx;

static void init(void)
{
	struct sl_ring ring = {
		.producer = &producer_cnt,
		.consumer = &consumer_cnt,
		.flags = &flags,
		.descs = descs,
		.size_cnt = SIZE,
	};

	producer_cnt = consumer_cnt = START;
	flags = 0;
	tx = (struct sl_producer){ .ring = ring, .producer_seq = START };
	rx = (struct sl_consumer){ .ring = ring, .consumer_seq = START, .producer_seq = START };
}

START_TEST(the_kernel_sees_what_was_published)
{
	sl_producer_put_desc(&tx, 100, 60, 0);
	sl_producer_put_desc(&tx, 200, 70, 0);
	ck_assert_uint_eq(producer_cnt, START);
	ck_assert_uint_eq(sl_producer_backlog(&tx), 2);
	sl_producer_publish(&tx);
	ck_assert_uint_eq(producer_cnt, START + 2);
	ck_assert_uint_eq(descs[START % SIZE].addr, 100);
	ck_assert_uint_eq(descs[START % SIZE].len, 60);
	ck_assert_uint_eq(descs[(START + 1) % SIZE].addr, 200);
	consumer_cnt += 1;
	ck_assert_uint_eq(sl_producer_backlog(&tx), 1);
	sl_producer_put_desc(&tx, 300, 80, 0);
	sl_producer_publish(&tx);
	ck_assert_uint_eq(producer_cnt, 1);
	ck_assert_uint_eq(descs[0].addr, 300);
	ck_assert_uint_eq(sl_producer_backlog(&tx), 2);
}
END_TEST

START_TEST(we_see_what_the_kernel_published)
{
	for (uint32_t i = 0; i < SIZE; i++)
		descs[(START + i) % SIZE] = (struct xdp_desc){ .addr = i };
	ck_assert_uint_eq(sl_consumer_peek(&rx, SIZE), 0);
	producer_cnt += 3;
	ck_assert_uint_eq(sl_consumer_peek(&rx, 2), 2);
	ck_assert_uint_eq(sl_consumer_get_desc(&rx).addr, 0);
	ck_assert_uint_eq(sl_consumer_get_desc(&rx).addr, 1);
	ck_assert_uint_eq(consumer_cnt, START);
	sl_consumer_release(&rx);
	ck_assert_uint_eq(consumer_cnt, START + 2);
	ck_assert_uint_eq(sl_consumer_peek(&rx, SIZE), 1);
	ck_assert_uint_eq(sl_consumer_get_desc(&rx).addr, 2);
	producer_cnt += 1;
	ck_assert_uint_eq(sl_consumer_peek(&rx, SIZE), 1);
	ck_assert_uint_eq(sl_consumer_get_desc(&rx).addr, 3);
	ck_assert_uint_eq(sl_consumer_peek(&rx, SIZE), 0);
}
END_TEST

START_TEST(the_kernel_says_when_to_wake_it)
{
	ck_assert(!sl_producer_needs_wakeup(&tx));
	flags = XDP_RING_NEED_WAKEUP;
	ck_assert(sl_producer_needs_wakeup(&tx));
}
END_TEST

#ifdef SL_DEBUG

START_TEST(reading_past_the_end_is_a_bug)
{
	sl_consumer_get_desc(&rx);
}
END_TEST

#endif

Suite *suite_ring(void)
{
	Suite *suite = suite_create("ring");
	TCase *counters = tcase_create("counters");

	tcase_add_checked_fixture(counters, init, NULL);
	tcase_add_test(counters, the_kernel_sees_what_was_published);
	tcase_add_test(counters, we_see_what_the_kernel_published);
	tcase_add_test(counters, the_kernel_says_when_to_wake_it);
#ifdef SL_DEBUG
	tcase_add_test_raise_signal(counters, reading_past_the_end_is_a_bug, SIGABRT);
#endif
	suite_add_tcase(suite, counters);
	return suite;
}
