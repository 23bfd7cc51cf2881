/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stack: all of one worker's TCP, and what the files of this room ask of each other. Outside of
 * this room only tcp.h counts.
 *
 *   icmp.c ──► plpmtud.c              what the path carries
 *   input.c ─► handshake.c            a SYN: passive open
 *      │ │           └► cookie.c        without state, if there are too many
 *      │ ├───► time_wait.c            for a connection that is no more
 *      │ ├───► ack.c ─► sack.c        what arrived
 *      │ │       ├────► rtt.c         how long it took
 *      │ │       ├────► rack.c        what is lost; without SACK: newreno.c
 *      │ │       ├────► tlp.c         that the last segments may be lost
 *      │ │       ├────► undo.c        that it was not
 *      │ │       ├────► recovery.c    how much may be sent meanwhile
 *      │ │       ├────► ecn.c         what routers say of congestion
 *      │ │       ├────► rate.c        how fast it arrives
 *      │ │       └────► cc.c          how much may be in flight in open water: cc_*.c
 *      │ ├───► connect.c              active open, for tests
 *      │ └───► receive.c              payload, delayed ACKs, offered window, FIN
 *      │         └────► hold.c        what came before its turn, and SACK blocks for it
 *      └─────► control.c              replies without connection
 *
 *   output.c    what may be sent, and headers for it          close.c   FIN, abort, the end
 *   pacing.c    and when
 *   control.c   packets without payload                       ready.c   events for the layer above
 *   timers.c    which deadlines there are ─► rto.c, tlp.c, keepalive.c
 *   stall.c     how long a window may stay closed             table.c, isn.c, sent.c   helpers
 *   info.c      what the outside may know of a connection
 */
#ifndef SL_TCP_STACK_H
#define SL_TCP_STACK_H

#include "base/limits.h"
#include "base/wheel.h"
#include "tcp/hold.h"
#include "tcp/limits.h"
#include "tcp/table.h"
#include "tcp/tcb.h"
#include "tcp/tcp.h"
#include "tcp/time_wait.h"

struct sl_tcp_list { /* of control blocks, linked through themselves */
	uint32_t first_idx, last_idx;
};

struct sl_tcp_reply {
	struct sl_route route;
	struct sl_header header;
};

struct sl_tcp {
	uint64_t now_ns; /* the latest time passed in */
	struct sl_tcb *conns;
	struct sl_pool pool;
	struct sl_tcp_list ready, due;
	struct sl_tcp_table table; /* [0, conns_max): conns; above: TIME-WAIT */
	struct sl_tcp_sent_store store;
	struct sl_tcp_holds holds;
	struct sl_tcp_time_waits waits;
	struct sl_wheel wheel;
	struct sl_tcp_counters counters;

	struct sl_tcp_reply replies[SL_TCP_REPLIES_MAX]; /* a ring */
	uint32_t reply_first, reply_cnt;

	uint32_t conns_max, backlog_max;
	uint32_t receive_window_bytes;
	uint64_t keepalive_ns, stall_ns;
	uint16_t mss_ipv4, mss_ipv6; /* ours */
	bool listening, unpaced;
	struct sl_hash_key isn_key, cookie_key;
	uint64_t cookie_until_ns; /* until then an ACK may bring back a cookie that we sent */
	uint32_t listener_cnt;
	struct sl_listener listeners[SL_LISTENERS_MAX];
};

static inline uint32_t sl_tcp_idx(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return (uint32_t)(tcb - tcp->conns);
}

/* ---- input.c ------------------------------------------------------------------------- */

/* In the table: [0, conns_max) is a connection, above it TIME-WAIT; SL_TCP_NONE. */
uint32_t sl_tcp_find(const struct sl_tcp *tcp, const struct sl_address *local, uint16_t local_port,
		     const struct sl_address *peer, uint16_t peer_port);

/* ---- isn.c --------------------------------------------------------------------------- */

uint32_t sl_tcp_isn(const struct sl_tcp *tcp, const struct sl_route *route);
uint32_t sl_tcp_ts_offset(const struct sl_tcp *tcp, const struct sl_route *route);

/* Our timestamp clock: milliseconds, from an offset of the connection's own. */
static inline uint32_t sl_tcp_ts_value(uint64_t at_ns, uint32_t ts_offset)
{
	return (uint32_t)(at_ns / SL_NS_PER_MS) + ts_offset;
}

/* ---- handshake.c --------------------------------------------------------------------- */

/* The listener a segment is for; listener_cnt if there is none. */
uint32_t sl_tcp_find_listener(const struct sl_tcp *tcp, const struct sl_segment *segment);

/* What the peer takes, and at least what we care to send. */
uint16_t sl_tcp_peer_mss(const struct sl_segment *syn);

/* What fits a packet on that route, TCP's options included, and what the listener allows. */
uint16_t sl_tcp_own_mss(const struct sl_tcp *tcp, const struct sl_route *route,
			uint32_t listener_idx);

/* What we say in a SYN that we take: the same, but no more than fits one frame. */
uint16_t sl_tcp_offered_mss(const struct sl_tcp *tcp, const struct sl_route *route,
			    uint32_t listener_idx);

/* A SYN for a listener: a connection in SYN-RECEIVED, a cookie, or nothing. has_isn_floor: see
 * sl_tcp_time_wait_input; then sl_tcp_may_reopen was true. */
void sl_tcp_open_passive(struct sl_tcp *tcp, const struct sl_segment *segment,
			 uint32_t listener_idx, bool has_isn_floor, uint32_t isn_floor);
/* False, and counted, if there is no place for one more connection that needs a state. */
bool sl_tcp_may_reopen(struct sl_tcp *tcp);
/* A connection in SYN-RECEIVED whose SYN-ACK was a cookie: what came with that goes through input
 * next. NULL, and counted, if no control block is free. */
struct sl_tcb *sl_tcp_open_recalled(struct sl_tcp *tcp, const struct sl_segment *syn,
				    uint32_t listener_idx, uint32_t isn);

/* Both halves of a control block, from the peer's SYN and our initial sequence number. */
void sl_tcp_start_sending(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *syn,
			  uint32_t isn);
void sl_tcp_start_receiving(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *syn);

/* The ACK that completes the handshake. */
void sl_tcp_establish(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* The timer in SYN-RECEIVED. */
void sl_tcp_syn_ack_again(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- cookie.c ------------------------------------------------------------------------ */

/* After the ISNs' key is set. */
void sl_tcp_cookie_init(struct sl_tcp *tcp);
/* Answers a SYN; remembers nothing of it. */
void sl_tcp_cookie_send(struct sl_tcp *tcp, const struct sl_segment *syn, uint32_t listener_idx);
/* The SYN whose cookie an ACK without connection brings back, as if it had just come the same way;
 * false if it brings none. */
bool sl_tcp_cookie_recall(struct sl_tcp *tcp, const struct sl_segment *ack, struct sl_segment *syn);

/* ---- connect.c ----------------------------------------------------------------------- */

/* A segment for a connection in SYN-SENT. */
void sl_tcp_syn_sent_input(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
			   struct sl_tcp_verdict *verdict);
/* The peer's SYN-ACK for a connection that both opened: it says what an ACK would, under the number
 * of its SYN (RFC 9293, figure 8). */
bool sl_tcp_is_crossing(const struct sl_tcb *tcb, const struct sl_segment *segment, uint64_t seq);
void sl_tcp_crossing(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* The timer in SYN-SENT. */
void sl_tcp_syn_again(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- ack.c, sack.c, rack.c, tlp.c, undo.c, newreno.c, recovery.c, rto.c -------------- */

/* An acceptable ACK of a synchronized connection: ack_seq in [snd_una - largest window, snd_nxt + 1
 * if FIN was sent]. May end the connection: see its state. */
void sl_tcp_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		uint64_t seq, uint64_t ack_seq);

/* Marks what the segment's SACK blocks say, those that can be true. */
void sl_tcp_sack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		 uint64_t ack_seq, struct sl_tcp_delivered *delivered);

void sl_tcp_rack_delivered(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
			   const struct sl_tcp_delivered *delivered);
/* Marks what RACK holds lost; arms its timer for what may yet arrive. Returns the bytes newly
 * held lost. */
uint32_t sl_tcp_rack_detect(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_rack_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb);
uint64_t sl_tcp_rack_window_ns(const struct sl_tcb *tcb);
/* What is in flight for so long though later segments have arrived is lost. */
uint64_t sl_tcp_rack_wait_ns(const struct sl_tcb *tcb);
/* An ACK reports that something came twice; a recovery has ended. */
void sl_tcp_rack_dsack(struct sl_tcb *tcb);
void sl_tcp_rack_recovered(struct sl_tcb *tcb);

/* Once the resend timer is set: something new was sent, or something has arrived. */
void sl_tcp_tlp_arm(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_tlp_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* The layer above has nothing new for the probe; has reserved it; has sent [seq, end_seq) again. */
void sl_tcp_tlp_no_new(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_tlp_reserved(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_tlp_sent_again(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t end_seq);
/* True if an ACK shows that a probe repaired a loss that nobody else will notice. */
bool sl_tcp_tlp_acked(struct sl_tcb *tcb, const struct sl_segment *segment,
		      const struct sl_tcp_delivered *delivered);

/* The window was reduced for a loss that may turn out to be none; for one that will not. */
void sl_tcp_undo_arm(struct sl_tcb *tcb, bool timeout);
void sl_tcp_undo_disarm(struct sl_tcb *tcb);
void sl_tcp_undo_sent_again(const struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t bytes);
/* Looks for evidence in an ACK; if there is, the recovery is over. */
void sl_tcp_undo_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		     const struct sl_tcp_delivered *delivered);
/* New data go before what is lost, to find out; the layer above has none. */
bool sl_tcp_undo_new_first(const struct sl_tcb *tcb);
void sl_tcp_undo_no_new(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* Without SACK. Counts a duplicate ACK, or an advance; returns the bytes marked lost. */
uint32_t sl_tcp_newreno(struct sl_tcp *tcp, struct sl_tcb *tcb, bool duplicate, bool advanced,
			struct sl_tcp_delivered *delivered);
uint32_t sl_tcp_newreno_held_bytes(const struct sl_tcb *tcb);

/* Ranges were marked: counts them, tells congestion control. Call once what was marked together
 * is marked. Returns lost->total_bytes, or 0 if that was a probe of the path's MTU. */
uint32_t sl_tcp_held_lost(struct sl_tcp *tcp, struct sl_tcb *tcb,
			  const struct sl_tcp_sent_lost *lost);

/* why: SL_TCP_RECOVERY_FAST or SL_TCP_RECOVERY_ECN. */
void sl_tcp_recovery_enter(struct sl_tcp *tcp, struct sl_tcb *tcb, enum sl_tcp_recovery why,
			   const struct sl_tcp_delivered *delivered);
/* A loss in the round trip of a mark: reduced it was already (RFC 3168, 6.1.2). */
void sl_tcp_recovery_goes_on(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* The window comes down by PRR: in either of the two. */
bool sl_tcp_recovery_reduces(const struct sl_tcb *tcb);
void sl_tcp_recovery_acked(struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered,
			   bool more_lost);
void sl_tcp_recovery_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* A probe has repaired a loss: reduces, once, from the flight it was sent in. */
void sl_tcp_recovery_repaired(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* What the window is reduced from. */
uint32_t sl_tcp_recovery_flight(const struct sl_tcb *tcb);
/* True if snd_una got to the end of the recovery. */
bool sl_tcp_recovery_ends(struct sl_tcp *tcp, struct sl_tcb *tcb);

void sl_tcp_rto(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_persist(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- plpmtud.c ----------------------------------------------------------------------- */

/* payload_max_bytes is set; it is the most there will be. */
void sl_tcp_plpmtud_open(struct sl_tcb *tcb);
/* A probe, of the size sl_tcp_first_payload_max said, is about to be noted as sent. */
void sl_tcp_plpmtud_sent(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq,
			 uint32_t payload_bytes);
/* The sent map knows what an ACK said; advanced: snd_una has moved. */
void sl_tcp_plpmtud_acked(const struct sl_tcp *tcp, struct sl_tcb *tcb, bool advanced);
/* lost_bytes were newly held lost, in all. True if they are just the probe: that is no sign of
 * congestion (RFC 8899, 3, item 7). */
bool sl_tcp_plpmtud_lost(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t lost_bytes);
/* A router would have sent on mtu_bytes of what lies at seq, which is in flight. False if that
 * changes nothing. */
bool sl_tcp_plpmtud_too_big(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t seq,
			    uint32_t mtu_bytes);
/* A retransmission timeout, the timeout_cnt-th since anything was acknowledged. */
void sl_tcp_plpmtud_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t timeout_cnt);
/* ---- stall.c ------------------------------------------------------------------------- */

/* True if the peer's window is what keeps us, as far as is known here: before an ACK is taken. */
bool sl_tcp_stall_waits(const struct sl_tcb *tcb);
/* And when it has been: the window is what it says. */
void sl_tcp_stall_note(const struct sl_tcp *tcp, struct sl_tcb *tcb, bool waited);
/* True if that has lasted too long: the connection is reset. */
bool sl_tcp_stall_ends(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- keepalive.c --------------------------------------------------------------------- */

/* An acceptable segment came. */
void sl_tcp_heard(const struct sl_tcp *tcp, struct sl_tcb *tcb);
/* The connection is established. */
void sl_tcp_keepalive_start(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* Its timer; may end the connection. */
void sl_tcp_keepalive(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- stall.c ------------------------------------------------------------------------- */

/* True if the peer's window is what keeps us, as far as is known here: before an ACK is taken. */
bool sl_tcp_stall_waits(const struct sl_tcb *tcb);
/* And when it has been: the window is what it says. */
void sl_tcp_stall_note(const struct sl_tcp *tcp, struct sl_tcb *tcb, bool waited);
/* True if that has lasted too long: the connection is reset. */
bool sl_tcp_stall_ends(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- keepalive.c --------------------------------------------------------------------- */

/* An acceptable segment came. */
void sl_tcp_heard(const struct sl_tcp *tcp, struct sl_tcb *tcb);
/* The connection is established. */
void sl_tcp_keepalive_start(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* Its timer; may end the connection. */
void sl_tcp_keepalive(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- receive.c ----------------------------------------------------------------------- */

/* Payload and FIN of an acceptable segment that begins at seq. */
void sl_tcp_receive(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		    uint64_t seq, struct sl_tcp_verdict *verdict);
void sl_tcp_ack_now(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* One more ACK even if one is due already: each counts with the peer. */
void sl_tcp_ack_duplicate(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* True if an ACK that is due may ride on a segment with payload: one that tells of gaps or
 * duplicates has no room there, and counts with the peer only if it comes alone. */
bool sl_tcp_ack_rides(const struct sl_tcb *tcb);
/* The window field of the next segment; moves the offered edge. */
uint16_t sl_tcp_offer_window(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* An ACK of everything received is leaving. */
void sl_tcp_acked_now(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- ecn.c --------------------------------------------------------------------------- */

/* The peer offered it in its SYN, and the algorithm of the listener answers marks. */
bool sl_tcp_ecn_agreed(const struct sl_cc *cc, const struct sl_segment *syn);
/* Marks on what comes in. */
void sl_tcp_ecn_input(struct sl_tcb *tcb, const struct sl_segment *segment);
/* The echo of marks on what we sent; after losses have been dealt with. */
void sl_tcp_ecn_ack(struct sl_tcp *tcp, struct sl_tcb *tcb, const struct sl_segment *segment,
		    const struct sl_tcp_delivered *delivered);
/* What every segment says; what new data says, too. */
void sl_tcp_ecn_fill(const struct sl_tcb *tcb, struct sl_header *header);
void sl_tcp_ecn_fill_new(struct sl_tcb *tcb, struct sl_header *header);

/* ---- rate.c -------------------------------------------------------------------------- */

/* What is about to be noted as sent, payload_bytes of it, is marked with. */
void sl_tcp_rate_mark(const struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t payload_bytes,
		      struct sl_tcp_sent_mark *mark);
uint32_t sl_tcp_rate_lost_since(const struct sl_tcb *tcb, const struct sl_tcp_sent_mark *mark);
/* delivered->total_bytes is not 0. The sample is to be taken when losses have been counted. */
void sl_tcp_rate_delivered(const struct sl_tcp *tcp, struct sl_tcb *tcb,
			   const struct sl_tcp_delivered *delivered);
void sl_tcp_rate_sample(struct sl_tcb *tcb, const struct sl_tcp_delivered *delivered,
			struct sl_cc_rate *sample);

/* ---- pacing.c ------------------------------------------------------------------------ */

/* Bytes a second; 0: not known yet, nothing is paced. */
uint64_t sl_tcp_pacing_rate(const struct sl_tcp *tcp, const struct sl_tcb *tcb);
/* The most that is permitted at once: whole segments. */
uint32_t sl_tcp_quantum_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb);
bool sl_tcp_pace_allows(const struct sl_tcp *tcp, const struct sl_tcb *tcb);
/* So many bytes are permitted now; the next ones later. */
void sl_tcp_pace(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t bytes);
void sl_tcp_pace_timeout(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- output.c ------------------------------------------------------------------------ */

/* In flight and being made. */
uint32_t sl_tcp_pipe_bytes(const struct sl_tcb *tcb);
/* cwnd, after idleness too (RFC 5681, 4.1). */
uint32_t sl_tcp_cwnd_bytes(const struct sl_tcp *tcp, const struct sl_tcb *tcb);
/* True if sl_tcp_lost or sl_tcp_window would allow something. */
bool sl_tcp_can_send(const struct sl_tcp *tcp, const struct sl_tcb *tcb);
/* Something is sent and not acknowledged: data, SYN-ACK or FIN. */
bool sl_tcp_outstanding(const struct sl_tcb *tcb);
/* The header every segment of the connection has; an ACK leaves with it. */
void sl_tcp_fill_header(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header);

/* ---- control.c ----------------------------------------------------------------------- */

void sl_tcp_due(struct sl_tcp *tcp, struct sl_tcb *tcb, uint8_t due);
void sl_tcp_due_clear(struct sl_tcp *tcp, struct sl_tcb *tcb, uint8_t due);
/* A packet that belongs to no connection; dropped, and false, when too many wait. */
bool sl_tcp_reply(struct sl_tcp *tcp, const struct sl_route *route, const struct sl_header *header);
/* RFC 9293, 3.10.7.1: the RST a segment without connection gets. */
void sl_tcp_reply_reset(struct sl_tcp *tcp, const struct sl_segment *segment);

/* ---- close.c ------------------------------------------------------------------------- */

/* FIN is due if everything before it is sent. */
void sl_tcp_fin_check(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_fin_acked(struct sl_tcp *tcp, struct sl_tcb *tcb);
void sl_tcp_fin_received(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* The connection is over: out of the table, CLOSED, GONE. Packets that are due still leave. */
void sl_tcp_end(struct sl_tcp *tcp, struct sl_tcb *tcb);
/* Gives the index back once GONE was handed over and nothing is due. */
void sl_tcp_free(struct sl_tcp *tcp, struct sl_tcb *tcb);

/* ---- ready.c ------------------------------------------------------------------------- */

void sl_tcp_event(struct sl_tcp *tcp, struct sl_tcb *tcb, uint32_t events);

/* ---- timers.c ------------------------------------------------------------------------ */

/* SL_WHEEL_NEVER cancels. */
void sl_tcp_timer_set(struct sl_tcp *tcp, struct sl_tcb *tcb, enum sl_tcp_timer timer,
		      uint64_t at_ns);
/* Restarts, starts or stops the resend timer as what is outstanding asks for. */
void sl_tcp_timer_resend(struct sl_tcp *tcp, struct sl_tcb *tcb, bool restart);

/* ---- tcp.c --------------------------------------------------------------------------- */

/* Everything that must hold of a connection; a BUG if it does not. */
void sl_tcp_check(const struct sl_tcp *tcp, const struct sl_tcb *tcb);

#endif
