/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client's TCP for the simulation: an honest, simple receiver (RFC 9293, 7323, 2018), with
 * window, SACK and timestamps as its configuration says, and a sender good enough for requests.
 * Written apart from src/tcp, so that the two do not share their mistakes.
 */
#ifndef SL_TESTS_SIM_TCP_H
#define SL_TESTS_SIM_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "wire/segment.h"

struct sl_sim_link;

struct sl_sim_tcp_config {
	struct sl_address local, peer;
	uint16_t local_port, peer_port;
	bool ipv6;
	bool sack, timestamps;
	uint16_t mss;            /* 0: no option */
	int8_t window_scale;     /* -1: no option */
	uint32_t window_bytes;   /* receive buffer, at most 2^30 */
	uint32_t isn, ts_base;   /* ts_base: of its timestamp clock */
	bool lies;               /* what it acknowledges is not always so */
	uint32_t ack_every;      /* segments in order for one ACK; 0: 2 */
	uint64_t delayed_ack_ns; /* 0: 20 ms */
	bool dsack;              /* says what came twice (RFC 2883) */
	uint32_t segment_bytes;  /* sends no more in one; 0: what the MSS says */
	uint32_t untidy_ppm;     /* of its segments: sent twice, late, or with bytes sent before */
	uint64_t dice;           /* for these */
};

enum sl_sim_tcp_state {
	SL_SIM_TCP_SYN_SENT,
	SL_SIM_TCP_OPEN,
	SL_SIM_TCP_PEER_CLOSED, /* its FIN came in order */
	SL_SIM_TCP_RESET,
};

struct sl_sim_tcp_range {
	uint64_t start_seq, end_seq;
};

struct sl_sim_tcp_bytes { /* grows at the end, is read from the front */
	uint8_t *data;
	size_t len_bytes, read_bytes, max_bytes;
};

enum { SL_SIM_TCP_RANGES_MAX = 256 };

struct sl_sim_tcp {
	struct sl_sim_tcp_config config;
	struct sl_sim_link *to_peer;
	struct sl_route route;
	enum sl_sim_tcp_state state;

	uint64_t snd_una_seq, snd_nxt_seq, rcv_nxt_seq; /* extended */
	uint8_t peer_scale;
	uint32_t peer_window_bytes, peer_mss;
	uint64_t irs_seq;  /* the peer's first */
	uint64_t edge_seq; /* the furthest right edge ever offered */
	bool use_sack, use_timestamps, closing, fin_sent, fin_acked, reneged;
	uint32_t ts_recent;

	struct sl_sim_tcp_bytes out; /* sent and to be sent, from snd_una on */
	struct sl_sim_tcp_bytes in;  /* received in order */
	uint8_t *ahead; /* received out of order: a ring of window_bytes, by sequence number */
	struct sl_sim_tcp_range ranges[SL_SIM_TCP_RANGES_MAX]; /* of it, the latest first */
	uint32_t range_cnt;
	uint64_t fin_seq;                  /* of the peer's FIN, 0 if none seen */
	struct sl_sim_tcp_range duplicate; /* to be said by the next ACK; end 0: none */
	struct sl_sim_tcp_range late;      /* of what is sent: held back; end 0: none */

	uint32_t unacked_segments;
	uint64_t ack_at_ns, resend_at_ns, resend_after_ns; /* UINT64_MAX: not armed */
	uint64_t segments_in, duplicate_bytes_in, acks_out;
};

/* Sends the SYN. Memory is freed by close. */
void sl_sim_tcp_open(struct sl_sim_tcp *tcp, struct sl_sim_link *to_peer,
		     const struct sl_sim_tcp_config *config);
void sl_sim_tcp_free(struct sl_sim_tcp *tcp);

/* A segment for this client; whoever calls has found that it is. */
void sl_sim_tcp_input(struct sl_sim_tcp *tcp, const struct sl_segment *segment);
void sl_sim_tcp_tick(struct sl_sim_tcp *tcp);
uint64_t sl_sim_tcp_next_ns(const struct sl_sim_tcp *tcp);

/* Bytes to the peer; bytes from it (up to max_bytes, returns how many). Reading opens the window.
 */
void sl_sim_tcp_send(struct sl_sim_tcp *tcp, const void *data, size_t len_bytes);
size_t sl_sim_tcp_read(struct sl_sim_tcp *tcp, uint8_t *out, size_t max_bytes);
size_t sl_sim_tcp_readable(const struct sl_sim_tcp *tcp);

void sl_sim_tcp_close(struct sl_sim_tcp *tcp); /* FIN after what was sent */
void sl_sim_tcp_reset(struct sl_sim_tcp *tcp);

/* Forgets what it holds out of order, though it may have been SACKed (RFC 2018, section 8). */
void sl_sim_tcp_renege(struct sl_sim_tcp *tcp);

/* What its segments say at this time. */
uint32_t sl_sim_tcp_ts_value(const struct sl_sim_tcp *tcp);

/* It has all of [start_seq, end_seq), in order or beyond a gap. */
bool sl_sim_tcp_has(const struct sl_sim_tcp *tcp, uint64_t start_seq, uint64_t end_seq);

/* Nothing more will come of it: both sides have closed, or it was reset. */
bool sl_sim_tcp_over(const struct sl_sim_tcp *tcp);

#endif
