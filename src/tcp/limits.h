/* SPDX-License-Identifier: BSD-2-Clause */
/* The constants of this room, each with its reason. */
#ifndef SL_TCP_LIMITS_H
#define SL_TCP_LIMITS_H

#include "base/clock.h"

/* RFC 6298, (2.1): before the first sample. */
#define SL_TCP_RTO_FIRST_NS (1 * SL_NS_PER_S)
/* (5.7): and for data, if that was too short for the SYN. */
#define SL_TCP_RTO_SYN_LOST_NS (3 * SL_NS_PER_S)

/* RFC 6298 says one second, which is long for a video player; as in Linux 200 ms are the least that
 * is *added* to the smoothed RTT, which outlasts any delayed ACK in use. */
#define SL_TCP_RTO_MIN_NS (200 * SL_NS_PER_MS)
#define SL_TCP_RTO_MAX_NS (60 * SL_NS_PER_S) /* RFC 6298, (2.5): no less than this */

/* RFC 8985, 7.2: how long a peer may hold back the ACK of a single segment, as most do. */
#define SL_TCP_ACK_DELAY_MAX_NS (200 * SL_NS_PER_MS)

/* Two round trips, and what the loop and the wheel may be late, before a tail is probed. */
#define SL_TCP_PROBE_LATE_NS (2 * SL_NS_PER_MS)

/* The least RTT is of so long at most: paths change. As in Linux. */
#define SL_TCP_MIN_RTT_S 300U

/* A peer that answers nothing for so long is gone. RFC 9293, 3.8.3: at least 100 s. */
#define SL_TCP_GIVE_UP_NS (120 * SL_NS_PER_S)

/* 40 ms, below what any sender's least timeout is, well below RFC 9293's 500 ms (3.8.6.3). */
#define SL_TCP_DELAYED_ACK_NS (40 * SL_NS_PER_MS)

/* What may leave at once: a millisecond's worth disturbs nobody's queue for longer than that. */
#define SL_TCP_BURST_NS (1 * SL_NS_PER_MS)

/* Twice a maximum segment lifetime of 30 s: RFC 9293 says 2 minutes for the latter, "an engineering
 * choice"; 60 s in all is what Linux keeps. */
#define SL_TCP_TIME_WAIT_NS (60 * SL_NS_PER_S)

/* We closed, the peer has acknowledged it and says nothing more. */
#define SL_TCP_FIN_WAIT_2_NS (60 * SL_NS_PER_S)

/* A keepalive probe that is not answered: with the count below two minutes in all, as long as
 * anything else may go without an answer. */
#define SL_TCP_KEEPALIVE_AGAIN_NS (15 * SL_NS_PER_S)

/* RFC 7323, 5.5: a timestamp older than this may have wrapped. */
#define SL_TCP_TIMESTAMP_OLD_S (24U * 24 * 60 * 60)

/* RFC 5961, section 7: per connection, so that nobody learns about one from another. */
#define SL_TCP_CHALLENGE_PERIOD_MS 5000U

/* A SYN cookie is good for one to two of these: as long as any peer goes on sending the ACK of a
 * SYN-ACK it got. */
#define SL_TCP_COOKIE_PERIOD_NS (64 * SL_NS_PER_S)

/* RFC 8899, 5.1.1; RFC 1191, 6.3: a path that was narrow may be so no more. */
#define SL_TCP_PMTU_RAISE_S 600U

enum {
	SL_TCP_CHALLENGES_MAX = 10, /* in a period */
	SL_TCP_KEEPALIVES_MAX = 8,

	/* SYN-ACKs after the first: 1, 2, 4, 8, 16 and 32 s later all is forgotten (RFC 9293 wants
	 * 3 minutes for a SYN; a passive opener owes a silent stranger less). */
	SL_TCP_SYN_ACKS_MAX = 5,

	/* From half of the backlog on SYNs are answered with cookies. Half of it is an eighth of
	 * the connections as the server sets it, 2048 by default: 20,000 handshakes a second of
	 * 100 ms each, which is more than a core's TLS does, so honest load stays below. The other
	 * half is for connections reopened from TIME-WAIT, which cannot be had with cookies. */
	SL_TCP_COOKIE_SHARE = 2,

	/* SYNs after the first: the last leaves after 123 s, and all is given up after 183 s; RFC
	 * 9293, 3.8.3 wants 3 minutes at least. */
	SL_TCP_SYNS_MAX = 7,

	SL_TCP_INITIAL_SEGMENTS = 10, /* RFC 6928 */
	SL_TCP_INITIAL_BYTES = 14600,

	/* Also at once, if the rate is so low that a millisecond is less: as an initial window. */
	SL_TCP_BURST_SEGMENTS = 10,
	/* And who waited for the core, because it is late: one disk read. */
	SL_TCP_WAITED_BYTES = 131072,

	SL_TCP_MSS_DEFAULT_IPV4 = 536, /* RFC 9293, 3.7.1 */
	SL_TCP_MSS_DEFAULT_IPV6 = 1220,
	/* A peer that says less makes us send mostly headers; what Linux takes at least. */
	SL_TCP_MSS_MIN = 88,

	/* Packets of this size get through nearly everywhere: over IPv6 its least MTU; over IPv4
	 * what QUIC needs of a path (1200 bytes over UDP, RFC 9000, 14), or it would not be used
	 * there. */
	SL_TCP_PMTU_BASE_IPV6 = 1280,
	SL_TCP_PMTU_BASE_IPV4 = 1228,
	/* One timeout is a lost retransmission; two without anything arriving in between are
	 * rare. Linux waits for three before it assumes a black hole. */
	SL_TCP_BLACK_HOLE_TIMEOUTS = 2,
	SL_TCP_PROBES_MAX = 3, /* RFC 8899, 5.1.2 */
	/* A search that is so close is over: 16 bytes are about 1 % of any size. */
	SL_TCP_PROBE_STEP_BYTES = 16,

	/* A window that holds less is as good as closed to who sends TLS records, and is probed
	 * like one when nothing is outstanding: the update that opens it may get lost (RFC 9293,
	 * 3.8.6.2.1 wants such an end to waiting). */
	SL_TCP_WINDOW_LEAST_BYTES = 64,

	SL_TCP_DUP_THRESH = 3,       /* RFC 5681, RFC 6675 */
	SL_TCP_REORDER_PERSIST = 16, /* RFC 8985, 6.2, step 4: recoveries without D-SACK */
	SL_TCP_TIMESTAMP_BYTES = 12, /* the option with its padding */
	SL_TCP_HEADER_BYTES = 20,
	SL_TCP_IPV4_BYTES = 20,
	SL_TCP_IPV6_BYTES = 40,

	/* No peer can offer more (RFC 7323, 2.3), so no window needs more. */
	SL_TCP_CWND_MAX_BYTES = 1 << 30,

	/* Payload that comes before its turn. A request of the largest size (base/limits.h), or the
	 * rest of a hello of which the first segment was lost; as many gaps as one ACK can report.
	 * One connection in so many has a gap right now: at 1 % loss, 20,000 handshakes a second
	 * with hellos of two segments and 100 ms until the lost one comes again, it is 20. */
	SL_TCP_HOLD_BYTES = 8192,
	SL_TCP_HOLD_RUNS = 4,
	SL_TCP_HOLD_SHARE = 128,
	SL_TCP_HOLDS_MORE = 64,

	/* As many as there are connections, but not more than a thousand a second for a minute. */
	SL_TCP_TIME_WAITS_MAX = 65536,

	/* RST and ACK packets that belong to no connection and wait to be sent: more in one turn
	 * are a flood, and get no answer. */
	SL_TCP_REPLIES_MAX = 64,
};

#endif
