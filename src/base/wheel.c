/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wheel reads a tick as digits to the base 64. A timer lies on the level of the highest digit
 * in which its tick differs from now's, in the slot of its own digit there:
 *
 *     now    .. 0 2 61 7        level 0: fires when the lowest digit gets to 12
 *     timer  .. 0 2 61 12       level 1: moves down when the second digit gets there
 *     timer  .. 0 2 63 0        level 2: ...
 *
 * So everything on a level comes before everything on the levels above it, the next thing to happen
 * is one bit scan away, and on levels above 0 the slot of now's own digit is empty. Level 0's slot
 * of now's own digit holds what is due. The top level alone is a ring, because nothing above it
 * tells one of its turns from the next; what is farther than a turn waits in its farthest slot and
 * is looked at again from there.
 *
 * A deadline's tick is rounded up: never early, less than a tick late.
 *
 * Lists are circular, so that the head's prev is the tail and equal ticks fire in the order armed.
 */
#include "base/wheel.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/bug.h"

enum {
	TOP = SL_WHEEL_LEVELS - 1,
	TOP_SHIFT = TOP * SL_WHEEL_SLOTS_LOG2,
	SLOT_MASK = SL_WHEEL_SLOTS - 1,
};

#define NO_TIMER SL_WHEEL_NONE
#define NO_TICK  SL_WHEEL_NO_TICK

static inline uint32_t digit(uint64_t tick, uint32_t level)
{
	return tick >> (level * SL_WHEEL_SLOTS_LOG2) & SLOT_MASK;
}

/* Rounded up, without the overflow of adding first; but a deadline that has passed within the
 * present tick belongs to it, or it would lie ahead and not be found. The last tick of all stands
 * for none. */
static inline uint64_t tick_of(const struct sl_wheel *wheel, uint64_t at_ns)
{
	uint64_t within_ns = at_ns & ((UINT64_C(1) << SL_WHEEL_TICK_SHIFT) - 1);
	uint64_t tick = at_ns >> SL_WHEEL_TICK_SHIFT;

	if (at_ns <= wheel->now_ns && tick == wheel->now_ns >> SL_WHEEL_TICK_SHIFT)
		return tick;
	return tick >= NO_TICK - 1 ? NO_TICK - 1 : tick + (within_ns != 0);
}

/* Level and slot in one number: level * SL_WHEEL_SLOTS + slot. */
static uint32_t place(const struct sl_wheel *wheel, uint64_t tick)
{
	uint64_t turns;
	uint32_t level;

	if (tick <= wheel->now_tick)
		return digit(wheel->now_tick, 0);
	turns = (tick >> TOP_SHIFT) - (wheel->now_tick >> TOP_SHIFT);
	if (turns > 0) {
		if (turns > SLOT_MASK)
			turns = SLOT_MASK;
		return TOP * SL_WHEEL_SLOTS +
		       ((digit(wheel->now_tick, TOP) + (uint32_t)turns) & SLOT_MASK);
	}
	level = (63 - (uint32_t)__builtin_clzll(tick ^ wheel->now_tick)) / SL_WHEEL_SLOTS_LOG2;
	return level * SL_WHEEL_SLOTS + digit(tick, level);
}

static inline uint32_t *head_of(struct sl_wheel *wheel, uint32_t slot)
{
	return &wheel->heads[slot / SL_WHEEL_SLOTS][slot % SL_WHEEL_SLOTS];
}

static void link_timer(struct sl_wheel *wheel, uint32_t idx, uint32_t slot)
{
	struct sl_wheel_timer *timers = wheel->timers, *timer = &timers[idx];
	uint32_t *head = head_of(wheel, slot);

	timer->slot = slot;
	if (*head == NO_TIMER) {
		*head = timer->next_idx = timer->prev_idx = idx;
		wheel->occupied[slot / SL_WHEEL_SLOTS] |= UINT64_C(1) << (slot % SL_WHEEL_SLOTS);
		return;
	}
	timer->next_idx = *head;
	timer->prev_idx = timers[*head].prev_idx;
	timers[timer->prev_idx].next_idx = idx;
	timers[*head].prev_idx = idx;
}

static void unlink_timer(struct sl_wheel *wheel, uint32_t idx)
{
	struct sl_wheel_timer *timers = wheel->timers, *timer = &timers[idx];
	uint32_t slot = timer->slot;
	uint32_t *head = head_of(wheel, slot);

	if (timer->next_idx == idx) {
		*head = NO_TIMER;
		wheel->occupied[slot / SL_WHEEL_SLOTS] &= ~(UINT64_C(1) << (slot % SL_WHEEL_SLOTS));
		return;
	}
	timers[timer->prev_idx].next_idx = timer->next_idx;
	timers[timer->next_idx].prev_idx = timer->prev_idx;
	if (*head == idx)
		*head = timer->next_idx;
}

/* The next tick after now_tick at which a slot fires or moves down; NO_TICK if all are empty. */
static uint64_t next_tick(const struct sl_wheel *wheel)
{
	uint64_t now = wheel->now_tick, occupied, turn;
	uint32_t top_digit = digit(now, TOP);

	for (uint32_t level = 0; level < TOP; level++) {
		uint32_t shift = level * SL_WHEEL_SLOTS_LOG2;

		/* Slots after now's own; shifted twice, as 64 at once is undefined. */
		occupied = wheel->occupied[level] & (~UINT64_C(0) << digit(now, level) << 1);
		if (occupied) {
			turn = now >> shift & ~(uint64_t)SLOT_MASK;
			return (turn | (uint32_t)__builtin_ctzll(occupied)) << shift;
		}
	}
	occupied = wheel->occupied[TOP];
	if (!occupied)
		return NO_TICK;
	/* Turned so that now's own slot is bit 0. */
	if (top_digit)
		occupied = occupied >> top_digit | occupied << (SL_WHEEL_SLOTS - top_digit);
	return ((now >> TOP_SHIFT) + (uint32_t)__builtin_ctzll(occupied)) << TOP_SHIFT;
}

/* Timers in now's own slot of level belong further down now. */
static void cascade(struct sl_wheel *wheel, uint32_t level)
{
	uint32_t slot = level * SL_WHEEL_SLOTS + digit(wheel->now_tick, level);
	uint32_t idx, last_idx;

	if (*head_of(wheel, slot) == NO_TIMER)
		return;
	last_idx = wheel->timers[*head_of(wheel, slot)].prev_idx;
	do {
		idx = *head_of(wheel, slot);
		unlink_timer(wheel, idx);
		link_timer(wheel, idx, place(wheel, wheel->timers[idx].tick));
	} while (idx != last_idx);
}

static void advance(struct sl_wheel *wheel, uint64_t to_tick)
{
	uint64_t next = next_tick(wheel);

	wheel->now_tick = next < to_tick ? next : to_tick;
	for (uint32_t level = TOP; level > 0; level--)
		cascade(wheel, level);
}

int sl_wheel_init(struct sl_wheel *wheel, uint32_t total_cnt, uint64_t now_ns)
{
	BUG_ON(total_cnt == NO_TIMER);
	*wheel = (struct sl_wheel){
		.timers = sl_alloc(total_cnt, sizeof(*wheel->timers)),
		.total_cnt = total_cnt,
		.now_ns = now_ns,
		.now_tick = now_ns >> SL_WHEEL_TICK_SHIFT,
	};
	if (!wheel->timers)
		return -ENOMEM;
	for (uint32_t i = 0; i < total_cnt; i++)
		wheel->timers[i].tick = NO_TICK;
	for (uint32_t slot = 0; slot < SL_WHEEL_LEVELS * SL_WHEEL_SLOTS; slot++)
		*head_of(wheel, slot) = NO_TIMER;
	return 0;
}

void sl_wheel_fini(struct sl_wheel *wheel)
{
	sl_free(wheel->timers);
	*wheel = (struct sl_wheel){ 0 };
}

void sl_wheel_arm(struct sl_wheel *wheel, uint32_t idx, uint64_t at_ns)
{
	struct sl_wheel_timer *timer;
	uint64_t tick;
	uint32_t slot;

	BUG_ON_HOT(idx >= wheel->total_cnt);
	timer = &wheel->timers[idx];
	if (at_ns == SL_WHEEL_NEVER) {
		if (timer->tick != NO_TICK)
			unlink_timer(wheel, idx);
		timer->tick = NO_TICK;
		return;
	}
	tick = tick_of(wheel, at_ns);
	slot = place(wheel, tick);
	/* Each ACK moves a timer by less than a slot: then nothing is relinked. */
	if (timer->tick == NO_TICK) {
		link_timer(wheel, idx, slot);
	} else if (timer->slot != slot) {
		unlink_timer(wheel, idx);
		link_timer(wheel, idx, slot);
	}
	timer->tick = tick;
}

bool sl_wheel_expire(struct sl_wheel *wheel, uint64_t now_ns, uint32_t *idx)
{
	uint64_t to_tick = now_ns >> SL_WHEEL_TICK_SHIFT;

	BUG_ON_HOT(now_ns < wheel->now_ns);
	wheel->now_ns = now_ns;
	for (;;) {
		uint32_t due_idx = *head_of(wheel, digit(wheel->now_tick, 0));

		if (due_idx != NO_TIMER) {
			unlink_timer(wheel, due_idx);
			wheel->timers[due_idx].tick = NO_TICK;
			*idx = due_idx;
			return true;
		}
		if (wheel->now_tick == to_tick)
			return false;
		advance(wheel, to_tick);
	}
}

uint32_t sl_wheel_after_next(const struct sl_wheel *wheel)
{
	uint32_t next_idx = wheel->heads[0][digit(wheel->now_tick, 0)];

	return next_idx == NO_TIMER ? NO_TIMER : wheel->timers[next_idx].next_idx;
}

uint64_t sl_wheel_next_ns(const struct sl_wheel *wheel)
{
	uint64_t next;

	if (wheel->occupied[0] >> digit(wheel->now_tick, 0) & 1)
		return wheel->now_tick << SL_WHEEL_TICK_SHIFT;
	next = next_tick(wheel);
	return next == NO_TICK ? SL_WHEEL_NEVER : next << SL_WHEEL_TICK_SHIFT;
}
