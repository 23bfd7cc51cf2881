/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replugging: the main thread's part when an interface has gone and is back. A socket that its
 * interface has left is dead for good, so the NIC gets another one. The worker stands still while
 * that is done: it has no interface to serve, and neither it nor the main thread needs a lock.
 *
 *      main thread                     worker
 *      ASKED, wake          ─────►     ends its turn
 *      waits                ◄─────     STANDS
 *      reopens, watches                sleeps
 *      RUNS                 ─────►     next turn
 */
#include <time.h>

#include "base/clock.h"
#include "serve/state.h"

/* False if its loop is over. */
static bool park(struct sl_worker *worker)
{
	const struct timespec pause = { .tv_nsec = SL_NS_PER_MS };
	unsigned int state = SL_PARK_RUNS;

	if (!atomic_compare_exchange_strong(&worker->park, &state, SL_PARK_ASKED))
		return false;
	sl_worker_wake(worker);
	while ((state = atomic_load_explicit(&worker->park, memory_order_acquire)) == SL_PARK_ASKED)
		nanosleep(&pause, NULL);
	return state == SL_PARK_STANDS;
}

int sl_worker_replug(struct sl_worker *worker)
{
	int error;

	if (!park(worker))
		return 0;
	error = sl_nic_reopen(worker->nic);
	if (error < 0)
		return error;
	sl_disk_rewatch(worker->disk, sl_nic_fd(worker->nic), SL_WAKE_NIC);
	worker->stats->zero_copy = sl_nic_zero_copy(worker->nic);
	atomic_store_explicit(&worker->park, SL_PARK_RUNS, memory_order_release);
	return 0;
}
