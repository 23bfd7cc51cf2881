/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the test library: the layer above TCP, which keeps what TCP does not, bytes. None of it
 * is exported (see sluice_tcp_test.map).
 *
 *   stack.c     open, packets, time, and the turn after each of them
 *   stream.c    one connection: buffers, what is sent when, how it ends
 *   socket.c    the socket calls                 option.c   their options, and looking in
 *   bytes.c     a queue of bytes                 name.c     addresses to struct sockaddr and back
 */
#ifndef SL_TESTS_TRANSCRIPT_SOCKETS_H
#define SL_TESTS_TRANSCRIPT_SOCKETS_H

#include "base/limits.h"
#include "sluice_tcp_test.h"
#include "tcp/tcp.h"

/* ---- bytes.c ------------------------------------------------------------------------- */

struct sl_bytes { /* a queue; all zero is an empty one */
	uint8_t *data;
	size_t start_off, cnt, room_bytes;
};

/* Errors: -ENOMEM. */
int sl_bytes_put(struct sl_bytes *bytes, const void *data, size_t cnt);
/* cnt ≤ bytes->cnt. */
void sl_bytes_drop(struct sl_bytes *bytes, size_t cnt);
void sl_bytes_free(struct sl_bytes *bytes);

static inline const uint8_t *sl_bytes_at(const struct sl_bytes *bytes, size_t off)
{
	return bytes->data + bytes->start_off + off;
}

/* ---- socket.c ------------------------------------------------------------------------ */

enum sl_socket_kind { SL_SOCKET_FRESH, SL_SOCKET_LISTENER, SL_SOCKET_STREAM };

struct sl_socket {
	enum sl_socket_kind kind;
	int domain;
	bool bound;
	struct sl_listener local; /* address and port; also the listener's */
	struct sl_address peer;
	uint16_t peer_port;

	/* A listener's. */
	uint32_t listener_idx;
	int backlog;
	struct sl_socket *first, *last; /* complete, not accepted; linked by next */
	int waiting_cnt;
	struct sl_socket *next;

	/* A stream's. */
	struct sl_tcp_conn conn;
	bool connecting; /* we opened it */
	bool alive;      /* GONE did not come yet: conn is ours */
	bool opened;     /* the handshake is complete */
	bool orphan;     /* closed by the suite, or never accepted and its listener gone */
	bool read_shut, write_shut, write_closed; /* asked for; TCP told */
	bool peer_closed;
	int error;               /* pending, positive */
	struct sl_bytes in, out; /* out: from out_seq on, what is not acked */
	uint64_t out_seq;

	bool linger_reset;
	enum sl_congestion congestion;
	uint32_t in_max_bytes, out_max_bytes;
};

/* ---- stack.c ------------------------------------------------------------------------- */

struct sl_test_packet {
	struct sl_test_packet *next;
	uint64_t at_ns;
	size_t bytes;
	uint8_t data[];
};

/* Listeners 0 to 2 are no addresses: each stands for the congestion control of that number, for
 * connections that we open. */
enum { SL_CONGESTIONS = 3 };

struct sl_test_stack {
	struct sl_test_config config;
	struct sl_tcp *tcp;
	uint64_t now_ns;
	struct sl_socket **by_conn; /* connections_max of them */
	struct sl_socket **by_fd;   /* fd_cnt of them; entry i is descriptor i + 3 */
	struct sl_socket *by_listener[SL_LISTENERS_MAX];
	uint32_t fd_cnt;
	uint16_t next_port;
	struct sl_test_packet *out_first, *out_last;
	uint64_t bad_in;
	/* As they were when the call began: what ended a connection shows in the difference. */
	uint64_t reset_received, timed_out;
};

/* Before a call changes anything, and after it: events, sending. */
void sl_turn_begin(struct sl_test_stack *stack);
void sl_turn_end(struct sl_test_stack *stack);
void sl_stack_emit(struct sl_test_stack *stack, const uint8_t *payload, uint32_t header_bytes,
		   uint32_t payload_bytes);

/* ---- stream.c ------------------------------------------------------------------------ */

/* NULL: no memory. */
struct sl_socket *sl_stream_new(const struct sl_test_stack *stack, int domain);
/* The connection's socket; made if this is the first that is heard of it. NULL: no memory. */
struct sl_socket *sl_stream_of(struct sl_test_stack *stack, struct sl_tcp_conn conn);
void sl_stream_payload(struct sl_test_stack *stack, struct sl_tcp_verdict *verdict);
void sl_stream_events(struct sl_test_stack *stack, struct sl_tcp_conn conn, uint32_t events);
/* What may be sent is. */
void sl_stream_send(struct sl_test_stack *stack, struct sl_socket *socket);
uint32_t sl_stream_room_bytes(const struct sl_socket *socket);
uint32_t sl_stream_unsent_bytes(const struct sl_test_stack *stack, const struct sl_socket *socket);
/* RST, and the socket is no more. */
void sl_stream_abort(struct sl_test_stack *stack, struct sl_socket *socket);
void sl_stream_free(struct sl_socket *socket);

/* ---- socket.c ------------------------------------------------------------------------ */

/* NULL: no such descriptor. */
struct sl_socket *sl_socket_of(const struct sl_test_stack *stack, int fd);
/* The pending error as -errno, cleared; 0 if there is none. */
int sl_socket_take_error(struct sl_socket *socket);

/* ---- name.c -------------------------------------------------------------------------- */

/* Errors: -EINVAL (too short), -EAFNOSUPPORT (not of domain). *any: the wildcard. */
int sl_name_read(const struct sockaddr *name, socklen_t name_bytes, int domain,
		 struct sl_address *address, uint16_t *port, bool *any);
/* As getsockname does: cut to *name_bytes, which becomes the whole length. */
void sl_name_write(const struct sl_address *address, uint16_t port, int domain,
		   struct sockaddr *name, socklen_t *name_bytes);

#endif
