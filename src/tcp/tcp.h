/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP: a library of state machines without I/O (RFC 9293, 7323, 2018, 6298, 8985, 9937, 9438,
 * 6528, 3168). Segments and time go in; verdicts, permissions and headers come out. It makes no
 * system call, reads no clock, and holds no payload but what came before its turn.
 *
 *   sl_tcp_input     a segment ─► connection, payload in order, connection on the ready list
 *   sl_tcp_icmp      an error about a segment ─► what is lost, how long segments may be
 *   sl_tcp_tick      time      ─► timers, connections on the ready list
 *   sl_tcp_ready     ─► connection and events, once a turn however many segments came for it
 *   sl_tcp_lost      ─► ranges to be made into frames again
 *   sl_tcp_window    ─► how many new bytes may be started
 *   sl_tcp_segment   ─► headers for a payload that lies in a frame; it counts as sent
 *   sl_tcp_control   ─► whole packets without payload: SYN-ACK, ACK, FIN, RST, probes
 *
 * The sending side knows only ranges of the outgoing stream, in extended sequence numbers
 * (base/seq.h):
 *
 *      snd_una            snd_nxt               snd_res          snd_una + min(cwnd, peer's window)
 *   ──────┼──── in flight ────┼── being made ───────┼──── window ────┤
 *                               (reads pending)
 *
 * Whenever bytes are permitted: in flight + being made ≤ min(cwnd, peer's window). A window that
 * shrinks afterwards takes nothing back.
 *
 * Connections are indices [0, conns_max); whoever sits above keeps arrays of its own under the same
 * index. Owner core only. Time never goes back.
 */
#ifndef SL_TCP_TCP_H
#define SL_TCP_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "wire/icmp.h"
#include "wire/segment.h"

struct sl_tcp;

struct sl_tcp_conn {
	uint32_t idx;
};

/* Most bytes of an open connection with nothing in flight: its control block, its timer, its places
 * in table and pool. */
enum { SL_TCP_CONN_BYTES = 768 };
/* And its share of what connections use while something is in flight or comes out of order, or
 * after they have ended. */
enum { SL_TCP_POOLED_BYTES = 736 };

struct sl_tcp_config {
	uint32_t conns_max; /* connections in any state but TIME-WAIT's excess, [1, SL_CONNS_MAX] */
	uint32_t backlog_max;                /* of them, at most so many in SYN-RECEIVED; from half
					      * of it on SYNs are answered with cookies */
	uint32_t mtu_bytes;                  /* of the interface: our MSS for each family follows;
					      * what we offer is SL_MTU_FRAME_MAX's at most */
	const struct sl_listener *listeners; /* copied */
	uint32_t listener_cnt;
	/* 32 random bytes: table hash, ISNs, timestamp offsets, SYN cookies; copied */
	const uint8_t *secret;
	/* A peer not heard of for so long, with nothing due either way, is probed, and given up two
	 * minutes later (RFC 9293, 3.8.4); 0: never. */
	uint64_t keepalive_ns;
	/* A peer that answers, but whose window has room for no segment for so long, is reset; it
	 * may take a minute longer until that is noticed; 0: never (RFC 9293, 3.8.6.1). */
	uint64_t stall_ns;
	uint32_t receive_window_bytes; /* offered at first, ≤ 65535: our own is never scaled */
	bool unpaced; /* whatever the windows allow goes at once: for tests of the windows */
};

/* Errors: -ENOMEM. Setup only: everything is allocated here. */
int sl_tcp_init(struct sl_tcp **tcp, const struct sl_tcp_config *config, uint64_t now_ns);
void sl_tcp_fini(struct sl_tcp *tcp);

/* The interface's MTU has changed, [SL_MTU_MIN, SL_MTU_MAX]: our MSS for connections that open from
 * now on. Those that are open keep theirs, and find out what their path carries (plpmtud.c). */
void sl_tcp_set_mtu(struct sl_tcp *tcp, uint32_t mtu_bytes);

/* ---- Receiving ----------------------------------------------------------------------- */

/* Bits; collected until sl_tcp_ready hands them over. */
enum sl_tcp_event {
	/* Handshake complete: a new connection for the layer above. */
	SL_TCP_OPENED = 1,
	/* snd_una moved: what lies before it may be forgotten. */
	SL_TCP_ACKED = 2,
	/* Window or loss state changed, and sl_tcp_lost or sl_tcp_window allow something. */
	SL_TCP_CAN_SEND = 4,
	/* FIN: no more payload will come. */
	SL_TCP_PEER_CLOSED = 8,
	/* Reset, timed out, or closed both ways with all acked (TIME-WAIT included): the layer
	 * above lets go of everything. The last event of an index, which may be used again after
	 * it. May come together with OPENED. Until it is handed over, calls for the connection are
	 * harmless: nothing is permitted and nothing is sent. */
	SL_TCP_GONE = 16,
};

struct sl_tcp_verdict {
	bool has_conn; /* it belongs to a connection that the layer above knows, or will */
	bool fin;      /* nothing follows the payload; PEER_CLOSED once all of it is accepted */
	struct sl_tcp_conn conn;
	/* Next in order, not seen before; within the segment, or (see sl_tcp_accept) in memory of
	 * this room; NULL if none. */
	const uint8_t *payload;
	uint32_t payload_bytes;
};

/* One understood segment. Its payload may come before OPENED was handed over: an ACK that completes
 * the handshake may carry some. Never sends: replies become due and leave by sl_tcp_control. If
 * payload came, the layer above takes as much of it as it wants with sl_tcp_accept at once, before
 * the next input; what it does not take is as if lost. Payload out of order is kept, within bounds,
 * and comes up when its turn has come. */
void sl_tcp_input(struct sl_tcp *tcp, const struct sl_segment *segment, uint64_t now_ns,
		  struct sl_tcp_verdict *verdict);

/* An ICMP error about a segment that quotes one of our listeners as its source. False if no
 * connection, in TIME-WAIT or before, could have sent it: perhaps another worker's has. */
bool sl_tcp_icmp(struct sl_tcp *tcp, const struct sl_icmp_error *error, uint64_t now_ns);

/* took_bytes in [0, verdict->payload_bytes] were taken; window_bytes is how much more the layer
 * above could take now. The offered window's right edge never moves back whatever it says (RFC
 * 9293, 3.8.6). True if what was kept is next in order now: *verdict is then filled anew, for
 * another sl_tcp_accept at once. */
bool sl_tcp_accept(struct sl_tcp *tcp, struct sl_tcp_verdict *verdict, uint32_t took_bytes,
		   uint32_t window_bytes, uint64_t now_ns);

/* The layer above has room again; offers it once that is worth a segment (RFC 9293, 3.8.6.2.2). */
void sl_tcp_set_window(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t window_bytes);

/* Timers that are due. Call once a turn. */
void sl_tcp_tick(struct sl_tcp *tcp, uint64_t now_ns);
/* Next deadline, for sleeping; UINT64_MAX if none. */
uint64_t sl_tcp_next_ns(const struct sl_tcp *tcp);

/* The next connection with something to do, and what (bits of sl_tcp_event, never 0); false when
 * none is left. A connection comes up at most once between two inputs or ticks. */
bool sl_tcp_ready(struct sl_tcp *tcp, struct sl_tcp_conn *conn, uint32_t *events);

/* ---- Ahead of time (expect.c) -------------------------------------------------------- */

/*
 * What a connection needs is asked of memory before its turn comes (base/prefetch.h); nothing else
 * happens, and nothing depends on it. A batch of segments goes through these one after the other,
 * each step for all segments, because it reads what the one before has asked for:
 *
 *     hash ──► link ──► input: whose it may be ──► ack ──► sl_tcp_input
 */
uint64_t sl_tcp_expect_hash(const struct sl_tcp *tcp, const struct sl_segment *segment);
void sl_tcp_expect_link(const struct sl_tcp *tcp, uint64_t hash);
bool sl_tcp_expect_input(const struct sl_tcp *tcp, uint64_t hash, struct sl_tcp_conn *conn);
void sl_tcp_expect_ack(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* Its control block, and with that at hand what else sending needs. */
void sl_tcp_expect(const struct sl_tcp *tcp, struct sl_tcp_conn conn);
void sl_tcp_expect_send(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* What sl_tcp_ready will hand over after skip_cnt others, as things are now. */
bool sl_tcp_ready_next(const struct sl_tcp *tcp, uint32_t skip_cnt, struct sl_tcp_conn *conn);

/* ---- Sending ------------------------------------------------------------------------- */

/* Next byte of the stream that nobody has reserved (snd_res); the first one is the peer's to expect
 * right after our SYN. */
uint64_t sl_tcp_stream_seq(const struct sl_tcp *tcp, struct sl_tcp_conn conn);
/* snd_una, not counting SYN and FIN. */
uint64_t sl_tcp_acked_seq(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* New bytes that may be reserved now, down to a single one: who aggregates must still send when
 * nothing is in flight. At most a quantum; then 0 until the pacer's time has come, when CAN_SEND
 * tells. 0 while lost bytes wait for the same room, after close, and before OPENED. */
uint32_t sl_tcp_window(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* What is out, in flight and being made, and the most that may be: min(cwnd, peer's window). */
void sl_tcp_flight(const struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t *out_bytes,
		   uint32_t *max_bytes);

/* The caller starts making the next bytes [snd_res, snd_res + bytes) of the stream: it will call
 * sl_tcp_segment for every one of them, in order, or abort. Precondition: 0 < bytes ≤
 * sl_tcp_window. */
void sl_tcp_reserve(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t bytes);

/* A probe for a lost tail waits to be reserved (RFC 8985, 7.3): whoever aggregates does not. */
bool sl_tcp_probes(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* Nobody has more to send now, though the window allows it: what is measured until all of this has
 * arrived is the application's rate, not the path's. */
void sl_tcp_app_limited(struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* From now on no faster than so many bytes a second, retransmissions included; 0: as fast as the
 * path allows. */
void sl_tcp_set_rate_cap(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t rate_cap);

/* A lost range the congestion window allows to be sent again now: [start, end) of at most
 * max_bytes, the oldest first. It counts as being made (in flight) from here, and is not named
 * again until it is sent and lost again; sl_tcp_lost_cancel puts it back. */
struct sl_tcp_range {
	uint64_t start_seq, end_seq;
};
bool sl_tcp_lost(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint32_t max_bytes,
		 struct sl_tcp_range *range);
void sl_tcp_lost_cancel(struct sl_tcp *tcp, struct sl_tcp_conn conn,
			const struct sl_tcp_range *range);

/* Largest payload of one segment now (MSS less options). It may change with every segment and ICMP
 * error that comes in and every tick, between reserving and sending, too; never with sending. */
uint32_t sl_tcp_payload_max(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

/* The same for the first segment of the stream bytes [seq, seq + len_bytes) that are about to be
 * sent: at times it is to be longer, to find out whether the path carries that (RFC 8899). */
uint32_t sl_tcp_first_payload_max(const struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t seq,
				  uint32_t len_bytes);

/* The payload of one segment; or of several, as one packet that is cut into segments on its way (by
 * the NIC, or the kernel), where their checksums are filled in, too. */
struct sl_tcp_payload {
	uint8_t *data;      /* where headers end: there is room for them before it (base/limits.h,
			       SL_FRAME_HEADROOM_BYTES); the payload may lie elsewhere */
	uint32_t len_bytes; /* [1, sl_tcp_payload_max], or sl_tcp_first_payload_max */
	uint64_t sum;       /* sl_checksum_add over all of it, from 0 */
	uint32_t segment_bytes; /* above 0: to be cut into segments of so many bytes, bounded as
				   len_bytes otherwise is, but for the last; sum is not looked at,
				   len_bytes and headers are SL_SEGMENTED_MAX_BYTES at most */
};

/* Writes all headers before payload for the stream bytes [seq, seq + payload->len_bytes) that it
 * is, checksums included, and notes them as sent at now_ns: new ones if seq is snd_nxt, again if
 * they were given out by sl_tcp_lost. A range may be cut into other segments than the first time,
 * and may have arrived meanwhile: then it is sent in vain, but does no harm. push: set PSH (end of
 * a response or of what the window allows). A FIN that is due rides on the last byte. Returns the
 * header bytes; 0 if the connection is closed: then nothing may be sent. */
uint32_t sl_tcp_segment(struct sl_tcp *tcp, struct sl_tcp_conn conn,
			const struct sl_tcp_payload *payload, uint64_t seq, bool push,
			uint64_t now_ns);

/* False if all of [seq, seq + payload_bytes) arrived while it was being made: not sending it is
 * cheaper. */
bool sl_tcp_wanted(const struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t seq,
		   uint32_t payload_bytes);

/* A packet without payload that is due, written before payload like the above: returns its header
 * bytes, or 0 when none is due. */
uint32_t sl_tcp_control(struct sl_tcp *tcp, uint8_t *payload, uint64_t now_ns);
bool sl_tcp_control_due(const struct sl_tcp *tcp);

/* The stream ends after what is reserved: FIN when all of it is sent. Idempotent. */
void sl_tcp_close(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t now_ns);

/* RST now; the GONE event follows. Nothing more of it may be sent. */
void sl_tcp_abort(struct sl_tcp *tcp, struct sl_tcp_conn conn, uint64_t now_ns);

/* Draining: from now on SYNs are refused with RST, so that clients turn elsewhere at once. */
void sl_tcp_stop_listening(struct sl_tcp *tcp);

/* ---- Opening ------------------------------------------------------------------------- */

/* What the server never calls: it listens where it was configured to. Tests make clients and whole
 * socket interfaces with these. */

/* Listens on one more address; one that is all zero, prefix too, is no segment's. Returns the
 * listener's index. Errors: -ENOSPC. */
int sl_tcp_listen(struct sl_tcp *tcp, const struct sl_listener *listener);
/* No more, but connections stay. The index may be given out again. */
void sl_tcp_unlisten(struct sl_tcp *tcp, uint32_t listener_idx);

/* Active open (RFC 9293, 3.10.1): a SYN becomes due. route is complete with the link header; its
 * local address and port are the caller's choice. What else a listener says of its connections,
 * congestion control and clamp, holds as listener_idx says. OPENED follows when the peer has
 * answered, GONE if it refuses or is silent; sl_tcp_close before OPENED ends a connection in
 * SYN-SENT at once and does nothing in SYN-RECEIVED. Errors: -EADDRINUSE (these four are in use, or
 * in TIME-WAIT), -ENFILE. */
int sl_tcp_connect(struct sl_tcp *tcp, const struct sl_route *route, uint32_t listener_idx,
		   struct sl_tcp_conn *conn, uint64_t now_ns);

/* ---- Looking in ---------------------------------------------------------------------- */

/* RFC 9293, 3.3.2. TIME-WAIT is never seen through an index: GONE comes first. */
enum sl_tcp_state {
	SL_TCP_CLOSED,
	SL_TCP_SYN_SENT, /* only after sl_tcp_connect */
	SL_TCP_SYN_RECEIVED,
	SL_TCP_ESTABLISHED,
	SL_TCP_FIN_WAIT_1,
	SL_TCP_FIN_WAIT_2,
	SL_TCP_CLOSE_WAIT,
	SL_TCP_CLOSING,
	SL_TCP_LAST_ACK,
	SL_TCP_TIME_WAIT,
};

struct sl_tcp_info {
	enum sl_tcp_state state; /* CLOSED: there is no such connection, and the rest is old */
	struct sl_address local, peer;
	uint16_t local_port, peer_port;
	uint32_t listener_idx;
	enum sl_congestion congestion;
	bool sack, timestamps, ecn, window_scale; /* agreed upon */
	uint8_t peer_scale;                       /* of its window */
	bool recovering;                          /* from loss or a congestion mark */
	bool delivery_app_limited;
	uint32_t mss_bytes, cwnd_bytes, peer_window_bytes;
	uint32_t pmtu_bytes;      /* the IP packet of a full segment */
	uint32_t ssthresh_bytes;  /* UINT32_MAX: none yet */
	uint32_t in_flight_bytes; /* sent, not acked, not SACKed, not held lost */
	uint32_t being_made_bytes;
	uint32_t unacked_bytes; /* sent, not acked: in flight, SACKed and missing */
	uint32_t sacked_bytes;
	uint32_t missing_bytes; /* held lost, and not yet sent again */
	uint64_t srtt_ns, rttvar_ns, rto_ns;
	uint64_t min_rtt_ns;    /* UINT64_MAX: not known */
	uint64_t quiet_ns;      /* since data last left */
	uint64_t pacing_rate;   /* bytes a second; 0: not known */
	uint64_t delivery_rate; /* bytes a second, of the latest sample; 0: none */
	uint64_t sent_bytes;    /* payload, what was sent again included */
	uint64_t resent_bytes, lost_bytes, acked_bytes;
	uint32_t resent_cnt; /* segments */
	uint32_t rto_cnt, backoff_cnt;
};
void sl_tcp_info(const struct sl_tcp *tcp, struct sl_tcp_conn conn, struct sl_tcp_info *info);
enum sl_tcp_state sl_tcp_state(const struct sl_tcp *tcp, struct sl_tcp_conn conn);
/* Index into config.listeners. */
uint32_t sl_tcp_listener(const struct sl_tcp *tcp, struct sl_tcp_conn conn);
/* Pacing rate in bytes a second; 0 if not known yet. */
uint64_t sl_tcp_rate(const struct sl_tcp *tcp, struct sl_tcp_conn conn);
/* The most sl_tcp_window allows at once: a millisecond of the rate, or a few segments. */
uint32_t sl_tcp_quantum(const struct sl_tcp *tcp, struct sl_tcp_conn conn);

struct sl_tcp_counters { /* since init */
	uint64_t cookies_sent, cookies_accepted, cookies_failed;
	uint64_t opened, reset_sent, reset_received, timed_out, stalled, backlog_full, table_full;
	uint64_t out_of_order_dropped, duplicates_in;
	uint64_t segments_in, acks_in, dup_acks_in, out_of_order_in, out_of_window_in,
	    no_connection;
	uint64_t data_segments_out, data_bytes_out, resent_segments, resent_bytes, control_out;
	uint64_t recoveries, rtos, ecn_reductions;
	uint64_t tlp_probes, tlp_recoveries;         /* sent; that repaired a loss */
	uint64_t dsacks_in;                          /* of what we sent twice */
	uint64_t undone_recoveries, undone_timeouts; /* nothing had been lost */
	uint64_t icmp_in, icmp_refused, too_big_in, black_holes, mtu_probes, mtu_probes_lost;
	uint32_t open_cnt, syn_received_cnt, time_wait_cnt; /* now */
};
const struct sl_tcp_counters *sl_tcp_counters(const struct sl_tcp *tcp);

#endif
