/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timing wheel: hierarchical, for one timer per index [0, timers). Arming, moving and cancelling
 * are O(1); firing is in order of ticks. It never reads a clock: time comes with each call.
 *
 * A tick is 2^SL_WHEEL_TICK_SHIFT ns (65.5 us): a sixteenth of a millisecond keeps pacing bursts
 * short and the delayed-ACK and RTO timers far finer than they need. A timer never fires early, and
 * at most one tick late plus the caller's own lateness.
 */
#ifndef SL_BASE_WHEEL_H
#define SL_BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SL_WHEEL_TICK_SHIFT = 16,
	SL_WHEEL_LEVELS = 5, /* 64^5 ticks: 19 hours; what is later waits there and moves on */
	SL_WHEEL_SLOTS_LOG2 = 6,
	SL_WHEEL_SLOTS = 1 << SL_WHEEL_SLOTS_LOG2,
};

#define SL_WHEEL_NEVER UINT64_MAX

struct sl_wheel_timer {     /* internal */
	uint64_t tick : 48; /* when it fires; all ones: not armed */
	uint64_t slot : 16; /* which list it is in */
	uint32_t next_idx, prev_idx;
};
_Static_assert(sizeof(struct sl_wheel_timer) == 16, "two for each connection");
#define SL_WHEEL_NO_TICK ((UINT64_C(1) << (64 - SL_WHEEL_TICK_SHIFT)) - 1)

struct sl_wheel {
	struct sl_wheel_timer *timers; /* total_cnt of them, owned */
	uint32_t total_cnt;
	uint64_t now_ns;   /* of the last sl_wheel_expire */
	uint64_t now_tick; /* how far slots have been emptied; behind now_ns only within expire */
	uint64_t occupied[SL_WHEEL_LEVELS]; /* a bit per slot that holds timers */
	uint32_t heads[SL_WHEEL_LEVELS][SL_WHEEL_SLOTS];
};

/* Errors: -ENOMEM. Setup only. */
int sl_wheel_init(struct sl_wheel *wheel, uint32_t total_cnt, uint64_t now_ns);
void sl_wheel_fini(struct sl_wheel *wheel);

/* (Re)arms timer idx; one in the past fires at the next sl_wheel_expire. SL_WHEEL_NEVER cancels. */
void sl_wheel_arm(struct sl_wheel *wheel, uint32_t idx, uint64_t at_ns);

/* When timer idx fires, less than a tick after what it was armed for; SL_WHEEL_NEVER: it is not. */
static inline uint64_t sl_wheel_at_ns(const struct sl_wheel *wheel, uint32_t idx)
{
	uint64_t tick = wheel->timers[idx].tick;

	return tick == SL_WHEEL_NO_TICK ? SL_WHEEL_NEVER : tick << SL_WHEEL_TICK_SHIFT;
}

/* Takes one timer that is due at now_ns off the wheel: true and its index, or false when none is
 * left. Call until false; timers armed in between for now_ns or before are found too. now_ns never
 * goes back. */
bool sl_wheel_expire(struct sl_wheel *wheel, uint64_t now_ns, uint32_t *idx);

/* A timer that comes up soon: the one after the next that sl_wheel_expire takes off. SL_WHEEL_NONE:
 * not known. Only a hint. */
#define SL_WHEEL_NONE UINT32_MAX
uint32_t sl_wheel_after_next(const struct sl_wheel *wheel);

/* A lower bound of the next deadline, for sleeping: never later than the earliest timer's own tick
 * boundary; SL_WHEEL_NEVER if nothing is armed. */
uint64_t sl_wheel_next_ns(const struct sl_wheel *wheel);

#endif
