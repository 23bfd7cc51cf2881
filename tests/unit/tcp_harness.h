/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A story: one server and one peer on a line, told segment by segment, with time passing only where
 * the story says so.
 *
 * Sequence numbers in stories are relative, as people tell them: each side's SYN is 0, its first
 * byte 1. What the server sends waits in a queue until the story looks at it with left(); what it
 * would be asked to do by the layer above, the story asks itself (start, make, again).
 */
#ifndef SL_TESTS_UNIT_TCP_HARNESS_H
#define SL_TESTS_UNIT_TCP_HARNESS_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "tcp/tcp.h"

enum {
	STORY_QUEUE_MAX = 512,
	STORY_PACKET_BYTES = 2048,
	STORY_GOT_BYTES = 65536,
	STORY_MTU = 1500
};

/* ck_assert writes to a file each time, passed or not: too slow for what runs per packet. */
#define MUST(condition)                           \
	do {                                      \
		if (!(condition))                 \
			ck_abort_msg(#condition); \
	} while (0)

#define MS SL_NS_PER_MS
#define S  SL_NS_PER_S

struct story_packet {
	struct sl_segment segment; /* points into bytes */
	uint8_t bytes[STORY_PACKET_BYTES];
	uint32_t seq, ack; /* relative */
};

struct story_options { /* 0 for what most stories want */
	bool ipv6, no_sack, no_timestamps, no_window_scale, ecn;
	uint16_t mss; /* 0: 1460 */
	bool has_isn; /* the server's initial sequence number is to be isn */
	uint32_t isn;
	uint32_t peer_isn;
	uint16_t window;               /* as it stands in the peer's segments; 0: 65535 */
	uint8_t shift;                 /* of the peer's window */
	uint32_t rtt_ms;               /* of the handshake */
	uint32_t conns_max;            /* 0: 8 */
	uint32_t backlog_max;          /* 0: 4 */
	uint32_t receive_window_bytes; /* 0: 32 KiB */
	uint64_t keepalive_ns, stall_ns;
	bool paced; /* most stories are about windows, not about when */
	enum sl_congestion congestion;
	uint16_t mss_clamp; /* the listener's */
};

struct story {
	struct story_options is;
	struct sl_tcp *tcp;
	uint64_t now_ns;
	uint16_t window; /* of the peer's next segments */
	uint16_t peer_port;
	uint32_t server_isn;     /* learned from the SYN-ACK */
	uint32_t peer_next;      /* relative */
	uint32_t ts_ms_off;      /* of the peer's timestamp clock */
	uint32_t last_ts;        /* latest timestamp of the server's, echoed */
	struct sl_tcp_conn conn; /* once open */
	struct sl_tcp_verdict verdict;
	uint32_t events; /* collected, cleared by story_events */
	bool gone;
	bool manual_accept;           /* the story accepts payload itself */
	uint32_t got_bytes;           /* payload the layer above took */
	uint8_t got[STORY_GOT_BYTES]; /* the first of it */
	uint8_t link[22];
	uint32_t link_bytes;

	struct story_packet queue[STORY_QUEUE_MAX];
	uint32_t queue_first, queue_cnt;
};

/* Makes the server. The peer has said nothing yet. */
void story_begin(struct story *story, struct story_options options);
/* The same, and the handshake is done. */
void story_open(struct story *story, struct story_options options);
void story_end(struct story *story);

/* The three-way handshake from peer_port, checked on the way. */
void story_connect(struct story *story);

/* Time passes; timers go off when they are due. */
void story_pass(struct story *story, uint64_t for_ns);

/* A segment of the peer's as it would be now: fill in more, then hand it to story_input. */
struct sl_segment story_segment(const struct story *story, uint8_t flags, uint32_t seq,
				uint32_t ack);
void story_input(struct story *story, const struct sl_segment *segment);

/* The usual ones. */
void story_syn(struct story *story);
void story_ack(struct story *story, uint32_t ack);
void story_sack(struct story *story, uint32_t ack, uint32_t start, uint32_t end);
void story_data(struct story *story, uint32_t seq, uint32_t ack, uint32_t len_bytes);

/* The server's packets, oldest first; NULL if none is left. Valid until the queue wraps. */
struct story_packet *left(struct story *story);
/* It is the next one, and what it has to be. */
struct story_packet *story_expect(struct story *story, uint8_t flags, uint32_t seq, uint32_t ack);
void story_expect_silence(struct story *story);
/* Looks at nothing. */
void story_discard(struct story *story);

/* The layer above: reserves len_bytes and sends them at once in full segments. */
void story_send(struct story *story, uint32_t len_bytes);
/* All that the window allows, up to len_bytes; returns how much. */
uint32_t story_send_most(struct story *story, uint32_t len_bytes);
/* One segment of what was reserved or is to be sent again; seq is relative. */
void story_make(struct story *story, uint32_t seq, uint32_t len_bytes);
/* Everything lost that may be sent again is; returns how much. */
uint32_t story_send_again(struct story *story);

uint32_t story_events(struct story *story);
struct sl_tcp_info story_info(const struct story *story);
uint32_t story_window(const struct story *story);

/* The byte of the stream at a relative sequence number. */
static inline uint8_t story_byte(uint32_t seq)
{
	return (uint8_t)(seq * 2654435761U >> 13);
}

#endif
