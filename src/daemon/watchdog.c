/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/watchdog.h"

#include "base/log.h"

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void begins(const char *iface, uint32_t idx, uint64_t frame_cnt)
{
	sl_warning("worker %u: no packet has left interface %s for 5 seconds, and %llu frames "
		   "wait: is the link up (ip link show %s)? The kernel is kicked on and on; if the "
		   "interface was removed, restart",
		   idx, iface, (unsigned long long)frame_cnt, iface);
}

void sl_daemon_watchdog_run(struct sl_daemon_watchdog *watchdog, const char *iface,
			    const struct sluice_worker_stats *workers, uint32_t worker_cnt)
{
	for (uint32_t idx = 0; idx < worker_cnt; idx++) {
		uint64_t stuck_cnt = load(&workers[idx].tx_stuck);
		bool stuck = load(&workers[idx].tx_stuck_now);

		if (stuck_cnt != watchdog->stuck_cnt[idx]) {
			begins(iface, idx, load(&workers[idx].frames_used));
			watchdog->stuck[idx] = true;
		}
		if (watchdog->stuck[idx] && !stuck) {
			sl_info("worker %u: packets leave interface %s again", idx, iface);
			watchdog->stuck[idx] = false;
		}
		watchdog->stuck_cnt[idx] = stuck_cnt;
	}
}
