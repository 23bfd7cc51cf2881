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
		   "wait: is the link up (ip link show %s)? The kernel is kicked on and on",
		   idx, iface, (unsigned long long)frame_cnt, iface);
}

/* The fill ring holds frames for what may come while the worker is elsewhere: when it has run dry,
 * the worker was away for longer than that, and packets were dropped. */
static void look_at_fill(struct sl_daemon_watchdog *watchdog, const char *iface, uint32_t idx,
			 uint64_t empty_cnt)
{
	uint64_t more_cnt = empty_cnt - watchdog->fill_empty_cnt[idx];

	watchdog->fill_empty_cnt[idx] = empty_cnt;
	if (more_cnt >= SL_WATCHDOG_EMPTY_CNT) {
		watchdog->fill_quiet_cnt[idx] = 0;
		if (watchdog->fill_empty[idx])
			return;
		watchdog->fill_empty[idx] = true;
		sl_warning(
		    "worker %u: interface %s found no frame for received packets (%llu times "
		    "lately, rx_fill_empty), so some were dropped: the worker is overloaded, or "
		    "its CPU is taken by others",
		    idx, iface, (unsigned long long)more_cnt);
	} else if (more_cnt == 0 && watchdog->fill_empty[idx] &&
		   ++watchdog->fill_quiet_cnt[idx] == SL_WATCHDOG_QUIET_CNT) {
		watchdog->fill_empty[idx] = false;
		sl_info("worker %u: there are frames for all packets of interface %s again", idx,
			iface);
	}
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
		look_at_fill(watchdog, iface, idx, load(&workers[idx].rx_fill_empty));
	}
}
