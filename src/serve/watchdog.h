/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watchdog of the transmit side. Packets that were given to the NIC are back a moment later; if
 * there are some, and none comes back for five seconds, a driver hangs, a wake-up was lost, or the
 * link is down. Then tx_stuck counts one more, tx_stuck_now is 1 until something moves again, and
 * the kernel is kicked twice a second whether it asks for it or not. That is all that can be done
 * from here. The main thread says so in the log (daemon/watchdog.c), and gives the worker another
 * socket if its interface has gone and is back (replug.c).
 */
#ifndef SL_SERVE_WATCHDOG_H
#define SL_SERVE_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define SL_WATCHDOG_PATIENCE_NS (5 * SL_NS_PER_S)
#define SL_WATCHDOG_KICK_NS     (SL_NS_PER_S / 2)

struct sl_watchdog {
	uint64_t moved_ns; /* when a frame came back last, or the first went out */
	uint64_t kick_ns;  /* when to kick next */
	bool out;          /* packets were out when it was looked at last */
	bool stuck;
};

enum sl_watchdog_verdict {
	SL_WATCHDOG_QUIET,
	SL_WATCHDOG_STUCK, /* it has just become so: count it, kick */
	SL_WATCHDOG_KICK,  /* it still is */
	SL_WATCHDOG_FREE,  /* it is no longer */
};

/* Once a turn: reaped says that a frame came back in it, out that some are out at its end. What
 * goes out after a silence, however long, has its five seconds from then on. */
enum sl_watchdog_verdict sl_watchdog_look(struct sl_watchdog *watchdog, bool reaped, bool out,
					  uint64_t now_ns);

#endif
