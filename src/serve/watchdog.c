/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/watchdog.h"

enum sl_watchdog_verdict sl_watchdog_look(struct sl_watchdog *watchdog, bool reaped, bool out,
					  uint64_t now_ns)
{
	bool was_stuck = watchdog->stuck;
	bool moved = reaped || !watchdog->out;

	watchdog->out = out;
	if (moved) {
		watchdog->moved_ns = now_ns;
		watchdog->stuck = false;
		return was_stuck ? SL_WATCHDOG_FREE : SL_WATCHDOG_QUIET;
	}
	if (now_ns - watchdog->moved_ns < SL_WATCHDOG_PATIENCE_NS)
		return SL_WATCHDOG_QUIET;
	if (was_stuck && now_ns < watchdog->kick_ns)
		return SL_WATCHDOG_QUIET;
	watchdog->stuck = true;
	watchdog->kick_ns = now_ns + SL_WATCHDOG_KICK_NS;
	return was_stuck ? SL_WATCHDOG_KICK : SL_WATCHDOG_STUCK;
}
