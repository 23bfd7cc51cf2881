/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB: the control block of a connection (RFC 9293, 3.3.1). Everything TCP knows about it and
 * nothing else does: no payload (hold.h has what came early), no pointers. Names are the RFC's
 * where it has one.
 *
 * Sequence numbers here are of data only. SYN and FIN, which each occupy a number on the wire, are
 * kept as flags: the stream begins one after our SYN, and a FIN that was sent is acknowledged by
 * snd_nxt + 1.
 *
 *        snd_una             snd_nxt              snd_res = where FIN goes, once closing
 *     ─────┼── the sent map ────┼── being made ──────┼────
 *
 *        rcv_nxt             rcv_edge_seq         rcv_room_seq
 *     ─────┼── offered window ──┼── could be offered ┼────
 */
#ifndef SL_TCP_TCB_H
#define SL_TCP_TCB_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/cc.h"
#include "tcp/rtt.h"
#include "tcp/sent.h"
#include "wire/segment.h"

enum sl_tcp_timer {
	SL_TCP_TIMER_PROBE,   /* tail loss; before RESEND: due together, it goes first */
	SL_TCP_TIMER_RESEND,  /* retransmission, persist, or SYN-ACK: never two of them at once */
	SL_TCP_TIMER_REORDER, /* RACK's */
	SL_TCP_TIMER_ACK,     /* delayed ACK */
	SL_TCP_TIMER_STATE,   /* FIN-WAIT-2; before it keepalive */
	SL_TCP_TIMER_PACE,    /* the next quantum */
	SL_TCP_TIMERS,
};

/* Packets without payload that wait for sl_tcp_control; bits. */
enum sl_tcp_due {
	SL_TCP_DUE_ACK = 1,
	SL_TCP_DUE_SYN_ACK = 2,
	SL_TCP_DUE_FIN = 4,
	SL_TCP_DUE_RST = 8,
	SL_TCP_DUE_PROBE = 16,
};

enum sl_tcp_recovery {
	SL_TCP_OPEN,
	SL_TCP_RECOVERY_FAST,    /* by SACK or duplicate ACKs */
	SL_TCP_RECOVERY_ECN,     /* the same for a congestion mark; never undone */
	SL_TCP_RECOVERY_TIMEOUT, /* by RTO */
};

struct sl_tcp_rack { /* RFC 8985, 5.3: of the latest sent among all that was delivered */
	uint64_t sent_ns, end_seq;
	uint64_t fack_seq; /* end of the highest byte delivered */
	/* The reordering window learns from D-SACKs, once a round trip. */
	uint64_t dsack_round_seq; /* until snd_una gets here; 0: none */
	uint32_t rtt_us;          /* rounded up: never lost too early */
	uint8_t wnd_more_cnt;     /* RACK.reo_wnd_mult - 1 */
	uint8_t wnd_persist_cnt;  /* RACK.reo_wnd_persist */
};

enum sl_tcp_probe { /* for the loss of a tail */
		    SL_TCP_PROBE_NONE,
		    SL_TCP_PROBE_NEW,    /* a new segment may go, whatever cwnd says */
		    SL_TCP_PROBE_NO_NEW, /* there is none */
		    SL_TCP_PROBE_AGAIN,  /* the last segment is to be made again */
		    SL_TCP_PROBE_OUT,    /* one was sent; TLP.end_seq is set */
};

struct sl_tcp_tlp { /* RFC 8985, 7.1 */
	uint64_t end_seq;
	uint32_t flight_bytes; /* when a segment was sent again */
	uint8_t state;         /* enum sl_tcp_probe */
	bool is_retrans;
	bool unsampled; /* no RTT sample since */
};

enum sl_tcp_frto { /* RFC 5682: which ACK since a timeout tells */
		   SL_TCP_FRTO_OFF,
		   SL_TCP_FRTO_FIRST,
		   SL_TCP_FRTO_SECOND,
};

struct sl_tcp_undo {             /* of the latest reduction */
	uint64_t start_seq;      /* snd_una then */
	uint64_t first_again_ns; /* when the first was sent again; 0: nothing was */
	uint32_t again_bytes;    /* sent again, and not reported to have come twice */
	bool armed, timeout;
	uint8_t frto; /* enum sl_tcp_frto */
};

struct sl_tcp_rate { /* names of draft-ietf-ccwg-bbr, 4.1.1.2, but for their "C." */
	uint64_t delivered_bytes, delivered_ns, first_sent_ns;
	uint64_t app_limited_bytes; /* until so much is delivered samples are; 0: they are not */
	uint64_t lost_bytes;
	uint32_t latest; /* bytes a second, of the latest sample; 34 Gb/s at most */
	bool latest_app_limited;
};

enum sl_tcp_pmtu_state { /* RFC 8899, 5.2 */
			 SL_TCP_PMTU_COMPLETE,
			 SL_TCP_PMTU_BASE,
			 SL_TCP_PMTU_SEARCHING,
};

struct sl_tcp_pmtu {           /* sizes are payloads of a segment */
	uint64_t probe_seq;    /* of the probe in flight */
	uint32_t raise_s;      /* in COMPLETE: when to search again */
	uint16_t probe_bytes;  /* 0: none */
	uint16_t limit_bytes;  /* what both MSSs allow */
	uint16_t next_bytes;   /* in SEARCHING: to be tried next */
	uint16_t failed_bytes; /* in SEARCHING: the least that did not get through */
	uint8_t tries_cnt;     /* of next_bytes */
	uint8_t state;         /* enum sl_tcp_pmtu_state */
};

struct sl_tcb {
	struct sl_route route;
	uint16_t listener_idx;
	uint16_t payload_max_bytes; /* of a segment, options taken off */

	/* Sending. */
	uint64_t snd_una, snd_nxt, snd_res;
	uint64_t snd_wl1_seq, snd_wl2_seq; /* of the segment that set snd_wnd_bytes */
	uint32_t snd_wnd_bytes, snd_wnd_max_bytes;
	uint64_t sent_ns;     /* data, or the SYN-ACK, left last */
	uint64_t limited_seq; /* what lies before was sent while cwnd was well used */
	struct sl_tcp_sent sent;
	uint32_t rate_cap; /* bytes a second, from above; 0: none */
	struct sl_tcp_pmtu pmtu;
	struct sl_tcp_rate rate;
	uint64_t pace_ns; /* before that nothing is permitted */

	/* Loss. */
	struct sl_tcp_rtt rtt;
	struct sl_tcp_rack rack;
	struct sl_tcp_tlp tlp;
	struct sl_tcp_undo undo;
	uint64_t recovery_seq; /* a recovery ends when snd_una gets here */
	uint32_t prr_delivered_bytes, prr_out_bytes, prr_flight_bytes; /* RFC 9937 */
	uint32_t dup_ack_cnt;   /* without SACK: segments the peer holds beyond the gap */
	uint32_t dsacked_bytes; /* reported to have come twice, low bits */
	uint32_t stalled_s;     /* since when nothing is heard though something is due; 0: not */
	struct sl_cc cc;

	/* Receiving. */
	uint64_t rcv_nxt, rcv_edge_seq, rcv_room_seq;
	uint64_t rcv_acked_seq; /* Last.ACK.sent of RFC 7323 */
	uint64_t rcv_high_seq;  /* end of the highest byte seen: above rcv_nxt there is a gap */
	uint32_t ts_recent, ts_recent_s;
	uint32_t ts_offset;
	struct sl_sack_block duplicate; /* to be reported once (RFC 2883); empty: none */
	uint32_t hold_no;               /* of its hold, from 1; 0: none */
	uint32_t challenge_ms;          /* start of the period */
	uint32_t heard_s;               /* the latest acceptable segment */
	uint32_t closed_s; /* since when the peer's window has room for no segment; 0: it has */

	uint32_t isn; /* ours: the stream begins one after it */
	uint32_t rto_cnt, resent_cnt;
	uint64_t resent_bytes;
	uint64_t timers_ns[SL_TCP_TIMERS];
	uint32_t ready_next_idx, due_next_idx, due_prev_idx;

	uint8_t state;    /* enum sl_tcp_state */
	uint8_t recovery; /* enum sl_tcp_recovery */
	uint8_t due;      /* bits of enum sl_tcp_due; on the due list if any */
	uint8_t events;   /* bits of enum sl_tcp_event; on the ready list if any */
	uint8_t backoff_cnt;
	uint8_t challenge_cnt;
	uint8_t keepalive_cnt; /* probes without answer */
	uint8_t ack_cnt;       /* ACKs due: one for each segment out of order */
	uint8_t ack_owed_cnt;  /* segments with payload since the last ACK */
	uint8_t snd_scale;
	bool timestamps : 1;
	bool sack : 1;
	bool window_scale : 1; /* the peer offered it */
	bool reordering_seen : 1;
	bool ecn : 1;        /* agreed upon */
	bool ecn_echo : 1;   /* a mark came in; to be said until the peer has reduced */
	bool cwr_due : 1;    /* we have reduced; to be said with new data */
	bool opened : 1;     /* the layer above knows it, or will */
	bool closing : 1;    /* a FIN goes at snd_res */
	bool fin_sent : 1;   /* at least once */
	bool fin_flying : 1; /* and not held lost */
	bool fin_acked : 1;
};

#endif
