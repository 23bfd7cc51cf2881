/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/mailbox.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "room_serve.h"

enum { SLOTS = 16, SENDERS = 3 };

static struct sl_mailbox *box;

static void setup(void)
{
	ck_assert_int_eq(sl_mailbox_init(&box, SENDERS), 0);
}

static void teardown(void)
{
	sl_mailbox_fini(box);
}

static bool put(uint32_t sender_idx, uint32_t seq)
{
	return sl_mailbox_put(
	    box, sender_idx,
	    &(struct sl_icmp_error){ .kind = SL_ICMP_TOO_BIG, .seq = seq, .mtu_bytes = ~seq });
}

static uint32_t take(void)
{
	struct sl_icmp_error error;

	ck_assert(sl_mailbox_take(box, &error));
	ck_assert_uint_eq(error.mtu_bytes, ~error.seq);
	return error.seq;
}

START_TEST(what_is_put_is_taken_in_order)
{
	struct sl_icmp_error error;

	ck_assert(!sl_mailbox_has_mail(box));
	put(0, 7);
	put(0, 8);
	ck_assert(sl_mailbox_has_mail(box));
	ck_assert_uint_eq(take(), 7);
	ck_assert_uint_eq(take(), 8);
	ck_assert(!sl_mailbox_take(box, &error));
	ck_assert(!sl_mailbox_has_mail(box));
}
END_TEST

START_TEST(of_each_sender_all_is_taken)
{
	struct sl_icmp_error error;
	uint32_t sum = 0;

	put(2, 100);
	put(0, 1);
	put(1, 10);
	put(2, 100);
	ck_assert(sl_mailbox_has_mail(box));
	while (sl_mailbox_take(box, &error))
		sum += error.seq;
	ck_assert_uint_eq(sum, 211);
}
END_TEST

START_TEST(the_owner_is_woken_once)
{
	ck_assert(put(0, 1));
	ck_assert(!put(0, 2));
	ck_assert(!put(1, 3));
	ck_assert(sl_mailbox_has_mail(box));
	ck_assert(put(1, 4)); /* it may have looked into that ring before */
	ck_assert(sl_mailbox_has_mail(box));
}
END_TEST

START_TEST(a_full_ring_drops_and_goes_on)
{
	struct sl_icmp_error error;

	for (uint32_t turn = 0; turn < 5; turn++) {
		uint32_t next = 0;

		for (uint32_t i = 0; i < SLOTS + 3; i++)
			put(1, i);
		put(2, 99); /* another's has room */
		for (uint32_t i = 0; i < SLOTS + 1; i++)
			next += take() == next;
		ck_assert_uint_eq(next, SLOTS);
		ck_assert(!sl_mailbox_take(box, &error));
	}
}
END_TEST

/* ---- with threads: whatever is put and not dropped comes through whole ---- */

enum { LETTERS = 20000 };

static atomic_bool enough;

static void *sender(void *argument)
{
	uint32_t idx = *(uint32_t *)argument;

	for (uint32_t i = 0; !atomic_load(&enough); i++)
		if (put(idx, i))
			sched_yield(); /* there may be fewer cores than threads */
	return NULL;
}

START_TEST(senders_and_owner_meet_without_a_lock)
{
	uint32_t idx[SENDERS] = { 0, 1, 2 }, got_cnt = 0;
	struct sl_icmp_error error;
	pthread_t threads[SENDERS];

	for (uint32_t i = 0; i < SENDERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sender, &idx[i]), 0);
	while (got_cnt < LETTERS) {
		if (!sl_mailbox_has_mail(box)) {
			sched_yield();
			continue;
		}
		while (sl_mailbox_take(box, &error)) {
			if (error.mtu_bytes != ~error.seq)
				ck_abort_msg("torn");
			got_cnt++;
		}
	}
	atomic_store(&enough, true);
	for (uint32_t i = 0; i < SENDERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

Suite *suite_mailbox(void)
{
	Suite *suite = suite_create("mailbox");
	TCase *tcase = tcase_create("mailbox");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_put_is_taken_in_order);
	tcase_add_test(tcase, of_each_sender_all_is_taken);
	tcase_add_test(tcase, the_owner_is_woken_once);
	tcase_add_test(tcase, a_full_ring_drops_and_goes_on);
	tcase_add_test(tcase, senders_and_owner_meet_without_a_lock);
	suite_add_tcase(suite, tcase);
	return suite;
}
