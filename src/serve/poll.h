/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Polling: what a worker does when it has nothing to do. To sleep and to be woken costs some
 * microseconds of CPU and as many of latency; to look again and again costs the core.
 *
 *      interrupt   sleeps at once
 *      adaptive    goes on looking for as long as that has been worth it lately, then sleeps
 *      busy        never sleeps
 *
 * How adaptive learns: a sleep shorter than SL_POLL_SHORT_NS would not have been worth it, and the
 * time to look grows, up to SL_POLL_SHORT_NS; a longer one was, and it halves, down to nothing. So
 * a server without traffic, or with little, sleeps at once, and one whose packets come in close
 * succession does not.
 */
#ifndef SL_SERVE_POLL_H
#define SL_SERVE_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/minmax.h"

enum sl_poll_mode {
	SL_POLL_ADAPTIVE, /* the default */
	SL_POLL_INTERRUPT,
	SL_POLL_BUSY,
};

#define SL_POLL_SHORT_NS (50 * SL_NS_PER_US)
#define SL_POLL_LEAST_NS (5 * SL_NS_PER_US)

struct sl_poll {
	enum sl_poll_mode mode;
	uint64_t look_ns;   /* how long to look in vain before sleeping, [0, SL_POLL_SHORT_NS] */
	uint64_t worked_ns; /* end of the last turn that had work */
};

static inline void sl_poll_worked(struct sl_poll *poll, uint64_t now_ns)
{
	poll->worked_ns = now_ns;
}

/* After a turn without work that ended at now_ns. */
static inline bool sl_poll_sleeps(const struct sl_poll *poll, uint64_t now_ns)
{
	if (poll->mode == SL_POLL_BUSY)
		return false;
	return poll->mode == SL_POLL_INTERRUPT || now_ns - poll->worked_ns >= poll->look_ns;
}

static inline void sl_poll_slept(struct sl_poll *poll, uint64_t slept_ns)
{
	if (slept_ns < SL_POLL_SHORT_NS)
		poll->look_ns =
		    min_u64(max_u64(2 * poll->look_ns, SL_POLL_LEAST_NS), SL_POLL_SHORT_NS);
	else
		poll->look_ns = poll->look_ns > SL_POLL_LEAST_NS ? poll->look_ns / 2 : 0;
}

#endif
