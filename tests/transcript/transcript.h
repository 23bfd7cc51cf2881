/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the transcript runner (README.md has the language).
 *
 *   run.c      files in, counts out          text.c     words and numbers of a line
 *   play.c     one file, line by line        packet.c   packets as they stand in a line
 *   call.c     socket calls                  frame.c    packets as bytes, both ways
 *   look.c     assertions about the inside    icmp.c     ICMP errors
 */
#ifndef SL_TESTS_TRANSCRIPT_TRANSCRIPT_H
#define SL_TESTS_TRANSCRIPT_TRANSCRIPT_H

#include "sluice_tcp_test.h"
#include "wire/segment.h"

/* ---- text.c -------------------------------------------------------------------------- */

/* All of these skip blanks first, and move *at behind what they took. */
bool sl_text_word(const char **at, const char *word); /* a whole one: no letter follows */
bool sl_text_mark(const char **at, const char *mark);
bool sl_text_name(const char **at, char *name, size_t room_bytes); /* letters, digits, _ . : - */
bool sl_text_number(const char **at, int64_t *number);             /* decimal or 0x, signed */
bool sl_text_seconds(const char **at, uint64_t *ns);               /* "1.25" */
bool sl_text_end(const char **at);                                 /* or a comment */

/* ---- packet.c ------------------------------------------------------------------------ */

enum { SL_OPTIONS_MAX_BYTES = 40, SL_PEERS_MAX = 16, SL_FRAME_MAX_BYTES = 4096 };

enum sl_stamp { SL_STAMP_NONE, SL_STAMP_AUTO, SL_STAMP_GIVEN };

struct sl_packet_line { /* a packet as it stands in a line; what is not said is not has_… */
	int peer;       /* [0, SL_PEERS_MAX) */
	bool has_mac, has_src, has_dst, has_sport, has_dport, bad_checksum, group_mac;
	uint8_t mac[6]; /* the peer's */
	int vlan;       /* -1: not said */
	struct sl_address src, dst;
	uint16_t sport, dport;
	int ecn; /* -1: not said */

	uint8_t flags;
	uint32_t seq, payload_bytes; /* seq is relative */
	bool has_ack, ack_all, has_win, has_urg;
	uint32_t ack;
	uint16_t win, urg;

	bool has_options, any_options; /* <…>; <...> */
	bool has_mss, has_scale, sack_permitted, no_stamp;
	uint16_t mss;
	uint8_t scale;
	enum sl_stamp stamp;
	bool any_value, any_echo; /* "*" */
	uint32_t value, echo;
	uint32_t sack_cnt;
	struct sl_sack_block sack[SL_SACK_BLOCKS_MAX]; /* relative */
};

/* NULL, or what is wrong with the text. */
const char *sl_packet_read(const char **at, struct sl_packet_line *packet);

/* ---- frame.c ------------------------------------------------------------------------- */

struct sl_peer {
	uint16_t port, stack_port;
	uint32_t isn, stack_isn;
	bool has_stack_stamp;
	uint32_t stamp_base;   /* what the stack's timestamp 0 of the transcript is on the wire */
	uint32_t latest_stamp; /* the stack's, as in the transcript */
	bool peer_stamps, stack_stamps; /* whose SYN had timestamps */
	uint32_t left_seq;              /* behind all that left, relative */
	uint16_t win;                   /* of its latest packet */
};

struct sl_world { /* what is the same for all packets of a transcript */
	bool ipv6;
	int vlan; /* -1: none */
	uint64_t start_ns, now_ns;
	uint16_t port;
	struct sl_peer peers[SL_PEERS_MAX];
};

/* The byte of any stream at a relative sequence number. */
static inline uint8_t sl_stream_byte(uint32_t seq)
{
	return (uint8_t)(seq * 2654435761U >> 13);
}

/* Returns its length. Notes in the peer what its next packets need. */
uint32_t sl_frame_build(struct sl_world *world, const struct sl_packet_line *line,
			uint8_t frame[SL_FRAME_MAX_BYTES]);

/* What packets of this transcript have if nothing else is said. */
void sl_frame_addresses(const struct sl_world *world, struct sl_address *stack,
			struct sl_address *peer);
uint8_t *sl_frame_put_link(uint8_t *at, const struct sl_world *world);

/* A packet that left: parsed, and with numbers as in a transcript. */
struct sl_seen {
	struct sl_segment segment; /* points into the frame */
	int peer;                  /* -1: nobody's */
	uint32_t seq, ack;
	uint32_t value, echo;
	uint16_t urg;
};

/* False: not a packet that may leave; *problem says why. */
bool sl_frame_read(struct sl_world *world, const uint8_t *frame, uint32_t bytes,
		   struct sl_seen *seen, const char **problem);

/* False: *problem names the first thing that is not as the line says. */
bool sl_frame_matches(const struct sl_world *world, const struct sl_packet_line *line,
		      const struct sl_seen *seen, const char **problem);

/* As it would stand in a transcript. Returns out. */
const char *sl_frame_print(const struct sl_seen *seen, char *out, size_t room_bytes);

/* ---- icmp.c -------------------------------------------------------------------------- */

struct sl_icmp_line { /* an ICMP error as it stands in a line */
	int kind;     /* too big, unreachable, time exceeded */
	uint16_t mtu;
	uint32_t seq; /* quoted, relative; of a segment to peer 1 */
};

/* "toobig mtu 1400 about 1"; false: it is none. */
bool sl_icmp_line_read(const char **at, struct sl_icmp_line *line);
uint32_t sl_icmp_build(const struct sl_world *world, const struct sl_icmp_line *line,
		       uint8_t frame[SL_FRAME_MAX_BYTES]);

/* ---- play.c, call.c, look.c ------------------------------------------------------------------ */

enum { SL_FDS_MAX = 64 };

struct sl_play {
	const char *path;
	int line;
	bool show; /* print all that leaves */

	struct sl_test_config config;
	struct sl_test_stack *stack; /* opened by the first event */
	struct sl_world world;
	uint64_t at_ns; /* the transcript's time, absolute */
	uint64_t tolerance_ns;
	bool has_isn, has_stamp;
	uint32_t isn, stamp; /* wanted of the stack's first packet to peer 0 */

	uint64_t packet_ns; /* of what waits to be matched */
	uint32_t packet_bytes;
	uint8_t packet[SL_FRAME_MAX_BYTES];

	int listener; /* the latest */
	uint32_t written[SL_FDS_MAX], read[SL_FDS_MAX];
};

/* True: it went as written. */
bool sl_play_file(const char *path, bool show);

/* Prints path, line and the message; returns false. */
__attribute__((format(printf, 2, 3))) bool sl_play_fail(const struct sl_play *play,
							const char *format, ...);

/* A call or a look: what stands behind the time and is no packet. */
bool sl_play_call(struct sl_play *play, const char *at);
/* Behind the bracket: "FD) FIELD == NUMBER, …". */
bool sl_play_info(struct sl_play *play, const char *at);
bool sl_play_counters(struct sl_play *play, const char *at);

#endif
