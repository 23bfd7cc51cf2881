/* SPDX-License-Identifier: BSD-2-Clause */
/* Watchdog, the main thread's half: workers note in their page of counters that nothing leaves
 * (serve/watchdog.h), or the kernel that it found no frame for a packet, and it says so in the log,
 * once when it begins and once when it ends. */
#ifndef SL_DAEMON_WATCHDOG_H
#define SL_DAEMON_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "sluice/stats.h"

enum {
	SL_WATCHDOG_EVERY_MS = 1000,
	SL_WATCHDOG_QUIET_CNT = 10, /* looks until an empty fill ring is over */
	/* Times within a look that the kernel found it empty. Fewer are no alarm: a driver with
	 * zero-copy may look in vain when it has taken all, as at the start. */
	SL_WATCHDOG_EMPTY_CNT = 16,
};

struct sl_daemon_watchdog {
	uint64_t stuck_cnt[SL_WORKERS_MAX]; /* as last seen */
	bool stuck[SL_WORKERS_MAX];
	uint64_t fill_empty_cnt[SL_WORKERS_MAX]; /* as last seen */
	uint32_t fill_quiet_cnt[SL_WORKERS_MAX]; /* looks since that rose; 0: it rose just now */
	bool fill_empty[SL_WORKERS_MAX];
};

/* To be called every SL_WATCHDOG_EVERY_MS. */
void sl_daemon_watchdog_run(struct sl_daemon_watchdog *watchdog, const char *iface,
			    const struct sluice_worker_stats *workers, uint32_t worker_cnt);

#endif
