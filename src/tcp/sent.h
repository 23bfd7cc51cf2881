/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sent map: what became of every byte between snd_una and snd_nxt. A sorted list of ranges
 * without gaps, each in one state; it stands in for the send buffer that other stacks keep.
 *
 *      first                                                                       last
 *      ├── SENT ──┼── SACKED ──┼── MADE ──┼── LOST ──┼── SACKED ──┼──── SENT ────┤
 *      snd_una                                                                snd_nxt
 *
 *               appended                        SENT    in flight
 *                  │        ┌──────lose──────►  LOST    waits for permission to be sent again
 *                  ▼        │                   MADE    permitted: being read and sealed again
 *                SENT ◄──resent── MADE          SACKED  the peer holds it, beyond a gap
 *                  │ ▲      ▲──take── LOST
 *                  │ └─────unlose──── LOST
 *                  └──sack──► SACKED            (any state may be acked, and then it is gone)
 *
 * Ranges come from a store that all connections of a worker share, so an idle connection owns none.
 * When the store runs short, knowledge is lost before progress is: neighbours of the same state
 * merge although they were sent at different times (the later time counts, so loss is found later,
 * never too early), SACK blocks that would need a split are ignored, and at last the whole map
 * becomes one lost range. Every connection can always have SL_TCP_SENT_OWN ranges.
 */
#ifndef SL_TCP_SENT_H
#define SL_TCP_SENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"

#define SL_TCP_NONE UINT32_MAX

enum sl_tcp_sent_state {
	SL_TCP_SENT,
	SL_TCP_SACKED,
	SL_TCP_LOST,
	SL_TCP_MADE,
	SL_TCP_SENT_STATES,
};

enum {
	/* What progress needs after everything was forgotten: sent again, being made, still lost,
	 * and new data behind. */
	SL_TCP_SENT_OWN = 4,
	SL_TCP_SENT_ALL = 8, /* that the store has for a connection at most, with those to share */
	/* A peer that SACKs every other byte must not own the store, nor make each ACK a long walk.
	 * 1024 bursts in flight are more than 1 Gb/s over 100 ms makes at 65 us a turn. */
	SL_TCP_SENT_MAX = 1024,
};

/* The state of the connection when a range was sent last; what rate.c measures with, and congestion
 * control that wants to know under which load something was lost. */
struct sl_tcp_sent_mark {
	uint64_t delivered_bytes, delivered_ns; /* all that had arrived, and when we knew */
	uint64_t first_sent_ns;   /* what that had left with: begins the sending interval */
	uint32_t flight_bytes;    /* in flight once the range was sent, itself included */
	uint32_t lost_bytes : 31; /* all that had been held lost, low bits */
	bool app_limited : 1;
};
#define SL_TCP_MARK_LOST_MASK 0x7fffffffU

struct sl_tcp_sent_range { /* 64 bytes */
	uint64_t start_seq;
	uint64_t sent_ns; /* when last; of SENT ranges only */
	uint32_t len_bytes;
	uint32_t next_idx, prev_idx;
	uint8_t state;
	uint8_t sent_cnt; /* times sent, stays at 255; above 1 nobody knows when */
	struct sl_tcp_sent_mark mark;
};

struct sl_tcp_sent_store {
	struct sl_tcp_sent_range *ranges;
	struct sl_pool pool;
	uint32_t kept_cnt; /* the last ones, only for connections with less than their own */
};

struct sl_tcp_sent { /* one a connection */
	uint32_t first_idx, last_idx;
	uint32_t range_cnt : 31;
	bool in_order : 1; /* from first to last nothing was sent before its predecessor */
	uint32_t bytes[SL_TCP_SENT_STATES]; /* by state; their sum is snd_nxt - snd_una */
};

/* What an ACK newly says has arrived: collected over its cumulative part and its SACK blocks. */
struct sl_tcp_delivered {
	uint32_t total_bytes; /* newly acked or SACKed; acked after having been SACKed is not new */
	uint32_t acked_bytes; /* by which snd_una moved */
	uint32_t sacked_bytes; /* newly SACKed */
	bool any_once, any_again;
	/* Of what was sent once: the oldest and the latest transmission, the lowest byte. */
	uint64_t once_oldest_ns, once_latest_ns, once_end_seq, once_low_seq;
	/* Of what was sent again: the latest transmission. */
	uint64_t again_latest_ns, again_end_seq;
	uint64_t high_seq; /* end of the highest newly delivered byte */
	/* The newest sent of all. */
	uint64_t newest_ns, newest_end_seq;
	struct sl_tcp_sent_mark newest_mark;
	/* Reported to have come twice, in sequence and believed (RFC 2883); 0, 0: nothing. */
	uint64_t dsack_start_seq, dsack_end_seq;
	bool dsack_is_probe; /* of a tail */
	/* Some was held lost, or being made for that, and never sent again: it was late. */
	bool any_held_lost;
};

/* What is newly held lost: collected over several stretches. */
struct sl_tcp_sent_lost {
	uint32_t total_bytes;
	/* The oldest sent of it. */
	uint64_t oldest_ns;
	uint32_t oldest_bytes;
	struct sl_tcp_sent_mark oldest_mark;
};

/* Errors: -ENOMEM. Setup only. */
int sl_tcp_sent_store_init(struct sl_tcp_sent_store *store, uint32_t conns_max);
void sl_tcp_sent_store_fini(struct sl_tcp_sent_store *store);

void sl_tcp_sent_init(struct sl_tcp_sent *sent);
void sl_tcp_sent_clear(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent);

/* [start_seq, start_seq + len_bytes) follows what is there and was sent at now_ns. */
void sl_tcp_sent_append(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			uint64_t start_seq, uint32_t len_bytes, uint64_t now_ns,
			const struct sl_tcp_sent_mark *mark);

/* Everything before una_seq has arrived; una_seq may lie in the middle of a range. */
void sl_tcp_sent_ack(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t una_seq,
		     struct sl_tcp_delivered *delivered);

/* [start_seq, end_seq), within the map, has arrived beyond a gap. */
void sl_tcp_sent_sack(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t start_seq,
		      uint64_t end_seq, struct sl_tcp_delivered *delivered);

/* What of [start_seq, end_seq) is not SACKed was sent again at now_ns. */
void sl_tcp_sent_again(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
		       uint64_t start_seq, uint64_t end_seq, uint64_t now_ns,
		       const struct sl_tcp_sent_mark *mark);

/* What of [start_seq, end_seq) is in flight is held lost. lost may be NULL. */
void sl_tcp_sent_lose(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint64_t start_seq,
		      uint64_t end_seq, struct sl_tcp_sent_lost *lost);

/* Ranges in flight that are longer than max_bytes are held lost. */
void sl_tcp_sent_lose_longer(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			     uint32_t max_bytes);

/* What is in flight is lost if it was sent before (latest_ns, latest_end_seq), where of one time
 * the lower sequence number is the earlier, and wait_ns or longer ago. Returns when the next of
 * them will have waited so long; SL_WHEEL_NEVER if there is none. */
uint64_t sl_tcp_sent_lose_older(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
				uint64_t latest_ns, uint64_t latest_end_seq, uint64_t wait_ns,
				uint64_t now_ns, struct sl_tcp_sent_lost *lost);

/* Nothing was lost, after all: LOST ranges are in flight as they were. */
void sl_tcp_sent_unlose(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent);

/* The oldest lost bytes, [*start_seq, *end_seq) of at most max_bytes, are being made from now on.
 * False if nothing is lost. */
bool sl_tcp_sent_take(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent, uint32_t max_bytes,
		      uint64_t *start_seq, uint64_t *end_seq);

/* What of [start_seq, end_seq) was being made is lost again; bytes acked meanwhile are gone. */
void sl_tcp_sent_untake(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent,
			uint64_t start_seq, uint64_t end_seq);

/* The peer dropped what it had SACKed (RFC 2018, section 8): all of that is lost. */
void sl_tcp_sent_renege(struct sl_tcp_sent_store *store, struct sl_tcp_sent *sent);

/* The oldest lost range, not taken; SL_TCP_NONE if there is none. */
uint32_t sl_tcp_sent_first_lost(const struct sl_tcp_sent_store *store,
				const struct sl_tcp_sent *sent);

/* True if something that was sent again is in flight. */
bool sl_tcp_sent_any_again(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent);

/* True if all of [start_seq, end_seq), within the map, is in that state. */
bool sl_tcp_sent_is(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
		    uint64_t start_seq, uint64_t end_seq, enum sl_tcp_sent_state state);

/* True if any byte of [start_seq, end_seq) that is in the map still waits to arrive. */
bool sl_tcp_sent_needed(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
			uint64_t start_seq, uint64_t end_seq);

static inline uint64_t sl_tcp_sent_end(const struct sl_tcp_sent_range *range)
{
	return range->start_seq + range->len_bytes;
}

/* Everything that must hold, walked and counted; a BUG if it does not. For tests and debugging. */
void sl_tcp_sent_check(const struct sl_tcp_sent_store *store, const struct sl_tcp_sent *sent,
		       uint64_t una_seq, uint64_t nxt_seq);

#endif
