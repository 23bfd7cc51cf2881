/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Session: one client, from its first byte to its last. Bytes come in from TCP, become records,
 * become requests; answers become pieces in the outbox, which the pump makes into packets. A
 * session has the index of its TCP connection.
 */
#ifndef SL_SERVE_SESSION_H
#define SL_SERVE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/piece.h"
#include "serve/fifo.h"
#include "tcp/tcp.h"
#include "tls/keys.h"
#include "tls/record_log.h"

#define SL_NONE    UINT32_MAX
#define SL_NO_LANE UINT8_MAX

struct sl_worker;

enum sl_session_phase {
	SL_SESSION_FREE,
	SL_SESSION_HANDSHAKE,
	SL_SESSION_OPEN,    /* requests and responses */
	SL_SESSION_CLOSING, /* what is in the outbox is sent, then FIN; input is thrown away */
	SL_SESSION_ABORTED, /* reset; GONE is on its way */
};

struct sl_session {
	uint32_t inbox_idx;                  /* SL_NONE: none held */
	uint16_t plain_bytes, wire_bytes;    /* in it */
	uint32_t out_head_idx, out_tail_idx; /* outbox: pieces not yet cut, oldest first */
	uint32_t fresh_idx;                  /* read under way for new bytes, or SL_NONE */
	uint32_t again_idx;                  /* read under way for retransmission, or SL_NONE */
	struct sl_fifo_link waiting;         /* in worker->wait_buffer or a lane's */
	struct sl_fifo_link working;         /* in worker->work */
	uint32_t place_idx;                  /* in worker->handshakes, or SL_NONE */
	struct sl_record_log log;
	uint32_t table_idx;        /* server keys, expanded */
	uint16_t record_max_bytes; /* TLS: plain bytes the peer takes in a record, [63, 16384] */
	uint8_t noise_cnt;         /* records in a row that brought no application data */
	uint8_t phase;             /* enum sl_session_phase */
	uint8_t lane_idx;          /* waits_pump: of which lane, or SL_NO_LANE */
	bool tls : 1;
	bool has_keys : 1;      /* client and server are set, and table_idx is owned */
	bool peer_closed : 1;   /* FIN seen: nothing more will come in */
	bool waits_content : 1; /* a look-up of the request at the inbox's front is under way */
	bool waits_pump : 1;    /* in worker->wait_buffer or, of its lane, wait_lanes */
	bool has_work : 1;      /* in worker->work */
	bool rekey_asked : 1;   /* the peer asked for new keys (KeyUpdate, update_requested) */
	bool finished : 1;      /* sl_tcp_close was called */
	bool renegotiation_refused : 1;
	uint64_t active_ns; /* when something last came in or was acked */
	/* A client sends a request now and then: its keys are expanded when they are needed. */
	struct sl_tls_keys client, server;
};
_Static_assert(SL_INBOX_BYTES <= UINT16_MAX, "lengths in an inbox fit 16 bits");

/* A connection has opened. Idempotent: payload may come before the OPENED event. */
void sl_session_open(struct sl_worker *worker, struct sl_tcp_conn conn);

/* In-order bytes from the client go into the inbox; returns how many were taken, and in
 * *window_bytes how many more could be. They are looked at later, by sl_session_run: receiving
 * never sends. */
uint32_t sl_session_input(struct sl_worker *worker, struct sl_tcp_conn conn, const uint8_t *data,
			  uint32_t len_bytes, uint32_t *window_bytes);

/* Goes on with what the inbox holds, then pumps. */
void sl_session_run(struct sl_worker *worker, struct sl_tcp_conn conn);

/* Goes on with the requests in the inbox: the outbox has drained. The pump's call. */
void sl_session_continue(struct sl_worker *worker, struct sl_tcp_conn conn);

/* The look-up ended: error 0 and an object with a reference, or -errno. */
void sl_session_found(struct sl_worker *worker, struct sl_tcp_conn conn, int error,
		      uint32_t object_idx);

void sl_session_peer_closed(struct sl_worker *worker, struct sl_tcp_conn conn);

/* No more requests are taken; what is in the outbox is sent, then (TLS) close_notify, then FIN. */
void sl_session_close(struct sl_worker *worker, struct sl_tcp_conn conn);

/* Something of it was acked: it is alive. */
void sl_session_acked(struct sl_worker *worker, struct sl_tcp_conn conn);

/* Its timer fired: closes it if it is idle, aborts it if it is stuck. */
void sl_session_timer(struct sl_worker *worker, struct sl_tcp_conn conn);

/* The worker drains: closes it if it is idle; otherwise the response under way is its last. */
void sl_session_drain(struct sl_worker *worker, struct sl_tcp_conn conn);

/* The connection is gone: everything the session holds is given back. */
void sl_session_gone(struct sl_worker *worker, struct sl_tcp_conn conn);

#endif
