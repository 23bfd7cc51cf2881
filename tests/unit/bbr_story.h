/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A story for BBR, told ACK by ACK: what the path is said to deliver, not a path. Segments are of
 * 1000 bytes, the RTT is 100 ms, so at 1 MB/s a full pipe holds 100 segments.
 */
#ifndef SL_TESTS_UNIT_BBR_STORY_H
#define SL_TESTS_UNIT_BBR_STORY_H

#include <check.h>

#include "base/clock.h"
#include "tcp/cc.h"

enum { BBR_MSS = 1000, BBR_RATE = 1000000, BBR_BDP = 100000 };

struct bbr_ack {           /* 0 for what most ACKs say */
	uint64_t rate;     /* 0: BBR_RATE; UINT64_MAX: there is no sample */
	uint32_t rtt_ms;   /* 0: 100; UINT32_MAX: not known */
	uint32_t flight;   /* 0: BBR_BDP */
	uint32_t newly;    /* 0: BBR_MSS */
	uint32_t sent_at;  /* in flight when it was sent; 0: as flight */
	uint32_t lost;     /* since then */
	uint32_t after_ms; /* since the ACK before; 0: 100 */
	bool same_round;   /* it was sent before the round began */
	bool app_limited;
};

struct bbr_story {
	struct sl_cc cc;
	uint64_t now_ns, delivered_bytes;
};

void bbr_begin(struct bbr_story *story);
void bbr_acked(struct bbr_story *story, struct bbr_ack ack);
#define bbr_ack(story, ...) bbr_acked(story, (struct bbr_ack){ __VA_ARGS__ })
/* A segment that was sent with tx_in_flight_bytes in flight, of which since_bytes are lost. */
void bbr_lose(struct bbr_story *story, uint32_t tx_in_flight_bytes, uint32_t since_bytes);
/* The same, and a recovery begins or goes on. */
void bbr_lose_one(struct bbr_story *story);
/* Through Startup and Drain to CRUISE, 1 MB/s known. */
void bbr_cruise(struct bbr_story *story);
/* On to UP. */
void bbr_up(struct bbr_story *story);

static inline const struct sl_bbr *bbr_of(const struct bbr_story *story)
{
	return &story->cc.bbr;
}

#endif
