/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>

#include "nic/frames.h"
#include "room_nic.h"

enum { FRAMES = 12, FILL = 4 };

static struct sl_frames frames;

static void init(void)
{
	ck_assert_int_eq(sl_frames_init(&frames, FRAMES, FILL), 0);
}

static void fini(void)
{
	sl_frames_fini(&frames);
}

static uint32_t take_receive(enum sl_frame_owner to)
{
	uint32_t idx;

	ck_assert(sl_frames_take_receive(&frames, &idx, to));
	return idx;
}

static uint32_t take_transmit(void)
{
	uint32_t idx;

	ck_assert(sl_frames_take_transmit(&frames, &idx, SL_FRAME_PUMP));
	return idx;
}

START_TEST(two_populations_that_never_mix)
{
	uint32_t idx, seen = 0;

	for (uint32_t i = 0; i < FILL; i++) {
		idx = take_receive(SL_FRAME_FILL);
		ck_assert_uint_lt(idx, FILL);
		seen |= 1u << idx;
	}
	ck_assert(!sl_frames_take_receive(&frames, &idx, SL_FRAME_FILL));
	for (uint32_t i = FILL; i < FRAMES; i++) {
		idx = take_transmit();
		ck_assert_uint_ge(idx, FILL);
		ck_assert_uint_lt(idx, FRAMES);
		seen |= 1u << idx;
	}
	ck_assert(!sl_frames_take_transmit(&frames, &idx, SL_FRAME_PUMP));
	ck_assert_uint_eq(seen, (1u << FRAMES) - 1);
}
END_TEST

START_TEST(last_in_first_out)
{
	uint32_t first = take_transmit(), second = take_transmit();

	sl_frames_give_transmit(&frames, first, SL_FRAME_PUMP);
	sl_frames_give_transmit(&frames, second, SL_FRAME_PUMP);
	ck_assert_uint_eq(take_transmit(), second);
}
END_TEST

#ifdef SL_DEBUG

START_TEST(each_is_counted_with_its_owner)
{
	uint32_t received = take_receive(SL_FRAME_FILL), sent = take_transmit();
	uint32_t owner_cnt[SL_FRAME_OWNERS];

	sl_frames_count(&frames, owner_cnt);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_FREE], FRAMES - 2);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_FILL], 1);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_PUMP], 1);
	sl_frames_move(&frames, received, SL_FRAME_FILL, SL_FRAME_RX);
	sl_frames_move(&frames, sent, SL_FRAME_PUMP, SL_FRAME_TX);
	sl_frames_count(&frames, owner_cnt);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_FILL], 0);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_RX], 1);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_PUMP], 0);
	ck_assert_uint_eq(owner_cnt[SL_FRAME_TX], 1);
}
END_TEST

/* Each of these ends in a BUG. */

START_TEST(given_twice)
{
	uint32_t idx = take_transmit();

	sl_frames_give_transmit(&frames, idx, SL_FRAME_PUMP);
	sl_frames_give_transmit(&frames, idx, SL_FRAME_PUMP);
}
END_TEST

START_TEST(given_while_the_kernel_has_it)
{
	uint32_t idx = take_transmit();

	sl_frames_move(&frames, idx, SL_FRAME_PUMP, SL_FRAME_TX);
	sl_frames_give_transmit(&frames, idx, SL_FRAME_PUMP);
}
END_TEST

START_TEST(sent_without_being_taken)
{
	sl_frames_move(&frames, FILL, SL_FRAME_PUMP, SL_FRAME_TX);
}
END_TEST

START_TEST(released_to_the_wrong_population)
{
	uint32_t idx = take_receive(SL_FRAME_RX);

	sl_frames_give_transmit(&frames, idx, SL_FRAME_RX);
}
END_TEST

START_TEST(no_such_frame)
{
	sl_frames_move(&frames, FRAMES, SL_FRAME_FREE, SL_FRAME_PUMP);
}
END_TEST

#endif

START_TEST(all_are_free_after_a_reset)
{
	uint32_t idx, seen = 0;

	take_receive(SL_FRAME_FILL);
	take_receive(SL_FRAME_RX);
	take_transmit();
	sl_frames_give_transmit(&frames, take_transmit(), SL_FRAME_PUMP);
	sl_frames_reset(&frames);
	for (uint32_t i = 0; i < FILL; i++)
		seen |= 1u << take_receive(SL_FRAME_FILL);
	for (uint32_t i = FILL; i < FRAMES; i++)
		seen |= 1u << take_transmit();
	ck_assert_uint_eq(seen, (1u << FRAMES) - 1);
	ck_assert(!sl_frames_take_receive(&frames, &idx, SL_FRAME_FILL));
	ck_assert(!sl_frames_take_transmit(&frames, &idx, SL_FRAME_PUMP));
}
END_TEST

Suite *suite_frames(void)
{
	Suite *suite = suite_create("frames");
	TCase *ownership = tcase_create("ownership");

	tcase_add_checked_fixture(ownership, init, fini);
	tcase_add_test(ownership, two_populations_that_never_mix);
	tcase_add_test(ownership, last_in_first_out);
	tcase_add_test(ownership, all_are_free_after_a_reset);
#ifdef SL_DEBUG
	tcase_add_test(ownership, each_is_counted_with_its_owner);
	tcase_add_test_raise_signal(ownership, given_twice, SIGABRT);
	tcase_add_test_raise_signal(ownership, given_while_the_kernel_has_it, SIGABRT);
	tcase_add_test_raise_signal(ownership, sent_without_being_taken, SIGABRT);
	tcase_add_test_raise_signal(ownership, released_to_the_wrong_population, SIGABRT);
	tcase_add_test_raise_signal(ownership, no_such_frame, SIGABRT);
#endif
	suite_add_tcase(suite, ownership);
	return suite;
}
