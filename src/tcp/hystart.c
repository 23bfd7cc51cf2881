/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slow start (RFC 5681, 3.1) doubles the window each round trip, so its last round trip throws a
 * whole window at a queue that is full. HyStart++ (RFC 9406) looks at the RTT instead: when the
 * least of a round is an eighth above the least of the round before, a queue is building, and the
 * window goes on growing at a quarter of the speed. If the RTT comes down again, it was jitter, and
 * slow start goes on; if it has not after five rounds, the window is large enough.
 *
 *      cwnd          ┌ RTT up         ┌ five rounds later: ssthresh = cwnd
 *       │            ▼         ___----┴───
 *       │            /---~~~~~~
 *       │          ╱   conservative slow start
 *       │       _╱
 *       └────────────────────────────────► rounds
 *
 * A round ends when what was sent last at its beginning is acknowledged.
 *
 * When it lies: RTTs of a path that is slow for other reasons just then. Hence the second phase.
 * Only the first slow start is watched (section 4.3): later ones aim at an ssthresh that was
 * measured. An ACK may count for any number of bytes, L is infinity: the pacer spreads what it
 * opens (RFC 3465 and RFC 9406 limit it for the sake of those who send at once).
 */
#include "tcp/hystart.h"

#include "base/clock.h"
#include "base/minmax.h"
#include "tcp/cc.h"
#include "tcp/limits.h"

/* RFC 9406, 4.3. */
#define RTT_THRESH_MIN_NS (4 * SL_NS_PER_MS)
#define RTT_THRESH_MAX_NS (16 * SL_NS_PER_MS)
enum { RTT_DIVISOR = 8, SAMPLES_MIN = 8, CSS_GROWTH_DIVISOR = 4, CSS_ROUNDS = 5 };

static bool rtt_rose(const struct sl_hystart *hystart)
{
	uint64_t thresh_ns = hystart->last_round_rtt_ns / RTT_DIVISOR;

	thresh_ns = max_u64(RTT_THRESH_MIN_NS, min_u64(thresh_ns, RTT_THRESH_MAX_NS));
	return hystart->last_round_rtt_ns &&
	       hystart->round_rtt_ns >= hystart->last_round_rtt_ns + thresh_ns;
}

static void sample(struct sl_hystart *hystart, uint64_t rtt_ns)
{
	if (rtt_ns == 0)
		return;
	if (hystart->round_rtt_ns == 0 || rtt_ns < hystart->round_rtt_ns)
		hystart->round_rtt_ns = rtt_ns;
	hystart->sample_cnt += hystart->sample_cnt < SAMPLES_MIN;
	if (hystart->sample_cnt < SAMPLES_MIN)
		return;
	if (hystart->css_baseline_ns == 0) {
		if (rtt_rose(hystart))
			hystart->css_baseline_ns = hystart->round_rtt_ns;
	} else if (hystart->round_rtt_ns < hystart->css_baseline_ns) {
		hystart->css_baseline_ns = 0; /* it was jitter */
		hystart->css_round_cnt = 0;
	}
}

/* A round in which conservative slow start began counts as one of it. */
static void end_round(struct sl_hystart *hystart, const struct sl_cc_ack *ack)
{
	if (ack->una_seq < hystart->window_end_seq)
		return;
	hystart->window_end_seq = ack->nxt_seq;
	hystart->last_round_rtt_ns = hystart->round_rtt_ns;
	hystart->round_rtt_ns = 0;
	hystart->sample_cnt = 0;
	hystart->css_round_cnt += hystart->css_baseline_ns != 0;
}

uint32_t sl_hystart_grow(struct sl_cc *cc, struct sl_hystart *hystart, const struct sl_cc_ack *ack)
{
	uint32_t step_bytes = ack->delivered_bytes;

	if (cc->cwnd_bytes >= cc->ssthresh_bytes)
		return ack->delivered_bytes;
	if (cc->ssthresh_bytes == SL_TCP_CWND_MAX_BYTES) {
		sample(hystart, ack->rtt_ns);
		end_round(hystart, ack);
		if (hystart->css_round_cnt == CSS_ROUNDS) {
			cc->ssthresh_bytes = cc->cwnd_bytes;
			return ack->delivered_bytes;
		}
		if (hystart->css_baseline_ns)
			step_bytes /= CSS_GROWTH_DIVISOR;
		cc->cwnd_bytes += min_u32(step_bytes, cc->ssthresh_bytes - cc->cwnd_bytes);
		return 0;
	}
	step_bytes = min_u32(step_bytes, cc->ssthresh_bytes - cc->cwnd_bytes);
	cc->cwnd_bytes += step_bytes;
	return ack->delivered_bytes - step_bytes;
}
